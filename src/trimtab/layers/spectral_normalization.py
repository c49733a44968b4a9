"""A layer whose kernel is kept at a largest singular value of 1."""

from __future__ import annotations

from typing import Any

from trimtab import checks, initializers, ops
from trimtab.core.config import keras_export
from trimtab.layers.wrapping import Wrapper


@keras_export("keras.layers.SpectralNormalization")
class SpectralNormalization(Wrapper):
    """A layer whose kernel is divided by its largest singular value before each training call.

    Args:
        layer: A layer with `kernel` or `embeddings`.
        power_iterations: Steps, each training call, of the iteration that finds the value.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If the layer has neither, or there is no step.

    Source: Keras 3 `keras.layers.SpectralNormalization`; Miyato et al. 2018.
    """

    def __init__(self, layer: Any, power_iterations: int = 1, **kwargs: Any) -> None:
        super().__init__(layer, **kwargs)
        self.power_iterations = checks.whole(
            self.name, "power_iterations", power_iterations, least=1
        )

    def build(self, input_shape: Any = None) -> None:
        """Builds the layer within, and the singular vector that is kept from call to call."""
        super().build(input_shape)
        for name in ("kernel", "embeddings"):
            if hasattr(self.layer, name):
                self.kernel = getattr(self.layer, name)
                break
        else:
            raise ValueError(
                f"{self.name}: the layer {self.layer!r} object has no attribute 'kernel' nor "
                "'embeddings', one of which must be there"
            )
        self.vector_u = self.add_weight(
            name="vector_u",
            shape=(1, self.kernel.shape[-1]),
            initializer=initializers.TruncatedNormal(stddev=0.02),
            trainable=False,
        )

    def call(self, inputs: Any, training: Any = False) -> Any:
        """The layer's outputs."""
        if training:
            self._normalize()
        return ops.cast(self.layer(inputs), self.compute_dtype)

    def _normalize(self) -> None:
        kernel = self.kernel.value
        matrix = ops.reshape(kernel, (-1, kernel.shape[-1]))
        u = self.vector_u.value
        for _ in range(self.power_iterations):
            v = _unit(ops.matmul(u, ops.transpose(matrix)))
            u = _unit(ops.matmul(v, matrix))
        u, v = ops.stop_gradient(u), ops.stop_gradient(v)
        sigma = ops.matmul(ops.matmul(v, matrix), ops.transpose(u))
        self.vector_u.assign(u)
        self.kernel.assign(ops.reshape(ops.divide(matrix, sigma), kernel.shape))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the layer's output."""
        return self.layer.compute_output_shape(input_shape)


def _unit(x: Any) -> Any:
    return ops.divide(x, ops.sqrt(ops.maximum(ops.sum(ops.square(x)), 1e-12)))
