"""Callback: what can be done at the stages of training, evaluation and prediction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from trimtab.core.arguments import refuse_old_arguments
from trimtab.core.config import keras_export

Hook = TypeVar("Hook", bound=Callable[..., Any])

Logs = dict[str, Any]


def idle(hook: Hook) -> Hook:
    """Marks a hook that does nothing, so that it need not be called."""
    hook._is_idle = True  # type: ignore[attr-defined]
    return hook


def sampled(hook: Hook) -> Hook:
    """Marks a batch hook that need not see every batch, only the state now and then."""
    hook._is_sampled = True  # type: ignore[attr-defined]
    return hook


@keras_export("keras.callbacks.Callback")
class Callback:
    """Base of the callbacks: hooks that `fit`, `evaluate` and `predict` call as they go.

    A subclass overrides the hooks it needs. While no callback overrides a hook of batches, whole
    epochs run without a return to Python.

    Attributes:
        params: {"verbose", "epochs", "steps"} of the call.
        model: The model that is trained.

    Source: Keras 3 `keras.callbacks.Callback`.
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """Refuses old spellings of arguments, with today's."""
        if kwargs and cls.__module__.startswith("trimtab.callbacks."):
            refuse_old_arguments(cls, args, kwargs, lambda _: [])
        return super().__new__(cls)

    def __init__(self) -> None:
        self.params: dict[str, Any] | None = None
        self._model: Any = None

    def set_params(self, params: dict[str, Any]) -> None:
        """Takes the parameters of the call."""
        self.params = params

    def set_model(self, model: Any) -> None:
        """Takes the model."""
        self._model = model

    @property
    def model(self) -> Any:
        """The model that is trained."""
        return self._model

    @idle
    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """As `on_train_batch_begin`."""

    @idle
    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """As `on_train_batch_end`."""

    @idle
    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Called before an epoch of `fit`.

        Args:
            epoch: Its number, from 0.
            logs: Empty.
        """

    @idle
    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Called after an epoch of `fit`.

        Args:
            epoch: Its number, from 0.
            logs: Loss and metrics of the epoch, and those of validation with the prefix "val_".
        """

    @idle
    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Called before a batch of `fit`.

        Args:
            batch: Its number in the epoch, from 0.
            logs: Empty.
        """
        self.on_batch_begin(batch, logs=logs)

    @idle
    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Called after a batch of `fit`.

        Args:
            batch: Its number in the epoch, from 0.
            logs: Loss and metrics of the epoch so far.
        """
        self.on_batch_end(batch, logs=logs)

    @idle
    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Called before a batch of `evaluate`, or of the validation in `fit`."""

    @idle
    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Called after a batch of `evaluate`, or of the validation in `fit`."""

    @idle
    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Called before a batch of `predict`."""

    @idle
    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Called after a batch of `predict`, with its result in `logs["outputs"]`."""

    @idle
    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Called when `fit` starts."""

    @idle
    def on_train_end(self, logs: Logs | None = None) -> None:
        """Called when `fit` ends without an error, with the logs of the last epoch."""

    @idle
    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Called when `evaluate`, or a validation in `fit`, starts."""

    @idle
    def on_test_end(self, logs: Logs | None = None) -> None:
        """Called when `evaluate`, or a validation in `fit`, ends, with its result."""

    @idle
    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Called when `predict` starts."""

    @idle
    def on_predict_end(self, logs: Logs | None = None) -> None:
        """Called when `predict` ends."""
