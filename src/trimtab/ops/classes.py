"""Classes as numbers and vectors, and the cross-entropies between them."""

from __future__ import annotations

from typing import Any

import numpy as np

from trimtab import dtypes
from trimtab.ir.tensor import Array, Tensor
from trimtab.ops import reductions
from trimtab.ops.activations import log_softmax
from trimtab.ops.arithmetic import divide, multiply, negative, subtract
from trimtab.ops.dispatch import (
    EPSILON,
    FLOATX,
    broadcast,
    canonical_axis,
    common_float_type,
    convert,
    expand,
    op,
)
from trimtab.ops.indexing import positions
from trimtab.ops.layout import squeeze
from trimtab.primitives import elementwise
from trimtab.primitives.source import filled_like


def _one_hot(x: Any, num_classes: int, axis: int, dtype: Any, name: str) -> Tensor:
    tensor = convert(x)
    if dtypes.is_float(tensor.dtype) or tensor.dtype == "bool":
        tensor = convert(tensor, "int32")
    tensor = positions(tensor, name)
    place = canonical_axis(axis, tensor.ndim + 1, name)
    line = np.arange(num_classes, dtype=tensor.dtype)
    shape = [num_classes if i == place else 1 for i in range(tensor.ndim + 1)]
    full = (*tensor.shape[:place], num_classes, *tensor.shape[place:])
    classes = broadcast(Array(line.reshape(shape)), full)
    is_class = elementwise.equal(broadcast(expand(tensor, (place,)), full), classes)
    return convert(is_class, FLOATX[0] if dtype is None else dtypes.standardize(dtype))


@op
def one_hot(
    x: Any, num_classes: int, axis: int = -1, dtype: Any = None, sparse: bool = False
) -> Tensor:
    """A new axis of size `num_classes`: 1 at the class, 0 elsewhere and for unknown classes.

    Raises:
        ValueError: If `sparse` is True: there are no sparse tensors.
    """
    if sparse:
        raise ValueError("one_hot: sparse tensors are not supported; got sparse=True")
    return _one_hot(x, num_classes, axis, dtype, "one_hot")


@op
def multi_hot(
    inputs: Any,
    num_classes: int | None = None,
    axis: int = -1,
    dtype: Any = None,
    sparse: bool = False,
    **kwargs: Any,
) -> Tensor:
    """1 at each class that a row names, 0 elsewhere.

    Args:
        inputs: `(classes named,)` or `(batch, classes named)` whole numbers.
        num_classes: Number of classes.
        axis: The axis of the classes in the result.
        dtype: Type of the result; floatx if None.
        sparse: Must be False.
        kwargs: `num_tokens`, an older name of `num_classes`.

    Raises:
        ValueError: Without `num_classes`, for unknown arguments, or if `sparse` is True.
    """
    if num_classes is None:
        num_classes = kwargs.pop("num_tokens", None)
    if num_classes is None or kwargs:
        raise ValueError(
            "multi_hot: needs `num_classes` and takes no other arguments; got "
            + ", ".join([f"num_classes={num_classes}", *sorted(kwargs)])
        )
    if sparse:
        raise ValueError("multi_hot: sparse tensors are not supported; got sparse=True")
    tensor = convert(inputs)
    hot = _one_hot(tensor, num_classes, axis, dtype, "multi_hot")
    return reductions.max(hot, 1 if tensor.ndim > 1 else 0)


def _inside(probability: Tensor) -> Tensor:
    """The probability moved away from 0 and 1, so that its logarithm is finite."""
    low, high = filled_like(probability, EPSILON[0]), filled_like(probability, 1.0 - EPSILON[0])
    return elementwise.minimum(elementwise.maximum(probability, low), high)


def _log_probability(output: Tensor, from_logits: bool, axis: int) -> Tensor:
    if from_logits:
        return log_softmax(output, axis)
    share = divide(output, reductions.sum(output, axis, keepdims=True))
    return elementwise.log(_inside(share))


def _check_shapes(name: str, target: Tensor, output: Tensor, expected: tuple[int, ...]) -> None:
    if target.shape != expected:
        raise ValueError(
            f"{name}: `target` must have shape {expected} for an `output` of shape {output.shape}; "
            f"got {target.shape}"
        )


@op
def categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> Tensor:
    """-sum(target * log(output)) over `axis`: cross-entropy of probabilities.

    Args:
        target: Probabilities of the classes, such as one-hot vectors.
        output: Predicted probabilities, which are divided by their sum and kept `config.epsilon()`
            away from 0 and 1; or logits.
        from_logits: Whether `output` are logits.
        axis: The axis of the classes.

    Raises:
        ValueError: If the shapes differ or have no axis.
    """
    dtype = common_float_type(target, output)
    truth, guess = convert(target, dtype), convert(output, dtype)
    place = canonical_axis(axis, guess.ndim, "categorical_crossentropy")
    _check_shapes("categorical_crossentropy", truth, guess, guess.shape)
    logs = _log_probability(guess, from_logits, place)
    return negative(reductions.sum(multiply(truth, logs), place))


@op
def sparse_categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> Tensor:
    """-log(output at the target class): cross-entropy for classes given by number.

    Args:
        target: Whole numbers of the shape of `output` without `axis`; a last axis of size 1 is cut.
        output: As for `categorical_crossentropy`.
        from_logits: Whether `output` are logits.
        axis: The axis of the classes.

    Raises:
        ValueError: If the shapes do not fit.
    """
    truth, guess = convert(target, "int32"), convert(output)
    guess = guess if dtypes.is_float(guess.dtype) else convert(guess, FLOATX[0])
    place = canonical_axis(axis, guess.ndim, "sparse_categorical_crossentropy")
    if truth.ndim == guess.ndim and truth.shape[-1] == 1:
        truth = squeeze(truth, -1)
    expected = guess.shape[:place] + guess.shape[place + 1 :]
    _check_shapes("sparse_categorical_crossentropy", truth, guess, expected)
    logs = _log_probability(guess, from_logits, place)
    hot = _one_hot(truth, guess.shape[place], place, logs.dtype, "sparse_categorical_crossentropy")
    return negative(reductions.sum(multiply(hot, logs), place))


@op
def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Tensor:
    """-target * log(output) - (1 - target) * log(1 - output), element by element.

    Args:
        target: Probabilities.
        output: Predicted probabilities, kept `config.epsilon()` away from 0 and 1; or logits.
        from_logits: Whether `output` are logits.

    Raises:
        ValueError: If the shapes differ.
    """
    dtype = common_float_type(target, output)
    truth, guess = convert(target, dtype), convert(output, dtype)
    _check_shapes("binary_crossentropy", truth, guess, guess.shape)
    if from_logits:
        # softplus(x) - target * x, with no difference of large numbers.
        rest = elementwise.log1p(elementwise.exp(elementwise.negative(elementwise.abs(guess))))
        positive = elementwise.maximum(guess, filled_like(guess, 0))
        return elementwise.add(elementwise.subtract(positive, multiply(truth, guess)), rest)
    inside = _inside(guess)
    one = filled_like(inside, 1)
    hit = multiply(truth, elementwise.log(inside))
    miss = multiply(subtract(one, truth), elementwise.log(subtract(one, inside)))
    return negative(elementwise.add(hit, miss))
