"""CSVLogger: the logs of the epochs in a file."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np

from trimtab.callbacks.base import Callback, Logs
from trimtab.core.config import keras_export
from trimtab.lazy import lazy_module

if TYPE_CHECKING:
    import csv
    import pathlib
else:
    csv = lazy_module("csv")
    pathlib = lazy_module("pathlib")


@keras_export("keras.callbacks.CSVLogger")
class CSVLogger(Callback):
    """Writes a line an epoch: its number, then the logs sorted by name; NA for a missing one.

    Args:
        filename: The file; it is closed when training ends.
        separator: Text between two values.
        append: Whether to add to a file that is there, or to start it anew.

    Source: Keras 3 `keras.callbacks.CSVLogger`.
    """

    def __init__(
        self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False
    ) -> None:
        super().__init__()
        self.filename = os.fspath(filename)
        self.sep = separator
        self.append = append
        self.keys: list[str] | None = None
        self._file: TextIO | None = None
        self._needs_header = True

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Opens the file."""
        path = pathlib.Path(self.filename)
        if self.append and path.exists():
            self._needs_header = path.stat().st_size == 0
        self._close()
        self._file = path.open("a" if self.append else "w", newline="", encoding="utf-8")
        self.keys = None

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Writes a line."""
        if self._file is None:
            return
        values = logs or {}
        writer = csv.writer(self._file, delimiter=self.sep)
        if self.keys is None:
            self.keys = sorted(values)
            # An epoch without validation still leaves room for its columns.
            if not any(key.startswith("val_") for key in self.keys):
                self.keys += [f"val_{key}" for key in self.keys]
            if self._needs_header:
                writer.writerow(["epoch", *self.keys])
        writer.writerow([epoch, *(_cell(values.get(key, "NA")) for key in self.keys)])
        self._file.flush()

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Closes the file."""
        self._close()

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = None


def _cell(value: Any) -> Any:
    is_scalar_array = isinstance(value, np.ndarray) and value.ndim == 0
    if isinstance(value, str) or is_scalar_array or not isinstance(value, Iterable):
        return value
    return f'"[{", ".join(map(str, value))}]"'
