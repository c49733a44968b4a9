"""History: the record of a training."""

from __future__ import annotations

from typing import Any

from trimtab.callbacks.base import Callback, Logs
from trimtab.core import extras
from trimtab.core.config import keras_export, nearest


@keras_export("keras.callbacks.History")
class History(Callback):
    """What `fit` returns: the logs of its epochs.

    Attributes:
        history: Name -> list with one value an epoch.
        epoch: Numbers of the epochs, from 0.

    Source: Keras 3 `keras.callbacks.History`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.history: dict[str, list[Any]] = {}
        self.epoch: list[int] = []

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Starts the list of epochs; values of an earlier training with this object stay."""
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Records the epoch."""
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
        self.model.history = self

    def plot(self, names: str | list[str] | None = None) -> Any:
        """Draws the values over the epochs, those of training and validation in one picture each.

        Args:
            names: What to draw, without "val_"; all if None.

        Returns:
            A matplotlib Figure, which notebooks show; `figure.savefig(path)` writes it.

        Raises:
            ValueError: If a name was not recorded, or nothing was.
            ImportError: If matplotlib is not installed (`pip install 'trimtab[plot]'`).
        """
        known = list(dict.fromkeys(name.removeprefix("val_") for name in self.history))
        chosen = known if names is None else [names] if isinstance(names, str) else list(names)
        for name in chosen:
            if name not in known:
                raise ValueError(
                    f"History.plot: `names` must be among {known}; got {name!r}."
                    f"{nearest(name, known)}"
                )
        if not chosen:
            raise ValueError("History.plot: nothing was recorded; call fit first")
        figures: Any = extras.require("matplotlib.figure", "plot", "History.plot")
        figure = figures.Figure((4.5 * len(chosen), 3.5), layout="constrained")
        for number, name in enumerate(chosen):
            axes = figure.add_subplot(1, len(chosen), number + 1)
            for key, label in ((name, "training"), (f"val_{name}", "validation")):
                values = self.history.get(key)
                if values:
                    epochs = [epoch + 1 for epoch in self.epoch[-len(values) :]]
                    marker = "o" if len(values) == 1 else None
                    axes.plot(epochs, values[-len(epochs) :], label=label, marker=marker)
            axes.set_xlabel("epoch")
            axes.set_title(name)
            axes.legend()
        return figure
