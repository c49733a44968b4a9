"""Starting values of weights. An initializer is called with a shape and gives an array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from trimtab.core.config import serialize_keras_object
from trimtab.core.identifiers import Identifiers, class_names
from trimtab.core.variable import NAMED_INITIALIZERS
from trimtab.initializers.base import Initializer as Initializer
from trimtab.initializers.base import NDArray, dtype_name
from trimtab.initializers.constant import Constant as Constant
from trimtab.initializers.constant import Identity as Identity
from trimtab.initializers.constant import Ones as Ones
from trimtab.initializers.constant import Zeros as Zeros
from trimtab.initializers.random import Orthogonal as Orthogonal
from trimtab.initializers.random import RandomNormal as RandomNormal
from trimtab.initializers.random import RandomUniform as RandomUniform
from trimtab.initializers.random import TruncatedNormal as TruncatedNormal
from trimtab.initializers.variance_scaling import GlorotNormal as GlorotNormal
from trimtab.initializers.variance_scaling import GlorotUniform as GlorotUniform
from trimtab.initializers.variance_scaling import HeNormal as HeNormal
from trimtab.initializers.variance_scaling import HeUniform as HeUniform
from trimtab.initializers.variance_scaling import LecunNormal as LecunNormal
from trimtab.initializers.variance_scaling import LecunUniform as LecunUniform
from trimtab.initializers.variance_scaling import VarianceScaling as VarianceScaling
from trimtab.initializers.variance_scaling import compute_fans as compute_fans
from trimtab.ir.tensor import Tensor

constant = Constant
glorot_normal = GlorotNormal
glorot_uniform = GlorotUniform
he_normal = HeNormal
he_uniform = HeUniform
identity = Identity
IdentityInitializer = Identity
lecun_normal = LecunNormal
lecun_uniform = LecunUniform
ones = Ones
orthogonal = Orthogonal
OrthogonalInitializer = Orthogonal
random_normal = RandomNormal
random_uniform = RandomUniform
truncated_normal = TruncatedNormal
variance_scaling = VarianceScaling
zeros = Zeros

_CLASSES = (
    Initializer,
    Constant,
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    Identity,
    LecunNormal,
    LecunUniform,
    Ones,
    Orthogonal,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
    Zeros,
)
_IDENTIFIERS = Identifiers(
    "initializer",
    class_names(_CLASSES)
    | {
        "IdentityInitializer": Identity,
        "OrthogonalInitializer": Orthogonal,
        "normal": RandomNormal,
        "one": Ones,
        "uniform": RandomUniform,
        "zero": Zeros,
    },
)


def get(identifier: Any) -> Any:
    """The initializer meant by `identifier`.

    Args:
        identifier: A name, a configuration, a class, a callable `(shape, dtype)`, an array or
            tensor (the values themselves), or None, which stays None.

    Raises:
        ValueError: If the name is unknown or the identifier is of another kind.

    Source: Keras 3 `keras.initializers.get`.
    """
    if isinstance(identifier, (Tensor, np.ndarray, np.generic)):
        return _from_values(identifier)
    return _IDENTIFIERS.get(identifier)


NAMED_INITIALIZERS[:] = [get]


def _from_values(values: Any) -> Any:
    def initializer(shape: Sequence[int], dtype: Any = None) -> NDArray:
        if tuple(shape) != tuple(values.shape):
            raise ValueError(
                f"initializer: the weight must have the given values' shape {tuple(values.shape)}; "
                f"got {tuple(shape)}"
            )
        return np.array(values, dtype=dtype_name(dtype))

    return initializer


def serialize(initializer: Any) -> Any:
    """The configuration of an initializer, for `deserialize`."""
    return serialize_keras_object(initializer)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The initializer that a configuration describes.

    Raises:
        ValueError: If its class is unknown.
    """
    return _IDENTIFIERS.deserialize(config, custom_objects)
