"""Where a functional model begins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trimtab import dtypes
from trimtab.core import settings
from trimtab.core.config import keras_export
from trimtab.core.operation import Node
from trimtab.core.symbolic import keras_tensor
from trimtab.ir.tensor import KerasTensor
from trimtab.layers.base import Layer


def _whole_shape(shape: Any, what: str) -> tuple[int | None, ...]:
    if not isinstance(shape, (list, tuple)):
        raise ValueError(f"Input: `{what}` must be a tuple of sizes, such as (14,); got {shape!r}")
    for dim in shape:
        if dim is not None and (
            isinstance(dim, bool) or not hasattr(dim, "__index__") or int(dim) < 0
        ):
            raise ValueError(f"Input: `{what}` must hold whole numbers and None; got {shape!r}")
    return tuple(None if dim is None else int(dim) for dim in shape)


@keras_export("keras.layers.InputLayer")
class InputLayer(Layer):
    """The layer behind `Input`.

    Args:
        shape: Shape without the batch axis; None where open.
        batch_size: Size of the batch axis; open if None.
        dtype: Element type; floatx if None.
        sparse: Sparse tensors are not supported.
        ragged: Ragged tensors are not supported.
        batch_shape: Shape with the batch axis, instead of `shape` and `batch_size`.
        input_tensor: A KerasTensor to begin with, instead of a new one.
        optional: Whether None may be given for it.
        name: Name; made from the class's if None.

    Raises:
        ValueError: If no shape or two are given, or for sparse or ragged tensors.

    Source: Keras 3 `keras.layers.InputLayer`.
    """

    def __init__(
        self,
        shape: Sequence[int | None] | None = None,
        batch_size: int | None = None,
        dtype: Any = None,
        sparse: bool | None = None,
        ragged: bool | None = None,
        batch_shape: Sequence[int | None] | None = None,
        input_tensor: KerasTensor | None = None,
        optional: bool = False,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        for argument, is_asked in (("sparse", sparse), ("ragged", ragged)):
            if is_asked:
                raise ValueError(f"{self.name}: `{argument}=True` is not supported")
        if input_tensor is None:
            full = _batch_shape(shape, batch_size, batch_shape)
            if dtype == "string":
                raise ValueError(
                    f"{self.name}: `dtype` must be a type of numbers; got 'string'. Apply "
                    "StringLookup to the text first, and give the model what comes out"
                )
            self._dtype = dtypes.standardize(settings.floatx() if dtype is None else dtype)
            input_tensor = keras_tensor(full, self._dtype, name=name)
        else:
            self._check_tensor(input_tensor, shape, batch_size, batch_shape, dtype)
            self._dtype = input_tensor.dtype
        self.batch_shape = tuple(input_tensor.shape)
        self.sparse = self.ragged = False
        self.optional = bool(optional)
        Node(self, (), {}, input_tensor)
        self.built = True

    def _check_tensor(
        self, tensor: Any, shape: Any, batch_size: Any, batch_shape: Any, dtype: Any
    ) -> None:
        if not isinstance(tensor, KerasTensor):
            raise ValueError(
                f"{self.name}: Argument `input_tensor` must be a KerasTensor; got {tensor!r}"
            )
        own = tuple(tensor.shape)
        asked = {
            "shape": (shape, shape is None or tuple(shape) == own[1:]),
            "batch_shape": (batch_shape, batch_shape is None or tuple(batch_shape)[1:] == own[1:]),
            "batch_size": (batch_size, batch_size is None or batch_size == own[0]),
            "dtype": (dtype, dtype is None or dtypes.standardize(dtype) == tensor.dtype),
        }
        for name, (value, fits) in asked.items():
            if not fits:
                raise ValueError(
                    f"{self.name}: cannot provide an incompatible `{name}` with `input_tensor`, "
                    f"which has shape {own} and type {tensor.dtype}; got {value!r}"
                )

    def call(self) -> None:
        """Nothing: the model feeds its output."""

    @property
    def dtype(self) -> str:
        """The element type."""
        return self._dtype

    def get_config(self) -> dict[str, Any]:
        """Shape, type and name."""
        names = ("batch_shape", "dtype", "sparse", "ragged", "name", "optional")
        return {name: getattr(self, name) for name in names}


def _batch_shape(shape: Any, batch_size: int | None, batch_shape: Any) -> tuple[int | None, ...]:
    if batch_shape is not None:
        if shape is not None or batch_size is not None:
            other = "shape" if shape is not None else "batch_size"
            raise ValueError(f"Input: cannot pass both `{other}` and `batch_shape`; leave one out")
        return _whole_shape(batch_shape, "batch_shape")
    if shape is None:
        raise ValueError(
            "Input: pass a `shape` argument. It is the shape of one row: (14,) for 14 numbers"
        )
    return (batch_size, *_whole_shape(shape, "shape"))


@keras_export("keras.layers.Input", "keras.Input")
def Input(
    shape: Sequence[int | None] | None = None,
    batch_size: int | None = None,
    dtype: Any = None,
    sparse: bool | None = None,
    ragged: bool | None = None,
    batch_shape: Sequence[int | None] | None = None,
    name: str | None = None,
    tensor: KerasTensor | None = None,
    optional: bool = False,
) -> KerasTensor:
    """A KerasTensor that a functional model, or a Sequential, begins with.

    Args:
        shape: Shape of one example; None where open.
        batch_size: Size of the batch axis; open if None.
        dtype: Element type; floatx if None.
        sparse: Sparse tensors are not supported.
        ragged: Ragged tensors are not supported.
        batch_shape: Shape with the batch axis, instead of `shape` and `batch_size`.
        name: Name of its layer.
        tensor: A KerasTensor to wrap, instead of a new one.
        optional: Whether None may be given for it.

    Returns:
        A KerasTensor of shape `(batch, *shape)`.

    Raises:
        ValueError: If no shape or two are given, or for sparse or ragged tensors.

    Source: Keras 3 `keras.Input`.
    """
    layer = InputLayer(
        shape=shape,
        batch_size=batch_size,
        dtype=dtype,
        sparse=sparse,
        ragged=ragged,
        batch_shape=batch_shape,
        name=name,
        input_tensor=tensor,
        optional=optional,
    )
    return layer.output  # type: ignore[no-any-return]
