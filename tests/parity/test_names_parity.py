"""Names and signatures of losses, metrics, optimizers and what else is meant by a string."""

import inspect

import keras
import pytest

from trimtab import (
    activations,
    constraints,
    initializers,
    losses,
    metrics,
    optimizers,
    regularizers,
)
from trimtab.optimizers import schedules

MODULES = {
    "activations": (activations, keras.activations),
    "constraints": (constraints, keras.constraints),
    "initializers": (initializers, keras.initializers),
    "losses": (losses, keras.losses),
    "metrics": (metrics, keras.metrics),
    "optimizers": (optimizers, keras.optimizers),
    "regularizers": (regularizers, keras.regularizers),
    "schedules": (schedules, keras.optimizers.schedules),
}
# Out of scope: audio, speech, and old optimizers.
MISSING = {
    "initializers": {"STFT", "STFTInitializer", "stft"},
    "losses": {"CTC", "ctc"},
    "optimizers": {"legacy"},
}
PUBLIC = [
    (module, name)
    for module, (_, theirs) in MODULES.items()
    for name in dir(theirs)
    if not name.startswith("_") and name not in MISSING.get(module, ())
]


def parameters(obj):
    """Name, default and kind of each argument; a class that takes anything takes nothing."""
    listed = inspect.signature(obj).parameters.values()
    if all(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in listed):
        return []
    return [(p.name, p.default, p.kind) for p in listed]


@pytest.mark.parametrize(("module", "name"), PUBLIC)
def test_name_is_there(module, name):
    assert hasattr(MODULES[module][0], name)


CALLABLE = [
    (module, name) for module, name in PUBLIC if callable(getattr(MODULES[module][1], name))
]


@pytest.mark.parametrize(("module", "name"), CALLABLE)
def test_signature_is_that_of_keras(module, name):
    ours, theirs = (getattr(m, name) for m in MODULES[module])
    assert parameters(ours) == parameters(theirs)
