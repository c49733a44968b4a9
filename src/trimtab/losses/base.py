"""Base of the losses: weights, masks and reductions."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from trimtab import ops
from trimtab.core import dtype_policy, settings, tree
from trimtab.core.config import Configurable, find_object, keras_export
from trimtab.core.host import or_on_host
from trimtab.core.naming import auto_name
from trimtab.ir.tensor import Tensor

_REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None)


def checked_reduction(owner: str, reduction: str | None) -> str | None:
    """`reduction` itself.

    Raises:
        ValueError: If it is not the name of a reduction.
    """
    if reduction not in _REDUCTIONS:
        raise ValueError(
            f"{owner}: Invalid value for argument `reduction`, which must be one of {_REDUCTIONS}; "
            f"got {reduction!r}"
        )
    return reduction


def match_ranks(a: Tensor, b: Tensor, expand_rank_1: bool = True) -> tuple[Tensor, Tensor]:
    """Both tensors in one rank, if their ranks differ by a last axis of size 1.

    The longer shape loses that axis; but beside a vector, which is `(batch,)` to the other's
    `(batch, 1)`, the vector gains one instead.

    Args:
        a: First tensor.
        b: Second tensor.
        expand_rank_1: Whether a vector gains an axis.
    """
    if len(a.shape) == len(b.shape) + 1 and a.shape[-1] == 1:
        if len(b.shape) == 1 and expand_rank_1:
            return a, ops.expand_dims(b, -1)
        return ops.squeeze(a, -1), b
    if len(b.shape) == len(a.shape) + 1 and b.shape[-1] == 1:
        if len(a.shape) == 1 and expand_rank_1:
            return ops.expand_dims(a, -1), b
        return a, ops.squeeze(b, -1)
    return a, b


def require_broadcastable(owner: str, y_true: Tensor, y_pred: Tensor) -> None:
    """Checks that targets and predictions fit together.

    Raises:
        ValueError: If their shapes cannot be broadcast.
    """
    pairs = zip(reversed(y_true.shape), reversed(y_pred.shape), strict=False)
    if any(a != b and None not in (a, b) and 1 not in (a, b) for a, b in pairs):
        raise ValueError(
            f"{owner}: `y_true` and `y_pred` must have the same shape; got {tuple(y_true.shape)} "
            f"and {tuple(y_pred.shape)}"
        )


def require_same_shape(owner: str, y_true: Tensor, y_pred: Tensor, hint: str = "") -> None:
    """Checks that targets and predictions have one shape.

    Args:
        owner: Name of the loss, for the error.
        y_true: Targets.
        y_pred: Predictions.
        hint: What to say after the shapes.

    Raises:
        ValueError: If the shapes differ.
    """
    if tuple(y_true.shape) != tuple(y_pred.shape):
        raise ValueError(
            f"{owner}: `y_true` and `y_pred` must have the same shape; got {tuple(y_true.shape)} "
            f"and {tuple(y_pred.shape)}{hint}"
        )


def paired(owner: str, y_true: Any, y_pred: Any) -> tuple[Tensor, Tensor]:
    """Targets and predictions as tensors of the predictions' type and of one rank.

    Raises:
        ValueError: If their shapes cannot be broadcast.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.convert_to_tensor(y_true, dtype=y_pred.dtype)
    y_true, y_pred = match_ranks(y_true, y_pred)
    require_broadcastable(owner, y_true, y_pred)
    return y_true, y_pred


def mask_of(tensor: Any) -> Any:
    """The mask that travels with a tensor, False where its values are padding, or None."""
    return getattr(tensor, "_keras_mask", None)


def set_mask(tensor: Any, mask: Any) -> None:
    """Lets `mask` travel with `tensor`."""
    tensor._keras_mask = mask


def masked_weight(sample_weight: Any, mask: Any, dtype: str, reduction: str | None) -> Any:
    """Weights that leave masked values out.

    For the means, kept values are weighted up by `total / kept`, as the reduction divides by all.

    Args:
        sample_weight: Weights, or None for 1.
        mask: Boolean tensor, False where a value is left out; None keeps all.
        dtype: Type of the result.
        reduction: How the weighted values are to be reduced.
    """
    if mask is None:
        return sample_weight
    weights = ops.cast(mask, dtype)
    if reduction in ("mean", "sum_over_batch_size"):
        weights = weights * ops.divide_no_nan(float(math.prod(mask.shape)), ops.sum(weights))
    if sample_weight is None:
        return weights
    weights, sample_weight = match_ranks(weights, ops.cast(sample_weight, dtype))
    return sample_weight * weights


def reduce_weighted(
    values: Any,
    sample_weight: Any = None,
    mask: Any = None,
    reduction: str | None = "sum_over_batch_size",
    dtype: str | None = None,
) -> Tensor:
    """Weighted values reduced to the loss.

    `sum_over_batch_size` and `mean` divide the sum by the number of values, not by the sum of the
    weights; `mean_with_sample_weight` divides by the latter.

    Args:
        values: Loss of each sample, `(batch, ...)`.
        sample_weight: Weights that broadcast to the values; 1 if None.
        mask: False where a value is left out.
        reduction: Name of the reduction; "none" and None keep the values.
        dtype: Type to calculate in; that of the values if None.

    Raises:
        ValueError: If the weights do not fit the values.
    """
    losses = ops.convert_to_tensor(values, dtype=dtype)
    if sample_weight is not None:
        sample_weight = ops.convert_to_tensor(sample_weight, dtype=losses.dtype)
    weights = masked_weight(sample_weight, mask, losses.dtype, reduction)
    if weights is not None:
        losses, weights = match_ranks(losses, weights)
        _require_weights_fit(losses, weights)
        losses = losses * weights
    if reduction in ("none", None) or tuple(losses.shape) in ((), (0,)):
        return losses
    total = ops.sum(losses)
    if reduction == "sum":
        return total
    if reduction == "mean_with_sample_weight" and weights is not None:
        return ops.divide_no_nan(total, ops.sum(weights))
    return ops.divide_no_nan(total, ops.cast(math.prod(losses.shape), total.dtype))


def _require_weights_fit(values: Tensor, weights: Tensor) -> None:
    pairs = zip(reversed(values.shape), reversed(weights.shape), strict=False)
    if any(a != b and 1 not in (a, b) for a, b in pairs):
        raise ValueError(
            "sample_weight: must have one weight a sample, or broadcast to the losses of shape "
            f"{tuple(values.shape)}; got shape {tuple(weights.shape)}"
        )


def _as_tensors(structure: Any, dtype: str) -> Any:
    """Every array of a structure as a tensor; nested lists of numbers are one array."""
    if isinstance(structure, dict):
        return {key: _as_tensors(part, dtype) for key, part in structure.items()}
    is_list = isinstance(structure, (list, tuple))
    if is_list and not all(
        isinstance(x, (int, float, np.generic)) for x in tree.flatten(structure)
    ):
        return [_as_tensors(part, dtype) for part in structure]
    return ops.convert_to_tensor(structure, dtype=dtype)


@keras_export("keras.losses.Loss")
class Loss(Configurable):
    """Base of the losses: a callable `loss(y_true, y_pred, sample_weight=None)`.

    A subclass overrides `call`, which returns one value a sample.

    Args:
        name: Name; made from the class's if None.
        reduction: "sum_over_batch_size" (the same as "mean": the sum of the weighted values over
            their number), "sum", "mean_with_sample_weight" (over the sum of the weights), or
            "none".
        dtype: Type to calculate in, or a dtype policy; `floatx()` if None.

    Raises:
        ValueError: If the reduction is unknown.

    Source: Keras 3 `keras.losses.Loss`.
    """

    def __init__(
        self,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: Any = None,
    ) -> None:
        self.name = name or auto_name(type(self).__name__)
        self.reduction = checked_reduction(type(self).__name__, reduction)
        self._dtype = dtype_policy.get(dtype or settings.floatx()).compute_dtype

    @property
    def dtype(self) -> str:
        """The type that the loss is calculated in."""
        return self._dtype

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Tensor:
        """The reduced loss.

        Args:
            y_true: Targets, or a structure of them.
            y_pred: Predictions, in the same structure. Values that their mask leaves out do not
                count.
            sample_weight: One weight a sample, `(batch,)`, or weights that broadcast to the losses.

        Returns:
            A scalar; with the reduction "none" the weighted loss of each sample.

        Raises:
            ValueError: If the shapes do not fit together.
        """
        in_mask = mask_of(y_pred)
        pair = _as_tensors(y_true, self.dtype), _as_tensors(y_pred, self.dtype)
        losses = or_on_host(f"loss '{self.name}'", self.call, pair, {})
        out_mask = mask_of(losses)
        mask = in_mask if out_mask is None else out_mask
        if in_mask is not None and out_mask is not None:
            mask = ops.logical_and(in_mask, out_mask)
        return reduce_weighted(losses, sample_weight, mask, self.reduction, self.dtype)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, with the name in use, without a dtype that is None."""
        config = super().get_config()
        if "name" in config:
            config["name"] = self.name
        if config.get("dtype", "") is None:
            del config["dtype"]
        return config

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The loss of each sample, `(batch, ...)`.

        Raises:
            NotImplementedError: If the subclass does not override it.
        """
        raise NotImplementedError(
            f"{type(self).__name__}: a loss must override `call(y_true, y_pred)`"
        )


# Keras has no public name for it: files hold the private one.
@keras_export("keras.src.losses.losses.LossFunctionWrapper")
class LossFunctionWrapper(Loss):
    """The loss that a function computes.

    Args:
        fn: `fn(y_true, y_pred, **kwargs)`, which returns the loss of each sample.
        reduction: As in `Loss`.
        name: As in `Loss`.
        dtype: As in `Loss`.
        **kwargs: Further arguments of the function.

    Source: Keras 3 `keras.losses.LossFunctionWrapper`.
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.fn = fn
        self._arguments = kwargs

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The loss of each sample, `(batch, ...)`."""
        targets = tree.map_structure(lambda a, b: match_ranks(a, b)[0], y_true, y_pred)
        predictions = tree.map_structure(lambda a, b: match_ranks(a, b)[1], y_true, y_pred)
        return self.fn(targets, predictions, **self._arguments)

    @classmethod
    def from_config(
        cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None
    ) -> Any:
        """The loss that `get_config` described."""
        return super().from_config(with_function(config, custom_objects), custom_objects)


def with_function(
    config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None
) -> dict[str, Any]:
    """`config` with the function itself where "fn" names one.

    Raises:
        ValueError: If there is no function of this name.
    """
    name = config.get("fn")
    if not isinstance(name, str):
        return dict(config)
    return {**config, "fn": find_object({}, name, custom_objects)}
