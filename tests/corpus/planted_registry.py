"""What a planted fault is: two models that differ in one thing, and what must be found."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from trimtab import Input, Sequential, layers

PLANTS: list[Plant] = []


@dataclasses.dataclass(frozen=True)
class Plant:
    """A fault.

    Attributes:
        code: The rule that must find it.
        severity: As grave as this.
        layer: In this layer; "" for the model as a whole.
        name: What it is.
        report: Gives the report; of the faulty model for True, of its clean twin for False.
    """

    code: str
    severity: str
    layer: str
    name: str
    report: Callable[[bool], Any]

    def found(self) -> list[Any]:
        """The findings of the rule in the faulty model, in the layer and as grave as expected."""
        return [
            f
            for f in self.report(True).active
            if f.code == self.code and f.layer == self.layer and f.severity == self.severity
        ]

    def false(self) -> list[Any]:
        """The findings of the rule in the clean twin, those that are no more than a note aside.

        Where a note is all that the rule gives, notes count.
        """
        findings = [f for f in self.report(False).active if f.code == self.code]
        return [f for f in findings if self.severity == "info" or f.severity != "info"]


def plant(code: str, severity: str, layer: str) -> Callable[[Callable[[bool], Any]], Any]:
    def register(report: Callable[[bool], Any]) -> Callable[[bool], Any]:
        PLANTS.append(Plant(code, severity, layer, report.__name__.replace("_", " "), report))
        return report

    return register


def chain(*parts: Any, size: int = 8) -> Any:
    return Sequential([Input((size,)), *parts])


def bn(**kwargs: Any) -> Any:
    return layers.BatchNormalization(**{"name": "bn", **kwargs})


def normal(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def labels(rows: int, classes: int = 2, seed: int = 1) -> Any:
    return np.random.default_rng(seed).integers(0, classes, rows)


def one_hot(numbers: Any, classes: int = 2) -> Any:
    return np.eye(classes, dtype=np.float32)[numbers]
