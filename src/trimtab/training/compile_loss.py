"""CompileLoss: the losses of all outputs as one number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from trimtab import ops
from trimtab.core import tree
from trimtab.core.config import nearest
from trimtab.ir.tensor import Tensor
from trimtab.losses.base import Loss
from trimtab.metrics.base import Metric
from trimtab.metrics.reduction import Mean
from trimtab.training.outputs import names_of, spread, targets_of
from trimtab.training.resolve import loss_for, require_known_loss
from trimtab.training.target_checks import LabelRange, check_target_shape, label_range


class _Term(NamedTuple):
    """One loss: of output `output`, times `weight`."""

    output: int
    loss: Loss
    weight: Any
    tracker: Metric | None


class CompileLoss:
    """The weighted sum of the outputs' losses, resolved when the shapes are first seen.

    Args:
        loss: A loss for all outputs, a list or dict with one for each, or the outputs' own nesting.
        loss_weights: Factors, likewise; 1 if None.
        output_names: Names that the model gives its outputs.

    Attributes:
        built: Whether the losses are resolved.
        label_ranges: Class numbers that targets of sparse losses may hold, as of the last call.

    Raises:
        ValueError: For an unknown name or weights that are no numbers.
    """

    def __init__(
        self, loss: Any, loss_weights: Any = None, output_names: Sequence[str] | None = None
    ) -> None:
        if loss_weights is not None and not isinstance(
            loss_weights, (list, tuple, dict, float, int)
        ):
            raise ValueError(
                "compile: `loss_weights` must be a number, or a list or dict of numbers; got "
                f"{loss_weights!r}"
            )
        for identifier in tree.flatten(loss):
            require_known_loss(identifier)
        self._loss = loss
        self._loss_weights = loss_weights
        self._output_names = output_names
        self.built = False
        self.label_ranges: list[LabelRange] = []
        self._terms: list[_Term] = []
        self._names: list[str | None] = []

    @property
    def metrics(self) -> list[Metric]:
        """The means of the single losses, if there are several."""
        return [term.tracker for term in self._terms if term.tracker is not None]

    def unbuild(self) -> None:
        """Forgets what the first shapes led to."""
        self.built = False
        self._terms = []

    def build(self, y_true: Any, y_pred: Any) -> None:
        """Resolves the losses for targets and outputs of such shapes.

        Raises:
            ValueError: If the losses do not fit the outputs.
        """
        self._names = names_of(y_pred, self._output_names)
        given = self._one_per_output(y_pred)
        is_used = [identifier is not None for identifier in given]
        targets = targets_of(y_true, y_pred, self._names, is_used)
        weights = self._weights(y_pred, is_used)
        outputs, y_leaves = tree.flatten(y_pred), tree.flatten(y_true)
        resolved = []
        for index, (identifier, target) in enumerate(zip(given, targets, strict=True)):
            if target is not None:
                _require_target(identifier, y_leaves[target], self._names[index])
                resolved.append((index, loss_for(identifier, y_leaves[target], outputs[index])))
        self._terms = [
            _Term(index, loss, weights[index], tracker)
            for (index, loss), tracker in zip(resolved, self._trackers(resolved), strict=True)
        ]
        self.built = True

    def _one_per_output(self, y_pred: Any) -> list[Any]:
        loss, count = self._loss, len(self._names)
        if not tree.is_nested(loss):
            return [loss] * count
        if not tree.is_nested(y_pred) and isinstance(loss, (list, tuple)):
            if len(loss) != 1:
                raise ValueError(
                    "compile: `loss` must hold one loss for the model's one output; got "
                    f"{len(loss)}. Write a function that adds them up"
                )
            return list(loss)
        if isinstance(loss, dict):
            self._require_output_names(loss, y_pred)
        return spread("loss", loss, y_pred, self._names)

    def _require_output_names(self, loss: dict[Any, Any], y_pred: Any) -> None:
        known = [name for name in self._names if name is not None]
        for key in loss:
            if known and key not in known and not (isinstance(y_pred, dict) and key in y_pred):
                raise ValueError(
                    f"compile: `loss` must use the names of the outputs, {known}; got {key!r}."
                    f"{nearest(key, known)}"
                )

    def _weights(self, y_pred: Any, is_used: list[bool]) -> list[Any]:
        given, count = self._loss_weights, len(is_used)
        if given is None:
            return [None] * count
        if not tree.is_nested(given):
            return [given] * count
        if isinstance(given, (list, tuple)) and len(given) == sum(is_used):
            rest = iter(given)
            return [next(rest) if used else None for used in is_used]
        if isinstance(given, (list, tuple)) and len(given) != count:
            raise ValueError(
                f"compile: `loss_weights` must hold one number for each of the {sum(is_used)} "
                f"losses; got {len(given)}"
            )
        return spread("loss_weights", given, y_pred, self._names)

    def _trackers(self, resolved: Sequence[tuple[int, Loss]]) -> list[Metric | None]:
        if len(resolved) < 2:
            return [None] * len(resolved)
        names: list[str] = []
        for index, loss in resolved:
            name = f"{self._names[index] or loss.name}_loss"
            names.append(f"{name}_{names.count(name)}" if name in names else name)
        return [Mean(name=name) for name in names]

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Tensor | None:
        """The sum of the losses, a scalar; None if no output has one.

        Args:
            y_true: Targets.
            y_pred: Outputs.
            sample_weight: Weights, one for all targets or nested as they are.

        Raises:
            ValueError: If targets and outputs do not fit together.
        """
        if not self.built:
            self.build(y_true, y_pred)
        outputs, targets = tree.flatten(y_pred), tree.flatten(y_true)
        is_used = [False] * len(outputs)
        for term in self._terms:
            is_used[term.output] = True
        positions = targets_of(y_true, y_pred, self._names, is_used)
        weights = tree.flatten(sample_weight)
        total: Any = None
        self.label_ranges = []
        for output, loss, factor, tracker in self._terms:
            position = positions[output] or 0
            y, prediction = targets[position], outputs[output]
            self._check(loss, position, y, prediction)
            weight = weights[position] if len(weights) == len(targets) else weights[0]
            value = ops.cast(loss(y, prediction, weight), loss.dtype)
            _require_scalar(loss, value)
            if tracker is not None:
                tracker.update_state(value, sample_weight=prediction.shape[0])
            if factor is not None:
                value = value * factor
            total = value if total is None else total + value
        return total  # type: ignore[no-any-return]

    def _check(self, loss: Loss, position: int, y: Any, prediction: Any) -> None:
        check_target_shape(loss, y.shape, prediction.shape)
        limits = label_range(loss, position, prediction.shape)
        if limits is not None:
            self.label_ranges.append(limits)


def _require_target(identifier: Any, target: Any, output: str | None) -> None:
    if target is None:
        where = "" if output is None else f" of output {output!r}"
        raise ValueError(
            f"targets: `y` must hold the targets{where} for the loss {identifier!r}; got None"
        )


def _require_scalar(loss: Loss, value: Tensor) -> None:
    if value.shape != ():
        raise ValueError(
            f"{loss.name}: a loss to train with must be a scalar; got shape {value.shape}. Use "
            f"another `reduction` than {loss.reduction!r}"
        )
