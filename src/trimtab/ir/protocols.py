"""NumPy's functions on tensors: handed to the functions of this library that bear their names.

So code written with NumPy can be traced. Where there is no such function, the tensor is asked for
its numbers, which a traced one refuses with `NeedsNumbers`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

# Name of a function of NumPy -> function of tensors. `trimtab.ops` fills it.
FUNCTIONS: dict[str, Callable[..., Any]] = {}

# Where NumPy's name of a ufunc is another, and those behind Python's operators.
_RENAMED = {"absolute": "abs", "invert": "bitwise_not", "remainder": "mod", "fmod": ""}
_OPERATORS = frozenset(
    {"add", "subtract", "multiply", "divide", "floor_divide", "mod", "power", "matmul", "less"}
    | {"less_equal", "greater", "greater_equal", "equal", "not_equal", "negative"}
    | {"bitwise_and", "bitwise_or", "bitwise_xor", "left_shift", "right_shift"}
)


class NeedsNumbers(TypeError):
    """Raised by a traced tensor that is asked for numbers, which only the compiled step has."""


def _arrays(values: Any) -> Any:
    if isinstance(values, (list, tuple)):
        return type(values)(_arrays(value) for value in values)
    return np.asarray(values) if hasattr(values, "as_tensor") else values


def apply_ufunc(
    ufunc: Any, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any], is_traced: bool
) -> Any:
    """What NumPy's `ufunc` gives for `inputs`, tensors among them.

    Args:
        ufunc: The ufunc.
        method: How it was called.
        inputs: Its inputs.
        kwargs: Its keyword arguments.
        is_traced: Whether one of the inputs has no numbers.
    """
    name = _RENAMED.get(ufunc.__name__, ufunc.__name__)
    if method == "__call__" and not kwargs:
        function = FUNCTIONS.get(name)
        if function is not None and (is_traced or name in _OPERATORS):
            return function(*inputs)
    # The ufunc refuses what cannot be converted.
    return getattr(ufunc, method)(*_arrays(inputs), **kwargs)


def apply_function(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What NumPy's `function` gives for arguments with traced tensors among them."""
    own = FUNCTIONS.get(function.__name__)
    if own is not None and function.__module__ in ("numpy", "numpy.linalg"):
        try:
            return own(*args, **kwargs)
        except NeedsNumbers:
            raise
        except TypeError:
            # An argument that only NumPy's function knows.
            pass
    args = _arrays(args)
    kwargs = {key: _arrays(value) for key, value in kwargs.items()}
    return function(*args, **kwargs)
