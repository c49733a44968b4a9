"""Variables: named memory that the engine works on in place."""

from __future__ import annotations

import contextlib
import math
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from trimtab import dtypes
from trimtab.core import naming, settings
from trimtab.core.scope import THREAD
from trimtab.ir.tensor import OPERATORS, Array, Tensor, name_of
from trimtab.ops.dispatch import convert
from trimtab.primitives import elementwise

_ALIGNMENT = 64

# Replaced whenever a variable's memory moves: engines compare it with the one they bound at.
STORAGE_VERSION: list[object] = [object()]

# Replaced whenever a variable's numbers may have changed: engines keep what they made of them.
CONTENT_VERSION: list[object] = [object()]


def aligned_copy(source: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """(memory, array): a copy of `source` that starts at a multiple of 64 bytes of `memory`."""
    # A vector load that crosses a cache line costs twice; NumPy aligns to 16 bytes only.
    buffer = np.empty(source.nbytes + _ALIGNMENT, np.uint8)
    offset = -buffer.ctypes.data % _ALIGNMENT
    array = buffer[offset : offset + source.nbytes].view(source.dtype).reshape(source.shape)
    np.copyto(array, source)
    return buffer, array


def aligned_empty(
    shape: tuple[int, ...], dtype: Any, *, zeros: bool = False
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """(memory, array): an array that starts at a multiple of 64 bytes of `memory`.

    Zeros cost nothing until they are touched.
    """
    kind = np.dtype(dtype)
    count = math.prod(shape) * kind.itemsize
    buffer = (np.zeros if zeros else np.empty)(count + _ALIGNMENT, np.uint8)
    offset = -buffer.ctypes.data % _ALIGNMENT
    return buffer, buffer[offset : offset + count].view(kind).reshape(shape)


class ValuesToCome(threading.local):
    """Whether the values of new variables are about to be read from a file."""

    def __init__(self) -> None:
        self.are_expected = False


VALUES = ValuesToCome()


@contextlib.contextmanager
def values_to_come() -> Iterator[None]:
    """While the block runs, this library's layers make their variables without first values."""
    outer, VALUES.are_expected = VALUES.are_expected, True
    try:
        yield
    finally:
        VALUES.are_expected = outer


# `initializers` puts the function here that finds an initializer by name.
NAMED_INITIALIZERS: list[Callable[[str], Any]] = []


# `layers` puts the function here that refuses the variables of a traced call.
TRACED_CALLS: list[Callable[[str | None], None]] = []


class _Holder:
    def __init__(self) -> None:
        self.buffer, self.array = aligned_copy(np.zeros(1, np.float32))

    def count(self) -> int:
        """References to the memory, as `Variable` counts them."""
        return sys.getrefcount(self.buffer)


# References while nobody outside looks at the memory; measured, since interpreters differ.
_OWN_REFERENCES = _Holder().count()


class Variable(Tensor):
    """A tensor that keeps its numbers between calls: a weight, a statistic, an optimizer's slot.

    Args:
        initializer: The initial numbers, a function `(shape, dtype=...)` that makes them, or an
            initializer's name.
        shape: Needed if `initializer` is a function or a name.
        dtype: Element type; that of the numbers, or floatx, if None.
        trainable: Whether optimizers update it.
        autocast: Whether layers of mixed precision read it in their compute type.
        aggregation: How replicas would combine it; kept for Keras's sake, one device
            has one replica.
        synchronization: As `aggregation`.
        name: Name without "/"; made from a counter if None.

    Source: Keras 3 `keras.Variable`.
    """

    __slots__ = ("__dict__", "_array", "_buffer")

    def __init__(
        self,
        initializer: Any,
        shape: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        aggregation: str | None = "none",
        synchronization: str | None = "auto",
        name: str | None = None,
    ) -> None:
        if THREAD.trace is not None:
            for refuse in TRACED_CALLS:
                refuse(name)
        self.name = name if name is not None else naming.auto_name("variable")
        if not isinstance(self.name, str) or "/" in self.name:
            raise ValueError(f"Variable: `name` must be text without '/'; got {name!r}")
        self.path = naming.path_of(self.name)
        self._trainable = bool(trainable)
        self.autocast = bool(autocast)
        self.aggregation = aggregation
        self.synchronization = synchronization
        # What a layer was told to begin with, so that a study can draw it anew.
        self.initializer: Any = None
        self.regularizer: Any = None
        self.constraint: Any = None
        self._overwrite_with_gradient = False
        if isinstance(initializer, str):
            initializer = NAMED_INITIALIZERS[0](initializer)
        own = getattr(type(initializer), "makes_zeros", None)
        is_zeros = own is not None and own is type(initializer).__call__
        if is_zeros and shape is not None and None not in shape:
            kind = dtypes.standardize(dtype) if dtype is not None else settings.floatx()
            sizes = tuple(int(dim) for dim in shape)
            self._buffer, self._array = aligned_empty(sizes, kind, zeros=True)
            STORAGE_VERSION[0] = object()
        else:
            self._set_storage(self._initial_array(initializer, shape, dtype))

    def _initial_array(self, initializer: Any, shape: Any, dtype: Any) -> np.ndarray[Any, Any]:
        kind = None if dtype is None else dtypes.standardize(dtype)
        if callable(initializer) and not isinstance(initializer, (Tensor, np.ndarray)):
            if shape is None or any(dim is None for dim in shape):
                raise ValueError(
                    f"Variable {self.name}: the shape must be fully defined; got {shape}. "
                    "Shapes used to initialize variables must be fully-defined (no `None` "
                    "dimensions)."
                )
            sizes = tuple(int(dim) for dim in shape)
            value = initializer(sizes, dtype=kind or settings.floatx())
            array = np.asarray(convert(value, kind or settings.floatx()))
            if array.shape != sizes:
                raise ValueError(
                    f"Variable {self.name}: the initializer must return shape {sizes}; "
                    f"got {array.shape}"
                )
            return array
        array = np.asarray(convert(initializer, kind))
        if shape is not None and tuple(shape) != array.shape:
            raise ValueError(
                f"Variable {self.name}: the value must have shape {tuple(shape)}; got {array.shape}"
            )
        return array

    def _set_storage(self, array: np.ndarray[Any, Any]) -> None:
        self._buffer, self._array = aligned_copy(array)
        # A new object, not a count: two threads that count at once could repeat a number.
        STORAGE_VERSION[0] = CONTENT_VERSION[0] = object()

    @property
    def shape(self) -> tuple[int, ...]:  # type: ignore[override]
        """Sizes of the axes."""
        return tuple(self._array.shape)

    @property
    def dtype(self) -> str:  # type: ignore[override]
        """Name of the element type in which the variable is kept."""
        return str(self._array.dtype.name)

    @property
    def trainable(self) -> bool:
        """Whether optimizers update the variable."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)

    @property
    def overwrite_with_gradient(self) -> bool:
        """Whether an optimizer gives the variable its gradient as new value.

        Raises:
            TypeError: If it is set to something other than a bool.
        """
        return self._overwrite_with_gradient

    @overwrite_with_gradient.setter
    def overwrite_with_gradient(self, value: bool) -> None:
        if not isinstance(value, bool):
            raise TypeError(
                f"Variable {self.path}: `overwrite_with_gradient` must be a boolean; got {value!r}"
            )
        self._overwrite_with_gradient = value

    @property
    def value(self) -> Tensor:
        """The content: traced inside a trace, concrete outside.

        In the compute type under autocast.
        """
        return self.as_tensor()

    def as_tensor(self) -> Tensor:
        """As `value`."""
        trace = THREAD.trace
        tensor: Tensor = trace.read(self) if trace is not None else Array(self._array.view())
        target = THREAD.autocast
        if (
            target is not None
            and self.autocast
            and target != tensor.dtype
            and dtypes.is_float(tensor.dtype)
        ):
            return elementwise.cast(tensor, dtype=target)  # type: ignore[no-any-return]
        return tensor

    def numpy(self) -> np.ndarray[Any, Any]:
        """The numbers, read-only and not copied.

        The array keeps what it showed: if training goes on while it is held, the variable
        moves to new
        memory first.
        """
        if THREAD.trace is not None:
            return self.value.numpy()  # type: ignore[attr-defined,no-any-return]
        view = self._array.view()
        view.flags.writeable = False
        return view

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        if THREAD.trace is not None:
            return np.asarray(self.value)
        return np.array(self._array, dtype=dtype)

    def __float__(self) -> float:
        self._require_one_element()
        return float(self.value)  # type: ignore[arg-type]

    def __int__(self) -> int:
        self._require_one_element()
        return int(self.value)  # type: ignore[call-overload,no-any-return]

    def __bool__(self) -> bool:
        raise TypeError(
            f"Variable {self.path}: has no truth value; compare its numbers, as in "
            "`bool(variable.numpy() > 0)`"
        )

    def _require_one_element(self) -> None:
        if self.ndim:
            raise TypeError(
                f"Variable {self.path}: only a scalar can become a Python number; got shape "
                f"{self.shape}"
            )

    def prepare_write(self) -> None:
        """Moves to new memory if someone outside still looks at the present one."""
        if sys.getrefcount(self._buffer) > _OWN_REFERENCES:
            self._set_storage(self._array)
        CONTENT_VERSION[0] = object()

    @property
    def address(self) -> int:
        """Where the numbers lie, for the engine."""
        return int(self._array.ctypes.data)

    def assign(self, value: Any) -> Tensor:
        """Sets the content, converted to the variable's type.

        Raises:
            ValueError: If the shape differs.
        """
        tensor = convert(value, self.dtype)
        if tensor.shape != self.shape:
            raise ValueError(
                f"Variable {self.path}: the new value must have the variable's shape {self.shape}; "
                f"got {tensor.shape}"
            )
        trace = THREAD.trace
        if trace is not None:
            trace.write(self, tensor)
            return tensor
        array = np.asarray(tensor)
        self.prepare_write()
        np.copyto(self._array, array)
        CONTENT_VERSION[0] = object()
        return tensor

    def take(self, array: np.ndarray[Any, Any]) -> None:
        """Sets the content, to `array` itself if `aligned_empty` made it in the variable's form."""
        buffer = array.base
        fits = array.shape == self.shape and name_of(array.dtype) == self.dtype
        if (
            fits
            and isinstance(buffer, np.ndarray)
            and buffer.dtype == np.uint8
            and buffer.nbytes == array.nbytes + _ALIGNMENT
            and array.ctypes.data % _ALIGNMENT == 0
            and array.flags.c_contiguous
            and array.flags.writeable
            and array.dtype.isnative
        ):
            self._buffer, self._array = buffer, array
            STORAGE_VERSION[0] = object()
        else:
            self.assign(array)

    def assign_add(self, value: Any) -> Tensor:
        """Adds `value` to the content."""
        return self.assign(self._own_type() + value)

    def assign_sub(self, value: Any) -> Tensor:
        """Subtracts `value` from the content."""
        return self.assign(self._own_type() - value)

    def _own_type(self) -> Tensor:
        trace = THREAD.trace
        return trace.read(self) if trace is not None else Array(self._array.view())

    def __deepcopy__(self, memo: dict[int, Any]) -> Variable:
        clone = self.__class__.__new__(self.__class__)
        memo[id(self)] = clone
        clone.__dict__.update(self.__dict__)
        clone._set_storage(self._array)
        return clone

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "array": np.array(self._array)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        array = state.pop("array")
        self.__dict__.update(state)
        self._set_storage(array)

    def __repr__(self) -> str:
        shown = (
            self._array
            if self._array.size <= 16
            else f"min={self._array.min()}, max={self._array.max()}"
        )
        return f"<Variable path={self.path}, shape={self.shape}, dtype={self.dtype}, value={shown}>"

    def __and__(self, other: Any) -> Any:
        return OPERATORS["logical_and"](self, other)

    def __or__(self, other: Any) -> Any:
        return OPERATORS["logical_or"](self, other)

    def __xor__(self, other: Any) -> Any:
        return OPERATORS["logical_xor"](self, other)

    # They are symmetric.
    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    __hash__ = Tensor.__hash__
