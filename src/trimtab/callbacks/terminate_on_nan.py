"""TerminateOnNaN: the end of a training whose loss is no number."""

from __future__ import annotations

import math

from trimtab.callbacks.base import Callback, Logs
from trimtab.callbacks.messages import print_message
from trimtab.core.config import keras_export


@keras_export("keras.callbacks.TerminateOnNaN")
class TerminateOnNaN(Callback):
    """Stops a training at the batch whose loss is NaN or infinite.

    Args:
        raise_error: Whether to raise instead of stopping in order.

    Source: Keras 3 `keras.callbacks.TerminateOnNaN`.
    """

    def __init__(self, raise_error: bool = False) -> None:
        super().__init__()
        self.raise_error = raise_error

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Looks at the loss.

        Raises:
            RuntimeError: If it is no finite number and `raise_error` is set.
        """
        loss = (logs or {}).get("loss")
        if loss is None or math.isfinite(loss):
            return
        if self.raise_error:
            raise RuntimeError(
                f"TerminateOnNaN: the loss must be finite; got {loss} at batch {batch}. "
                "Try a smaller learning rate, or clip the gradients"
            )
        print_message(f"Batch {batch}: Invalid loss, terminating training")
        self.model.stop_training = True
