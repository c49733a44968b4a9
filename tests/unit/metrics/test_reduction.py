"""Sums and means, worked by hand."""

import numpy as np

from trimtab import losses, metrics, ops
from trimtab.losses.base import set_mask


def test_mean_of_all_values():
    mean = metrics.Mean()
    mean.update_state([1.0, 2.0])
    mean.update_state([6.0])
    assert float(mean.result()) == 3.0


def test_weighted_mean_divides_by_the_weights():
    assert float(metrics.Mean()([1.0, 5.0], sample_weight=[3.0, 1.0])) == 2.0


def test_mean_before_any_update_is_zero():
    assert float(metrics.Mean().result()) == 0.0


def test_mean_of_rows_counts_samples():
    mean = metrics.Mean()
    mean.update_state([[1.0, 3.0], [5.0, 7.0]])
    assert float(mean.count) == 2.0
    assert float(mean.result()) == 4.0


def test_mean_keeps_the_exact_value_of_a_scalar():
    assert float(metrics.Mean()(7.0)) == 7.0


def test_sum_of_weighted_values():
    assert float(metrics.Sum()([1.0, 5.0], sample_weight=[3.0, 1.0])) == 8.0


def test_wrapper_is_the_mean_of_its_function():
    metric = metrics.MeanMetricWrapper(losses.huber, name="h", delta=2.0)
    assert float(metric([[0.0], [0.0]], [[3.0], [1.0]])) == (4.0 + 0.5) / 2


def test_wrapper_of_a_loss_is_better_when_lower():
    assert metrics.MeanMetricWrapper(losses.huber)._direction == "down"


def test_wrapper_of_another_function_has_no_direction():
    assert metrics.MeanMetricWrapper(lambda y_true, y_pred: y_pred)._direction is None


def test_wrapper_survives_its_configuration():
    metric = metrics.MeanMetricWrapper(losses.huber, name="h", delta=2.0)
    copy = metrics.deserialize(metrics.serialize(metric))
    assert float(copy([[0.0]], [[3.0]])) == 4.0


def test_masked_samples_do_not_count():
    predictions = ops.convert_to_tensor([[1.0], [5.0]])
    set_mask(predictions, ops.convert_to_tensor([True, False]))
    assert float(metrics.MeanAbsoluteError()([[0.0], [0.0]], predictions)) == 1.0


def test_float64_metric_counts_in_float64():
    metric = metrics.Mean(dtype="float64")
    metric.update_state(np.array([1.0]))
    assert metric.result().dtype == "float64"
