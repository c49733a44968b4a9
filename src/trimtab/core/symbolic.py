"""Shapes of functions of KerasTensors, found by tracing them on probes instead of numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trimtab.core import naming, tree
from trimtab.core.scope import TraceScope, trace_scope
from trimtab.ir.graph import placeholder
from trimtab.ir.tensor import KerasTensor, Tensor
from trimtab.ops.dispatch import any_symbolic, convert

# An open size is tried as two primes: an output size that differs between them is open too. They
# are larger than most fixed sizes, so that neither is taken for a size of 1 that broadcasts.
_PROBES = (83, 89)


def keras_tensor(shape: Any, dtype: str, name: str | None = None) -> KerasTensor:
    """A KerasTensor named as Keras names them: keras_tensor, keras_tensor_1 ..."""
    return KerasTensor(shape, dtype, name=naming.auto_name("KerasTensor") if name is None else name)


def is_symbolic_call(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether a KerasTensor is among the arguments, at any depth."""
    return any_symbolic(args) or (bool(kwargs) and any_symbolic(kwargs.values()))


def has_open_size(x: Any) -> bool:
    """Whether `x` is a KerasTensor with a size that is not known."""
    return isinstance(x, KerasTensor) and None in x.shape


def infer_output_spec(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """KerasTensors for what `function` returns, in its structure.

    Args:
        function: Of tensors; run once or twice on traced probes, its writes to variables thrown
            away.
        args: Its arguments, KerasTensors among them at any depth.
        kwargs: As `args`.

    Returns:
        For each tensor returned a KerasTensor; None where a size follows an open size. Leaves that
        are None stay None.
    """
    first = _run(function, args, kwargs, _PROBES[0])
    if not any(has_open_size(x) for x in tree.flatten([list(args), list(kwargs.values())])):
        return tree.map_structure(lambda x: _merged(x, x), first)
    return tree.map_structure(_merged, first, _run(function, args, kwargs, _PROBES[1]))


def _run(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], size: int
) -> Any:
    made: dict[int, Tensor] = {}

    def probe(x: Any) -> Any:
        if not isinstance(x, KerasTensor):
            return x
        if id(x) not in made:
            shape = tuple(size if dim is None else dim for dim in x.shape)
            made[id(x)] = placeholder(shape, x.dtype)
        return made[id(x)]

    with trace_scope(TraceScope()):
        return function(*tree.map_structure(probe, args), **tree.map_structure(probe, kwargs))


def _merged(a: Any, b: Any) -> Any:
    if a is None:
        return None
    first, second = convert(a), convert(b)
    if len(first.shape) != len(second.shape):
        raise ValueError(
            f"the number of axes must not depend on an open size; got shapes {first.shape} and "
            f"{second.shape}"
        )
    shape = [m if m == n else None for m, n in zip(first.shape, second.shape, strict=True)]
    return keras_tensor(shape, first.dtype)
