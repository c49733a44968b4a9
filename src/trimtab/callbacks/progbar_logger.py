"""ProgbarLogger: the progress lines of `fit`, `evaluate` and `predict`."""

from __future__ import annotations

from typing import Any

from trimtab.callbacks.base import Callback, Logs, sampled
from trimtab.callbacks.messages import print_message
from trimtab.callbacks.progress_bar import Progbar
from trimtab.core.config import keras_export


@keras_export("keras.callbacks.ProgbarLogger")
class ProgbarLogger(Callback):
    """Prints how far an epoch is (verbose 1), or one line an epoch (verbose 2).

    Source: Keras 3 `keras.callbacks.ProgbarLogger`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.seen = 0
        self.progbar: Progbar | None = None
        self.target: int | None = None
        self.verbose = 1
        self.epochs = 1
        self._called_in_fit = False

    def set_params(self, params: dict[str, Any]) -> None:
        """Takes verbosity, epochs and steps of the call."""
        super().set_params(params)
        self.verbose = 1 if params["verbose"] == "auto" else int(params["verbose"])
        self.epochs = params["epochs"]
        self.target = params["steps"]

    def wants_updates(self) -> bool:
        """Whether it draws a bar while an epoch runs."""
        return self.verbose == 1

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Makes validation silent: its result stands in the epoch's line."""
        self._called_in_fit = True

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Starts the bar of `evaluate`."""
        if not self._called_in_fit:
            self._start()

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Starts the bar of `predict`."""
        self._start()

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Starts the bar of an epoch."""
        self._start()
        if self.verbose and self.epochs > 1:
            print_message(f"Epoch {epoch + 1}/{self.epochs}")

    @sampled
    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Moves the bar on."""
        self._update(batch, logs)

    @sampled
    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Moves the bar on."""
        if not self._called_in_fit:
            self._update(batch, logs)

    @sampled
    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Moves the bar on."""
        self._update(batch, None)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Ends the line."""
        self._finish(logs)

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Ends the line."""
        if not self._called_in_fit:
            self._finish(logs)

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """Ends the line."""
        self._finish(None)

    def _start(self) -> None:
        self.seen = 0
        self.progbar = Progbar(self.target, verbose=self.verbose, stateless_metrics=())

    def _update(self, batch: int, logs: Logs | None) -> None:
        self.seen = batch + 1
        if self.verbose == 1 and self.progbar is not None:
            self.progbar.update(self.seen, list((logs or {}).items()), finalize=False)

    def _finish(self, logs: Logs | None) -> None:
        if self.progbar is None:
            return
        if self.target is None:
            # The length of a source that does not tell it is known after its first epoch.
            self.target = self.progbar.target = self.seen
        self.progbar.update(self.target, list((logs or {}).items()), finalize=True)
