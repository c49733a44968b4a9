"""CompileLoss: the losses of all outputs as one number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from trimtab import ops
from trimtab.core import tree
from trimtab.ir.tensor import Tensor
from trimtab.losses.base import Loss
from trimtab.metrics.base import Metric
from trimtab.metrics.reduction import Mean
from trimtab.training.loss_terms import Wanted, name_of_part, part_at, wanted_losses
from trimtab.training.outputs import names_of, targets_of
from trimtab.training.resolve import loss_for, require_known_loss
from trimtab.training.target_checks import LabelRange, check_target_shape, label_range


class _Term(NamedTuple):
    """One loss, times `weight`: of one output or several, by their positions."""

    outputs: Any
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
        wanted = wanted_losses(self._loss, self._loss_weights, y_pred, self._names)
        positions = tree.pack_sequence_as(y_pred, range(len(self._names)))
        parts = [part_at(positions, entry.path) for entry in wanted]
        is_used = [False] * len(self._names)
        for index in tree.flatten(parts):
            is_used[index] = True
        targets = targets_of(y_true, y_pred, self._names, is_used)
        outputs, y_leaves = tree.flatten(y_pred), tree.flatten(y_true)
        losses = []
        for entry, part in zip(wanted, parts, strict=True):
            for index in tree.flatten(part):
                target = y_leaves[targets[index] or 0]
                _require_target(entry.identifier, target, self._names[index])
            y = tree.map_structure(lambda i: y_leaves[targets[i] or 0], part)
            prediction = tree.map_structure(lambda i: outputs[i], part)
            losses.append(loss_for(entry.identifier, y, prediction))
        trackers = self._trackers(wanted, losses, y_pred)
        self._terms = [
            _Term(part, loss, entry.weight, tracker)
            for part, loss, entry, tracker in zip(parts, losses, wanted, trackers, strict=True)
        ]
        self.built = True

    def _trackers(
        self, wanted: Sequence[Wanted], losses: Sequence[Loss], y_pred: Any
    ) -> list[Metric | None]:
        if len(wanted) < 2:
            return [None] * len(wanted)
        # Two losses of one output share a name, and the logs show the last, as in Keras.
        return [
            Mean(name=f"{name_of_part(entry.path, y_pred, self._names, loss.name)}_loss")
            for entry, loss in zip(wanted, losses, strict=True)
        ]

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
        for index in tree.flatten([term.outputs for term in self._terms]):
            is_used[index] = True
        positions = targets_of(y_true, y_pred, self._names, is_used)
        weights = tree.flatten(sample_weight)
        total: Any = None
        self.label_ranges = []
        for part, loss, factor, tracker in self._terms:
            y = tree.map_structure(lambda i: targets[positions[i] or 0], part)
            prediction = tree.map_structure(lambda i: outputs[i], part)
            weight = weights[0]
            if not tree.is_nested(part):
                position = positions[part] or 0
                self._check(loss, position, y, prediction)
                weight = weights[position] if len(weights) == len(targets) else weights[0]
            value = ops.cast(loss(y, prediction, weight), loss.dtype)
            _require_scalar(loss, value)
            if tracker is not None:
                rows = tree.flatten(prediction)[0].shape[0]
                tracker.update_state(value, sample_weight=rows)
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
