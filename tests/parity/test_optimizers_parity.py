"""Every optimizer and schedule beside Keras 3's, over several steps."""

import keras
import numpy as np
import pytest

from trimtab import constraints, optimizers
from trimtab.core import tracing
from trimtab.core.tracing import CompiledStep
from trimtab.core.variable import Variable
from trimtab.optimizers import schedules

RNG = np.random.default_rng(11)
WEIGHTS = [RNG.normal(size=(3, 2)).astype("float32"), RNG.normal(size=(2,)).astype("float32")]
# Elements of very different size, and some zeros: what divides by a norm shows here.
GRADIENTS = [
    [np.round(RNG.normal(size=w.shape) * 3, 0).astype("float32") / 4 for w in WEIGHTS]
    for _ in range(4)
]

CASES = {
    "Adadelta": [{}, {"learning_rate": 1.0, "rho": 0.8, "epsilon": 1e-4}],
    "Adafactor": [{}, {"learning_rate": 0.5, "relative_step": False, "clip_threshold": 0.5}],
    "Adagrad": [{}, {"learning_rate": 0.1, "initial_accumulator_value": 0.3, "epsilon": 1e-3}],
    "Adam": [
        {},
        {"learning_rate": 0.1, "beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-3, "amsgrad": True},
        {"weight_decay": 0.1, "clipnorm": 0.5},
        {"use_ema": True, "ema_momentum": 0.6, "ema_overwrite_frequency": 2},
        {"gradient_accumulation_steps": 2, "learning_rate": 0.1},
        {
            "gradient_accumulation_steps": 3,
            "use_ema": True,
            "global_clipnorm": 0.3,
            "weight_decay": 0.2,
        },
        {"loss_scale_factor": 8.0},
    ],
    "AdamW": [{}, {"learning_rate": 0.1, "weight_decay": 0.3}],
    "Adamax": [{}, {"learning_rate": 0.1, "beta_1": 0.5, "beta_2": 0.7}],
    "Ftrl": [
        {},
        {
            "learning_rate": 0.1,
            "learning_rate_power": -0.7,
            "l1_regularization_strength": 0.05,
            "l2_regularization_strength": 0.1,
            "l2_shrinkage_regularization_strength": 0.2,
            "beta": 0.3,
        },
    ],
    "Lamb": [{}, {"learning_rate": 0.1, "beta_1": 0.5, "epsilon": 1e-3}],
    "Lion": [{}, {"learning_rate": 0.1, "beta_1": 0.5, "beta_2": 0.7}],
    "Muon": [
        {},
        {"learning_rate": 0.1, "momentum": 0.5, "nesterov": False, "rms_rate": None, "ns_steps": 2},
        {"learning_rate": 0.1, "exclude_layers": ["ker"], "adam_lr_ratio": 0.5, "adam_beta_1": 0.5},
        {"weight_decay": None, "adam_weight_decay": 0.2, "gradient_accumulation_steps": 2},
    ],
    "Nadam": [{}, {"learning_rate": 0.1, "beta_1": 0.5, "beta_2": 0.7, "epsilon": 1e-3}],
    "RMSprop": [
        {},
        {"learning_rate": 0.1, "rho": 0.5, "momentum": 0.4, "centered": True, "epsilon": 1e-3},
    ],
    "ScheduleFreeAdamW": [
        {},
        {"learning_rate": 0.1, "beta_1": 0.6, "beta_2": 0.7, "epsilon": 1e-3, "warmup_steps": 3},
        {"weight_decay": 0.2, "gradient_accumulation_steps": 2, "use_ema": True},
    ],
    "SGD": [
        {},
        {"momentum": 0.9},
        {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1},
        {"clipvalue": 0.4},
        {"clipnorm": 0.4},
        {"global_clipnorm": 0.4},
        {"use_ema": True, "ema_momentum": 0.5},
        {"gradient_accumulation_steps": 2, "momentum": 0.5},
    ],
}
# The base, and what other optimizers are in: they have tests of their own.
APART = {"Optimizer", "LossScaleOptimizer", "MultiOptimizer", "OptimizerMap"}
NAMES = sorted({cls.__name__ for cls in optimizers._CLASSES} - APART)
ALL = [(name, arguments) for name in NAMES for arguments in CASES.get(name, [])]


def close(ours, theirs):
    np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), rtol=2e-5, atol=2e-6)


def all_close(ours, theirs):
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        close(a, b)


def variables_of(make):
    return [make(w, name=n) for w, n in zip(WEIGHTS, ("kernel", "bias"), strict=True)]


def pair(name, arguments):
    ours = getattr(optimizers, name)(**arguments)
    theirs = getattr(keras.optimizers, name)(**arguments)
    return ours, variables_of(Variable), theirs, variables_of(keras.Variable)


def test_every_optimizer_has_a_case():
    assert sorted(CASES) == NAMES


@pytest.mark.parametrize(("name", "arguments"), ALL)
def test_weights_and_slots_equal_keras_after_each_step(name, arguments):
    ours, our_weights, theirs, their_weights = pair(name, arguments)
    for gradients in GRADIENTS:
        ours.apply(gradients, our_weights)
        theirs.apply([keras.ops.convert_to_tensor(g) for g in gradients], their_weights)
        all_close(our_weights, their_weights)
    all_close(ours.variables, theirs.variables)


@pytest.mark.parametrize(("name", "arguments"), ALL)
def test_variables_are_those_of_keras(name, arguments):
    ours, our_weights, theirs, their_weights = pair(name, {**arguments, "name": "o"})
    ours.build(our_weights)
    theirs.build(their_weights)
    described = [(v.shape, v.dtype) for v in ours.variables]
    assert described == [(tuple(v.shape), v.dtype) for v in theirs.variables]


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"Nadam", "Adafactor"}))
def test_paths_of_variables_are_those_of_keras(name):
    # Keras gives one variable of Nadam's, and two of Adafactor's, a path of no optimizer.
    ours, our_weights, theirs, their_weights = pair(name, {**CASES[name][-1], "name": "o"})
    ours.build(our_weights)
    theirs.build(their_weights)
    assert [v.path for v in ours.variables] == [v.path for v in theirs.variables]


@pytest.mark.parametrize(("name", "arguments"), ALL)
def test_configuration_is_that_of_keras(name, arguments):
    ours, _, theirs, _ = pair(name, {**arguments, "name": "o"})
    assert optimizers.serialize(ours) == keras.optimizers.serialize(theirs)


@pytest.mark.parametrize(("name", "arguments"), ALL)
def test_we_rebuild_keras_configuration(name, arguments):
    _, _, theirs, _ = pair(name, arguments)
    ours = optimizers.deserialize(keras.optimizers.serialize(theirs))
    assert ours.get_config() == theirs.get_config()


@pytest.mark.parametrize(("name", "arguments"), ALL)
def test_traced_step_equals_eager(name, arguments):
    eager, traced = getattr(optimizers, name)(**arguments), getattr(optimizers, name)(**arguments)
    eager_weights, traced_weights = variables_of(Variable), variables_of(Variable)
    traced.build(traced_weights)
    before = tracing.engine_name()
    tracing.set_engine("reference")
    step = CompiledStep(lambda *gradients: traced.apply(gradients, traced_weights))
    for gradients in GRADIENTS:
        eager.apply(gradients, eager_weights)
        step(*gradients)
    tracing.set_engine(before)
    all_close(traced_weights, eager_weights)
    all_close(traced.variables, eager.variables)


@pytest.mark.parametrize(("name", "arguments"), ALL)
def test_stateless_step_equals_a_step(name, arguments):
    optimizer = getattr(optimizers, name)(**arguments)
    weights = variables_of(Variable)
    optimizer.build(weights)
    start = [v.numpy().copy() for v in optimizer.variables]
    new_weights, new_state = optimizer.stateless_apply(start, GRADIENTS[0], WEIGHTS)
    all_close(weights, WEIGHTS)
    optimizer.apply(GRADIENTS[0])
    all_close(new_weights, weights)
    all_close(new_state, optimizer.variables)


def test_average_becomes_the_weights_as_in_keras():
    ours, our_weights, theirs, their_weights = pair("SGD", {"use_ema": True, "ema_momentum": 0.5})
    for gradients in GRADIENTS:
        ours.apply(gradients, our_weights)
        theirs.apply([keras.ops.convert_to_tensor(g) for g in gradients], their_weights)
    ours.finalize_variable_values(our_weights)
    theirs.finalize_variable_values(their_weights)
    all_close(our_weights, their_weights)


def test_excluded_weights_do_not_decay_as_in_keras():
    ours, our_weights, theirs, their_weights = pair("SGD", {"weight_decay": 0.5})
    ours.exclude_from_weight_decay(var_names=["bias"])
    theirs.exclude_from_weight_decay(var_names=["bias"])
    ours.apply(GRADIENTS[0], our_weights)
    theirs.apply([keras.ops.convert_to_tensor(g) for g in GRADIENTS[0]], their_weights)
    all_close(our_weights, their_weights)


def test_constraint_is_applied_after_the_step_as_in_keras():
    ours, our_weights, theirs, their_weights = pair("SGD", {"learning_rate": 0.5})
    our_weights[0].constraint = constraints.MaxNorm(0.5)
    their_weights[0].constraint = keras.constraints.MaxNorm(0.5)
    ours.apply(GRADIENTS[0], our_weights)
    theirs.apply([keras.ops.convert_to_tensor(g) for g in GRADIENTS[0]], their_weights)
    all_close(our_weights, their_weights)


def test_loss_scale_follows_finite_and_infinite_gradients_as_keras():
    arguments = {"initial_scale": 8.0, "dynamic_growth_steps": 2}
    ours = optimizers.LossScaleOptimizer(optimizers.Adam(0.1), **arguments)
    theirs = keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.1), **arguments)
    our_weights, their_weights = variables_of(Variable), variables_of(keras.Variable)
    theirs.build(their_weights)
    # On JAX, Keras's own `apply` of this optimizer works inside a compiled function only.
    values = [v.value for v in their_weights]
    state = [v.value for v in theirs.variables]
    infinite = [np.full_like(g, np.inf) for g in GRADIENTS[0]]
    for gradients in [GRADIENTS[0], GRADIENTS[1], infinite, *GRADIENTS[2:], infinite]:
        ours.apply(gradients, our_weights)
        tensors = [keras.ops.convert_to_tensor(g) for g in gradients]
        values, state = theirs.stateless_apply(state, tensors, values)
        all_close(our_weights, values)
        all_close(ours.variables, state)


def test_loss_scale_configuration_is_that_of_keras():
    ours = optimizers.LossScaleOptimizer(optimizers.SGD(name="s"), name="o")
    theirs = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(name="s"), name="o")
    assert optimizers.serialize(ours) == keras.optimizers.serialize(theirs)


def test_we_rebuild_the_loss_scale_configuration_of_keras():
    theirs = keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.25), initial_scale=4.0)
    ours = optimizers.deserialize(keras.optimizers.serialize(theirs))
    assert ours.get_config() == theirs.get_config()


SCHEDULES = {
    "CosineDecay": [
        {"initial_learning_rate": 0.1, "decay_steps": 10, "alpha": 0.2},
        {"initial_learning_rate": 0.0, "decay_steps": 10, "warmup_target": 0.3, "warmup_steps": 5},
    ],
    "CosineDecayRestarts": [
        {"initial_learning_rate": 0.1, "first_decay_steps": 5},
        {
            "initial_learning_rate": 0.1,
            "first_decay_steps": 5,
            "t_mul": 1.0,
            "m_mul": 0.5,
            "alpha": 0.1,
        },
        {"initial_learning_rate": 0.1, "first_decay_steps": 3, "t_mul": 1.5, "m_mul": 0.8},
    ],
    "ExponentialDecay": [
        {"initial_learning_rate": 0.1, "decay_steps": 4, "decay_rate": 0.5},
        {"initial_learning_rate": 0.1, "decay_steps": 4, "decay_rate": 0.5, "staircase": True},
    ],
    "InverseTimeDecay": [
        {"initial_learning_rate": 0.1, "decay_steps": 4, "decay_rate": 0.5},
        {"initial_learning_rate": 0.1, "decay_steps": 4, "decay_rate": 0.5, "staircase": True},
    ],
    "PiecewiseConstantDecay": [{"boundaries": [3, 7], "values": [1.0, 0.5, 0.1]}],
    "PolynomialDecay": [
        {"initial_learning_rate": 0.1, "decay_steps": 6, "power": 2.0},
        {"initial_learning_rate": 0.1, "decay_steps": 6, "cycle": True},
    ],
}
SCHEDULE_NAMES = sorted(
    cls.__name__ for cls in schedules._CLASSES if cls is not schedules.LearningRateSchedule
)
ALL_SCHEDULES = [(n, arguments) for n in SCHEDULE_NAMES for arguments in SCHEDULES.get(n, [])]


def test_every_schedule_has_a_case():
    assert sorted(SCHEDULES) == SCHEDULE_NAMES


@pytest.mark.parametrize(("name", "arguments"), ALL_SCHEDULES)
def test_schedule_equals_keras(name, arguments):
    ours = getattr(schedules, name)(**arguments)
    theirs = getattr(keras.optimizers.schedules, name)(**arguments)
    steps = [0, 3, 4, 5, 7, 10, 16]
    close([float(ours(s)) for s in steps], [float(theirs(s)) for s in steps])


@pytest.mark.parametrize(("name", "arguments"), ALL_SCHEDULES)
def test_schedule_configuration_is_that_of_keras(name, arguments):
    ours = getattr(schedules, name)(**arguments)
    theirs = getattr(keras.optimizers.schedules, name)(**arguments)
    assert schedules.serialize(ours) == keras.optimizers.schedules.serialize(theirs)


@pytest.mark.parametrize(("name", "arguments"), ALL_SCHEDULES)
def test_optimizer_follows_its_schedule_as_in_keras(name, arguments):
    ours = optimizers.SGD(getattr(schedules, name)(**arguments))
    theirs = keras.optimizers.SGD(getattr(keras.optimizers.schedules, name)(**arguments))
    our_weights, their_weights = variables_of(Variable), variables_of(keras.Variable)
    for gradients in GRADIENTS:
        ours.apply(gradients, our_weights)
        theirs.apply([keras.ops.convert_to_tensor(g) for g in gradients], their_weights)
    all_close(our_weights, their_weights)
    all_close(ours.variables, theirs.variables)


def test_names_are_those_of_keras():
    accepted = set(keras.src.optimizers.ALL_OBJECTS_DICT)
    assert accepted <= set(optimizers._IDENTIFIERS.names)


@pytest.mark.parametrize("steps", [None, 2, 3])
def test_a_weight_that_takes_its_gradient_does_so_as_in_keras(steps):
    arguments = {"gradient_accumulation_steps": steps, "loss_scale_factor": 4.0}
    ours, our_weights, theirs, their_weights = pair("SGD", {"learning_rate": 0.5, **arguments})
    our_weights[1].overwrite_with_gradient = their_weights[1].overwrite_with_gradient = True
    for gradients in GRADIENTS:
        ours.apply(gradients, our_weights)
        theirs.apply([keras.ops.convert_to_tensor(g) for g in gradients], their_weights)
        all_close(our_weights, their_weights)
        all_close(ours.variables, theirs.variables)
