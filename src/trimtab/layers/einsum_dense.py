"""A fully connected layer of any axes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from trimtab import activations, constraints, initializers, ops, regularizers
from trimtab.core.config import keras_export
from trimtab.layers.base import Layer
from trimtab.layers.dense import refuse_unsupported

_EQUATION = re.compile(r"(\.\.\.)?([a-zA-Z]+)(\.\.\.)?,([a-zA-Z]+)->(\.\.\.)?([a-zA-Z]+)(\.\.\.)?")


class _Axes(NamedTuple):
    """An equation's labels, and on which side further axes are left out."""

    inputs: str
    kernel: str
    outputs: str
    is_left: bool
    is_right: bool


def _axes_of(equation: str) -> _Axes:
    match = _EQUATION.fullmatch(equation.replace(" ", ""))
    if match is not None:
        left, inputs, right, kernel, left_out, outputs, right_out = match.groups()
        if (left, right) == (left_out, right_out) and not (left and right):
            return _Axes(inputs, kernel, outputs, left is not None, right is not None)
    raise ValueError(
        "EinsumDense: `equation` must read '[X],[Y]->[Z]', '...[X],[Y]->...[Z]' or "
        f"'[X]...,[Y]->[Z]...'; got {equation!r}"
    )


@keras_export("keras.layers.EinsumDense")
class EinsumDense(Layer):
    """`activation(einsum(equation, x, kernel) + bias)`.

    Args:
        equation: Of two operands, the second one the kernel: "ab,bc->ac" is `Dense`. Axes that
            are left out are written "..." before or after the others.
        output_shape: Sizes of the output without the batch (and without those left out); None
            where they are the input's.
        activation: Function or its name; none if None.
        bias_axes: Labels of the output's axes that have a bias; no bias if None.
        kernel_initializer: First value of the kernel.
        bias_initializer: First value of the bias.
        kernel_regularizer: Loss of the kernel.
        bias_regularizer: Loss of the bias.
        kernel_constraint: Applied to the kernel after updates.
        bias_constraint: Applied to the bias after updates.
        lora_rank: Not supported.
        lora_alpha: Not supported.
        gptq_unpacked_column_size: Not supported.
        quantization_config: Not supported.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If the equation has another form or names an axis that is nowhere else.

    Source: Keras 3 `keras.layers.EinsumDense`, without LoRA and quantization.
    """

    def __init__(
        self,
        equation: str,
        output_shape: Any,
        activation: Any = None,
        bias_axes: str | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        gptq_unpacked_column_size: int | None = None,
        quantization_config: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        refuse_unsupported(
            self.name,
            lora_rank=lora_rank,
            lora_alpha=lora_alpha,
            gptq_unpacked_column_size=gptq_unpacked_column_size,
            quantization_config=quantization_config,
        )
        self.equation = equation
        self._axes = _axes_of(equation)
        is_number = hasattr(output_shape, "__index__")
        self.partial_output_shape = (output_shape,) if is_number else tuple(output_shape)
        self.activation = activations.get(activation)
        self.bias_axes = bias_axes
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        for label in bias_axes or "":
            if label not in self._axes.outputs:
                raise ValueError(
                    f"{self.name}: `bias_axes` must name axes of the output "
                    f"{self._axes.outputs!r}; got {bias_axes!r}"
                )

    def _input_sizes(self, input_shape: Sequence[Any]) -> dict[str, Any]:
        labels = self._axes.inputs
        count = len(input_shape)
        fits = count >= len(labels) if self._axes.is_left or self._axes.is_right else None
        if fits is False or (fits is None and count != len(labels)):
            raise ValueError(
                f"{self.name}: the input must have the axes of {self.equation!r}; got shape "
                f"{tuple(input_shape)}"
            )
        first = count - len(labels) if self._axes.is_left else 0
        return {label: input_shape[first + i] for i, label in enumerate(labels)}

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        """The output's shape; None where `output_shape` leaves a size open."""
        axes, given = self._axes, self.partial_output_shape
        left_out = len(input_shape) - len(axes.inputs)
        if axes.is_left and left_out:
            shape = (*input_shape[:left_out], *given)
        else:
            shape = (input_shape[0], *given)
            if axes.is_right:
                shape = (*shape, *input_shape[len(axes.inputs) :])
        return shape

    def _output_sizes(self, input_shape: Any) -> dict[str, Any]:
        labels = self._axes.outputs
        shape = self.compute_output_shape(input_shape)
        is_left = self._axes.is_left
        sizes = shape[len(shape) - len(labels) :] if is_left else shape[: len(labels)]
        if len(sizes) != len(labels) or (
            not is_left and not self._axes.is_right and len(shape) != len(labels)
        ):
            raise ValueError(
                f"{self.name}: `output_shape` must give a size to each axis of the output "
                f"{labels!r} but the batch; got {self.partial_output_shape}"
            )
        known = self._input_sizes(input_shape)
        found = dict(zip(labels, sizes, strict=True))
        for label, size in found.items():
            own = known.get(label)
            if size is not None and own is not None and size != own:
                raise ValueError(
                    f"{self.name}: axis {label!r} of {self.equation!r} must have one size; got "
                    f"{own} in the input and {size} in `output_shape`"
                )
            found[label] = own if size is None else size
        return found

    def build(self, input_shape: Any) -> None:
        """Makes kernel and bias."""
        sizes = self._output_sizes(input_shape) | self._input_sizes(input_shape)
        for label in self._axes.kernel:
            if sizes.get(label) is None:
                raise ValueError(
                    f"{self.name}: axis {label!r} of the kernel in {self.equation!r} must have a "
                    f"fixed size in the input or the output; got input shape {tuple(input_shape)}"
                )
        self.kernel = self.add_weight(
            name="kernel",
            shape=tuple(sizes[label] for label in self._axes.kernel),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.bias = None
        if self.bias_axes is not None:
            self.bias = self.add_weight(
                name="bias",
                shape=self._bias_shape(input_shape),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )

    def _bias_shape(self, input_shape: Any) -> tuple[Any, ...]:
        sizes, labels = self._output_sizes(input_shape), self._axes.outputs
        first = min(labels.index(label) for label in self.bias_axes or labels)
        shape = [sizes[label] if label in (self.bias_axes or "") else 1 for label in labels[first:]]
        left_out = len(input_shape) - len(self._axes.inputs)
        return (*shape, *[1] * (left_out if self._axes.is_right else 0))

    def call(self, inputs: Any, training: Any = None) -> Any:
        """The outputs."""
        x = ops.einsum(self.equation, inputs, self.kernel)
        if self.bias is not None:
            x = ops.add(x, self.bias)
        return x if self.activation is None else self.activation(x)

    def get_config(self) -> dict[str, Any]:
        """The arguments; the activity regularizer even where there is none."""
        config = super().get_config()
        config.setdefault("activity_regularizer", None)
        del config["gptq_unpacked_column_size"]
        return config | {"output_shape": self.partial_output_shape}
