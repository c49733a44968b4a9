"""Layers that apply an activation function."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from trimtab import activations, constraints, initializers, ops, regularizers
from trimtab.core.config import keras_export
from trimtab.layers.base import Layer
from trimtab.layers.input_spec import InputSpec


class _Elementwise(Layer):
    """A layer whose output has its input's shape."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self._build_at_init()

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape


@keras_export("keras.layers.Activation")
class Activation(_Elementwise):
    """`activation(x)`.

    Args:
        activation: Function or its name.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If the name is unknown.

    Source: Keras 3 `keras.layers.Activation`.
    """

    def __init__(self, activation: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get(activation)

    def call(self, inputs: Any) -> Any:
        """The activation of the inputs."""
        return self.activation(inputs)


@keras_export("keras.layers.ReLU")
class ReLU(_Elementwise):
    """`x` above `threshold`, at most `max_value`; `negative_slope * (x - threshold)` below.

    Args:
        max_value: Largest output; no ceiling if None.
        negative_slope: Slope below the threshold.
        threshold: Value at and below which an input is cut.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If an argument is negative or missing.

    Source: Keras 3 `keras.layers.ReLU`.
    """

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if max_value is not None and max_value < 0:
            raise ValueError(
                f"{self.name}: max_value of a ReLU layer cannot be a negative value; got "
                f"{max_value}"
            )
        for argument, value in (("negative_slope", negative_slope), ("threshold", threshold)):
            if value is None or value < 0:
                raise ValueError(
                    f"{self.name}: {argument} of a ReLU layer cannot be None or a negative value; "
                    f"got {value}"
                )
        self.max_value = max_value
        self.negative_slope = negative_slope
        self.threshold = threshold

    def call(self, inputs: Any) -> Any:
        """The rectified inputs."""
        return activations.relu(
            inputs,
            negative_slope=self.negative_slope,
            max_value=self.max_value,
            threshold=self.threshold,
        )


@keras_export("keras.layers.LeakyReLU")
class LeakyReLU(_Elementwise):
    """`x` where positive, `negative_slope * x` elsewhere.

    Args:
        negative_slope: Slope below 0. The function `leaky_relu` has another default, 0.2.
        **kwargs: Arguments of `Layer`, and `alpha`, an old name of the slope.

    Raises:
        ValueError: If the slope is missing or negative.

    Source: Keras 3 `keras.layers.LeakyReLU`.
    """

    def __init__(self, negative_slope: float = 0.3, **kwargs: Any) -> None:
        if "alpha" in kwargs:
            negative_slope = kwargs.pop("alpha")
            warnings.warn("LeakyReLU: `alpha` is now called `negative_slope`", stacklevel=2)
        super().__init__(**kwargs)
        if negative_slope is None or negative_slope < 0:
            raise ValueError(
                f"{self.name}: The negative_slope value of a Leaky ReLU layer cannot be None or a "
                f"negative value; got {negative_slope}"
            )
        self.negative_slope = negative_slope

    def call(self, inputs: Any) -> Any:
        """The rectified inputs."""
        return activations.leaky_relu(inputs, negative_slope=self.negative_slope)


@keras_export("keras.layers.PReLU")
class PReLU(Layer):
    """`x` where positive, `alpha * x` elsewhere, with an alpha that trains.

    Args:
        alpha_initializer: First value of alpha, of the shape of one example.
        alpha_regularizer: Loss of alpha.
        alpha_constraint: Applied to alpha after updates.
        shared_axes: Axes, counted with the batch's as 0, along which alpha is one number.
        **kwargs: Arguments of `Layer`.

    Source: Keras 3 `keras.layers.PReLU`; He et al. 2015.
    """

    def __init__(
        self,
        alpha_initializer: Any = "Zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: int | Sequence[int] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.alpha_initializer = initializers.get(alpha_initializer)
        self.alpha_regularizer = regularizers.get(alpha_regularizer)
        self.alpha_constraint = constraints.get(alpha_constraint)
        self.shared_axes: list[int] | None = None
        if shared_axes is not None:
            self.shared_axes = [shared_axes] if isinstance(shared_axes, int) else list(shared_axes)

    def build(self, input_shape: Any) -> None:
        """Makes alpha."""
        shape = list(input_shape[1:])
        for axis in self.shared_axes or ():
            shape[axis - 1] = 1
        self.alpha = self.add_weight(
            name="alpha",
            shape=shape,
            initializer=self.alpha_initializer,
            regularizer=self.alpha_regularizer,
            constraint=self.alpha_constraint,
        )
        sizes = {
            axis: size
            for axis, size in enumerate(input_shape)
            if axis and axis not in (self.shared_axes or ())
        }
        self.input_spec = InputSpec(ndim=len(input_shape), axes=sizes)

    def call(self, inputs: Any) -> Any:
        """The rectified inputs."""
        return ops.relu(inputs) - self.alpha * ops.relu(-inputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape


@keras_export("keras.layers.ELU")
class ELU(_Elementwise):
    """`x` where positive, `alpha * (exp(x) - 1)` elsewhere.

    Args:
        alpha: Minus the limit at minus infinity.
        **kwargs: Arguments of `Layer`.

    Source: Keras 3 `keras.layers.ELU`.
    """

    def __init__(self, alpha: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.alpha = alpha

    def call(self, inputs: Any) -> Any:
        """The activation of the inputs."""
        return activations.elu(inputs, alpha=self.alpha)


@keras_export("keras.layers.Softmax")
class Softmax(_Elementwise):
    """`exp(x)` divided by its sum over `axis`; elements that the mask leaves out become 0.

    Args:
        axis: One axis, or several that are taken together.
        **kwargs: Arguments of `Layer`.

    Source: Keras 3 `keras.layers.Softmax`.
    """

    def __init__(self, axis: int | Sequence[int] = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """The softmax of the inputs."""
        if mask is not None:
            mask = self._checked_mask(mask, inputs)
            # A finite number: a row without elements must not become NaN.
            inputs = ops.where(mask, inputs, -3e4 if inputs.dtype == "float16" else -1e9)
        several = isinstance(self.axis, (tuple, list))
        axis = tuple(self.axis) if several else self.axis  # type: ignore[arg-type]
        outputs = ops.softmax(inputs, axis=axis)
        return outputs if mask is None else ops.where(mask, outputs, 0.0)

    def _checked_mask(self, mask: Any, inputs: Any) -> Any:
        """The mask as bools.

        Raises:
            ValueError: If it cannot be broadcast to the inputs.
        """
        pairs = zip(reversed(mask.shape), reversed(inputs.shape), strict=False)
        if len(mask.shape) > len(inputs.shape) or any(m not in (1, size) for m, size in pairs):
            raise ValueError(
                f"{self.name}: the mask must be broadcastable to the inputs and must not have more "
                f"dimensions; got a mask of shape {tuple(mask.shape)} for inputs of shape "
                f"{tuple(inputs.shape)}"
            )
        return mask if mask.dtype == "bool" else ops.greater(mask, 0.5)
