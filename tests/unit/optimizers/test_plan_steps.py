"""How many steps of the engine's plan an update takes."""

import collections
import functools

import numpy as np
import pytest

from trimtab import optimizers
from trimtab.core.tracing import CompiledStep
from trimtab.core.variable import Variable
from trimtab.engines.cpu import engine

WEIGHTS = 3
# Kernels of their own: one pass over each weight, its gradient and its slots, or two where norms
# or means come first.
KERNELS = {
    "sgd": [
        optimizers.SGD,
        functools.partial(optimizers.SGD, momentum=0.9),
        functools.partial(optimizers.SGD, momentum=0.9, nesterov=True),
    ],
    "adam": [
        optimizers.Adam,
        functools.partial(optimizers.Adam, amsgrad=True),
        optimizers.AdamW,
    ],
    "lamb": [optimizers.Lamb],
    "adafactor": [optimizers.Adafactor],
}
# Updates that fusion makes one elementwise pass over a weight and all its slots; small weights of
# one shape share it where their programs are short.
FUSED = [
    optimizers.RMSprop,
    functools.partial(optimizers.RMSprop, momentum=0.9, centered=True),
    optimizers.Adadelta,
    optimizers.Adagrad,
    optimizers.Adamax,
    optimizers.Ftrl,
    functools.partial(optimizers.Ftrl, learning_rate_power=-0.7, beta=0.1),
    optimizers.Lion,
    optimizers.Nadam,
    optimizers.ScheduleFreeAdamW,
]
# What each of the shared arguments adds to the steps.
SHARED = {
    "nothing": ({}, {}),
    "decay": ({"weight_decay": 0.01}, {}),
    "loss_scale": ({"loss_scale_factor": 8.0}, {}),
    "clipnorm": ({"clipnorm": 0.5}, {"reduce": WEIGHTS, "elementwise": 1}),
    "global_clipnorm": ({"global_clipnorm": 0.5}, {"reduce": WEIGHTS, "elementwise": 1}),
}
# A pass that adds up gradients, one that starts the sum anew; the kernel works where it is due.
OF_KERNELS = SHARED | {
    "accumulation": ({"gradient_accumulation_steps": 2}, {"elementwise": 2 * WEIGHTS}),
    "average": ({"use_ema": True}, {"elementwise": WEIGHTS}),
}
OF_FUSED = SHARED | {
    "clipvalue": ({"clipvalue": 0.5}, {}),
    "average": ({"use_ema": True}, {}),
    "accumulation": ({"gradient_accumulation_steps": 2}, {}),
}


def plan_steps(optimizer, monkeypatch, shape=(100, 90)):
    """Number of steps by kernel in the plan of one update of weights of one shape."""
    plans = []
    lower = engine.lower

    def kept(*given):
        plans.append(lower(*given))
        return plans[-1]

    variables = [Variable(np.ones(shape, "float32")) for _ in range(WEIGHTS)]
    optimizer.build(variables)
    monkeypatch.setattr(engine, "lower", kept)
    engine._PLANS.clear()
    step = CompiledStep(lambda *grads: optimizer.apply(grads, variables))
    step(*[np.ones(shape, "float32")] * WEIGHTS)
    # Another plan, run when the learning rate changes, makes what depends on that alone.
    return collections.Counter(kernel for kernel, *_ in plans[-1].steps)


def named(made):
    optimizer = made()
    config = optimizer.get_config()
    chosen = [k for k in ("momentum", "nesterov", "centered", "amsgrad") if config.get(k)]
    return "-".join([type(optimizer).__name__, *chosen])


def cases(options):
    return [pytest.param(*case, id=name) for name, case in options.items()]


@pytest.mark.parametrize(("arguments", "more"), cases(OF_KERNELS))
@pytest.mark.parametrize(
    ("kernel", "made"),
    [pytest.param(k, made, id=named(made)) for k, all_ in KERNELS.items() for made in all_],
)
def test_one_kernel_updates_a_weight(kernel, made, arguments, more, monkeypatch):
    # The other step counts the iterations and makes the rate.
    wanted = collections.Counter({kernel: WEIGHTS, "elementwise": 1}) + collections.Counter(more)
    assert plan_steps(made(**arguments), monkeypatch) == wanted


@pytest.mark.parametrize(("arguments", "more"), cases(OF_FUSED))
@pytest.mark.parametrize("made", FUSED, ids=named)
def test_one_fused_pass_updates_a_weight(made, arguments, more, monkeypatch):
    wanted = collections.Counter({"elementwise": WEIGHTS + 1}) + collections.Counter(more)
    assert plan_steps(made(**arguments), monkeypatch) == wanted


def test_small_weights_of_one_shape_share_a_pass(monkeypatch):
    assert plan_steps(optimizers.Lion(), monkeypatch, (30, 20)) == {"elementwise": 2}
