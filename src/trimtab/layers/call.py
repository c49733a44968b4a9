"""The arguments of a layer's call: converted, named, joined by what an enclosing call hands on."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from trimtab import dtypes
from trimtab.core import tree
from trimtab.ir.graph import Value
from trimtab.ir.tensor import Array, KerasTensor, Tensor
from trimtab.ops.dispatch import convert
from trimtab.primitives import elementwise


class _Calls(threading.local):
    """The layer calls that a thread is inside of.

    Attributes:
        entry: The outermost layer that is being called, None outside of all calls.
        training: What the enclosing call resolved `training` to.
        is_probe: Whether the calls only find shapes, so that nothing they add is kept.
    """

    def __init__(self) -> None:
        self.entry: Any = None
        self.training: bool | None = None
        self.is_probe = False


CALLS = _Calls()


class CallSignature:
    """The parameters of a `call` method.

    Attributes:
        names: Those that can be given by position.
        has_training: Whether there is one called `training`.
        has_mask: Whether there is one called `mask`.
        default_training: Default of `training`.
    """

    def __init__(self, function: Callable[..., Any], skip: int = 1) -> None:
        self.signature = inspect.signature(function)
        parameters = list(self.signature.parameters.values())[skip:]
        positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        self.names = [p.name for p in parameters if p.kind in positional]
        self.all_names = frozenset(
            p.name for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
        )
        self.has_varargs = any(p.kind == p.VAR_POSITIONAL for p in parameters)
        self.has_varkw = any(p.kind == p.VAR_KEYWORD for p in parameters)
        self.has_training = "training" in self.all_names
        self.has_mask = "mask" in self.all_names
        self.required = [
            p.name for p in parameters if p.default is p.empty and p.kind in positional
        ]
        defaults = {p.name: p.default for p in parameters if p.default is not p.empty}
        self.default_training = defaults.get("training")
        # Masks of arguments other than the first travel under names of their own.
        self.mask_names = frozenset(n for n in self.all_names if n.endswith("_mask"))

    def bind(self, owner: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """The arguments given, by name.

        Raises:
            TypeError: If there are too many, one is given twice, is unknown or is missing.
        """
        if len(args) > len(self.names) and not self.has_varargs:
            raise TypeError(
                f"{owner}: call() takes {len(self.names)} positional arguments; got {len(args)}"
            )
        bound = dict(zip(self.names, args, strict=False))
        for name, value in kwargs.items():
            if name in bound:
                raise TypeError(f"{owner}: call() got two values for the argument '{name}'")
            if name not in self.all_names and not self.has_varkw:
                raise TypeError(
                    f"{owner}: call() has no argument '{name}'; it takes {sorted(self.all_names)}"
                )
            bound[name] = value
        missing = [name for name in self.required if name not in bound]
        if missing:
            raise TypeError(f"{owner}: call() misses the argument '{missing[0]}'")
        return bound


def converted(x: Any, dtype: str, autocast: bool) -> Any:
    """A layer's argument as a tensor, floats in the type that the layer computes in; others stay.

    Numbers, text and None are no tensors to a layer: they are returned as they are.
    """
    kind = type(x)
    if kind is Value or kind is Array or kind is KerasTensor or isinstance(x, Tensor):
        if not autocast or x.dtype == dtype or not dtypes.is_float(x.dtype):
            return x.as_tensor()
        if kind is KerasTensor:
            return _cast_keras_tensor(x, dtype)
        cast = elementwise.cast(x.as_tensor(), dtype=dtype)
        mask = getattr(x, "_keras_mask", None)
        if mask is not None:
            cast._keras_mask = mask
        return cast
    if kind is np.ndarray or hasattr(x, "__array__"):
        array = np.asarray(x)
        is_float = autocast and dtypes.is_float(array.dtype.name)
        return convert(array, dtype if is_float else None)
    return x


def _cast_keras_tensor(x: KerasTensor, dtype: str) -> KerasTensor:
    # The layer casts as a part of its own call, so the model's graph gets no cast of its own.
    changed = KerasTensor(x.shape, dtype, name=x.name)
    changed._keras_history, changed._keras_mask = x._keras_history, x._keras_mask
    return changed


def is_tensor_like(x: Any) -> bool:
    """Whether `x` may be given by position: a tensor or None."""
    return x is None or isinstance(x, Tensor)


def shape_of(x: Any) -> Any:
    """The shape of a tensor, None for None."""
    return None if x is None else tuple(x.shape)


def shapes_of(value: Any) -> Any:
    """The shapes of tensors, in their structure."""
    return shape_of(value) if isinstance(value, Tensor) else tree.map_structure(shape_of, value)


def holds_tensors(value: Any, owner: str, name: str) -> bool:
    """Whether an argument is a tensor or a structure of tensors.

    Raises:
        ValueError: If a structure mixes tensors with something else.
    """
    if isinstance(value, Tensor):
        return True
    if not tree.is_nested(value):
        return False
    leaves = tree.flatten(value)
    tensors = [isinstance(x, Tensor) for x in leaves]
    if not any(tensors):
        return False
    if all(is_tensor_like(x) for x in leaves):
        return True
    raise ValueError(
        f"{owner}: the argument '{name}' of call() must hold tensors or none; it mixes tensors "
        "with other values"
    )


def masks_of(value: Any) -> Any:
    """The masks that travel with tensors, in their structure; None where there is none."""
    if isinstance(value, Tensor):
        return getattr(value, "_keras_mask", None)
    return tree.map_structure(lambda x: getattr(x, "_keras_mask", None), value)


def describe_inputs(bound: dict[str, Any]) -> str:
    """Types and shapes of the tensors among the arguments, for errors."""
    listed = [x for value in bound.values() for x in tree.flatten(value) if isinstance(x, Tensor)]
    return ", ".join(f"{x.dtype}{list(x.shape)}" for x in listed) or "no tensors"
