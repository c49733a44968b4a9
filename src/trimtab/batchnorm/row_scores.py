"""The loss of each row, and whether it is classified right."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from trimtab import ops
from trimtab.batchnorm.audit_subject import takes_logits
from trimtab.core import tree
from trimtab.training.resolve import loss_for, target_kind

Array = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True)
class Scores:
    """How a model does on rows.

    Attributes:
        losses: The loss of each row, None if the model has none.
        correct: Whether each row is classified right, None where that has no meaning.
    """

    losses: Array | None
    correct: Array | None

    @property
    def loss(self) -> float | None:
        """The mean loss."""
        return None if self.losses is None else float(self.losses.mean())

    @property
    def accuracy(self) -> float | None:
        """The part that is classified right."""
        return None if self.correct is None else float(self.correct.mean())


def scores(model: Any, y: Any, outputs: Sequence[Array]) -> Scores:
    """The scores of a model's outputs, by its compiled loss.

    Args:
        model: The model.
        y: Targets of the rows, in the structure of the outputs; None if there are none.
        outputs: The outputs, flat.
    """
    targets = [np.asarray(t) for t in tree.flatten(y) if t is not None]
    if not targets or len(targets) != len(outputs):
        return Scores(None, None)
    chosen = _losses(model, len(outputs))
    parts = [
        _row_losses(loss, t, out) for loss, t, out in zip(chosen, targets, outputs, strict=True)
    ]
    known = [part for part in parts if part is not None]
    total = np.sum(known, axis=0) if known else None
    correct = _correct(chosen[0], targets[0], outputs[0]) if len(outputs) == 1 else None
    return Scores(total, correct)


def _losses(model: Any, count: int) -> list[Any]:
    loss = getattr(model, "loss", None)
    if isinstance(loss, dict):
        names = getattr(model, "output_names", None) or list(loss)
        return [loss.get(name) for name in names][:count]
    listed = list(loss) if isinstance(loss, (list, tuple)) else [loss] * count
    return listed if len(listed) == count else [None] * count


def _row_losses(loss: Any, y: Array, out: Array) -> Array | None:
    if loss is None:
        return None
    function = loss_for(loss, y, out)
    values = function.call(ops.convert_to_tensor(_targets(y, out)), ops.convert_to_tensor(out))
    array = np.asarray(values, np.float64)
    if array.ndim == 0 or len(array) != len(out):
        return None
    return np.asarray(array.reshape(len(array), -1).mean(axis=1))


def _targets(y: Array, out: Array) -> Array:
    if y.dtype.kind == "f" and y.dtype != out.dtype:
        y = y.astype(out.dtype)
    return y[:, None] if y.ndim == 1 and out.ndim == 2 and out.shape[1] == 1 else y


def _correct(loss: Any, y: Array, out: Array) -> Array | None:
    if out.ndim != 2 or len(y) != len(out):
        return None
    kind = target_kind(y, out)
    if kind == "binary":
        return _binary_correct(loss, y.reshape(len(y), -1), out)
    if kind == "sparse":
        labels = y.reshape(len(y), -1)
        is_class = labels.shape[1] == 1 and bool((labels == np.round(labels)).all())
        return np.asarray(out.argmax(axis=1) == labels[:, 0]) if is_class else None
    is_one_hot = bool(((y == 0) | (y == 1)).all() and (y.sum(axis=1) == 1).all())
    return np.asarray(out.argmax(axis=1) == y.argmax(axis=1)) if is_one_hot else None


def _binary_correct(loss: Any, y: Array, out: Array) -> Array | None:
    if y.shape[1] != 1 or not bool(np.isin(y, (0, 1)).all()):
        return None
    limit = 0.0 if takes_logits(loss) else 0.5
    return np.asarray((out[:, 0] > limit) == (y[:, 0] > 0.5))


def mcnemar(before: Array, after: Array) -> float:
    """The two-sided p-value of McNemar's exact test: two classifiers on the same rows.

    >>> import numpy as np
    >>> right = np.array([True] * 6)
    >>> mcnemar(right, ~right)
    0.03125
    """
    only_before = int((before & ~after).sum())
    only_after = int((after & ~before).sum())
    total = only_before + only_after
    if total == 0:
        return 1.0
    if total > 1000:
        z = (abs(only_before - only_after) - 1) / math.sqrt(total)
        return math.erfc(z / math.sqrt(2))
    tail = sum(math.comb(total, k) for k in range(min(only_before, only_after) + 1))
    return min(1.0, float(2 * tail / 2**total))


def paired_interval(before: Array, after: Array) -> tuple[float, float, float]:
    """Mean of `after - before` over rows, and its 95 % interval, by the normal distribution."""
    differences = after - before
    mean = float(differences.mean())
    spread = float(differences.std(ddof=1)) if len(differences) > 1 else math.inf
    half = 1.96 * spread / math.sqrt(len(differences))
    return mean, mean - half, mean + half
