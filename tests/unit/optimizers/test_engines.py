"""Both engines take the same steps, whatever the plan makes one step of."""

import functools

import numpy as np
import pytest

from trimtab import optimizers
from trimtab.core import tracing
from trimtab.core.tracing import CompiledStep
from trimtab.core.variable import Variable

MADE = {
    "Adadelta": optimizers.Adadelta,
    "Adafactor": functools.partial(optimizers.Adafactor, clip_threshold=0.5),
    "Adagrad": optimizers.Adagrad,
    "Adam": optimizers.Adam,
    "Adam-amsgrad": functools.partial(optimizers.Adam, amsgrad=True),
    "Adamax": optimizers.Adamax,
    "Ftrl": functools.partial(optimizers.Ftrl, l1_regularization_strength=0.05, beta=0.1),
    "Lamb": optimizers.Lamb,
    "Lion": optimizers.Lion,
    "Nadam": optimizers.Nadam,
    "RMSprop": functools.partial(optimizers.RMSprop, momentum=0.9, centered=True),
    "SGD": optimizers.SGD,
    "SGD-nesterov": functools.partial(optimizers.SGD, momentum=0.9, nesterov=True),
    "ScheduleFreeAdamW": functools.partial(optimizers.ScheduleFreeAdamW, warmup_steps=2),
}
ARGUMENTS = {
    "plain": {},
    "decay": {"weight_decay": 0.1},
    "clipnorm": {"clipnorm": 0.5},
    "clipvalue": {"clipvalue": 0.5},
    "average": {"use_ema": True, "ema_momentum": 0.5},
    "all": {
        "weight_decay": 0.1,
        "global_clipnorm": 0.5,
        "use_ema": True,
        "ema_momentum": 0.5,
        "gradient_accumulation_steps": 2,
        "loss_scale_factor": 4.0,
    },
}
SHAPES = [(30, 20), (2, 3, 5), (7,), ()]


def after_steps(make, engine):
    """Weights and the optimizer's variables after three steps on an engine."""
    rng = np.random.default_rng(3)
    weights = [Variable(rng.normal(size=s).astype("float32")) for s in SHAPES]
    optimizer = make()
    optimizer.build(weights)
    before = tracing.engine_name()
    tracing.set_engine(engine)
    step = CompiledStep(lambda *grads: optimizer.apply(grads, weights))
    for _ in range(3):
        step(*[rng.normal(size=s).astype("float32") for s in SHAPES])
    tracing.set_engine(before)
    return [np.array(v) for v in [*weights, *optimizer.variables]]


def check_engines(make):
    for ours, defined in zip(after_steps(make, "cpu"), after_steps(make, "reference"), strict=True):
        np.testing.assert_allclose(ours, defined, rtol=3e-5, atol=3e-6)


@pytest.mark.parametrize("arguments", ARGUMENTS.values(), ids=ARGUMENTS)
@pytest.mark.parametrize("made", MADE.values(), ids=MADE)
def test_steps_are_those_of_the_reference(made, arguments):
    check_engines(lambda: made(0.1, **arguments))


@pytest.mark.parametrize("made", MADE.values(), ids=MADE)
def test_steps_under_a_loss_scale_are_those_of_the_reference(made):
    check_engines(lambda: optimizers.LossScaleOptimizer(made(0.1, weight_decay=0.1), 4.0))
