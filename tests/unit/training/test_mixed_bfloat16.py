"""The policy mixed_bfloat16: float32 variables, bfloat16 layers, losses as in float32."""

import json
import os
import subprocess
import sys

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
    trimtab.config.set_num_threads(None)


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


def _losses(policy="mixed_bfloat16", threads=None):
    trimtab.config.set_dtype_policy(policy)
    trimtab.config.set_num_threads(threads)
    x, y = _data()
    return _network().fit(x, y, batch_size=32, epochs=3, shuffle=False, verbose=0).history["loss"]


def _check(half):
    assert half[-1] < 0.5 * half[0]
    np.testing.assert_allclose(half, _losses("float32"), rtol=0.05, atol=0.01)


def test_training_reaches_the_loss_of_float32_within_noise():
    _check(_losses())


@pytest.mark.parametrize(
    "environment",
    [{"TRIMTAB_BFLOAT16": "1"}, {"TRIMTAB_ONEDNN": "0", "TRIMTAB_ISA": "portable"}],
    ids=["oneDNN", "portable"],
)
def test_so_it_does_on_other_paths_with_any_number_of_threads(environment):
    said = subprocess.run(
        [sys.executable, __file__],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    one, two = json.loads(said.stdout)
    assert one == two
    _check(one)


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


def _branches():
    """A residual and a dense connection, biases, pooling, channels that fill no vector."""
    trimtab.utils.set_random_seed(3)
    x = inputs = trimtab.Input((12, 12, 3))
    x = layers.Conv2D(20, 3, padding="same", activation="relu")(x)
    short = x
    x = layers.BatchNormalization()(layers.Conv2D(20, 3, padding="same", use_bias=False)(x))
    x = layers.Activation("relu")(layers.add([x, short]))
    x = layers.MaxPooling2D()(x)
    x = layers.concatenate([x, layers.Conv2D(12, 1, activation="relu")(x)])
    x = layers.Conv2DTranspose(8, 3, strides=2, padding="same")(layers.ZeroPadding2D()(x))
    x = layers.GlobalAveragePooling2D()(layers.BatchNormalization()(x))
    model = trimtab.Model(inputs, layers.Dense(4, activation="softmax", dtype="float32")(x))
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def _branches_step(backend):
    trimtab.config.set_backend(backend)
    try:
        model = _branches()
        rng = np.random.default_rng(1)
        x, y = rng.normal(size=(8, 12, 12, 3)).astype("float32"), rng.integers(0, 4, 8)
        before = [w.copy() for w in model.get_weights()]
        loss = model.train_on_batch(x, y)
        changes = [new - old for new, old in zip(model.get_weights(), before, strict=True)]
        return loss, changes, model.predict(x, verbose=0)
    finally:
        trimtab.config.set_backend("cpu")


def test_a_step_through_branches_is_that_of_the_reference_engine():
    loss, changes, outputs = _branches_step("cpu")
    want_loss, want_changes, want_outputs = _branches_step("reference")
    np.testing.assert_allclose(loss, want_loss, rtol=0.01)
    for got, want in zip(changes, want_changes, strict=True):
        np.testing.assert_allclose(got, want, atol=0.05 * np.abs(want).max())
    np.testing.assert_allclose(outputs, want_outputs, atol=0.02)


if __name__ == "__main__":
    sys.stdout.write(json.dumps([_losses(threads=1), _losses(threads=2)]))
