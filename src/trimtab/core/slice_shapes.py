"""What ops that call functions give for KerasTensors: their functions are tried on one slice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trimtab.core import tree
from trimtab.core.symbolic import infer_output_spec, keras_tensor
from trimtab.ir.tensor import KerasTensor
from trimtab.ops.dispatch import convert


def _described(x: Any) -> KerasTensor:
    """A KerasTensor of the shape and type of a tensor, array or number."""
    tensor = x if isinstance(x, KerasTensor) else convert(x)
    return keras_tensor(tensor.shape, tensor.dtype)


def _slice_of(x: Any, owner: str) -> KerasTensor:
    tensor = _described(x)
    if not tensor.shape:
        raise ValueError(f"{owner}: all tensors must have a first axis; got one of shape ()")
    return keras_tensor(tensor.shape[1:], tensor.dtype)


def _length(structure: Any, owner: str) -> int | None:
    """The size of the first axis, None if it is open."""
    sizes = {_described(leaf).shape[0] for leaf in tree.flatten(structure)} - {None}
    if len(sizes) > 1:
        raise ValueError(
            f"{owner}: all tensors must have a first axis of one size; got {sorted(sizes)}"
        )
    return next(iter(sizes), None)


def _stacked(structure: Any, length: int | None) -> Any:
    return tree.map_structure(
        lambda x: None if x is None else keras_tensor((length, *x.shape), x.dtype), structure
    )


def _mapped(f: Callable[[Any], Any], xs: Any, owner: str) -> Any:
    slices = tree.map_structure(lambda x: _slice_of(x, owner), xs)
    return _stacked(infer_output_spec(f, (slices,), {}), _length(xs, owner))


def _map(f: Callable[[Any], Any], xs: Any) -> Any:
    return _mapped(f, xs, "map")


def _vectorized_map(function: Callable[[Any], Any], elements: Any) -> Any:
    return _mapped(function, elements, "vectorized_map")


def _scan(
    f: Callable[[Any, Any], Any], init: Any, xs: Any = None, length: int | None = None, **_: Any
) -> Any:
    state = tree.map_structure(_described, init)
    slices = None
    if xs is not None:
        slices = tree.map_structure(lambda x: _slice_of(x, "scan"), xs)
        length = _length(xs, "scan")
    last, outputs = infer_output_spec(f, (state, slices), {})
    return last, _stacked(outputs, length)


def _while_loop(loop_vars: Any, **_: Any) -> Any:
    return tree.map_structure(_described, loop_vars)


def _fori_loop(init_val: Any, **_: Any) -> Any:
    return tree.map_structure(_described, init_val)


# Op -> the KerasTensors that it gives, from its arguments by name.
SPECS: dict[str, Callable[..., Any]] = {
    "map": _map,
    "vectorized_map": _vectorized_map,
    "scan": _scan,
    "while_loop": _while_loop,
    "fori_loop": _fori_loop,
}
