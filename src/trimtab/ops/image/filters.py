"""Images compared and their edges, by small filters."""

from __future__ import annotations

from typing import Any

import numpy as np

from trimtab.ir.tensor import Tensor
from trimtab.ops import reductions
from trimtab.ops.arithmetic import square
from trimtab.ops.convolution import depthwise_conv
from trimtab.ops.dispatch import common_float_type, convert, floating, op
from trimtab.ops.image.axes import images_of
from trimtab.ops.layout import expand_dims, moveaxis, reshape

# Sobel's derivative of the rows; that of the columns is its transpose.
_SOBEL = np.array([[-1.0, -2.0, -1.0], [0.0, 0.0, 0.0], [1.0, 2.0, 1.0]])


def _filtered(images: Tensor, kernels: np.ndarray[Any, Any], padding: str) -> Tensor:
    """Each channel of images with channels last, correlated with each of `kernels`."""
    channels = images.shape[-1]
    kernel = np.repeat(np.moveaxis(kernels, 0, -1)[:, :, None, :], channels, axis=2)
    return depthwise_conv(
        images, kernel.astype(images.dtype), padding=padding, data_format="channels_last"
    )


@op
def sobel_edges(images: Any, data_format: str | None = None) -> Tensor:
    """The derivatives of images along rows and columns, by Sobel's filters.

    Args:
        images: A batch; whole numbers are taken as floatx, and outside of images all is 0.
        data_format: "channels_last" or "channels_first"; the global setting if None.

    Returns:
        The images' shape and a last axis of two: along the rows, then along the columns.

    Raises:
        ValueError: If `images` is no batch.
    """
    tensor, axes = images_of("sobel_edges", images, data_format)
    if tensor.ndim != 4:
        raise ValueError(f"sobel_edges: `images` must be a batch; got shape {tensor.shape}")
    last = moveaxis(floating(tensor), axes.channels, -1)
    found = _filtered(last, np.stack([_SOBEL, _SOBEL.T]), "same")
    return moveaxis(reshape(found, (*last.shape, 2)), -2, axes.channels % 4)


def _bell(size: int, sigma: float) -> np.ndarray[Any, Any]:
    """Weights of a square around its middle that fall as a normal density."""
    places = np.arange(size) - (size - 1) / 2
    line = np.exp(-(places**2) / (2 * sigma**2))
    square_of_it = np.outer(line, line)
    found: np.ndarray[Any, Any] = square_of_it / square_of_it.sum()
    return found


@op
def ssim(
    image1: Any,
    image2: Any,
    max_val: float = 1.0,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
    data_format: str | None = None,
) -> Tensor:
    """The structural similarity of images: 1 for equal ones.

    Args:
        image1: One image or a batch; whole numbers are taken as floatx.
        image2: As `image1`, of its shape.
        max_val: The largest value that a pixel can have.
        filter_size: Rows and columns of the windows that are compared.
        filter_sigma: Standard deviation of the weights in a window, in pixels.
        k1: Keeps small means from deciding.
        k2: Keeps small variances from deciding.
        data_format: "channels_last" or "channels_first"; the global setting if None.

    Returns:
        One number an image: the mean over windows and channels.

    Raises:
        ValueError: If the shapes differ, or no window fits into the images.

    Source: Wang et al., 2004, doi:10.1109/TIP.2003.819861; Keras 3 `keras.ops.image.ssim`.
    """
    dtype = common_float_type(image1, image2)
    pair = []
    for given in (image1, image2):
        tensor, axes = images_of("ssim", convert(given, dtype), data_format)
        is_single = tensor.ndim == 3
        last = moveaxis(tensor, axes.channels, -1)
        pair.append(expand_dims(last, 0) if is_single else last)
    a, b = pair
    if a.shape != b.shape:
        raise ValueError(f"ssim: images must have one shape; got {a.shape} and {b.shape}")
    if min(a.shape[1:3]) < filter_size:
        raise ValueError(
            f"ssim: a window of `filter_size` {filter_size} must fit into the images; got rows and "
            f"columns {a.shape[1:3]}"
        )
    kernel = _bell(filter_size, filter_sigma)[None]
    mean_a, mean_b, of_a, of_b, of_both = (
        _filtered(x, kernel, "valid") for x in (a, b, square(a), square(b), a * b)
    )
    c1, c2 = (k1 * max_val) ** 2, (k2 * max_val) ** 2
    means, variances = square(mean_a) + square(mean_b), of_a + of_b
    light = (2.0 * mean_a * mean_b + c1) / (means + c1)
    structure = (2.0 * (of_both - mean_a * mean_b) + c2) / (variances - means + c2)
    found = reductions.mean(light * structure, axis=(1, 2, 3))
    return reshape(found, ()) if is_single else found
