"""Layers that Keras 3 does not have, and the base of layers that scripts write."""

from __future__ import annotations

from typing import Any

from trimtab import activations, initializers, layers, ops
from trimtab.compat.dialect import Dialect
from trimtab.compat.merging import merge, merge_layer

NAMES = frozenset({"Highway", "MaxoutDense"})


def merge_of(dialect: Dialect, name: str) -> Any:
    """The function `merge`, or the layer `Merge`."""
    made = merge if name == "merge" else merge_layer

    def call(*args: Any, **kwargs: Any) -> Any:
        return made(dialect, *args, **kwargs)

    call.__name__ = name
    return call


class OldLayer(layers.Layer):
    """Base of a script's own layers: takes the methods and arguments that layers had then."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        own = cls.__dict__
        if "get_output_shape_for" in own and "compute_output_shape" not in own:
            cls.compute_output_shape = own["get_output_shape_for"]  # type: ignore[method-assign]
        super().__init_subclass__(**kwargs)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        batch_shape = kwargs.pop("batch_input_shape", None)
        shape = kwargs.pop("input_shape", None)
        size = kwargs.pop("input_dim", None)
        super().__init__(*args, **kwargs)
        if batch_shape is not None:
            shape = tuple(batch_shape)[1:]
        elif shape is None and size is not None:
            shape = (size,)
        if shape is not None:
            self._input_shape_arg = tuple(shape)

    def add_weight(self, *args: Any, **kwargs: Any) -> Any:
        """A new variable; Keras 1 took its shape first, Keras 2 its name."""
        if args and isinstance(args[0], str):
            kwargs["name"], args = args[0], args[1:]
        for name, value in zip(("shape", "initializer"), args, strict=False):
            kwargs[name] = value
        if len(args) == 2 and isinstance(args[1], str) and args[1].startswith(("float", "int")):
            kwargs["dtype"] = kwargs.pop("initializer")
        return super().add_weight(**kwargs)


class Highway(layers.Layer):
    """`t * activation(x @ kernel + bias) + (1 - t) * x`, `t = sigmoid(x @ gate + gate_bias)`.

    Args:
        kernel_initializer: First value of kernel and gate.
        transform_bias: First value of the gate's bias.
        activation: The activation.
        use_bias: Whether there is a bias.
        **kwargs: Arguments of `Layer`, and regularizers and constraints as of `Dense`.

    Source: Keras 1 `keras.layers.core.Highway`.
    """

    def __init__(
        self,
        kernel_initializer: Any = "glorot_uniform",
        transform_bias: float = -2.0,
        activation: Any = None,
        use_bias: bool = True,
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.transform_bias = transform_bias
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_regularizer = kernel_regularizer
        self.bias_regularizer = bias_regularizer
        self.kernel_constraint = kernel_constraint
        self.bias_constraint = bias_constraint

    def build(self, input_shape: Any) -> None:
        """Makes kernel and gate, square matrices, and their biases."""
        size = input_shape[-1]
        weight: dict[str, Any] = {
            "initializer": self.kernel_initializer,
            "regularizer": self.kernel_regularizer,
            "constraint": self.kernel_constraint,
        }
        self.kernel = self.add_weight((size, size), name="kernel", **weight)
        self.gate = self.add_weight((size, size), name="gate", **weight)
        self.bias = self.gate_bias = None
        if self.use_bias:
            shared: dict[str, Any] = {
                "regularizer": self.bias_regularizer,
                "constraint": self.bias_constraint,
            }
            self.bias = self.add_weight((size,), "zeros", name="bias", **shared)
            start = initializers.Constant(self.transform_bias)
            self.gate_bias = self.add_weight((size,), start, name="gate_bias", **shared)

    def call(self, x: Any) -> Any:
        """The mixture of the transformed and the given inputs, `(batch, units)`."""
        transformed = ops.matmul(x, self.kernel)
        gate = ops.matmul(x, self.gate)
        if self.bias is not None and self.gate_bias is not None:
            transformed, gate = transformed + self.bias, gate + self.gate_bias
        share = ops.sigmoid(gate)
        return share * self.activation(transformed) + (1.0 - share) * x


class MaxoutDense(layers.Layer):
    """The largest of `nb_feature` affine functions, unit by unit.

    Args:
        units: Size of the output.
        nb_feature: Functions a unit.
        kernel_initializer: First value of the kernels.
        use_bias: Whether there is a bias.
        **kwargs: Arguments of `Layer`, and regularizers and constraints as of `Dense`.

    Source: Keras 1 `keras.layers.core.MaxoutDense`.
    """

    def __init__(
        self,
        units: int,
        nb_feature: int = 4,
        kernel_initializer: Any = "glorot_uniform",
        use_bias: bool = True,
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.nb_feature = nb_feature
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.use_bias = use_bias
        self.kernel_regularizer = kernel_regularizer
        self.bias_regularizer = bias_regularizer
        self.kernel_constraint = kernel_constraint
        self.bias_constraint = bias_constraint

    def build(self, input_shape: Any) -> None:
        """Makes kernels of shape `(nb_feature, inputs, units)` and their biases."""
        self.kernel = self.add_weight(
            (self.nb_feature, input_shape[-1], self.units),
            self.kernel_initializer,
            name="kernel",
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                (self.nb_feature, self.units),
                "zeros",
                name="bias",
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )

    def call(self, x: Any) -> Any:
        """The largest values, `(batch, units)`."""
        values = ops.einsum("bi,fiu->bfu", x, self.kernel)
        if self.bias is not None:
            values = values + self.bias
        return ops.max(values, axis=1)
