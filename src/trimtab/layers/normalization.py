"""Normalization of each example on its own, whatever its batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trimtab import checks, constraints, initializers, ops, regularizers
from trimtab.core.config import keras_export
from trimtab.core.variable import Variable
from trimtab.layers.base import Layer
from trimtab.layers.input_spec import InputSpec
from trimtab.ops.normalization import warn_of_rms_scaling


def _checked_axis(owner: str, axis: Any) -> int | list[int]:
    if isinstance(axis, (list, tuple)):
        return [int(one) for one in axis]
    if not checks.is_whole(axis):
        raise TypeError(
            f"{owner}: Invalid value for `axis` argument: expected an int or a list/tuple of ints. "
            f"Received: {axis!r}"
        )
    return int(axis)


def _check_axes(owner: str, axis: int | list[int], shape: Any) -> None:
    for one in [axis] if isinstance(axis, int) else axis:
        if not -len(shape) <= one < len(shape):
            raise ValueError(
                f"{owner}: Axis {one} is out of bounds for input shape {tuple(shape)}. Received: "
                f"axis={axis}"
            )


class _Affine(Layer):
    """A normalization followed by a scale and a shift that train."""

    def __init__(
        self,
        epsilon: float,
        center: bool,
        scale: bool,
        beta: tuple[Any, Any, Any],
        gamma: tuple[Any, Any, Any],
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.epsilon = epsilon
        self.center = center
        self.scale = scale
        self.beta_initializer = initializers.get(beta[0])
        self.gamma_initializer = initializers.get(gamma[0])
        self.beta_regularizer = regularizers.get(beta[1])
        self.gamma_regularizer = regularizers.get(gamma[1])
        self.beta_constraint = constraints.get(beta[2])
        self.gamma_constraint = constraints.get(gamma[2])
        self.supports_masking = True
        # Inputs are taken as they are: the arithmetic is float32 or better whatever the policy.
        self.autocast = False
        self.gamma: Variable | None = None
        self.beta: Variable | None = None

    def _make_parameters(self, shape: tuple[int, ...], gamma_alone: bool = False) -> None:
        if self.scale or gamma_alone:
            self.gamma = self.add_weight(
                name="gamma",
                shape=shape,
                initializer=self.gamma_initializer,
                regularizer=self.gamma_regularizer,
                constraint=self.gamma_constraint,
                autocast=False,
            )
        if self.center and not gamma_alone:
            self.beta = self.add_weight(
                name="beta",
                shape=shape,
                initializer=self.beta_initializer,
                regularizer=self.beta_regularizer,
                constraint=self.beta_constraint,
                autocast=False,
            )


@keras_export("keras.layers.LayerNormalization")
class LayerNormalization(_Affine):
    """`(x - mean) / sqrt(variance + epsilon) * gamma + beta`, example by example.

    Mean and biased variance (divided by n) are those of each example over `axis`.

    Args:
        axis: One axis or several; gamma and beta have their sizes.
        epsilon: Added to the variance under the root.
        center: Whether there is a beta.
        scale: Whether there is a gamma.
        beta_initializer: First value of beta.
        gamma_initializer: First value of gamma.
        beta_regularizer: Loss of beta.
        gamma_regularizer: Loss of gamma.
        beta_constraint: Applied to beta after updates.
        gamma_constraint: Applied to gamma after updates.
        **kwargs: Arguments of `Layer`; and `rms_scaling`, from older code: whether inputs are
            divided by their deviation without being centred, and there is no beta. It warns:
            `RMSNormalization` is what divides by the root of the mean square.

    Raises:
        TypeError: If `axis` is no whole number and no list.

    Source: Keras 3 `keras.layers.LayerNormalization`; Ba et al. 2016.
    """

    def __init__(
        self,
        axis: int | Sequence[int] = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        rms_scaling = bool(kwargs.pop("rms_scaling", False))
        if rms_scaling:
            warn_of_rms_scaling("LayerNormalization")
        beta = beta_initializer, beta_regularizer, beta_constraint
        gamma = gamma_initializer, gamma_regularizer, gamma_constraint
        super().__init__(epsilon, center, scale, beta, gamma, **kwargs)
        self.axis = _checked_axis(self.name, axis)
        self.rms_scaling = rms_scaling

    def build(self, input_shape: Any) -> None:
        """Makes gamma and beta."""
        _check_axes(self.name, self.axis, input_shape)
        self.axis = [self.axis] if isinstance(self.axis, int) else sorted(self.axis)
        # With `rms_scaling` Keras makes a gamma, whatever `scale` and `center` say.
        shape = tuple(input_shape[axis] for axis in self.axis)
        self._make_parameters(shape, gamma_alone=self.rms_scaling)

    def call(self, inputs: Any) -> Any:
        """The normalised inputs."""
        outputs = ops.layer_normalization(
            inputs,
            self.gamma,
            self.beta,
            self.axis,
            self.epsilon,
            rms_scaling=self.rms_scaling,
        )
        return ops.cast(outputs, self.compute_dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        _check_axes(self.name, self.axis, input_shape)
        return tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        """The arguments; after building, `axis` is a list."""
        return super().get_config() | {"rms_scaling": self.rms_scaling}


@keras_export("keras.layers.GroupNormalization")
class GroupNormalization(_Affine):
    """As layer normalization, over groups of channels; gamma and beta have one number a channel.

    Args:
        groups: Number of groups, which divides the number of channels; -1 for one a channel.
        axis: The channels' axis.
        epsilon: Added to the variance under the root.
        center: Whether there is a beta.
        scale: Whether there is a gamma.
        beta_initializer: First value of beta.
        gamma_initializer: First value of gamma.
        beta_regularizer: Loss of beta.
        gamma_regularizer: Loss of gamma.
        beta_constraint: Applied to beta after updates.
        gamma_constraint: Applied to gamma after updates.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If the number of groups does not fit the channels.

    Source: Keras 3 `keras.layers.GroupNormalization`; Wu and He 2018.
    """

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        if not checks.is_whole(groups) or (groups <= 0 and groups != -1):
            raise ValueError(
                "GroupNormalization: the argument `groups` must be a positive integer, or -1 for "
                f"as many as channels; got {groups!r}"
            )
        beta = beta_initializer, beta_regularizer, beta_constraint
        gamma = gamma_initializer, gamma_regularizer, gamma_constraint
        super().__init__(epsilon, center, scale, beta, gamma, **kwargs)
        self.groups = int(groups)
        self.axis = axis

    def build(self, input_shape: Any) -> None:
        """Makes gamma and beta."""
        _check_axes(self.name, self.axis, input_shape)
        channels = input_shape[self.axis]
        if channels is None:
            raise ValueError(
                f"{self.name}: axis {self.axis} of the input tensor should have a defined "
                "dimension but the layer received an input with shape "
                f"{tuple(input_shape)}"
            )
        self.groups = channels if self.groups == -1 else self.groups
        if channels < self.groups:
            raise ValueError(
                f"{self.name}: Number of groups ({self.groups}) cannot be more than the number of "
                f"channels ({channels})."
            )
        if channels % self.groups:
            raise ValueError(
                f"{self.name}: Number of groups ({self.groups}) must divide the number of channels "
                f"({channels})."
            )
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: channels})
        self._make_parameters((channels,))

    def call(self, inputs: Any) -> Any:
        """The normalised inputs."""
        x = ops.cast(inputs, "float64" if inputs.dtype == "float64" else "float32")
        axis = self.axis % x.ndim
        each = x.shape[axis] // self.groups
        grouped = ops.reshape(x, (*x.shape[:axis], self.groups, each, *x.shape[axis + 1 :]))
        over = [a for a in range(1, grouped.ndim) if a != axis]
        mean, variance = ops.moments(grouped, axes=over, keepdims=True)
        shape = [1] * grouped.ndim
        shape[axis : axis + 2] = [self.groups, each]
        factor = ops.rsqrt(variance + self.epsilon)
        if self.gamma is not None:
            factor = factor * ops.reshape(ops.cast(self.gamma, x.dtype), shape)
        shift = -mean * factor
        if self.beta is not None:
            shift = shift + ops.reshape(ops.cast(self.beta, x.dtype), shape)
        return ops.cast(ops.reshape(grouped * factor + shift, x.shape), self.compute_dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        _check_axes(self.name, self.axis, input_shape)
        return tuple(input_shape)


@keras_export("keras.layers.RMSNormalization")
class RMSNormalization(Layer):
    """`x / sqrt(mean(x ** 2) + epsilon) * scale`, example by example.

    Args:
        axis: One axis or several; the scale has their sizes.
        epsilon: Added to the mean of squares under the root.
        **kwargs: Arguments of `Layer`.

    Source: Keras 3 `keras.layers.RMSNormalization`; Zhang and Sennrich 2019.
    """

    def __init__(
        self, axis: int | Sequence[int] = -1, epsilon: float = 1e-6, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.axis = _checked_axis(self.name, axis)
        self.epsilon = epsilon

    def build(self, input_shape: Any) -> None:
        """Makes the scale."""
        _check_axes(self.name, self.axis, input_shape)
        self.axis = [self.axis] if isinstance(self.axis, int) else sorted(self.axis)
        shape = tuple(input_shape[axis] for axis in self.axis)
        self.scale = self.add_weight(name="scale", shape=shape, initializer="ones")

    def call(self, x: Any) -> Any:
        """The normalised inputs."""
        return ops.rms_normalization(x, scale=self.scale, axis=self.axis, epsilon=self.epsilon)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        _check_axes(self.name, self.axis, input_shape)
        return tuple(input_shape)


@keras_export("keras.layers.UnitNormalization")
class UnitNormalization(Layer):
    """`x` divided by its Euclidean norm over `axis`, example by example.

    Args:
        axis: One axis or several.
        **kwargs: Arguments of `Layer`.

    Raises:
        TypeError: If `axis` is no whole number and no list.

    Source: Keras 3 `keras.layers.UnitNormalization`.
    """

    def __init__(self, axis: int | Sequence[int] = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = _checked_axis(self.name, axis)
        self.supports_masking = True
        self._build_at_init()

    def call(self, inputs: Any) -> Any:
        """The inputs, of norm 1."""
        return ops.normalize(inputs, axis=self.axis, order=2, epsilon=1e-12)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        _check_axes(self.name, self.axis, input_shape)
        return tuple(input_shape)
