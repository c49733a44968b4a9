"""Layers that make one tensor of several."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from trimtab import checks, ops
from trimtab.core.config import keras_export
from trimtab.ir.tensor import Tensor
from trimtab.layers.base import Layer
from trimtab.layers.call import masks_of
from trimtab.layers.shapes import is_shape

Shape = tuple[int | None, ...]


def _listed_shapes(owner: str, shapes: Any, count: int | None = None) -> list[Shape]:
    """The shapes of the inputs.

    Raises:
        ValueError: If they are not those of a list of inputs, or not as many as must be.
    """
    is_list = isinstance(shapes, (list, tuple)) and not is_shape(shapes)
    if not is_list or not shapes:
        raise ValueError(f"{owner}: must be called on a list of inputs; got one of shape {shapes}")
    if count is not None and len(shapes) != count:
        raise ValueError(
            f"{owner}: the layer should be called on exactly {count} inputs; got {len(shapes)}"
        )
    return [tuple(shape) for shape in shapes]


def _joined(owner: str, a: Shape, b: Shape) -> Shape:
    """The shape of an elementwise result, without the batch axis."""
    if len(a) < len(b):
        a, b = b, a
    joined = list(a[: len(a) - len(b)])
    for i, j in zip(a[len(a) - len(b) :], b, strict=True):
        if i is None or j is None:
            joined.append(None)
        elif i != j and 1 not in (i, j):
            raise ValueError(f"{owner}: the inputs' shapes cannot be joined; got {a} and {b}")
        else:
            joined.append(j if i == 1 else i)
    return tuple(joined)


def _check_masks(owner: str, inputs: Any, masks: Any) -> None:
    if masks is None:
        return
    for name, value in (("mask", masks), ("inputs", inputs)):
        if not isinstance(value, (list, tuple)):
            raise ValueError(f"{owner}: `{name}` should be a list. Received: {value!r}")
    if len(inputs) != len(masks):
        raise ValueError(
            f"{owner}: `inputs` and `mask` should have the same length; got {len(inputs)} inputs "
            f"and {len(masks)} masks"
        )


def _spread_mask(mask: Tensor, x: Tensor) -> Tensor:
    return ops.broadcast_to(ops.expand_dims(mask, -1), x.shape)


class Merge(Layer):
    """Base of the layers that join a list of inputs element by element.

    Inputs of fewer axes get axes of size 1 behind the batch axis. A row of the output is masked
    where it is masked in every input.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def merge(self, inputs: Sequence[Any]) -> Any:
        """The joined inputs, which have equally many axes.

        Raises:
            NotImplementedError: If the subclass does not override it.
        """
        raise NotImplementedError(f"{type(self).__name__}: must override `merge`")

    def build(self, input_shape: Any) -> None:
        """Checks the shapes; there is nothing to make."""
        self.compute_output_shape(input_shape)

    def call(self, inputs: Any) -> Any:
        """The joined inputs."""
        if not isinstance(inputs, (list, tuple)):
            raise ValueError(f"{self.name}: must be called on a list of inputs; got {inputs!r}")
        most = max(len(x.shape) for x in inputs)
        return self.merge([_with_axes(x, most) for x in inputs])

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the elementwise result."""
        shapes = _listed_shapes(self.name, input_shape)
        batches = {shape[0] for shape in shapes if shape} - {None}
        if len(batches) > 1:
            raise ValueError(f"{self.name}: the inputs' batch sizes differ; got shapes {shapes}")
        rest = functools.reduce(lambda a, b: _joined(self.name, a, b), (s[1:] for s in shapes))
        return (batches.pop() if batches else None, *rest)

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """Where any input is kept; None if an input has no mask.

        Raises:
            ValueError: If inputs or masks are no lists of the same length.
        """
        _check_masks(self.name, inputs, previous_mask)
        if previous_mask is None or any(m is None for m in previous_mask):
            return None
        return functools.reduce(ops.logical_or, previous_mask)


def _with_axes(x: Any, ndim: int) -> Any:
    if len(x.shape) == ndim:
        return x
    return ops.expand_dims(x, axis=tuple(range(1, 1 + ndim - len(x.shape))))


@keras_export("keras.layers.Add")
class Add(Merge):
    """The sum of the inputs.

    Source: Keras 3 `keras.layers.Add`.
    """

    def merge(self, inputs: Sequence[Any]) -> Any:
        """The sum."""
        return functools.reduce(ops.add, inputs)


@keras_export("keras.layers.Subtract")
class Subtract(Merge):
    """The first of two inputs minus the second.

    Source: Keras 3 `keras.layers.Subtract`.
    """

    def build(self, input_shape: Any) -> None:
        """Checks that there are two inputs."""
        _listed_shapes(self.name, input_shape, 2)
        super().build(input_shape)

    def merge(self, inputs: Sequence[Any]) -> Any:
        """The difference."""
        return ops.subtract(*inputs)


@keras_export("keras.layers.Multiply")
class Multiply(Merge):
    """The product of the inputs; masked elements count as 1, and as 0 where all are masked.

    Source: Keras 3 `keras.layers.Multiply`.
    """

    def merge(self, inputs: Sequence[Any]) -> Any:
        """The product."""
        masks = [masks_of(x) for x in inputs]
        factors = [
            x if mask is None else ops.where(_spread_mask(mask, x), x, 1)
            for x, mask in zip(inputs, masks, strict=True)
        ]
        product = functools.reduce(ops.multiply, factors)
        if any(mask is None for mask in masks):
            return product
        spread = [_spread_mask(mask, x) for mask, x in zip(masks, inputs, strict=True)]
        return ops.where(functools.reduce(ops.logical_or, spread), product, 0)


@keras_export("keras.layers.Average")
class Average(Merge):
    """The mean of the inputs.

    Source: Keras 3 `keras.layers.Average`.
    """

    def merge(self, inputs: Sequence[Any]) -> Any:
        """The mean."""
        return functools.reduce(ops.add, inputs) / len(inputs)


class _Extremum(Merge):
    """The largest or smallest elements among those that are not masked."""

    def choose(self, a: Any, b: Any) -> Any:
        """The wanted one of two tensors, element by element."""
        raise NotImplementedError(f"{type(self).__name__}: must override `choose`")

    def merge(self, inputs: Sequence[Any]) -> Any:
        """The extremum; a masked element gives way to the others'."""
        output, kept = None, None
        for x in inputs:
            mask = masks_of(x)
            spread = None if mask is None else _spread_mask(mask, x)
            if output is None:
                output, kept = x, spread
                continue
            other = x if spread is None else ops.where(spread, x, output)
            output = output if kept is None else ops.where(kept, output, other)
            both = spread is not None and kept is not None
            kept = ops.logical_or(kept, spread) if both else None
            output = self.choose(output, other)
        return output


@keras_export("keras.layers.Maximum")
class Maximum(_Extremum):
    """The largest of the inputs, element by element.

    Source: Keras 3 `keras.layers.Maximum`.
    """

    def choose(self, a: Any, b: Any) -> Any:
        """The larger of two tensors."""
        return ops.maximum(a, b)


@keras_export("keras.layers.Minimum")
class Minimum(_Extremum):
    """The smallest of the inputs, element by element.

    Source: Keras 3 `keras.layers.Minimum`.
    """

    def choose(self, a: Any, b: Any) -> Any:
        """The smaller of two tensors."""
        return ops.minimum(a, b)


@keras_export("keras.layers.Concatenate")
class Concatenate(Merge):
    """The inputs one after another along an axis.

    Args:
        axis: The axis; all other sizes must agree.
        **kwargs: Arguments of `Layer`.

    Source: Keras 3 `keras.layers.Concatenate`.
    """

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def merge(self, inputs: Sequence[Any]) -> Any:
        """The concatenation."""
        return ops.concatenate(list(inputs), axis=self.axis)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The common shape, with the sizes along the axis added up."""
        shapes = _listed_shapes(self.name, input_shape)
        ndim = len(shapes[0])
        if not -ndim <= self.axis < ndim or any(len(shape) != ndim for shape in shapes):
            raise ValueError(
                f"{self.name}: the inputs must have equally many axes, and axis {self.axis} among "
                f"them; got shapes {shapes}"
            )
        axis = self.axis % ndim
        output = list(shapes[0])
        for position in range(ndim):
            sizes = [shape[position] for shape in shapes]
            known = {size for size in sizes if size is not None}
            if position == axis:
                output[axis] = None if None in sizes else sum(s for s in sizes if s is not None)
            elif len(known) > 1:
                raise ValueError(
                    f"{self.name}: A `Concatenate` layer requires inputs with matching shapes "
                    f"except for the concatenation axis {self.axis}; got {shapes}"
                )
            else:
                output[position] = known.pop() if known and None not in sizes else output[position]
        return tuple(output)

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """The masks one after another; an input without a mask is kept.

        Raises:
            ValueError: If inputs or masks are no lists of the same length.
        """
        _check_masks(self.name, inputs, previous_mask)
        if previous_mask is None or all(m is None for m in previous_mask):
            return None
        spread = []
        for x, mask in zip(inputs, previous_mask, strict=True):
            if mask is None:
                spread.append(ops.ones_like(x, dtype="bool"))
            elif len(mask.shape) < len(x.shape):
                zeros = ops.zeros_like(x, dtype="bool")
                spread.append(ops.logical_or(ops.expand_dims(mask, -1), zeros))
            else:
                spread.append(mask)
        return ops.any(ops.concatenate(spread, axis=self.axis), axis=-1)


@keras_export("keras.layers.Dot")
class Dot(Merge):
    """The sum of products of two inputs along an axis of each, example by example.

    Args:
        axes: The axis of both, or of each; not the batch axis.
        normalize: Whether to bring the vectors to length 1 first, which gives their cosine.
        **kwargs: Arguments of `Layer`.

    Raises:
        TypeError: If `axes` is neither a number nor a list.
        ValueError: If it does not hold two whole numbers.

    Source: Keras 3 `keras.layers.Dot`.
    """

    def __init__(self, axes: int | Sequence[int], normalize: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(axes, (int, list, tuple)):
            raise TypeError(f"{self.name}: `axes` must be a whole number or two; got {axes!r}")
        if not isinstance(axes, int) and (
            len(axes) != 2 or not all(checks.is_whole(axis) for axis in axes)
        ):
            raise ValueError(f"{self.name}: `axes` must hold two whole numbers; got {axes!r}")
        self.axes = axes
        self.normalize = normalize

    def _resolved(self, first: int, second: int) -> tuple[int, int]:
        """The axes of both inputs, which have `first` and `second` axes, counted from the front."""
        a, b = (self.axes, self.axes) if isinstance(self.axes, int) else self.axes
        if not -first <= a < first or not -second <= b < second or 0 in (a % first, b % second):
            raise ValueError(
                f"{self.name}: `axes` must be axes of inputs with {first} and {second} axes, and "
                f"not the batch axis; got {self.axes}"
            )
        return a % first, b % second

    def merge(self, inputs: Sequence[Any]) -> Any:
        """The products, the first input's other axes before the second's."""
        x, y = inputs
        a, b = self._resolved(len(x.shape), len(y.shape))
        if self.normalize:
            x, y = ops.normalize(x, axis=a, order=2), ops.normalize(y, axis=b, order=2)
        x_rest = [i for i in range(1, len(x.shape)) if i != a]
        y_rest = [i for i in range(1, len(y.shape)) if i != b]
        batch, size = x.shape[0], x.shape[a]
        rows = ops.reshape(ops.transpose(x, (0, *x_rest, a)), (batch, -1, size))
        columns = ops.reshape(ops.transpose(y, (0, b, *y_rest)), (batch, size, -1))
        sizes = [*(x.shape[i] for i in x_rest), *(y.shape[i] for i in y_rest)]
        return ops.reshape(ops.matmul(rows, columns), (batch, *(sizes or [1])))

    def call(self, inputs: Any) -> Any:
        """The products; the inputs may differ in their number of axes."""
        if not isinstance(inputs, (list, tuple)):
            raise ValueError(f"{self.name}: must be called on a list of inputs; got {inputs!r}")
        return self.merge(inputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """(batch, the first input's other sizes, the second's)."""
        first, second = _listed_shapes(self.name, input_shape, 2)
        a, b = self._resolved(len(first), len(second))
        if first[a] != second[b]:
            raise ValueError(
                f"{self.name}: the inputs must have equal sizes along `axes`; got {first[a]} (axis "
                f"{a} of {first}) and {second[b]} (axis {b} of {second})"
            )
        rest = [size for i, size in enumerate(first) if i not in (0, a)]
        rest += [size for i, size in enumerate(second) if i not in (0, b)]
        return (first[0], *(rest or [1]))

    def compute_mask(self, inputs: Any, previous_mask: Any) -> None:
        """None: the axis that a mask is about is summed over."""
        return


def _functional(layer: type[Merge], name: str, what: str) -> Callable[..., Any]:
    def function(inputs: Any, **kwargs: Any) -> Any:
        return layer(**kwargs)(inputs)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{what} of the inputs: `{layer.__name__}(**kwargs)(inputs)`."
    return keras_export(f"keras.layers.{name}")(function)


add = _functional(Add, "add", "The sum")
subtract = _functional(Subtract, "subtract", "The difference")
multiply = _functional(Multiply, "multiply", "The product")
average = _functional(Average, "average", "The mean")
maximum = _functional(Maximum, "maximum", "The largest elements")
minimum = _functional(Minimum, "minimum", "The smallest elements")


@keras_export("keras.layers.concatenate")
def concatenate(inputs: Any, axis: int = -1, **kwargs: Any) -> Any:
    """The inputs one after another: `Concatenate(axis, **kwargs)(inputs)`."""
    return Concatenate(axis=axis, **kwargs)(inputs)


@keras_export("keras.layers.dot")
def dot(inputs: Any, axes: int | Sequence[int] = -1, **kwargs: Any) -> Any:
    """The sum of products along `axes`: `Dot(axes, **kwargs)(inputs)`."""
    return Dot(axes=axes, **kwargs)(inputs)
