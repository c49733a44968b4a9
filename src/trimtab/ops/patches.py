"""Images as columns of overlapping patches, and back."""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

from trimtab.ir.tensor import Tensor
from trimtab.ops.arithmetic import add
from trimtab.ops.dispatch import convert, op
from trimtab.ops.layout import reshape, stack
from trimtab.ops.repetition import pad
from trimtab.ops.windows import Sizes, numbers, span
from trimtab.primitives import layout


class _Grid(NamedTuple):
    """Where the patches of an image lie; two numbers each, for rows and columns."""

    kernel: Sizes
    dilation: Sizes
    padding: Sizes
    stride: Sizes
    # Of the padded image, and how many patches there are.
    room: Sizes
    counts: Sizes

    def taps(self) -> list[tuple[Any, ...]]:
        """For each element of a patch the places in the padded image where patches have it."""
        axes = [
            [slice(t * d, t * d + (n - 1) * s + 1, s) for t in range(k)]
            for k, d, s, n in zip(self.kernel, self.dilation, self.stride, self.counts, strict=True)
        ]
        return list(itertools.product(*axes))


def _grid(
    owner: str, sizes: Sizes, kernel_size: Any, dilation: Any, padding: Any, stride: Any
) -> _Grid:
    kernel = numbers(owner, "kernel_size", kernel_size, 2)
    steps = numbers(owner, "dilation", dilation, 2)
    pads = numbers(owner, "padding", padding, 2, 0)
    strides = numbers(owner, "stride", stride, 2)
    room = tuple(n + 2 * p for n, p in zip(sizes, pads, strict=True))
    count = tuple(
        (r - span(k, d)) // s + 1 for r, k, d, s in zip(room, kernel, steps, strides, strict=True)
    )
    if min(count) < 1:
        raise ValueError(
            f"{owner}: a patch of {kernel} with dilation {steps} must fit into the image; got rows "
            f"and columns {sizes} with padding {pads}"
        )
    return _Grid(kernel, steps, pads, strides, room, count)


@op
def unfold(
    x: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Tensor:
    """The patches of images, one a column.

    Args:
        x: Images with channels first, `(batch, channels, rows, columns)`.
        kernel_size: Rows and columns of a patch: one number for both, or two.
        dilation: Elements from one of a patch to the next.
        padding: Zeros around the images.
        stride: Elements from one patch to the next.

    Returns:
        `(batch, channels * rows of a patch * columns of a patch, patches)`.

    Raises:
        ValueError: If no patch fits into the images.

    Source: Keras 3 `keras.ops.unfold`.

    >>> unfold([[[[1, 2, 3], [4, 5, 6]]]], 2).numpy().tolist()
    [[[1, 2], [2, 3], [4, 5], [5, 6]]]
    """
    images = convert(x)
    if images.ndim != 4:
        raise ValueError(
            f"unfold: `x` must be (batch, channels, rows, columns); got shape {images.shape}"
        )
    grid = _grid("unfold", images.shape[2:], kernel_size, dilation, padding, stride)
    padded = pad(images, [(0, 0), (0, 0), *[(p, p) for p in grid.padding]])
    parts = [padded[:, :, rows, columns] for rows, columns in grid.taps()]
    batch, channels = images.shape[:2]
    return reshape(stack(parts, axis=2), (batch, channels * len(parts), -1))


@op
def fold(
    x: Any,
    output_size: Any,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> Tensor:
    """Images from their patches, summed where these overlap: the transpose of `unfold`.

    Args:
        x: `(batch, channels * rows of a patch * columns of a patch, patches)`.
        output_size: Rows and columns of the images: one number for both, or two.
        kernel_size: As for `unfold`.
        dilation: As for `unfold`.
        padding: As for `unfold`.
        stride: As for `unfold`.

    Returns:
        `(batch, channels, rows, columns)`.

    Raises:
        ValueError: If the patches are not as many or as large as the other arguments say.

    Source: Keras 3 `keras.ops.fold`.

    >>> fold([[[1, 2], [2, 3], [4, 5], [5, 6]]], (2, 3), 2).numpy().tolist()
    [[[[1, 4, 3], [4, 10, 6]]]]
    """
    columns = convert(x)
    sizes = numbers("fold", "output_size", output_size, 2)
    grid = _grid("fold", sizes, kernel_size, dilation, padding, stride)
    taps = grid.taps()
    patches = grid.counts[0] * grid.counts[1]
    if columns.ndim != 3 or columns.shape[1] % len(taps) or columns.shape[2] != patches:
        raise ValueError(
            f"fold: `x` must be (batch, a multiple of {len(taps)}, {patches}) for patches of "
            f"{grid.kernel} in images of {sizes}; got shape {columns.shape}"
        )
    channels = columns.shape[1] // len(taps)
    parts = reshape(columns, (columns.shape[0], channels, len(taps), *grid.counts))
    total: Any = None
    for number, places in enumerate(taps):
        spread = layout.pad(
            parts[:, :, number],
            low=(0, 0, *(p.start for p in places)),
            high=(0, 0, *(r - p.stop for p, r in zip(places, grid.room, strict=True))),
            interior=(0, 0, *(s - 1 for s in grid.stride)),
        )
        total = spread if total is None else add(total, spread)
    kept = [slice(p, p + n) for p, n in zip(grid.padding, sizes, strict=True)]
    return total[:, :, kept[0], kept[1]]
