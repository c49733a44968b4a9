"""Ops as operations: what an op of `trimtab.ops` leaves behind when it is used on a KerasTensor."""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Callable
from typing import Any

from trimtab import ops
from trimtab.core import naming
from trimtab.core.config import EXPORTS, deserialize_keras_object, serialize_keras_object
from trimtab.core.operation import Operation
from trimtab.core.slice_shapes import SPECS
from trimtab.ops.dispatch import RECORDERS, any_symbolic

# Parameters of ops that are tensors, also where a number was given: uses hold them, operations the
# others.
_INPUTS = frozenset(
    {
        "a",
        "array",
        "b",
        "beta",
        "bias",
        "condition",
        "depthwise_kernel",
        "gamma",
        "index",
        "indices",
        "inputs",
        "kernel",
        "key",
    }
    | {
        "mask",
        "mean",
        "offset",
        "operands",
        "output",
        "pointwise_kernel",
        "scale",
        "segment_ids",
        "sorted_sequence",
        "target",
    }
    | {"updates", "values", "variable", "variance", "x", "x1", "x2", "xs", "y"}
)
# Ops whose class in Keras is not their name in CamelCase.
_CLASS_NAMES = {
    "allclose": "AllClose",
    "batch_normalization": "BatchNorm",
    "cdist": "CDist",
    "isin": "IsIn",
    "layer_normalization": "LayerNorm",
    "rms_normalization": "RMSNorm",
    "searchsorted": "SearchSorted",
    "swish": "Silu",
}


# Where Keras keeps the classes of ops that are not in its module "numpy".
_NN_MODULES = frozenset(
    {"activations", "classes", "convolution", "normalization", "patches", "pooling"}
)
_OTHER_MODULES = {
    "core": frozenset(
        {"cast", "convert_to_tensor", "saturate_cast", "scatter", "scatter_update", "slice"}
    )
    | {"slice_update", "stop_gradient", "unstack"},
    "linalg": frozenset({"norm"}),
    "math": frozenset({"cdist", "erf", "erfinv", "in_top_k", "logsumexp", "rsqrt", "segment_max"})
    | {"segment_min", "segment_prod", "segment_sum", "top_k"},
    "nn": frozenset({"depth_to_space", "space_to_depth"}),
}


class OpOperation(Operation):
    """An op of `trimtab.ops` as a part of a functional model.

    Args:
        function: The op.
        name: As for `Operation`; made from the op's name if None.
        **config: The op's arguments that are no tensors.
    """

    # Its arguments are an op's, which may be called as an old one of a layer's was.
    _had_old_spellings = False

    def __init__(
        self, function: Callable[..., Any], /, name: str | None = None, **config: Any
    ) -> None:
        self.function = function
        self.class_label = class_label(function.__name__)
        self.config = config
        super().__init__(naming.auto_name(self.class_label) if name is None else name)

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """The op's result."""
        leading = _before_operands(self.function)
        rest = {name: value for name, value in self.config.items() if name not in leading}
        first = [self.config[name] for name in leading]
        return self.function(*first, *args, **kwargs, **rest)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """KerasTensors for what the op gives on such arguments."""
        spec = SPECS.get(self.function.__name__)
        if spec is None:
            return super().compute_output_spec(*args, **kwargs)
        names = list(_signature(self.function).parameters)
        return spec(**dict(zip(names, args, strict=False)), **kwargs, **self.config)

    def get_config(self) -> dict[str, Any]:
        """The name and the op's arguments that are no tensors."""
        return {"name": self.name, **self.config}

    def clone(self) -> OpOperation:
        """The same op, not used yet."""
        return OpOperation(self.function, name=self.name, **self.config)

    def serialize_keras_object(self) -> dict[str, Any]:
        """The configuration under the name of Keras's class for the op."""
        return {
            "module": f"keras.src.ops.{_keras_module(self.function)}",
            "class_name": self.class_label,
            "config": {
                key: serialize_keras_object(value) for key, value in self.get_config().items()
            },
            "registered_name": self.class_label,
        }


def _keras_module(function: Callable[..., Any]) -> str:
    for module, names in _OTHER_MODULES.items():
        if function.__name__ in names:
            return module
    return "nn" if function.__module__.rpartition(".")[2] in _NN_MODULES else "numpy"


def class_label(name: str) -> str:
    """The name of Keras's class for an op: `leaky_relu` -> `LeakyRelu`."""
    return _CLASS_NAMES.get(name) or "".join(
        part[:1].upper() + part[1:] for part in name.split("_")
    )


@functools.lru_cache(maxsize=512)
def _signature(function: Callable[..., Any]) -> inspect.Signature:
    return inspect.signature(function)


@functools.lru_cache(maxsize=512)
def _before_operands(function: Callable[..., Any]) -> tuple[str, ...]:
    """The parameters before `*operands`, which must be given by position; none for most ops."""
    names: list[str] = []
    for name, parameter in _signature(function).parameters.items():
        if parameter.kind is parameter.VAR_POSITIONAL:
            return tuple(names)
        names.append(name)
    return ()


def _record(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    bound = _signature(function).bind(*args, **kwargs)
    bound.apply_defaults()
    inputs: dict[str, Any] = {}
    config: dict[str, Any] = {}
    operands: list[Any] = []
    for name, value in bound.arguments.items():
        kind = bound.signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_POSITIONAL:
            operands = list(value)
        elif kind is inspect.Parameter.VAR_KEYWORD:
            config.update(value)
        else:
            (inputs if name in _INPUTS or any_symbolic((value,)) else config)[name] = value
    leading = list(itertools.takewhile(lambda name: name in inputs, bound.arguments))
    positional = [*[inputs.pop(name) for name in leading], *operands]
    return OpOperation(function, **config).symbolic_call(*positional, **inputs)


class _OpClass:
    """Makes operations of one op from configurations, as a class would."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def from_config(self, config: dict[str, Any]) -> OpOperation:
        """The operation that a configuration describes."""
        return OpOperation(
            self.function, **{k: deserialize_keras_object(v) for k, v in config.items()}
        )


def _export_ops() -> None:
    for name in ops.__all__:
        EXPORTS[f"keras.ops.{class_label(name)}"] = _OpClass(getattr(ops, name))


RECORDERS.append(_record)
_export_ops()
