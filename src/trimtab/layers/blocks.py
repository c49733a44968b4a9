"""A linear layer with its normalization, activation and dropout as one layer."""

from __future__ import annotations

from typing import Any

from trimtab import activations, checks
from trimtab.core.config import deserialize_keras_object, keras_export
from trimtab.layers.activation import Activation
from trimtab.layers.base import Layer
from trimtab.layers.batch_normalization import BatchNormalization
from trimtab.layers.convolution import Conv1D, Conv2D, Conv3D
from trimtab.layers.dense import Dense
from trimtab.layers.dropout import Dropout

_CONVOLUTIONS: dict[int, Any] = {1: Conv1D, 2: Conv2D, 3: Conv3D}


def _norm(owner: str, norm: Any) -> Any:
    """`norm` itself, or the layer that a configuration describes."""
    made = deserialize_keras_object(norm) if isinstance(norm, dict) else norm
    if made is None or made == "batch" or isinstance(made, Layer):
        return made
    raise ValueError(
        f"{owner}: `norm` must be 'batch', None or a layer such as "
        f"BatchNormalization(momentum=0.9); got {norm!r}"
    )


def _activation(activation: Any) -> Any:
    """A function or layer, from either, a name, a configuration or None."""
    if isinstance(activation, dict):
        activation = deserialize_keras_object(activation)
    return activation if isinstance(activation, Layer) else activations.get(activation)


class Block(Layer):
    """What `ConvBlock` and `DenseBlock` share: the order of their parts, and whether a bias helps.

    The parts are attributes, None where there is none: `linear`, `norm_layer`, `activation_layer`
    and `dropout_layer`; `layers` lists them in the order of the call.
    """

    linear: Any
    norm: Any
    norm_layer: Any
    activation: Any
    activation_layer: Any
    dropout_layer: Any

    def _assemble(
        self,
        linear: Layer,
        channel_axis: int,
        norm: Any,
        norm_position: str | None,
        activation: Any,
        dropout: float,
        use_bias: bool | None,
        seed: int | None,
    ) -> None:
        """Makes the parts around `linear`."""
        dtype = self.dtype_policy
        self.norm_position = checks.choice(
            self.name, "norm_position", norm_position, ("before", "after", None)
        )
        self.dropout = dropout
        self.use_bias = use_bias
        self.seed = seed
        self._channel_axis = channel_axis
        # Weights are listed in the order in which their layers become attributes.
        self.linear = linear
        chosen = {"norm": _norm(self.name, norm), "activation": _activation(activation)}
        for name in ("activation", "norm") if norm_position == "after" else ("norm", "activation"):
            setattr(self, name, chosen[name])
        self.norm_layer = None if norm_position is None else self.norm
        if self.norm_layer == "batch":
            self.norm_layer = BatchNormalization(axis=channel_axis, dtype=dtype, name="norm")
        self.activation_layer = self.activation
        if self.activation is activations.linear:
            self.activation_layer = None
        elif not isinstance(self.activation, Layer):
            self.activation_layer = Activation(self.activation, dtype=dtype, name="activation")
        self.dropout_layer = None
        if dropout != 0:
            self.dropout_layer = Dropout(dropout, seed=seed, dtype=dtype, name="dropout")
        self.supports_masking = all(part.supports_masking for part in self.layers)

    @property
    def layers(self) -> list[Any]:
        """The parts in the order of the call."""
        middle = [self.norm_layer, self.activation_layer]
        if self.norm_position == "after":
            middle.reverse()
        parts = [self.linear, *middle, self.dropout_layer]
        return [part for part in parts if part is not None]

    def _loses_bias(self, ndim: int) -> bool:
        """Whether a bias of the linear layer makes no difference behind the normalization.

        Batch Normalization takes the mean of each channel away, and a bias with it, if all that
        stands between them is linear. Normalizations over several channels do not.
        """
        if not isinstance(self.norm_layer, BatchNormalization):
            return False
        if self.norm_position == "after" and self.activation_layer is not None:
            return False
        return self.norm_layer.axis % ndim == self._channel_axis % ndim

    def build(self, input_shape: Any) -> None:
        """Builds the parts, one on the other's output."""
        if self.use_bias is None:
            self.linear.use_bias = not self._loses_bias(len(input_shape))
        shape = input_shape
        for part in self.layers:
            if not part.built:
                part.build(shape)
            shape = part.compute_output_shape(shape)

    def call(self, inputs: Any) -> Any:
        """The outputs of the last part."""
        for part in self.layers:
            inputs = part(inputs)
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the last part's output."""
        for part in self.layers:
            input_shape = part.compute_output_shape(input_shape)
        return input_shape


@keras_export("trimtab.layers.ConvBlock")
class ConvBlock(Block):
    """A convolution with Batch Normalization before or after its activation, then dropout.

    The same numbers as the layers one by one. With `norm_position` "before" these are: convolution,
    Batch Normalization, activation, dropout; with "after": convolution, activation, Batch
    Normalization, dropout; with None: convolution, activation, dropout. `summary(expand_nested=
    True)` shows them.

    Args:
        filters: Number of output channels.
        kernel_size: Size of the window: one number, or one an axis.
        norm: "batch"; a normalization layer of its own, such as `BatchNormalization(momentum=0.9)`;
            or None.
        norm_position: "before" or "after" the activation; None for no normalization.
        activation: Function, its name or a layer; none if None.
        dropout: Part of the outputs that is dropped in training.
        use_bias: Whether the convolution has a bias. If None, it has one unless Batch Normalization
            takes it away again: unless nothing but linear layers stands between the two.
        rank: Axes between batch and channels: 1, 2 or 3.
        strides: As for `Conv2D`.
        padding: As for `Conv2D`.
        data_format: As for `Conv2D`; also where "batch" finds the channels.
        dilation_rate: As for `Conv2D`.
        groups: As for `Conv2D`.
        kernel_initializer: As for `Conv2D`.
        bias_initializer: As for `Conv2D`.
        kernel_regularizer: As for `Conv2D`.
        bias_regularizer: As for `Conv2D`.
        kernel_constraint: As for `Conv2D`.
        bias_constraint: As for `Conv2D`.
        seed: Of the dropout; drawn from the global generator if None.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If an argument is not as described.

    >>> block = ConvBlock(4, 3, padding="same")
    >>> [part.name for part in block.layers]
    ['conv', 'norm', 'activation']
    >>> block.build((None, 8, 8, 3))
    >>> block.linear.use_bias
    False
    """

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        *,
        norm: Any = "batch",
        norm_position: str | None = "before",
        activation: Any = "relu",
        dropout: float = 0.0,
        use_bias: bool | None = None,
        rank: int = 2,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        groups: int = 1,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.rank = checks.choice(self.name, "rank", rank, tuple(_CONVOLUTIONS))
        conv = _CONVOLUTIONS[rank](
            filters,
            kernel_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
            groups=groups,
            use_bias=use_bias is not False,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
            dtype=self.dtype_policy,
            name="conv",
        )
        axis = -1 if conv.data_format == "channels_last" else 1
        self._assemble(conv, axis, norm, norm_position, activation, dropout, use_bias, seed)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments; those of the convolution as it has them."""
        return _with_arguments_of(self.linear, super().get_config())


@keras_export("trimtab.layers.DenseBlock")
class DenseBlock(Block):
    """A dense layer with Batch Normalization before or after its activation, then dropout.

    `ConvBlock` describes the order of the parts and the arguments they share.

    Args:
        units: Size of the output's last axis.
        norm: As for `ConvBlock`.
        norm_position: As for `ConvBlock`.
        activation: As for `ConvBlock`.
        dropout: As for `ConvBlock`.
        use_bias: As for `ConvBlock`.
        kernel_initializer: As for `Dense`.
        bias_initializer: As for `Dense`.
        kernel_regularizer: As for `Dense`.
        bias_regularizer: As for `Dense`.
        kernel_constraint: As for `Dense`.
        bias_constraint: As for `Dense`.
        seed: Of the dropout; drawn from the global generator if None.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If an argument is not as described.

    >>> block = DenseBlock(4, norm_position="after", dropout=0.2)
    >>> [part.name for part in block.layers]
    ['dense', 'activation', 'norm', 'dropout']
    >>> block.build((None, 3))
    >>> block.linear.use_bias
    True
    """

    def __init__(
        self,
        units: int,
        *,
        norm: Any = "batch",
        norm_position: str | None = "before",
        activation: Any = "relu",
        dropout: float = 0.0,
        use_bias: bool | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        dense = Dense(
            units,
            use_bias=use_bias is not False,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
            dtype=self.dtype_policy,
            name="dense",
        )
        self._assemble(dense, -1, norm, norm_position, activation, dropout, use_bias, seed)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments; those of the dense layer as it has them."""
        return _with_arguments_of(self.linear, super().get_config())


def _with_arguments_of(linear: Layer, config: dict[str, Any]) -> dict[str, Any]:
    """`config` with the arguments that the linear layer was made with, in their stored form."""
    own = {"name", "trainable", "dtype", "activation", "use_bias", "activity_regularizer"}
    stored = linear.get_config()
    return {k: stored[k] if k in stored and k not in own else v for k, v in config.items()}
