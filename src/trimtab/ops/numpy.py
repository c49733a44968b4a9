"""NumPy's functions as ops: elementwise arithmetic, reductions, layout. All are compositions of primitives."""

from __future__ import annotations

import builtins
import math
from typing import Any

import numpy as np

from trimtab import dtypes
from trimtab.ir.graph import Primitive, Value
from trimtab.ir.tensor import OPERATORS, Array, Tensor
from trimtab.ops.dispatch import (
    FLOATX,
    broadcast,
    broadcast_shape,
    canonical_axes,
    canonical_axis,
    common_float_type,
    common_type,
    convert,
    expand,
    lift,
    op,
)
from trimtab.primitives import contraction, elementwise, indexing, layout, reduction
from trimtab.primitives.source import filled


def _float_unary(primitive: Primitive, name: str, doc: str) -> Any:
    def function(x: Any) -> Tensor:
        tensor = convert(x)
        if not dtypes.is_float(tensor.dtype):
            tensor = elementwise.cast(tensor, dtype=FLOATX[0])
        return primitive(tensor)  # type: ignore[no-any-return]

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc + " Integers are taken as floatx."
    return op(function)


def _any_unary(primitive: Primitive, name: str, doc: str) -> Any:
    def function(x: Any) -> Tensor:
        tensor = convert(x)
        if tensor.dtype == "bool":
            tensor = elementwise.cast(tensor, dtype="int32")
        return primitive(tensor)  # type: ignore[no-any-return]

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return op(function)


def _binary(primitive: Primitive, name: str, doc: str, floating: bool = False, is_bool: bool = False) -> Any:
    common = common_float_type if floating else common_type

    def function(x1: Any, x2: Any) -> Tensor:
        if type(x1) is Value and type(x2) is Value and x1.spec == x2.spec and not floating and x1.dtype != "bool":
            return primitive(x1, x2)  # type: ignore[no-any-return]
        dtype = common(x1, x2)
        if dtype == "bool" and not is_bool:
            dtype = "int32"
        return primitive(*lift(name, dtype, x1, x2))  # type: ignore[no-any-return]

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc + " Operands are broadcast and promoted as in Keras 3."
    return op(function)


add = _binary(elementwise.add, "add", "x1 + x2.")
subtract = _binary(elementwise.subtract, "subtract", "x1 - x2.")
multiply = _binary(elementwise.multiply, "multiply", "x1 * x2.")
divide = _binary(elementwise.divide, "divide", "x1 / x2, in floats.", floating=True)
true_divide = divide
floor_divide = _binary(elementwise.floor_divide, "floor_divide", "The floor of x1 / x2.")
mod = _binary(elementwise.remainder, "mod", "Remainder with the sign of the divisor.")
maximum = _binary(elementwise.maximum, "maximum", "The larger of x1 and x2; NaN if either is.")
minimum = _binary(elementwise.minimum, "minimum", "The smaller of x1 and x2; NaN if either is.")
arctan2 = _binary(elementwise.arctan2, "arctan2", "Angle of the point (x2, x1), in radians.", floating=True)
less = _binary(elementwise.less, "less", "x1 < x2.", is_bool=True)
less_equal = _binary(elementwise.less_equal, "less_equal", "x1 <= x2.", is_bool=True)
greater = _binary(elementwise.greater, "greater", "x1 > x2.", is_bool=True)
greater_equal = _binary(elementwise.greater_equal, "greater_equal", "x1 >= x2.", is_bool=True)
equal = _binary(elementwise.equal, "equal", "x1 == x2.", is_bool=True)
not_equal = _binary(elementwise.not_equal, "not_equal", "x1 != x2.", is_bool=True)
bitwise_and = _binary(elementwise.bitwise_and, "bitwise_and", "Bits set in both.", is_bool=True)
bitwise_or = _binary(elementwise.bitwise_or, "bitwise_or", "Bits set in either.", is_bool=True)
bitwise_xor = _binary(elementwise.bitwise_xor, "bitwise_xor", "Bits set in one only.", is_bool=True)
left_shift = _binary(elementwise.left_shift, "left_shift", "Bits of x1 moved left by x2.")
right_shift = _binary(elementwise.right_shift, "right_shift", "Bits of x1 moved right by x2.")

negative = _any_unary(elementwise.negative, "negative", "-x.")
absolute = _any_unary(elementwise.abs, "absolute", "|x|.")
abs = absolute
sign = _any_unary(elementwise.sign, "sign", "-1, 0 or 1.")
square = _any_unary(elementwise.square, "square", "x * x.")
exp = _float_unary(elementwise.exp, "exp", "e to the power x.")
expm1 = _float_unary(elementwise.expm1, "expm1", "exp(x) - 1, accurate near 0.")
log = _float_unary(elementwise.log, "log", "Natural logarithm.")
log1p = _float_unary(elementwise.log1p, "log1p", "log(1 + x), accurate near 0.")
sqrt = _float_unary(elementwise.sqrt, "sqrt", "Square root.")
rsqrt = _float_unary(elementwise.rsqrt, "rsqrt", "1 / sqrt(x).")
reciprocal = _float_unary(elementwise.reciprocal, "reciprocal", "1 / x.")
tanh = _float_unary(elementwise.tanh, "tanh", "Hyperbolic tangent.")
sin = _float_unary(elementwise.sin, "sin", "Sine.")
cos = _float_unary(elementwise.cos, "cos", "Cosine.")
tan = _float_unary(elementwise.tan, "tan", "Tangent.")
arcsin = _float_unary(elementwise.arcsin, "arcsin", "Inverse sine.")
arccos = _float_unary(elementwise.arccos, "arccos", "Inverse cosine.")
arctan = _float_unary(elementwise.arctan, "arctan", "Inverse tangent.")
sinh = _float_unary(elementwise.sinh, "sinh", "Hyperbolic sine.")
cosh = _float_unary(elementwise.cosh, "cosh", "Hyperbolic cosine.")
arcsinh = _float_unary(elementwise.arcsinh, "arcsinh", "Inverse hyperbolic sine.")
arccosh = _float_unary(elementwise.arccosh, "arccosh", "Inverse hyperbolic cosine.")
arctanh = _float_unary(elementwise.arctanh, "arctanh", "Inverse hyperbolic tangent.")
floor = _float_unary(elementwise.floor, "floor", "Largest integer not above x.")
ceil = _float_unary(elementwise.ceil, "ceil", "Smallest integer not below x.")
isnan = _float_unary(elementwise.is_nan, "isnan", "Whether x is NaN.")
isinf = _float_unary(elementwise.is_inf, "isinf", "Whether x is infinite.")
isfinite = _float_unary(elementwise.is_finite, "isfinite", "Whether x is neither NaN nor infinite.")


@op
def round(x: Any, decimals: int = 0) -> Tensor:
    """The nearest number of `decimals` decimals, halves to even."""
    tensor = convert(x)
    if not dtypes.is_float(tensor.dtype):
        return tensor
    if decimals == 0:
        return elementwise.round(tensor)  # type: ignore[no-any-return]
    factor = 10.0**decimals
    return divide(elementwise.round(multiply(tensor, factor)), factor)  # type: ignore[no-any-return]


@op
def logical_not(x: Any) -> Tensor:
    """Whether x is false (zero)."""
    return elementwise.logical_not(convert(x, "bool"))  # type: ignore[no-any-return]


@op
def logical_and(x1: Any, x2: Any) -> Tensor:
    """Whether both are true (not zero)."""
    return elementwise.logical_and(*lift("logical_and", "bool", x1, x2))  # type: ignore[no-any-return]


@op
def logical_or(x1: Any, x2: Any) -> Tensor:
    """Whether either is true (not zero)."""
    return elementwise.logical_or(*lift("logical_or", "bool", x1, x2))  # type: ignore[no-any-return]


@op
def logical_xor(x1: Any, x2: Any) -> Tensor:
    """Whether just one is true (not zero)."""
    return elementwise.logical_xor(*lift("logical_xor", "bool", x1, x2))  # type: ignore[no-any-return]


@op
def bitwise_not(x: Any) -> Tensor:
    """x with every bit flipped; for bools, not x."""
    return elementwise.bitwise_not(convert(x))  # type: ignore[no-any-return]


@op
def power(x1: Any, x2: Any) -> Tensor:
    """x1 to the power x2; whole powers 1 and 2 of floats are products."""
    dtype = common_type(x1, x2)
    if type(x2) in (int, float) and dtypes.is_float(dtype):
        if x2 == 2:
            return square(convert(x1, dtype))  # type: ignore[no-any-return]
        if x2 == 1:
            return convert(x1, dtype)
        if x2 == 0.5:
            return sqrt(convert(x1, dtype))  # type: ignore[no-any-return]
    if not dtypes.is_float(dtype):
        a, b = lift("power", dtype if dtype != "bool" else "int32", x1, x2)
        raised = elementwise.power(elementwise.cast(a, dtype="float64"), elementwise.cast(b, dtype="float64"))
        return elementwise.cast(raised, dtype=a.dtype)  # type: ignore[no-any-return]
    return elementwise.power(*lift("power", dtype, x1, x2))  # type: ignore[no-any-return]


@op
def cast(x: Any, dtype: Any) -> Tensor:
    """`x` converted to `dtype`; floats are cut towards zero on the way to integers."""
    return convert(x, dtypes.standardize(dtype))


@op
def where(condition: Any, x1: Any = None, x2: Any = None) -> Any:
    """x1 where `condition` holds, x2 elsewhere; all three are broadcast together.

    Raises:
        ValueError: If only one of x1 and x2 is given, or neither in a traced step, where the number of
            true elements is not known.
    """
    if x1 is None and x2 is None:
        return nonzero(condition)
    if x1 is None or x2 is None:
        raise ValueError("where: give both `x1` and `x2`, or neither")
    dtype = common_type(x1, x2)
    a, b = lift("where", dtype, x1, x2)
    c = convert(condition, "bool")
    shape = broadcast_shape([c.shape, a.shape], "where") if c.shape != a.shape else a.shape
    return elementwise.where(broadcast(c, shape), broadcast(a, shape), broadcast(b, shape))


@op
def nonzero(x: Any) -> Any:
    """Indices of the elements that are not zero, one tensor an axis; not in a traced step."""
    tensor = convert(x)
    if not isinstance(tensor, Array):
        raise ValueError("nonzero: its result's size depends on the data, so it cannot be traced; use where")
    return tuple(Array(i.astype("int32")) for i in np.nonzero(tensor.array))


@op
def clip(x: Any, x_min: Any, x_max: Any) -> Tensor:
    """x moved into [x_min, x_max]."""
    return minimum(maximum(x, x_min), x_max)  # type: ignore[no-any-return]


# --- reductions -------------------------------------------------------------------------------------------


def _reduce(primitive: Primitive, x: Tensor, axis: Any, keepdims: bool, name: str) -> Tensor:
    axes = canonical_axes(axis, x.ndim, name)
    result: Tensor = primitive(x, axes=axes) if axes else x
    return expand(result, axes) if keepdims and axes else result


def _summable(x: Tensor) -> Tensor:
    if x.dtype in ("bool", "int8", "int16"):
        return elementwise.cast(x, dtype="int32")  # type: ignore[no-any-return]
    if x.dtype in ("uint8", "uint16"):
        return elementwise.cast(x, dtype="uint32")  # type: ignore[no-any-return]
    return x


@op
def sum(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Sum over `axis` (all axes if None)."""
    return _reduce(reduction.reduce_sum, _summable(convert(x)), axis, keepdims, "sum")


@op
def prod(x: Any, axis: Any = None, keepdims: bool = False, dtype: Any = None) -> Tensor:
    """Product over `axis` (all axes if None), in `dtype` if given."""
    tensor = convert(x, None if dtype is None else dtypes.standardize(dtype))
    return _reduce(reduction.reduce_prod, _summable(tensor), axis, keepdims, "prod")


@op
def max(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Tensor:
    """Largest element over `axis` (all axes if None), at least `initial` if given."""
    result = _reduce(reduction.reduce_max, convert(x), axis, keepdims, "max")
    return result if initial is None else maximum(result, initial)


@op
def min(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Tensor:
    """Smallest element over `axis` (all axes if None), at most `initial` if given."""
    result = _reduce(reduction.reduce_min, convert(x), axis, keepdims, "min")
    return result if initial is None else minimum(result, initial)


amax, amin = max, min


@op
def any(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Whether any element over `axis` is true (not zero)."""
    return _reduce(reduction.reduce_any, convert(x, "bool"), axis, keepdims, "any")


@op
def all(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Whether all elements over `axis` are true (not zero)."""
    return _reduce(reduction.reduce_all, convert(x, "bool"), axis, keepdims, "all")


@op
def mean(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Mean over `axis` (all axes if None); float16 is summed in float32."""
    tensor = convert(x)
    dtype = tensor.dtype if dtypes.is_float(tensor.dtype) else FLOATX[0]
    wide = convert(tensor, "float32" if dtype == "float16" else dtype)
    axes = canonical_axes(axis, wide.ndim, "mean")
    count = math.prod(wide.shape[a] for a in axes)
    total = _reduce(reduction.reduce_sum, wide, axes, keepdims, "mean")
    # A product with the reciprocal: engines fold it into the sum.
    scaled = multiply(total, 1.0 / count) if count else divide(total, 0.0)
    return convert(scaled, dtype)


@op
def var(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Biased variance (divided by the number of elements) over `axis`."""
    tensor = convert(x)
    dtype = tensor.dtype if dtypes.is_float(tensor.dtype) else FLOATX[0]
    wide = convert(tensor, "float32" if dtype == "float16" else dtype)
    centred = subtract(wide, mean(wide, axis, keepdims=True))
    return convert(mean(square(centred), axis, keepdims), dtype)


@op
def std(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Square root of the biased variance over `axis`."""
    return sqrt(var(x, axis, keepdims))  # type: ignore[no-any-return]


@op
def count_nonzero(x: Any, axis: Any = None) -> Tensor:
    """How many elements over `axis` are not zero, as int32."""
    return sum(cast(cast(x, "bool"), "int32"), axis)


def _arg(primitive: Primitive, x: Any, axis: int | None, keepdims: bool, name: str) -> Tensor:
    tensor = convert(x)
    if tensor.dtype == "bool":
        tensor = elementwise.cast(tensor, dtype="int32")
    if axis is None:
        flat = primitive(layout.reshape(tensor, shape=(tensor.size,)), axis=0)
        return layout.reshape(flat, shape=(1,) * tensor.ndim) if keepdims else flat  # type: ignore[no-any-return]
    position = canonical_axis(axis, tensor.ndim, name)
    result: Tensor = primitive(tensor, axis=position)
    return expand(result, (position,)) if keepdims else result


@op
def argmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Position (int32) of the largest element along `axis`, in the flattened tensor if None; the first of equals."""
    return _arg(reduction.argmax, x, axis, keepdims, "argmax")


@op
def argmin(x: Any, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Position (int32) of the smallest element along `axis`, in the flattened tensor if None; the first of equals."""
    return _arg(reduction.argmin, x, axis, keepdims, "argmin")


def _cumulate(primitive: Primitive, x: Any, axis: int | None, dtype: Any, name: str) -> Tensor:
    tensor = convert(x, None if dtype is None else dtypes.standardize(dtype))
    if tensor.dtype == "bool":
        tensor = elementwise.cast(tensor, dtype="int32")
    if axis is None:
        tensor, axis = layout.reshape(tensor, shape=(tensor.size,)), 0
    return primitive(tensor, axis=canonical_axis(axis, tensor.ndim, name), reverse=False)  # type: ignore[no-any-return]


@op
def cumsum(x: Any, axis: int | None = None, dtype: Any = None) -> Tensor:
    """Running sum along `axis`, of the flattened tensor if None."""
    return _cumulate(reduction.cumsum, x, axis, dtype, "cumsum")


@op
def cumprod(x: Any, axis: int | None = None, dtype: Any = None) -> Tensor:
    """Running product along `axis`, of the flattened tensor if None."""
    return _cumulate(reduction.cumprod, x, axis, dtype, "cumprod")


# --- layout -----------------------------------------------------------------------------------------------


@op
def reshape(x: Any, newshape: Any) -> Tensor:
    """The same elements, in order, in another shape; one size may be -1.

    Raises:
        ValueError: If the number of elements differs.
    """
    tensor = convert(x)
    shape = [newshape] if isinstance(newshape, (int, np.integer)) else [int(d) for d in newshape]
    if -1 in shape:
        known = math.prod(d for d in shape if d != -1)
        if shape.count(-1) > 1 or (known and tensor.size % known) or not known:
            raise ValueError(f"reshape: cannot resolve {tuple(shape)} for {tensor.size} elements")
        shape[shape.index(-1)] = tensor.size // known
    if tuple(shape) == tensor.shape:
        return tensor
    return layout.reshape(tensor, shape=tuple(shape))  # type: ignore[no-any-return]


@op
def transpose(x: Any, axes: Any = None) -> Tensor:
    """The axes in the order `axes`, reversed if None."""
    tensor = convert(x)
    order = tuple(range(tensor.ndim))[::-1] if axes is None else tuple(
        canonical_axis(a, tensor.ndim, "transpose") for a in axes
    )
    if order == tuple(range(tensor.ndim)):
        return tensor
    return layout.transpose(tensor, axes=order)  # type: ignore[no-any-return]


@op
def expand_dims(x: Any, axis: Any) -> Tensor:
    """An axis of size 1 put in at `axis` (several, if a tuple)."""
    tensor = convert(x)
    listed = axis if isinstance(axis, (tuple, list)) else (axis,)
    ndim = tensor.ndim + len(listed)
    return expand(tensor, sorted(canonical_axis(a, ndim, "expand_dims") for a in listed))


@op
def squeeze(x: Any, axis: Any = None) -> Tensor:
    """Without the axes of size 1: all, or those that `axis` names.

    Raises:
        ValueError: If a named axis has another size.
    """
    tensor = convert(x)
    if axis is None:
        axes: tuple[int, ...] = tuple(i for i, dim in enumerate(tensor.shape) if dim == 1)
    else:
        axes = canonical_axes(axis, tensor.ndim, "squeeze")
    if not axes:
        return tensor
    if any_not_one := [a for a in axes if tensor.shape[a] != 1]:
        raise ValueError(f"squeeze: axis {any_not_one[0]} of shape {tensor.shape} is not of size 1")
    return layout.reshape(tensor, shape=tuple(d for i, d in enumerate(tensor.shape) if i not in axes))  # type: ignore[no-any-return]


@op
def broadcast_to(x: Any, shape: Any) -> Tensor:
    """`x` repeated to `shape` by NumPy's rules."""
    return broadcast(convert(x), tuple(int(d) for d in shape))


@op
def concatenate(xs: Any, axis: int = 0) -> Tensor:
    """The tensors one after another along an existing axis."""
    dtype = common_type(*xs)
    tensors = [convert(x, dtype) for x in xs]
    if not tensors:
        raise ValueError("concatenate: needs at least one tensor; got none")
    return layout.concatenate(*tensors, axis=canonical_axis(axis, tensors[0].ndim, "concatenate"))  # type: ignore[no-any-return]


@op
def stack(x: Any, axis: int = 0) -> Tensor:
    """The tensors, of one shape, along a new axis."""
    dtype = common_type(*x)
    tensors = [convert(t, dtype) for t in x]
    position = canonical_axis(axis, tensors[0].ndim + 1, "stack")
    return layout.concatenate(*[expand(t, (position,)) for t in tensors], axis=position)  # type: ignore[no-any-return]


@op
def flip(x: Any, axis: Any = None) -> Tensor:
    """The elements in reverse order along `axis` (all axes if None)."""
    tensor = convert(x)
    return layout.flip(tensor, axes=canonical_axes(axis, tensor.ndim, "flip"))  # type: ignore[no-any-return]


@op
def take(x: Any, indices: Any, axis: int | None = None) -> Tensor:
    """Elements at `indices` along `axis`, of the flattened tensor if None; negative indices count from the end."""
    tensor, positions = convert(x), convert(indices)
    if positions.dtype not in ("int32", "int64"):
        positions = elementwise.cast(positions, dtype="int32")
    if axis is None:
        tensor, axis = layout.reshape(tensor, shape=(tensor.size,)), 0
    place = canonical_axis(axis, tensor.ndim, "take")
    wrapped = where(less(positions, 0), add(positions, tensor.shape[place]), positions)
    return indexing.gather(tensor, wrapped, axis=place)  # type: ignore[no-any-return]


@op
def take_along_axis(x: Any, indices: Any, axis: int | None = None) -> Tensor:
    """Elements at `indices` along `axis`, position by position in the other axes."""
    tensor, positions = convert(x), convert(indices, "int32")
    if axis is None:
        return take(tensor, reshape(positions, (-1,)))
    place = canonical_axis(axis, tensor.ndim, "take_along_axis")
    shape = list(broadcast_shape([tensor.shape[:place] + (1,) + tensor.shape[place + 1 :],
                                  positions.shape[:place] + (1,) + positions.shape[place + 1 :]], "take_along_axis"))
    full = (*shape[:place], tensor.shape[place], *shape[place + 1 :])
    shape[place] = positions.shape[place]
    source, wanted = broadcast(tensor, full), broadcast(positions, tuple(shape))
    wanted = where(less(wanted, 0), add(wanted, full[place]), wanted)
    offsets = np.zeros(shape, np.int32)
    step = 1
    for i in range(len(full) - 1, -1, -1):
        if i == place:
            wanted = multiply(wanted, step)
        else:
            offsets = offsets + np.arange(full[i], dtype=np.int32).reshape([-1 if j == i else 1 for j in range(len(full))]) * step
        step *= full[i]
    flat = layout.reshape(source, shape=(source.size,))
    return indexing.gather(flat, add(wanted, offsets.astype("int32")), axis=0)  # type: ignore[no-any-return]


@op
def pad(x: Any, pad_width: Any, mode: str = "constant", constant_values: Any = None) -> Tensor:
    """`x` with (before, after) elements added to each axis.

    Args:
        x: A tensor.
        pad_width: (before, after) an axis, one such pair for all, or one number.
        mode: "constant", "reflect" (without the edge) or "symmetric" (with it).
        constant_values: The number added in mode "constant"; 0 if None.
    """
    tensor = convert(x)
    widths = np.broadcast_to(np.asarray(pad_width), (tensor.ndim, 2)).tolist()
    low, high = tuple(w[0] for w in widths), tuple(w[1] for w in widths)
    if mode == "constant":
        if tensor.dtype == "bool":
            return cast(pad(cast(tensor, "int32"), pad_width, mode, constant_values), "bool")
        zeros = (0,) * tensor.ndim
        if constant_values in (None, 0):
            return layout.pad(tensor, low=low, high=high, interior=zeros)  # type: ignore[no-any-return]
        value = convert(constant_values, tensor.dtype)
        return add(layout.pad(subtract(tensor, value), low=low, high=high, interior=zeros), value)  # type: ignore[no-any-return]
    if constant_values is not None:
        raise ValueError(f"pad: `constant_values` belongs to mode 'constant'; got mode {mode!r}")
    if mode not in ("reflect", "symmetric"):
        raise ValueError(f"pad: `mode` must be 'constant', 'reflect' or 'symmetric'; got {mode!r}")
    for axis, (before, after) in enumerate(widths):
        if before or after:
            positions = np.pad(np.arange(tensor.shape[axis]), (before, after), mode=mode)  # type: ignore[call-overload]
            tensor = indexing.gather(tensor, Array(positions.astype("int32")), axis=axis)
    return tensor


@op
def getitem(x: Any, key: Any) -> Tensor:
    """x[key] for integers, slices, Ellipsis, None and one tensor or list of indices."""
    tensor = convert(x)
    if isinstance(tensor, Array) and not isinstance(key, Tensor):
        key = tuple(k.numpy() if isinstance(k, Array) else k for k in key) if isinstance(key, tuple) else key
        if not _holds_value(key):
            return Array(np.asarray(tensor.array[key]))
    return _index(tensor, key if isinstance(key, tuple) else (key,))


def _holds_value(key: Any) -> bool:
    return isinstance(key, tuple) and builtins.any(isinstance(k, Value) for k in key)


def _index(tensor: Tensor, key: tuple[Any, ...]) -> Tensor:
    used = builtins.sum(k is not None and k is not Ellipsis for k in key)
    if used > tensor.ndim:
        raise IndexError(f"Tensor: too many indices for {tensor.ndim} axes; got {used}")
    if not builtins.any(k is Ellipsis for k in key):
        key = (*key, Ellipsis)
    at = [i for i, k in enumerate(key) if k is Ellipsis][0]
    key = (*key[:at], *(slice(None),) * (tensor.ndim - used), *key[at + 1 :])
    start, stop, stride, flips, shape = [], [], [], [], []
    gathers: list[tuple[int, Any]] = []
    axis = 0
    for k in key:
        if k is None:
            shape.append(1)
            continue
        dim = tensor.shape[axis]
        low, high, step, kept = 0, dim, 1, dim
        if isinstance(k, slice):
            low, high, step = k.indices(dim)
            kept = len(range(low, high, step))
            if step < 0:
                low, high, step = low + (kept - 1) * step, low + 1, -step
                flips.append(axis)
            high = low + (kept - 1) * step + 1 if kept else low
            shape.append(kept)
        elif isinstance(k, (int, np.integer)) and not isinstance(k, bool):
            low = int(k) + dim if k < 0 else int(k)
            if not 0 <= low < dim:
                raise IndexError(f"Tensor: index {k} is out of bounds for axis {axis} of size {dim}")
            high = low + 1
        else:
            gathers.append((len(shape), k))
            shape.append(dim)
        start.append(low)
        stop.append(high)
        stride.append(step)
        axis += 1
    if tuple(stop) != tensor.shape or builtins.any(start) or builtins.any(s != 1 for s in stride):
        tensor = layout.slice_(tensor, start=tuple(start), stop=tuple(stop), stride=tuple(stride))
    if flips:
        tensor = layout.flip(tensor, axes=tuple(flips))
    if tensor.shape != tuple(shape):
        tensor = layout.reshape(tensor, shape=tuple(shape))
    if len(gathers) > 1:
        raise IndexError("Tensor: only one axis may be indexed by a tensor or list; use ops.take_along_axis")
    for place, indices in gathers:
        if convert(indices).dtype == "bool":
            raise IndexError("Tensor: a boolean mask has no fixed size; use ops.where")
        tensor = take(tensor, indices, axis=place)
    return tensor


@op
def matmul(x1: Any, x2: Any) -> Tensor:
    """Matrix product over the last two axes, leading axes broadcast; vectors as in NumPy."""
    dtype = common_type(x1, x2)
    a, b = convert(x1, dtype), convert(x2, dtype)
    if not dtypes.is_float(dtype) and not (isinstance(a, Array) and isinstance(b, Array)):
        wide = matmul(cast(a, "float64"), cast(b, "float64"))
        return cast(wide, dtype)
    if a.ndim == 0 or b.ndim == 0:
        raise ValueError(f"matmul: operands need at least one axis; got shapes {a.shape} and {b.shape}")
    squeeze_a, squeeze_b = a.ndim == 1, b.ndim == 1
    a = expand(a, (0,)) if squeeze_a else a
    b = expand(b, (1,)) if squeeze_b else b
    if a.shape[-1] != b.shape[-2]:
        raise ValueError(f"matmul: the last axis of {a.shape} must equal the second last of {b.shape}")
    result = _matmul_batched(a, b)
    shape = list(result.shape)
    if squeeze_b:
        shape.pop(-1)
    if squeeze_a:
        shape.pop(-1 if squeeze_b else -2)
    return reshape(result, shape) if len(shape) != result.ndim else result


def _matmul_batched(a: Tensor, b: Tensor) -> Tensor:
    if b.ndim == 2 and a.ndim > 2:
        # One product of all rows: a batch of products with one shared matrix would reread it.
        rows = math.prod(a.shape[:-1])
        flat = layout.reshape(a, shape=(rows, a.shape[-1]))
        product = contraction.matmul(flat, b, transpose_a=False, transpose_b=False)
        return layout.reshape(product, shape=(*a.shape[:-1], b.shape[-1]))  # type: ignore[no-any-return]
    lead = broadcast_shape([a.shape[:-2], b.shape[:-2]], "matmul")
    a, b = broadcast(a, (*lead, *a.shape[-2:])), broadcast(b, (*lead, *b.shape[-2:]))
    return contraction.matmul(a, b, transpose_a=False, transpose_b=False)  # type: ignore[no-any-return]


# --- creation ---------------------------------------------------------------------------------------------


def zeros(shape: Any, dtype: Any = None) -> Tensor:
    """Zeros of `shape`, in floatx if `dtype` is None."""
    return full(shape, 0, dtype)


def ones(shape: Any, dtype: Any = None) -> Tensor:
    """Ones of `shape`, in floatx if `dtype` is None."""
    return full(shape, 1, dtype)


def full(shape: Any, fill_value: Any, dtype: Any = None) -> Tensor:
    """A tensor whose elements all equal `fill_value`, in floatx if `dtype` is None."""
    name = FLOATX[0] if dtype is None else dtypes.standardize(dtype)
    sizes = (int(shape),) if isinstance(shape, (int, np.integer)) else tuple(int(d) for d in shape)
    if isinstance(fill_value, (int, float, bool)):
        return filled(sizes, fill_value, name)
    return broadcast(convert(fill_value, name), sizes)


@op
def zeros_like(x: Any, dtype: Any = None) -> Tensor:
    """Zeros of the shape (and type, unless `dtype` is given) of `x`."""
    return full_like(x, 0, dtype)


@op
def ones_like(x: Any, dtype: Any = None) -> Tensor:
    """Ones of the shape (and type, unless `dtype` is given) of `x`."""
    return full_like(x, 1, dtype)


@op
def full_like(x: Any, fill_value: Any, dtype: Any = None) -> Tensor:
    """`fill_value` in the shape (and type, unless `dtype` is given) of `x`."""
    tensor = convert(x)
    return full(tensor.shape, fill_value, tensor.dtype if dtype is None else dtype)


def arange(start: Any, stop: Any = None, step: Any = None, dtype: Any = None) -> Tensor:
    """Numbers from `start` (0 if only one is given) up to but without `stop`, `step` apart."""
    low, high = (0, start) if stop is None else (start, stop)
    by = 1 if step is None else step
    name = dtypes.standardize(dtype) if dtype is not None else common_type(low, high, by)
    return Array(np.arange(low, high, by).astype(name))




OPERATORS.update(
    add=add,
    subtract=subtract,
    multiply=multiply,
    divide=divide,
    floor_divide=floor_divide,
    mod=mod,
    power=power,
    matmul=matmul,
    bitwise_and=bitwise_and,
    bitwise_or=bitwise_or,
    bitwise_xor=bitwise_xor,
    left_shift=left_shift,
    right_shift=right_shift,
    less=less,
    less_equal=less_equal,
    greater=greater,
    greater_equal=greater_equal,
    equal=equal,
    not_equal=not_equal,
    negative=negative,
    abs=absolute,
    bitwise_not=bitwise_not,
    getitem=getitem,
    transpose=transpose,
    reshape=reshape,
    cast=cast,
)
