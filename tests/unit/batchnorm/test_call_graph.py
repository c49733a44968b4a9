"""The graph of layer calls: of every kind of model, and without a trace left in it."""

import numpy as np
import pytest

from trimtab import Input, Model, Sequential, layers, ops
from trimtab.batchnorm.call_graph import CallGraph
from trimtab.batchnorm.channel_axes import channel_axes
from trimtab.core import naming


class Block(layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.dense = layers.Dense(units, name="dense")
        self.norm = layers.BatchNormalization(name="norm")

    def call(self, x, training=None):
        return x + ops.relu(self.norm(self.dense(x), training=training))


class Net(Model):
    def __init__(self):
        super().__init__()
        self.block = Block(8, name="block")
        self.frozen = layers.BatchNormalization(name="frozen")
        self.unused = layers.BatchNormalization(name="unused")
        self.head = layers.Dense(2, name="head")

    def call(self, x, training=None):
        rows = ops.shape(x)[0]
        x = ops.reshape(x, (rows, 8))
        return self.head(self.frozen(self.block(x, training=training), training=False))


@pytest.fixture
def subclassed():
    model = Net()
    model(np.zeros((4, 8), np.float32))
    return model


def labels(nodes):
    return [node.label for node in nodes]


def test_a_chain_has_a_node_for_each_layer_in_order():
    model = Sequential([Input((4,)), layers.Dense(3, name="a"), layers.ReLU(name="b")])

    assert [node.kind for node in CallGraph(model)] == ["input", "linear", "activation"]


def test_a_shared_layer_has_a_node_for_each_call():
    shared = layers.Dense(3, name="shared")
    x, y = Input((4,)), Input((4,))
    graph = CallGraph(Model([x, y], shared(x) - shared(y)))

    assert labels(graph.calls_of(shared)) == ["shared", "shared (call 2)"]


def test_a_nested_model_is_opened_where_it_is_called():
    inner = Sequential([Input((4,)), layers.Dense(3, name="a")], name="inner")
    x = Input((4,))
    graph = CallGraph(Model(x, layers.ReLU(name="b")(inner(x))))

    assert labels(graph)[1:] == ["inner/a", "b"]
    assert graph.nodes[2].producers == [graph.nodes[1]]


def test_operators_are_nodes():
    x = Input((4,))
    y = layers.Dense(4, name="a")(x) + x
    graph = CallGraph(Model(x, ops.relu(y)))

    assert [node.kind for node in graph] == ["input", "linear", "add", "activation"]
    assert graph.nodes[3].activation == "relu"


def test_a_subclassed_model_is_followed_through_its_call(subclassed):
    graph = CallGraph(subclassed)

    called = [node.label for node in graph if node.kind in ("linear", "batch_norm")]
    assert called == ["block/dense", "block/norm", "frozen", "head"]


def test_a_layer_that_is_not_called_has_no_node(subclassed):
    assert CallGraph(subclassed).calls_of(subclassed.unused) == []


def test_training_false_in_a_users_call_counts_while_fitting(subclassed):
    graph = CallGraph(subclassed)

    assert [node.training for node in graph.batch_norms] == [True, False]


def test_fit_overrides_what_a_functional_model_was_told_when_it_was_made():
    inner = Sequential([Input((4,)), layers.BatchNormalization(name="norm")], name="inner")
    x = Input((4,))
    node = CallGraph(Model(x, inner(x, training=False))).batch_norms[0]

    assert node.training


def test_following_a_call_leaves_no_trace(subclassed):
    uses = [len(layer._inbound_nodes) for layer in subclassed._flatten_layers()]
    counts = dict(naming._COUNTS)
    weights = [w.copy() for w in subclassed.get_weights()]

    CallGraph(subclassed)

    assert [len(layer._inbound_nodes) for layer in subclassed._flatten_layers()] == uses
    assert dict(naming._COUNTS) == counts
    assert all(map(np.array_equal, subclassed.get_weights(), weights))


def test_a_call_that_needs_numbers_is_left_closed_and_noted():
    class Stubborn(layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.dense = layers.Dense(4)

        def build(self, shape):
            self.dense.build(shape)

        def call(self, x):
            return self.dense(x) if ops.sum(x) > 0 else x

        def compute_output_shape(self, shape):
            return shape

    x = Input((4,))
    graph = CallGraph(Model(x, Stubborn(name="stubborn")(x)))

    assert labels(graph.opaque) == ["stubborn"]
    assert "'stubborn' (Stubborn): its `call` could not be followed" in graph.notes[0]


def test_the_output_has_no_only_consumer():
    x = Input((4,))
    middle = layers.Dense(4, name="middle")(x)
    graph = CallGraph(Model(x, [middle, layers.ReLU()(middle)]))

    assert graph.only_consumer(graph.nodes[1]) is None
    assert graph.only_consumer(graph.nodes[0]) is graph.nodes[1]


def test_a_mask_is_no_input():
    x = Input((5,), dtype="int32")
    y = layers.Embedding(10, 3, mask_zero=True)(x)
    node = CallGraph(Model(x, layers.BatchNormalization()(y))).batch_norms[0]

    assert len(node.inputs) == 1
    assert node.mask is not None


def test_channels_are_where_permute_puts_them():
    x = Input((5, 6))
    y = layers.Permute((2, 1))(layers.Dense(3)(x))
    graph = CallGraph(Model(x, layers.ReLU()(y)))

    assert list(channel_axes(graph).values()) == [None, 2, 1, 1]


@pytest.mark.parametrize("wrong", [3, "model", None])
def test_what_is_no_model_is_refused(wrong):
    with pytest.raises(TypeError, match="`model` must be a model or a layer"):
        CallGraph(wrong)


def test_an_unbuilt_model_is_refused():
    with pytest.raises(ValueError, match="is not built"):
        CallGraph(Sequential([layers.Dense(3)]))
