"""What all optimizers share: arguments, order of a step, errors, configuration."""

import numpy as np
import pytest

from trimtab import constraints, ops, optimizers
from trimtab.core.variable import Variable
from trimtab.optimizers import schedules


def weight(values=(1.0, 2.0), name="w"):
    return Variable(np.array(values, "float32"), name=name)


def check(tensor, expected):
    np.testing.assert_allclose(np.asarray(tensor), expected, rtol=1e-6, atol=1e-7)


def test_first_call_builds_the_optimizer():
    optimizer = optimizers.SGD(0.5)
    optimizer.apply([np.ones(2, "float32")], [weight()])
    assert optimizer.built


def test_apply_gradients_takes_pairs_and_returns_the_counter():
    w = weight()
    iteration = optimizers.SGD(0.5).apply_gradients([(np.ones(2, "float32"), w)])
    check(w, [0.5, 1.5])
    assert int(iteration) == 1


def test_weight_decay_comes_before_the_update():
    w = weight()
    optimizers.SGD(0.5, weight_decay=0.2).apply([np.ones(2, "float32")], [w])
    # w - w * 0.2 * 0.5 - 0.5
    check(w, [0.4, 1.3])


def test_excluded_weights_do_not_decay():
    kernel, bias = weight(name="kernel"), weight(name="bias")
    optimizer = optimizers.SGD(0.5, weight_decay=0.2)
    optimizer.exclude_from_weight_decay(var_list=[kernel], var_names=["bi.s"])
    optimizer.apply([np.zeros(2, "float32")] * 2, [kernel, bias])
    check(kernel, [1.0, 2.0])
    check(bias, [1.0, 2.0])


def test_clipnorm_is_of_each_weight():
    first, second = weight((0.0, 0.0)), weight((0.0, 0.0))
    gradients = [np.array([3.0, 4.0], "float32"), np.array([0.0, 0.5], "float32")]
    optimizers.SGD(1.0, clipnorm=1.0).apply(gradients, [first, second])
    check(first, [-0.6, -0.8])
    check(second, [0.0, -0.5])


def test_global_clipnorm_is_of_all_weights():
    first, second = weight((0.0, 0.0)), weight((0.0, 0.0))
    gradients = [np.array([3.0, 0.0], "float32"), np.array([0.0, 4.0], "float32")]
    optimizers.SGD(1.0, global_clipnorm=1.0).apply(gradients, [first, second])
    check(first, [-0.6, 0.0])
    check(second, [0.0, -0.8])


def test_clipvalue_is_of_each_element():
    w = weight((0.0, 0.0))
    optimizers.SGD(1.0, clipvalue=0.5).apply([np.array([3.0, -0.25], "float32")], [w])
    check(w, [-0.5, 0.25])


def test_gradients_are_divided_by_the_loss_scale():
    w = weight((0.0, 0.0))
    optimizer = optimizers.SGD(1.0, loss_scale_factor=4.0)
    assert float(optimizer.scale_loss(2.0)) == 8.0
    optimizer.apply([np.array([4.0, 8.0], "float32")], [w])
    check(w, [-1.0, -2.0])


def test_accumulated_gradients_make_one_update_of_their_mean():
    w = weight((0.0, 0.0))
    optimizer = optimizers.SGD(1.0, gradient_accumulation_steps=2)
    optimizer.apply([np.array([1.0, 2.0], "float32")], [w])
    check(w, [0.0, 0.0])
    optimizer.apply([np.array([3.0, 4.0], "float32")], [w])
    check(w, [-2.0, -3.0])
    assert int(optimizer.iterations) == 1


def test_average_replaces_the_weights_at_its_frequency():
    w = weight((0.0, 0.0))
    optimizer = optimizers.SGD(1.0, use_ema=True, ema_momentum=0.75, ema_overwrite_frequency=2)
    for _ in range(2):
        optimizer.apply([np.array([-4.0, -8.0], "float32")], [w])
    # Averages: 4 and then 0.75 * 4 + 0.25 * 8.
    check(w, [5.0, 10.0])


def test_average_becomes_the_weights_at_the_end():
    w = weight((0.0, 0.0))
    optimizer = optimizers.SGD(1.0, use_ema=True, ema_momentum=0.75)
    for _ in range(2):
        optimizer.apply([np.array([-4.0, -8.0], "float32")], [w])
    check(w, [8.0, 16.0])
    optimizer.finalize_variable_values([w])
    check(w, [5.0, 10.0])


def test_constraint_comes_last():
    w = weight()
    w.constraint = constraints.NonNeg()
    optimizers.SGD(1.5).apply([np.ones(2, "float32")], [w])
    check(w, [0.0, 0.5])


def test_marked_weight_takes_its_gradient():
    w = weight()
    w.overwrite_with_gradient = True
    optimizer = optimizers.Adam()
    optimizer.apply([np.array([7.0, 8.0], "float32")], [w])
    check(w, [7.0, 8.0])
    assert len(optimizer.variables) == 2


def test_weight_without_gradient_stays_and_is_warned_of():
    first, second = weight(), weight(name="frozen")
    with pytest.warns(UserWarning, match=r"no gradient for the variables \['frozen'\]"):
        optimizers.SGD(1.0).apply([np.ones(2, "float32"), None], [first, second])
    check(second, [1.0, 2.0])


def test_no_gradient_at_all_is_refused():
    with pytest.raises(ValueError, match="SGD: No gradients provided for any variable"):
        optimizers.SGD(1.0).apply([None], [weight()])


def test_empty_list_of_gradients_does_nothing():
    optimizer = optimizers.SGD(1.0)
    optimizer.apply([])
    assert int(optimizer.iterations) == 0


def test_gradients_alone_need_a_built_optimizer():
    with pytest.raises(ValueError, match="must be built to apply gradients without"):
        optimizers.SGD(1.0).apply([np.ones(2)])


def test_another_number_of_gradients_is_refused():
    optimizer = optimizers.SGD(1.0)
    optimizer.build([weight(), weight()])
    with pytest.raises(ValueError, match="one gradient for each of the 2 variables; got 1"):
        optimizer.apply([np.ones(2)])


def test_unknown_variable_is_refused():
    optimizer = optimizers.SGD(1.0)
    optimizer.build([weight()])
    with pytest.raises(ValueError, match=r"unknown variable other: .* call compile\(\) again"):
        optimizer.apply([np.ones(2)], [weight(name="other")])


def test_learning_rate_is_a_variable_that_can_be_set():
    optimizer = optimizers.SGD(0.5)
    optimizer.learning_rate = 0.25
    assert float(optimizer.learning_rate) == 0.25
    assert optimizer.get_config()["learning_rate"] == 0.25


def test_learning_rate_in_the_configuration_is_that_of_float32():
    assert optimizers.Adam().get_config()["learning_rate"] == 0.0010000000474974513


def test_whole_number_as_learning_rate_is_refused():
    with pytest.raises(ValueError, match="SGD: `learning_rate` must be a float.*got 1"):
        optimizers.SGD(1)


def test_schedule_gives_the_rate_of_each_step():
    w = weight((0.0, 0.0))
    optimizer = optimizers.SGD(schedules.PiecewiseConstantDecay([0], [1.0, 0.5]))
    for _ in range(2):
        optimizer.apply([np.ones(2, "float32")], [w])
    check(w, [-1.5, -1.5])


def test_schedule_cannot_be_set_to_a_number():
    optimizer = optimizers.SGD(schedules.CosineDecay(0.1, 10))
    with pytest.raises(TypeError, match="is a schedule or callable and cannot be set.*got 0.5"):
        optimizer.learning_rate = 0.5


def test_number_can_be_set_to_a_schedule():
    optimizer = optimizers.SGD(0.5)
    optimizer.learning_rate = schedules.CosineDecay(0.25, 10)
    assert float(optimizer.learning_rate) == 0.25
    assert [v.name for v in optimizer.variables] == ["iteration"]


def test_callable_gives_the_rate():
    w = weight((0.0, 0.0))
    optimizers.SGD(lambda: 0.5).apply([np.ones(2, "float32")], [w])
    check(w, [-0.5, -0.5])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"clipnorm": 1.0, "clipvalue": 1.0}, "Only one of `clipnorm`, `clipvalue`"),
        ({"gradient_accumulation_steps": 1}, "must be an integer >= 2 or None; got 1"),
        ({"use_ema": True, "ema_momentum": 1.5}, r"`ema_momentum` must lie in \[0, 1\]; got 1.5"),
        ({"use_ema": True, "ema_overwrite_frequency": 0}, "must be an integer >= 1 or None; got 0"),
        ({"lr": 0.1}, "SGD: `lr` is now `learning_rate`"),
        ({"weight_decai": 0.1}, "unknown argument 'weight_decai'. Did you mean \"weight_decay\"?"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        optimizers.SGD(**arguments)


def test_decay_is_ignored_with_a_warning():
    with pytest.warns(UserWarning, match="`decay` is ignored; give a LearningRateSchedule"):
        optimizer = optimizers.SGD(decay=0.1)
    assert "decay" not in optimizer.get_config()


class Plain(optimizers.Optimizer):
    def __init__(self, learning_rate=0.5, bonus=1.0, **kwargs):
        super().__init__(learning_rate, **kwargs)
        self.bonus = bonus

    def update_step(self, gradient, variable, learning_rate):
        self.assign_sub(variable, ops.multiply(gradient, learning_rate) * self.bonus)


def test_subclass_overrides_update_step():
    w = weight((0.0, 0.0))
    Plain(bonus=2.0).apply([np.ones(2, "float32")], [w])
    check(w, [-1.0, -1.0])


def test_subclass_is_rebuilt_from_its_signature():
    copy = Plain.from_config(Plain(bonus=2.0, clipnorm=3.0).get_config())
    assert (copy.bonus, copy.clipnorm, float(copy.learning_rate)) == (2.0, 3.0, 0.5)


def test_base_refuses_to_step():
    with pytest.raises(NotImplementedError, match="must override `update_step`"):
        optimizers.Optimizer(0.5).apply([np.ones(2)], [weight()])


def test_name_is_read_in_any_case():
    assert isinstance(optimizers.get("RMSProp"), optimizers.RMSprop)


def test_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match="unknown name 'adamm'. Did you mean \"adam\"?"):
        optimizers.get("adamm")


def test_class_is_refused():
    with pytest.raises(ValueError, match="must be a name, a configuration or an Optimizer"):
        optimizers.get(optimizers.SGD)


def test_custom_optimizer_is_read_from_its_configuration():
    config = optimizers.serialize(Plain(bonus=3.0))
    assert optimizers.deserialize(config, {"Plain": Plain}).bonus == 3.0
