"""Random networks with Batch Normalization anywhere: what `fold` gives is what they gave."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import trimtab as keras
from trimtab import batchnorm
from trimtab import layers as L

SETTINGS = settings(max_examples=25, deadline=None)
ACTIVATIONS = st.sampled_from([None, "relu", "tanh"])


@st.composite
def norms(draw, data_format="channels_last"):
    return L.BatchNormalization(
        axis=1 if data_format == "channels_first" else -1,
        center=draw(st.booleans()),
        scale=draw(st.booleans()),
        epsilon=draw(st.sampled_from([1e-3, 1e-5])),
    )


@st.composite
def dense_nets(draw):
    parts = [keras.Input((draw(st.integers(1, 6)),))]
    for _ in range(draw(st.integers(1, 4))):
        parts.append(
            L.Dense(draw(st.integers(1, 6)), draw(ACTIVATIONS), use_bias=draw(st.booleans()))
        )
        parts.extend(draw(st.lists(st.one_of(norms(), st.just("drop")), max_size=2)))
    parts = [L.Dropout(0.5) if part == "drop" else part for part in parts]
    return keras.Sequential([*parts, L.Dense(2)])


@st.composite
def convolutions(draw, data_format):
    # Channels first: the library's own way of saying where they are.
    size, common = draw(st.integers(1, 3)), {"data_format": data_format}
    padding = draw(st.sampled_from(["valid", "same"]))
    kind = draw(st.sampled_from(["conv", "grouped", "depthwise", "separable", "transposed"]))
    common |= {"padding": padding, "use_bias": draw(st.booleans()), "activation": draw(ACTIVATIONS)}
    if kind == "depthwise":
        return L.DepthwiseConv2D(size, depth_multiplier=draw(st.sampled_from([1, 2])), **common)
    if kind == "separable":
        return L.SeparableConv2D(4, size, depth_multiplier=2, **common)
    if kind == "transposed":
        return L.Conv2DTranspose(4, size, strides=draw(st.sampled_from([1, 2])), **common)
    groups = 2 if kind == "grouped" else 1
    return L.Conv2D(4, size, groups=groups, **common)


@st.composite
def image_nets(draw):
    data_format = draw(st.sampled_from(["channels_last", "channels_first"]))
    shape = (9, 8, 4) if data_format == "channels_last" else (4, 9, 8)
    parts = [keras.Input(shape)]
    for _ in range(draw(st.integers(1, 2))):
        parts.append(draw(convolutions(data_format)))
        extras = st.sampled_from(["norm", "pool", "average", "drop", "pad"])
        for extra in draw(st.lists(extras, max_size=3)):
            parts.append(
                {
                    "norm": lambda: draw(norms(data_format)),
                    "pool": lambda: L.MaxPooling2D(2, 1, data_format=data_format),
                    "average": lambda: L.AveragePooling2D(2, 1, data_format=data_format),
                    "drop": lambda: L.Dropout(0.5),
                    "pad": lambda: L.ZeroPadding2D(1, data_format=data_format),
                }[extra]()
            )
    parts.append(draw(norms(data_format)))
    last = draw(st.sampled_from(["flatten", "global"]))
    if last == "flatten":
        parts.append(L.Flatten(data_format=data_format))
    else:
        parts.append(L.GlobalAveragePooling2D(data_format=data_format))
    return keras.Sequential([*parts, L.Dense(2)])


def randomised(model, seed):
    """The model with random weights, gammas of both signs and zero."""
    random = np.random.default_rng(seed)
    for layer in model.layers:
        for variable in layer.variables:
            if variable.name == "moving_variance":
                variable.assign(random.uniform(0.05, 3, variable.shape))
            elif variable.name == "gamma":
                variable.assign(random.choice([-1.5, -0.3, 0.0, 0.4, 1.2], variable.shape))
            elif variable.dtype == "float32":
                variable.assign(random.normal(0, 0.7, variable.shape))
    return model


def check(model, seed):
    if not batchnorm.rewriting.batchnorms(model):
        return
    randomised(model, seed)
    random = np.random.default_rng(seed)
    x = random.normal(size=(5, *model.input_shape[1:])).astype("float32")
    folded, report = batchnorm.fold(model, x)

    assert report.holds, str(report)
    stays = [layer for layer in report.layers if layer.action == "stays"]
    assert all(layer.why for layer in stays)
    assert report.largest_difference <= 2e-4 * max(1.0, report.output_size), str(report)
    left = sum(layer.leaves_shift for layer in report.layers)
    assert len(folded.layers) == len(model.layers) - report.folded + left


@SETTINGS
@given(dense_nets(), st.integers(0, 2**16))
def test_folded_dense_net_gives_the_same(model, seed):
    check(model, seed)


@SETTINGS
@given(image_nets(), st.integers(0, 2**16))
def test_folded_image_net_gives_the_same(model, seed):
    check(model, seed)


@SETTINGS
@given(dense_nets(), st.integers(0, 2**16))
def test_placing_there_and_back_keeps_all_kernels(model, seed):
    randomised(model, seed)
    if all(
        getattr(x, "activation", keras.activations.linear).__name__ == "linear"
        for x in model.layers
    ):
        return
    before = batchnorm.place(model, "before").model
    back = batchnorm.place(before, "none").model
    for layer in model.layers:
        if isinstance(layer, L.Dense):
            np.testing.assert_array_equal(
                np.asarray(layer.kernel), np.asarray(back.get_layer(layer.name).kernel)
            )


@SETTINGS
@given(dense_nets(), st.integers(0, 2**16), st.integers(1, 40))
def test_recalibration_depends_on_neither_batch_size_nor_order(model, seed, batch_size):
    if not batchnorm.rewriting.batchnorms(model):
        return
    randomised(model, seed)
    random = np.random.default_rng(seed)
    x = random.normal(size=(40, *model.input_shape[1:])).astype("float32")
    batchnorm.recalibrate(model, x)
    first = [np.array(w) for w in model.get_weights()]
    batchnorm.recalibrate(model, x[random.permutation(40)], batch_size=batch_size)

    for a, b in zip(first, model.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
