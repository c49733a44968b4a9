"""Transposes of channels cancel, and the numbers stay."""

import collections

import numpy as np
import pytest

from trimtab import engines, layers, ops
from trimtab.autodiff import gradients
from trimtab.core.tracing import trace
from trimtab.ir.graph import Spec, topological_order
from trimtab.ir.verify import verify
from trimtab.passes import optimize

L = layers
FIRST = {"data_format": "channels_first"}
X = np.random.default_rng(0).normal(size=(2, 3, 8, 6)).astype("float32")


def counted(graph):
    return collections.Counter(n.primitive.name for n in topological_order(graph.results))


def conv(filters=4, **arguments):
    return L.Conv2D(filters, 3, padding="same", **FIRST, **arguments)


def plain():
    parts = [conv(), L.BatchNormalization(axis=1), L.Activation("relu"), L.MaxPooling2D(2, **FIRST)]
    return [*parts, conv(use_bias=False), L.GlobalAveragePooling2D(**FIRST)]


def padded():
    return [
        L.ZeroPadding2D(((1, 0), (2, 1)), **FIRST),
        conv(activation="tanh"),
        L.Cropping2D(1, **FIRST),
        L.LeakyReLU(),
        conv(2),
        L.Flatten(**FIRST),
    ]


def normalised_by_moving_statistics():
    return [conv(), L.BatchNormalization(axis=1, trainable=False), L.Activation("elu"), conv()]


def depthwise():
    return [
        L.DepthwiseConv2D(3, **FIRST),
        L.PReLU(shared_axes=[2, 3]),
        L.SeparableConv2D(4, 2, **FIRST),
        L.GlobalMaxPooling2D(**FIRST),
    ]


class Residual(L.Layer):
    """A sum and a concatenation of convolutions."""

    def __init__(self):
        super().__init__()
        self.parts = [conv(3), conv(3), conv(3)]

    def call(self, x):
        y = self.parts[0](x)
        y = ops.concatenate([y + self.parts[1](y), self.parts[2](x)], axis=1)
        return L.AveragePooling2D(2, **FIRST)(y)


def residual():
    return [Residual(), conv()]


NETWORKS = [plain, padded, normalised_by_moving_statistics, depthwise, residual]


def step(parts):
    """The trace of a network's output and its gradients."""
    x = X
    for part in parts:
        x = part(x)
    variables = [v for part in parts for v in part.trainable_variables]
    rng = np.random.default_rng(1)
    for v in variables:
        v.assign(rng.normal(size=v.shape).astype("float32"))

    def function(x):
        y = x
        for part in parts:
            y = part(y, **({"training": True} if isinstance(part, L.BatchNormalization) else {}))
        weights = np.cos(np.arange(y.size, dtype="float32")).reshape(y.shape)
        wrt = [x, *[v.value for v in variables]]
        return y, gradients(ops.sum(y * weights), wrt)

    return trace(function, [Spec(X.shape, "float32")])


def run(graph, variables):
    states = [np.array(v.numpy()) for v in variables]
    return engines.get("reference").compile(graph).run([X], states)


@pytest.mark.parametrize("build", NETWORKS, ids=lambda build: build.__name__)
def test_numbers_stay_and_nearly_all_transposes_go(build):
    traced = step(build())
    optimized = optimize(traced.graph)
    verify(optimized)
    wanted = run(traced.graph, traced.variables)
    for actual, expected in zip(run(optimized, traced.variables), wanted, strict=True):
        np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-4)
    assert counted(traced.graph)["transpose"] >= 8
    # The images on their way in, their gradient on its way out, the output and its cotangent.
    assert counted(optimized)["transpose"] <= 4


def test_a_transpose_of_what_is_not_transposed_stays():
    def function(x, other):
        return ops.transpose(x, (0, 2, 3, 1)) + other

    graph = trace(function, [Spec(X.shape, "float32"), Spec((2, 8, 6, 3), "float32")]).graph
    assert counted(optimize(graph)) == counted(graph)


def test_other_transposes_stay_where_they_are():
    def function(x):
        return ops.relu(ops.transpose(x, (0, 1, 3, 2)))

    (output,) = optimize(trace(function, [Spec(X.shape, "float32")]).graph).outputs
    assert output.node.primitive.name != "transpose"


@pytest.mark.parametrize("axes", [(1,), (2, 3), (0, 2, 3), (0, 1, 2, 3), (2,), (3, 1)])
@pytest.mark.parametrize("reduce", [ops.sum, ops.max, ops.min])
def test_reductions_of_moved_channels_reduce_the_same_axes(reduce, axes):
    def function(x):
        return reduce(ops.transpose(x, (0, 2, 3, 1)), axes)

    graph = optimize(trace(function, [Spec(X.shape, "float32")]).graph)
    verify(graph)
    wanted = np.asarray(reduce(X.transpose(0, 2, 3, 1), axes))
    np.testing.assert_allclose(run(graph, [])[0], wanted, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("shape", [(3,), (6, 3), (8, 1, 1), (2, 1, 6, 1), (1, 8, 1, 3), ()])
def test_repeated_numbers_are_moved_by_moving_the_few(shape):
    few = np.random.default_rng(2).normal(size=shape).astype("float32")

    def function(x, few):
        y = ops.transpose(x, (0, 2, 3, 1))
        return ops.transpose(y * ops.broadcast_to(few, y.shape), (0, 3, 1, 2))

    graph = trace(function, [Spec(X.shape, "float32"), Spec(shape, "float32")]).graph
    optimized = optimize(graph)
    verify(optimized)
    found = engines.get("reference").compile(optimized).run([X, few], [])[0]
    np.testing.assert_array_equal(found, (X.transpose(0, 2, 3, 1) * few).transpose(0, 3, 1, 2))
    big = [n for n in topological_order(optimized.results) if n.primitive.name == "transpose"]
    assert all(n.outputs[0].size < X.size for n in big)
