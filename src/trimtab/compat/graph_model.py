"""`Graph` of Keras 0.x: a model that is put together by the names of its nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trimtab.compat.dialect import Dialect
from trimtab.compat.merging import merge
from trimtab.compat.models import classes_of
from trimtab.layers import Input


class Graph:
    """Nodes that are added by name, with named inputs and outputs.

    Data are dictionaries by those names. It becomes a model of today when it is compiled or used.

    Args:
        dialect: The version whose rules hold.

    Source: Keras 0 `keras.models.Graph`.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._tensors: dict[str, Any] = {}
        self.inputs: dict[str, Any] = {}
        self.outputs: dict[str, Any] = {}
        self.nodes: dict[str, Any] = {}
        self._made: Any = None

    def add_input(
        self,
        name: str,
        input_shape: Sequence[int] | None = None,
        batch_input_shape: Sequence[Any] | None = None,
        dtype: str | None = None,
        ndim: int | None = None,
    ) -> None:
        """Adds an input.

        Raises:
            ValueError: If its shape is missing.
        """
        shape = tuple(batch_input_shape)[1:] if batch_input_shape is not None else input_shape
        if shape is None:
            raise ValueError(
                f"Graph: the input {name!r} needs its shape, as add_input(name, input_shape=...)"
            )
        kind = None if dtype in (None, "float") else dtype
        self._put(name, Input(tuple(shape), name=name, dtype=kind))
        self.inputs[name] = self._tensors[name]

    def add_node(
        self,
        layer: Any,
        name: str,
        input: str | None = None,  # noqa: A002 - Keras's name
        inputs: Sequence[str] = (),
        merge_mode: str = "concat",
        concat_axis: int = -1,
        dot_axes: Any = -1,
        create_output: bool = False,
    ) -> None:
        """Adds a layer, or a model, behind one node or behind several that are merged."""
        x = self._from(input, inputs, merge_mode, concat_axis, dot_axes)
        self._put(name, layer(x))
        self.nodes[name] = layer
        if create_output:
            self.add_output(name, input=name)

    def add_output(
        self,
        name: str,
        input: str | None = None,  # noqa: A002 - Keras's name
        inputs: Sequence[str] = (),
        merge_mode: str = "concat",
        concat_axis: int = -1,
        dot_axes: Any = -1,
    ) -> None:
        """Names a node, or several that are merged, an output."""
        self.outputs[name] = self._from(input, inputs, merge_mode, concat_axis, dot_axes)
        self._made = None

    def _put(self, name: str, tensor: Any) -> None:
        if name in self._tensors:
            raise ValueError(f"Graph: there is a node {name!r} already")
        self._tensors[name] = tensor
        self._made = None

    def _from(
        self, source: str | None, sources: Sequence[str], mode: str, concat_axis: int, axes: Any
    ) -> Any:
        names = [source] if source is not None else list(sources)
        for name in names:
            if name not in self._tensors:
                raise ValueError(
                    f"Graph: there is no node {name!r}; there are {', '.join(self._tensors)}"
                )
        tensors = [self._tensors[name] for name in names]
        if len(tensors) == 1:
            return tensors[0]
        return merge(self._dialect, tensors, mode, concat_axis, axes)

    @property
    def model(self) -> Any:
        """The model of today."""
        if self._made is None:
            self._dialect.journal.translate("Graph", "Model(inputs, outputs)")
            made = classes_of(self._dialect)["Model"]
            self._made = made(
                inputs=list(self.inputs.values()), outputs=list(self.outputs.values())
            )
        return self._made

    def compile(self, optimizer: Any, loss: Mapping[str, Any], **kwargs: Any) -> None:
        """Compiles with a loss for each output, by name."""
        losses = [loss[name] for name in self.outputs]
        self.model.compile(optimizer=optimizer, loss=losses, **kwargs)

    def _split(self, data: Mapping[str, Any]) -> tuple[Any, Any]:
        x = [data[name] for name in self.inputs]
        y = [data[name] for name in self.outputs if name in data]
        return (x[0] if len(x) == 1 else x), (y[0] if len(y) == 1 else y or None)

    def fit(self, data: Mapping[str, Any], **kwargs: Any) -> Any:
        """Trains on a dictionary of inputs and targets by name."""
        x, y = self._split(data)
        given = kwargs.get("validation_data")
        if isinstance(given, Mapping):
            kwargs["validation_data"] = self._split(given)
        return self.model.fit(x, y, **kwargs)

    def evaluate(self, data: Mapping[str, Any], **kwargs: Any) -> Any:
        """The loss, that of all outputs together."""
        x, y = self._split(data)
        result = self.model.evaluate(x, y, **kwargs)
        return result[0] if isinstance(result, list) else result

    def train_on_batch(self, data: Mapping[str, Any], **kwargs: Any) -> Any:
        """A step of training on a dictionary of inputs and targets."""
        x, y = self._split(data)
        return self.model.train_on_batch(x, y, **kwargs)

    def test_on_batch(self, data: Mapping[str, Any], **kwargs: Any) -> Any:
        """The loss of a dictionary of inputs and targets."""
        x, y = self._split(data)
        return self.model.test_on_batch(x, y, **kwargs)

    def predict(self, data: Mapping[str, Any], **kwargs: Any) -> dict[str, Any]:
        """The outputs by name."""
        x, _ = self._split({name: data[name] for name in self.inputs})
        outputs = self.model.predict(x, **kwargs)
        listed = outputs if isinstance(outputs, list) else [outputs]
        return dict(zip(self.outputs, listed, strict=True))

    def get_weights(self) -> list[Any]:
        """The weights of all nodes."""
        return self.model.get_weights()  # type: ignore[no-any-return]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Sets the weights of all nodes."""
        self.model.set_weights(weights)

    def save_weights(self, filepath: str, overwrite: bool = True) -> None:
        """Writes the weights."""
        self.model.save_weights(filepath, overwrite)

    def load_weights(self, filepath: str) -> None:
        """Reads the weights."""
        self.model.load_weights(filepath)

    def summary(self) -> None:
        """Prints the layers."""
        self.model.summary()

    def count_params(self) -> int:
        """Number of elements of the weights."""
        return int(self.model.count_params())
