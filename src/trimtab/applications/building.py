"""What the published networks have in common: their options, input, head and weights."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from trimtab import layers
from trimtab.applications.published import PUBLISHED, fetch
from trimtab.core import settings
from trimtab.ir.tensor import KerasTensor
from trimtab.models import Model

Network = Callable[..., Model]

# Epsilon of networks that were first published for another library, rounded as it was there.
SMALL_EPSILON = 1.001e-5


@dataclass(frozen=True)
class Options:
    """The arguments that every network takes.

    Attributes:
        include_top: Whether the classifier is part of it.
        weights: None, "imagenet", or a file.
        input_tensor: A KerasTensor to begin with; None for a new Input.
        input_shape: Shape of an image; None for the network's own.
        pooling: Without the classifier: None, "avg" or "max".
        classes: Outputs of the classifier.
        classifier_activation: Its activation; None for logits.
        name: The model's name.
    """

    include_top: bool
    weights: str | os.PathLike[str] | None
    input_tensor: Any
    input_shape: tuple[int | None, ...] | None
    pooling: str | None
    classes: int
    classifier_activation: Any
    name: str


def options_of(arguments: Mapping[str, Any]) -> Options:
    """The options among the arguments of a network's function, which are its `locals()`."""
    return Options(**{field.name: arguments[field.name] for field in fields(Options)})


class Builder:
    """Makes layers in the format of the images, and the model in the end.

    Args:
        options: The network's arguments.
        size: Height and width of the images that it was published for.
        least: Smallest height and width that leave something after all strides.
        weights_name: Key of its published files; the model's name if None.
        fixed: Whether the classifier needs images of a fixed size.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(
        self,
        options: Options,
        size: int,
        least: int,
        weights_name: str | None = None,
        fixed: bool | None = None,
    ) -> None:
        self.options = options
        self.is_first = settings.image_data_format() == "channels_first"
        self.axis = 1 if self.is_first else 3
        self.weights_name = weights_name or options.name
        _check(options, self.weights_name)
        needs_size = options.include_top if fixed is None else fixed
        shape = input_shape(options, size, least, self.is_first, needs_size)
        self.image = self._image(shape)

    def _image(self, shape: tuple[int | None, ...]) -> KerasTensor:
        given = self.options.input_tensor
        if given is None:
            made: KerasTensor = layers.Input(shape)
            return made
        if isinstance(given, KerasTensor):
            return given
        raise ValueError(
            f"{self.options.name}: `input_tensor` must be a KerasTensor, as keras.Input makes; got "
            f"{type(given).__name__}"
        )

    @property
    def channel_axis(self) -> int:
        """Axis of the channels, as networks for small devices write it."""
        return 1 if self.is_first else -1

    def channels(self, x: Any) -> int:
        """How many channels a tensor has."""
        return int(x.shape[self.channel_axis])

    def conv(
        self,
        x: Any,
        filters: int,
        size: Any,
        strides: Any = 1,
        padding: str = "same",
        bias: bool = False,
        name: str | None = None,
        **named: Any,
    ) -> Any:
        """A convolution."""
        layer = layers.Conv2D(
            filters, size, strides=strides, padding=padding, use_bias=bias, name=name, **named
        )
        return layer(x)

    def norm(self, x: Any, name: str | None = None, epsilon: float = 1e-3, **named: Any) -> Any:
        """Batch Normalization of the channels."""
        axis = named.pop("axis", self.axis)
        return layers.BatchNormalization(axis=axis, epsilon=epsilon, name=name, **named)(x)

    def act(self, x: Any, kind: Any = "relu", name: str | None = None) -> Any:
        """An activation."""
        return layers.Activation(kind, name=name)(x)

    def pooled(self, x: Any, names: bool = False) -> Any:
        """The end of a network without its classifier."""
        pooling = self.options.pooling
        if pooling == "avg":
            return layers.GlobalAveragePooling2D(name="avg_pool" if names else None)(x)
        if pooling == "max":
            return layers.GlobalMaxPooling2D(name="max_pool" if names else None)(x)
        return x

    def classified(self, x: Any, name: str = "predictions") -> Any:
        """The classifier's last layer on features."""
        options = self.options
        head = layers.Dense(options.classes, activation=options.classifier_activation, name=name)
        return head(x)

    def head(self, x: Any, names: bool = True) -> Any:
        """The mean of each channel and the classifier, or what `pooling` asks for.

        Args:
            x: The last features.
            names: Whether the pooling without the classifier has a name too.
        """
        if not self.options.include_top:
            return self.pooled(x, names)
        x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
        return self.classified(x)

    def model(self, outputs: Any, published: bool = True) -> Model:
        """The model, with its weights.

        Args:
            outputs: The network's end.
            published: Whether there are files of its weights.
        """
        inputs = self.image
        if self.options.input_tensor is not None:
            inputs = _sources(self.options.input_tensor)
        made = Model(inputs, outputs, name=self.options.name)
        weights = self.options.weights
        if weights is None:
            return made
        if weights == "imagenet":
            if not published:
                raise ValueError(f"{made.name}: has no published weights; give a file or None")
            made.load_weights(fetch(self.weights_name, self.options.include_top))
        else:
            made.load_weights(weights)
        return made


def _check(options: Options, weights_name: str) -> None:
    weights, name = options.weights, options.name
    is_known = weights in (None, "imagenet") or os.path.exists(os.fspath(weights or ""))
    if not is_known:
        raise ValueError(
            f"{name}: `weights` must be None, 'imagenet' or the path of a file; got {weights!r}, "
            "and there is no such file"
        )
    if weights == "imagenet" and weights_name not in PUBLISHED:
        raise ValueError(
            f"{name}: has no published weights; give weights=None for random ones, or a file"
        )
    if weights == "imagenet" and options.include_top and options.classes != 1000:
        raise ValueError(
            f"{name}: `classes` must be 1000 with weights='imagenet' and the classifier; got "
            f"{options.classes}. Leave the classifier out (include_top=False) and add your own"
        )
    if options.pooling not in (None, "avg", "max"):
        raise ValueError(f"{name}: `pooling` must be None, 'avg' or 'max'; got {options.pooling!r}")
    if weights == "imagenet" and options.include_top:
        _check_activation(options)


def _check_activation(options: Options) -> None:
    given = options.classifier_activation
    if given not in (None, "softmax"):
        raise ValueError(
            f"{options.name}: `classifier_activation` must be None or 'softmax' with published "
            f"weights; got {given!r}"
        )


def input_shape(
    options: Options, size: int, least: int, is_first: bool, needs_size: bool
) -> tuple[int | None, ...]:
    """The shape of an image: the one given if it fits the network, or the network's own.

    Args:
        options: The network's arguments.
        size: Height and width that the network was published for.
        least: Smallest height and width.
        is_first: Whether channels come first.
        needs_size: Whether the classifier needs a fixed size.

    Raises:
        ValueError: If the given one does not fit.
    """
    given, name = options.input_shape, options.name
    own = (3, size, size) if is_first else (size, size, 3)
    if given is None:
        if needs_size:
            return own
        return (3, None, None) if is_first else (None, None, 3)
    given = tuple(given)
    if len(given) != 3:
        raise ValueError(f"{name}: `input_shape` must have three entries; got {given}")
    channels, sides = (given[0], given[1:]) if is_first else (given[2], given[:2])
    if options.weights == "imagenet" and needs_size and given != own:
        raise ValueError(
            f"{name}: `input_shape` must be {own} with published weights and the classifier; got "
            f"{given}"
        )
    if options.weights == "imagenet" and channels != 3:
        raise ValueError(f"{name}: published weights are for 3 channels; got {given}")
    if channels not in (1, 3):
        warnings.warn(
            f"{name}: images usually have 1 or 3 channels; `input_shape` {given} has {channels}",
            stacklevel=6,
        )
    if any(side is not None and side < least for side in sides):
        raise ValueError(
            f"{name}: images must be at least {least}x{least}; got `input_shape` {given}"
        )
    if needs_size and None in given:
        raise ValueError(
            f"{name}: the classifier needs images of a fixed size; got `input_shape` {given}. "
            "Give whole numbers, or include_top=False"
        )
    return given


def _sources(tensor: Any) -> Any:
    """The Inputs that a KerasTensor comes from."""
    seen: set[int] = set()
    found: list[Any] = []

    def visit(current: Any) -> None:
        history = current._keras_history
        node = history.operation._inbound_nodes[history.node_index]
        if id(node) in seen:
            return
        seen.add(id(node))
        if node.is_input:
            found.append(current)
            return
        for source in node.input_tensors:
            visit(source)

    visit(tensor)
    return found[0] if len(found) == 1 else found


def network(title: str, name: str, source: str, build: Callable[[Options], Model]) -> Network:
    """The public function of a network, with the arguments that Keras gives all of them.

    Args:
        title: The function's name.
        name: The model's default name.
        source: The paper.
        build: Makes the model of the arguments.
    """
    default_name = name

    def make(
        include_top: bool = True,
        weights: str | os.PathLike[str] | None = "imagenet",
        input_tensor: Any = None,
        input_shape: tuple[int | None, ...] | None = None,
        pooling: str | None = None,
        classes: int = 1000,
        classifier_activation: Any = "softmax",
        name: str = default_name,
    ) -> Model:
        return build(options_of(locals()))

    make.__name__ = make.__qualname__ = title
    make.__doc__ = documentation(title, source)
    return make


def documentation(title: str, source: str, further: str = "") -> str:
    """The docstring of a network's function.

    Args:
        title: The network.
        source: The paper.
        further: Lines on arguments of its own.
    """
    return f"""{title}, as Keras builds it: the same layers, names and numbers of parameters.

    Args:
        include_top: Whether the classifier is part of it.
        weights: "imagenet" for the published weights, which are fetched once; the path of a file
            of weights; None for random ones.
        input_tensor: A KerasTensor to begin with.
        input_shape: Shape of an image without the batch; the network's own if None.
        pooling: Without the classifier: "avg" or "max" of each channel, or None for the features.
        classes: Outputs of the classifier.
        classifier_activation: Its activation; None for logits.
        name: The model's name.{further}

    Returns:
        The model.

    Raises:
        ValueError: If an argument does not fit the network.
        ConnectionError: If the published weights cannot be fetched.

    Source: {source}; Keras 3 `keras.applications.{title}`.
    """
