"""Maximum and mean over windows, with channels last, and their gradients.

x is (batch, *spatial, channels). Each spatial axis has a window, a stride and paddings before (low)
and behind (high); out = (low + size + high - window) // stride + 1. Padding holds no elements: a
maximum passes over it and a mean does not count it, as in Keras.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from trimtab.ir.graph import Primitive, Sample, Spec
from trimtab.primitives.convolution import Geometry, at_tap, spread_tap

Sizes = tuple[int, ...]


def _geometry(window: Sizes, strides: Sizes, low: Sizes, high: Sizes) -> Geometry:
    return Geometry(strides, low, high, (1,) * len(window), 1)


def _pooled(owner: str, x: Spec, window: Sizes, **attrs: Sizes) -> Spec:
    rank = len(x.shape) - 2
    if not 1 <= rank <= 3 or any(len(v) != rank for v in (window, *attrs.values())):
        raise ValueError(
            f"{owner}: needs one to three spatial axes and a number of each attribute for each; "
            f"got {x}, window {window} and {attrs}"
        )
    if not x.dtype.startswith(("float", "bfloat")) or min(window) < 1:
        raise ValueError(
            f"{owner}: needs a floating tensor and windows of at least 1; got {x} and {window}"
        )
    out = _geometry(window, **attrs).out_sizes(owner, x.shape[1:-1], window)
    return Spec((x.shape[0], *out, x.shape[-1]), x.dtype)


def _taps(window: Sizes) -> list[Sizes]:
    return list(itertools.product(*map(range, window)))


def _windows(xp: Any, x: Any, padding: float, window: Sizes, **attrs: Any) -> Any:
    """The elements of all windows along a new first axis, `padding` outside x."""
    geometry = _geometry(window, **attrs)
    widths = [(0, 0), *zip(geometry.low, geometry.high, strict=True), (0, 0)]
    padded = xp.pad(x, widths, constant_values=padding)
    out = geometry.out_sizes("pooling", x.shape[1:-1], window)
    return xp.stack([at_tap(padded, tap, out, geometry) for tap in _taps(window)])


def _gather_back(xp: Any, terms: Any, sizes: Sizes, window: Sizes, **attrs: Any) -> Any:
    """The transpose of `_windows`: adds every tap's term to the element that it was taken from."""
    geometry = _geometry(window, **attrs)
    total: Any = 0
    for tap, term in zip(_taps(window), terms, strict=True):
        total = total + spread_tap(xp, term, tap, sizes, geometry)
    kept = [slice(low, low + n) for low, n in zip(geometry.low, sizes, strict=True)]
    return total[(slice(None), *kept)]


def _pool_attrs(
    rank: int = 1, window: int = 2, stride: int = 2, low: int = 0, high: int = 0
) -> dict[str, Sizes]:
    """Attributes with one number for all axes."""
    numbers = {"window": window, "strides": stride, "low": low, "high": high}
    return {key: (value,) * rank for key, value in numbers.items()}


def _cases() -> list[tuple[Sizes, dict[str, Sizes]]]:
    """(x shape, attributes): apart, overlapping, with gaps, padded, in 1 to 3 dimensions."""
    return [
        ((2, 7, 3), _pool_attrs(1, 3, 2, 1, 1)),
        ((2, 6, 5, 3), _pool_attrs(2)),
        ((1, 5, 6, 20), _pool_attrs(2, 3, 1, 1, 0)),
        ((1, 7, 7, 2), _pool_attrs(2, 2, 3, 0, 1)),
        ((2, 3, 4, 5, 2), _pool_attrs(3, 2, 1, 0, 1)),
    ]


def _evaluate_max_pool(xp: Any, x: Any, **attrs: Any) -> Any:
    return xp.max(_windows(xp, x, -math.inf, **attrs), axis=0)


def _max_pool_vjp(g: Any, out: Any, x: Any, **attrs: Any) -> Any:
    return (max_pool_gradient(g, x, **attrs),)


max_pool = Primitive(
    "max_pool",
    lambda x, **attrs: _pooled("max_pool", x, **attrs),
    _evaluate_max_pool,
    _max_pool_vjp,
    lambda: [
        Sample(
            (np.array([[[1.0], [5.0], [2.0], [4.0], [3.0]]]),),
            _pool_attrs(1, 3, 2),
            np.array([[[5.0], [4.0]]]),
        ),
        *(Sample((np.random.default_rng(8).normal(size=x),), attrs) for x, attrs in _cases()),
    ],
)
"""The largest element of each window of each channel; NaN where the window holds one."""


def _infer_max_pool_gradient(g: Spec, x: Spec, **attrs: Any) -> Spec:
    pooled = _pooled("max_pool_gradient", x, **attrs)
    if g != pooled:
        raise ValueError(f"max_pool_gradient: the cotangent must be {pooled}; got {g}")
    return x


def _evaluate_max_pool_gradient(xp: Any, g: Any, x: Any, **attrs: Any) -> Any:
    chosen = xp.argmax(_windows(xp, x, -math.inf, **attrs), axis=0)
    count = math.prod(attrs["window"])
    terms = [xp.where(chosen == tap, g, xp.zeros_like(g)) for tap in range(count)]
    return _gather_back(xp, terms, x.shape[1:-1], **attrs)


def _pooled_pairs(seed: int) -> list[tuple[Any, Any, dict[str, Sizes]]]:
    """(cotangent, x, attributes) of `_cases`."""
    rng = np.random.default_rng(seed)
    pairs = []
    for shape, attrs in _cases():
        out = _pooled("sample", Spec(shape, "float64"), **attrs).shape
        pairs.append((rng.normal(size=out), rng.normal(size=shape), attrs))
    return pairs


max_pool_gradient = Primitive(
    "max_pool_gradient",
    _infer_max_pool_gradient,
    _evaluate_max_pool_gradient,
    samples=lambda: [
        # Equal elements: the first has the gradient. The windows overlap at the second 7.
        Sample(
            (np.array([[[1.0], [10.0]]]), np.array([[[7.0], [7.0], [2.0]]])),
            _pool_attrs(1, 2, 1),
            np.array([[[1.0], [10.0], [0.0]]]),
        ),
        *(Sample((g, x), attrs) for g, x, attrs in _pooled_pairs(9)),
    ],
)
"""Cotangent of max_pool's x: each window's goes to its first largest element."""


def _counts(xp: Any, x_shape: Sizes, dtype: Any, **attrs: Any) -> Any:
    """Elements in each window, with one batch and one channel."""
    return xp.sum(_windows(xp, xp.ones((1, *x_shape[1:-1], 1), dtype), 0, **attrs), axis=0)


def _evaluate_average_pool(xp: Any, x: Any, **attrs: Any) -> Any:
    total = xp.sum(_windows(xp, x, 0, **attrs), axis=0, dtype=x.dtype)
    return total / xp.maximum(_counts(xp, x.shape, x.dtype, **attrs), 1)


def _average_pool_vjp(g: Any, out: Any, x: Any, **attrs: Any) -> Any:
    return (average_pool_gradient(g, sizes=x.shape[1:-1], **attrs),)


average_pool = Primitive(
    "average_pool",
    lambda x, **attrs: _pooled("average_pool", x, **attrs),
    _evaluate_average_pool,
    _average_pool_vjp,
    lambda: [
        # The last window holds one element and one padding.
        Sample(
            (np.array([[[1.0], [5.0], [2.0]]]),),
            _pool_attrs(1, 2, 2, 0, 1),
            np.array([[[3.0], [2.0]]]),
        ),
        *(Sample((np.random.default_rng(10).normal(size=x),), attrs) for x, attrs in _cases()),
    ],
)
"""The mean of each window's elements, padding not counted; 0 where the window is all padding."""


def _infer_average_pool_gradient(g: Spec, *, sizes: Sizes, **attrs: Any) -> Spec:
    x = Spec((g.shape[0], *sizes, g.shape[-1]), g.dtype)
    pooled = _pooled("average_pool_gradient", x, **attrs)
    if g != pooled:
        raise ValueError(f"average_pool_gradient: the cotangent must be {pooled}; got {g}")
    return x


def _evaluate_average_pool_gradient(xp: Any, g: Any, *, sizes: Sizes, **attrs: Any) -> Any:
    share = g / xp.maximum(_counts(xp, (1, *sizes, 1), g.dtype, **attrs), 1)
    return _gather_back(xp, [share] * math.prod(attrs["window"]), sizes, **attrs)


average_pool_gradient = Primitive(
    "average_pool_gradient",
    _infer_average_pool_gradient,
    _evaluate_average_pool_gradient,
    lambda c, out, g, *, sizes, **attrs: (average_pool(c, **attrs),),
    lambda: [
        Sample(
            (np.array([[[3.0], [2.0]]]),),
            {"sizes": (3,), **_pool_attrs(1, 2, 2, 0, 1)},
            np.array([[[1.5], [1.5], [2.0]]]),
        ),
        *(Sample((g,), {"sizes": x.shape[1:-1], **attrs}) for g, x, attrs in _pooled_pairs(11)),
    ],
)
"""Cotangent of average_pool's x of spatial `sizes`: an equal share to each element of a window."""

__all__ = ["average_pool", "average_pool_gradient", "max_pool", "max_pool_gradient"]
