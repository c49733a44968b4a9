"""`model(x)` on arrays as one compiled step, for models made of this library's layers only."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np

from trimtab.core import tree
from trimtab.core.function import Function
from trimtab.core.recording import OpOperation
from trimtab.core.tracing import CompiledStep
from trimtab.ir.graph import Spec
from trimtab.ir.tensor import Array, Tensor
from trimtab.layers.base import Layer

# Each new shape is traced; beyond this many the oldest goes.
_MOST_VARIANTS = 16
_ENGINE_TYPES = frozenset({"float32", "float64", "int32", "int64", "uint32", "uint8", "bool"})


class CallCache(dict[Any, Any]):
    """Compiled calls by shape, emptied when a layer of the model changes."""

    __slots__ = ("__weakref__",)


def is_compilable(model: Any) -> bool:
    """Whether every part of a model is of this library, so that its effects are known."""
    function = model._function
    if not isinstance(function, Function) or not _is_ours(type(model).call):
        return False
    return all(_is_known(operation) for operation in function.operations)


def _is_ours(function: Any) -> bool:
    return str(function.__module__).startswith("trimtab.")


def _is_known(operation: Any) -> bool:
    if isinstance(operation, OpOperation):
        return _is_ours(operation.function)
    if not _is_ours(type(operation)) or not isinstance(operation, Layer):
        return False
    if operation.activity_regularizer is not None or not operation.is_pure:
        return False
    if getattr(operation, "_function", None) is not None and not is_compilable(operation):
        return False
    return all(_is_known(layer) for layer in operation._layers)


def compiled(model: Any, x: np.ndarray[Any, Any], training: Any) -> Any:
    """A function that gives `model(array, training=training)` for arrays like `x`, or None."""
    if x.dtype.name not in _ENGINE_TYPES or not is_compilable(model):
        return None

    def call(tensor: Tensor) -> Any:
        return model(tensor, training=training)

    variant = CompiledStep(call).variant([Spec(x.shape, x.dtype.name)])
    structure = variant.traced.structure
    if any(getattr(leaf, "_keras_mask", None) is not None for leaf in tree.flatten(structure)):
        return None
    run = variant.run
    if isinstance(structure, Tensor):
        return lambda array: Array(run((array,))[0])
    return lambda array: variant.pack([Array(output) for output in run((array,))])


def remember(model: Any, cache: CallCache, key: Any, function: Any) -> None:
    """Keeps a compiled call until a layer of `model` changes."""
    if not cache:
        watch(model, cache)
    while len(cache) >= _MOST_VARIANTS:
        del cache[next(iter(cache))]
    cache[key] = function


def watch(model: Any, cache: CallCache) -> None:
    """Has `cache` emptied whenever an attribute of the model or one of its layers is set."""
    for layer in model._flatten_layers():
        watchers = layer._watchers
        watchers[:] = [ref for ref in watchers if ref() is not None]
        if not any(ref() is cache for ref in watchers):
            watchers.append(weakref.ref(cache))
