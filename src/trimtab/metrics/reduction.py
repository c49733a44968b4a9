"""Sums and means of values, and the metrics that are means of a function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from trimtab import losses, ops
from trimtab.core.config import keras_export
from trimtab.ir.tensor import Tensor
from trimtab.losses.base import mask_of, masked_weight, match_ranks, with_function
from trimtab.metrics.base import Metric


def samplewise(
    values: Any, sample_weight: Any, reduce: Callable[..., Tensor], dtype: str
) -> tuple[Tensor, Tensor | None]:
    """Values weighted, and reduced to one a sample; with the weights, reduced likewise.

    Args:
        values: `(batch, ...)`, or a scalar.
        sample_weight: `(batch,)`, or weights of the leading axes of the values; 1 if None.
        reduce: `ops.mean` or `ops.sum`, used over all axes but the batch.
        dtype: Type of the results.

    Raises:
        ValueError: If the weights do not fit the values.
    """
    mask = mask_of(values)
    values = ops.cast(values, dtype)
    if sample_weight is None:
        return _over_rest(values, 1, reduce), None
    weight = ops.convert_to_tensor(sample_weight, dtype=dtype)
    if mask is not None:
        weight = masked_weight(weight, mask, dtype, "sum")
    values, weight = match_ranks(values, weight)
    values = _over_rest(values, len(weight.shape), reduce)
    weight = ops.broadcast_to(weight, values.shape)
    return _over_rest(values * weight, 1, reduce), _over_rest(weight, 1, reduce)


def _over_rest(values: Tensor, kept: int, reduce: Callable[..., Tensor]) -> Tensor:
    """`values` reduced over all axes but the first `kept`."""
    rank = len(values.shape)
    return reduce(values, axis=tuple(range(kept, rank))) if rank > kept else values


@keras_export("keras.metrics.Sum")
class Sum(Metric):
    """Sum of weighted values.

    Args:
        name: Name of the metric.
        dtype: Type of the result; `floatx()` if None.

    Source: Keras 3 `keras.metrics.Sum`.
    """

    def __init__(self, name: str | None = "sum", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_variable((), "zeros", dtype=self.dtype, name="total")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Adds a batch of values, `(batch, ...)`, each times its weight."""
        values, _ = samplewise(values, sample_weight, ops.sum, self.dtype)
        self.total.assign(self.total + ops.sum(values))

    def result(self) -> Tensor:
        """The sum, a scalar."""
        return ops.cast(self.total, self.dtype)


@keras_export("keras.metrics.Mean")
class Mean(Metric):
    """Weighted mean of values; 0 before the first.

    Args:
        name: Name of the metric.
        dtype: Type of the result; `floatx()` if None.

    Source: Keras 3 `keras.metrics.Mean`.
    """

    def __init__(self, name: str | None = "mean", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_variable((), "zeros", dtype=self.dtype, name="total")
        self.count = self.add_variable((), "zeros", dtype=self.dtype, name="count")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Adds a batch of values, `(batch, ...)`, each times its weight; a scalar is one sample."""
        values, weight = samplewise(values, sample_weight, ops.mean, self.dtype)
        if weight is None:
            count: Any = float(values.shape[0]) if len(values.shape) else 1.0
        else:
            count = ops.sum(weight)
        self.total.assign(self.total + ops.sum(values))
        self.count.assign(self.count + count)

    def result(self) -> Tensor:
        """The mean, a scalar."""
        return ops.divide_no_nan(self.total, self.count)


@keras_export("keras.metrics.MeanMetricWrapper")
class MeanMetricWrapper(Mean):
    """Weighted mean of a function of targets and predictions.

    Args:
        fn: `fn(y_true, y_pred, **kwargs)`, which returns one value a sample.
        name: Name of the metric; made from the class's if None.
        dtype: Type of the result; `floatx()` if None.
        **kwargs: Further arguments of the function.

    Source: Keras 3 `keras.metrics.MeanMetricWrapper`.
    """

    def __init__(
        self, fn: Callable[..., Any], name: str | None = None, dtype: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        self._fn = fn
        self._fn_kwargs = kwargs
        if self._direction is None and losses.is_known(fn):
            self._direction = "down"

    def update_state(  # type: ignore[override]
        self, y_true: Any, y_pred: Any, sample_weight: Any = None
    ) -> None:
        """Adds a batch.

        Args:
            y_true: Targets, `(batch, ...)`.
            y_pred: Predictions. Values that their mask leaves out do not count.
            sample_weight: One weight a sample, or one a value of the function.
        """
        mask = mask_of(y_pred)
        values = self._fn(y_true, y_pred, **self._fn_kwargs)
        super().update_state(values, masked_weight(sample_weight, mask, self.dtype, "sum"))

    @classmethod
    def from_config(
        cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None
    ) -> Any:
        """The metric that `get_config` described."""
        return super().from_config(with_function(config, custom_objects), custom_objects)
