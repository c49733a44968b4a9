"""Dynamic loss scaling, worked by hand."""

import numpy as np
import pytest

from trimtab import optimizers
from trimtab.core.variable import Variable


def built(**arguments):
    optimizer = optimizers.LossScaleOptimizer(optimizers.SGD(1.0), **arguments)
    weight = Variable(np.zeros(2, "float32"), name="w")
    optimizer.build([weight])
    return optimizer, weight


def test_gradients_are_divided_by_the_scale():
    optimizer, weight = built(initial_scale=4.0)
    assert float(optimizer.scale_loss(2.0)) == 8.0
    optimizer.apply([np.array([4.0, -8.0], "float32")])
    np.testing.assert_array_equal(weight, [-1.0, 2.0])


def test_step_that_is_not_finite_is_left_out_and_halves_the_scale():
    optimizer, weight = built(initial_scale=4.0)
    optimizer.apply([np.array([np.inf, 1.0], "float32")])
    np.testing.assert_array_equal(weight, [0.0, 0.0])
    assert float(optimizer.dynamic_scale) == 2.0
    assert int(optimizer.iterations) == 0


def test_finite_steps_in_a_row_double_the_scale():
    optimizer, _ = built(initial_scale=4.0, dynamic_growth_steps=2)
    for _ in range(2):
        optimizer.apply([np.ones(2, "float32")])
    assert float(optimizer.dynamic_scale) == 8.0
    assert int(optimizer.step_counter) == 0


def test_learning_rate_is_that_of_the_inner_optimizer():
    optimizer, _ = built()
    optimizer.learning_rate = 0.5
    assert float(optimizer.inner_optimizer.learning_rate) == 0.5


def test_scale_of_an_unbuilt_optimizer_is_the_initial_one():
    optimizer = optimizers.LossScaleOptimizer(optimizers.SGD(), initial_scale=16.0)
    assert optimizer.scale_loss(1.0) == 16.0


def test_defaults_of_shared_arguments_are_accepted():
    optimizers.LossScaleOptimizer(optimizers.SGD(), clipnorm=None, use_ema=False)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"clipnorm": 1.0}, "`clipnorm` must be set on the `inner_optimizer`; got 1.0"),
        ({"dynamic": False}, "`dynamic` must be True; got False"),
        ({"speed": 3}, "`speed` must be set on the `inner_optimizer`; got 3"),
    ],
)
def test_other_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        optimizers.LossScaleOptimizer(optimizers.SGD(), **arguments)
