"""Modules that stand for `tensorflow`: the small part that scripts of tf.keras touch."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
from collections.abc import Callable, Sequence
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

import trimtab
from trimtab import ops, random
from trimtab.compat.dataset import Dataset
from trimtab.compat.dialect import Dialect
from trimtab.compat.errors import unsupported, unsupported_import
from trimtab.compat.shims import OldFinder
from trimtab.compat.tables.tensorflow import GRAPH, MODULES, OPS, TYPES
from trimtab.compat.tape import GradientTape
from trimtab.core.variable import Variable
from trimtab.ir.tensor import Tensor

_GRAPH_REASON = (
    "is graph code of TensorFlow 1, which trimtab does not run: write it with keras layers and "
    "model.fit, or run it with TensorFlow"
)
# Modules that TensorFlow also has at its top.
_OF_KERAS = ("losses", "metrics", "initializers", "optimizers")
_KERAS_PATHS = ("keras", "python.keras", "compat.v2.keras", "contrib.keras")


def _variable(
    initial_value: Any, trainable: bool = True, name: str | None = None, dtype: Any = None, **_: Any
) -> Variable:
    value = initial_value() if callable(initial_value) else initial_value
    return Variable(np.asarray(ops.convert_to_tensor(value, dtype)), trainable=trainable, name=name)


def _constant(value: Any, dtype: Any = None, shape: Any = None, name: Any = None) -> Tensor:
    tensor = ops.convert_to_tensor(value, dtype)
    if shape is None:
        return tensor
    if int(np.prod(tensor.shape)) == 1:
        return ops.broadcast_to(ops.reshape(tensor, ()), shape)
    return ops.reshape(tensor, shape)


def _cast(x: Any, dtype: Any, name: Any = None) -> Tensor:
    return ops.cast(ops.convert_to_tensor(x), dtype)


def _function(func: Any = None, **_: Any) -> Any:
    """`tf.function`: the function itself, which runs operation by operation."""
    return func if func is not None else _function


def _set_seed(seed: int) -> None:
    random_seed = int(seed)
    trimtab.utils.set_random_seed(random_seed)


def _random_normal(
    shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None
) -> Tensor:
    return random.normal(shape, mean, stddev, dtype=dtype, seed=seed)


def _random_uniform(
    shape: Any, minval: float = 0.0, maxval: Any = 1.0, dtype: Any = None, seed: Any = None
) -> Tensor:
    return random.uniform(shape, minval, maxval, dtype=dtype, seed=seed)


def _nothing(*_: Any, **__: Any) -> None:
    """Nothing to set: there is one device and no graph."""


def _devices(kind: str | None = None) -> list[Any]:
    """The one device, unless others are asked for."""
    cpu = SimpleNamespace(name="/physical_device:CPU:0", device_type="CPU")
    return [cpu] if kind in (None, "CPU") else []


def _sparse_cross_entropy(labels: Any = None, logits: Any = None, name: Any = None) -> Tensor:
    return ops.sparse_categorical_crossentropy(labels, logits, from_logits=True)


def _cross_entropy(labels: Any = None, logits: Any = None, axis: int = -1, **_: Any) -> Tensor:
    return ops.categorical_crossentropy(labels, logits, from_logits=True, axis=axis)


def _sigmoid_cross_entropy(labels: Any = None, logits: Any = None, name: Any = None) -> Tensor:
    return ops.binary_crossentropy(labels, logits, from_logits=True)


def _print(*values: Any, **_: Any) -> None:
    print(*[np.asarray(v) if isinstance(v, Tensor) else v for v in values])  # noqa: T201


_OWN: dict[str, Any] = {
    "Variable": _variable,
    "constant": _constant,
    "cast": _cast,
    "function": _function,
    "Tensor": Tensor,
    "GradientTape": GradientTape,
    "print": _print,
    "is_tensor": ops.is_tensor,
    "executing_eagerly": lambda: True,
    "data.Dataset": Dataset,
    "data.AUTOTUNE": -1,
    "data.experimental.AUTOTUNE": -1,
    "random.set_seed": _set_seed,
    "random.normal": _random_normal,
    "random.uniform": _random_uniform,
    "random.set_random_seed": _set_seed,
    "set_random_seed": _set_seed,
    "config.list_physical_devices": _devices,
    "config.experimental.list_physical_devices": _devices,
    "config.list_logical_devices": _devices,
    "config.experimental.set_memory_growth": _nothing,
    "config.set_visible_devices": _nothing,
    "config.run_functions_eagerly": _nothing,
    "config.threading.set_inter_op_parallelism_threads": _nothing,
    "config.threading.set_intra_op_parallelism_threads": _nothing,
    "test.is_gpu_available": lambda *_, **__: False,
    "test.gpu_device_name": lambda: "",
    "device": trimtab.device,
    "name_scope": trimtab.name_scope,
    "TensorShape": tuple,
    "nn.sparse_softmax_cross_entropy_with_logits": _sparse_cross_entropy,
    "nn.softmax_cross_entropy_with_logits": _cross_entropy,
    "nn.sigmoid_cross_entropy_with_logits": _sigmoid_cross_entropy,
    "get_logger": lambda: SimpleNamespace(setLevel=_nothing),
    "autograph.set_verbosity": _nothing,
    "autograph.experimental.do_not_convert": _function,
}
NAMES = frozenset({*_OWN, *OPS, *TYPES})


def _renaming(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of ops under the argument names of TensorFlow."""

    def call(*args: Any, **kwargs: Any) -> Any:
        kwargs.pop("name", None)
        for old in ("input_tensor", "input", "tensor", "features", "values"):
            if old in kwargs and not args:
                args = (kwargs.pop(old),)
        return function(*args, **kwargs)

    return call


class TensorFlowModule(ModuleType):
    """A module of TensorFlow whose names are looked up in the tables."""

    def __init__(self, name: str, path: str, dialect: Dialect) -> None:
        super().__init__(name, "The part of TensorFlow that scripts of tf.keras touch, on trimtab.")
        self.__path__: list[str] = []
        self._path = path
        self._dialect = dialect

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        path = f"{self._path}.{name}".lstrip(".")
        if path == "keras" or (path in MODULES and path):
            return importlib.import_module(f"tensorflow.{path}")
        value = self._found(path, name)
        self.__dict__[name] = value
        return value

    def _found(self, path: str, name: str) -> Any:
        if path in _OWN:
            return _OWN[path]
        if path in TYPES:
            return path
        if path in OPS:
            return _renaming(getattr(ops, OPS[path]))
        if path in _OF_KERAS:
            return importlib.import_module(f"tensorflow.keras.{path}")
        if name in GRAPH or path.startswith("compat.v1"):
            raise unsupported(f"tf.{path}", _GRAPH_REASON)
        raise unsupported(
            f"tf.{path}",
            "is not among the TensorFlow functions that trimtab stands in for (docs/old-code.md "
            "lists them); use keras or NumPy for it",
        )


class TensorFlowFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds `tensorflow` and its modules.

    Args:
        dialect: Whose rules hold in `tensorflow.keras`.
    """

    prefix = "tensorflow"

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self._keras = OldFinder("tensorflow.keras", dialect)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """A specification for a module of TensorFlow."""
        if fullname != "tensorflow" and not fullname.startswith("tensorflow."):
            return None
        inner = fullname[len("tensorflow.") :]
        keras = _keras_path(inner)
        if keras is not None:
            self._keras.find_spec(f"tensorflow.keras.{keras}".rstrip("."), path)
        elif inner not in MODULES and inner not in ("python", "contrib", "compat.v2"):
            if inner.startswith(("examples", "compat.v1", "contrib")):
                raise unsupported_import(fullname, _GRAPH_REASON)
            raise unsupported_import(
                fullname, "is not among the TensorFlow modules that trimtab stands in for"
            )
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """The module."""
        inner = spec.name[len("tensorflow.") :]
        keras = _keras_path(inner)
        if keras is not None:
            return self._keras.create_module(
                importlib.machinery.ModuleSpec(f"tensorflow.keras.{keras}".rstrip("."), None)
            )
        made = TensorFlowModule(spec.name, inner, self.dialect)
        if not inner:
            made.__dict__["__version__"] = ".".join(str(n) for n in self.dialect.version)
        return made

    def exec_module(self, module: ModuleType) -> None:
        """Nothing: names are found when they are asked for."""


def _keras_path(inner: str) -> str | None:
    """What follows keras in the path of a module; None if it is none of keras."""
    for path in _KERAS_PATHS:
        if inner == path:
            return ""
        if inner.startswith(f"{path}."):
            return inner[len(path) + 1 :]
    return None


class TheanoFinder(importlib.abc.MetaPathFinder):
    """Says of Theano, in one sentence, that it is not run."""

    prefix = "theano"

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Raises for Theano and its modules.

        Raises:
            ImportError: With what to do instead.
        """
        if fullname.partition(".")[0] != "theano":
            return None
        raise unsupported_import(
            fullname,
            "is graph code of Theano, which trimtab does not run: use `keras.backend` functions, "
            "or take the import out if nothing needs it",
        )
