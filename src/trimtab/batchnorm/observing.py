"""What goes into the Batch Normalizations of a model, for any model that can be called.

The model is traced once in inference mode while its Batch Normalizations hand over what they get.
So models within models, shared layers, masks and subclassed models need no rules of their own.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from trimtab.core.tracing import Traced, Variant, trace
from trimtab.data import ArrayData, array_data, batch_data, can_hold
from trimtab.ir.graph import Graph, Spec, Value, topological_order
from trimtab.layers.batch_normalization import BatchNormalization

Array = np.ndarray[Any, Any]
Response = Callable[[BatchNormalization, Any, Any, Any], Any]


class Seen(NamedTuple):
    """One call of a Batch Normalization in a trace.

    Attributes:
        layer: The layer.
        inputs: What it got.
        mask: The mask that it got, None if none.
        output: What it gave.
    """

    layer: BatchNormalization
    inputs: Value
    mask: Value | None
    output: Any


@contextlib.contextmanager
def answering(norms: Sequence[BatchNormalization], response: Response) -> Iterator[None]:
    """Has `response(layer, inputs, training, mask)` compute what the layers give, in the block."""
    for norm in norms:
        object.__setattr__(norm, "call", _bound(norm, response))
    try:
        yield
    finally:
        for norm in norms:
            object.__delattr__(norm, "call")


def _bound(norm: BatchNormalization, response: Response) -> Callable[..., Any]:
    def call(inputs: Any, training: Any = None, mask: Any = None) -> Any:
        return response(norm, inputs, training, mask)

    return call


def by_batch(norm: BatchNormalization, inputs: Any, mask: Any) -> Any:
    """What a layer gives with the statistics of the batch, which leave no trace in it."""
    x = inputs.as_tensor()
    mean, variance, _ = norm._moments(x, mask)
    return norm._normalize(x, mean, variance, norm.gamma, norm.beta)


def recording(
    calls: list[Seen], takes_batch: Callable[[BatchNormalization, Any], bool]
) -> Response:
    """A response that notes the calls.

    Args:
        calls: Grows by each call.
        takes_batch: Whether a layer, called with `training`, takes the statistics of the batch.
            They leave no trace in it; otherwise it takes its moving ones.
    """

    def respond(norm: BatchNormalization, inputs: Any, training: Any, mask: Any) -> Any:
        if takes_batch(norm, training):
            output = by_batch(norm, inputs, mask)
        else:
            output = type(norm).call(norm, inputs, training=False, mask=mask)
        calls.append(Seen(norm, inputs, mask, output))
        return output

    return respond


def specs_of(data: ArrayData, rows: int) -> list[Spec]:
    """Shapes and types of a batch of so many rows."""
    return [
        Spec((rows, *array.shape[1:]), kind)
        for array, kind in zip(data.arrays, data.types, strict=True)
    ]


class Observation:
    """One model traced for one shape of its inputs.

    Attributes:
        calls: The calls of the Batch Normalizations, in their order.
        traced: The trace.
    """

    def __init__(
        self,
        model: Any,
        data: ArrayData,
        rows: int,
        norms: Sequence[BatchNormalization],
        is_by_batch: bool = False,
    ) -> None:
        self.calls: list[Seen] = []

        def takes_batch(norm: BatchNormalization, training: Any) -> bool:
            return is_by_batch or bool(training and norm.trainable)

        def run(*inputs: Any) -> Any:
            x, _, _ = data.form.pack(list(inputs))
            with answering(norms, recording(self.calls, takes_batch)):
                return model(x, training=False)

        self.traced = trace(run, specs_of(data, rows))
        self._variants: dict[tuple[int, ...], Variant] = {}

    def inputs_of(self, wanted: Sequence[int], arrays: Sequence[Array]) -> list[Any]:
        """(inputs, mask) of the calls with the numbers `wanted`, for the model's inputs."""
        calls = [self.calls[i] for i in wanted]
        values = [v for call in calls for v in (call.inputs, call.mask) if v is not None]
        key = tuple(wanted)
        if key not in self._variants:
            graph = self.traced.graph
            part = Graph(graph.inputs, graph.states, tuple(values), ())
            self._variants[key] = Variant(Traced(part, self.traced.variables, list(values)))
        results = iter(self._variants[key].run(arrays))
        return [(next(results), None if c.mask is None else next(results)) for c in calls]

    def stages(self) -> list[list[int]]:
        """The calls in groups: each needs only the layers of the groups before it.

        A layer that is called several times is in the group of its last call.
        """
        level = self._levels()
        of_layer: dict[int, int] = {}
        for call, depth in zip(self.calls, level, strict=True):
            of_layer[id(call.layer)] = max(depth, of_layer.get(id(call.layer), 0))
        groups: dict[int, list[int]] = {}
        for number, call in enumerate(self.calls):
            groups.setdefault(of_layer[id(call.layer)], []).append(number)
        return [groups[depth] for depth in sorted(groups)]

    @property
    def is_circular(self) -> bool:
        """Whether a layer's statistics depend on themselves, as it gets its own output again."""
        level = self._levels()
        first: dict[int, int] = {}
        for call, depth in zip(self.calls, level, strict=True):
            first.setdefault(id(call.layer), depth)
            if depth != first[id(call.layer)]:
                return True
        return False

    def _levels(self) -> list[int]:
        """How many calls lie before each call on the longest way."""
        outputs = {id(call.output.node): n for n, call in enumerate(self.calls)}
        levels: dict[int, int] = {}
        own = [0] * len(self.calls)
        for node in topological_order([call.output for call in self.calls]):
            depth = max((levels[id(value.node)] for value in node.inputs), default=0)
            number = outputs.get(id(node))
            if number is not None:
                own[number] = depth
                depth += 1
            levels[id(node)] = depth
        return own

    def largest_input(self) -> int:
        """How many numbers the largest input of a call has for one row."""
        return max((int(np.prod(call.inputs.shape[1:])) for call in self.calls), default=0)


class Rows:
    """The inputs of a model, in parts that fit into memory.

    Args:
        owner: What asks for them, for errors.
        x: Arrays in the structure of the model's inputs, a PyDataset, or an iterable of batches.

    Raises:
        ValueError: If they are none of these, have no rows, or NaN or infinity among them.
    """

    def __init__(self, owner: str, x: Any) -> None:
        self._owner = owner
        self._data: ArrayData | None = None
        self._batches: Any = None
        if can_hold(x):
            self._data = array_data(owner, x)
        else:
            self._batches = batch_data(owner, x)

    @property
    def count(self) -> int | None:
        """How many there are, if they are in memory."""
        return None if self._data is None else self._data.rows

    @property
    def can_repeat(self) -> bool:
        """Whether they can be read more than once."""
        return self._data is not None or not self._batches._is_generator

    def first(self) -> ArrayData:
        """The first part, or all."""
        return self._data if self._data is not None else _inputs_only(self._batches.peek())

    def parts(self, most: int) -> Iterator[tuple[ArrayData, list[Array]]]:
        """The parts, each of at most `most` rows: their form, and their arrays."""
        if self._data is not None:
            yield from _cut(self._data, most)
            return
        self._batches.restart()
        while (batch := self._batches.next_batch()) is not None:
            yield from _cut(_inputs_only(batch), most)


def _inputs_only(data: ArrayData) -> ArrayData:
    x, _, _ = data.form.pack(data.arrays)
    return array_data("x", x)


def _cut(data: ArrayData, most: int) -> Iterator[tuple[ArrayData, list[Array]]]:
    for start in range(0, data.rows, most):
        yield data, data.batch(slice(start, start + most))


def first_inputs(model: Any, x: Any, layers: Sequence[Any]) -> dict[int, Array]:
    """What layers get when a model is called on arrays in inference mode, by identity.

    Args:
        model: The model.
        x: Arrays in the structure of its inputs.
        layers: The layers; of one that is called several times the first call counts.
    """
    data = array_data("x", x)
    seen: dict[int, Value] = {}

    def watch(layer: Any) -> None:
        def call(inputs: Any, *args: Any, **kwargs: Any) -> Any:
            seen.setdefault(id(layer), inputs)
            return type(layer).call(layer, inputs, *args, **kwargs)

        object.__setattr__(layer, "call", call)

    def run(*inputs: Any) -> Any:
        model(data.form.pack(list(inputs))[0], training=False)
        return list(seen.values())

    unique = {id(layer): layer for layer in layers}
    for layer in unique.values():
        watch(layer)
    try:
        specs = [Spec(a.shape, kind) for a, kind in zip(data.arrays, data.types, strict=True)]
        traced = trace(run, specs)
    finally:
        for layer in unique.values():
            object.__delattr__(layer, "call")
    results = Variant(traced).run(data.batch(slice(None)))
    return dict(zip(seen, results, strict=True))
