"""Correlations, integrals of samples, and the error of a signal."""

from __future__ import annotations

import math
from typing import Any

from trimtab.ir.tensor import Tensor
from trimtab.ops import reductions
from trimtab.ops.arithmetic import divide, multiply, sqrt, square, subtract
from trimtab.ops.convolution import conv
from trimtab.ops.dispatch import canonical_axis, common_float_type, convert, floating, op
from trimtab.ops.layout import flip, moveaxis, reshape
from trimtab.ops.linear_algebra import matmul
from trimtab.ops.repetition import pad
from trimtab.ops.transcendental import log10

_MODES = ("full", "same", "valid")


@op
def corrcoef(x: Any) -> Tensor:
    """Pearson's correlations of the rows of `x`: `(rows, rows)`, or 1 for a single one."""
    tensor = floating(x)
    dtype = tensor.dtype
    # Squares of float16 pass 65504 soon.
    wide = convert(tensor, "float32") if dtype == "float16" else tensor
    rows = reshape(wide, (1, -1)) if wide.ndim == 1 else wide
    centred = subtract(rows, reductions.mean(rows, axis=-1, keepdims=True))
    products = matmul(centred, centred.T)
    sizes = sqrt(reductions.sum(square(centred), axis=-1, keepdims=True))
    found = products / sizes / sizes.T
    return convert(reshape(found, ()) if wide.ndim == 1 else found, dtype)


@op
def correlate(x1: Any, x2: Any, mode: str = "valid") -> Tensor:
    """Sums of products of `x1` with `x2`, moved along it.

    Args:
        x1: A vector; whole numbers are taken as floatx.
        x2: As `x1`.
        mode: "valid" where all of the shorter one meets the other, "full" wherever they meet, or
            "same" for the middle of that, as long as the longer one.

    Raises:
        ValueError: For another mode, or operands that are no vectors.
    """
    if mode not in _MODES:
        raise ValueError(f"correlate: `mode` must be one of {', '.join(_MODES)}; got {mode!r}")
    dtype = common_float_type(x1, x2)
    a, b = convert(x1, dtype), convert(x2, dtype)
    if a.ndim != 1 or b.ndim != 1:
        raise ValueError(f"correlate: `x1` and `x2` must be vectors; got {a.shape} and {b.shape}")
    is_swapped = a.shape[0] < b.shape[0]
    longer, shorter = (b, a) if is_swapped else (a, b)
    size = shorter.shape[0]
    margins = {"valid": (0, 0), "full": (size - 1, size - 1), "same": (size // 2, (size - 1) // 2)}
    padded = pad(longer, [margins[mode]])
    signal, kernel = reshape(padded, (1, -1, 1)), reshape(shorter, (-1, 1, 1))
    found = conv(signal, kernel, data_format="channels_last")
    found = reshape(found, (-1,))
    return flip(found, 0) if is_swapped else found


@op
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Tensor:
    """The integral of samples by trapezoids.

    Args:
        y: The samples; whole numbers are taken as floatx.
        x: Their places, of the shape of `y` or a vector along `axis`; None for equal distances.
        dx: The distance where there is no `x`.
        axis: The axis of the samples.
    """
    tensor = floating(y)
    place = canonical_axis(axis, tensor.ndim, "trapezoid")
    tensor = moveaxis(tensor, place, -1)
    widths: Any = dx
    if x is not None:
        places = convert(x, common_float_type(x, tensor))
        places = places if places.ndim == 1 else moveaxis(places, place, -1)
        widths = places[..., 1:] - places[..., :-1]
    areas = multiply(widths, (tensor[..., 1:] + tensor[..., :-1]) * 0.5)
    return reductions.sum(areas, axis=-1)


@op
def psnr(x1: Any, x2: Any, max_val: Any) -> Tensor:
    """The peak signal-to-noise ratio of two signals in decibels; infinite for equal ones.

    Whole numbers are taken as floatx: Keras's differences of bytes wrap around.

    Args:
        x1: A tensor.
        x2: One of the same shape.
        max_val: The largest value that a signal can have.

    Raises:
        ValueError: If the shapes differ.
    """
    dtype = common_float_type(x1, x2)
    a, b = convert(x1, dtype), convert(x2, dtype)
    if a.shape != b.shape:
        raise ValueError(f"psnr: `x1` and `x2` must have one shape; got {a.shape} and {b.shape}")
    error = reductions.mean(square(subtract(a, b)))
    if isinstance(max_val, (int, float)):
        return 20.0 * math.log10(max_val) - 10.0 * log10(error)
    return 10.0 * log10(divide(square(convert(max_val, dtype)), error))
