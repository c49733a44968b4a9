"""Layers that regularize by noise, whole maps dropped, or a loss for large outputs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from trimtab import ops, random, regularizers
from trimtab.core import settings
from trimtab.core.config import keras_export
from trimtab.core.random import SeedGenerator
from trimtab.layers.base import Layer
from trimtab.layers.dropout import Dropout, checked_noise_shape, checked_rate
from trimtab.layers.input_spec import InputSpec


class _Noise(Layer):
    """A layer that changes its inputs at random in training, by an amount, and else keeps them."""

    def __init__(self, amount: float, seed: int | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = seed
        if amount > 0:
            self.seed_generator = SeedGenerator(seed)
        self.supports_masking = True
        self._build_at_init()

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape


@keras_export("keras.layers.GaussianNoise")
class GaussianNoise(_Noise):
    """In training, adds normally distributed noise.

    Args:
        stddev: Its standard deviation, in [0, 1].
        seed: A whole number; drawn from the global generator if None.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If the deviation lies outside of [0, 1].

    Source: Keras 3 `keras.layers.GaussianNoise`.
    """

    def __init__(self, stddev: float, seed: int | None = None, **kwargs: Any) -> None:
        if not 0 <= stddev <= 1:
            raise ValueError(f"GaussianNoise: `stddev` must lie in [0, 1]; got {stddev!r}")
        super().__init__(stddev, seed, **kwargs)
        self.stddev = stddev

    def call(self, inputs: Any, training: Any = False) -> Any:
        """The inputs, with noise in training."""
        if not training or self.stddev == 0:
            return inputs
        shape, dtype = inputs.shape, self.compute_dtype
        return inputs + random.normal(shape, 0.0, self.stddev, dtype, self.seed_generator)


@keras_export("keras.layers.GaussianDropout")
class GaussianDropout(_Noise):
    """In training, multiplies by normally distributed numbers of mean 1.

    Args:
        rate: As for Dropout, in [0, 1]: their standard deviation is `sqrt(rate / (1 - rate))`.
        seed: A whole number; drawn from the global generator if None.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If the rate lies outside of [0, 1].

    Source: Keras 3 `keras.layers.GaussianDropout`; Srivastava et al. 2014.
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(checked_rate("GaussianDropout", rate), seed, **kwargs)
        self.rate = rate

    def call(self, inputs: Any, training: Any = False) -> Any:
        """The inputs, with noise in training."""
        if not training or self.rate == 0:
            return inputs
        stddev = math.sqrt(self.rate / (1.0 - self.rate))
        dtype = self.compute_dtype
        return inputs * random.normal(inputs.shape, 1.0, stddev, dtype, self.seed_generator)


@keras_export("keras.layers.AlphaDropout")
class AlphaDropout(_Noise):
    """In training, sets elements to the lower limit of selu and keeps mean and variance.

    Args:
        rate: Part of the elements that is dropped, in [0, 1].
        noise_shape: Shape of the pattern, broadcast to the inputs'; None where a size is theirs.
        seed: A whole number; drawn from the global generator if None.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If the rate or the noise shape is not as it must be.

    Source: Keras 3 `keras.layers.AlphaDropout`; Klambauer et al. 2017.
    """

    def __init__(
        self,
        rate: float,
        noise_shape: Sequence[int | None] | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(checked_rate("AlphaDropout", rate), seed, **kwargs)
        self.rate = rate
        self.noise_shape = checked_noise_shape(self.name, noise_shape)

    def call(self, inputs: Any, training: Any = False) -> Any:
        """The inputs, thinned out in training."""
        if not training or self.rate == 0:
            return inputs
        lowest = -1.6732632423543772848170429916717 * 1.0507009873554804934193349852946
        wanted = self.noise_shape or (None,) * len(inputs.shape)
        shape = [own if d is None else d for d, own in zip(wanted, inputs.shape, strict=True)]
        drawn = random.uniform(shape, seed=self.seed_generator)
        kept = ops.cast(ops.greater_equal(drawn, self.rate), inputs.dtype)
        # The affine map that gives mean 0 and variance 1 back.
        a = ((1 - self.rate) * (1 + self.rate * lowest**2)) ** -0.5
        b = -a * lowest * self.rate
        return a * (inputs * kept + lowest * (1 - kept)) + b


class _SpatialDropout(Dropout):
    """Dropout of whole maps: one draw for an example's channel."""

    def __init__(self, rate: float, seed: Any, name: str | None, dtype: Any, ndim: int) -> None:
        super().__init__(rate, seed=seed, name=name, dtype=dtype)
        self.input_spec = InputSpec(ndim=ndim)

    data_format = "channels_last"

    def call(self, inputs: Any, training: Any = False) -> Any:
        """The inputs, thinned out in training."""
        if not training or self.rate == 0:
            return inputs
        inner = (1,) * (len(inputs.shape) - 2)
        is_last = self.data_format == "channels_last"
        pattern = (None, *inner, None) if is_last else (None, None, *inner)
        return random.dropout(inputs, self.rate, pattern, self.seed_generator)

    def get_config(self) -> dict[str, Any]:
        """The arguments as Keras writes them: the dtype by its name, `trainable` not at all."""
        config = super().get_config()
        del config["trainable"]
        return config | {"dtype": self.dtype}


@keras_export("keras.layers.SpatialDropout1D")
class SpatialDropout1D(_SpatialDropout):
    """Dropout of whole channels of `(batch, steps, channels)`.

    Args:
        rate: Part of the channels that is dropped, in [0, 1].
        seed: A whole number; drawn from the global generator if None.
        name: Name; made from the class's if None.
        dtype: Type or dtype policy; the global policy if None.

    Source: Keras 3 `keras.layers.SpatialDropout1D`; Tompson et al. 2014.
    """

    def __init__(
        self, rate: float, seed: int | None = None, name: str | None = None, dtype: Any = None
    ) -> None:
        super().__init__(rate, seed, name, dtype, ndim=3)


class _SpatialDropoutOfImages(_SpatialDropout):
    """Dropout of whole channels, which may come first."""

    def __init__(
        self, rate: float, data_format: Any, seed: Any, name: str | None, dtype: Any, ndim: int
    ) -> None:
        super().__init__(rate, seed, name, dtype, ndim=ndim)
        self.data_format = settings.standardize_data_format(data_format)


@keras_export("keras.layers.SpatialDropout2D")
class SpatialDropout2D(_SpatialDropoutOfImages):
    """Dropout of whole channels of `(batch, rows, columns, channels)`.

    Args:
        rate: Part of the channels that is dropped, in [0, 1].
        data_format: "channels_last" or "channels_first"; the global setting if None.
        seed: A whole number; drawn from the global generator if None.
        name: Name; made from the class's if None.
        dtype: Type or dtype policy; the global policy if None.

    Source: Keras 3 `keras.layers.SpatialDropout2D`; Tompson et al. 2014.
    """

    def __init__(
        self,
        rate: float,
        data_format: str | None = None,
        seed: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(rate, data_format, seed, name, dtype, ndim=4)


@keras_export("keras.layers.SpatialDropout3D")
class SpatialDropout3D(_SpatialDropoutOfImages):
    """Dropout of whole channels of `(batch, depth, rows, columns, channels)`.

    Args:
        rate: Part of the channels that is dropped, in [0, 1].
        data_format: "channels_last" or "channels_first"; the global setting if None.
        seed: A whole number; drawn from the global generator if None.
        name: Name; made from the class's if None.
        dtype: Type or dtype policy; the global policy if None.

    Source: Keras 3 `keras.layers.SpatialDropout3D`; Tompson et al. 2014.
    """

    def __init__(
        self,
        rate: float,
        data_format: str | None = None,
        seed: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(rate, data_format, seed, name, dtype, ndim=5)


@keras_export("keras.layers.ActivityRegularization")
class ActivityRegularization(Layer):
    """The inputs, unchanged; adds a loss for them, divided by the batch size.

    Args:
        l1: Weight of the sum of absolute values.
        l2: Weight of the sum of squares.
        **kwargs: Arguments of `Layer`.

    Source: Keras 3 `keras.layers.ActivityRegularization`.
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Any) -> None:
        super().__init__(activity_regularizer=regularizers.L1L2(l1=l1, l2=l2), **kwargs)
        self.l1 = l1
        self.l2 = l2
        self.supports_masking = True
        self._build_at_init()

    def call(self, inputs: Any) -> Any:
        """The inputs."""
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """`l1` and `l2` instead of the regularizer made of them."""
        config = super().get_config()
        config.pop("activity_regularizer", None)
        return config
