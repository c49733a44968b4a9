"""Intersection over union, worked by hand."""

import numpy as np
import pytest

from trimtab import metrics

TRUE = np.array([0, 0, 1, 1])
PREDICTED = np.array([0, 1, 0, 1])


def check(value, expected):
    np.testing.assert_allclose(float(value), expected, rtol=1e-5)


def test_one_class():
    # Hit 1, union 3.
    check(metrics.IoU(2, [0])(TRUE, PREDICTED), 1 / 3)


def test_mean_leaves_absent_classes_out():
    check(metrics.MeanIoU(5)(TRUE, PREDICTED), 1 / 3)


def test_labels_out_of_range_do_not_count():
    check(metrics.MeanIoU(2)([0, 7, 1, -1], [0, 0, 1, 1]), 1.0)


def test_ignored_class_does_not_count():
    check(metrics.MeanIoU(3, ignore_class=2)([0, 1, 2], [0, 1, 0]), 1.0)


def test_float_weights_need_a_float_metric():
    metric = metrics.IoU(2, [0, 1], dtype="float32")
    # Class 0: 0.3 of 0.9, class 1: 0.1 of 0.7.
    value = metric(TRUE, PREDICTED, sample_weight=[0.3, 0.3, 0.3, 0.1])
    check(value, (0.3 / 0.9 + 0.1 / 0.7) / 2)


def test_float_weights_of_an_integer_metric_are_warned_of():
    with pytest.warns(UserWarning, match="counted as int32, which cuts off fractions"):
        metrics.IoU(2, [0])(TRUE, PREDICTED, sample_weight=[0.5, 1.5, 1.5, 1.5])


def test_binary_threshold_is_inclusive():
    metric = metrics.BinaryIoU([1], threshold=0.5)
    check(metric([0, 1], [0.4, 0.5]), 1.0)


def test_one_hot_labels_and_scores():
    metric = metrics.OneHotMeanIoU(2)
    check(metric(np.eye(2)[TRUE], np.eye(2)[PREDICTED]), 1 / 3)


def test_images_count_every_cell():
    check(metrics.IoU(2, [1])(TRUE.reshape(2, 2), PREDICTED.reshape(2, 2)), 1 / 3)


def test_target_out_of_range_is_refused():
    with pytest.raises(ValueError, match=r"must lie in \[0, 2\); got \[2\]"):
        metrics.IoU(2, [2])
