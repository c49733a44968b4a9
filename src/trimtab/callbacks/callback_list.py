"""Many callbacks as one."""

from __future__ import annotations

from typing import Any

import numpy as np

from trimtab.callbacks.base import Callback, Logs
from trimtab.callbacks.history import History
from trimtab.callbacks.progbar_logger import ProgbarLogger
from trimtab.core import tree
from trimtab.core.config import keras_export
from trimtab.ir.tensor import Tensor

_EVERY, _SAMPLED, _IDLE = "every", "sampled", "idle"


def plain_logs(logs: Logs | None) -> dict[str, Any]:
    """`logs` with their keys sorted, numbers as floats, and dicts inside spread out."""
    result: dict[str, Any] = {}
    for key, value in sorted((logs or {}).items()):
        if isinstance(value, dict):
            result.update(plain_logs(value))
            continue
        try:
            result[key] = float(value)
        except (TypeError, ValueError):
            result[key] = np.asarray(value) if isinstance(value, Tensor) else value
    return result


def has_callback(callbacks: Any, kind: type) -> bool:
    """Whether a callback of `kind` is among `callbacks`: None, nested lists or a CallbackList."""
    listed = getattr(callbacks, "callbacks", callbacks)
    return any(isinstance(callback, kind) for callback in tree.flatten(listed))


def _hook_use(callback: Callback, name: str) -> str:
    hook = getattr(callback, name)
    if getattr(hook, "_is_idle", False):
        return _IDLE
    return _SAMPLED if getattr(hook, "_is_sampled", False) else _EVERY


@keras_export("keras.callbacks.CallbackList")
class CallbackList(Callback):
    """Callbacks that are called one after another, with logs in their public form.

    Args:
        callbacks: Callbacks, nested in lists if wished.
        add_history: Whether to add a `History` if there is none.
        add_progbar: Whether to add a `ProgbarLogger` if there is none.
        model: The model they are used with.
        **params: What `Callback.params` holds.

    Raises:
        TypeError: If something among `callbacks` is no callback.

    Source: Keras 3 `keras.callbacks.CallbackList`.
    """

    def __init__(
        self,
        callbacks: Any = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: Any = None,
        **params: Any,
    ) -> None:
        super().__init__()
        self.callbacks: list[Any] = tree.flatten(callbacks) if callbacks else []
        for callback in self.callbacks:
            if isinstance(callback, type) or not hasattr(callback, "on_epoch_end"):
                raise TypeError(
                    f"CallbackList: `callbacks` must be Callback objects; got {callback!r}"
                )
        self._history: History | None = self._find(History)
        if self._history is None and add_history:
            self._history = History()
            self.callbacks.append(self._history)
        if add_progbar and self._find(ProgbarLogger) is None:
            self.callbacks.append(ProgbarLogger())
        if model is not None:
            self.set_model(model)
        self.set_params(params)

    def _find(self, kind: type) -> Any:
        return next((c for c in reversed(self.callbacks) if isinstance(c, kind)), None)

    def append(self, callback: Any) -> None:
        """Adds a callback at the end."""
        self.callbacks.append(callback)

    def set_params(self, params: dict[str, Any]) -> None:
        """Hands the parameters of the call on."""
        self.params = params
        if params:
            for callback in self.callbacks:
                callback.set_params(params)

    def set_model(self, model: Any) -> None:
        """Hands the model on; its `history` becomes that of this list."""
        super().set_model(model)
        if self._history is not None:
            model.history = self._history
        for callback in self.callbacks:
            callback.set_model(model)

    def wants_every_batch(self, mode: str) -> bool:
        """Whether a callback must see every batch of `mode`: "train", "test" or "predict"."""
        return _EVERY in self._uses(mode)

    def wants_samples(self, mode: str) -> bool:
        """Whether a callback wants to see now and then how far an epoch of `mode` is."""
        return _SAMPLED in self._uses(mode)

    def _uses(self, mode: str) -> set[str]:
        names = [f"on_{mode}_batch_begin", f"on_{mode}_batch_end"]
        if mode == "train":
            names += ["on_batch_begin", "on_batch_end"]
        return {
            use
            for callback in self.callbacks
            for name in names
            if (use := _hook_use(callback, name)) is not _SAMPLED or callback.wants_updates()
        }

    def _each(self, hook: str, *args: Any) -> None:
        for callback in self.callbacks:
            getattr(callback, hook)(*args)

    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Calls `on_batch_begin` of each."""
        self._each("on_batch_begin", batch, plain_logs(logs))

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Calls `on_batch_end` of each."""
        self._each("on_batch_end", batch, plain_logs(logs))

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Calls `on_epoch_begin` of each."""
        self._each("on_epoch_begin", epoch, plain_logs(logs))

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Calls `on_epoch_end` of each with one dict, which one may add to for the next."""
        self._each("on_epoch_end", epoch, plain_logs(logs))

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Calls `on_train_batch_begin` of each."""
        self._each("on_train_batch_begin", batch, plain_logs(logs))

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Calls `on_train_batch_end` of each."""
        self._each("on_train_batch_end", batch, plain_logs(logs))

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Calls `on_test_batch_begin` of each."""
        self._each("on_test_batch_begin", batch, plain_logs(logs))

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Calls `on_test_batch_end` of each."""
        self._each("on_test_batch_end", batch, plain_logs(logs))

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Calls `on_predict_batch_begin` of each."""
        self._each("on_predict_batch_begin", batch, plain_logs(logs))

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Calls `on_predict_batch_end` of each, with the outputs as they are."""
        self._each("on_predict_batch_end", batch, logs or {})

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Calls `on_train_begin` of each."""
        self._each("on_train_begin", plain_logs(logs))

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Calls `on_train_end` of each."""
        self._each("on_train_end", plain_logs(logs))

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Calls `on_test_begin` of each."""
        self._each("on_test_begin", plain_logs(logs))

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Calls `on_test_end` of each."""
        self._each("on_test_end", plain_logs(logs))

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Calls `on_predict_begin` of each."""
        self._each("on_predict_begin", plain_logs(logs))

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """Calls `on_predict_end` of each."""
        self._each("on_predict_end", plain_logs(logs))
