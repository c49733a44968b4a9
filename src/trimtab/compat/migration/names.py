"""What the names of a script stand for, and where they are found today."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import trimtab
from trimtab.compat.tables import LAYERS, OPTIMIZERS
from trimtab.compat.tables.names import ALIASES, APPLICATIONS, BACKEND, GONE, MODULES
from trimtab.core import extras

cst: Any = extras.require("libcst", "migrate", "Rewriting source")

# Names of the same package: each is keras.
_PREFIXES = (
    "tensorflow.compat.v2.keras",
    "tensorflow.compat.v1.keras",
    "tensorflow.contrib.keras",
    "tensorflow.python.keras",
    "keras.api._v2.keras",
    "tensorflow.keras",
    "tf_keras",
)
# What Keras 3 keeps without showing it, by its module of Keras 2.
LEGACY_NAMES = {
    "preprocessing.image": ("ImageDataGenerator",),
    "preprocessing.text": (
        *("Tokenizer", "text_to_word_sequence", "one_hot"),
        *("hashing_trick", "tokenizer_from_json"),
    ),
    "preprocessing.sequence": ("TimeseriesGenerator", "make_sampling_table", "skipgrams"),
}
_LEGACY = {
    f"{module}.{name}": f"keras.src.legacy.{module}"
    for module, names in LEGACY_NAMES.items()
    for name in names
}
# Where trimtab has these.
LEGACY_IN_TRIMTAB = {
    "keras.src.legacy.preprocessing.image": "trimtab.compat.image_generator",
    "keras.src.legacy.preprocessing.text": "trimtab.compat.text",
    "keras.src.legacy.preprocessing.sequence": "trimtab.compat.sequences",
}
# Functions of losses and metrics that Keras 3 knows by these names as text only.
SHORT = {
    "mse": "mean_squared_error",
    "MSE": "mean_squared_error",
    "mae": "mean_absolute_error",
    "MAE": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "MAPE": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
    "MSLE": "mean_squared_logarithmic_error",
    "kld": "kl_divergence",
    "KLD": "kl_divergence",
    "kullback_leibler_divergence": "kl_divergence",
}
# Functions that tables name by their meaning, not by their place.
_PLACES = {
    "l1l2": ("keras.regularizers", "L1L2"),
    "l1_l2": ("keras.regularizers", "L1L2"),
    "activity_l1": ("keras.regularizers", "L1"),
    "activity_l2": ("keras.regularizers", "L2"),
    "activity_l1l2": ("keras.regularizers", "L1L2"),
    "WeightRegularizer": ("keras.regularizers", "L1L2"),
    "maxnorm": ("keras.constraints", "MaxNorm"),
    "nonneg": ("keras.constraints", "NonNeg"),
    "unitnorm": ("keras.constraints", "UnitNorm"),
}


@dataclass(frozen=True)
class Today:
    """Where a name is found today.

    Attributes:
        module: The module, such as "keras.layers".
        name: The name in it; "" for the module itself.
    """

    module: str
    name: str

    @property
    def path(self) -> str:
        """Module and name."""
        return f"{self.module}.{self.name}" if self.name else self.module


def normalised(path: str) -> str:
    """A dotted path with `keras` for all names of the package."""
    for prefix in _PREFIXES:
        if path == prefix or path.startswith(f"{prefix}."):
            return "keras" + path[len(prefix) :]
    return path


def is_keras(path: str | None) -> bool:
    """Whether a normalised path lies in Keras."""
    return path is not None and (path == "keras" or path.startswith("keras."))


@functools.cache
def today(path: str) -> Today | None:
    """Where what `path` named is found today; None if it is gone.

    Args:
        path: A normalised path in Keras, of a module or of a name in one.
    """
    inner = path.removeprefix("keras").lstrip(".")
    if inner in MODULES or inner.partition(".")[0] == "applications":
        return _module(inner)
    module, _, name = inner.rpartition(".")
    if inner in _LEGACY:
        return Today(_LEGACY[inner], name)
    if name in GONE:
        return None
    if module.startswith("backend"):
        return _of_backend(name)
    if not module and _in_area("top", name) is not None:
        return Today("keras", name)
    for area in MODULES.get(module, (module,)):
        found = _in_area(area, name)
        if found is not None:
            return found
    return None


def _module(inner: str) -> Today:
    if inner.partition(".")[0] == "applications":
        return Today(f"keras.{inner}", "")
    areas = MODULES[inner]
    if inner == "":
        return Today("keras", "")
    return Today("keras" if not areas or areas[0] == "top" else f"keras.{areas[0]}", "")


def _of_backend(name: str) -> Today | None:
    kept = ("backend", "floatx", "set_floatx", "epsilon", "set_epsilon", "image_data_format")
    if name in (*kept, "set_image_data_format", "clear_session", "is_keras_tensor", "get_uid"):
        return Today("keras.backend", name)
    return Today("keras.ops", BACKEND[name]) if name in BACKEND else None


def _in_area(area: str, name: str) -> Today | None:
    if name in _PLACES:
        return Today(*_PLACES[name])
    if area == "top":
        return Today("keras", name) if hasattr(trimtab, name) else None
    if area == "optimizers":
        proper = next((r.name for r in OPTIMIZERS if r.name.lower() == name.lower()), name)
        name = proper
    if area == "layers":
        row = next((row for row in LAYERS if row.name == name), None)
        if row is not None and hasattr(trimtab.layers, row.today_name):
            return Today("keras.layers", row.today_name)
    if area in ("losses", "metrics"):
        name = SHORT.get(name, name)
    module = _area_module(area)
    for candidate in (name, ALIASES.get(name, name)):
        if module is not None and hasattr(module, candidate):
            return Today(f"keras.{area}", candidate)
    return None


def _area_module(area: str) -> Any:
    module: Any = trimtab
    for part in area.split("."):
        module = getattr(module, part, None)
    return module


class Names:
    """The bindings that a script's imports make: local name -> dotted path."""

    def __init__(self) -> None:
        self.bound: dict[str, str] = {}

    def learn_import(self, node: Any) -> None:
        """`import a.b` binds a, `import a.b as c` binds c to a.b."""
        for alias in node.names:
            path = dotted(alias.name)
            if alias.asname is not None:
                self.bound[alias.asname.name.value] = path
            else:
                first = path.partition(".")[0]
                self.bound[first] = first

    def learn_from(self, node: Any) -> None:
        """`from a import b` binds b to a.b; relative imports bind nothing that is known."""
        if node.module is None or node.relative or isinstance(node.names, cst.ImportStar):
            return
        module = dotted(node.module)
        for alias in node.names:
            name = dotted(alias.name)
            local = alias.asname.name.value if alias.asname is not None else name
            self.bound[local] = f"{module}.{name}"

    def path(self, node: Any) -> str | None:
        """The normalised path that an expression names; None if it names nothing imported."""
        if isinstance(node, cst.Name):
            found = self.bound.get(node.value)
            return None if found is None else normalised(found)
        if isinstance(node, cst.Attribute):
            owner = self.path(node.value)
            return None if owner is None else normalised(f"{owner}.{node.attr.value}")
        return None


def dotted(node: Any) -> str:
    """The text of a dotted name."""
    if isinstance(node, cst.Attribute):
        return f"{dotted(node.value)}.{node.attr.value}"
    return str(node.value)


def expression(path: str) -> Any:
    """The expression of a dotted path."""
    return cst.parse_expression(path)


def is_application(path: str) -> bool:
    """Whether a path is a module of one network, whose names stay where they are."""
    parts = path.split(".")
    return len(parts) > 2 and parts[1] == "applications" and parts[2] in APPLICATIONS
