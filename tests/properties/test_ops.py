"""Ops agree with NumPy for shapes, axes and indices at random, in compiled steps."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from trimtab import ops
from trimtab.core.tracing import CompiledStep

SHAPES = hnp.array_shapes(min_dims=1, max_dims=4, max_side=5)
FEW = settings(max_examples=40)


def numbers(shape):
    """float32 numbers, all different, so that a wrong place shows."""
    count = int(np.prod(shape))
    return (np.random.default_rng(count).permutation(count).astype("float32") - count / 2).reshape(
        shape
    )


def compiled(function, *arrays):
    return CompiledStep(function)(*arrays)


@st.composite
def shape_and_axes(draw):
    shape = draw(SHAPES)
    return shape, draw(hnp.valid_tuple_axes(len(shape), min_size=1))


@st.composite
def shape_and_axis(draw):
    shape = draw(SHAPES)
    return shape, draw(st.integers(-len(shape), len(shape) - 1))


@FEW
@given(hnp.mutually_broadcastable_shapes(num_shapes=3, max_dims=4, max_side=4))
def test_operands_are_broadcast_as_in_numpy(shapes):
    a, b, c = (numbers(shape) for shape in shapes.input_shapes)
    result = compiled(lambda x, y, z: ops.where(x > 0, x + y, y * z), a, b, c)
    np.testing.assert_array_equal(result, np.where(a > 0, a + b, b * c))


@FEW
@given(shape_and_axes(), st.booleans())
def test_sums_reduce_the_axes_that_numpys_do(drawn, keepdims):
    shape, axes = drawn
    x = numbers(shape)
    result = compiled(lambda v: ops.sum(v, axes, keepdims), x)
    np.testing.assert_allclose(result, x.sum(axes, keepdims=keepdims), rtol=1e-6)


@FEW
@given(shape_and_axes())
def test_largest_and_variance_reduce_the_axes_that_numpys_do(drawn):
    shape, axes = drawn
    x = numbers(shape)
    largest, variance = compiled(lambda v: (ops.max(v, axes), ops.var(v, axes)), x)
    np.testing.assert_array_equal(largest, x.max(axes))
    np.testing.assert_allclose(variance, x.var(axes), rtol=1e-4, atol=1e-4)


@FEW
@given(shape_and_axis())
def test_positions_and_order_are_numpys(drawn):
    shape, axis = drawn
    x = numbers(shape)
    first, order, ordered = compiled(
        lambda v: (ops.argmax(v, axis), ops.argsort(v, axis), ops.sort(v, axis)), x
    )
    np.testing.assert_array_equal(first, x.argmax(axis))
    np.testing.assert_array_equal(order, x.argsort(axis))
    np.testing.assert_array_equal(ordered, np.sort(x, axis))


@FEW
@given(st.data())
def test_basic_indices_are_numpys(data):
    x = numbers(data.draw(SHAPES))
    key = data.draw(hnp.basic_indices(x.shape, allow_newaxis=True, max_dims=6))
    np.testing.assert_array_equal(compiled(lambda v: ops.get_item(v, key) + 0, x), x[key])


@FEW
@given(st.data())
def test_index_tensors_are_combined_as_in_numpy(data):
    x = numbers(data.draw(hnp.array_shapes(min_dims=2, max_dims=4, max_side=4)))
    count = data.draw(st.integers(1, x.ndim))
    shape = st.just(data.draw(hnp.array_shapes(max_dims=2, max_side=3)))
    arrays = [
        data.draw(hnp.arrays("int32", shape, elements=st.integers(-dim, dim - 1)))
        for dim in x.shape[:count]
    ]
    slices = [slice(None, None, data.draw(st.sampled_from([1, -1]))) for _ in x.shape[count:]]
    key = tuple(data.draw(st.permutations([*arrays, *slices])))
    # Each index must fit the axis that the permutation gave it.
    key = tuple(
        k % dim if isinstance(k, np.ndarray) else k for k, dim in zip(key, x.shape, strict=False)
    )
    np.testing.assert_array_equal(compiled(lambda v: v[key] + 0, x), x[key])
    traced = [k for k in key if isinstance(k, np.ndarray)]

    def with_traced(v, *indices):
        rest = iter(indices)
        return v[tuple(next(rest) if isinstance(k, np.ndarray) else k for k in key)] + 0

    np.testing.assert_array_equal(compiled(with_traced, x, *traced), x[key])


@FEW
@given(shape_and_axis(), st.data())
def test_taking_along_an_axis_is_numpys(drawn, data):
    shape, axis = drawn
    x = numbers(shape)
    count = data.draw(st.integers(1, 4))
    wanted = (*shape[: axis % len(shape)], count, *shape[axis % len(shape) + 1 :])
    dim = shape[axis]
    indices = data.draw(hnp.arrays("int32", wanted, elements=st.integers(-dim, dim - 1)))
    result = compiled(lambda v, i: ops.take_along_axis(v, i, axis), x, indices)
    np.testing.assert_array_equal(result, np.take_along_axis(x, indices, axis))


@FEW
@given(st.data())
def test_transposing_back_is_the_identity(data):
    x = numbers(data.draw(SHAPES))
    order = data.draw(st.permutations(range(x.ndim)))
    there = lambda v: ops.transpose(v, order)  # noqa: E731 - used twice
    back = [order.index(i) for i in range(x.ndim)]
    np.testing.assert_array_equal(compiled(there, x), x.transpose(order))
    np.testing.assert_array_equal(compiled(lambda v: ops.transpose(there(v), back) + 0, x), x)


@FEW
@given(shape_and_axis(), st.data())
def test_pieces_joined_are_the_whole(drawn, data):
    shape, axis = drawn
    x = numbers(shape)
    cuts = sorted(data.draw(st.lists(st.integers(0, shape[axis]), max_size=3)))
    result = compiled(lambda v: ops.concatenate(ops.split(v, cuts, axis), axis) + 0, x)
    np.testing.assert_array_equal(result, x)


@FEW
@given(st.data())
def test_padding_is_numpys(data):
    x = numbers(data.draw(SHAPES))
    widths = [data.draw(st.tuples(st.integers(0, 3), st.integers(0, 3))) for _ in x.shape]
    mode = data.draw(st.sampled_from(["constant", "reflect", "symmetric", "edge", "wrap"]))
    result = compiled(lambda v: ops.pad(v, widths, mode) + 0, x)
    np.testing.assert_array_equal(result, np.pad(x, widths, mode))


@FEW
@given(shape_and_axes(), st.integers(-6, 6))
def test_rolling_and_flipping_are_numpys(drawn, shift):
    shape, axes = drawn
    x = numbers(shape)
    rolled, flipped = compiled(lambda v: (ops.roll(v, shift, axes[0]), ops.flip(v, axes)), x)
    np.testing.assert_array_equal(rolled, np.roll(x, shift, axes[0]))
    np.testing.assert_array_equal(flipped, np.flip(x, axes))


@FEW
@given(st.data())
def test_repeating_and_tiling_are_numpys(data):
    x = numbers(data.draw(SHAPES))
    counts = data.draw(st.lists(st.integers(1, 3), min_size=1, max_size=5))
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    tiled, repeated = compiled(
        lambda v: (ops.tile(v, counts), ops.repeat(v, counts[0], axis) + 0), x
    )
    np.testing.assert_array_equal(tiled, np.tile(x, counts))
    np.testing.assert_array_equal(repeated, np.repeat(x, counts[0], axis))


@FEW
@given(
    hnp.mutually_broadcastable_shapes(
        signature=np.matmul.signature, max_dims=2, max_side=4, min_side=1
    )
)
def test_products_are_numpys(shapes):
    a, b = (numbers(shape) for shape in shapes.input_shapes)
    result = compiled(ops.matmul, a, b)
    np.testing.assert_allclose(result, np.matmul(a, b), rtol=1e-5, atol=1e-5)


@FEW
@given(st.data())
def test_sums_of_products_are_numpys(data):
    sizes = dict(zip("abcd", data.draw(st.tuples(*[st.integers(1, 4)] * 4)), strict=True))
    terms = [data.draw(st.text("abcd", min_size=1, max_size=3)) for _ in range(2)]
    result = data.draw(st.permutations(sorted(set("".join(terms)))))[: data.draw(st.integers(0, 3))]
    subscripts = f"{terms[0]},{terms[1]}->{''.join(result)}"
    arrays = [numbers([sizes[letter] for letter in term]) for term in terms]
    found = compiled(lambda a, b: ops.einsum(subscripts, a, b) + 0, *arrays)
    np.testing.assert_allclose(found, np.einsum(subscripts, *arrays), rtol=1e-4, atol=1e-3)
