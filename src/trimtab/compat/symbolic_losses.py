"""Losses made of a model's own tensors, as graph code made them: `add_loss`, and closures."""

from __future__ import annotations

import functools
from typing import Any

from trimtab import ops
from trimtab.compat.exported import passes_for
from trimtab.core import tree
from trimtab.core.config import exported_name
from trimtab.ir.tensor import KerasTensor
from trimtab.layers import Input
from trimtab.models import Functional, Model


def holds_tensors(function: Any) -> bool:
    """Whether a loss function refers to tensors of a model, from outside its arguments."""
    code = getattr(function, "__code__", None)
    if code is None:
        return False
    cells = [cell.cell_contents for cell in function.__closure__ or ()]
    known = [function.__globals__.get(name) for name in code.co_names]
    return any(isinstance(value, KerasTensor) for value in [*cells, *known])


class SymbolicLoss:
    """A loss that follows from the inputs of a model, and its targets where it uses them.

    Args:
        model: The model.
        loss: A tensor computed from its inputs; or a function `(y_true, y_pred)` that refers to
            tensors of it.
    """

    def __init__(self, model: Any, loss: Any) -> None:
        inputs = list(model.inputs)
        self.uses_targets = not isinstance(loss, KerasTensor)
        if self.uses_targets:
            target = Input(batch_shape=tuple(model.outputs[0].shape), dtype=model.outputs[0].dtype)
            inputs.append(target)
            loss = loss(target, model.outputs[0])
        self._model = Functional(inputs, loss)

    def __call__(self, x: Any, y: Any, training: bool) -> Any:
        """The loss of a batch: a scalar, the mean of what it is a sample."""
        values = [*tree.flatten(x), *(tree.flatten(y) if self.uses_targets else [])]
        value = self._model(values if len(values) > 1 else values[0], training=training)
        return ops.mean(value)


class _WithLosses:
    """The part of a model that adds such losses to its own."""

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """The total loss, with those made of tensors."""
        total = super().compute_loss(x, y, y_pred, sample_weight, training)  # type: ignore[misc]
        for loss in self.__dict__["_symbolic_losses"]:
            total = total + loss(x, y, training)
        return total


@functools.lru_cache(maxsize=64)
def _class_with_losses(cls: Any) -> Any:
    original = next(base for base in cls.__mro__[1:] if exported_name(base) is not None)
    return passes_for(original)(type(cls.__name__, (_WithLosses, cls), {}))


def set_losses(model: Model, losses: list[SymbolicLoss]) -> None:
    """Gives a model the losses; none takes them away."""
    cls: Any = type(model)
    model.__dict__["_symbolic_losses"] = losses
    if losses and not issubclass(cls, _WithLosses):
        object.__setattr__(model, "__class__", _class_with_losses(cls))
