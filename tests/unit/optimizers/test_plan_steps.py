"""How many steps of the engine's plan an update takes."""

import collections

import numpy as np
import pytest

from trimtab import optimizers
from trimtab.core.tracing import CompiledStep
from trimtab.core.variable import Variable
from trimtab.engines.cpu import engine

# Kernels of their own: one pass over each weight, its gradient and its slots.
KERNELS = {
    "sgd": [
        optimizers.SGD(),
        optimizers.SGD(momentum=0.9),
        optimizers.SGD(momentum=0.9, nesterov=True),
    ],
    "adam": [optimizers.Adam(), optimizers.Adam(amsgrad=True)],
}
# Updates that fusion makes one elementwise pass over all weights of one shape, with all slots.
FUSED = [
    optimizers.RMSprop(),
    optimizers.RMSprop(momentum=0.9, centered=True),
    optimizers.Adadelta(),
    optimizers.Adagrad(),
    optimizers.Lion(),
]
# Two such passes.
TWICE = [optimizers.Adamax(), optimizers.Nadam()]


def plan_steps(optimizer, monkeypatch, weights=3):
    """Number of steps by kernel in the plan of one update of `weights` weights of one shape."""
    plans = []
    lower = engine.lower

    def kept(*given):
        plans.append(lower(*given))
        return plans[-1]

    monkeypatch.setattr(engine, "lower", kept)
    variables = [Variable(np.ones((30, 20), "float32")) for _ in range(weights)]
    optimizer.build(variables)
    step = CompiledStep(lambda *grads: optimizer.apply(grads, variables))
    step(*[np.ones((30, 20), "float32")] * weights)
    return collections.Counter(kernel for kernel, *_ in plans[-1].steps)


def named(optimizer):
    config = optimizer.get_config()
    chosen = [k for k in ("momentum", "nesterov", "centered", "amsgrad") if config.get(k)]
    return "-".join([type(optimizer).__name__, *chosen])


@pytest.mark.parametrize(
    ("kernel", "optimizer"),
    [pytest.param(k, o, id=named(o)) for k, made in KERNELS.items() for o in made],
)
def test_one_kernel_updates_a_weight(kernel, optimizer, monkeypatch):
    # The other step counts the iterations and makes the rate.
    assert plan_steps(optimizer, monkeypatch) == {kernel: 3, "elementwise": 1}


@pytest.mark.parametrize("optimizer", FUSED, ids=named)
def test_one_fused_pass_updates_all_weights(optimizer, monkeypatch):
    assert plan_steps(optimizer, monkeypatch) == {"elementwise": 2}


@pytest.mark.parametrize("optimizer", TWICE, ids=named)
def test_two_fused_passes_update_all_weights(optimizer, monkeypatch):
    assert plan_steps(optimizer, monkeypatch) == {"elementwise": 3}


def test_weight_decay_of_adamw_takes_a_pass_of_its_own(monkeypatch):
    assert plan_steps(optimizers.AdamW(), monkeypatch) == {"adam": 3, "elementwise": 2}
