"""What kernels compute together, and that numbers do not depend on it."""

import numpy as np
import pytest

import trimtab
from trimtab import layers, ops
from trimtab.core.tracing import trace
from trimtab.engines.cpu.engine import _OPCODES
from trimtab.engines.cpu.lower import lower
from trimtab.engines.cpu.prologue import split_prologue
from trimtab.ir.graph import Spec
from trimtab.passes import fold_scales, optimize


def _steps(function, *shapes, folds=False):
    graph = trace(function, [Spec(shape, "float32") for shape in shapes]).graph
    if folds:
        graph = split_prologue(fold_scales(graph)).main
    return lower(optimize(graph), _OPCODES).steps


def _names(steps):
    return [step[0] for step in steps]


def _built(*parts, shape):
    return trimtab.Sequential([trimtab.Input(shape), *parts])


def _residual(shape):
    """A convolution with Batch Normalization, added to its input, and relu."""
    inputs = trimtab.Input(shape)
    x = layers.Conv2D(shape[-1], 3, padding="same", use_bias=False)(inputs)
    x = layers.Add()([layers.BatchNormalization()(x), inputs])
    return trimtab.Model(inputs, layers.Activation("relu")(x))


def test_normalization_addition_and_relu_are_one_step_in_training():
    model = _residual((6, 6, 16))
    steps = _steps(lambda x: model(x, training=True), (4, 6, 6, 16))
    normalization = next(step for step in steps if step[0] == "batch_norm")
    added, is_relu = normalization[1][-1], normalization[2][-1]
    assert added != (-1, 0)
    assert is_relu == 1


def test_all_of_a_residual_block_is_one_convolution_in_inference():
    model = _residual((6, 6, 16))
    steps = _steps(lambda x: model(x, training=False), (4, 6, 6, 16), folds=True)
    assert _names(steps) == ["convolution"]
    # relu, and a kernel that stays until the plan is told.
    assert steps[0][2][-2:] == [1, 1]


def test_a_convolution_in_training_leaves_relu_apart():
    model = _built(layers.Conv2D(8, 3, activation="relu"), shape=(6, 6, 4))
    count = trimtab.Variable(0.0)

    def step(x):
        count.assign_add(1.0)
        return model(x, training=True)

    names = _names(_steps(step, (2, 6, 6, 4)))
    assert names.count("convolution") == 1
    assert "elementwise" in names


def test_the_gradient_masks_what_relu_stopped_by_itself():
    model = _built(
        layers.Conv2D(8, 3), layers.BatchNormalization(), layers.Activation("relu"), shape=(6, 6, 4)
    )
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(size=(4, 6, 6, 4)).astype("float32")
    fused = model.train_on_batch(x, np.zeros((4, 4, 4, 8), "float32"))
    assert np.isfinite(fused)


@pytest.mark.parametrize("activation", ["relu", "linear"])
def test_a_step_on_the_cpu_engine_is_the_reference_step(activation):
    x = np.random.default_rng(1).normal(size=(6, 8, 8, 3)).astype("float32")
    y = np.random.default_rng(2).integers(0, 3, 6)

    def trained(engine):
        trimtab.config.set_backend(engine)
        try:
            trimtab.utils.set_random_seed(3)
            inputs = trimtab.Input((8, 8, 3))
            a = layers.Conv2D(16, 3, padding="same", use_bias=False)(inputs)
            a = layers.Activation(activation)(layers.BatchNormalization()(a))
            b = layers.BatchNormalization()(layers.Conv2D(16, 3, padding="same")(a))
            c = layers.Activation(activation)(layers.Add()([a, b]))
            outputs = layers.Dense(3, "softmax")(layers.GlobalAveragePooling2D()(c))
            model = trimtab.Model(inputs, outputs)
            model.compile(trimtab.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
            model.fit(x, y, batch_size=3, epochs=2, shuffle=False, verbose=0)
            return model.get_weights()
        finally:
            trimtab.config.set_backend("cpu")

    for one, other in zip(trained("cpu"), trained("reference"), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=2e-5)


def test_a_value_that_is_read_again_is_not_swallowed():
    def function(x, w, b):
        linear = ops.conv(x, w, padding="same")
        return ops.relu(linear + b), linear

    steps = _steps(function, (2, 5, 5, 3), (3, 3, 3, 4), (4,))
    assert _names(steps) == ["convolution", "elementwise"]
