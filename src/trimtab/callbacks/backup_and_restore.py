"""BackupAndRestore: lets a training that was cut off go on where it was."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.callbacks.base import Callback, Logs
from trimtab.callbacks.batch_count import BatchCount
from trimtab.core.config import keras_export
from trimtab.lazy import lazy_module

if TYPE_CHECKING:
    import hashlib
    import json
    import pathlib
    import shutil
else:
    hashlib = lazy_module("hashlib")
    json = lazy_module("json")
    shutil = lazy_module("shutil")
    pathlib = lazy_module("pathlib")


@keras_export("keras.callbacks.BackupAndRestore")
class BackupAndRestore(Callback):
    """Keeps weights and optimizer of a training in a folder; the same `fit` takes them up again.

    After a cut, `fit` goes on with the first epoch that was not backed up as complete. Rows are
    then shuffled as they would have been, since the state of NumPy's global generator is kept too,
    as are those of the layers: the training ends with the very numbers of one without a cut. (A
    backup in the middle of an epoch has that epoch begin anew.)

    Args:
        backup_dir: The folder; no other training may use it.
        save_freq: "epoch", a number of batches, which takes a return to Python after every batch,
            or False to restore only.
        double_checkpoint: Whether to keep the backup before the last one too, and to fall back on
            it if the last one cannot be read.
        delete_checkpoint: Whether to delete the backup once training has ended.

    Raises:
        ValueError: If there is no name of a folder, or `save_freq` is another one.

    Source: Keras 3 `keras.callbacks.BackupAndRestore`; there, the folder is deleted whatever else
        is in it, and `save_freq=False` saves after every batch.
    """

    def __init__(
        self,
        backup_dir: str | os.PathLike[str],
        save_freq: str | int = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ) -> None:
        super().__init__()
        if not backup_dir:
            raise ValueError(
                "BackupAndRestore: Empty `backup_dir` argument passed; it must name a folder; got "
                f"{backup_dir!r}"
            )
        if save_freq != "epoch" and not isinstance(save_freq, int):
            raise ValueError(
                f"BackupAndRestore: Invalid value {save_freq!r} for `save_freq`: it must be "
                "'epoch', a number of batches or False"
            )
        self.backup_dir = os.fspath(backup_dir)
        self.save_freq = save_freq
        self.double_checkpoint = double_checkpoint
        self.delete_checkpoint = delete_checkpoint
        folder = pathlib.Path(self.backup_dir)
        self._weights = folder / "latest.weights.h5"
        self._metadata = folder / "training_metadata.json"
        self._epoch = 0
        self._batch = 0
        self._entry: dict[str, Any] | None = None
        if isinstance(save_freq, int) and save_freq:
            self._count = BatchCount(save_freq)
            self.on_train_batch_end = self._after_batch  # type: ignore[method-assign]

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Takes up the backup, if there is one.

        Raises:
            ValueError: If the model is not built, or the backup cannot be read.
        """
        if not self.model.built:
            raise ValueError(
                "BackupAndRestore: the model must be built before fit(); call it on a batch of data"
            )
        try:
            self._restore()
        except (OSError, ValueError):
            if not _previous(self._weights).exists():
                raise
            for path in (self._weights, self._metadata):
                path.unlink(missing_ok=True)
                if _previous(path).exists():
                    shutil.copyfile(_previous(path), path)
            self._restore()

    def _restore(self) -> None:
        known: dict[str, Any] = {}
        if self._metadata.exists():
            known = json.loads(self._metadata.read_text(encoding="utf8"))
        if self._weights.exists():
            optimizer = self.model.optimizer
            if optimizer is not None and not optimizer.built:
                optimizer.build(self.model.trainable_variables)
            # A cut between the two files leaves weights older than the last entry about them.
            digest = _digest(self._weights)
            entries = [known, known.get("previous") or {}]
            known = next((entry for entry in entries if entry.get("digest") == digest), known)
            self.model.load_weights(str(self._weights))
        elif "digest" in known:
            # The first backup was cut before its weights came.
            known = {}
        if "epoch" in known:
            self.model._initial_epoch = int(known["epoch"])
        if "shuffling" in known:
            _set_shuffling(known["shuffling"])
        states = self._seed_states()
        values = known.get("seeds", [])
        if len(values) == len(states):
            for state, value in zip(states, values, strict=True):
                state.assign(np.array(value, state.dtype))
        if "digest" in known:
            self._entry = {key: value for key, value in known.items() if key != "previous"}

    def _seed_states(self) -> list[Any]:
        """Where the layers' random numbers stand, which files of weights do not hold."""
        weights = {id(variable) for variable in self.model.weights}
        return [variable for variable in self.model.variables if id(variable) not in weights]

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Backs up, if it is time."""
        self._epoch, self._batch = epoch + 1, 0
        if self.save_freq == "epoch":
            self._back_up()

    def _after_batch(self, batch: int, logs: Logs | None = None) -> None:
        self._batch = batch
        if self._count.is_due(batch):
            self._back_up()

    def _back_up(self) -> None:
        pathlib.Path(self.backup_dir).mkdir(parents=True, exist_ok=True)
        if self.double_checkpoint:
            for path in (self._weights, self._metadata):
                if path.exists():
                    shutil.copyfile(path, _previous(path))
        hidden = f".{self._weights.name}"
        for left in pathlib.Path(self.backup_dir).iterdir():
            # What a cut in the middle of a backup left behind.
            if left.name.startswith((hidden, f".{hidden}")):
                left.unlink(missing_ok=True)
        pending = self._weights.with_name(f".{self._weights.name}.next.weights.h5")
        self.model.save_weights(str(pending), overwrite=True)
        entry = {
            "epoch": self._epoch,
            "batch": self._batch,
            "digest": _digest(pending),
            "shuffling": _shuffling(),
            "seeds": [np.asarray(state).tolist() for state in self._seed_states()],
        }
        # First what is to be known of both weights, the old and the new ones; then the new ones.
        # Whenever a cut comes, the weights that lie there find their own entry.
        temporary = self._metadata.with_suffix(".tmp")
        with temporary.open("w", encoding="utf8") as file:
            json.dump({**entry, "previous": self._entry}, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._metadata)
        pending.replace(self._weights)
        self._entry = entry

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Deletes the backup, and its folder if that is empty then."""
        if not self.delete_checkpoint:
            return
        for path in (self._weights, self._metadata):
            path.unlink(missing_ok=True)
            _previous(path).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            pathlib.Path(self.backup_dir).rmdir()


def _previous(path: pathlib.Path) -> pathlib.Path:
    return path.with_name(f"{path.name}.bkp")


def _digest(path: pathlib.Path) -> str:
    """What tells the content of a file from another's."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha1").hexdigest()


def _shuffling() -> list[Any]:
    """The state of NumPy's global generator, which orders the rows."""
    kind, keys, position, has_gauss, gauss = np.random.get_state(legacy=True)  # noqa: NPY002
    return [kind, np.asarray(keys).tolist(), position, has_gauss, gauss]


def _set_shuffling(state: list[Any]) -> None:
    kind, keys, *rest = state
    np.random.set_state((kind, np.array(keys, np.uint32), *rest))  # noqa: NPY002
