"""What a file holds and which version of Keras wrote it, without making the model."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from trimtab.lazy import lazy_module
from trimtab.saving import files, legacy_config
from trimtab.saving.archive import archive_members
from trimtab.saving.hdf5 import child_group, h5py, has_child, text_of
from trimtab.saving.origin import Origin, origin_of, parsed_version

if TYPE_CHECKING:
    import io
    import json
    import math
else:
    io = lazy_module("io")
    json = lazy_module("json")
    math = lazy_module("math")

Config = dict[str, Any]


@dataclass(frozen=True)
class FileDescription:
    """What a file of Keras or trimtab holds.

    Attributes:
        path: The file.
        layout: The kind of file in words, such as "whole model, HDF5".
        origin: What wrote it.
        saved: When, as the file says it; None if it does not.
        model: Class and name of the model; None in a file of weights.
        layers: Classes of the layers, models within opened, in the file's order.
        batch_normalizations: (name, arguments) of the layers of Batch Normalization.
        compiled: Optimizer and loss in words; None if the model was not compiled.
        parameters: Numbers that the weights hold, all arrays together, without the optimizer's.
        arrays: How many arrays those are.
    """

    path: str
    layout: str
    origin: Origin
    saved: str | None = None
    model: str | None = None
    layers: tuple[str, ...] = ()
    batch_normalizations: tuple[tuple[str, Config], ...] = field(default=())
    compiled: str | None = None
    parameters: int = 0
    arrays: int = 0


def describe_file(path: str | os.PathLike[str]) -> FileDescription:
    """What a `.keras`, `.weights.h5` or `.h5` file holds, of any version.

    Raises:
        ValueError: If it is no such file, or is damaged.
        OSError: If it cannot be read.
        ImportError: If h5py is not installed.
    """
    name = os.fspath(path)
    files.require_file(name)
    with files.reading(name, "a file of Keras"):
        return _of_hdf5(name) if files.is_hdf5(name) else _of_archive(name)


def _of_archive(name: str) -> FileDescription:
    members = archive_members(name, ("metadata.json", "config.json", "model.weights.h5"))
    metadata, config = (json.loads(members[k]) for k in ("metadata.json", "config.json"))
    version = str(metadata.get("keras_version", ""))
    count, arrays = 0, 0
    if "model.weights.h5" in members:
        with h5py().File(io.BytesIO(members["model.weights.h5"]), "r") as file:
            count, arrays = _counted(_without_optimizer(file))
    compile_config = config.get("compile_config") or {}
    return FileDescription(
        path=name,
        layout="whole model, .keras archive",
        origin=Origin(parsed_version(version), None, True),
        saved=metadata.get("date_saved"),
        compiled=_compiled(compile_config.get("optimizer"), compile_config.get("loss")),
        parameters=count,
        arrays=arrays,
        **_structure(config),
    )


def _of_hdf5(name: str) -> FileDescription:
    with h5py().File(name, "r") as file:
        origin = origin_of(file)
        if "model_config" in file.attrs:
            return _of_whole_model(name, file, origin)
        if "layer_names" in file.attrs or "layer_names0" in file.attrs or "nb_layers" in file.attrs:
            count, arrays = _counted([file[key] for key in file])
            layout = "weights by layer, HDF5 of Keras 2 and before"
            return FileDescription(name, layout, origin, parameters=count, arrays=arrays)
        if not any(key in file for key in ("layers", "vars", "_layer_checkpoint_dependencies")):
            held = ", ".join(sorted(file)[:5]) or "nothing"
            raise ValueError(f"It is an HDF5 file, but no model's: it holds {held}")
        count, arrays = _counted(_without_optimizer(file))
        origin = Origin(None, None, False)
        return FileDescription(
            name, "weights, .weights.h5 of Keras 3", origin, parameters=count, arrays=arrays
        )


def _of_whole_model(name: str, file: Any, origin: Origin) -> FileDescription:
    config = legacy_config.upgraded(json.loads(text_of(file.attrs["model_config"])))
    training: Config = {}
    if "training_config" in file.attrs:
        training = json.loads(text_of(file.attrs["training_config"]))
    group = child_group(file, "model_weights") if has_child(file, "model_weights") else file
    count, arrays = _counted([group])
    return FileDescription(
        path=name,
        layout="whole model, HDF5 of Keras 2 and before",
        origin=origin,
        compiled=_compiled(training.get("optimizer_config"), training.get("loss")),
        parameters=count,
        arrays=arrays,
        **_structure(config),
    )


def _without_optimizer(file: Any) -> list[Any]:
    return [file[key] for key in file if key != "optimizer"]


def _counted(groups: list[Any]) -> tuple[int, int]:
    """How many numbers and arrays lie in groups."""
    sizes: list[int] = []

    def visit(_: str, found: Any) -> None:
        if isinstance(found, h5py().Dataset):
            sizes.append(math.prod(found.shape))

    for group in groups:
        if isinstance(group, h5py().Group):
            group.visititems(visit)
        else:
            visit("", group)
    return sum(sizes), len(sizes)


def _structure(config: Config) -> Config:
    """Model, layers and Batch Normalizations of a configuration."""
    inner = config.get("config") or {}
    layers = list(_layers(config))
    return {
        "model": f"{config.get('class_name')} '{inner.get('name', '')}'",
        "layers": tuple(kind for kind, _ in layers),
        "batch_normalizations": tuple(
            (str(arguments.get("name")), arguments)
            for kind, arguments in layers
            if kind == "BatchNormalization"
        ),
    }


def _layers(config: Config) -> Iterator[tuple[str, Config]]:
    """(class, arguments) of the layers of a model's configuration."""
    inner = config.get("config")
    for layer in inner.get("layers", ()) if isinstance(inner, dict) else ():
        within = layer.get("config")
        if isinstance(within, dict) and isinstance(within.get("layers"), list):
            yield from _layers(layer)
        else:
            yield str(layer.get("class_name")), within if isinstance(within, dict) else {}


def _compiled(optimizer: Any, loss: Any) -> str | None:
    if optimizer is None:
        return None
    kind = optimizer.get("class_name") if isinstance(optimizer, dict) else optimizer
    named = loss.get("class_name", loss) if isinstance(loss, dict) else loss
    return f"optimizer {kind}, loss {named}"
