"""Which version of Keras wrote a file, and on which library it computed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from trimtab.saving.hdf5 import child_group, has_child, read_names, text_of

Version = tuple[int, int, int]

KERAS_0: Version = (0, 3, 3)
# What a file of Keras 1 that names no version is taken for: its last one. Files of weights name
# none; where epsilon is small, what earlier versions did differently is too.
_KERAS_1: Version = (1, 2, 2)
_OLD_NAME = re.compile(r"_(W|b|gamma|beta|running_mean|running_std|alphas)(_\d+)?(:0)?$")


@dataclass(frozen=True)
class Origin:
    """What wrote a file.

    Attributes:
        version: Version of Keras; None if nothing tells.
        backend: Library it computed with, as "tensorflow"; None if nothing tells.
        is_recorded: Whether the file states the version, or it was told from the file's form.
    """

    version: Version | None
    backend: str | None
    is_recorded: bool

    @property
    def is_keras_1(self) -> bool:
        """Whether kernels lie as Keras 0.x and 1.x kept them."""
        return self.version is not None and self.version < (2, 0, 0)

    @property
    def text(self) -> str:
        """The version for a reader."""
        if self.version is None:
            return "an unknown version of Keras"
        major, minor, patch = self.version
        if self.is_recorded:
            return f"Keras {major}.{minor}.{patch}"
        return "Keras 0.x" if major == 0 else f"Keras {major}.x"


def parsed_version(text: str) -> Version | None:
    """The first three numbers of a version's text, such as "2.6.0-tf"."""
    found = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    return None if found is None else (int(found[1]), int(found[2]), int(found[3] or 0))


def origin_of(file: Any) -> Origin:
    """What wrote an open HDF5 file of Keras, of a whole model or of weights."""
    groups = [file]
    if has_child(file, "model_weights"):
        groups.append(child_group(file, "model_weights"))
    backend = _attribute(groups, "backend")
    written = _attribute(groups, "keras_version")
    version = None if written is None else parsed_version(written)
    if "nb_layers" in file.attrs:
        # Its default; the layout has no names that would tell.
        return Origin(KERAS_0, backend or "theano", False)
    name = _first_weight_name(groups[-1])
    if version is None and name is not None and _OLD_NAME.search(name):
        version = _KERAS_1
    if backend is None and name is not None and version is not None and version < (2, 0, 0):
        # Keras 1 did not record the library, but only TensorFlow ends its names so.
        backend = "tensorflow" if name.endswith(":0") else "theano"
    return Origin(version, backend, written is not None)


def _attribute(groups: list[Any], name: str) -> str | None:
    return next((text_of(g.attrs[name]) for g in groups if name in g.attrs), None)


def _first_weight_name(group: Any) -> str | None:
    for layer in read_names(group, "layer_names"):
        for weight in read_names(child_group(group, layer), "weight_names"):
            return weight
    return None
