"""Tensors: what every operation takes and gives.

Three kinds share the operators: `Array` holds numbers, `ir.graph.Value` stands for numbers inside a
trace, and `KerasTensor` stands for the output of a layer in a functional model, its batch size
open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from trimtab.ir.protocols import apply_ufunc

# Name of an operator -> function of tensors. `trimtab.ops` fills it, so that tensors need not
# import it.
OPERATORS: dict[str, Callable[..., Any]] = {}


def _binary(name: str) -> Callable[[Any, Any], Tensor]:
    def operator(self: Tensor, other: Any) -> Any:
        if not _is_operand(other):
            return NotImplemented
        return OPERATORS[name](self, other)

    operator.__name__ = f"__{name}__"
    return operator


def _reflected(name: str) -> Callable[[Any, Any], Tensor]:
    def operator(self: Tensor, other: Any) -> Any:
        return OPERATORS[name](other, self)

    operator.__name__ = f"__r{name}__"
    return operator


def _unary(name: str) -> Callable[[Any], Tensor]:
    def operator(self: Tensor) -> Any:
        return OPERATORS[name](self)

    operator.__name__ = f"__{name}__"
    return operator


class Tensor:
    """An array of one element type: concrete, traced, or a layer's future output."""

    __slots__ = ("__weakref__",)
    __array_priority__ = 100.0

    shape: tuple[Any, ...]
    dtype: str

    def as_tensor(self) -> Tensor:
        """The tensor that operations read; a variable answers with its value."""
        return self

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        tensors = [x.as_tensor() if isinstance(x, Tensor) else x for x in inputs]
        is_traced = any(isinstance(x, Tensor) and type(x) is not Array for x in tensors)
        return apply_ufunc(ufunc, method, tuple(tensors), kwargs, is_traced)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> Any:
        """Number of elements; None while an axis is open."""
        total = 1
        for dim in self.shape:
            if dim is None:
                return None
            total *= dim
        return total

    @property
    def T(self) -> Any:
        """The tensor with its axes reversed."""
        return OPERATORS["transpose"](self)

    def reshape(self, *shape: Any) -> Any:
        """The same elements in another shape, as `ops.reshape`."""
        new_shape = shape[0] if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
        return OPERATORS["reshape"](self, tuple(new_shape))

    def astype(self, dtype: object) -> Any:
        """The elements converted to `dtype`, as `ops.cast`."""
        return OPERATORS["cast"](self, dtype)

    def squeeze(self, axis: Any = None) -> Any:
        """The tensor without axes of size 1, as `ops.squeeze`."""
        return OPERATORS["squeeze"](self, axis)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("Tensor: a scalar has no len()")
        return int(self.shape[0])

    def __iter__(self) -> Iterator[Any]:
        if not self.shape:
            raise TypeError("Tensor: a scalar cannot be iterated over")
        if self.shape[0] is None:
            raise TypeError("Tensor: cannot iterate over an axis of open size (None)")
        return (self[i] for i in range(self.shape[0]))

    __hash__ = object.__hash__

    __add__, __radd__ = _binary("add"), _reflected("add")
    __sub__, __rsub__ = _binary("subtract"), _reflected("subtract")
    __mul__, __rmul__ = _binary("multiply"), _reflected("multiply")
    __truediv__, __rtruediv__ = _binary("divide"), _reflected("divide")
    __floordiv__, __rfloordiv__ = _binary("floor_divide"), _reflected("floor_divide")
    __mod__, __rmod__ = _binary("mod"), _reflected("mod")
    __pow__, __rpow__ = _binary("power"), _reflected("power")
    __matmul__, __rmatmul__ = _binary("matmul"), _reflected("matmul")
    __and__, __rand__ = _binary("bitwise_and"), _reflected("bitwise_and")
    __or__, __ror__ = _binary("bitwise_or"), _reflected("bitwise_or")
    __xor__, __rxor__ = _binary("bitwise_xor"), _reflected("bitwise_xor")
    __lshift__, __rshift__ = _binary("left_shift"), _binary("right_shift")
    __lt__, __le__ = _binary("less"), _binary("less_equal")
    __gt__, __ge__ = _binary("greater"), _binary("greater_equal")
    __neg__, __abs__, __invert__ = _unary("negative"), _unary("abs"), _unary("bitwise_not")
    __getitem__ = _binary("getitem")

    def __round__(self, ndigits: int | None = None) -> Any:
        return OPERATORS["round"](self, ndigits or 0)

    def __pos__(self) -> Tensor:
        return self

    def __eq__(self, other: object) -> Any:
        if other is None or not _is_operand(other):
            return False
        return OPERATORS["equal"](self, other)

    def __ne__(self, other: object) -> Any:
        if other is None or not _is_operand(other):
            return True
        return OPERATORS["not_equal"](self, other)


_OPERAND_TYPES = frozenset({int, float, bool, list, tuple, slice, type(None), type(Ellipsis)})
_OPERAND_BASES = (Tensor, np.ndarray, np.generic, int, float)


def _is_operand(x: object) -> bool:
    return type(x) in _OPERAND_TYPES or isinstance(x, _OPERAND_BASES)


_NAMES: dict[Any, str] = {}


def name_of(dtype: np.dtype[Any]) -> str:
    """`dtype.name`, which NumPy puts together anew in a microsecond every time."""
    name = _NAMES.get(dtype)
    if name is None:
        name = _NAMES[dtype] = str(dtype.name)
    return name


class Array(Tensor):
    """A tensor that holds its numbers in a NumPy array."""

    __slots__ = ("_keras_mask", "array", "constant")
    _keras_mask: Any  # set by those layers alone that make a mask

    def __init__(self, array: Any) -> None:
        self.array: np.ndarray[Any, Any] = array
        # What stands for the array in graphs: see ir.graph.
        self.constant: Any = None

    @property
    def shape(self) -> tuple[int, ...]:  # type: ignore[override]
        """Sizes of the axes."""
        shape: tuple[int, ...] = self.array.shape
        return shape

    @property
    def dtype(self) -> str:  # type: ignore[override]
        """Name of the element type."""
        return name_of(self.array.dtype)

    def numpy(self) -> np.ndarray[Any, Any]:
        """The numbers as a NumPy array, not copied."""
        return self.array

    def item(self) -> Any:
        """The one element as a Python number."""
        return self.array.item()

    def tolist(self) -> Any:
        """The elements as nested Python lists."""
        return self.array.tolist()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        if copy:
            return np.array(self.array, dtype=dtype, copy=True)
        return np.asarray(self.array, dtype=dtype)

    def __float__(self) -> float:
        return float(self.array.item())

    def __int__(self) -> int:
        return int(self.array.item())

    def __index__(self) -> int:
        if self.array.dtype.kind not in "iu" or self.array.ndim:
            raise TypeError("Tensor: only a scalar of integer type can be used as an index")
        return int(self.array)

    def __bool__(self) -> bool:
        return bool(self.array)

    def __format__(self, spec: str) -> str:
        return format(self.array.item(), spec) if self.array.ndim == 0 else format(str(self), spec)

    def __repr__(self) -> str:
        return f"<Tensor shape={self.shape} dtype={self.dtype}\n{self.array}>"

    __hash__ = Tensor.__hash__


class KerasTensor(Tensor):
    """The output of a layer or operation in a functional model: shape and type, no numbers.

    Args:
        shape: Sizes of the axes; None where open, as the batch usually is.
        dtype: Element type.
        sparse: Sparse tensors are not supported.
        ragged: Ragged tensors are not supported.
        name: Name shown in errors; made from a counter if None.

    Raises:
        ValueError: For a sparse or ragged tensor.

    Source: Keras 3 `keras.KerasTensor`.
    """

    __slots__ = (
        "_keras_history",
        "_keras_mask",
        "dtype",
        "name",
        "record_history",
        "shape",
        "sparse",
    )
    # Only dense tensors are supported; Keras's users ask.
    ragged = False
    ragged_rank: int | None = None
    row_splits_dtype: str | None = None

    def __init__(
        self,
        shape: Any,
        dtype: str = "float32",
        sparse: bool = False,
        ragged: bool = False,
        record_history: bool = True,
        name: str | None = None,
    ) -> None:
        if sparse or ragged:
            kind = "sparse" if sparse else "ragged"
            raise ValueError(f"KerasTensor: {kind} tensors are not supported; got {kind}=True")
        self.record_history = bool(record_history)
        self.shape = tuple(None if dim is None else int(dim) for dim in shape)
        self.dtype = dtype
        self.sparse = False
        self.name = name if name is not None else "keras_tensor"
        self._keras_history: Any = None
        self._keras_mask: Any = None

    __and__, __rand__ = _binary("logical_and"), _reflected("logical_and")
    __or__, __ror__ = _binary("logical_or"), _reflected("logical_or")
    __xor__, __rxor__ = _binary("logical_xor"), _reflected("logical_xor")
    __invert__ = _unary("logical_not")

    def numpy(self) -> Any:
        """Raises: a KerasTensor has no numbers."""
        raise ValueError(
            f"KerasTensor: holds no numbers, only shape {self.shape} and dtype {self.dtype}; "
            "build a Model from it and call that on data."
        )

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        raise ValueError(
            "KerasTensor: cannot be turned into a NumPy array; in a functional model use "
            "trimtab.ops or a layer instead of a NumPy function."
        )

    def __bool__(self) -> bool:
        raise TypeError(
            "KerasTensor: has no truth value; use ops.where or ops.cond instead of `if`."
        )

    def __repr__(self) -> str:
        return f"<KerasTensor shape={self.shape}, dtype={self.dtype}, name={self.name}>"

    __hash__ = Tensor.__hash__
