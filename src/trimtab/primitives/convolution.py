"""Convolution and its two gradients, with channels last; each is the others' gradient.

Shapes: x (batch, *spatial, channels_in), w (*kernel, channels_in / groups, channels_out),
y (batch, *out, channels_out), with out = (low + size + high - dilation * (kernel - 1) - 1) //
stride + 1 on each of one to three spatial axes. A transposed convolution is the gradient to x.
"""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import numpy as np

from trimtab.ir.graph import Primitive, Sample, Spec
from trimtab.primitives.layout import pad

Sizes = tuple[int, ...]


class Geometry(NamedTuple):
    """The attributes that the three primitives share; one number a spatial axis."""

    strides: Sizes
    low: Sizes
    high: Sizes
    dilation: Sizes
    groups: int

    def out_sizes(self, owner: str, sizes: Sizes, kernel: Sizes) -> Sizes:
        """Output sizes, or an error that names `owner`."""
        out = []
        for size, taps, stride, low, high, dilation in zip(
            sizes, kernel, self.strides, self.low, self.high, self.dilation, strict=True
        ):
            if stride < 1 or dilation < 1 or low < 0 or high < 0:
                raise ValueError(
                    f"{owner}: strides and dilation must be at least 1 and padding not negative; "
                    f"got {self}"
                )
            room = low + size + high - dilation * (taps - 1) - 1
            if room < 0:
                raise ValueError(
                    f"{owner}: a kernel of {taps} with dilation {dilation} must fit into the "
                    f"padded input; got size {size} padded by {low} and {high}"
                )
            out.append(room // stride + 1)
        return tuple(out)


def _check_operands(owner: str, a: Spec, b: Spec, geometry: Geometry, rank: int) -> None:
    if len(a.shape) != rank + 2 or len(b.shape) != rank + 2 or not 1 <= rank <= 3:
        raise ValueError(
            f"{owner}: operands need one to three spatial axes, the same in both; got {a} and {b}"
        )
    if a.dtype != b.dtype or not a.dtype.startswith(("float", "bfloat")):
        raise ValueError(f"{owner}: operands must be of one floating type; got {a} and {b}")
    if any(len(sizes) != rank for sizes in geometry[:4]):
        raise ValueError(f"{owner}: every attribute needs {rank} numbers; got {geometry}")


def _check_channels(owner: str, channels_in: int, w: Sizes, groups: int) -> None:
    if groups < 1 or channels_in != w[-2] * groups or w[-1] % groups:
        raise ValueError(
            f"{owner}: {groups} groups must divide the output channels, and the input channels be "
            f"groups times the kernel's; got {channels_in} channels and kernel shape {w}"
        )


def _infer_convolution(x: Spec, w: Spec, **attrs: Any) -> Spec:
    geometry, rank = Geometry(**attrs), len(x.shape) - 2
    _check_operands("convolution", x, w, geometry, rank)
    _check_channels("convolution", x.shape[-1], w.shape, geometry.groups)
    out = geometry.out_sizes("convolution", x.shape[1:-1], w.shape[:-2])
    return Spec((x.shape[0], *out, w.shape[-1]), x.dtype)


def _taps(kernel: Sizes) -> Any:
    return itertools.product(*map(range, kernel))


def _padded(xp: Any, x: Any, geometry: Geometry) -> Any:
    return xp.pad(x, [(0, 0), *zip(geometry.low, geometry.high, strict=True), (0, 0)])


def at_tap(padded: Any, tap: Sizes, out: Sizes, geometry: Geometry) -> Any:
    """The elements of the padded input that one tap meets, one for each output position."""
    starts = [t * d for t, d in zip(tap, geometry.dilation, strict=True)]
    window = [
        slice(start, start + (n - 1) * stride + 1, stride)
        for start, n, stride in zip(starts, out, geometry.strides, strict=True)
    ]
    return padded[(slice(None), *window)]


def _split(x: Any, groups: int) -> Any:
    """The channels as (groups, channels of a group)."""
    return x.reshape((*x.shape[:-1], groups, x.shape[-1] // groups))


# Legend of the subscripts: g group, i and o a group's input and output channels.
def _evaluate_convolution(xp: Any, x: Any, w: Any, **attrs: Any) -> Any:
    geometry = Geometry(**attrs)
    kernel = w.shape[:-2]
    out = geometry.out_sizes("convolution", x.shape[1:-1], kernel)
    padded, total = _padded(xp, x, geometry), None
    for tap in _taps(kernel):
        part = _split(at_tap(padded, tap, out, geometry), geometry.groups)
        term = xp.einsum("...gi,igo->...go", part, _split(w[tap], geometry.groups), optimize=True)
        total = term if total is None else total + term
    return xp.reshape(total, (x.shape[0], *out, w.shape[-1]))


def _convolution_vjp(g: Any, out: Any, x: Any, w: Any, **attrs: Any) -> Any:
    rank = len(x.shape) - 2
    return (
        convolution_input_gradient(g, w, sizes=x.shape[1:-1], **attrs),
        convolution_kernel_gradient(x, g, kernel=w.shape[:rank], **attrs),
    )


def _attrs(
    rank: int = 1, stride: int = 1, low: int = 0, high: int = 0, dilation: int = 1, groups: int = 1
) -> dict[str, Any]:
    """Attributes with one number for all axes."""
    repeated = {"strides": stride, "low": low, "high": high, "dilation": dilation}
    return {**{key: (value,) * rank for key, value in repeated.items()}, "groups": groups}


def _cases() -> list[tuple[Sizes, Sizes, dict[str, Any]]]:
    """(x shape, w shape, attributes) that meet every branch of every engine."""
    return [
        ((2, 7, 3), (3, 3, 4), _attrs(low=1, high=1)),
        ((2, 5, 6, 2), (3, 2, 2, 5), _attrs(2, stride=2, low=1, high=0)),
        ((1, 6, 5, 3), (2, 2, 3, 2), _attrs(2, dilation=2)),
        ((2, 4, 4, 4), (3, 3, 2, 6), _attrs(2, low=1, high=1, groups=2)),
        ((1, 5, 4, 3), (3, 3, 1, 6), _attrs(2, stride=2, low=0, high=1, groups=3)),
        ((2, 3, 4, 3, 2), (2, 2, 2, 2, 3), _attrs(3, low=1, high=0)),
        ((3, 4, 5, 2), (1, 1, 2, 3), _attrs(2)),
    ]


def _convolution_samples() -> list[Sample]:
    rng = np.random.default_rng(5)
    x, w = np.array([[[1.0], [2.0], [3.0]]]), np.array([[[1.0]], [[10.0]]])
    return [
        # 1 + 2 * 10, 2 + 3 * 10, and with a zero behind the end 3.
        Sample((x, w), _attrs(high=1), np.array([[[21.0], [32.0], [3.0]]])),
        *(Sample((rng.normal(size=x), rng.normal(size=w)), attrs) for x, w, attrs in _cases()),
    ]


convolution = Primitive(
    "convolution",
    _infer_convolution,
    _evaluate_convolution,
    _convolution_vjp,
    _convolution_samples,
)
"""The correlation of x with the kernel w: Keras's and every network's convolution."""


def _out_specs(owner: str, sizes: Sizes, kernel: Sizes, y: Spec, geometry: Geometry) -> None:
    expected = geometry.out_sizes(owner, sizes, kernel)
    if y.shape[1:-1] != expected:
        raise ValueError(f"{owner}: the cotangent's spatial sizes must be {expected}; got {y}")


def _infer_input_gradient(g: Spec, w: Spec, *, sizes: Sizes, **attrs: Any) -> Spec:
    owner, geometry = "convolution_input_gradient", Geometry(**attrs)
    _check_operands(owner, g, w, geometry, len(sizes))
    channels = w.shape[-2] * geometry.groups
    _check_channels(owner, channels, w.shape, geometry.groups)
    if g.shape[-1] != w.shape[-1]:
        raise ValueError(
            f"{owner}: the cotangent must have the kernel's {w.shape[-1]} channels; got {g}"
        )
    _out_specs(owner, sizes, w.shape[:-2], g, geometry)
    return Spec((g.shape[0], *sizes, channels), g.dtype)


def spread_tap(xp: Any, term: Any, tap: Sizes, sizes: Sizes, geometry: Geometry) -> Any:
    """A tap's term at the positions of the padded input that `at_tap` takes, zeros elsewhere."""
    low = [t * d for t, d in zip(tap, geometry.dilation, strict=True)]
    room = [a + n + b for a, n, b in zip(geometry.low, sizes, geometry.high, strict=True)]
    covered = [(n - 1) * s + 1 for n, s in zip(term.shape[1:-1], geometry.strides, strict=True)]
    high = [r - c - lo for r, c, lo in zip(room, covered, low, strict=True)]
    between = [s - 1 for s in geometry.strides]
    return pad.evaluate(xp, term, low=(0, *low, 0), high=(0, *high, 0), interior=(0, *between, 0))


def _evaluate_input_gradient(xp: Any, g: Any, w: Any, *, sizes: Sizes, **attrs: Any) -> Any:
    geometry, total = Geometry(**attrs), None
    parts = _split(g, geometry.groups)
    for tap in _taps(w.shape[:-2]):
        term = xp.einsum("...go,igo->...gi", parts, _split(w[tap], geometry.groups), optimize=True)
        term = xp.reshape(term, (*g.shape[:-1], w.shape[-2] * geometry.groups))
        spread = spread_tap(xp, term, tap, sizes, geometry)
        total = spread if total is None else total + spread
    kept = [slice(low, low + n) for low, n in zip(geometry.low, sizes, strict=True)]
    return total[(slice(None), *kept)]  # type: ignore[index]


def _input_gradient_vjp(c: Any, out: Any, g: Any, w: Any, *, sizes: Sizes, **attrs: Any) -> Any:
    rank = len(sizes)
    return (
        convolution(c, w, **attrs),
        convolution_kernel_gradient(c, g, kernel=w.shape[:rank], **attrs),
    )


def _gradient_shapes() -> list[tuple[Sizes, Sizes, Sizes, dict[str, Any]]]:
    """(x, w, y shapes, attributes) of `_cases`."""
    found = []
    for x, w, attrs in _cases():
        out = Geometry(**attrs).out_sizes("sample", x[1:-1], w[:-2])
        found.append((x, w, (x[0], *out, w[-1]), attrs))
    return found


def _input_gradient_samples() -> list[Sample]:
    rng = np.random.default_rng(6)
    g, w = np.array([[[1.0], [2.0]]]), np.array([[[1.0]], [[10.0]]])
    return [
        # Each cotangent spreads over its two inputs: 1, 10 + 2, 20.
        Sample((g, w), {"sizes": (3,), **_attrs()}, np.array([[[1.0], [12.0], [20.0]]])),
        *(
            Sample((rng.normal(size=y), rng.normal(size=w)), {"sizes": x[1:-1], **attrs})
            for x, w, y, attrs in _gradient_shapes()
        ),
    ]


convolution_input_gradient = Primitive(
    "convolution_input_gradient",
    _infer_input_gradient,
    _evaluate_input_gradient,
    _input_gradient_vjp,
    _input_gradient_samples,
)
"""Cotangent of the convolution's x of spatial `sizes`, from that of y and from w."""


def _infer_kernel_gradient(x: Spec, g: Spec, *, kernel: Sizes, **attrs: Any) -> Spec:
    owner, geometry = "convolution_kernel_gradient", Geometry(**attrs)
    _check_operands(owner, x, g, geometry, len(kernel))
    shape = (*kernel, x.shape[-1] // max(geometry.groups, 1), g.shape[-1])
    _check_channels(owner, x.shape[-1], shape, geometry.groups)
    if x.shape[0] != g.shape[0]:
        raise ValueError(f"{owner}: both operands need one batch size; got {x} and {g}")
    _out_specs(owner, x.shape[1:-1], kernel, g, geometry)
    return Spec(shape, x.dtype)


def _evaluate_kernel_gradient(xp: Any, x: Any, g: Any, *, kernel: Sizes, **attrs: Any) -> Any:
    geometry = Geometry(**attrs)
    padded, parts = _padded(xp, x, geometry), _split(g, geometry.groups)
    terms = []
    for tap in _taps(kernel):
        part = _split(at_tap(padded, tap, g.shape[1:-1], geometry), geometry.groups)
        terms.append(xp.einsum("...gi,...go->igo", part, parts, optimize=True))
    return xp.reshape(xp.stack(terms), (*kernel, x.shape[-1] // geometry.groups, g.shape[-1]))


def _kernel_gradient_vjp(c: Any, out: Any, x: Any, g: Any, *, kernel: Sizes, **attrs: Any) -> Any:
    return (
        convolution_input_gradient(g, c, sizes=x.shape[1:-1], **attrs),
        convolution(x, c, **attrs),
    )


def _kernel_gradient_samples() -> list[Sample]:
    rng = np.random.default_rng(7)
    x, g = np.array([[[1.0], [2.0], [3.0]]]), np.array([[[1.0], [10.0]]])
    return [
        # First tap 1 + 2 * 10, second 2 + 3 * 10.
        Sample((x, g), {"kernel": (2,), **_attrs()}, np.array([[[21.0]], [[32.0]]])),
        *(
            Sample((rng.normal(size=x), rng.normal(size=y)), {"kernel": w[:-2], **attrs})
            for x, w, y, attrs in _gradient_shapes()
        ),
    ]


convolution_kernel_gradient = Primitive(
    "convolution_kernel_gradient",
    _infer_kernel_gradient,
    _evaluate_kernel_gradient,
    _kernel_gradient_vjp,
    _kernel_gradient_samples,
)
"""Cotangent of the convolution's w of spatial sizes `kernel`, from x and the cotangent of y."""

__all__ = [
    "Geometry",
    "at_tap",
    "convolution",
    "convolution_input_gradient",
    "convolution_kernel_gradient",
    "spread_tap",
]
