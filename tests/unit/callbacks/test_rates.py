"""Callbacks that change the learning rate."""

import numpy as np
import pytest

from trimtab import ops, optimizers
from trimtab.callbacks import LearningRateScheduler, ReduceLROnPlateau


class Model:
    metrics = ()

    def __init__(self, rate=1.0):
        self.optimizer = optimizers.SGD(rate)

    @property
    def rate(self):
        return float(self.optimizer.learning_rate)


def rates(callback, values):
    """The rate after each epoch, for the values that val_loss takes."""
    model, seen = Model(), []
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, value in enumerate(values):
        callback.on_epoch_begin(epoch)
        logs = {"val_loss": value}
        callback.on_epoch_end(epoch, logs)
        seen.append(model.rate)
    return seen


@pytest.mark.parametrize(
    ("arguments", "values", "expected"),
    [
        ({"patience": 1, "factor": 0.5}, [1, 1, 1, 0.5], [1, 0.5, 0.25, 0.25]),
        ({"patience": 2, "factor": 0.5}, [1, 1, 1, 1], [1, 1, 0.5, 0.5]),
        ({"patience": 1, "factor": 0.5, "cooldown": 2}, [1] * 6, [1, 0.5, 0.5, 0.25, 0.25, 0.125]),
        ({"patience": 1, "factor": 0.5, "min_lr": 0.4}, [1, 1, 1, 1], [1, 0.5, 0.4, 0.4]),
        ({"patience": 1, "factor": 0.5, "min_delta": 0.2}, [1, 0.9, 0.85], [1, 0.5, 0.25]),
        ({"patience": 1, "factor": 0.5, "mode": "max"}, [1, 2, 3, 3], [1, 1, 1, 0.5]),
    ],
)
def test_the_rate_shrinks_on_a_plateau(arguments, values, expected):
    np.testing.assert_allclose(rates(ReduceLROnPlateau(**arguments), values), expected, rtol=1e-6)


def test_a_factor_of_one_is_refused():
    with pytest.raises(ValueError, match="`factor` must be below 1; got 1"):
        ReduceLROnPlateau(factor=1.0)


def test_a_name_that_is_not_logged_warns():
    with pytest.warns(UserWarning, match="got 'auc'"):
        rates(ReduceLROnPlateau(monitor="auc", mode="max"), [1.0])


@pytest.mark.parametrize(
    "schedule",
    [
        lambda epoch, rate: rate * 0.5,
        lambda epoch: 0.5 ** (epoch + 1),
        lambda epoch, rate: np.float32(rate * 0.5),
        lambda epoch, rate: ops.multiply(rate, 0.5),
    ],
)
def test_a_schedule_sets_the_rate_of_each_epoch(schedule):
    np.testing.assert_allclose(
        rates(LearningRateScheduler(schedule), [0, 0, 0]), [0.5, 0.25, 0.125]
    )


def test_an_error_inside_a_schedule_is_not_swallowed():
    def broken(epoch, rate):
        raise TypeError("inside")

    with pytest.raises(TypeError, match="inside"):
        rates(LearningRateScheduler(broken), [0])


def test_a_schedule_that_gives_no_float_is_refused():
    with pytest.raises(ValueError, match="`schedule` must return a float; got 1 for epoch 0"):
        rates(LearningRateScheduler(lambda epoch: 1), [0])


def test_the_rate_is_logged():
    callback = LearningRateScheduler(lambda epoch: 0.25)
    callback.set_model(Model())
    callback.on_epoch_begin(0)
    logs = {}
    callback.on_epoch_end(0, logs)
    assert logs == {"learning_rate": 0.25}
