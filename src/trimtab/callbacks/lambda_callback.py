"""LambdaCallback: a callback from functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trimtab.callbacks.base import Callback
from trimtab.core.config import keras_export, nearest

Function = Callable[..., Any] | None


@keras_export("keras.callbacks.LambdaCallback")
class LambdaCallback(Callback):
    """A callback whose hooks are the functions given.

    Args:
        on_epoch_begin: Called with `epoch, logs`.
        on_epoch_end: Called with `epoch, logs`.
        on_train_begin: Called with `logs`.
        on_train_end: Called with `logs`.
        on_train_batch_begin: Called with `batch, logs`.
        on_train_batch_end: Called with `batch, logs`.
        **kwargs: Functions for the other hooks of `Callback`, under their names, and whatever else
            the functions look for in the callback.

    Raises:
        TypeError: If an argument that begins with "on_" names no hook.

    Source: Keras 3 `keras.callbacks.LambdaCallback`.
    """

    def __init__(
        self,
        on_epoch_begin: Function = None,
        on_epoch_end: Function = None,
        on_train_begin: Function = None,
        on_train_end: Function = None,
        on_train_batch_begin: Function = None,
        on_train_batch_end: Function = None,
        **kwargs: Function,
    ) -> None:
        super().__init__()
        hooks = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
        }
        known = [name for name in dir(Callback) if name.startswith("on_")]
        for name in kwargs:
            if name.startswith("on_") and name not in known:
                raise TypeError(f"LambdaCallback: unknown hook {name!r}.{nearest(name, known)}")
        for name, function in (hooks | kwargs).items():
            if function is not None:
                setattr(self, name, function)
