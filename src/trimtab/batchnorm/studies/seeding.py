"""Seeds by role: what two networks have in common starts equal, whatever else is in them.

A running generator would give other numbers to every layer behind one that only some networks
have. So each layer's seed comes from the run's seed and the layer's role: its own name if it was
given one, else its class and its number among the layers of that class.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from trimtab.core import naming
from trimtab.initializers.random import RandomInitializer

Roles = dict[tuple[str, str], Any]


def derive(*parts: Any) -> int:
    """A seed in [0, 2**31) that depends on every part, the same on every machine.

    >>> derive(0, "run", 1) == derive(0, "run", 1), derive(0, "run", 1) == derive(0, "run", 2)
    (True, False)
    """
    text = "/".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1


def layers_by_role(model: Any) -> Iterator[tuple[str, Any]]:
    """(role, layer) for every layer of a model, those within others too."""
    seen: Counter[str] = Counter()
    for layer in model._flatten_layers(include_self=True):
        kind = type(layer).__name__
        number = seen[kind]
        seen[kind] += 1
        automatic = re.fullmatch(re.escape(naming.to_snake_case(kind)) + r"(_\d+)?", layer.name)
        role = f"{kind} {number}" if layer is model or automatic else f"{kind} {layer.name!r}"
        yield role, layer


def own_variables(layer: Any) -> Iterator[tuple[str, Any]]:
    """(name, variable) of a layer's variables but not its sublayers'; no generator's state.

    A name that a counter made says nothing, and becomes the variable's number in the layer.
    """
    owned = [*layer._trainable_variables, *layer._non_trainable_variables]
    for number, variable in enumerate(owned):
        automatic = re.fullmatch(r"variable(_\d+)?", variable.name)
        yield f"variable {number}" if automatic else variable.name, variable


def reseed(model: Any, seed: int) -> None:
    """Draws a built model's initial values and its layers' random streams anew, from `seed`.

    Only values that are still the initial ones are drawn: what a user loaded stays. So do values
    that are not random, such as zeros for a bias.
    """
    for role, layer in layers_by_role(model):
        for name, variable in own_variables(layer):
            initializer = variable.initializer
            if isinstance(initializer, RandomInitializer) and _is_initial(variable):
                fresh = _with_seed(initializer, derive(seed, role, name))
                variable.assign(fresh(variable.shape, dtype=variable.dtype))
        for number, generator in enumerate(layer._seed_generators):
            generator.state.assign(np.array([derive(seed, role, "stream", number), 0], np.uint32))


def start_values(model: Any) -> Roles:
    """(role, name) -> value of every variable, and of every random stream as "stream 0", ..."""
    values: Roles = {}
    for role, layer in layers_by_role(model):
        for name, variable in own_variables(layer):
            values[role, name] = np.array(variable.numpy())
        for number, generator in enumerate(layer._seed_generators):
            values[role, f"stream {number}"] = np.array(generator.state.numpy())
    return values


def _with_seed(initializer: Any, seed: int) -> Any:
    config = initializer.get_config() | {"seed": seed}
    return type(initializer).from_config(config)


def _is_initial(variable: Any) -> bool:
    initializer = variable.initializer
    if not isinstance(initializer.seed, (int, np.integer)):
        # A generator gives other values at each call, so nothing can be compared.
        return True
    first = initializer(variable.shape, dtype=variable.dtype)
    return bool(np.array_equal(np.asarray(first), variable.numpy()))
