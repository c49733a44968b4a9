"""Inference folds Batch Normalization into the linear layer before it, exactly where it may."""

import gc

import numpy as np
import pytest

import trimtab
from trimtab import layers
from trimtab.core.tracing import trace
from trimtab.engines.cpu.prologue import split_prologue
from trimtab.ir.graph import Spec, topological_order
from trimtab.passes import fold_scales, optimize


@pytest.fixture(autouse=True)
def _folding():
    yield
    trimtab.config.set_inference_folding(True)


def _names(graph):
    return [n.primitive.name for n in topological_order(graph.results) if n.inputs]


def _shake(model):
    rng = np.random.default_rng(3)
    changed = [w + rng.uniform(-0.3, 0.3, w.shape).astype("float32") for w in model.get_weights()]
    model.set_weights(changed)
    return model


LINEAR = {
    "Conv1D": ((9, 5), lambda: layers.Conv1D(6, 3)),
    "Conv2D": ((8, 7, 5), lambda: layers.Conv2D(6, 3, padding="same", use_bias=False)),
    "Conv2D first": ((5, 8, 7), lambda: layers.Conv2D(6, 3, data_format="channels_first")),
    "Conv3D": ((4, 4, 4, 2), lambda: layers.Conv3D(3, 2)),
    "DepthwiseConv2D": ((8, 7, 5), lambda: layers.DepthwiseConv2D(3, depth_multiplier=2)),
    "SeparableConv2D": ((8, 7, 5), lambda: layers.SeparableConv2D(4, 3)),
    "Conv2DTranspose": ((5, 4, 3), lambda: layers.Conv2DTranspose(4, 3, strides=2)),
    "Dense": ((11,), lambda: layers.Dense(6)),
    "Dense of a sequence": ((3, 11), lambda: layers.Dense(6)),
}


def _model(name):
    shape, linear = LINEAR[name]
    axis = 1 if "first" in name else -1
    parts = [linear(), layers.BatchNormalization(axis=axis), layers.Activation("relu")]
    return _shake(trimtab.Sequential([trimtab.Input(shape), *parts]))


def _multiplications(model, shape, folds):
    def infer(x):
        return model(x, training=False)

    graph = trace(infer, [Spec((2, *shape), "float32")]).graph
    graph = fold_scales(graph) if folds else graph
    split = split_prologue(optimize(graph))
    return _names(split.main).count("multiply")


@pytest.mark.parametrize("name", LINEAR)
def test_no_multiplication_is_left_behind_a_linear_layer(name):
    model, shape = _model(name), LINEAR[name][0]
    assert _multiplications(model, shape, folds=True) == 0
    assert _multiplications(model, shape, folds=False) > 0


@pytest.mark.parametrize("name", LINEAR)
def test_folded_outputs_are_the_unfolded_ones_but_for_rounding(name):
    x = np.random.default_rng(1).normal(size=(4, *LINEAR[name][0])).astype("float32")
    model = _model(name)
    folded = model.predict(x, verbose=0)
    trimtab.config.set_inference_folding(False)
    other = trimtab.models.clone_model(model)
    other.set_weights(model.get_weights())
    plain = other.predict(x, verbose=0)
    np.testing.assert_allclose(folded, plain, rtol=1e-5, atol=2e-6 * np.abs(plain).max())


def test_a_linear_layer_with_a_second_reader_keeps_its_kernel():
    inputs = trimtab.Input((6, 6, 3))
    linear = layers.Conv2D(4, 3, padding="same")(inputs)
    output = layers.BatchNormalization()(linear)
    model = _shake(trimtab.Model(inputs, layers.Add()([linear, output])))
    assert _multiplications(model, (6, 6, 3), folds=True) > 0


def test_a_normalization_in_training_is_not_folded():
    model = _model("Conv2D")

    def train(x):
        return model(x, training=True)

    graph = trace(train, [Spec((2, 8, 7, 5), "float32")]).graph
    assert "batch_norm" in _names(fold_scales(graph))


@pytest.mark.parametrize("change", ["assign", "fit", "set_weights", "load_weights"])
def test_changed_variables_are_folded_anew(change, tmp_path):
    model = _model("Conv2D")
    x = np.random.default_rng(2).normal(size=(4, 8, 7, 5)).astype("float32")
    before = model.predict(x, verbose=0)
    model.compile("sgd", "mse")
    if change == "assign":
        model.layers[0].kernel.assign(model.layers[0].kernel * 2.0)
    elif change == "fit":
        model.fit(x, before + 1, verbose=0)
    elif change == "set_weights":
        model.set_weights([w * 1.5 for w in model.get_weights()])
    else:
        _shake(model).save_weights(tmp_path / "w.weights.h5")
        _shake(model).load_weights(tmp_path / "w.weights.h5")
    after = model.predict(x, verbose=0)
    trimtab.config.set_inference_folding(False)
    fresh = trimtab.models.clone_model(model)
    fresh.set_weights(model.get_weights())
    assert np.abs(after - before).max() > 1e-3
    np.testing.assert_allclose(after, fresh.predict(x, verbose=0), rtol=1e-4, atol=1e-5)


def _shape_of(graph):
    """The nodes of a graph with the numbers of those that they take."""
    order = topological_order(graph.results)
    number = {id(node): place for place, node in enumerate(order)}
    return [(n.primitive.name, [number[id(v.node)] for v in n.inputs]) for n in order]


def test_what_is_folded_does_not_depend_on_when_garbage_is_collected():
    # A freed value's identity may be a new one's: what is known of one must not be the other's.
    x = inputs = trimtab.Input((8, 8, 3))
    for _ in range(4):
        for size, activation in ((3, "swish"), (1, "linear")):
            x = layers.Conv2D(4, size, padding="same")(x)
            x = layers.Activation(activation)(layers.BatchNormalization()(x))
        x = layers.Add()([x, layers.BatchNormalization()(x)])
    model = trimtab.Model(inputs, x)
    traced = trace(lambda x: model(x, training=False), [Spec((2, 8, 8, 3), "float32")])
    graph = optimize(traced.graph)
    thresholds = gc.get_threshold()
    found = []
    try:
        for threshold in (0, *range(1, 25)):
            gc.set_threshold(threshold, 5, 5)
            found.append(_shape_of(fold_scales(graph)))
    finally:
        gc.set_threshold(*thresholds)

    assert all(shape == found[0] for shape in found)
