"""A Sequential that begins with a merge of other models."""

from __future__ import annotations

from typing import Any

from trimtab.compat.merging import MergedModels
from trimtab.core import naming
from trimtab.core.function import Function
from trimtab.core.scope import trace_scope
from trimtab.models import Model, Sequential


class OldSequential(Sequential):
    """`Sequential` that may begin with `Merge([model, model])`; its inputs are then theirs."""

    _merged: MergedModels | None = None

    def add(self, layer: Any, rebuild: bool = True) -> None:
        """Puts a layer, or first of all merged models, at the end."""
        if not isinstance(layer, MergedModels):
            super().add(layer, rebuild)
            return
        if self._layers:
            raise ValueError(f"{self.name}: merged models must come first in a Sequential")
        object.__setattr__(self, "_merged", layer)
        for model in layer.leaves():
            self._tracker.track(model)
        self._maybe_rebuild()

    @property
    def layers(self) -> list[Any]:
        """The layers behind the merged models, if there are any."""
        if self._merged is None:
            return Sequential.layers.fget(self)  # type: ignore[attr-defined, no-any-return]
        return [layer for layer in self._layers if not isinstance(layer, Model)]

    @layers.setter
    def layers(self, _: Any) -> None:
        raise AttributeError(f"{self.name}: `layers` cannot be set; use add() and pop()")

    def _maybe_rebuild(self) -> None:
        if self._merged is None:
            super()._maybe_rebuild()
            return
        self._forget_graph()
        with trace_scope(None):
            x = self._merged.output()
            for layer in self.layers:
                x = layer(x)
        self._set_function(Function(self._merged.inputs(), x, name=naming.auto_name("Functional")))
        self.built = True

    def build(self, input_shape: Any = None) -> None:
        """Builds all layers; merged models know their inputs already."""
        if self._merged is None:
            super().build(input_shape)
        elif self._function is None:
            self._maybe_rebuild()
