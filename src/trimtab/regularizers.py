"""Penalties on weights, added to the loss."""

from __future__ import annotations

import math
from typing import Any

from trimtab import ops
from trimtab.core.config import Configurable, keras_export, serialize_keras_object
from trimtab.core.identifiers import Identifiers, class_names
from trimtab.ir.tensor import Tensor


def _strength(owner: str, name: str, value: Any) -> float:
    if isinstance(value, (int, float)) and math.isfinite(value) and value >= 0:
        return float(value)
    raise ValueError(f"{owner}: `{name}` must be a finite number >= 0; got {value!r}")


@keras_export("keras.regularizers.Regularizer")
class Regularizer(Configurable):
    """Base of the penalties: a callable from a weight tensor to a scalar.

    Source: Keras 3 `keras.regularizers.Regularizer`.
    """

    def __call__(self, x: Any) -> Any:
        """The penalty of `x`; 0 here."""
        return 0.0


@keras_export("keras.regularizers.L1L2")
class L1L2(Regularizer):
    """Sum of both norms: `l1 * sum(|x|) + l2 * sum(x**2)`. There is no factor 1/2.

    Args:
        l1: Weight of the sum of magnitudes, >= 0.
        l2: Weight of the sum of squares, >= 0.

    Raises:
        ValueError: If a weight is negative or not finite.

    Source: Keras 3 `keras.regularizers.L1L2`.
    """

    def __init__(self, l1: float | None = 0.0, l2: float | None = 0.0) -> None:
        self.l1 = _strength("L1L2", "l1", 0.0 if l1 is None else l1)
        self.l2 = _strength("L1L2", "l2", 0.0 if l2 is None else l2)

    def __call__(self, x: Any) -> Tensor:
        """The penalty of `x`, a scalar of its type."""
        x = ops.convert_to_tensor(x)
        penalty = ops.zeros((), dtype=x.dtype)
        if self.l1:
            penalty = penalty + self.l1 * ops.sum(ops.abs(x))
        if self.l2:
            penalty = penalty + self.l2 * ops.sum(ops.square(x))
        return penalty


@keras_export("keras.regularizers.L1")
class L1(Regularizer):
    """Sum of magnitudes: `l1 * sum(|x|)`.

    Args:
        l1: Weight, >= 0; None means 0.01.

    Raises:
        ValueError: If the weight is negative or not finite.

    Source: Keras 3 `keras.regularizers.L1`.
    """

    def __init__(self, l1: float | None = 0.01) -> None:
        self.l1 = _strength("L1", "l1", 0.01 if l1 is None else l1)

    def __call__(self, x: Any) -> Tensor:
        """The penalty of `x`, a scalar of its type."""
        return self.l1 * ops.sum(ops.abs(x))


@keras_export("keras.regularizers.L2")
class L2(Regularizer):
    """Sum of squares: `l2 * sum(x**2)`. There is no factor 1/2.

    Args:
        l2: Weight, >= 0; None means 0.01.

    Raises:
        ValueError: If the weight is negative or not finite.

    Source: Keras 3 `keras.regularizers.L2`.
    """

    def __init__(self, l2: float | None = 0.01) -> None:
        self.l2 = _strength("L2", "l2", 0.01 if l2 is None else l2)

    def __call__(self, x: Any) -> Tensor:
        """The penalty of `x`, a scalar of its type."""
        return self.l2 * ops.sum(ops.square(x))


@keras_export("keras.regularizers.OrthogonalRegularizer")
class OrthogonalRegularizer(Regularizer):
    """Mean absolute cosine between different rows (or columns) of a matrix, times `factor`.

    Args:
        factor: Weight, >= 0.
        mode: "rows" or "columns": the vectors that should be orthogonal.

    Raises:
        ValueError: If an argument is out of range, or the tensor is no matrix.

    Source: Keras 3 `keras.regularizers.OrthogonalRegularizer`.
    """

    def __init__(self, factor: float = 0.01, mode: str = "rows") -> None:
        self.factor = _strength("OrthogonalRegularizer", "factor", factor)
        if mode not in ("rows", "columns"):
            raise ValueError(
                f'OrthogonalRegularizer: `mode` must be "rows" or "columns"; got {mode!r}'
            )
        self.mode = mode

    def __call__(self, x: Any) -> Tensor:
        """The penalty of the matrix `x`, a scalar of its type."""
        matrix = ops.convert_to_tensor(x)
        if len(matrix.shape) != 2:
            raise ValueError(
                f"OrthogonalRegularizer: the weight must have rank 2; got shape {matrix.shape}"
            )
        vectors = ops.normalize(matrix if self.mode == "rows" else ops.transpose(matrix), axis=1)
        count = vectors.shape[0]
        cosines = ops.matmul(vectors, ops.transpose(vectors))
        others = ops.abs(cosines * (1.0 - ops.eye(count, dtype=matrix.dtype)))
        # Each pair stands twice in the matrix: half the sum over the number of pairs.
        total: Tensor = ops.sum(others) * (self.factor / (count * (count - 1.0)))
        return total


l1 = L1
l2 = L2
l1_l2 = L1L2
orthogonal_regularizer = OrthogonalRegularizer

_IDENTIFIERS = Identifiers(
    "regularizer", class_names((Regularizer, L1, L2, L1L2, OrthogonalRegularizer))
)


def get(identifier: Any) -> Any:
    """The regularizer meant by a name, configuration, class or callable; None stays None.

    Raises:
        ValueError: If the name is unknown or the identifier is not callable.

    Source: Keras 3 `keras.regularizers.get`.
    """
    return _IDENTIFIERS.get(identifier)


def serialize(regularizer: Any) -> Any:
    """The configuration of a regularizer, for `deserialize`."""
    return serialize_keras_object(regularizer)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The regularizer that a configuration describes.

    Raises:
        ValueError: If its class is unknown.
    """
    return _IDENTIFIERS.deserialize(config, custom_objects)
