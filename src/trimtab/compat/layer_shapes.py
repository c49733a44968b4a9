"""Attributes that layers had until Keras 3: their shapes, and what goes in and out at a node."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trimtab.core import tree
from trimtab.layers import Layer

Getter = Callable[[Any], Any]


def _shapes(tensors: Any) -> Any:
    found = [tuple(x.shape) for x in tree.flatten(tensors)]
    return found[0] if len(found) == 1 else found


_GETTERS: dict[str, Getter] = {
    "input_shape": lambda layer: _shapes(layer.input),
    "output_shape": lambda layer: _shapes(layer.output),
    "get_input_at": lambda layer: lambda node: layer._inbound_nodes[node].input_tensors[0],
    "get_output_at": lambda layer: lambda node: layer._inbound_nodes[node].outputs[0],
    "get_output_shape_at": lambda layer: lambda node: _shapes(layer._inbound_nodes[node].outputs),
}


class _Attribute:
    """Computed when it is read; a layer may have one of its own under the name."""

    def __init__(self, getter: Getter) -> None:
        self.getter = getter

    def __get__(self, layer: Any, cls: type) -> Any:
        return self if layer is None else self.getter(layer)


def give() -> None:
    """Gives all layers the attributes, where they have none of these names."""
    for name, getter in _GETTERS.items():
        if name not in Layer.__dict__:
            setattr(Layer, name, _Attribute(getter))


def take() -> None:
    """Takes the attributes away."""
    for name in _GETTERS:
        if isinstance(Layer.__dict__.get(name), _Attribute):
            delattr(Layer, name)
