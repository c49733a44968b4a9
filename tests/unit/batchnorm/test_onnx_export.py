import numpy as np
import onnx
import onnxruntime
import pytest

import trimtab as keras
from trimtab import batchnorm
from trimtab import layers as L

RNG = np.random.default_rng(9)


def randomised(model):
    for weight in model.weights:
        if weight.name == "moving_variance":
            weight.assign(RNG.uniform(0.2, 2, weight.shape))
        elif weight.dtype == "float32":
            weight.assign(RNG.normal(0, 0.6, weight.shape))
    return model


def run(path, inputs):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [entry.name for entry in session.get_inputs()]
    return session.run(None, dict(zip(names, inputs, strict=True)))


def check(model, tmp_path, rows=3, inputs=None):
    randomised(model)
    path = str(tmp_path / "model.onnx")
    batchnorm.export_onnx(model, path)
    if inputs is None:
        inputs = [RNG.normal(size=(rows, *model.input_shape[1:])).astype("float32")]
    expected = model(inputs if len(inputs) > 1 else inputs[0])
    expected = expected if isinstance(expected, (list, tuple)) else [expected]
    for got, want in zip(run(path, inputs), expected, strict=True):
        np.testing.assert_allclose(got, np.asarray(want), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize(
    "parts",
    [
        lambda f: [L.Conv2D(6, 3, strides=2, padding="same", groups=2, **f), L.ReLU(6.0)],
        lambda f: [L.Conv2D(6, 3, dilation_rate=2, activation="tanh", **f)],
        lambda f: [L.DepthwiseConv2D(3, depth_multiplier=2, activation="silu", **f)],
        lambda f: [L.SeparableConv2D(5, 3, padding="same", **f)],
        lambda f: [L.Conv2DTranspose(5, 3, strides=2, padding="same", **f)],
        lambda f: [L.Conv2DTranspose(5, 1, strides=3, **f)],
        lambda f: [L.Conv2DTranspose(5, 4, strides=2, padding="same", output_padding=1, **f)],
        lambda f: [L.MaxPooling2D(2, padding="same", **f)],
        lambda f: [L.AveragePooling2D(3, 2, padding="same", **f)],
        lambda f: [L.GlobalAveragePooling2D(**f), L.Dense(3, "gelu")],
        lambda f: [L.GlobalMaxPooling2D(keepdims=True, **f)],
        lambda f: [L.ZeroPadding2D(((1, 2), (0, 1)), **f), L.Cropping2D(((0, 1), (1, 0)), **f)],
        lambda f: [L.UpSampling2D((2, 3), **f), L.PReLU(shared_axes=[1, 2])],
        lambda f: [L.Flatten(**f), L.Dense(2, "softmax")],
        lambda f: [L.BatchNormalization(axis=1 if f["data_format"].endswith("first") else -1)],
    ],
)
def test_layers_of_images(parts, data_format, tmp_path):
    shape = (9, 8, 4) if data_format == "channels_last" else (4, 9, 8)
    parts = parts({"data_format": data_format})
    check(keras.Sequential([keras.Input(shape), *parts]), tmp_path)


@pytest.mark.parametrize(
    "parts",
    [
        lambda: [L.Dense(4, "selu"), L.LayerNormalization(), L.Dropout(0.5)],
        lambda: [L.Dense(4), L.LeakyReLU(), L.ELU(0.7), L.Softmax()],
        lambda: [L.Dense(4, "hard_sigmoid"), L.RepeatVector(3), L.Permute((2, 1))],
        lambda: [L.Dense(6, "softplus"), L.Reshape((3, 2)), L.Conv1D(4, 2, padding="causal")],
        lambda: [L.Normalization(mean=[1.0] * 5, variance=[4.0] * 5), L.Rescaling(2.0, 1.0)],
        lambda: [L.Reshape((5, 1)), L.TimeDistributed(L.Dense(3, "relu")), L.Flatten()],
        lambda: [L.Reshape((5, 1)), L.TimeDistributed(L.BatchNormalization())],
        lambda: [L.DenseBlock(4, activation="relu"), L.Dense(2, activation=L.ReLU(1.0))],
    ],
)
def test_layers_of_rows(parts, tmp_path):
    check(keras.Sequential([keras.Input((5,)), *parts()]), tmp_path)


def test_graph_with_ops_two_inputs_and_two_outputs(tmp_path):
    left, right = keras.Input((4,), name="left"), keras.Input((4,), name="right")
    x = L.Concatenate()([L.Dense(3)(left) * 2.0, L.Multiply()([left, right])])
    y = L.Average()([left, right, L.Maximum()([left, right])])
    model = keras.Model([left, right], [keras.ops.relu(x), y])

    check(model, tmp_path, inputs=[RNG.normal(size=(3, 4)).astype("float32") for _ in range(2)])


def test_embedding_and_model_within_a_model(tmp_path):
    inner = keras.Sequential([keras.Input((5, 4)), L.Dense(3), L.Flatten()])
    inputs = keras.Input((5,), dtype="int32")
    model = keras.Model(inputs, inner(L.Embedding(7, 4)(inputs)))

    check(model, tmp_path, inputs=[RNG.integers(0, 7, (3, 5)).astype("int32")])


def test_folded_model_has_no_batch_normalization_left(tmp_path):
    model = randomised(
        keras.Sequential(
            [keras.Input((8, 8, 3)), L.Conv2D(4, 3), L.BatchNormalization(), L.ReLU(), L.Flatten()]
        )
    )
    folded = batchnorm.fold(model).model
    path = str(tmp_path / "model.onnx")
    batchnorm.export_onnx(folded, path)
    x = RNG.normal(size=(2, 8, 8, 3)).astype("float32")

    np.testing.assert_allclose(run(path, [x])[0], np.asarray(model(x)), rtol=1e-4, atol=1e-5)
    kinds = {node.op_type for node in onnx.load(path).graph.node}
    assert kinds == {"Conv", "Flatten", "Identity", "Relu", "Transpose"}


def test_batch_stays_open(tmp_path):
    model = keras.Sequential([keras.Input((3,)), L.Dense(2)])
    path = str(tmp_path / "model.onnx")
    batchnorm.export_onnx(model, path)

    for rows in (1, 17):
        assert run(path, [np.zeros((rows, 3), "float32")])[0].shape == (rows, 2)


class Own(L.Layer):
    def call(self, x):
        return x + 1


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (lambda: Own(name="own"), "there is no rule for own, a Own"),
        (lambda: L.ReLU(threshold=0.5, name="r"), "r has a threshold"),
        (lambda: L.Dense(2, dtype="mixed_float16", name="d"), "d, a Dense computes in float16"),
        (lambda: L.Activation("hard_shrink"), "no rule for the activation 'hard_shrink'"),
    ],
)
def test_layer_without_a_rule_is_named_and_nothing_is_written(layer, message, tmp_path):
    model = keras.Sequential([keras.Input((3,)), layer()])

    with pytest.raises(ValueError, match=message):
        batchnorm.export_onnx(model, tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []
