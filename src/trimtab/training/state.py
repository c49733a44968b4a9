"""What a model knows about its training: what `compile` set up, and the steps compiled since."""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

from trimtab.metrics.reduction import Mean
from trimtab.training.compile_loss import CompileLoss
from trimtab.training.compile_metrics import CompileMetrics

T = TypeVar("T")


class Recent(Generic[T]):
    """The things used last, up to a number: what is made anew for each shape must not pile up."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, T] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """What is kept under `key`, made if there is nothing."""
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = make()
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(key)
        return found

    def clear(self) -> None:
        """Forgets everything."""
        self._kept.clear()


class TrainingState:
    """A model's training.

    Attributes:
        loss: The losses given to `compile`, None if none were.
        metrics: The metrics given to `compile`, None if none were.
        loss_tracker: Running mean of the total loss; None before `compile`.
        arguments: What `compile` was called with.
        steps: Compiled steps by what they depend on.
        predictors: Compiled predictions of whole arrays, by shape and type.
        was_built: Whether building was tried since the model last changed.
        notices: Warnings that were given, so that each is given once.
        flags: Name of each layer and whether it was trainable when the model was compiled.
        keeper: While `fit` runs, what can keep its last batches for a second look.
        pools_statistics: Whether moving statistics move once an update of accumulated gradients.
        trainable_when_compiled: Name of each batch normalization and whether it was trainable when
            the model was compiled.
    """

    def __init__(self) -> None:
        self.loss: CompileLoss | None = None
        self.pools_statistics = False
        self.metrics: CompileMetrics | None = None
        self.loss_tracker: Mean | None = None
        self.arguments: dict[str, Any] = {}
        self.steps: Recent[Any] = Recent(16)
        self.predictors: dict[Any, Any] = {}
        self.was_built = False
        self.notices: set[str] = set()
        self.keeper: Any = None
        self.trainable_when_compiled: dict[str, bool] = {}
        self.flags: dict[str, bool] = {}

    def forget_steps(self) -> None:
        """Drops what was compiled, since the model has changed."""
        self.steps.clear()
        self.predictors.clear()
        self.was_built = False

    def clear(self) -> None:
        """As `forget_steps`: layers call it when one of their attributes is set."""
        self.forget_steps()

    def __getstate__(self) -> dict[str, Any]:
        # Compiled steps hold machine addresses: a copy compiles its own.
        return {**self.__dict__, "steps": Recent(16), "predictors": {}, "keeper": None}


def watch(model: Any, state: TrainingState) -> None:
    """Has what `state` compiled dropped whenever an attribute of the model or a layer is set."""
    for layer in model._flatten_layers():
        watchers = layer._watchers
        if not any(ref() is state for ref in watchers):
            watchers[:] = [ref for ref in watchers if ref() is not None]
            watchers.append(weakref.ref(state))
