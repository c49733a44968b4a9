"""TerminateOnNaN: the end of a training whose loss is no number."""

from __future__ import annotations

import math
from typing import Any

from trimtab.callbacks.base import Callback, Logs
from trimtab.callbacks.messages import print_message
from trimtab.core.config import keras_export


@keras_export("keras.callbacks.TerminateOnNaN")
class TerminateOnNaN(Callback):
    """Stops a training at the batch whose loss is NaN or infinite, and says where that began.

    With it `fit` takes training data that are not finite, which it refuses without. To find the
    place, it keeps a copy of the weights as each batch begins; the batch that went wrong is then
    gone through again, operation by operation.

    Args:
        raise_error: Whether to raise instead of stopping in order.

    Attributes:
        found: The layer, tensor and batch where the first value that is not finite arose, None if
            there was none or it could not be told.

    Source: Keras 3 `keras.callbacks.TerminateOnNaN`; the place is this library's.
    """

    def __init__(self, raise_error: bool = False) -> None:
        super().__init__()
        self.raise_error = raise_error
        self.found: Any = None

    def _keeper(self) -> Any:
        # A model in the hands of a loop of one's own keeps no batches.
        return getattr(getattr(self.model, "training_state", None), "keeper", None)

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Has the batch kept."""
        keeper = self._keeper()
        if keeper is not None:
            keeper.keep(batch)

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Looks at the loss.

        Raises:
            RuntimeError: If it is no finite number and `raise_error` is set.
        """
        loss = (logs or {}).get("loss")
        if loss is None or math.isfinite(loss):
            return
        keeper = self._keeper()
        self.found = None if keeper is None else keeper.find()
        place = "" if self.found is None else f"First value that is not finite: {self.found}"
        if self.raise_error:
            raise RuntimeError(
                f"TerminateOnNaN: NaN or Inf loss encountered; got {loss} at batch {batch}. "
                f"{place + '. ' if place else ''}"
                "Try a smaller learning rate, or clip the gradients"
            )
        print_message(f"Batch {batch}: Invalid loss, terminating training")
        if place:
            print_message(place)
        self.model.stop_training = True
