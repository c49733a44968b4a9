"""Dropout (Srivastava et al. 2014)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from trimtab import checks, random
from trimtab.core.config import keras_export
from trimtab.core.random import SeedGenerator
from trimtab.layers.base import Layer


def checked_rate(owner: str, rate: Any) -> float:
    """`rate` itself, without a type of NumPy.

    Raises:
        ValueError: If it does not lie in [0, 1].
    """
    is_number = isinstance(rate, (int, float, np.floating)) and not isinstance(rate, bool)
    if not is_number or not 0 <= rate <= 1:
        raise ValueError(
            f"{owner}: Invalid value received for argument `rate`. Expected a float value between "
            f"0 and 1. Received: {rate!r}"
        )
    return float(rate) if isinstance(rate, np.floating) else rate


def checked_noise_shape(owner: str, noise_shape: Any) -> tuple[int | None, ...] | None:
    """`noise_shape` as a tuple.

    Raises:
        ValueError: If it holds anything but positive whole numbers and None.
    """
    if noise_shape is None:
        return None
    is_sequence = hasattr(noise_shape, "__iter__") and not isinstance(noise_shape, str)
    sizes = tuple(noise_shape) if is_sequence else (noise_shape,)
    rule = None
    if not is_sequence:
        rule = "a tuple or list of integers"
    elif not all(d is None or checks.is_whole(d) for d in sizes):
        rule = "all elements to be integers or None"
    elif any(d is not None and d <= 0 for d in sizes):
        rule = "all dimensions to be positive integers or None"
    if rule is not None:
        raise ValueError(
            f"{owner}: Invalid value received for argument `noise_shape`. Expected {rule}. "
            f"Received: {noise_shape!r}"
        )
    return tuple(None if d is None else int(d) for d in sizes)


@keras_export("keras.layers.Dropout")
class Dropout(Layer):
    """In training, sets a part `rate` of the elements to 0 and divides the others by `1 - rate`.

    Args:
        rate: Part of the elements that is dropped, in [0, 1].
        noise_shape: Shape of the pattern, broadcast to the inputs'; None where a size is the
            inputs'.
        seed: A whole number; drawn from the global generator if None.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If the rate or the noise shape is not as it must be.

    Source: Keras 3 `keras.layers.Dropout`; the pattern differs, its distribution does not.
    """

    def __init__(
        self,
        rate: float,
        noise_shape: Sequence[int | None] | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.rate = checked_rate(self.name, rate)
        self.seed = seed
        self.noise_shape = checked_noise_shape(self.name, noise_shape)
        if rate > 0:
            self.seed_generator = SeedGenerator(seed)
        self.supports_masking = True
        self._build_at_init()

    def call(self, inputs: Any, training: Any = False) -> Any:
        """The inputs, thinned out in training."""
        if training and self.rate > 0:
            return random.dropout(inputs, self.rate, self.noise_shape, self.seed_generator)
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape
