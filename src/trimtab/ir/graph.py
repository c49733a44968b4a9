"""Specs, primitives, nodes, values: the graph that front end and engines share."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from trimtab import dtypes
from trimtab.ir.protocols import NeedsNumbers, apply_function
from trimtab.ir.tensor import Array, Tensor, name_of


class Spec(NamedTuple):
    """Shape and element type of a value. Shapes are concrete: a graph is made per shape."""

    shape: tuple[int, ...]
    dtype: str

    def __str__(self) -> str:
        return f"{self.dtype}{list(self.shape)}"


class Sample(NamedTuple):
    """Test inputs of a primitive, and the outputs worked by hand where `expected` is given."""

    inputs: tuple[Any, ...]
    attrs: dict[str, Any] = {}
    expected: Any = None
    differentiable: bool = True


# Name -> primitive: the closed set that every engine runs.
PRIMITIVES: dict[str, Primitive] = {}


class Primitive:
    """One operation of the closed set: its type rule, meaning, gradient and test inputs.

    Args:
        name: Its name in the graph, in engines and in the registry.
        infer: `(*specs, **attrs) -> Spec | tuple[Spec, ...]`; raises ValueError on illegal input.
        evaluate: `(xp, *arrays, **attrs) -> array(s)`, written against the names that NumPy and
            jax.numpy share.
        vjp: `(cotangent, output, *inputs, **attrs) -> tuple` of the inputs' cotangents,
            None where there
            is none; with several outputs, `cotangent` and `output` are tuples and a
            cotangent may be
            None. Left out, the primitive has no gradient (integer and boolean results).
        samples: Inputs for the contract tests.
    """

    __slots__ = ("evaluate", "infer", "is_elementwise", "multiple", "name", "samples", "vjp")

    def __init__(
        self,
        name: str,
        infer: Callable[..., Any],
        evaluate: Callable[..., Any],
        vjp: Callable[..., Any] | None = None,
        samples: Callable[[], Sequence[Sample]] = lambda: (),
        *,
        multiple: bool = False,
        is_elementwise: bool = False,
    ) -> None:
        self.name = name
        self.infer = infer
        self.evaluate = evaluate
        self.vjp = vjp
        self.samples = samples
        self.multiple = multiple
        self.is_elementwise = is_elementwise
        PRIMITIVES[name] = self

    def results(self, specs: Any, arrays: Sequence[Any], attrs: dict[str, Any]) -> Sequence[Any]:
        """The arrays of the outputs, of `specs` (one, or a tuple of several), for input arrays.

        What meets bfloat16 is computed in float32 and rounded.
        """
        with np.errstate(all="ignore"):
            if dtypes.knows_bfloat16():
                return self._rounded(specs, arrays, attrs)
            result = self.evaluate(np, *arrays, **attrs)
        return result if self.multiple else (result,)

    def _rounded(self, specs: Any, arrays: Sequence[Any], attrs: dict[str, Any]) -> Sequence[Any]:
        every: Sequence[Spec] = specs if self.multiple else (specs,)
        kinds = [s.dtype for s in every]
        if "bfloat16" not in kinds and all(a.dtype != "bfloat16" for a in arrays):
            result = self.evaluate(np, *arrays, **attrs)
            return result if self.multiple else (result,)
        arrays = [a.astype("float32") if a.dtype == "bfloat16" else a for a in arrays]
        attrs = {k: "float32" if v == "bfloat16" else v for k, v in attrs.items()}
        result = self.evaluate(np, *arrays, **attrs)
        found = result if self.multiple else (result,)
        return [
            np.asarray(r).astype("bfloat16") if kind == "bfloat16" else r
            for r, kind in zip(found, kinds, strict=True)
        ]

    def __call__(self, *inputs: Tensor, **attrs: Any) -> Any:
        """Evaluates at once, or makes a node if any input is symbolic."""
        for x in inputs:
            kind = type(x)
            if kind is Value:
                return self._trace(inputs, attrs)
            if kind is Recorded:
                return self._record(inputs, attrs)
        arrays = [x.array for x in inputs]  # type: ignore[attr-defined]
        specs = self.infer(*[Spec(x.shape, x.dtype) for x in inputs], **attrs)
        results = self.results(specs, arrays, attrs)
        if self.multiple:
            return tuple(Array(np.asarray(r)) for r in results)
        return Array(np.asarray(results[0]))

    def _trace(self, inputs: tuple[Tensor, ...], attrs: dict[str, Any]) -> Any:
        values: tuple[Value, ...] = tuple(
            [x if type(x) is Value else _as_constant(x) for x in inputs]
        )
        specs = self.infer(*[v.spec for v in values], **attrs)
        if self.multiple:
            return Node(self, values, attrs, specs).outputs
        return Node(self, values, attrs, (specs,)).outputs[0]

    def _record(self, inputs: tuple[Tensor, ...], attrs: dict[str, Any]) -> Any:
        """Evaluates at once, and makes a node all the same."""
        values = tuple(x if type(x) is Recorded else recorded(_array_of(x)) for x in inputs)
        specs = self.infer(*[v.spec for v in values], **attrs)
        results = self.results(specs, [v.array for v in values], attrs)
        node = Node(self, values, attrs, ())
        pairs = zip(specs if self.multiple else (specs,), results, strict=True)
        node.outputs = tuple(
            Recorded(node, index, spec, np.asarray(array))
            for index, (spec, array) in enumerate(pairs)
        )
        return node.outputs if self.multiple else node.outputs[0]

    def __repr__(self) -> str:
        return f"Primitive({self.name})"


_NUMBERS = itertools.count()


class Node:
    """One use of a primitive. It owns the values that it produces.

    Attributes:
        number: Grows with every node made: a node's inputs have smaller ones.
    """

    __slots__ = ("attrs", "inputs", "number", "outputs", "primitive")

    def __init__(
        self,
        primitive: Primitive,
        inputs: tuple[Value, ...],
        attrs: dict[str, Any],
        specs: Iterable[Spec],
    ) -> None:
        self.primitive = primitive
        self.inputs = inputs
        self.attrs = attrs
        self.number = next(_NUMBERS)
        self.outputs = tuple([Value(self, index, spec) for index, spec in enumerate(specs)])


class Value(Tensor):
    """A tensor inside a trace: output `index` of `node`."""

    __slots__ = ("_keras_mask", "dtype", "index", "node", "shape", "spec")

    shape: tuple[int, ...]

    def __init__(self, node: Node, index: int, spec: Spec) -> None:
        self.node = node
        self.index = index
        self.spec = spec
        self.shape, self.dtype = spec

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return apply_function(function, args, kwargs)

    def _refuse(self, what: str) -> Any:
        raise NeedsNumbers(
            f"Tensor: {what} needs its numbers, but this tensor (shape {self.shape}, dtype "
            f"{self.dtype}) is traced: it has none until the compiled step runs. Use trimtab.ops "
            "instead of NumPy or Python control flow, or compile with run_eagerly=True."
        )

    def numpy(self) -> Any:
        """Raises: a traced tensor has no numbers."""
        return self._refuse("numpy()")

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return self._refuse("conversion to a NumPy array")

    def __float__(self) -> float:
        return self._refuse("float()")  # type: ignore[no-any-return]

    def __int__(self) -> int:
        return self._refuse("int()")  # type: ignore[no-any-return]

    def __bool__(self) -> bool:
        return self._refuse("bool(), as in `if` or `while`,")  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return (
            f"<traced Tensor shape={self.shape} dtype={self.dtype} of {self.node.primitive.name}>"
        )

    __hash__ = Tensor.__hash__


class Recorded(Value):
    """A value with numbers: what a step that runs eagerly computes, kept for gradients."""

    __slots__ = ("array",)

    def __init__(self, node: Node, index: int, spec: Spec, array: np.ndarray[Any, Any]) -> None:
        super().__init__(node, index, spec)
        self.array = array

    def numpy(self) -> np.ndarray[Any, Any]:
        """The numbers as a NumPy array, not copied."""
        return self.array

    def item(self) -> Any:
        """The one element as a Python number."""
        return self.array.item()

    __array__ = Array.__array__
    __float__ = Array.__float__
    __int__ = Array.__int__
    __index__ = Array.__index__
    __bool__ = Array.__bool__
    __format__ = Array.__format__
    __repr__ = Array.__repr__
    __hash__ = Tensor.__hash__


class Graph(NamedTuple):
    """What an engine compiles.

    Attributes:
        inputs: Placeholders filled anew at every run.
        states: Placeholders of the variables read or written, in the order that the
            engine binds them.
        outputs: Results of a run.
        updates: (index into `states`, new value), applied together at the end of a run.
    """

    inputs: tuple[Value, ...]
    states: tuple[Value, ...]
    outputs: tuple[Value, ...]
    updates: tuple[tuple[int, Value], ...]

    @property
    def results(self) -> list[Value]:
        """Outputs, then the new values of the updates."""
        return [*self.outputs, *(value for _, value in self.updates)]


def _no_rule(*_: Any, **__: Any) -> Any:
    raise TypeError("A placeholder or constant is made by its own function, not by a call.")


_PLACEHOLDER = Primitive("placeholder", _no_rule, _no_rule)
_CONSTANT = Primitive("constant", _no_rule, _no_rule)


def placeholder(shape: tuple[int, ...], dtype: str) -> Value:
    """A value that is given from outside: an input or a variable's content."""
    return Node(_PLACEHOLDER, (), {}, (Spec(tuple(shape), dtype),)).outputs[0]


def constant(array: np.ndarray[Any, Any]) -> Value:
    """A value known when the graph is made. The array must not change afterwards."""
    return Node(
        _CONSTANT, (), {"array": array}, (Spec(array.shape, name_of(array.dtype)),)
    ).outputs[0]


def _as_constant(x: Any) -> Value:
    """The constant of a concrete tensor, made once a tensor and kept with it."""
    value: Value | None = x.constant
    if value is None:
        array = x.array
        # A graph outlives the call that traced it, and whoever owns the array may write to it.
        value = x.constant = constant(array.copy() if array.flags.writeable else array)
    return value


def recorded(array: np.ndarray[Any, Any]) -> Recorded:
    """A leaf of a recorded computation: a number known when it begins."""
    node = Node(_CONSTANT, (), {"array": array}, ())
    leaf = Recorded(node, 0, Spec(array.shape, array.dtype.name), array)
    node.outputs = (leaf,)
    return leaf


def _array_of(x: Any) -> np.ndarray[Any, Any]:
    if type(x) is Value:
        raise TypeError("A traced tensor cannot be used in a step that runs eagerly.")
    return x.array  # type: ignore[no-any-return]


def is_leaf(node: Node) -> bool:
    """Whether the node is a placeholder or a constant."""
    return node.primitive is _PLACEHOLDER or node.primitive is _CONSTANT


def constant_of(value: Value) -> np.ndarray[Any, Any] | None:
    """The array of a constant, None for any other value."""
    return value.node.attrs["array"] if value.node.primitive is _CONSTANT else None


def topological_order(values: Iterable[Value]) -> list[Node]:
    """The nodes that `values` depend on, each after its inputs."""
    order: list[Node] = []
    done: set[int] = set()
    stack: list[tuple[Node, bool]] = [(v.node, False) for v in reversed(list(values))]
    while stack:
        node, expanded = stack.pop()
        key = id(node)
        if expanded:
            order.append(node)
            continue
        if key in done:
            continue
        done.add(key)
        stack.append((node, True))
        for value in reversed(node.inputs):
            if id(value.node) not in done:
                stack.append((value.node, False))
    return order
