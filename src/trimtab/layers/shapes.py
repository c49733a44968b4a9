"""Shapes as arguments: alone or nested, and matched to the parameters of `build`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any


def is_shape(value: Any) -> bool:
    """Whether `value` is one shape: a list or tuple of sizes, None among them where open."""
    return isinstance(value, (list, tuple)) and all(d is None or isinstance(d, int) for d in value)


def map_shapes(function: Callable[[Any], Any], structure: Any) -> Any:
    """`function` of each shape in a structure of shapes."""
    if is_shape(structure):
        return function(structure)
    if isinstance(structure, dict):
        return {key: map_shapes(function, value) for key, value in structure.items()}
    if isinstance(structure, (list, tuple)):
        return type(structure)(map_shapes(function, value) for value in structure)
    return structure


def align_shapes(
    function: Callable[..., Any], shapes: dict[str, Any], owner: str
) -> dict[str, Any]:
    """The shapes that `function` takes, under its parameters' names.

    Args:
        function: `build` or `compute_output_shape` of a layer. With one parameter it gets the shape
            of the call's first tensor, whatever the parameter's name; with several, those of their
            names.
        shapes: `<argument>_shape` -> shape, in the order of the call's arguments.
        owner: Name for errors.

    Raises:
        ValueError: If a parameter is named after no argument of `call`.
    """
    parameters = inspect.signature(function).parameters.values()
    named = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    if len(named) == 1:
        return {named[0].name: next(iter(shapes.values()), None)}
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return shapes
    unknown = [p.name for p in named if p.name not in shapes and p.default is p.empty]
    if unknown:
        raise ValueError(
            f"{owner}: each argument of {function.__name__}() must be called after one of call(), "
            f"such as {', '.join(shapes)}; got {_misnomer(unknown[0])}"
        )
    return {p.name: shapes[p.name] for p in named if p.name in shapes}


def _misnomer(name: str) -> str:
    if not name.endswith("_shape"):
        return f"the argument `{name}`, which does not end in `_shape`"
    return f"`{name}`, but `call()` does not have argument `{name.removesuffix('_shape')}`"
