"""One step of each optimizer, worked by hand or by its formula in NumPy."""

import numpy as np
import pytest

from trimtab import optimizers
from trimtab.core.variable import Variable

GRADIENT = np.array([2.0, -0.5], "float32")
START = np.array([1.0, 2.0], "float32")


def after(optimizer, steps=1):
    weight = Variable(START, name="w")
    for _ in range(steps):
        optimizer.apply([GRADIENT], [weight])
    return weight.numpy()


def check(values, expected):
    np.testing.assert_allclose(values, expected, rtol=1e-5)


def test_sgd():
    check(after(optimizers.SGD(0.1)), [0.8, 2.05])


def test_sgd_with_momentum():
    # Velocities -0.2 and -0.1 - 0.2.
    check(after(optimizers.SGD(0.1, momentum=0.5), 2), [0.5, 2.125])


def test_sgd_with_nesterov():
    # Step 0.5 * -0.2 - 0.2.
    check(after(optimizers.SGD(0.1, momentum=0.5, nesterov=True)), [0.7, 2.075])


def test_first_step_of_adam_has_the_learning_rate():
    check(after(optimizers.Adam(0.1)), [0.9, 2.1])


def test_adam_after_three_steps():
    w, m, v = START.astype("float64"), 0.0, 0.0
    for t in (1, 2, 3):
        m = 0.8 * m + 0.2 * GRADIENT
        v = 0.9 * v + 0.1 * GRADIENT**2
        w = w - 0.1 * np.sqrt(1 - 0.9**t) / (1 - 0.8**t) * m / (np.sqrt(v) + 1e-3)
    check(after(optimizers.Adam(0.1, beta_1=0.8, beta_2=0.9, epsilon=1e-3), 3), w)


def test_amsgrad_keeps_the_largest_square():
    weight, optimizer = Variable(START, name="w"), optimizers.Adam(0.1, beta_2=0.5, amsgrad=True)
    optimizer.apply([GRADIENT], [weight])
    optimizer.apply([np.zeros(2, "float32")], [weight])
    check(optimizer.variables[4], GRADIENT**2 / 2)


def test_adamw_decays_before_the_update():
    # 1 - 1 * 0.5 * 0.1 - 0.1
    check(after(optimizers.AdamW(0.1, weight_decay=0.5)), [0.85, 2.0])


def test_adamw_needs_a_decay():
    with pytest.raises(ValueError, match="AdamW: `weight_decay` must be a float; got None"):
        optimizers.AdamW(weight_decay=None)


def test_rmsprop():
    # Squares 0.4 and 0.025, roots 0.6325 and 0.1581.
    check(after(optimizers.RMSprop(0.1)), START - 0.1 * GRADIENT / np.sqrt(0.1 * GRADIENT**2))


def test_centered_rmsprop_divides_by_the_variance():
    variance = 0.1 * GRADIENT**2 - (0.1 * GRADIENT) ** 2
    check(after(optimizers.RMSprop(0.1, centered=True)), START - 0.1 * GRADIENT / np.sqrt(variance))


def test_rmsprop_with_momentum_repeats_part_of_the_step():
    first = START - after(optimizers.RMSprop(0.1))
    second = 0.1 * GRADIENT / np.sqrt(0.19 * GRADIENT**2)
    expected = START - first - (0.5 * first + second)
    check(after(optimizers.RMSprop(0.1, momentum=0.5), 2), expected)


def test_adagrad():
    total = 0.1 + GRADIENT**2
    check(after(optimizers.Adagrad(0.5)), START - 0.5 * GRADIENT / np.sqrt(total))


def test_adadelta():
    square = 0.05 * GRADIENT**2
    step = np.sqrt(1e-2) / np.sqrt(square + 1e-2) * GRADIENT
    check(after(optimizers.Adadelta(1.0, epsilon=1e-2)), START - step)


def test_first_step_of_adamax_has_the_learning_rate():
    check(after(optimizers.Adamax(0.1)), [0.9, 2.1])


def test_nadam():
    u1, u2 = 0.9 * (1 - 0.5 * 0.96), 0.9 * (1 - 0.5 * 0.96**2)
    m = 0.1 * GRADIENT
    direction = u2 * m / (1 - u1 * u2) + (1 - u1) * GRADIENT / (1 - u1)
    check(after(optimizers.Nadam(0.1)), START - 0.1 * direction / np.abs(GRADIENT))


def test_lion_steps_by_the_sign():
    check(after(optimizers.Lion(0.1)), [0.9, 2.1])


def test_lion_refuses_a_beta_of_zero():
    with pytest.raises(ValueError, match=r"Lion: `beta_1` must lie in \(0, 1\]; got 0.0"):
        optimizers.Lion(beta_1=0.0)


def test_ftrl():
    total = 0.1 + GRADIENT**2
    z = GRADIENT - (np.sqrt(total) - np.sqrt(0.1)) / 0.5 * START
    quadratic = np.sqrt(total) / 0.5 + 2 * 0.3
    expected = (np.clip(z, -0.2, 0.2) - z) / quadratic
    optimizer = optimizers.Ftrl(0.5, l1_regularization_strength=0.2, l2_regularization_strength=0.3)
    check(after(optimizer), expected)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"learning_rate_power": 0.5}, "`learning_rate_power` must be <= 0; got 0.5"),
        ({"initial_accumulator_value": -1.0}, "`initial_accumulator_value` must be >= 0; got -1.0"),
        ({"l1_regularization_strength": -1.0}, "`l1_regularization_strength` must be >= 0"),
    ],
)
def test_ftrl_refuses_wrong_signs(arguments, message):
    with pytest.raises(ValueError, match=f"Ftrl: {message}"):
        optimizers.Ftrl(**arguments)


def test_lamb_steps_by_the_length_of_the_weight():
    # The update is the sign; |w| / |update| = sqrt(5) / sqrt(2).
    ratio = np.sqrt(5 / 2)
    check(after(optimizers.Lamb(0.1)), START - 0.1 * ratio * np.sign(GRADIENT))


def test_adafactor_of_a_vector():
    # g / sqrt(g**2) is the sign; rms(w) * min(0.1, 1 / sqrt(1)).
    size = np.sqrt(5 / 2) * 0.1
    check(after(optimizers.Adafactor(0.1)), START - size * np.sign(GRADIENT))


def test_adafactor_of_a_matrix_keeps_rows_and_columns():
    weight = Variable(np.ones((2, 3), "float32"), name="w")
    optimizer = optimizers.Adafactor(0.1)
    gradient = np.outer([1.0, 2.0], [1.0, 2.0, 3.0]).astype("float32")
    optimizer.apply([gradient], [weight])
    check(optimizer.variables[2], (gradient**2).mean(axis=1))
    check(optimizer.variables[3], (gradient**2).mean(axis=0))
    # A gradient of rank one is scaled to its sign.
    check(weight, np.full((2, 3), 0.9))


def test_momentum_out_of_range_is_refused():
    with pytest.raises(
        ValueError, match=r"SGD: `momentum` must be a float between \[0, 1\]; got 2.0"
    ):
        optimizers.SGD(momentum=2.0)
