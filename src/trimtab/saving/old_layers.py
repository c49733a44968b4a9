"""Configurations of layers as Keras 0.x and 1.x wrote them, brought to today's arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trimtab.core.old_spellings import ARGUMENTS, CLASSES, JOINED, MERGES, ORDERINGS

Config = dict[str, Any]

# Hints of no meaning once the input's shape is known, and traces of how the old code worked.
_LEFTOVERS = frozenset(
    {"input_dim", "input_length", "cache_enabled", "custom_name", "ignore_border", "output_shape"}
)
_SEPARABLE_NAMES = {"init": ("depthwise_initializer", "pointwise_initializer")}
# Arguments by which a configuration of a convolution or a pooling is known to be an old one.
_IMAGE_KEYS = frozenset({"dim_ordering", "border_mode", "subsample", "nb_filter"})
# Where Keras 2 wrote arguments that the class never used.
_UNUSED = {
    "SeparableConv1D": ("kernel_initializer", "kernel_regularizer", "kernel_constraint", "groups"),
    "SeparableConv2D": ("kernel_initializer", "kernel_regularizer", "kernel_constraint", "groups"),
    "DepthwiseConv1D": (
        "kernel_initializer",
        "kernel_regularizer",
        "kernel_constraint",
        "groups",
        "filters",
    ),
    "DepthwiseConv2D": (
        "kernel_initializer",
        "kernel_regularizer",
        "kernel_constraint",
        "groups",
        "filters",
    ),
    "Conv1DTranspose": ("groups",),
    "Conv2DTranspose": ("groups",),
    "Conv3DTranspose": ("groups",),
    "BatchNormalization": ("fused", "virtual_batch_size", "adjustment"),
}


def class_today(name: str) -> str:
    """The name that the class of an old configuration has today."""
    return CLASSES.get(name, name)


def upgraded_layer(class_name: str, config: Config) -> tuple[str, Config]:
    """Class and arguments of today for a layer's configuration of any age.

    A configuration in today's spelling comes back as it is.

    Raises:
        ValueError: If it asks for something that no layer of today does.
    """
    if class_name == "Merge":
        return _merging(config)
    today = class_today(class_name)
    result = {name: value for name, value in config.items() if name not in _LEFTOVERS}
    if today == "Embedding" and "input_dim" in config:
        result["input_dim"] = config["input_dim"]
    if class_name in _SPECIAL:
        _SPECIAL[class_name](result)
    if today == "BatchNormalization":
        _batch_normalization(result)
    for unused in _UNUSED.get(today, ()):
        result.pop(unused, None)
    _join(today, result)
    _rename(today, result)
    if "input_dtype" in result:
        result["dtype"] = result.pop("input_dtype")
    if result.get("padding") == "full":
        raise ValueError(
            f"{config.get('name', class_name)}: border_mode='full' is gone; rebuild the model with "
            "a ZeroPadding layer in front of padding='valid', and load the weights alone"
        )
    if _IMAGE_KEYS & config.keys() and result.get("data_format", "") in ORDERINGS:
        result["data_format"] = ORDERINGS[result["data_format"]]
    return today, {name: _plain_object(value) for name, value in result.items()}


def _join(today: str, config: Config) -> None:
    """One argument of several: (nb_row, nb_col) is kernel_size."""
    parts, whole = JOINED.get(today, ((), ""))
    if parts and all(part in config for part in parts):
        config[whole] = [config.pop(part) for part in parts]


def _rename(today: str, config: Config) -> None:
    names = ARGUMENTS.get(today, {})
    for old in [name for name in config if name in names]:
        config.setdefault(names[old], config[old])
        if names[old] != old:
            del config[old]
    if today.startswith("Separable"):
        for old, both in _SEPARABLE_NAMES.items():
            if old in config:
                value = config.pop(old)
                config.update(dict.fromkeys(both, value))


def _plain_object(value: Any) -> Any:
    """Regularizers and constraints, which were written as {"name": class, argument: value}."""
    if not isinstance(value, dict) or "name" not in value or "class_name" in value:
        return value
    inner = {name: part for name, part in value.items() if name != "name"}
    kind = value["name"]
    if kind in ("WeightRegularizer", "ActivityRegularizer", "L1L2Regularizer", "L1L2"):
        return {"class_name": "L1L2", "config": inner}
    if kind == "MaxNorm":
        inner = {("max_value" if name == "m" else name): part for name, part in inner.items()}
    return {"class_name": kind, "config": inner}


def _batch_normalization(config: Config) -> None:
    mode = config.pop("mode", 0)
    if mode != 0:
        raise ValueError(
            f"BatchNormalization {config.get('name', '')!r}: mode={mode} is gone: "
            + (
                "mode 1 normalises each row, which is LayerNormalization"
                if mode == 1
                else "mode 2 uses the batch's statistics in inference too, which is to call the "
                "layer with training=True"
            )
            + "; rebuild the model and load the weights alone"
        )


def _embedding(config: Config) -> None:
    rate = config.pop("dropout", 0.0)
    if rate:
        raise ValueError(
            f"Embedding {config.get('name', '')!r}: dropout={rate} of whole rows is gone; rebuild "
            "the model with a SpatialDropout1D behind it, and load the weights alone"
        )


def _atrous(config: Config) -> None:
    config["dilation_rate"] = config.pop("atrous_rate", 1)


def _leaky(config: Config) -> None:
    if "alpha" in config:
        config["negative_slope"] = float(config.pop("alpha"))


_SPECIAL: dict[str, Callable[[Config], None]] = {
    "AtrousConvolution1D": _atrous,
    "AtrousConvolution2D": _atrous,
    "Embedding": _embedding,
    "LeakyReLU": _leaky,
}


def _merging(config: Config) -> tuple[str, Config]:
    """The merging layer that a `Merge` was one of, by its mode."""
    mode = config.get("mode", "sum")
    if config.get("layers"):
        raise ValueError(
            "Merge of whole models at the beginning of a Sequential: rebuild it as a functional "
            "model, and load the weights alone"
        )
    if mode not in MERGES:
        raise ValueError(
            f"Merge: `mode` must be one of {', '.join(MERGES)}; got {mode!r}, which is code. "
            "Rebuild the model, and load the weights alone"
        )
    result: Config = {key: config[key] for key in ("name", "trainable") if key in config}
    if mode == "concat":
        result["axis"] = config.get("concat_axis", -1)
    if mode in ("dot", "cos"):
        result["axes"] = config.get("dot_axes", -1)
        result["normalize"] = mode == "cos"
    return MERGES[mode], result


def upgraded_keras_0(config: Config) -> Config:
    """A Sequential as Keras 0.x wrote it, in the form of Keras 1.

    Raises:
        ValueError: If it is another kind of model, or a layer's configuration is missing.
    """
    if config.get("name") != "Sequential" or not isinstance(config.get("layers"), list):
        raise ValueError(
            f"A model of Keras 0.x must be a Sequential; got {config.get('name')!r}. Rebuild it as "
            "a functional model, and load the weights alone"
        )
    seen: dict[str, int] = {}
    return {
        "class_name": "Sequential",
        "config": [_keras_0_layer(layer, seen) for layer in config["layers"]],
    }


def _keras_0_layer(layer: Config, seen: dict[str, int]) -> Config:
    inner = {name: value for name, value in layer.items() if name != "name"}
    if "input_shape" in inner:
        inner["batch_input_shape"] = [None, *inner.pop("input_shape")]
    base = str(inner.pop("custom_name", layer["name"])).lower()
    seen[base] = seen.get(base, 0) + 1
    # Keras 0.x gave all layers of a class one name.
    inner["name"] = f"{base}_{seen[base]}"
    return {"class_name": layer["name"], "config": inner}
