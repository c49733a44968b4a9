"""Names, promotion and limits of the element types.

The promotion rules are those of Keras 3 (`keras.backend.result_type`): the lattice of JAX, in which
an
integer meeting a float takes the float's type, and a Python number is weaker than any array.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np

FLOATS = ("float16", "float32", "float64")
SIGNED = ("int8", "int16", "int32", "int64")
UNSIGNED = ("uint8", "uint16", "uint32", "uint64")
ALL = ("bool", *SIGNED, *UNSIGNED, *FLOATS)

_ALIASES = {
    "float": "float32",
    "int": "int32",
    "half": "float16",
    "single": "float32",
    "double": "float64",
    "bool_": "bool",
}
_KNOWN = frozenset(ALL)


@lru_cache(maxsize=256)
def _name_of(dtype: object) -> str:
    if dtype is float:
        return "float32"
    if dtype is int:
        return "int32"
    if dtype is bool:
        return "bool"
    if isinstance(dtype, str):
        name = _ALIASES.get(dtype, dtype)
        if name.startswith("torch."):
            name = name.removeprefix("torch.")
    else:
        kind: Any = dtype
        name = str(kind.name if hasattr(kind, "name") else np.dtype(kind))
    if name not in _KNOWN:
        raise ValueError(
            f"dtype: must be one of {', '.join(ALL)}; got {dtype!r}."
            + (" bfloat16 needs a processor path that this version has not." * (name == "bfloat16"))
        )
    return name


def standardize(dtype: object) -> str:
    """The canonical name of `dtype`, such as "float32".

    Args:
        dtype: A name, a NumPy dtype or scalar type, or `float`, `int`, `bool`, which mean
            "float32", "int32" and "bool" as in Keras.

    Raises:
        ValueError: If the type is not one of `ALL`.
    """
    if type(dtype) is str and dtype in _KNOWN:
        return dtype
    try:
        return _name_of(dtype)
    except TypeError as error:
        raise ValueError(f"dtype: must name an element type; got {dtype!r}") from error


def is_float(dtype: str) -> bool:
    """Whether `dtype` is a floating-point type."""
    return dtype in FLOATS


def is_integer(dtype: str) -> bool:
    """Whether `dtype` is an integer type; bool is none."""
    return dtype in SIGNED or dtype in UNSIGNED


def itemsize(dtype: str) -> int:
    """Bytes of one element."""
    return np.dtype(dtype).itemsize


def _promote_two(a: str, b: str) -> str:
    if a == b:
        return a
    if a == "bool":
        return b
    if b == "bool":
        return a
    if is_float(a) or is_float(b):
        if is_float(a) and is_float(b):
            return a if itemsize(a) > itemsize(b) else b
        return a if is_float(a) else b
    a_signed, b_signed = a in SIGNED, b in SIGNED
    if a_signed == b_signed:
        return a if itemsize(a) > itemsize(b) else b
    signed, unsigned = (a, b) if a_signed else (b, a)
    if itemsize(signed) > itemsize(unsigned):
        return signed
    if unsigned == "uint64":
        return "float32"
    return f"int{itemsize(unsigned) * 16}"


@lru_cache(maxsize=4096)
def _promote(names: tuple[str, ...]) -> str:
    result = names[0]
    for name in names[1:]:
        result = _promote_two(result, name)
    return result


def promote(names: Iterable[str]) -> str:
    """The smallest type of Keras 3's lattice that holds all of `names`."""
    return _promote(tuple(names))


def result_type(*dtypes: object, floatx: str = "float32") -> str:
    """The type of an operation on operands of `dtypes`, as `keras.backend.result_type`.

    Args:
        dtypes: Type names; the Python types `int`, `float` and `bool` are weak: they
            give way to any
            array type of their kind or above, and `float` beside integers gives `floatx`.
        floatx: The type of a lone Python float.
    """
    strong = [standardize(d) for d in dtypes if d not in (int, float, bool)]
    if not strong:
        if float in dtypes:
            return floatx
        return "int32" if int in dtypes else "bool"
    result = promote(strong)
    if float in dtypes and not is_float(result):
        return floatx
    if int in dtypes and result == "bool":
        return "int32"
    return result


def limits(dtype: str) -> tuple[Any, Any]:
    """(lowest, highest) finite number of `dtype`."""
    if dtype == "bool":
        return False, True
    if is_float(dtype):
        return float(np.finfo(dtype).min), float(np.finfo(dtype).max)
    return int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
