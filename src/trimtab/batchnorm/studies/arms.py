"""The arms of a study: what is compared, and how a model of each is made."""

from __future__ import annotations

import dataclasses
import hashlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from trimtab.batchnorm.placing import place
from trimtab.batchnorm.studies import seeding
from trimtab.core.config import nearest
from trimtab.layers import BatchNormalization
from trimtab.layers.base import Layer
from trimtab.models import clone_model

PLACEMENTS = ("none", "before", "after")
_DESCRIPTIONS = {
    "none": "no Batch Normalization",
    "before": "Batch Normalization before each activation",
    "after": "Batch Normalization after each activation",
}
# Names under which a function may ask for the placement.
_PLACEMENT_ARGUMENTS = ("placement", "where")


@dataclasses.dataclass(frozen=True)
class Arm:
    """One of the networks that a study compares.

    Attributes:
        name: Its name in the report.
        source: A function that makes a compiled model, or a model whose clones are trained.
        placement: What the function is called with, or where BN is put into what `source` gives;
            None for a variant of the user's own.
        asks: Name of the function's argument for the placement; None if it has none.
    """

    name: str
    source: Any
    placement: str | None = None
    asks: str | None = None

    @property
    def description(self) -> str:
        """What it is, in words."""
        return _DESCRIPTIONS.get(self.placement or "", "a variant of yours")

    def model(self, seed: int) -> Any:
        """A compiled model whose start is decided by `seed` and the roles of its layers."""
        model = self._made()
        _check_model(model, self.name)
        seeding.reseed(model, seed)
        if self.placement is not None and self.asks is None:
            model = place(model, self.placement).model
            seeding.reseed(model, seed)
        return model

    def _made(self) -> Any:
        if not isinstance(self.source, Layer):
            keywords = {} if self.asks is None else {self.asks: self.placement}
            return self.source(**keywords)
        clone = clone_model(self.source)
        for mine, theirs in zip(
            clone._flatten_layers(), self.source._flatten_layers(), strict=True
        ):
            # Who freezes a layer wants what it has learnt; the others begin anew.
            if not theirs.trainable:
                mine.trainable = False
                mine.set_weights(theirs.get_weights())
        return clone


def arms_of(build: Any, arms: Any) -> list[Arm]:
    """The arms that the arguments of `study` name.

    Args:
        build: A function that makes a compiled model, which may take the placement; or a model.
        arms: Names of placements; or name -> function or model; None for all placements.

    Raises:
        TypeError: If something is neither a function nor a model.
        ValueError: If a placement is unknown, or there are fewer than two arms.
    """
    if isinstance(arms, Mapping):
        made = [
            Arm(str(name), _checked_source(source, f"arms[{name!r}]"))
            for name, source in arms.items()
        ]
    else:
        source, asks = _checked_source(build, "build"), _asked(build)
        made = [
            Arm(name, source, _checked_placement(name), asks)
            for name in (PLACEMENTS if arms is None else arms)
        ]
    names = [arm.name for arm in made]
    if len(set(names)) < 2 or len(set(names)) < len(names):
        raise ValueError(f"study: needs two or more different arms to compare; got {names}")
    return made


@dataclasses.dataclass(frozen=True)
class ArmFacts:
    """What is known of an arm before it runs.

    Attributes:
        parameters: Number of trainable parameters.
        momentum: The largest momentum of its BN layers; None if it has none.
        normalizations: Number of its BN layers.
        learning_rate: The rate it was compiled with; None if a schedule decides it.
        optimizer: The optimizer's name.
        loss: The loss's name.
        has_accuracy: Whether it reports an accuracy.
        structure: A digest of layers and of what it was compiled with, names left out.
    """

    parameters: int
    momentum: float | None
    normalizations: int
    learning_rate: float | None
    optimizer: str
    loss: str
    metrics: tuple[str, ...]
    structure: str


def facts_of(model: Any) -> ArmFacts:
    """The facts of a model that an arm made."""
    normalizations = [
        layer for layer in model._flatten_layers() if isinstance(layer, BatchNormalization)
    ]
    loss = model.loss
    return ArmFacts(
        parameters=sum(v.size for v in model.trainable_weights),
        momentum=max((layer.momentum for layer in normalizations), default=None),
        normalizations=len(normalizations),
        learning_rate=_constant_rate(model.optimizer),
        optimizer=type(model.optimizer).__name__,
        loss=str(loss if isinstance(loss, str) else getattr(loss, "name", loss)),
        metrics=tuple(map(str, _metric_names(model))),
        structure=_structure(model),
    )


def shared_start(models: Sequence[Any]) -> tuple[int, int]:
    """Of the variables and random streams that all `models` have: how many begin equal, of all."""
    starts = [seeding.start_values(model) for model in models]
    common = set(starts[0]).intersection(*starts[1:])
    equal = sum(
        all(np.array_equal(starts[0][key], other[key]) for other in starts[1:]) for key in common
    )
    return equal, len(common)


def _metric_names(model: Any) -> list[str]:
    metrics = model.get_compile_config().get("metrics") or []
    names = metrics.values() if isinstance(metrics, dict) else metrics
    return [name if isinstance(name, str) else str(name) for name in names]


def _constant_rate(optimizer: Any) -> float | None:
    rate = optimizer._learning_rate
    return float(rate.numpy()) if hasattr(rate, "numpy") else None


def _structure(model: Any) -> str:
    described = [(type(layer).__name__, _nameless(layer)) for layer in model._flatten_layers()]
    text = f"{described} {_without_names(model.get_compile_config())}"
    return hashlib.sha256(text.encode()).hexdigest()


def _nameless(layer: Any) -> Any:
    try:
        config = layer.get_config()
    except (NotImplementedError, TypeError, ValueError):
        return [variable.shape for variable in layer.weights]
    return {} if "layers" in config else _without_names(config)


def _without_names(config: Any) -> Any:
    if isinstance(config, Mapping):
        return {
            k: _without_names(v) for k, v in config.items() if k not in {"name", "build_config"}
        }
    if isinstance(config, (list, tuple)):
        return [_without_names(v) for v in config]
    return config


def _checked_source(source: Any, name: str) -> Any:
    if not isinstance(source, Layer) and not callable(source):
        raise TypeError(
            f"study: `{name}` must be a model, or a function that makes one; got {source!r}"
        )
    return source


def _checked_placement(name: Any) -> str:
    if name not in PLACEMENTS:
        raise ValueError(
            f"study: `arms` names placements, {', '.join(PLACEMENTS)}; got {name!r}."
            f"{nearest(name, PLACEMENTS)} For networks of your own give a dict: name -> function"
        )
    return str(name)


def _asked(build: Any) -> str | None:
    if isinstance(build, Layer):
        return None
    parameters: Callable[..., Any] = build
    names = inspect.signature(parameters).parameters
    required = [
        name
        for name, parameter in names.items()
        if parameter.default is parameter.empty
        and parameter.kind not in {parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL}
    ]
    asks = next((name for name in _PLACEMENT_ARGUMENTS if name in names), None)
    unknown = [name for name in required if name != asks]
    if unknown:
        raise TypeError(
            f"study: `build` must take no argument, or the placement as `placement`; it also asks "
            f"for {', '.join(unknown)}"
        )
    return asks


def _check_model(model: Any, arm: str) -> None:
    if not isinstance(model, Layer) or not hasattr(model, "fit"):
        raise TypeError(f"study: the arm {arm!r} must give a model; got {type(model).__name__}")
    if not getattr(model, "compiled", False):
        raise ValueError(
            f"study: the model of the arm {arm!r} must be compiled: call model.compile(...) before "
            "it is returned"
        )
    if not model.built:
        raise ValueError(
            f"study: the model of the arm {arm!r} must be built, so that equal layers can start "
            "equal: begin it with Input(shape)"
        )
