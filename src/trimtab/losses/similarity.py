"""Losses of segmentation (overlap of masks) and of metric learning."""

from __future__ import annotations

from typing import Any

from trimtab import ops
from trimtab.core import settings
from trimtab.core.config import keras_export
from trimtab.ir.tensor import Tensor
from trimtab.losses.base import LossFunctionWrapper, paired, set_mask


@keras_export("keras.losses.dice", "keras.metrics.dice")
def dice(y_true: Any, y_pred: Any, axis: Any = None) -> Tensor:
    """Dice loss: `1 - 2 * |A and B| / (|A| + |B|)`.

    Args:
        y_true: Masks of 0 and 1.
        y_pred: Probabilities of the same shape.
        axis: Axes to sum over; all if None.

    Returns:
        A scalar, or one value for each index of the other axes.

    Raises:
        ValueError: If the shapes do not fit together.

    Source: Keras 3 `keras.losses.dice`.
    """
    y_true, y_pred = paired("dice", y_true, y_pred)
    overlap = 2.0 * ops.sum(y_true * y_pred, axis=axis)
    sizes = ops.sum(y_true, axis=axis) + ops.sum(y_pred, axis=axis)
    return 1 - overlap / (sizes + settings.epsilon())


@keras_export("keras.losses.Dice")
class Dice(LossFunctionWrapper):
    """Dice loss: `1 - 2 * |A and B| / (|A| + |B|)`.

    Args:
        reduction: How the losses of a batch become one; see `Loss`.
        name: Name of the loss.
        axis: Axes to sum over; all if None.
        dtype: Type to calculate in; `floatx()` if None.

    Source: Keras 3 `keras.losses.Dice`.
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "dice",
        axis: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(dice, reduction, name, dtype, axis=axis)


@keras_export("keras.losses.tversky", "keras.metrics.tversky")
def tversky(
    y_true: Any,
    y_pred: Any,
    alpha: float = 0.5,
    beta: float = 0.5,
    axis: Any = None,
) -> Tensor:
    """Tversky loss: `1 - tp / (tp + alpha * missed + beta * false)`.

    `missed` is true and not predicted, `false` is predicted and not true.

    Args:
        y_true: Masks of 0 and 1.
        y_pred: Probabilities of the same shape.
        alpha: Weight of missed cells; Dice has 1/2.
        beta: Weight of falsely predicted cells; Dice has 1/2.
        axis: Axes to sum over; all if None.

    Returns:
        A scalar, or one value for each index of the other axes.

    Raises:
        ValueError: If the shapes do not fit together.

    Source: Keras 3 `keras.losses.tversky`. Salehi et al. 2017.
    """
    y_true, y_pred = paired("tversky", y_true, y_pred)
    overlap = ops.sum(y_true * y_pred, axis=axis)
    missed = ops.sum((1 - y_pred) * y_true, axis=axis)
    false = ops.sum(y_pred * (1 - y_true), axis=axis)
    return 1 - overlap / (overlap + missed * alpha + false * beta + settings.epsilon())


@keras_export("keras.losses.Tversky")
class Tversky(LossFunctionWrapper):
    """Tversky loss: Dice with separate weights of missed and of falsely predicted cells.

    Args:
        alpha: Weight of missed cells; Dice has 1/2.
        beta: Weight of falsely predicted cells; Dice has 1/2.
        reduction: How the losses of a batch become one; see `Loss`.
        name: Name of the loss.
        axis: Axes to sum over; all if None.
        dtype: Type to calculate in; `floatx()` if None.

    Source: Keras 3 `keras.losses.Tversky`.
    """

    def __init__(
        self,
        alpha: float = 0.5,
        beta: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "tversky",
        axis: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(tversky, reduction, name, dtype, alpha=alpha, beta=beta, axis=axis)


def _pair_masks(labels: Tensor, others: Tensor, remove_diagonal: bool) -> tuple[Tensor, Tensor]:
    """Pairs of equal labels, pairs of different labels: `(batch, others)`."""
    labels, others = ops.reshape(labels, (-1, 1)), ops.reshape(others, (1, -1))
    same = ops.equal(labels, others)
    different = ops.logical_not(same)
    if remove_diagonal:
        diagonal = ops.eye(labels.shape[0], others.shape[1], dtype="bool")
        same = ops.logical_and(same, ops.logical_not(diagonal))
    return same, different


@keras_export("keras.losses.circle", "keras.metrics.circle")
def circle(
    y_true: Any,
    y_pred: Any,
    ref_labels: Any = None,
    ref_embeddings: Any = None,
    remove_diagonal: bool = True,
    gamma: float = 80.0,
    margin: float = 0.4,
) -> Tensor:
    """Circle loss of embeddings: equal labels are drawn together, different ones apart.

    With cosine distances d: `softplus(logsumexp(positive pairs) + logsumexp(negative pairs))`, a
    pair's term being weighted by how far it is from its optimum.

    Args:
        y_true: Class numbers, `(batch,)`.
        y_pred: Embeddings of Euclidean norm 1, `(batch, dimensions)`.
        ref_labels: Class numbers of the embeddings to compare with; `y_true` if None.
        ref_embeddings: Embeddings to compare with; `y_pred` if None.
        remove_diagonal: Whether sample i is not compared with reference i.
        gamma: Scale of the pairs' terms.
        margin: Relaxation of the optima, in [0, 1].

    Returns:
        One value a sample, `(batch,)`; a mask of the positive values travels with it.

    Raises:
        ValueError: If the shapes do not fit together.

    Source: Keras 3 `keras.losses.circle`. Sun et al. 2020.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    labels = ops.cast(y_true, "int32")
    others = y_pred if ref_embeddings is None else ops.convert_to_tensor(ref_embeddings)
    other_labels = labels if ref_labels is None else ops.cast(ref_labels, "int32")
    distances = ops.maximum(1 - ops.matmul(y_pred, ops.transpose(others)), 0.0)
    same, different = _pair_masks(labels, other_labels, remove_diagonal)
    positive = -gamma * ops.maximum(margin + distances, 0.0) * (margin - distances)
    negative = gamma * ops.maximum(1 + margin - distances, 0.0) * (1 - margin - distances)
    minus_infinity = float("-inf")
    positive = ops.logsumexp(ops.where(same, positive, minus_infinity), axis=1)
    negative = ops.logsumexp(ops.where(different, negative, minus_infinity), axis=1)
    losses = ops.softplus(positive + negative)
    set_mask(losses, losses > 0)
    return losses


@keras_export("keras.losses.Circle")
class Circle(LossFunctionWrapper):
    """Circle loss of embeddings of Euclidean norm 1; see `circle`.

    Args:
        gamma: Scale of the pairs' terms.
        margin: Relaxation of the optima, in [0, 1].
        remove_diagonal: Whether a sample is not compared with itself.
        reduction: How the losses of a batch become one; see `Loss`.
        name: Name of the loss.
        dtype: Type to calculate in; `floatx()` if None.

    Source: Keras 3 `keras.losses.Circle`.
    """

    def __init__(
        self,
        gamma: float = 80.0,
        margin: float = 0.4,
        remove_diagonal: bool = True,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "circle",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            circle,
            reduction,
            name,
            dtype,
            gamma=gamma,
            margin=margin,
            remove_diagonal=remove_diagonal,
        )
