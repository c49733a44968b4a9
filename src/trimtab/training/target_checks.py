"""Whether targets can be what a loss expects: their shapes, and the range of class numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from trimtab import losses
from trimtab.data.arrays import Named
from trimtab.losses.base import Loss

_SPARSE = losses.sparse_categorical_crossentropy
_CATEGORICAL = (
    losses.categorical_crossentropy,
    losses.categorical_focal_crossentropy,
    losses.categorical_generalized_cross_entropy,
    losses.categorical_hinge,
)
# Losses that compare prediction and target number by number.
_ELEMENTWISE = (
    losses.binary_crossentropy,
    losses.binary_focal_crossentropy,
    losses.mean_squared_error,
    losses.mean_absolute_error,
    losses.mean_absolute_percentage_error,
    losses.mean_squared_logarithmic_error,
    losses.huber,
    losses.log_cosh,
    losses.poisson,
    losses.kl_divergence,
    losses.cosine_similarity,
    losses.hinge,
    losses.squared_hinge,
)


class LabelRange(NamedTuple):
    """Class numbers that a sparse loss can take.

    Attributes:
        target: Position of the target among the arrays of `y`.
        classes: Their number; labels lie in [0, classes).
        ignored: A label outside of them that is allowed, None if none is.
        loss: Name of the loss.
    """

    target: int
    classes: int
    ignored: int | None
    loss: str


def _function_of(loss: Loss) -> Any:
    return getattr(loss, "fn", None)


def _without_last_one(shape: Sequence[int]) -> tuple[int, ...]:
    return tuple(shape[:-1]) if shape and shape[-1] == 1 else tuple(shape)


def check_target_shape(loss: Loss, y_shape: Sequence[int], output_shape: Sequence[int]) -> None:
    """Checks that a target's shape fits an output's, for the library's own losses.

    Raises:
        ValueError: If it does not.
    """
    function, target, output = _function_of(loss), tuple(y_shape), tuple(output_shape)
    classes = output[-1] if output else 1
    if function is _SPARSE:
        _check_class_numbers(loss, target, output)
    elif function in _CATEGORICAL and classes > 1 and target != output:
        if _without_last_one(target) == output[:-1]:
            raise ValueError(
                f"{loss.name}: `y` must be one-hot, of shape {_open(output)}, one column a class; "
                f"got class numbers of shape {_open(target)}. Use sparse_categorical_crossentropy, "
                "or utils.to_categorical(y)"
            )
        _refuse(loss, target, output)
    elif function in _ELEMENTWISE and _without_last_one(target) != _without_last_one(output):
        _refuse(loss, target, output)


def _check_class_numbers(loss: Loss, target: tuple[int, ...], output: tuple[int, ...]) -> None:
    if target == output[:-1] or target == (*output[:-1], 1):
        return
    if target == output:
        raise ValueError(
            f"{loss.name}: `y` must hold class numbers, of shape {_open(output[:-1])}; got shape "
            f"{_open(target)}, as one-hot labels have. Use categorical_crossentropy, or "
            "numpy.argmax(y, axis=-1)"
        )
    _refuse(loss, target, output)


def _refuse(loss: Loss, target: tuple[int, ...], output: tuple[int, ...]) -> None:
    raise ValueError(
        f"{loss.name}: `y` must fit the model's output of shape {_open(output)}; got shape "
        f"{_open(target)}. Change the units of the last layer, or the targets"
    )


def _open(shape: Sequence[int]) -> str:
    """A shape with its batch size left open."""
    inner = ", ".join(["None", *map(str, shape[1:])])
    return f"({inner})" if len(shape) > 1 else f"({inner},)"


def label_range(loss: Loss, target: int, output_shape: Sequence[int]) -> LabelRange | None:
    """The class numbers that `loss` can take for an output; None if it takes other targets."""
    if _function_of(loss) is not _SPARSE:
        return None
    arguments = getattr(loss, "_arguments", {})
    axis = arguments.get("axis", -1)
    return LabelRange(target, output_shape[axis], arguments.get("ignore_class"), loss.name)


def check_labels(owner: str, targets: Sequence[Named], ranges: Sequence[LabelRange]) -> None:
    """Checks that class numbers lie in their range.

    Args:
        owner: The method that was called, for errors.
        targets: The arrays of `y`.
        ranges: What they may hold.

    Raises:
        ValueError: If one does not; the message gives it and its row.
    """
    for target, classes, ignored, loss in ranges:
        named = targets[target]
        labels = named.array
        if labels.dtype == np.bool_ or not labels.size:
            continue
        if labels.min() >= 0 and labels.max() < classes:
            continue
        is_wrong = (labels < 0) | (labels >= classes)
        if ignored is not None:
            is_wrong &= labels != ignored
        if is_wrong.any():
            index = int(np.argmax(is_wrong))
            value = labels[np.unravel_index(index, labels.shape)]
            raise ValueError(
                f"{owner}: `{named.name}` must hold class numbers from 0 to {classes - 1} for "
                f"{loss} of {classes} outputs; got {value} in {named.place(index)}. Number the "
                "classes from 0, or give the last layer more units"
            )
