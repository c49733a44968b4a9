"""The policy mixed_bfloat16: float32 variables, bfloat16 layers, losses as in float32."""

import numpy as np
import pytest

import trimtab
from trimtab import layers

ml_dtypes = pytest.importorskip("ml_dtypes")


@pytest.fixture(autouse=True)
def _policy():
    trimtab.config.set_dtype_policy("mixed_bfloat16")
    yield
    trimtab.config.set_dtype_policy("float32")


def _network():
    """Convolutions with Batch Normalization and relu, as W4 of the benchmarks but narrower."""
    trimtab.utils.set_random_seed(5)
    parts = []
    for filters, stride in ((16, 1), (16, 1), (32, 2), (32, 1)):
        parts += [layers.Conv2D(filters, 3, stride, "same", use_bias=False)]
        parts += [layers.BatchNormalization(), layers.Activation("relu")]
    top = [layers.GlobalAveragePooling2D(), layers.Dense(4), layers.Activation("softmax")]
    model = trimtab.Sequential([trimtab.Input((16, 16, 3)), *parts, *top])
    optimizer = trimtab.optimizers.SGD(0.1, momentum=0.9)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def _data():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 4, 256)
    patterns = rng.normal(size=(4, 16, 16, 3))
    return (patterns[y] + rng.normal(size=(256, 16, 16, 3))).astype("float32"), y


def _losses():
    x, y = _data()
    return _network().fit(x, y, batch_size=32, epochs=3, shuffle=False, verbose=0).history["loss"]


def test_training_reaches_the_loss_of_float32_within_noise():
    half = _losses()
    trimtab.config.set_dtype_policy("float32")
    single = _losses()
    assert half[-1] < 0.5 * half[0]
    np.testing.assert_allclose(half, single, rtol=0.05, atol=0.01)


def test_variables_are_float32_and_outputs_bfloat16():
    model = _network()
    assert {v.dtype for v in model.variables} == {"float32"}
    assert {layer.compute_dtype for layer in model.layers} == {"bfloat16"}
    outputs = model.predict(_data()[0][:8], verbose=0)
    assert outputs.dtype == ml_dtypes.bfloat16


def test_statistics_are_those_of_float32():
    model = _network()
    x, y = _data()
    model.fit(x, y, batch_size=64, epochs=1, verbose=0)
    moving = model.layers[1].moving_variance.numpy()
    assert not np.array_equal(moving, moving.astype(ml_dtypes.bfloat16).astype("float32"))


def test_the_reference_engine_agrees():
    model = _network()
    x = _data()[0][:8]
    fast = model.predict(x, verbose=0)
    trimtab.config.set_backend("reference")
    try:
        slow_model = trimtab.models.clone_model(model)
        slow_model.set_weights(model.get_weights())
        slow = slow_model.predict(x, verbose=0)
    finally:
        trimtab.config.set_backend("cpu")
    np.testing.assert_allclose(fast.astype("float32"), slow.astype("float32"), atol=0.01)
