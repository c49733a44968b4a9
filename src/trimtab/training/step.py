"""Steps: what is done with one batch, traced once a shape and run by the engine."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from trimtab.core.tracing import CompiledStep
from trimtab.data import ArrayData, Form, pack_x_y_sample_weight
from trimtab.ir.graph import Spec
from trimtab.training.target_checks import LabelRange, check_labels

# Batches of ever new shapes, as of sentences, would otherwise fill the memory with compiled steps.
_MOST_SHAPES = 64


def batch_method(model: Any, kind: str) -> Callable[[tuple[Any, Any, Any]], Any]:
    """The model's method for a batch (x, y, sample_weight), which it gets without what is None."""
    method = getattr(model, f"{kind}_step")
    return lambda batch: method(pack_x_y_sample_weight(*batch))


class Step:
    """A model's train, test or predict step for data of one form.

    Args:
        model: The model; the step does not keep it alive.
        kind: "train", "test" or "predict".
        form: How the batch's arrays nest.

    Attributes:
        logs: What the step returned last, if it returns more than the metrics' results.
        label_ranges: What the targets of sparse losses may hold.
    """

    is_eager = False

    def __init__(self, model: Any, kind: str, form: Form) -> None:
        self._model = weakref.ref(model)
        self._kind = kind
        self._form = form
        self._compiled = CompiledStep(self._run)
        self._shapes: set[tuple[Spec, ...]] = set()
        self._compiled_results = CompiledStep(self._results)
        self._is_standard = kind != "predict" and not model.has_own_step(kind)
        self.logs: dict[str, Any] | None = None
        self.returns_logs = False
        self.label_ranges: list[LabelRange] = []

    def _run(self, *leaves: Any) -> Any:
        model: Any = self._model()
        result = batch_method(model, self._kind)(self._form.pack(leaves))
        if self._kind == "predict":
            return result
        self.label_ranges = list(model.label_ranges)
        # Results of metrics are read from their variables; logs of another making leave the step.
        self.returns_logs = not self._is_standard and set(result) != set(model.get_metrics_result())
        return result if self.returns_logs else None

    def _results(self) -> dict[str, Any]:
        model: Any = self._model()
        return model.get_metrics_result()  # type: ignore[no-any-return]

    def results(self) -> dict[str, Any]:
        """The metrics so far; compiled too, since after each batch it costs more than the batch."""
        return self._compiled_results() if self._is_standard else self._results()

    def prepare(self, data: ArrayData, batch_size: int) -> Any:
        """The compiled step for batches of `batch_size` rows of `data`; traced if that is new."""
        return self._variant(
            tuple(
                Spec((batch_size, *array.shape[1:]), kind)
                for array, kind in zip(data.arrays, data.types, strict=True)
            )
        )

    def prepare_batch(self, arrays: Sequence[np.ndarray[Any, Any]]) -> Any:
        """The compiled step for such a batch; traced if its shapes are new."""
        return self._variant(tuple(Spec(a.shape, a.dtype.name) for a in arrays))

    def _variant(self, specs: tuple[Spec, ...]) -> Any:
        if specs not in self._shapes:
            if len(self._shapes) >= _MOST_SHAPES:
                self._compiled = CompiledStep(self._run)
                self._shapes.clear()
            self._shapes.add(specs)
        return self._compiled.variant(specs)

    def run_batch(self, arrays: Sequence[np.ndarray[Any, Any]]) -> Any:
        """Runs the step on one batch; returns what it returns."""
        result = self._compiled(*arrays)
        if self.returns_logs:
            self.logs = result
        return result

    def run_checked(self, batch: ArrayData) -> Any:
        """Runs the step on a batch from outside, once it is clear that it is like the others.

        Raises:
            ValueError: If it nests otherwise, or holds class numbers out of range.
        """
        if batch.form.key != self._form.key:
            raise ValueError(
                f"{self._kind} step: all batches must nest alike, as (x, y, sample_weight); got "
                f"one with {', '.join(part.name for part in batch.named)}"
            )
        arrays = batch.batch(slice(None))
        self.prepare_batch(arrays)
        check_labels(f"{self._kind} step", batch.leaves_of("y"), self.label_ranges)
        return self.run_batch(arrays)

    def run_rows(
        self,
        data: ArrayData,
        batch_size: int,
        first_row: int,
        count: int,
        *,
        order: np.ndarray[Any, Any] | None = None,
        results: Sequence[np.ndarray[Any, Any]] = (),
        seconds: float = 0.0,
    ) -> int:
        """Runs up to `count` batches of rows of `data`; see `CompiledStep.run_batches`."""
        return self._compiled.run_batches(
            data.arrays,
            data.types,
            batch_size,
            order=order,
            results=results,
            first_row=first_row,
            count=count,
            seconds=seconds,
        )
