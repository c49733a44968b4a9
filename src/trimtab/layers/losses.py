"""Losses that layers add to a model's: from `add_loss` and from regularizers."""

from __future__ import annotations

from typing import Any

from trimtab import ops
from trimtab.core import tree
from trimtab.core.scope import THREAD
from trimtab.ir.graph import Value
from trimtab.ir.tensor import Tensor
from trimtab.layers.call import CALLS
from trimtab.layers.state import StateOwner


class LossOwner(StateOwner):
    """What layers have by adding losses."""

    activity_regularizer: Any
    _losses: list[Any]

    def add_loss(self, loss: Any) -> None:
        """Adds a scalar loss, or several; to be called inside `call`.

        Raises:
            ValueError: If it is no tensor.
        """
        losses = tree.flatten(loss)
        for x in losses:
            if not isinstance(x, Tensor):
                raise ValueError(f"{self.name}: add_loss takes tensors made in `call`; got {x!r}")
        if not CALLS.is_probe:
            self._losses.extend(losses)

    def _regularize_activity(self, outputs: Any) -> None:
        for output in tree.flatten(outputs):
            if isinstance(output, Tensor):
                loss = self.activity_regularizer(output)
                rows = float(output.shape[0]) if output.shape else 1.0
                self.add_loss(ops.divide_no_nan(loss, rows))

    def _own_losses(self) -> list[Any]:
        # What a trace added means nothing once the trace is over.
        is_traced = THREAD.trace is not None
        return [x for x in self._losses if is_traced or not isinstance(x, Value)]

    def _clear_losses(self) -> None:
        for layer in self._flatten_layers():
            if layer._losses:
                layer._losses.clear()

    @property
    def losses(self) -> list[Any]:
        """Scalars to be added to the loss: those that calls added, then weights' regularizers."""
        added = [loss for layer in self._flatten_layers() for loss in layer._own_losses()]
        regularized = [v for v in self.trainable_weights if v.regularizer is not None]
        return added + [v.regularizer(v) for v in regularized]
