"""Learning rate schedules, worked by hand."""

import numpy as np
import pytest

from trimtab.optimizers import schedules


def rates(schedule, steps):
    return [float(schedule(step)) for step in steps]


def test_exponential_decay():
    schedule = schedules.ExponentialDecay(1.0, 10, 0.25)
    np.testing.assert_allclose(rates(schedule, [0, 5, 10]), [1.0, 0.5, 0.25], rtol=1e-6)


def test_exponential_stairs():
    schedule = schedules.ExponentialDecay(1.0, 10, 0.25, staircase=True)
    np.testing.assert_allclose(rates(schedule, [9, 10]), [1.0, 0.25], rtol=1e-6)


def test_inverse_time_decay():
    schedule = schedules.InverseTimeDecay(1.0, 10, 0.5)
    np.testing.assert_allclose(rates(schedule, [0, 20]), [1.0, 0.5], rtol=1e-6)


def test_polynomial_decay_stays_at_its_end():
    schedule = schedules.PolynomialDecay(1.0, 10, end_learning_rate=0.2, power=2.0)
    np.testing.assert_allclose(rates(schedule, [5, 10, 99]), [0.4, 0.2, 0.2], rtol=1e-6)


def test_polynomial_cycle_rises_again():
    schedule = schedules.PolynomialDecay(1.0, 10, end_learning_rate=0.0, cycle=True)
    np.testing.assert_allclose(rates(schedule, [0, 10, 15]), [1.0, 0.0, 0.25], atol=1e-6)


def test_piecewise_boundary_belongs_to_the_earlier_piece():
    schedule = schedules.PiecewiseConstantDecay([2, 4], [1.0, 0.5, 0.25])
    assert rates(schedule, range(6)) == [1.0, 1.0, 1.0, 0.5, 0.5, 0.25]


def test_piecewise_needs_one_value_more():
    with pytest.raises(ValueError, match="got 2 values and 2 boundaries"):
        schedules.PiecewiseConstantDecay([1, 2], [1.0, 0.5])


def test_cosine_decay_to_its_floor():
    schedule = schedules.CosineDecay(1.0, 10, alpha=0.2)
    np.testing.assert_allclose(rates(schedule, [0, 5, 10, 99]), [1.0, 0.6, 0.2, 0.2], rtol=1e-6)


def test_cosine_warmup_is_a_straight_line():
    schedule = schedules.CosineDecay(0.2, 10, warmup_target=1.0, warmup_steps=4)
    np.testing.assert_allclose(rates(schedule, [0, 2, 4, 9]), [0.2, 0.6, 1.0, 0.5], rtol=1e-6)


def test_restarts_double_in_length():
    schedule = schedules.CosineDecayRestarts(1.0, 4, m_mul=0.5)
    # Restarts at 4 and 12; half-way at 2 and 8.
    expected = [1.0, 0.5, 0.5, 0.25, 0.25]
    np.testing.assert_allclose(rates(schedule, [0, 2, 4, 8, 12]), expected, rtol=1e-5)


@pytest.mark.parametrize(
    "make",
    [
        lambda: schedules.ExponentialDecay(1.0, 0, 0.5),
        lambda: schedules.InverseTimeDecay(1.0, 0, 0.5),
        lambda: schedules.PolynomialDecay(1.0, 0),
        lambda: schedules.CosineDecay(1.0, 0),
        lambda: schedules.CosineDecayRestarts(1.0, 0),
    ],
)
def test_no_steps_are_refused(make):
    with pytest.raises(ValueError, match="decay_steps` must be > 0; got 0"):
        make()


def test_base_refuses_to_be_called():
    with pytest.raises(NotImplementedError, match="a schedule must override `__call__"):
        schedules.LearningRateSchedule()(0)


def test_schedule_survives_its_configuration():
    schedule = schedules.CosineDecay(0.2, 10, warmup_target=1.0, warmup_steps=4)
    copy = schedules.deserialize(schedules.serialize(schedule))
    assert copy.get_config() == schedule.get_config()


def test_configuration_without_module_is_read():
    config = {
        "class_name": "ExponentialDecay",
        "config": {"initial_learning_rate": 0.5, "decay_steps": 10, "decay_rate": 0.5},
    }
    assert float(schedules.deserialize(config)(0)) == 0.5
