"""What users pass as data, as NumPy arrays whose rows an engine can gather."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from trimtab.core import settings
from trimtab.ir.tensor import KerasTensor, Tensor

# Types whose rows an engine converts while it gathers them; others are converted beforehand.
_GATHERED = frozenset(
    {"float16", "float32", "float64", "int8", "int16", "int32", "int64"}
    | {"uint8", "uint16", "uint32", "bool"}
)
# What a step computes in where the array's own type is not one of the engine's.
_WIDENED = {"int8": "int32", "int16": "int32", "uint16": "int32", "uint64": "int64"}


class Named(NamedTuple):
    """An array with what errors call it.

    Attributes:
        name: The argument, with the position in its list or dict: "x", "x[1]", "x['age']".
        array: Numbers, rows along the first axis.
        columns: Names of a table's columns, None where they have none.
    """

    name: str
    array: np.ndarray[Any, Any]
    columns: tuple[Any, ...] | None = None

    def place(self, flat_index: int) -> str:
        """Where element `flat_index` stands, in words: "row 17, column 'age'"."""
        position = [int(i) for i in np.unravel_index(flat_index, self.array.shape)]
        if len(position) == 1:
            return f"row {position[0]}"
        if len(position) == 2:
            column = position[1] if self.columns is None else repr(self.columns[position[1]])
            return f"row {position[0]}, column {column}"
        return f"row {position[0]}, position {tuple(position[1:])}"


def step_type(dtype: np.dtype[Any]) -> str:
    """The type in which a step gets numbers of `dtype`: floats as floatx, integers as they are."""
    if dtype.kind == "f":
        return settings.floatx()
    return _WIDENED.get(dtype.name, dtype.name)


def is_array_like(x: Any) -> bool:
    """Whether `x` holds numbers row by row: an array, tensor or table, of any library."""
    return not isinstance(x, type) and hasattr(x, "__array__")


def to_named(owner: str, name: str, x: Any) -> Named:
    """`x` as an array that is ready to be gathered from; it is copied only where it must be.

    Args:
        owner: The method that was called, for errors.
        name: What errors call the array.
        x: Array, tensor, or table of pandas.

    Raises:
        ValueError: If it holds text, objects or complex numbers, or has no rows.
    """
    columns = None
    if isinstance(x, np.ndarray):
        array = x
    elif isinstance(x, KerasTensor):
        raise ValueError(
            f"{owner}: `{name}` must hold numbers; got the symbolic {x!r}, which belongs in a "
            "functional model"
        )
    elif isinstance(x, Tensor):
        array = np.asarray(x)
    elif hasattr(x, "columns") and hasattr(x, "dtypes") and hasattr(x, "to_numpy"):
        columns = tuple(x.columns)
        array = _table_array(x)
    elif hasattr(x, "tocoo"):
        raise ValueError(f"{owner}: `{name}` must be dense; got a sparse matrix. Use its toarray()")
    else:
        array = _foreign_array(x)
    named = Named(name, array, columns)
    _require_numbers(owner, named)
    return named._replace(array=_gatherable(array))


def _table_array(table: Any) -> np.ndarray[Any, Any]:
    """The numbers of a pandas table as one array; columns of bool or with gaps turn into floats."""
    array = np.asarray(table.to_numpy())
    if array.dtype.kind != "O":
        return array
    try:
        return np.asarray(table.to_numpy(dtype=settings.floatx(), na_value=np.nan))
    except (TypeError, ValueError):
        return array


def _foreign_array(x: Any) -> np.ndarray[Any, Any]:
    """The numbers of another library's tensor, fetched to the processor's memory."""
    if hasattr(x, "detach") and hasattr(x, "cpu"):
        x = x.detach().cpu()
        # Torch's own bfloat16, which it does not hand to NumPy.
        if "bfloat16" in str(getattr(x, "dtype", "")):
            x = x.float()
    array = np.asarray(x)
    if array.dtype.kind == "O" and hasattr(x, "to_numpy"):
        try:
            return np.asarray(x.to_numpy(dtype=settings.floatx(), na_value=np.nan))
        except (TypeError, ValueError):
            return array
    # Types that NumPy only borrows, such as bfloat16.
    return array.astype(settings.floatx()) if array.dtype.kind == "V" else array


def _require_numbers(owner: str, named: Named) -> None:
    array = named.array
    if array.dtype.kind not in "fiub":
        raise ValueError(
            f"{owner}: `{named.name}` must hold numbers; got {_first_odd_one(named)}. "
            f"{_way_out(array)}"
        )
    if array.ndim == 0:
        raise ValueError(
            f"{owner}: `{named.name}` must have rows; got the single number {array.item()!r}"
        )


def _way_out(array: np.ndarray[Any, Any]) -> str:
    if array.dtype.kind in "mM":
        return "Turn dates into numbers first, for instance days since the first one"
    if array.dtype.kind == "O" and _odd_place(array) is None:
        return "Its elements are numbers: use .astype('float32')"
    return "Encode text as numbers first, for instance one-hot or with layers.StringLookup"


def _odd_place(array: np.ndarray[Any, Any]) -> int | None:
    """Flat index of the first element that is no number, None if there is none."""
    for index, value in enumerate(array.ravel()):
        if not isinstance(value, (int, float, np.number, np.bool_)):
            return index
    return None


def _first_odd_one(named: Named) -> str:
    array = named.array
    if array.dtype.kind != "O":
        return f"an array of type {array.dtype}"
    index = _odd_place(array)
    if index is None:
        return "an array of type object"
    where = f" in {named.place(index)}" if array.ndim else ""
    return f"{array.ravel()[index]!r}{where}"


def _gatherable(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """`array` itself if each row lies in one piece and is of a type that can be gathered."""
    if array.dtype.name not in _GATHERED or not array.dtype.isnative:
        wider = step_type(array.dtype) if array.dtype.kind != "f" else "float64"
        return np.ascontiguousarray(array, dtype=wider)
    if not array.flags.aligned:
        return np.ascontiguousarray(array).copy()
    expected = array.itemsize
    for size, stride in zip(reversed(array.shape[1:]), reversed(array.strides[1:]), strict=True):
        if size != 1 and stride != expected:
            return np.ascontiguousarray(array)
        expected *= size
    return array
