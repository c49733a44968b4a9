"""TensorBoard: event files of a training."""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np

from trimtab.callbacks.base import Callback, Logs
from trimtab.core import extras, settings
from trimtab.core.config import keras_export

_TRAIN, _VALIDATION = "train", "validation"


def _require(module: str) -> Any:
    return extras.require(module, "tensorboard", "TensorBoard")


@keras_export("keras.callbacks.TensorBoard")
class TensorBoard(Callback):
    """Writes what TensorBoard shows: logs, the model's graph, histograms of its weights.

    Event files lie in the folders "train" and "validation" of `log_dir`. Histograms cover all
    weights of each layer, so those of `BatchNormalization` show its moving statistics beside
    gamma and beta. With `update_freq="epoch"` whole epochs run without a return to Python.

    Args:
        log_dir: The folder.
        histogram_freq: Epochs from one histogram of the weights to the next; 0 for none.
        write_graph: Whether to write the layers of a Sequential or functional model.
        write_images: Whether to draw the weights as images beside their histograms.
        write_steps_per_second: Whether to log the speed.
        update_freq: "epoch", or the number of batches from one record of the logs to the next
            ("batch" for 1), beside those of the epochs.
        profile_batch: Must be 0: there is no profiler.
        embeddings_freq: Epochs from one file with the weights to the next, for the projector of
            embeddings; 0 for none.
        embeddings_metadata: File with a name for each row of an embedding, or a dictionary of
            such files by the name of their `Embedding` layer.

    Raises:
        ValueError: If `profile_batch` or `update_freq` has no such value.
        ImportError: If tensorboardX is not installed (`pip install 'trimtab[tensorboard]'`).

    Source: Keras 3 `keras.callbacks.TensorBoard`.
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str] = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: Any = "epoch",
        profile_batch: Any = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: Any = None,
    ) -> None:
        super().__init__()
        if profile_batch:
            raise ValueError(
                f"TensorBoard: `profile_batch` must be 0, there is no profiler; got "
                f"{profile_batch!r}"
            )
        if update_freq != "epoch":
            update_freq = 1 if update_freq == "batch" else update_freq
            if not isinstance(update_freq, int) or update_freq < 1:
                raise ValueError(
                    "TensorBoard: `update_freq` must be 'epoch', 'batch' or a number of batches; "
                    f"got {update_freq!r}"
                )
            self.on_train_batch_begin = self._begin_batch  # type: ignore[method-assign]
            self.on_train_batch_end = self._end_batch  # type: ignore[method-assign]
        self.log_dir = str(log_dir)
        self.histogram_freq = histogram_freq
        self.write_graph = write_graph
        self.write_images = write_images
        self.write_steps_per_second = write_steps_per_second
        self.update_freq = update_freq
        self.embeddings_freq = embeddings_freq
        self.embeddings_metadata = embeddings_metadata
        self._writers: dict[str, Any] = {}
        self._batch = 0
        self._batch_started = self._epoch_started = 0.0
        self._steps_before = 0

    def _writer(self, part: str) -> Any:
        if part not in self._writers:
            folder = os.path.join(self.log_dir, part)
            self._writers[part] = _require("tensorboardX").SummaryWriter(folder)
        return self._writers[part]

    def _scalar(self, part: str, tag: str, value: Any, step: int) -> None:
        if np.ndim(value) == 0 and not isinstance(value, str):
            self._writer(part).add_scalar(tag, float(value), step)

    def set_model(self, model: Any) -> None:
        """Takes the model, and writes its layers if wished."""
        super().set_model(model)
        self._close()
        if self.write_graph and hasattr(model, "to_json"):
            self._write_layers()
        if self.embeddings_freq:
            self._write_projector()

    def _write_layers(self) -> None:
        if type(self.model).__name__ not in ("Functional", "Sequential"):
            return
        proto = _require("tensorboardX.proto.summary_pb2")
        tensors = _require("tensorboardX.proto.tensor_pb2")
        plugin = proto.SummaryMetadata.PluginData(plugin_name="graph_keras_model", content=b"1")
        # 7 is TensorFlow's number of strings.
        text = tensors.TensorProto(dtype=7, string_val=[self.model.to_json().encode()])
        metadata = proto.SummaryMetadata(plugin_data=plugin)
        value = proto.Summary.Value(tag="keras", metadata=metadata, tensor=text)
        self._writer(_TRAIN).file_writer.add_summary(proto.Summary(value=[value]), 0)

    def _write_projector(self) -> None:
        given = self.embeddings_metadata
        files = dict(given) if isinstance(given, dict) else {}
        lines = []
        for layer in self.model.layers:
            if type(layer).__name__ != "Embedding":
                continue
            file = given if isinstance(given, str) else files.pop(layer.name, None)
            lines += [
                "embeddings {",
                '  tensor_name: "layer_with_weights-0/embeddings/.ATTRIBUTES/VARIABLE_VALUE"',
                *([] if file is None else [f'  metadata_path: "{file}"']),
                "}",
            ]
        if files:
            raise ValueError(
                "TensorBoard: `embeddings_metadata` must name Embedding layers of the model; got "
                f"{list(files)}"
            )
        os.makedirs(self.log_dir, exist_ok=True)
        path = os.path.join(self.log_dir, "projector_config.pbtxt")
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in lines)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Counts batches from 0."""
        self._batch = 0
        self._steps_before = 0

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Closes the files."""
        self._close()

    def _close(self) -> None:
        for writer in self._writers.values():
            writer.close()
        self._writers = {}

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Writes the results against the number of updates."""
        if self.model.optimizer is None:
            return
        step = int(self.model.optimizer.iterations)
        for name, value in (logs or {}).items():
            self._scalar(_VALIDATION, f"evaluation_{name}_vs_iterations", value, step)
        if _VALIDATION in self._writers:
            self._writer(_VALIDATION).flush()

    def _begin_batch(self, batch: int, logs: Logs | None = None) -> None:
        self._batch += 1
        self._batch_started = time.perf_counter()

    def _end_batch(self, batch: int, logs: Logs | None = None) -> None:
        if self._batch % self.update_freq:
            return
        if self.write_steps_per_second:
            seconds = max(time.perf_counter() - self._batch_started, 1e-9)
            self._scalar(_TRAIN, "batch_steps_per_second", 1.0 / seconds, self._batch)
        for name, value in (logs or {}).items():
            self._scalar(_TRAIN, f"batch_{name}", value, self._batch)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Takes the time."""
        if self.write_steps_per_second:
            self._steps_before = int(self.model.optimizer.iterations)
            self._epoch_started = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Writes the logs, and histograms and embeddings where they are due."""
        self._write_logs(epoch, logs or {})
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._write_weights(epoch)
        if self.embeddings_freq and epoch % self.embeddings_freq == 0:
            name = f"keras_embedding.ckpt-{epoch}.weights.h5"
            folder = os.path.join(self.log_dir, _TRAIN)
            os.makedirs(folder, exist_ok=True)
            self.model.save_weights(os.path.join(folder, name))

    def _write_logs(self, epoch: int, logs: Logs) -> None:
        if not logs:
            return
        trained = {name: value for name, value in logs.items() if not name.startswith("val_")}
        optimizer = self.model.optimizer
        if optimizer is not None:
            rate = getattr(optimizer, "learning_rate", None)
            if rate is not None:  # several optimizers in one have several
                trained["learning_rate"] = float(np.asarray(rate))
            if self.write_steps_per_second:
                seconds = max(time.perf_counter() - self._epoch_started, 1e-9)
                steps = int(optimizer.iterations) - self._steps_before
                trained["steps_per_second"] = steps / seconds
        for name, value in trained.items():
            self._scalar(_TRAIN, f"epoch_{name}", value, epoch)
        for name, value in logs.items():
            if name.startswith("val_"):
                self._scalar(_VALIDATION, f"epoch_{name.removeprefix('val_')}", value, epoch)
        for writer in self._writers.values():
            writer.flush()

    def _write_weights(self, epoch: int) -> None:
        writer = self._writer(_TRAIN)
        for layer in self.model.layers:
            for weight in layer.weights:
                values = np.asarray(weight)
                name = weight.path.replace(":", "_")
                finite = values[np.isfinite(values)]
                if finite.size:
                    writer.add_histogram(f"{name}/histogram", finite, epoch, bins="tensorflow")
                image = _as_image(values) if self.write_images else None
                if image is not None:
                    writer.add_images(f"{name}/image", image, epoch, dataformats="NHWC")
        writer.flush()


def _as_image(weight: np.ndarray[Any, Any]) -> np.ndarray[Any, Any] | None:
    """A weight as images (image, height, width, 1), its range spread over 0 to 255; else None."""
    drawn = np.squeeze(weight)
    if drawn.ndim == 1:
        drawn = drawn.reshape(1, -1, 1, 1)
    elif drawn.ndim == 2:
        drawn = (drawn.T if drawn.shape[0] > drawn.shape[1] else drawn)[None, :, :, None]
    elif drawn.ndim == 3:
        if settings.image_data_format() == "channels_last":
            drawn = drawn.transpose(2, 0, 1)
        drawn = drawn[..., None]
    else:
        return None
    low, high = float(drawn.min()), float(drawn.max())
    span = high - low or 1.0
    return np.asarray((drawn - low) / span * 255.0).astype(np.uint8)
