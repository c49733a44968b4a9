"""Faults for the rules of `health`, each with a clean twin."""

from __future__ import annotations

import numpy as np
from planted_registry import bn, chain, labels, normal, one_hot, plant

from trimtab import Input, Model, layers, optimizers, utils
from trimtab.batchnorm import fold, health, recalibrate

ROWS = 1024


def task(rows=ROWS, seed=0):
    """Two classes that a small network tells apart; inputs of mean 2 and deviation 3."""
    x = normal(rows, 8, seed=seed)
    y = one_hot((x[:, 0] * x[:, 1] + 0.5 * x[:, 2] > 0).astype(int))
    return (3 * x + 2).astype(np.float32), y


def classifier(activation="relu", momentum=0.9, before=(), after=(), **norm):
    """A network with one normalisation, seeded."""
    utils.set_random_seed(0)
    model = chain(
        layers.Dense(32, name="hidden"),
        *before,
        bn(momentum=momentum, **norm),
        layers.Activation(activation),
        *after,
        layers.Dense(2, activation="softmax"),
    )
    model.compile(optimizers.Adam(0.01), "categorical_crossentropy")
    return model


def trained(epochs=8, rows=ROWS, **arguments):
    model = classifier(**arguments)
    x, y = task(rows)
    model.fit(x, y, epochs=epochs, verbose=0)
    return model


def measured(model, code, **arguments):
    x, y = task()
    return health(model, x, y, select=[code], **arguments)


@plant("BH401", "error", "bn")
def a_loop_without_training_true(is_faulty):
    model = classifier()
    x, y = task()
    if is_faulty:
        # The optimizer's steps alone, as in a loop that calls model(x).
        model.optimizer.build(model.trainable_variables)
        model.optimizer.apply([np.ones(v.shape, "float32") for v in model.trainable_variables])
    else:
        model.fit(x, y, verbose=0)
    return measured(model, "BH401")


@plant("BH402", "error", "bn")
def too_few_updates(is_faulty):
    return measured(trained(epochs=2 if is_faulty else 20, momentum=0.99), "BH402")


@plant("BH403", "error", "bn")
def statistics_of_other_data(is_faulty):
    model = trained()
    if is_faulty:
        model.get_layer("bn").moving_mean.assign_add(np.full(32, 30.0))
    return measured(model, "BH403")


@plant("BH403", "warn", "bn")
def variances_of_other_data(is_faulty):
    model = trained()
    if is_faulty:
        variance = model.get_layer("bn").moving_variance
        variance.assign(3 * np.asarray(variance.numpy()))
    return measured(model, "BH403")


@plant("BH404", "warn", "bn")
def some_constant_channels(is_faulty):
    model = trained()
    if is_faulty:
        kernel = np.array(model.get_layer("hidden").kernel.numpy())
        kernel[:, :10] = 0
        model.get_layer("hidden").kernel.assign(kernel)
    return measured(model, "BH404")


@plant("BH404", "error", "bn")
def mostly_constant_channels(is_faulty):
    model = trained()
    if is_faulty:
        kernel = np.array(model.get_layer("hidden").kernel.numpy())
        kernel[:, :20] = 0
        model.get_layer("hidden").kernel.assign(kernel)
    return measured(model, "BH404")


@plant("BH405", "error", "bn")
def inputs_of_a_tiny_scale(is_faulty):
    model = classifier(epsilon=1e-3 if is_faulty else 1e-8)
    x, y = task()
    return health(model, (x * 0.005).astype(np.float32), y, select=["BH405"])


@plant("BH406", "error", "bn")
def nan_in_the_statistics(is_faulty):
    model = trained()
    if is_faulty:
        model.get_layer("bn").moving_mean.assign(np.full(32, np.nan))
    return measured(model, "BH406")


@plant("BH406", "warn", "bn")
def timestamps_as_inputs(is_faulty):
    utils.set_random_seed(0)
    model = chain(bn(), layers.Dense(2, activation="softmax"))
    x = normal(ROWS, 8)
    return health(model, x + np.float32(20000) * is_faulty, select=["BH406"])


@plant("BH407", "warn", "bn")
def shut_gammas(is_faulty):
    model = trained()
    if is_faulty:
        gamma = np.array(model.get_layer("bn").gamma.numpy())
        gamma[:8] = 1e-5
        model.get_layer("bn").gamma.assign(gamma)
    return measured(model, "BH407")


@plant("BH408", "warn", "bn")
def gain_of_a_dead_unit(is_faulty):
    model = trained(epsilon=1e-5)
    if is_faulty:
        variance = np.array(model.get_layer("bn").moving_variance.numpy())
        variance[3] = 1e-7
        model.get_layer("bn").moving_variance.assign(variance)
    return measured(model, "BH408")


@plant("BH409", "warn", "bn")
def dead_relus(is_faulty):
    model = trained()
    if is_faulty:
        beta = np.array(model.get_layer("bn").beta.numpy())
        beta[:8] = -20
        model.get_layer("bn").beta.assign(beta)
    return measured(model, "BH409")


@plant("BH409", "warn", "bn")
def relus_that_are_always_on(is_faulty):
    model = trained()
    if is_faulty:
        beta = np.array(model.get_layer("bn").beta.numpy())
        beta[:16] = 20
        model.get_layer("bn").beta.assign(beta)
    return measured(model, "BH409")


@plant("BH409", "warn", "bn")
def saturated_tanh(is_faulty):
    model = trained(activation="tanh")
    if is_faulty:
        model.get_layer("bn").gamma.assign(np.full(32, 30.0))
    return measured(model, "BH409")


@plant("BH409", "warn", "bn")
def tanh_that_stays_linear(is_faulty):
    model = trained(activation="tanh")
    if is_faulty:
        model.get_layer("bn").gamma.assign(np.full(32, 0.02))
        model.get_layer("bn").beta.assign(np.zeros(32))
    return measured(model, "BH409")


@plant("BH410", "error", "bn")
def stale_statistics(is_faulty):
    return measured(trained(momentum=0.999 if is_faulty else 0.9), "BH410")


@plant("BH410", "error", "bn")
def shifted_data(is_faulty):
    model = trained()
    x, y = task()
    return health(model, (x + 30 * is_faulty).astype(np.float32), y, select=["BH410"])


@plant("BH411", "warn", "bn")
def statistics_that_can_be_measured_better(is_faulty):
    return measured(trained(momentum=0.999 if is_faulty else 0.9), "BH411")


@plant("BH412", "warn", "")
def outputs_that_depend_on_the_batch(is_faulty):
    model = trained()
    return measured(model, "BH412", batch_size=2 if is_faulty else 64)


@plant("BH413", "warn", "bn")
def other_data_held_out(is_faulty):
    x, y = task(512, seed=5)
    other = (x * 3 if is_faulty else x).astype(np.float32)
    return measured(trained(), "BH413", validation_data=(other, y))


@plant("BH414", "warn", "bn")
def groups_of_two_kinds(is_faulty):
    x, y = task()
    groups = np.arange(ROWS) % 2
    model = trained()
    x = (x + 12 * is_faulty * groups[:, None]).astype(np.float32)
    return health(model, x, y, groups=groups, select=["BH414"])


@plant("BH414", "warn", "bn")
def two_kinds_of_inputs_for_a_shared_layer(is_faulty):
    utils.set_random_seed(0)
    a, b = Input((8,)), Input((8,))
    dense, norm = layers.Dense(16), bn()
    y = layers.Concatenate()([norm(dense(a)), norm(dense(b))])
    model = Model([a, b], layers.Dense(1)(layers.ReLU()(y)))
    shift = 4 * is_faulty
    data = [normal(ROWS, 8), (normal(ROWS, 8, seed=2) + shift).astype(np.float32)]
    return health(model, data, select=["BH414"])


@plant("BH415", "error", "")
def a_fold_of_other_weights(is_faulty):
    model = trained()
    folded = fold(model).model
    if is_faulty:
        bias = folded.get_layer("hidden").bias
        bias.assign(np.asarray(bias.numpy()) + 0.01)
    return measured(model, "BH415", folded=folded)


def all_is_well():
    """A network whose statistics are exact, for the whole of `health`."""
    model = trained(epochs=20)
    x, y = task()
    recalibrate(model, x)
    return health(model, x, y, validation_data=task(512, seed=5), groups=labels(ROWS))
