"""HDF5 files of Keras 2 and before: whole models, and weights by the order or names of layers."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.core.config import deserialize_keras_object
from trimtab.core.variable import Variable
from trimtab.lazy import lazy_module
from trimtab.saving import files, legacy_config, old_weights
from trimtab.saving.archive import KERAS_VERSION
from trimtab.saving.hdf5 import (
    child_dataset,
    child_group,
    h5py,
    has_child,
    read_array,
    read_names,
    text_of,
    write_names,
)
from trimtab.saving.old_optimizers import staged_state
from trimtab.saving.origin import Origin, origin_of

if TYPE_CHECKING:
    import json
    import logging
else:
    json = lazy_module("json")
    logging = lazy_module("logging")


def _logger() -> logging.Logger:
    return logging.getLogger("trimtab")


# Keras writes the name of the library that computes; its readers accept any text.
_BACKEND = "trimtab"
_TOP_LEVEL = "top_level_model_weights"
# What files of Keras 0.x have in place of a list of layers.
_COUNT = "nb_layers"


def save_model_h5(model: Any, path: str | os.PathLike[str], include_optimizer: bool) -> None:
    """Writes a whole model.

    Raises:
        ImportError: If h5py is not installed.
    """
    package = h5py()
    attributes = {
        "keras_version": KERAS_VERSION,
        "backend": _BACKEND,
        "model_config": json.dumps(legacy_config.model_config(model)),
    }
    optimizer = getattr(model, "optimizer", None) if include_optimizer else None
    if optimizer is not None and model.compiled:
        attributes["training_config"] = json.dumps(legacy_config.training_config(model))
    with files.written(path) as temporary, package.File(temporary, "w") as file:
        file.attrs.update(attributes)
        _write_layers(file.create_group("model_weights"), model)
        if optimizer is not None:
            _write_variables(file.create_group("optimizer_weights"), optimizer.variables)


def save_weights_h5(model: Any, path: str | os.PathLike[str]) -> None:
    """Writes the weights of a model.

    Raises:
        ImportError: If h5py is not installed.
    """
    package = h5py()
    with files.written(path) as temporary, package.File(temporary, "w") as file:
        _write_layers(file, model)


def _legacy_weights(layer: Any) -> list[Variable]:
    # Keras 2's order, which depends on what trains: it is the order of the files.
    return [*layer.trainable_weights, *layer.non_trainable_weights]


def _top_level_weights(model: Any) -> list[Variable]:
    known = {id(v) for v in model.weights}
    own = [*model._trainable_variables, *model._non_trainable_variables]
    return [v for v in own if id(v) in known]


def _write_layers(group: Any, model: Any) -> None:
    write_names(group, "layer_names", [layer.name for layer in model.layers])
    group.attrs["backend"] = _BACKEND
    group.attrs["keras_version"] = KERAS_VERSION
    for layer in model.layers:
        _write_variables(group.create_group(layer.name), _legacy_weights(layer))
    _write_variables(group.create_group(_TOP_LEVEL), _top_level_weights(model))


def _write_variables(group: Any, variables: Iterable[Variable]) -> None:
    listed = list(variables)
    names = [variable.path for variable in listed]
    if len(set(names)) != len(names):
        raise ValueError(
            f"Two variables of {group.name} have one path, by which this format keeps them: "
            f"{names}; give them different names, or save a .keras or .weights.h5 file"
        )
    write_names(group, "weight_names", names)
    for variable in listed:
        group[variable.path] = variable.numpy()


def load_model_h5(
    path: str | os.PathLike[str],
    custom_objects: Mapping[str, Any] | None,
    compile: bool,  # noqa: A002 - Keras's name
    safe_mode: bool,
) -> Any:
    """The model in a file of a whole model.

    Raises:
        ValueError: If the content is not that of a model, or code is refused.
        ImportError: If h5py is not installed.
    """
    package = h5py()
    with files.reading(path, "a model in HDF5"), package.File(path, "r") as file:
        if "model_config" not in file.attrs:
            raise ValueError(
                "No model config found in the file: it holds weights alone, or is no model's"
            )
        config = legacy_config.upgraded(json.loads(text_of(file.attrs["model_config"])))
        model = deserialize_keras_object(config, custom_objects, safe_mode=safe_mode)
        reader = _Reader(child_group(file, "model_weights"), model, origin_of(file), False)
        _assign(reader.by_order())
        if compile:
            _compile(model, file, custom_objects, safe_mode)
    return model


def _compile(
    model: Any, file: Any, custom_objects: Mapping[str, Any] | None, safe_mode: bool
) -> None:
    if "training_config" not in file.attrs:
        _logger().warning(
            "No training configuration found in the file, so the model was not compiled"
        )
        return
    config = json.loads(text_of(file.attrs["training_config"]))
    arguments = legacy_config.compile_arguments(config)
    model.compile(
        **{
            name: deserialize_keras_object(value, custom_objects, safe_mode=safe_mode)
            for name, value in arguments.items()
        }
    )
    if not has_child(file, "optimizer_weights"):
        return
    group = child_group(file, "optimizer_weights")
    model.optimizer.build(model.trainable_variables)
    variables = model.optimizer.variables
    datasets = [child_dataset(group, name) for name in read_names(group, "weight_names")]
    if [d.shape for d in datasets] == [v.shape for v in variables]:
        _assign([(v, read_array(d)) for v, d in zip(variables, datasets, strict=True)])
        return
    # Keras 1 sorted the weights by a name that its files don't hold.
    origin = origin_of(file)
    limit = max((v.value.size * 8 for v in model.weights), default=0)
    arrays = [] if origin.is_keras_1 else [read_array(d, limit) for d in datasets]
    staged = staged_state(model.optimizer, arrays, origin.version)
    if staged is None:
        warnings.warn(
            f"The file's {len(datasets)} variables of the optimizer do not fit the "
            f"{len(variables)} of {type(model.optimizer).__name__}; it starts afresh",
            stacklevel=5,
        )
        return
    _assign(staged)


def is_legacy_file(path: str | os.PathLike[str]) -> bool:
    """Whether a file is of this format, whatever its name."""
    if not files.is_hdf5(path):
        return False
    with files.reading(path, "weights in HDF5"), h5py().File(path, "r") as file:
        return bool({"layer_names", "layer_names0", _COUNT, "model_config"} & set(file.attrs))


def load_weights_h5(
    model: Any, path: str | os.PathLike[str], by_name: bool, skip_mismatch: bool
) -> None:
    """Sets the weights of a model from a file of weights or of a whole model.

    Raises:
        ValueError: If the file cannot be read or does not fit; then no weight has changed.
        ImportError: If h5py is not installed.
    """
    package = h5py()
    with files.reading(path, "weights in HDF5"), package.File(path, "r") as file:
        origin = origin_of(file)
        is_whole = "layer_names" not in file.attrs and has_child(file, "model_weights")
        group = child_group(file, "model_weights") if is_whole else file
        if not (read_names(group, "layer_names") or {"layer_names", _COUNT} & set(group.attrs)):
            raise ValueError("It has no list of layers; files of save_weights() end in .weights.h5")
        reader = _Reader(group, model, origin, skip_mismatch)
        _assign(reader.by_name() if by_name else reader.by_order())


Staged = list[tuple[Variable, np.ndarray[Any, Any]]]


def _assign(staged: Staged) -> None:
    for variable, value in staged:
        variable.assign(value)


class _Reader:
    """Finds the values of a model's weights in a group of a file.

    Args:
        group: The group with the list of layers.
        model: The model; it must be built.
        origin: What wrote the file.
        skip_mismatch: Whether to warn about what does not fit, and leave it out.
    """

    def __init__(self, group: Any, model: Any, origin: Origin, skip_mismatch: bool) -> None:
        self._group = group
        self._model = model
        self._origin = origin
        self._skip_mismatch = skip_mismatch
        self._owners = old_weights.owners(model)

    def by_order(self) -> Staged:
        """The i-th layer that has weights takes those of the i-th saved layer that has some."""
        layers = [layer for layer in self._model.layers if _legacy_weights(layer)]
        saved = [(name, found) for name, found in self._saved() if found]
        if len(saved) != len(layers):
            raise ValueError(
                "Layer count mismatch when loading weights from file. Model expected "
                f"{len(layers)} layers, found {len(saved)} saved layers."
            )
        staged: Staged = []
        for index, (layer, (name, datasets)) in enumerate(zip(layers, saved, strict=True)):
            variables = _legacy_weights(layer)
            if len(variables) != len(datasets):
                raise ValueError(
                    f"Weight count mismatch for layer #{index} (named {layer.name} in the current "
                    f"model, {name} in the save file). Layer expects {len(variables)} weight(s). "
                    f"Received {len(datasets)} saved weight(s)"
                )
            staged += self._stage(f"layer #{index} (named {layer.name})", variables, datasets)
        return staged + self._top_level()

    def by_name(self) -> Staged:
        """Layers take the weights saved under their names; others keep theirs."""
        staged: Staged = []
        for index, (name, datasets) in enumerate(self._saved()):
            for layer in self._model.layers:
                if layer.name != name:
                    continue
                variables = _legacy_weights(layer)
                if len(variables) != len(datasets):
                    message = (
                        f"Weight count mismatch for layer #{index} (named {name}). Layer expects "
                        f"{len(variables)} weight(s). Received {len(datasets)} saved weight(s)"
                    )
                    _refuse_or_warn(message, self._skip_mismatch)
                    continue
                staged += self._stage(f"layer #{index} (named {name})", variables, datasets)
        return staged + self._top_level()

    def _saved(self) -> list[tuple[str, list[Any]]]:
        """Name and datasets of each saved layer."""
        group = self._group
        if _COUNT in group.attrs:
            return [_numbered(group, k) for k in range(int(group.attrs[_COUNT]))]
        return [(name, _datasets(group, name)) for name in read_names(group, "layer_names")]

    def _top_level(self) -> Staged:
        if not has_child(self._group, _TOP_LEVEL):
            return []
        variables = _top_level_weights(self._model)
        datasets = _datasets(self._group, _TOP_LEVEL)
        if len(variables) != len(datasets):
            message = (
                "Weight count mismatch for top-level weights of model. Model expects "
                f"{len(variables)} top-level weight(s). Received {len(datasets)} saved top-level "
                "weight(s)"
            )
            _refuse_or_warn(message, self._skip_mismatch)
            return []
        return self._stage("the top level of the model", variables, datasets)

    def _stage(self, owner: str, variables: list[Variable], datasets: list[Any]) -> Staged:
        staged: Staged = []
        for variable, dataset in zip(variables, datasets, strict=True):
            layer, shape = self._owners.get(id(variable)), tuple(dataset.shape)
            # Compared before reading: the shape in the file may be a trap.
            if not old_weights.shape_in_file(variable, layer, shape, self._origin):
                message = (
                    f"Shape mismatch in {owner} for weight {variable.path}. Weight expects shape "
                    f"{variable.shape}. Received saved weight with shape {shape}"
                )
                _refuse_or_warn(message, self._skip_mismatch)
                continue
            array = old_weights.today(variable, layer, read_array(dataset), self._origin)
            staged.append((variable, array))
        return staged


def _numbered(group: Any, index: int) -> tuple[str, list[Any]]:
    """A layer as Keras 0.x kept it: by its place, without names."""
    name = f"layer_{index}"
    layer_group = child_group(group, name)
    count = int(layer_group.attrs["nb_params"])
    return name, [child_dataset(layer_group, f"param_{k}") for k in range(count)]


def _datasets(group: Any, layer_name: str) -> list[Any]:
    layer_group = child_group(group, layer_name)
    return [child_dataset(layer_group, name) for name in read_names(layer_group, "weight_names")]


def _refuse_or_warn(message: str, skip_mismatch: bool) -> None:
    if not skip_mismatch:
        raise ValueError(message)
    warnings.warn(f"{message}; it is skipped", stacklevel=7)
