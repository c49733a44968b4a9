"""Convolutions and poolings of sizes at random agree with their definitions, in both formats."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab import ops
from trimtab.core.tracing import CompiledStep

FEW = settings(max_examples=40, deadline=None)
SMALL = st.integers(1, 3)


@st.composite
def windows(draw, most_dilation=2):
    """Sizes, a window, strides, dilation and padding that leave at least one window."""
    rank = draw(st.integers(1, 3))
    padding = draw(st.sampled_from(["valid", "same"]))
    window, strides, dilation = (
        tuple(draw(st.lists(numbers, min_size=rank, max_size=rank)))
        for numbers in (SMALL, SMALL, st.integers(1, most_dilation))
    )
    least = [
        (w - 1) * d + 1 if padding == "valid" else 1 for w, d in zip(window, dilation, strict=True)
    ]
    sizes = tuple(draw(st.integers(n, n + 4)) for n in least)
    return sizes, window, strides, dilation, padding


def numbers(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def first(x):
    return np.moveaxis(x, -1, 1).copy()


def positions(sizes, window, strides, dilation, padding):
    """For each output its index and, for each tap inside the input, (tap, index in the input)."""
    out, low = [], []
    for n, w, s, d in zip(sizes, window, strides, dilation, strict=True):
        reach = (w - 1) * d + 1
        out.append(-(-n // s) if padding == "same" else (n - reach) // s + 1)
        low.append(max((out[-1] - 1) * s + reach - n, 0) // 2 if padding == "same" else 0)
    for place in itertools.product(*map(range, out)):
        met = []
        for tap in itertools.product(*map(range, window)):
            axes = zip(place, tap, strides, dilation, low, strict=True)
            at = tuple(p * s + t * d - lo for p, t, s, d, lo in axes)
            if all(0 <= a < n for a, n in zip(at, sizes, strict=True)):
                met.append((tap, at))
        yield tuple(out), place, met


@FEW
@given(windows(), st.integers(1, 2), SMALL, SMALL)
def test_a_convolution_is_the_sum_over_its_window(drawn, groups, own, filters):
    sizes, window, strides, dilation, padding = drawn
    x = numbers((2, *sizes, own * groups))
    w = numbers((*window, own, filters * groups), 1)
    options = {"strides": strides, "padding": padding, "dilation_rate": dilation}
    y = np.asarray(CompiledStep(lambda a, b: ops.conv(a, b, **options))(x, w))
    for out, place, met in positions(sizes, window, strides, dilation, padding):
        assert y.shape == (2, *out, filters * groups)
        for g in range(groups):
            ins, outs = slice(g * own, (g + 1) * own), slice(g * filters, (g + 1) * filters)
            wanted = sum(
                x[(slice(None), *at, ins)].astype("float64") @ w[(*tap, slice(None), outs)]
                for tap, at in met
            )
            found = y[(slice(None), *place, outs)]
            np.testing.assert_allclose(found, np.broadcast_to(wanted, found.shape), atol=1e-4)
    other = ops.conv(first(x), w, **options, data_format="channels_first")
    np.testing.assert_allclose(other, first(y), rtol=1e-6, atol=1e-6)


@FEW
@given(windows(most_dilation=1))
def test_poolings_are_the_largest_and_the_mean_of_their_windows(drawn):
    sizes, window, strides, dilation, padding = drawn
    x = numbers((2, *sizes, 3))
    largest = np.asarray(CompiledStep(lambda a: ops.max_pool(a, window, strides, padding))(x))
    mean = np.asarray(CompiledStep(lambda a: ops.average_pool(a, window, strides, padding))(x))
    for out, place, met in positions(sizes, window, strides, dilation, padding):
        assert largest.shape == mean.shape == (2, *out, 3)
        elements = np.stack([x[(slice(None), *at)] for _, at in met])
        np.testing.assert_array_equal(largest[(slice(None), *place)], elements.max(0))
        np.testing.assert_allclose(mean[(slice(None), *place)], elements.mean(0), atol=1e-6)


@FEW
@given(windows(), SMALL, SMALL)
def test_a_transposed_convolution_is_the_transpose(drawn, channels, filters):
    sizes, window, strides, dilation, _ = drawn
    x, w = numbers((2, *sizes, channels)), numbers((*window, filters, channels), 1)
    options = {"strides": strides, "dilation_rate": dilation}
    y = np.asarray(ops.conv_transpose(x, w, **options), "float64")
    z = numbers(y.shape, 2)
    # <conv_transpose(x), z> = <x, conv(z)>, with the outputs that x has.
    back = np.asarray(ops.conv(z, w, **options), "float64")[
        (slice(None), *[slice(n) for n in sizes])
    ]
    assert back.shape == x.shape
    np.testing.assert_allclose((y * z).sum(), (x * back).sum(), rtol=1e-4, atol=1e-3)


@FEW
@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=3))
def test_adaptive_poolings_cover_the_axes(drawn):
    sizes, counts = zip(*drawn, strict=True)
    x = numbers((2, *sizes, 2))
    largest = np.asarray(ops.adaptive_max_pool(x, counts))
    mean = np.asarray(ops.adaptive_average_pool(x, counts))
    assert largest.shape == mean.shape == (2, *counts, 2)
    for place in itertools.product(*map(range, counts)):
        window = tuple(
            slice(i * n // c, -(-(i + 1) * n // c))
            for i, n, c in zip(place, sizes, counts, strict=True)
        )
        elements = x[(slice(None), *window)].reshape(2, -1, 2)
        np.testing.assert_array_equal(largest[(slice(None), *place)], elements.max(1))
        np.testing.assert_allclose(mean[(slice(None), *place)], elements.mean(1), atol=1e-6)
