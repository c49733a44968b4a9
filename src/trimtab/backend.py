"""What Keras 3 keeps in `keras.backend`: settings, names and types."""

from __future__ import annotations

from typing import Any

from trimtab import dtypes
from trimtab.config import backend as backend
from trimtab.core.naming import get_uid as get_uid
from trimtab.core.session import clear_session as clear_session
from trimtab.core.settings import epsilon as epsilon
from trimtab.core.settings import floatx as floatx
from trimtab.core.settings import image_data_format as image_data_format
from trimtab.core.settings import set_epsilon as set_epsilon
from trimtab.core.settings import set_floatx as set_floatx
from trimtab.core.settings import set_image_data_format as set_image_data_format
from trimtab.dtypes import standardize as standardize_dtype
from trimtab.ir.tensor import KerasTensor


class device:
    """A block that runs on the one device there is, "cpu".

    Args:
        device_name: "cpu", with or without a number.

    Raises:
        ValueError: For another device.

    Source: Keras 3 `keras.device`.
    """

    def __init__(self, device_name: str) -> None:
        if not isinstance(device_name, str) or device_name.lower().split(":")[0] != "cpu":
            raise ValueError(f"device: the only device is 'cpu'; got {device_name!r}")

    def __enter__(self) -> None:
        """Nothing changes."""

    def __exit__(self, *_: object) -> None:
        """Nothing changes back."""


def is_float_dtype(dtype: Any) -> bool:
    """Whether `dtype` is a floating-point type."""
    return dtypes.is_float(dtypes.standardize(dtype))


def is_int_dtype(dtype: Any) -> bool:
    """Whether `dtype` is an integer type, signed or not; bool is none."""
    return dtypes.is_integer(dtypes.standardize(dtype))


def is_keras_tensor(x: Any) -> bool:
    """Whether `x` is a KerasTensor."""
    return isinstance(x, KerasTensor)


def result_type(*dtypes_: Any) -> str:
    """The type of an operation on values of these types; Python's numbers give way to arrays."""
    return dtypes.result_type(*dtypes_, floatx=floatx())


__all__ = [
    "backend",
    "clear_session",
    "epsilon",
    "floatx",
    "get_uid",
    "image_data_format",
    "is_float_dtype",
    "is_int_dtype",
    "is_keras_tensor",
    "result_type",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "standardize_dtype",
]
