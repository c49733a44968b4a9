"""Layers to configurations: the signature names the values, the attributes hold them."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Mapping
from types import FunctionType
from typing import Any

from trimtab import activations, constraints, initializers, regularizers
from trimtab.core.config import PLAIN, serialize_keras_object

# Written by `base_config`, or only where they are set.
_BASE = frozenset({"name", "trainable", "dtype", "autocast", "activity_regularizer"})
# First values of variables are no part of a configuration.
_VALUES = frozenset({"weights"})
# Keras writes these only where they are set.
_ABSENT_IF_NONE = frozenset({"lora_rank", "lora_alpha"})


@functools.lru_cache(maxsize=1024)
def _parameters(cls: Any) -> tuple[inspect.Parameter, ...]:
    return tuple(inspect.signature(cls.__init__).parameters.values())[1:]


def _accepts_all(cls: Any) -> bool:
    return any(p.kind is p.VAR_KEYWORD for p in _parameters(cls))


def config_value(value: Any) -> Any:
    """`value` as it stands in a layer's configuration."""
    if isinstance(value, PLAIN):
        return value
    if isinstance(value, FunctionType):
        return activations.serialize(value)
    if isinstance(value, tuple):
        return tuple(config_value(part) for part in value)
    if isinstance(value, list):
        return [config_value(part) for part in value]
    if isinstance(value, dict):
        return {key: config_value(part) for key, part in value.items()}
    return serialize_keras_object(value)


_KINDS = {
    "_initializer": initializers.get,
    "_regularizer": regularizers.get,
    "_constraint": constraints.get,
    "activation": activations.get,
}


def argument_problems(arguments: Mapping[str, Any]) -> list[str]:
    """What is wrong with initializers, regularizers, constraints and activations among them."""
    problems = []
    for name, value in arguments.items():
        for ending, get in _KINDS.items():
            if name.endswith(ending):
                try:
                    get(value)
                except (ValueError, TypeError) as error:
                    problems.append(f"`{name}`: {error}")
    return problems


def base_config(layer: Any) -> dict[str, Any]:
    """What every layer's configuration holds."""
    config = {
        "name": layer.name,
        "trainable": layer.trainable,
        "dtype": serialize_keras_object(layer.dtype_policy),
    }
    if layer.activity_regularizer is not None:
        config["activity_regularizer"] = regularizers.serialize(layer.activity_regularizer)
    return config


def config_of(layer: Any, bound: dict[str, Any]) -> dict[str, Any]:
    """The configuration of `layer`.

    A layer of this library is described by the attributes that its constructor's arguments became,
    so a change after construction is seen. A class made elsewhere is described by the arguments as
    they were given, unless it has a `get_config` of its own: that one adds its arguments to those
    of the base.

    Args:
        layer: The layer.
        bound: Its constructor's arguments by name.

    Raises:
        NotImplementedError: If an argument of a class made elsewhere has no serialisable form.
    """
    cls = type(layer)
    library = next(c for c in cls.__mro__ if c.__module__.startswith("trimtab."))
    base = base_config(layer)
    if cls is library or cls.get_config is not library.get_config:  # type: ignore[attr-defined]
        names = [
            p.name for p in _parameters(library) if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)
        ]
        values = {n: getattr(layer, n, bound.get(n)) for n in names if n not in _BASE | _VALUES}
        return base | {
            n: config_value(v)
            for n, v in values.items()
            if v is not None or n not in _ABSENT_IF_NONE
        }
    own = {name: value for name, value in bound.items() if name not in base}
    if not _accepts_all(cls):
        kind: Any = cls
        accepted = {p.name for p in _parameters(kind)}
        base = {name: value for name, value in base.items() if name in accepted}
    try:
        return base | {n: config_value(v) for n, v in own.items()}
    except TypeError as error:
        raise NotImplementedError(
            f"{cls.__name__}: its arguments have no serialisable form ({error}); give the class a "
            "get_config() that returns super().get_config() and what its constructor needs"
        ) from error
