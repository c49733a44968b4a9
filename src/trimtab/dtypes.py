"""Names, promotion and limits of the element types.

The promotion rules are those of Keras 3 (`keras.backend.result_type`): the lattice of JAX, in which
an
integer meeting a float takes the float's type, and a Python number is weaker than any array.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np

FLOATS = ("float16", "bfloat16", "float32", "float64")
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

# NumPy learns bfloat16 from the package ml_dtypes, which is imported when it is first asked for.
_READY = set(_KNOWN - {"bfloat16"})


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
        raise ValueError(f"dtype: must be one of {', '.join(ALL)}; got {dtype!r}.")
    if name == "bfloat16":
        _teach_bfloat16()
    return name


def _teach_bfloat16() -> None:
    """Makes `numpy.dtype("bfloat16")` a type.

    Raises:
        ImportError: If ml_dtypes is not installed.
    """
    if "bfloat16" in _READY:
        return
    try:
        importlib.import_module("ml_dtypes")
    except ImportError as error:
        raise ImportError(
            "dtype: bfloat16 needs the package ml_dtypes; install it with: "
            "pip install 'trimtab[bfloat16]'",
            name="ml_dtypes",
        ) from error
    _READY.add("bfloat16")


def knows_bfloat16() -> bool:
    """Whether bfloat16 was asked for, so that there may be arrays of it."""
    return "bfloat16" in _READY


def standardize(dtype: object) -> str:
    """The canonical name of `dtype`, such as "float32".

    Args:
        dtype: A name, a NumPy dtype or scalar type, or `float`, `int`, `bool`, which mean
            "float32", "int32" and "bool" as in Keras.

    Raises:
        ValueError: If the type is not one of `ALL`.
    """
    if type(dtype) is str and dtype in _READY:
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
    return 2 if dtype == "bfloat16" else np.dtype(dtype).itemsize


def of_kinds(kinds: str) -> frozenset[str]:
    """Names of the types of these kinds: b, i, u, f as NumPy's; bfloat16 is one of f."""
    found = {name for name in ALL if name != "bfloat16" and np.dtype(name).kind in kinds}
    return frozenset(found | {"bfloat16"} if "f" in kinds else found)


def wide(dtype: str) -> str:
    """The type in which numbers of `dtype` are computed where bfloat16 has no arithmetic."""
    return "float32" if dtype == "bfloat16" else dtype


def _promote_two(a: str, b: str) -> str:
    if a == b:
        return a
    if a == "bool":
        return b
    if b == "bool":
        return a
    if is_float(a) or is_float(b):
        if is_float(a) and is_float(b):
            if itemsize(a) == itemsize(b):  # float16 and bfloat16
                return "float32"
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
    # Of uint32 too: Keras on JAX, the contract here, makes no int64 of narrower types.
    return f"int{min(32, itemsize(unsigned) * 16)}"


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
            array type of their kind or above, and `float` beside integers gives `floatx`. None is
            `floatx`, which is also the type of no operands.
        floatx: The type of a lone Python float.
    """
    strong = [standardize(d) for d in dtypes if d not in (int, float, bool, None)]
    if None in dtypes or not dtypes:
        strong.append(floatx)
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


# 8 significant bits, all ones, times 2 ** 127.
_HIGHEST_BFLOAT16 = (2 - 2**-7) * 2.0**127


def limits(dtype: str) -> tuple[Any, Any]:
    """(lowest, highest) finite number of `dtype`."""
    if dtype == "bool":
        return False, True
    if dtype == "bfloat16":
        return -_HIGHEST_BFLOAT16, _HIGHEST_BFLOAT16
    if is_float(dtype):
        return float(np.finfo(dtype).min), float(np.finfo(dtype).max)
    return int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
