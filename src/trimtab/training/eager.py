"""Steps that run as Python reaches each operation, for `compile(run_eagerly=True)`."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from trimtab.core import tree
from trimtab.core.scope import RecordingScope, autocast_scope, trace_scope
from trimtab.data import ArrayData, Form
from trimtab.data.arrays import Named
from trimtab.ir.tensor import Array
from trimtab.training.step import batch_method
from trimtab.training.target_checks import check_labels


def discard(function: Callable[..., Any], arrays: Sequence[np.ndarray[Any, Any]]) -> None:
    """Runs `function` on numbers, its writes to variables thrown away; layers in it get built."""
    with trace_scope(RecordingScope()), autocast_scope(None):
        function(*[Array(array) for array in arrays])


class EagerStep:
    """As `Step`, but run operation by operation: user code sees numbers, and may branch on them.

    Args:
        model: The model; the step does not keep it alive.
        kind: "train", "test" or "predict".
        form: How the batch's arrays nest.

    Attributes:
        logs: What the step returned last, if that is more than the metrics' results.
    """

    is_eager = True

    def __init__(self, model: Any, kind: str, form: Form) -> None:
        self._model = weakref.ref(model)
        self._kind = kind
        self._form = form
        self.logs: dict[str, Any] | None = None
        self.returns_logs = False
        self.label_ranges: tuple[Any, ...] = ()

    def results(self) -> dict[str, Any]:
        """The metrics so far."""
        model: Any = self._model()
        return model.get_metrics_result()  # type: ignore[no-any-return]

    def prepare(self, data: ArrayData, batch_size: int) -> None:
        """Nothing: each batch runs on its own."""

    def run_batch(self, arrays: Sequence[np.ndarray[Any, Any]]) -> Any:
        """Runs the step on one batch; returns what it returns, as arrays.

        Raises:
            ValueError: If the targets are out of range. The variables keep their values then, as
                they do after any error.
        """
        model: Any = self._model()
        scope = RecordingScope()
        batch = self._form.pack([Array(array) for array in arrays])
        with trace_scope(scope), autocast_scope(None):
            result = batch_method(model, self._kind)(batch)
            if self._kind != "predict":
                targets = [
                    Named("y", np.asarray(y)) for y in tree.flatten(batch[1]) if y is not None
                ]
                check_labels(f"{self._kind} step", targets, model.label_ranges)
                self.returns_logs = set(result) != set(model.get_metrics_result())
        scope.commit()
        plain = tree.map_structure(lambda leaf: None if leaf is None else np.array(leaf), result)
        self.logs = plain if self.returns_logs else None
        return plain

    def run_checked(self, batch: ArrayData) -> Any:
        """Runs the step on a batch that came from outside."""
        return self.run_batch(batch.batch(slice(None)))
