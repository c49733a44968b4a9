"""`keras.backend`, K: the functions whose meaning or arguments differ from those of `ops`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import trimtab
from trimtab import losses, ops, random
from trimtab.compat.dialect import Dialect
from trimtab.compat.values import hard_sigmoid_of_old
from trimtab.core import settings
from trimtab.core.old_spellings import ORDERINGS
from trimtab.core.variable import Variable
from trimtab.ir.tensor import Tensor


def _dim_ordering(dialect: Dialect) -> Callable[[], str]:
    def image_dim_ordering() -> str:
        dialect.journal.translate("K.image_dim_ordering()", "K.image_data_format()")
        return "th" if settings.image_data_format() == "channels_first" else "tf"

    return image_dim_ordering


def _set_dim_ordering(dialect: Dialect) -> Callable[[str], None]:
    def set_image_dim_ordering(dim_ordering: str) -> None:
        today = ORDERINGS.get(dim_ordering)
        if today is None:
            raise ValueError(
                f"K.set_image_dim_ordering: must be 'th' or 'tf'; got {dim_ordering!r}"
            )
        dialect.journal.translate(
            f"K.set_image_dim_ordering({dim_ordering!r})", f"K.set_image_data_format({today!r})"
        )
        dialect.ordering_is_set = True
        settings.set_image_data_format(today)

    return set_image_dim_ordering


def _set_data_format(dialect: Dialect) -> Callable[[str], None]:
    def set_image_data_format(data_format: str) -> None:
        dialect.ordering_is_set = True
        settings.set_image_data_format(data_format)

    return set_image_data_format


class LearningPhase:
    """Stands for the phase among the inputs of `K.function`: 0 is inference, 1 training."""


_PHASE = LearningPhase()


def _learning_phase() -> LearningPhase:
    return _PHASE


class BackendFunction:
    """`K.function(inputs, outputs)`: called on a list of arrays, it gives a list of arrays.

    Args:
        inputs: KerasTensors of models, with `K.learning_phase()` among them if wished.
        outputs: KerasTensors that follow from them.
        updates: Must be empty: nothing is updated.
    """

    def __init__(self, inputs: Sequence[Any], outputs: Any, updates: Any = ()) -> None:
        if updates:
            raise ValueError("K.function: `updates` cannot run; write a train_step instead")
        self._tensors = [x for x in inputs if not isinstance(x, LearningPhase)]
        self._phase_at = [i for i, x in enumerate(inputs) if isinstance(x, LearningPhase)]
        self._outputs = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
        self._model = trimtab.Model(self._tensors, self._outputs)

    def __call__(self, values: Sequence[Any]) -> list[Any]:
        """The outputs for the values of the inputs."""
        training = any(bool(values[i]) for i in self._phase_at if i < len(values))
        arrays = [v for i, v in enumerate(values) if i not in self._phase_at]
        given = arrays if len(arrays) > 1 else arrays[0]
        results = self._model(given, training=training)
        listed = results if isinstance(results, (list, tuple)) else [results]
        return [np.asarray(result) for result in listed]


def function(inputs: Sequence[Any], outputs: Any, updates: Any = ()) -> BackendFunction:
    """A function of arrays, made of the tensors of a model."""
    return BackendFunction(inputs, outputs, updates)


def variable(value: Any, dtype: Any = None, name: str | None = None) -> Variable:
    """A variable with this value."""
    return Variable(np.asarray(value, dtype=dtype or settings.floatx()), name=name)


def get_value(x: Any) -> Any:
    """The value of a variable, as an array or number."""
    array = np.array(x)
    return array.item() if array.ndim == 0 else array


def set_value(x: Any, value: Any) -> None:
    """Sets a variable."""
    x.assign(value)


def batch_get_value(tensors: Sequence[Any]) -> list[Any]:
    """The values of several variables."""
    return [get_value(x) for x in tensors]


def batch_set_value(pairs: Sequence[tuple[Any, Any]]) -> None:
    """Sets several variables."""
    for x, value in pairs:
        x.assign(value)


def ndim(x: Any) -> int:
    """Number of axes."""
    return len(x.shape)


def int_shape(x: Any) -> tuple[Any, ...]:
    """The shape, None where open."""
    return tuple(x.shape)


def flatten(x: Any) -> Any:
    """All elements in one axis."""
    return ops.reshape(x, (-1,))


def batch_flatten(x: Any) -> Any:
    """All axes but the first in one."""
    size = 1
    for length in x.shape[1:]:
        size *= length
    return ops.reshape(x, (-1, size))


def batch_dot(x: Any, y: Any, axes: Any = None) -> Any:
    """The products of the samples' matrices or vectors along `axes`."""
    if axes is None:
        axes = (x.ndim - 1, max(y.ndim - 2, 1))
    if isinstance(axes, int):
        axes = (axes, axes)
    return trimtab.layers.dot([x, y], axes=axes)


def sum_of(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The sum over an axis."""
    return ops.sum(ops.convert_to_tensor(x), axis=axis, keepdims=keepdims)


def categorical_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Any:
    """Categorical crossentropy, a number a sample. Up to Keras 1 the outputs came first."""
    return ops.categorical_crossentropy(target, output, from_logits=from_logits)


def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Any:
    """Binary crossentropy, element by element. Up to Keras 1 the outputs came first."""
    return ops.binary_crossentropy(target, output, from_logits=from_logits)


def switch(condition: Any, then_expression: Any, else_expression: Any) -> Any:
    """One of two tensors, element by element."""
    chosen = [
        e() if callable(e) and not isinstance(e, Tensor) else e
        for e in (then_expression, else_expression)
    ]
    return ops.where(condition, *chosen)


def random_uniform(
    shape: Sequence[int],
    minval: float = 0.0,
    maxval: float = 1.0,
    dtype: Any = None,
    seed: Any = None,
    low: float | None = None,
    high: float | None = None,
) -> Any:
    """Uniform random numbers; `low` and `high` are what the bounds were called before Keras 2."""
    minval = minval if low is None else low
    maxval = maxval if high is None else high
    return random.uniform(shape, minval, maxval, dtype=dtype, seed=seed)


def random_normal(
    shape: Sequence[int],
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: Any = None,
    seed: Any = None,
    std: float | None = None,
) -> Any:
    """Normal random numbers; `std` is what `stddev` was called before Keras 2."""
    stddev = stddev if std is None else std
    return random.normal(shape, mean, stddev, dtype=dtype, seed=seed)


def dropout(x: Any, level: float, noise_shape: Any = None, seed: Any = None) -> Any:
    """`x` with a part of it, `level`, set to 0, the rest scaled up."""
    return random.dropout(x, level, noise_shape, seed=seed)


def l2_normalize(x: Any, axis: Any = None) -> Any:
    """`x` over its Euclidean norm."""
    return ops.normalize(x, axis=-1 if axis is None else axis, order=2)


def in_train_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """`x` in training, else `alt`, as `training` says."""
    chosen = x if training else alt
    return chosen() if callable(chosen) and not isinstance(chosen, Tensor) else chosen


def _nothing(*args: Any, **kwargs: Any) -> None:
    """Does nothing: there is no session and no phase to set."""


def _cast_to_floatx(x: Any) -> Any:
    return np.asarray(x, dtype=settings.floatx())


def _repeat_elements(x: Any, rep: int, axis: int) -> Any:
    return ops.repeat(x, rep, axis=axis)


def _update(x: Any, new: Any) -> Any:
    x.assign(new)
    return x


def _update_add(x: Any, increment: Any) -> Any:
    x.assign(x.value + increment)
    return x


_FUNCTIONS: dict[str, Any] = {
    "learning_phase": _learning_phase,
    "set_learning_phase": _nothing,
    "manual_variable_initialization": _nothing,
    "backend": lambda: "tensorflow",
    "function": function,
    "variable": variable,
    "constant": lambda value, dtype=None, shape=None, name=None: ops.convert_to_tensor(
        np.broadcast_to(value, shape) if shape is not None else value, dtype or settings.floatx()
    ),
    "placeholder": lambda shape=None, ndim=None, dtype=None, name=None, **_: trimtab.Input(
        batch_shape=shape if shape is not None else (None,) * ndim, dtype=dtype, name=name
    ),
    "get_value": get_value,
    "eval": get_value,
    "set_value": set_value,
    "batch_get_value": batch_get_value,
    "batch_set_value": batch_set_value,
    "ndim": ndim,
    "int_shape": int_shape,
    "flatten": flatten,
    "batch_flatten": batch_flatten,
    "batch_dot": batch_dot,
    "sum": sum_of,
    "categorical_crossentropy": categorical_crossentropy,
    "binary_crossentropy": binary_crossentropy,
    "sparse_categorical_crossentropy": losses.sparse_categorical_crossentropy,
    "switch": switch,
    "random_uniform": random_uniform,
    "random_normal": random_normal,
    "dropout": dropout,
    "l2_normalize": l2_normalize,
    "in_train_phase": in_train_phase,
    "hard_sigmoid": hard_sigmoid_of_old,
    "cast_to_floatx": _cast_to_floatx,
    "repeat_elements": _repeat_elements,
    "update": _update,
    "update_add": _update_add,
    "permute_dimensions": lambda x, pattern: ops.transpose(x, pattern),
    "reverse": lambda x, axes: ops.flip(x, axes),
    "gather": lambda reference, indices: ops.take(reference, indices, axis=0),
    "dtype": lambda x: x.dtype,
    "is_sparse": lambda tensor: False,
    "name_scope": trimtab.name_scope,
}
_BEFORE_KERAS_2: dict[str, Any] = {
    "categorical_crossentropy": lambda output, target, from_logits=False: (
        ops.categorical_crossentropy(target, output, from_logits=from_logits)
    ),
    "binary_crossentropy": lambda output, target, from_logits=False: ops.binary_crossentropy(
        target, output, from_logits=from_logits
    ),
}
_OF_DIALECT: dict[str, Callable[[Dialect], Any]] = {
    "image_dim_ordering": _dim_ordering,
    "set_image_dim_ordering": _set_dim_ordering,
    "set_image_data_format": _set_data_format,
}
NAMES = frozenset({*_FUNCTIONS, *_OF_DIALECT})


def function_named(dialect: Dialect, name: str) -> Any:
    """The function of K of this name that differs from today's; None if there is none."""
    if name in _OF_DIALECT:
        return _OF_DIALECT[name](dialect)
    if dialect.version < (2, 0, 0) and name in _BEFORE_KERAS_2:
        return _BEFORE_KERAS_2[name]
    return _FUNCTIONS.get(name)
