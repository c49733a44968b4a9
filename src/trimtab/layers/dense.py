"""The fully connected layer."""

from __future__ import annotations

from typing import Any

from trimtab import activations, constraints, initializers, ops, regularizers
from trimtab.core.config import keras_export
from trimtab.layers.base import Layer
from trimtab.layers.input_spec import InputSpec


def refuse_unsupported(owner: str, **arguments: Any) -> None:
    """Refuses arguments of Keras's that this library has no use for, unless they are left at None.

    Raises:
        ValueError: If one is set.
    """
    for name, value in arguments.items():
        if value is not None:
            raise ValueError(f"{owner}: `{name}` is not supported and must be None; got {value!r}")


@keras_export("keras.layers.Dense")
class Dense(Layer):
    """`activation(x @ kernel + bias)` over the last axis.

    Args:
        units: Size of the output's last axis.
        activation: Function or its name; none if None.
        use_bias: Whether there is a bias.
        kernel_initializer: First value of the kernel, `(inputs, units)`.
        bias_initializer: First value of the bias, `(units,)`.
        kernel_regularizer: Loss of the kernel.
        bias_regularizer: Loss of the bias.
        activity_regularizer: Loss of the output.
        kernel_constraint: Applied to the kernel after updates.
        bias_constraint: Applied to the bias after updates.
        lora_rank: Not supported.
        lora_alpha: Not supported.
        quantization_config: Not supported.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If `units` is not a positive whole number, or an unsupported argument is set.

    Source: Keras 3 `keras.layers.Dense`, without LoRA and quantization.
    """

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        quantization_config: Any = None,
        **kwargs: Any,
    ) -> None:
        if isinstance(units, bool) or not hasattr(units, "__index__") or units <= 0:
            raise ValueError(f"Dense: `units` must be a positive integer; got {units!r}")
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        refuse_unsupported(
            self.name,
            lora_rank=lora_rank,
            lora_alpha=lora_alpha,
            quantization_config=quantization_config,
        )
        self.units = int(units)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.input_spec = InputSpec(min_ndim=2)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Makes kernel and bias."""
        size = input_shape[-1]
        if size is None:
            raise ValueError(
                f"{self.name}: the last axis of the input must have a fixed size; got {input_shape}"
            )
        self.kernel = self.add_weight(
            name="kernel",
            shape=(size, self.units),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias",
                shape=(self.units,),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        self.input_spec = InputSpec(min_ndim=2, axes={-1: size})

    def call(self, inputs: Any, training: Any = None) -> Any:
        """The outputs, `(..., units)`."""
        x = ops.matmul(inputs, self.kernel)
        if self.bias is not None:
            x = ops.add(x, self.bias)
        return x if self.activation is None else self.activation(x)

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        """The input's shape with the last size replaced by `units`."""
        return (*input_shape[:-1], self.units)
