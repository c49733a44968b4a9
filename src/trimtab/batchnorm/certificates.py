"""Evidence that a merged layer computes what the two layers did: algebra, bound, measurement.

Each step of a fold is checked alone: the two layers and what lies between them, against the merged
one, on the inputs that the model gives them and on inputs made to find a difference.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from trimtab.batchnorm import affine
from trimtab.batchnorm.affine import Floats, Weights
from trimtab.batchnorm.fold_plan import Step
from trimtab.batchnorm.layer_kinds import kind_of
from trimtab.layers.batch_normalization import BatchNormalization
from trimtab.layers.input_layer import Input
from trimtab.layers.preprocessing.rescaling import Rescaling
from trimtab.models.model import Model

# Half the distance from 1 to the next float32.
UNIT = 2.0**-24
# Roundings of a Batch Normalization, and of a bias and the store of merged weights.
_NORM_ROUNDINGS = 8
_KERNEL_ROUNDINGS = 4
_LARGE = 1e4
_RANDOM_ROWS = 2
# Products of one computation; more of the model's own inputs are left out.
_MOST_PRODUCTS = 3e8
_FEWEST_REAL_ROWS = 4


@dataclasses.dataclass(frozen=True)
class Certificate:
    """What was found of one step.

    Attributes:
        algebra: Largest difference in float64, relative to the sum of the products' sizes: zero but
            for the rounding of float64.
        seen: Largest difference in float32, on inputs of sizes up to 10,000.
        seen_real: Largest difference in float32 on the model's own inputs, None without any.
        bound: The bound of the difference in float32 where it was largest, by rounding analysis of
            both computations.
        share: The largest difference as a share of its bound; at most 1.
        inputs: How many inputs were tried, the model's own among them.
        real: How many of them are the model's own.
    """

    algebra: float
    seen: float
    seen_real: float | None
    bound: float
    share: float
    inputs: int
    real: int

    @property
    def holds(self) -> bool:
        """Whether algebra and bound held for all inputs."""
        return self.algebra <= 1e-10 and self.share <= 1.0

    def __str__(self) -> str:
        verdict = "holds" if self.holds else "FAILS"
        real = ""
        if self.seen_real is not None:
            real = f", {self.seen_real:.1e} on the {self.real} real ones among them"
        return (
            f"{verdict}: off by {self.algebra:.1e} (relative) in float64; in float32 by "
            f"{self.seen:.1e}, at most {100 * self.share:.2g} % of the bound, on {self.inputs} "
            f"inputs of sizes up to {_LARGE:g}{real}"
        )


def certify(step: Step, real: np.ndarray[Any, Any] | None, seed: int = 0) -> Certificate:
    """Checks one step.

    Args:
        step: The step.
        real: What the first of the two layers gets in the model, None if there are no data.
        seed: Of the random inputs.
    """
    shape = _shape(step, real)
    made = _adversarial(shape, np.random.default_rng(seed))
    rows = made
    if real is not None:
        real = real[(slice(0, _real_rows(step, shape)), *(slice(0, size) for size in shape))]
        rows = np.concatenate([made, real.astype(np.float64)])
    rows = rows.astype(np.float32)
    exact = rows.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        before = _run(_unfolded(step, "float64", step.before), exact)
        after = _run(_folded(step, "float64", step.after), exact)
        first, second = _sizes(step, exact)
        sizes = np.maximum(first + second, np.finfo(np.float64).tiny)
        algebra = float(np.max(np.abs(before - after) / sizes))
        seen = np.abs(
            _run(_unfolded(step, "float32", step.before), rows).astype(np.float64)
            - _run(_folded(step, "float32", step.after), rows)
        )
        bound = _bound(step, first, second)
    share = np.where(seen > 0, seen / np.maximum(bound, np.finfo(np.float64).tiny), 0.0)
    worst = int(np.argmax(seen))
    return Certificate(
        algebra,
        float(seen.max()),
        None if real is None else float(seen[len(made) :].max()),
        float(bound.ravel()[worst]),
        float(share.max()),
        len(rows),
        0 if real is None else len(real),
    )


# The two computations ----------------------------------------------------------------------------


def _unfolded(step: Step, dtype: str, weights: Weights) -> list[Any]:
    kernel = _kernel(step, weights, dtype)
    norm = _norm(step.norm, dtype)
    path = _path(step, dtype)
    return [kernel, *path, norm] if step.is_backward else [norm, *path, kernel]


def _folded(step: Step, dtype: str, weights: Weights) -> list[Any]:
    kernel = _kernel(step, weights, dtype)
    path = _path(step, dtype)
    if step.is_backward:
        return [kernel, *path]
    return [*left_over(step, dtype), *path, kernel]


def left_over(step: Step, dtype: Any = None, name: str | None = None) -> list[Any]:
    """The layer for what stays of a Batch Normalization, as a list; empty if nothing stays."""
    if step.left_scale is None or step.left_shift is None:
        return []
    rank = len(step.node.outputs[0].shape)
    axis = step.norm.axis % rank
    shape = (-1, *(1,) * (rank - 1 - axis))
    scale, offset = (v.reshape(shape).tolist() for v in (step.left_scale, step.left_shift))
    return [Rescaling(scale=scale, offset=offset, name=name, dtype=dtype)]


def _kernel(step: Step, weights: Weights, dtype: str) -> Any:
    layer = step.layer
    own = {**layer.get_config(), "use_bias": True, "activation": None, "dtype": dtype}
    new = type(layer).from_config(own)
    object.__setattr__(new, "_certified", weights)
    return new


def _norm(norm: BatchNormalization, dtype: str) -> BatchNormalization:
    new: BatchNormalization = BatchNormalization.from_config({**norm.get_config(), "dtype": dtype})
    values = {v.name: np.asarray(v) for v in norm.variables}
    object.__setattr__(new, "_certified", values)
    return new


def _path(step: Step, dtype: str) -> list[Any]:
    return [type(p).from_config({**p.get_config(), "dtype": dtype}) for p in step.path]


def _run(layers: Sequence[Any], rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """What the layers give one after another; their variables begin with what they were told."""
    x = inputs = Input(rows.shape[1:], dtype=rows.dtype.name)
    for layer in layers:
        x = layer(x)
        for variable in layer.variables:
            value = layer.__dict__.get("_certified", {}).get(variable.name)
            if value is not None:
                variable.assign(value)
    return np.asarray(Model(inputs, x)(rows, training=False))


# Rounding analysis -------------------------------------------------------------------------------


def _sizes(step: Step, rows: Floats) -> tuple[Floats, Floats]:
    """Sums of the sizes of all that is added up, in the old and in the new computation."""
    sizes = np.abs(rows)
    if step.is_backward:
        old = _by_path(step, _by_kernel(step, step.before, sizes))
        new = _by_path(step, _by_kernel(step, step.after, sizes))
        return _norm_sizes(step.norm, old), new
    old = _by_kernel(step, step.before, _by_path(step, _norm_sizes(step.norm, sizes)))
    return old, _by_kernel(step, step.after, _by_path(step, _left_sizes(step, sizes)))


def _bound(step: Step, old: Floats, new: Floats) -> Floats:
    """The bound of the difference in float32, given the sizes of all that is added up.

    A sum of K products differs from the true one by at most (K + 1) u times the sum of their sizes,
    in whatever order it is made. Winograd's method, which the engine may use for 3 x 3 taps, is no
    such sum: its errors spread over a tile. There the largest size in the image stands for all,
    a generous estimate and no proof.
    """
    if _may_be_winograd(step.layer):
        old, new = (_largest_of_image(step, sizes) for sizes in (old, new))
    through = sum(_window(part) for part in step.path)
    terms = affine.products(step.layer) + _KERNEL_ROUNDINGS + through
    old_terms, new_terms = terms + _NORM_ROUNDINGS, terms + _KERNEL_ROUNDINGS
    # A float32 below the smallest normal one may be flushed to zero.
    tiny = float(np.finfo(np.float32).tiny) * (old_terms + new_terms)
    return UNIT * (_gamma(old_terms) * old + _gamma(new_terms) * new) + tiny


def _may_be_winograd(layer: Any) -> bool:
    is_plain = affine.family_of(layer) == "conv" and layer.groups == 1
    steps = (*layer.strides, *layer.dilation_rate) if is_plain else ()
    return is_plain and tuple(layer.kernel_size) == (3, 3) and max(steps) == 1


def _largest_of_image(step: Step, sizes: Floats) -> Floats:
    if sizes.ndim != 4:
        return sizes
    axes = (2, 3) if getattr(step.layer, "data_format", "") == "channels_first" else (1, 2)
    return np.broadcast_to(sizes.max(axis=axes, keepdims=True), sizes.shape)


def _gamma(terms: int) -> float:
    return terms / (1.0 - terms * UNIT)


def _window(part: Any) -> int:
    """How many numbers a layer on the way adds up for one."""
    if kind_of(part) != "average_pool":
        return 0
    return int(np.prod(getattr(part, "pool_size", 1024)))


def _by_kernel(step: Step, weights: Weights, sizes: Floats) -> Floats:
    layer = _kernel(step, {name: np.abs(w) for name, w in weights.items()}, "float64")
    return _run([layer], sizes)


def _by_path(step: Step, sizes: Floats) -> Floats:
    path = _path(step, "float64")
    return _run(path, sizes) if path else sizes


def _norm_sizes(norm: BatchNormalization, sizes: Floats) -> Floats:
    scale, _ = affine.affine_of(norm)
    mean = np.abs(np.asarray(norm.moving_mean, np.float64))
    beta = 0.0 if norm.beta is None else np.abs(np.asarray(norm.beta, np.float64))
    axis = norm.axis % sizes.ndim
    shape = (-1, *(1,) * (sizes.ndim - 1 - axis))
    factor, offset = np.abs(scale), np.abs(scale) * mean + beta
    result: Floats = sizes * factor.reshape(shape) + offset.reshape(shape)
    return result


def _left_sizes(step: Step, sizes: Floats) -> Floats:
    if step.left_scale is None or step.left_shift is None:
        return sizes
    axis = step.norm.axis % sizes.ndim
    shape = (-1, *(1,) * (sizes.ndim - 1 - axis))
    result: Floats = sizes * np.abs(step.left_scale).reshape(shape)
    return result + np.abs(step.left_shift).reshape(shape)


# Inputs ------------------------------------------------------------------------------------------


def _shape(step: Step, real: np.ndarray[Any, Any] | None) -> tuple[int, ...]:
    """The shape of one input: no larger than needed to see borders and an inside."""
    given = tuple(step.node.input_tensors[0].shape[1:])
    known = given if real is None else real.shape[1:]
    if any(kind_of(part) == "reshape" for part in step.path):
        return tuple(int(size) for size in known)
    data_format = getattr(step.layer, "data_format", None)
    channels = 0 if data_format == "channels_first" else len(given) - 1
    most = _span(step)
    return tuple(
        int(size) if axis == channels and size is not None else min(size or most, most)
        for axis, size in enumerate(known)
    )


def _real_rows(step: Step, shape: tuple[int, ...]) -> int:
    """How many of the model's own inputs to try."""
    positions = math.prod(shape) / affine.input_channels(step.layer) if len(shape) > 1 else 1
    cost = positions * affine.products(step.layer) * affine.output_channels(step.layer)
    return max(_FEWEST_REAL_ROWS, int(_MOST_PRODUCTS / max(cost, 1.0)))


def _span(step: Step) -> int:
    """Enough rows and columns for a few windows of everything on the way."""
    span = 1
    for part in [step.layer, *step.path]:
        window = getattr(part, "kernel_size", None) or getattr(part, "pool_size", None) or (1,)
        dilation = max(getattr(part, "dilation_rate", None) or (1,))
        span = span * max(getattr(part, "strides", None) or (1,)) + max(window) * dilation
        cropping = getattr(part, "cropping", None)
        span += 0 if cropping is None else int(np.sum(cropping))
    return min(span + 3, 64)


def _adversarial(shape: tuple[int, ...], random: np.random.Generator) -> Floats:
    """Zeros, one-hot inputs, borders, alternating signs, large and ordinary random numbers."""
    size = math.prod(shape)
    flat = np.zeros((12 + 2 * _RANDOM_ROWS, size))
    for row, position in enumerate(np.linspace(0, size - 1, 8).astype(int)):
        flat[1 + row, position] = 1.0
    rows = flat.reshape(len(flat), *shape)
    inside = tuple(slice(1, -1) if n > 2 else slice(None) for n in shape)
    rows[9] = 1.0
    if any(n > 2 for n in shape):
        rows[9][inside] = 0.0
    rows[10] = np.where(np.arange(size) % 2 == 0, 1.0, -1.0).reshape(shape)
    rows[11] = _LARGE
    rows[12 : 12 + _RANDOM_ROWS] = random.normal(size=(_RANDOM_ROWS, *shape))
    rows[12 + _RANDOM_ROWS :] = _LARGE * random.normal(size=(_RANDOM_ROWS, *shape))
    return rows
