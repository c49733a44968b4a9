"""What a translated call becomes beyond its renamed arguments, by the rule that its row names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trimtab import regularizers
from trimtab.compat.batch_normalization import make_batch_normalization
from trimtab.compat.dialect import Dialect
from trimtab.compat.tables.rows import KERAS_2, Call
from trimtab.compat.translate import Translation
from trimtab.compat.values import array_initializer, initializer, translate_values
from trimtab.core import settings

Finish = Callable[[Dialect, Any, Translation], Any]

# Axes of the kernels of layers, on which the fans of old initializers hang.
_KERNEL_RANKS = {"Conv1D": 4, "Conv2D": 4, "SeparableConv2D": 4, "Conv2DTranspose": 4, "Conv3D": 5}


def finish_layer(row: Call) -> Finish:
    """Makes the layers of a row."""
    rule = _RULES.get(row.special, _plain)

    def finish(dialect: Dialect, target: Any, result: Translation) -> Any:
        shape = _take_shape(row, result)
        _take_weights(dialect, row, result)
        rank = _KERNEL_RANKS.get(row.today_name, 2)
        result.arguments = translate_values(dialect, result.arguments, rank)
        _take_regularizer(dialect, result)
        if shape is not None:
            infer_ordering(dialect, shape)
        layer = rule(dialect, target, result)
        if shape is not None:
            layer._input_shape_arg = shape
        return layer

    return finish


def _plain(dialect: Dialect, target: Any, result: Translation) -> Any:
    return target(*result.positional, **result.arguments)


def _take_shape(row: Call, result: Translation) -> tuple[Any, ...] | None:
    """The input's shape that a layer was given; a Sequential makes its Input of it."""
    given = result.arguments
    for name in ("input_dtype", "create_input_layer", "cache_enabled"):
        given.pop(name, None)
    batch_shape = given.pop("batch_input_shape", None)
    shape = given.pop("input_shape", None)
    length = given.pop("input_length", result.dropped.get("input_length"))
    size = given.pop("input_dim", None) if row.special != "embedding" else None
    if batch_shape is not None:
        shape = tuple(batch_shape)[1:]
    elif shape is None and size is not None:
        shape = (size,) if row.special != "sequence" else (length, size)
    elif shape is None and row.special == "embedding":
        shape = tuple(length) if isinstance(length, (list, tuple)) else (length,)
    if shape is None:
        return None
    return tuple(shape) if isinstance(shape, (list, tuple)) else (int(shape),)


def _take_weights(dialect: Dialect, row: Call, result: Translation) -> None:
    """The arrays of `weights=[...]` become initializers."""
    given = result.arguments
    if "weights" not in given:
        return
    arrays = given.pop("weights")
    if arrays is None:
        dialect.journal.translate("weights=None", "nothing: there are none")
        return
    dialect.journal.translate("weights=[...]", f"{', '.join(row.weights)} with these arrays")
    if not row.weights or len(arrays) > len(row.weights):
        raise ValueError(
            f"{row.name}: `weights` must hold at most {len(row.weights)} arrays; got {len(arrays)}"
        )
    for name, values in zip(row.weights, arrays, strict=False):
        given[name] = array_initializer(values)


def _take_regularizer(dialect: Dialect, result: Translation) -> None:
    """Keras 1 took `l1l2` for weights and `activity_l2` for outputs; both are one class today."""
    for name, value in result.arguments.items():
        if name.endswith("_regularizer") and value in ("l1l2", "activity_l1l2"):
            result.arguments[name] = regularizers.L1L2(l1=0.01, l2=0.01)
        elif name.endswith("_regularizer") and value in ("activity_l1", "activity_l2"):
            result.arguments[name] = value[-2:]


def infer_ordering(dialect: Dialect, shape: tuple[Any, ...]) -> None:
    """Takes images for channels first if the first shape of a script of Keras 0 or 1 says so.

    Nothing in a script told where its channels are: a settings file of its time did.
    """
    if dialect.ordering_is_set or dialect.version >= KERAS_2 or len(shape) != 3:
        return
    dialect.ordering_is_set = True
    first, last = shape[0], shape[-1]
    is_first = first in (1, 3) and isinstance(last, int) and last > 3
    if is_first and settings.image_data_format() != "channels_first":
        settings.set_image_data_format("channels_first")
        dialect.journal.approximate(
            f"images of shape {shape} are taken for channels first "
            "(image_dim_ordering 'th' in keras.json)"
        )


def _convolution(dialect: Dialect, target: Any, result: Translation) -> Any:
    given = result.arguments
    if given.get("padding") == "full":
        raise ValueError(
            f"{target.__name__}: border_mode='full' is gone: put a ZeroPadding layer of the "
            "kernel's size minus one in front, and border_mode='valid'"
        )
    for name in ("depthwise_initializer", "pointwise_initializer"):
        if "init" in result.dropped:
            given.setdefault(name, initializer(dialect, result.dropped["init"], 4))
    return target(*result.positional, **given)


def _pooling(dialect: Dialect, target: Any, result: Translation) -> Any:
    ignore = result.dropped.get("ignore_border", True)
    if not ignore:
        raise ValueError(
            f"{target.__name__}: ignore_border=False keeps partial windows; pad the input instead"
        )
    return target(*result.positional, **result.arguments)


def _zero_padding(dialect: Dialect, target: Any, result: Translation) -> Any:
    padding = result.arguments.get("padding")
    if isinstance(padding, dict):
        sides = [padding.get(f"{side}_pad", 0) for side in ("top", "bottom", "left", "right")]
        padding = tuple(sides)
    if isinstance(padding, tuple) and len(padding) == 4:
        result.arguments["padding"] = (padding[:2], padding[2:])
    return target(*result.positional, **result.arguments)


def _flatten(dialect: Dialect, target: Any, result: Translation) -> Any:
    if dialect.version < KERAS_2 and not result.positional:
        # Rows as they lie: Keras 1 did not move the channels of images to the end first.
        result.arguments.setdefault("data_format", "channels_last")
    return target(*result.positional, **result.arguments)


def _thresholded(dialect: Dialect, target: Any, result: Translation) -> Any:
    given = dict(result.arguments)
    theta = result.positional[0] if result.positional else given.pop("threshold", 1.0)
    return target(threshold=float(theta), **given)


def _embedding(dialect: Dialect, target: Any, result: Translation) -> Any:
    if result.dropped.get("dropout"):
        dialect.journal.approximate(
            f"Embedding(dropout={result.dropped['dropout']}): no rows are dropped"
        )
    return target(*result.positional, **result.arguments)


def _batch_normalization(dialect: Dialect, target: Any, result: Translation) -> Any:
    mode = result.dropped.get("mode", 0)
    return make_batch_normalization(dialect.version, mode, *result.positional, **result.arguments)


_RULES: dict[str, Finish] = {
    "convolution": _convolution,
    "pooling": _pooling,
    "zero_padding": _zero_padding,
    "flatten": _flatten,
    "thresholded": _thresholded,
    "embedding": _embedding,
    "batch_normalization": _batch_normalization,
}
