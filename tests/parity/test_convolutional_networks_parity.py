"""Networks of convolutions beside Keras 3: trained from the same weights, saved both ways."""

import keras
import numpy as np
import pytest

import trimtab

BOTH_WAYS = pytest.mark.parametrize(
    ("writer", "reader"), [(trimtab, keras), (keras, trimtab)], ids=["to_keras", "from_keras"]
)


def residual(k):
    """As ResNet: projections with stride 2, sums, Batch Normalization before the activation."""
    layers = k.layers
    inputs = k.Input((9, 8, 3))

    def unit(x, filters, strides):
        shortcut = x
        if strides > 1:
            shortcut = layers.Conv2D(filters, 1, strides, use_bias=False)(x)
            shortcut = layers.BatchNormalization()(shortcut)
        x = layers.Conv2D(filters, 3, strides, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization()(x)
        x = layers.Activation("relu")(x)
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization()(x)
        return layers.Activation("relu")(layers.Add()([x, shortcut]))

    x = layers.Conv2D(4, 3, padding="same", use_bias=False)(inputs)
    x = layers.Activation("relu")(layers.BatchNormalization()(x))
    x = layers.MaxPooling2D(2, 1, padding="same")(x)
    x = layers.GlobalAveragePooling2D()(unit(unit(x, 4, 1), 6, 2))
    return k.Model(inputs, layers.Dense(3, activation="softmax")(x))


def mobile(k):
    """As MobileNet: depthwise and pointwise convolutions, ReLU with a ceiling."""
    layers = k.layers
    return k.Sequential(
        [
            k.Input((9, 8, 3)),
            layers.ZeroPadding2D(((0, 1), (0, 1))),
            layers.DepthwiseConv2D(3, 2, depth_multiplier=2, use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(6.0),
            layers.Conv2D(6, 1, use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(6.0),
            layers.SeparableConv2D(4, (3, 2), padding="same", activation="tanh"),
            layers.AveragePooling2D(2, padding="same"),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )


def around(k):
    """Down by strides and up again by transposed convolutions and repetition."""
    layers = k.layers
    return k.Sequential(
        [
            k.Input((9, 8, 3)),
            layers.Conv2D(4, 3, 2, padding="same", activation="elu", groups=1),
            layers.Conv2D(8, 3, padding="same", groups=2, dilation_rate=2, activation="elu"),
            layers.Conv2DTranspose(4, 3, 2, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.UpSampling2D(2),
            layers.Cropping2D(((1, 0), (0, 2))),
            layers.Conv2DTranspose(2, (2, 3), activation="tanh"),
            layers.GlobalMaxPooling2D(),
            layers.Dense(3, activation="softmax"),
        ]
    )


def steps(k):
    """Convolutions of sequences."""
    layers = k.layers
    return k.Sequential(
        [
            k.Input((9, 24)),
            layers.Conv1D(6, 3, padding="causal", dilation_rate=2, activation="tanh"),
            layers.SeparableConv1D(6, 3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.DepthwiseConv1D(2, padding="same"),
            layers.MaxPooling1D(2),
            layers.Conv1DTranspose(4, 3, 2),
            layers.GlobalAveragePooling1D(),
            layers.Dense(3, activation="softmax"),
        ]
    )


def volumes(k):
    """Convolutions of volumes."""
    layers = k.layers
    return k.Sequential(
        [
            k.Input((9, 8, 3)),
            layers.Reshape((9, 4, 3, 2)),
            layers.Conv3D(4, (3, 2, 2), padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.Activation("relu"),
            layers.AveragePooling3D((2, 2, 1)),
            layers.Conv3DTranspose(3, 2, activation="tanh"),
            layers.GlobalAveragePooling3D(),
            layers.Dense(3, activation="softmax"),
        ]
    )


def written_with_an_axis(k):
    """The axis of Batch Normalization chosen by the data format, as applications write it."""
    layers = k.layers
    inputs = k.Input((9, 8, 3))
    bn_axis = 3 if k.config.image_data_format() == "channels_last" else 1
    x = layers.Conv2D(64, (3, 3), padding="same", use_bias=False)(inputs)
    x = layers.BatchNormalization(axis=bn_axis)(x)
    x = layers.Activation("relu")(x)
    return k.Model(inputs, layers.Dense(3, activation="softmax")(layers.Flatten()(x)))


def written_with_a_function(k):
    """A function for convolution, activation and Batch Normalization, as scripts have it."""
    layers = k.layers

    def conv2d_relu_batch_norm(filters, size, inputs):
        return layers.BatchNormalization()(
            layers.Activation("relu")(layers.Conv2D(filters, size, padding="same")(inputs))
        )

    inputs = k.Input((9, 8, 3))
    x = conv2d_relu_batch_norm(4, (1, 3), conv2d_relu_batch_norm(6, 3, inputs))
    return k.Model(inputs, layers.Dense(3, activation="softmax")(layers.Flatten()(x)))


NETWORKS = [
    residual,
    mobile,
    around,
    steps,
    volumes,
    written_with_an_axis,
    written_with_a_function,
]
each_network = pytest.mark.parametrize("build", NETWORKS, ids=lambda build: build.__name__)
# Keras compiles each anew, for many seconds: only `make test` waits for all.
some_networks = pytest.mark.parametrize(
    "build",
    [
        pytest.param(b, id=b.__name__, marks=[] if b is written_with_an_axis else pytest.mark.slow)
        for b in NETWORKS
    ],
)


def data(model):
    rng = np.random.default_rng(4)
    shape = model.input_shape[1:]
    return rng.normal(size=(20, *shape)).astype("float32"), rng.integers(0, 3, 20)


def pair(build):
    """The network in Keras and in ours, with the same weights."""
    for k in (keras, trimtab):
        k.utils.clear_session()
        k.utils.set_random_seed(11)
    theirs, ours = build(keras), build(trimtab)
    ours.set_weights(theirs.get_weights())
    return ours, theirs


@some_networks
def test_it_trains_as_in_keras(build):
    ours, theirs = pair(build)
    x, y = data(ours)
    losses = []
    for k, model in ((trimtab, ours), (keras, theirs)):
        optimizer = k.optimizers.SGD(0.05, momentum=0.9)
        model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
        losses.append(model.fit(x, y, batch_size=8, epochs=3, shuffle=False, verbose=0).history)
    for name in losses[1]:
        np.testing.assert_allclose(losses[0][name], losses[1][name], rtol=2e-4, err_msg=name)
    for mine, other in zip(ours.weights, theirs.weights, strict=True):
        np.testing.assert_allclose(mine, other, rtol=2e-3, atol=2e-4, err_msg=mine.path)
    wanted = theirs.predict(x, verbose=0)
    np.testing.assert_allclose(ours.predict(x, verbose=0), wanted, rtol=2e-3, atol=2e-4)


@some_networks
def test_under_mixed_bfloat16_it_predicts_as_in_keras(build):
    for k in (keras, trimtab):
        k.config.set_dtype_policy("mixed_bfloat16")
    try:
        ours, theirs = pair(build)
    finally:
        for k in (keras, trimtab):
            k.config.set_dtype_policy("float32")
    x, _ = data(ours)
    wanted = np.asarray(theirs.predict(x, verbose=0))
    got = ours.predict(x, verbose=0)
    # Two steps of bfloat16 below 1.
    np.testing.assert_allclose(got.astype("float32"), wanted.astype("float32"), atol=2**-7)


@each_network
def test_names_shapes_and_counts_are_those_of_keras(build):
    ours, theirs = pair(build)
    assert [layer.name for layer in ours.layers] == [layer.name for layer in theirs.layers]
    assert [(w.path, w.shape) for w in ours.weights] == [(w.path, w.shape) for w in theirs.weights]
    assert ours.count_params() == theirs.count_params()


@BOTH_WAYS
@pytest.mark.parametrize("suffix", ["keras", "weights.h5", "h5"])
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
@pytest.mark.parametrize(
    "build",
    [mobile, *[pytest.param(b, marks=pytest.mark.slow) for b in NETWORKS if b is not mobile]],
    ids=lambda build: build.__name__,
)
def test_files_are_read_by_the_other(build, suffix, writer, reader, tmp_path):
    ours, theirs = pair(build)
    written, other = (ours, theirs) if writer is trimtab else (theirs, ours)
    x, _ = data(ours)
    rng = np.random.default_rng(2)
    # Kernels of both signs: sums of one sign grow until a rounding decides the probabilities.
    written.set_weights(
        [
            rng.normal(0, 0.2, w.shape) if w.ndim > 1 else rng.uniform(0.1, 0.9, w.shape)
            for w in written.get_weights()
        ]
    )
    path = str(tmp_path / f"model.{suffix}")
    if suffix == "weights.h5":
        written.save_weights(path)
        other.load_weights(path)
    else:
        written.save(path)
        other = reader.models.load_model(path)
    wanted = np.asarray(written(x))
    np.testing.assert_allclose(np.asarray(other(x)), wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.slow
def test_a_network_in_float16_trains_as_in_keras():
    ours, theirs = [], []
    for k, kept in ((trimtab, ours), (keras, theirs)):
        k.utils.clear_session()
        k.config.set_dtype_policy("mixed_float16")
        try:
            kept.append(residual(k))
        finally:
            k.config.set_dtype_policy("float32")
    ours[0].set_weights(theirs[0].get_weights())
    x, y = data(ours[0])
    losses = []
    for k, (model,) in ((trimtab, ours), (keras, theirs)):
        model.compile(k.optimizers.SGD(0.05), "sparse_categorical_crossentropy")
        losses.append(model.fit(x, y, batch_size=8, epochs=2, shuffle=False, verbose=0).history)
    np.testing.assert_allclose(losses[0]["loss"], losses[1]["loss"], rtol=5e-3)


def test_trained_channels_first_a_network_is_the_transpose():
    def built(data_format):
        axis = 3 if data_format == "channels_last" else 1
        shape = (9, 8, 3) if axis == 3 else (3, 9, 8)
        layers = trimtab.layers
        return trimtab.Sequential(
            [
                trimtab.Input(shape),
                layers.Conv2D(4, 3, padding="same", use_bias=False, data_format=data_format),
                layers.BatchNormalization(axis=axis),
                layers.Activation("relu"),
                layers.MaxPooling2D(2, padding="same", data_format=data_format),
                layers.Conv2D(4, 3, strides=2, data_format=data_format),
                layers.GlobalAveragePooling2D(data_format=data_format),
                layers.Dense(3, activation="softmax"),
            ]
        )

    last, first = built("channels_last"), built("channels_first")
    first.set_weights(last.get_weights())
    x, y = data(last)
    histories = []
    for model, images in ((last, x), (first, np.moveaxis(x, -1, 1).copy())):
        model.compile("sgd", "sparse_categorical_crossentropy")
        history = model.fit(images, y, batch_size=8, epochs=3, shuffle=False, verbose=0)
        histories.append(history.history["loss"])
    np.testing.assert_allclose(histories[1], histories[0], rtol=1e-6)
    for mine, other in zip(first.get_weights(), last.get_weights(), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-6)
