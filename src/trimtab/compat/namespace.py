"""What a name of an old module stands for."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

import trimtab
from trimtab import (
    callbacks,
    constraints,
    initializers,
    layers,
    metrics,
    optimizers,
    regularizers,
)
from trimtab.compat import backend, estimators, extra_layers, functions, old_callbacks, text
from trimtab.compat.adapters import Adapter
from trimtab.compat.dialect import Dialect
from trimtab.compat.errors import unsupported
from trimtab.compat.graph_model import Graph
from trimtab.compat.models import adopt, classes_of, make_model
from trimtab.compat.old_metrics import OldMetric, make_metric
from trimtab.compat.optimizers import finish_optimizer
from trimtab.compat.rules import finish_layer
from trimtab.compat.tables import (
    CALLBACKS,
    CALLS,
    FUNCTIONS,
    IMAGES,
    LAYERS,
    LOAD_DATA,
    OPTIMIZERS,
)
from trimtab.compat.tables.names import ALIASES, BACKEND, GONE
from trimtab.compat.tables.rows import KERAS_3, TF_KERAS, Call
from trimtab.compat.translate import Translation

MISSING: Any = object()

_LAYERS = {row.name: row for row in LAYERS}
_OPTIMIZERS = {row.name: row for row in OPTIMIZERS}
_CALLBACKS = {row.name: row for row in CALLBACKS}
_FUNCTIONS = {row.name: row for row in FUNCTIONS}


def today(module: ModuleType, name: str, otherwise: Any = MISSING) -> Any:
    """A name of one of trimtab's modules, itself where a stand-in has its place."""
    found = getattr(module, name, otherwise)
    return found.target if isinstance(found, Adapter) else found


def call_target(dialect: Dialect, target: Any, result: Translation) -> Any:
    """What the target gives for the translated arguments."""
    return target(*result.positional, **result.arguments)


def _exists(dialect: Dialect, row: Call) -> bool:
    # Scripts mix eras: a name that was gone already is still taken for what it was, a name that
    # tf.keras and Keras 3 never had is not.
    return dialect.version < max(row.until, TF_KERAS) and dialect.version < KERAS_3


def find_layer(dialect: Dialect, name: str) -> Any:
    """A layer's class, or a function that makes one."""
    if name in ("Merge", "merge"):
        return extra_layers.merge_of(dialect, name) if dialect.is_old else MISSING
    row = _LAYERS.get(name)
    own = getattr(extra_layers, name, MISSING) if name in extra_layers.NAMES else MISSING
    if not dialect.is_old:
        return today(layers, name)
    target = today(layers, row.today_name if row and row.today else ALIASES.get(name, name), own)
    if target is MISSING:
        return MISSING
    if not isinstance(target, type) and row is None:
        return target
    if name == "Layer":
        return Adapter(dialect, name, target, None, call_target, extra_layers.OldLayer)
    if row is not None and not _exists(dialect, row):
        return target if hasattr(layers, name) else MISSING
    row = row or Call(name, f"keras.layers.{target.__name__}")
    return Adapter(dialect, name, target, row, finish_layer(row))


def find_model(dialect: Dialect, name: str) -> Any:
    """A model's class, or a function that loads or copies one."""
    if not dialect.is_old:
        return today(trimtab.models, name)
    classes = classes_of(dialect)
    if name == "Model":
        return Adapter(
            dialect, name, today(trimtab, "Model"), CALLS["Model"], make_model, classes["Model"]
        )
    if name == "Sequential":
        cls = classes["Sequential"]

        def make(dialect: Dialect, target: Any, result: Translation) -> Any:
            return cls(*result.positional, **result.arguments)

        return Adapter(dialect, name, today(trimtab, "Sequential"), None, make, cls)
    if name == "Graph":
        return Adapter(dialect, name, Graph, None, make_graph) if dialect.is_old else MISSING
    if name == "load_model":
        return lambda *args, **kwargs: adopt(dialect, functions.load_model(*args, **kwargs))
    if name in ("model_from_json", "clone_model", "model_from_config"):
        found = today(trimtab.models, name)
        if found is MISSING:
            return MISSING
        return lambda *args, **kwargs: adopt(dialect, found(*args, **kwargs))
    return today(trimtab.models, name)


def make_graph(dialect: Dialect, target: Any, result: Translation) -> Any:
    """A `Graph`, which knows its dialect."""
    return Graph(dialect)


def find_optimizer(dialect: Dialect, name: str) -> Any:
    """An optimizer's class; Keras 2 also had them in lower case."""
    proper = next((known for known in _OPTIMIZERS if known.lower() == name.lower()), name)
    target = today(optimizers, proper)
    if target is MISSING or proper not in _OPTIMIZERS or not dialect.is_old:
        if name == "get" and dialect.is_old:
            return lambda given: dialect_optimizer(dialect, given)
        return target
    row = _OPTIMIZERS[proper]
    return Adapter(dialect, proper, target, row, finish_optimizer(row))


def dialect_optimizer(dialect: Dialect, given: Any) -> Any:
    """What `optimizers.get` gave."""
    if isinstance(given, str):
        return find_optimizer(dialect, given)()
    return optimizers.get(given)


def find_callback(dialect: Dialect, name: str) -> Any:
    """A callback's class."""
    if not dialect.is_old:
        return today(callbacks, name)
    found = old_callbacks.class_named(dialect, name)
    if found is None:
        found = today(callbacks, name)
    row = _CALLBACKS.get(name)
    if found is MISSING or (row is None and name not in old_callbacks.RULES):
        return found
    row = row or Call(name, f"keras.callbacks.{name}")
    return Adapter(dialect, name, found, row, old_callbacks.finish(name))


def _find_function(dialect: Dialect, module: ModuleType, name: str) -> Any:
    row = _FUNCTIONS.get(name)
    if row is not None and row.today and dialect.is_old:
        target = today(module, row.today_name)
        if target is not MISSING:
            return Adapter(dialect, name, target, row, call_target)
    found = today(module, name)
    if found is MISSING and dialect.is_old and name in ALIASES:
        found = today(module, ALIASES[name])
    return found


def find_backend(dialect: Dialect, name: str) -> Any:
    """A function of `K`."""
    if not dialect.is_old:
        return today(trimtab.backend, name)
    own = backend.function_named(dialect, name)
    if own is not None:
        return own
    found = today(trimtab.backend, name)
    if found is MISSING and name in BACKEND:
        found = today(trimtab.ops, BACKEND[name])
    return found


def find_utility(dialect: Dialect, name: str) -> Any:
    """A function of `keras.utils` and its modules."""
    if dialect.is_old:
        row = _FUNCTIONS.get(name)
        if row is not None and row.special == "to_categorical":
            return Adapter(dialect, name, functions.to_categorical, row, call_target)
        own = functions.UTILITIES.get(name, MISSING)
        if own is not MISSING:
            return own
    return today(trimtab.utils, name)


def _imported(path: str) -> Callable[[Dialect, str], Any]:
    """Names of a module of trimtab that may not be there."""

    def find(dialect: Dialect, name: str) -> Any:
        try:
            module = importlib.import_module(f"trimtab.{path}")
        except ModuleNotFoundError:
            return MISSING
        return today(module, name)

    return find


def find_loss(dialect: Dialect, name: str) -> Any:
    """A loss."""
    if dialect.is_old and name in functions.LOSSES:
        return functions.LOSSES[name]
    return today(trimtab.losses, name)


def find_activation(dialect: Dialect, name: str) -> Any:
    """An activation."""
    if dialect.is_old and name == "hard_sigmoid":
        return functions.hard_sigmoid_of_old
    return today(trimtab.activations, name)


def find_metric(dialect: Dialect, name: str) -> Any:
    """A metric's class or function."""
    target = today(trimtab.metrics, name)
    if not dialect.is_old or not (isinstance(target, type) and issubclass(target, metrics.Metric)):
        return target
    base = OldMetric if target is metrics.Metric else None
    return Adapter(dialect, name, target, None, make_metric, base)


def find_image(dialect: Dialect, name: str) -> Any:
    """A name of `keras.preprocessing.image`."""
    if name == "ImageDataGenerator" and dialect.is_old:
        # Fetched now: it brings the operations on images with it, which few scripts need.
        module = importlib.import_module("trimtab.compat.old_images")
        return Adapter(dialect, name, module.ImageDataGenerator, IMAGES, module.make_generator)
    return getattr(trimtab.utils, name, MISSING)


def find_dataset(path: str) -> Callable[[Dialect, str], Any]:
    """Names of a module of `keras.datasets`."""
    look = _imported(path)

    def find(dialect: Dialect, name: str) -> Any:
        found = look(dialect, name)
        if name == "load_data" and dialect.is_old and found is not MISSING:
            return Adapter(dialect, name, found, LOAD_DATA, call_target)
        return found

    return find


AREAS: dict[str, Callable[[Dialect, str], Any]] = {
    "top": lambda dialect, name: (
        getattr(trimtab, name, MISSING)
        if not isinstance(getattr(trimtab, name, None), ModuleType)
        else MISSING
    ),
    "layers": find_layer,
    "models": find_model,
    "optimizers": find_optimizer,
    "callbacks": find_callback,
    "backend": find_backend,
    "utils": find_utility,
    "losses": find_loss,
    "activations": find_activation,
    "metrics": find_metric,
    "regularizers": lambda dialect, name: _find_function(dialect, regularizers, name),
    "constraints": lambda dialect, name: _find_function(dialect, constraints, name),
    "initializers": lambda dialect, name: functions.find_initializer(
        dialect, name, _find_function(dialect, initializers, name)
    ),
    "preprocessing.sequence": functions.find_sequence,
    "preprocessing.text": lambda dialect, name: text.NAMES.get(name),
    "preprocessing.image": find_image,
    "wrappers": lambda dialect, name: estimators.NAMES.get(name),
}


def find(dialect: Dialect, areas: tuple[str, ...], path: str, name: str) -> Any:
    """What `name` stands for in an old module.

    Args:
        dialect: The version.
        areas: Where to look, in this order.
        path: The module's full name, for the error.
        name: The name.

    Raises:
        AttributeError: If it stands for nothing.
    """
    for area in areas:
        look = AREAS.get(area) or (find_dataset if area.startswith("datasets.") else _imported)(
            area
        )
        found = look(dialect, name)
        if found is not MISSING and found is not None:
            return found
    raise unsupported(f"{path}.{name}", reason_of(dialect, name))


def reason_of(dialect: Dialect, name: str) -> str:
    """Why a name of old Keras stands for nothing here, and what to do."""
    return GONE.get(name) or (
        f"is not in trimtab; see docs/old-code.md for what runs (read as {dialect.label})"
    )
