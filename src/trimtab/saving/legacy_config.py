"""Configurations of Keras 2 and before: written in Keras 2's form, read into today's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trimtab import losses, metrics
from trimtab.core.config import serialize_keras_object
from trimtab.saving.old_layers import upgraded_keras_0, upgraded_layer

# Where today's names of models are found; Keras 2 wrote class names alone.
_MODULES = {"Sequential": "keras", "Functional": "keras.models", "Model": "keras.models"}
_OPTIMIZER_LEFTOVERS = frozenset({"jit_compile", "is_legacy_optimizer"})
_BY_SHAPE = frozenset({"accuracy", "acc", "crossentropy", "ce"})
_OLD_POLICIES = frozenset({"Policy", "PolicyV1"})


def model_config(model: Any) -> dict[str, Any]:
    """The configuration of a model in Keras 2's form."""
    config = _downgraded(serialize_keras_object(model))
    return {name: config[name] for name in ("class_name", "config")}


def _downgraded(config: Any) -> Any:
    """Layers by class name and configuration alone, at any depth of models; the rest as it is."""
    inner = config["config"]
    class_name = config.get("registered_name") or config["class_name"]
    if isinstance(inner, dict) and isinstance(inner.get("layers"), list):
        inner = inner | {"layers": [_downgraded(layer) for layer in inner["layers"]]}
    kept = {name: config[name] for name in ("name", "inbound_nodes") if name in config}
    return {"class_name": class_name, "config": inner, **kept}


def training_config(model: Any) -> dict[str, Any]:
    """The arguments of `compile` in Keras 2's form."""
    arguments = dict(model.get_compile_config())
    optimizer = arguments.pop("optimizer")
    short = {"class_name": optimizer["class_name"], "config": optimizer["config"]}
    return {**arguments, "loss": _long_names(arguments["loss"]), "optimizer_config": short}


def _long_names(loss: Any) -> Any:
    """Losses by their long names: Keras cannot read "mse" and its like in files of this format."""
    if isinstance(loss, str) and loss not in _BY_SHAPE:
        return getattr(losses.get(loss), "__name__", loss)
    if isinstance(loss, list):
        return [_long_names(part) for part in loss]
    if isinstance(loss, dict) and "class_name" not in loss:
        return {name: _long_names(part) for name, part in loss.items()}
    return loss


def upgraded(config: Any) -> dict[str, Any]:
    """A model's configuration of any age, in the form that deserialization takes.

    Raises:
        ValueError: If it is none.
    """
    if isinstance(config, dict) and "class_name" not in config and "layers" in config:
        config = upgraded_keras_0(config)
    if not isinstance(config, dict) or "config" not in config or "class_name" not in config:
        raise ValueError("The model's configuration must hold a 'class_name' and a 'config'")
    return _upgraded_object(config)


def _upgraded_object(config: dict[str, Any]) -> dict[str, Any]:
    class_name, inner = config["class_name"], config["config"]
    if class_name == "Sequential" and isinstance(inner, list):
        # Before Keras 2.3 a Sequential was the list of its layers.
        inner = {"name": config.get("name", "sequential"), "layers": inner}
    if not isinstance(inner, dict):
        return config
    if class_name == "Sequential" and isinstance(inner.get("layers"), list):
        inner = inner | {"layers": _with_input(inner["layers"])}
    inner = {name: _upgraded_value(value) for name, value in inner.items()}
    _upgrade_arguments(class_name, inner)
    class_name, inner = upgraded_layer(class_name, inner)
    result = {**config, "class_name": class_name, "config": inner}
    if class_name in _OLD_POLICIES:
        result["class_name"] = "DTypePolicy"
    if class_name in _MODULES:
        result |= {"module": _MODULES[class_name], "registered_name": None}
    return result


def _upgraded_value(value: Any) -> Any:
    if isinstance(value, dict):
        if "class_name" in value and "config" in value:
            return _upgraded_object(value)
        return {name: _upgraded_value(part) for name, part in value.items()}
    return [_upgraded_value(part) for part in value] if isinstance(value, list) else value


def _upgrade_arguments(class_name: str, inner: dict[str, Any]) -> None:
    shape = inner.pop("batch_input_shape", None)
    if class_name == "InputLayer" and shape is not None:
        inner["batch_shape"] = shape
    axis = inner.get("axis")
    if class_name == "BatchNormalization" and isinstance(axis, list) and len(axis) == 1:
        inner["axis"] = int(axis[0])


def _with_input(layers: list[Any]) -> list[Any]:
    """An InputLayer in front of layers of which the first one tells the model's input shape."""
    first = layers[0] if layers else None
    if not isinstance(first, dict) or first.get("class_name") == "InputLayer":
        return layers
    inner = first.get("config")
    if not isinstance(inner, dict):
        return layers
    shape = inner.get("batch_input_shape")
    if shape is None:
        return layers
    config = {"batch_shape": shape, "dtype": inner.get("dtype"), "name": "input_layer"}
    return [{"class_name": "InputLayer", "config": config}, *layers]


def compile_arguments(config: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of `compile`, serialised, from a training configuration of any age.

    Raises:
        ValueError: If it names no optimizer.
    """
    optimizer = config.get("optimizer_config")
    if not isinstance(optimizer, dict) or not isinstance(optimizer.get("config"), dict):
        raise ValueError("The training configuration must hold an 'optimizer_config'")
    arguments = {
        name: v for name, v in optimizer["config"].items() if name not in _OPTIMIZER_LEFTOVERS
    }
    # tf.keras 2.11 and 2.12 wrote their own optimizers as if a user had registered them.
    class_name = str(optimizer.get("class_name")).removeprefix("Custom>")
    if "lr" in arguments:
        arguments["learning_rate"] = arguments.pop("lr")
    _keep_decay(arguments)
    return {
        "optimizer": {
            "module": "keras.optimizers",
            "class_name": class_name,
            "config": arguments,
            "registered_name": None,
        },
        "loss": _compiled("keras.losses", config.get("loss")),
        "loss_weights": config.get("loss_weights"),
        "metrics": _compiled("keras.metrics", config.get("metrics")),
        "weighted_metrics": _compiled("keras.metrics", config.get("weighted_metrics")),
    }


def upgraded_archive(config: Any) -> dict[str, Any]:
    """The configuration in a `.keras` archive of tf.keras, in today's form.

    Raises:
        ValueError: If it is none.
    """
    result = upgraded(config)
    compiled = result.get("compile_config")
    if isinstance(compiled, dict) and compiled.get("optimizer") is not None:
        result["compile_config"] = compile_arguments(
            {**compiled, "optimizer_config": compiled["optimizer"]}
        )
    return result


def _keep_decay(arguments: dict[str, Any]) -> None:
    """The rate that `decay` made smaller with every step, as a schedule: today's have no decay."""
    decay = arguments.pop("decay", 0.0)
    rate = arguments.get("learning_rate")
    if decay and isinstance(rate, (int, float)):
        arguments["learning_rate"] = {
            "module": "keras.optimizers.schedules",
            "class_name": "InverseTimeDecay",
            "config": {
                "initial_learning_rate": rate,
                "decay_steps": 1,
                "decay_rate": decay,
            },
            "registered_name": None,
        }


def _compiled(module: str, value: Any) -> Any:
    """Losses or metrics, alone or nested, as names or configurations of today."""
    if isinstance(value, list):
        return [_compiled(module, part) for part in value]
    if not isinstance(value, dict):
        return value
    if "class_name" not in value:
        return {name: _compiled(module, part) for name, part in value.items()}
    if isinstance(value.get("config"), str):
        # A function of the script, by its name.
        return value
    inner = dict(value.get("config") or {})
    if value["class_name"] == "MeanMetricWrapper" and isinstance(inner.get("fn"), str):
        # "accuracy" was stored with the function that it had become; compile() chooses it again.
        return inner["name"] if _is_name_of(inner.get("name"), inner["fn"]) else inner["fn"]
    if inner.get("reduction") == "auto":
        inner["reduction"] = "sum_over_batch_size"
    return {"module": module, **value, "config": inner}


def _is_name_of(name: Any, function: str) -> bool:
    """Whether `name`, under which a metric's values were logged, stands for it in `compile`."""
    if name in _BY_SHAPE:
        return True
    try:
        return type(metrics.get(name)) is type(metrics.get(function))
    except ValueError:
        return False
