"""Steps of a mixed_bfloat16 network: convolutions and normalizations on bfloat16 memory."""

from collections import Counter

import numpy as np
import pytest

import trimtab
from trimtab import layers
from trimtab.engines.cpu import engine

pytest.importorskip("ml_dtypes")

HALF = 11
KERNELS = ("convolution", "convolution_input_gradient", "convolution_kernel_gradient")
NORMALIZATIONS = ("batch_norm", "batch_norm_gradient")


@pytest.fixture
def plans(monkeypatch):
    """The plans that are made while the policy is mixed_bfloat16."""
    made = []
    lower = engine.lower

    def noting(graph, opcodes):
        made.append(lower(graph, opcodes))
        return made[-1]

    monkeypatch.setattr(engine, "lower", noting)
    engine._PLANS.clear()
    trimtab.config.set_dtype_policy("mixed_bfloat16")
    yield made
    trimtab.config.set_dtype_policy("float32")


def _network(data_format="channels_last"):
    shape = (12, 12, 3) if data_format == "channels_last" else (3, 12, 12)
    axis = -1 if data_format == "channels_last" else 1
    x = inputs = trimtab.Input(shape)
    for stride in (1, 2):
        x = layers.Conv2D(16, 3, stride, "same", use_bias=False, data_format=data_format)(x)
        x = layers.Activation("relu")(layers.BatchNormalization(axis=axis)(x))
    x = layers.GlobalAveragePooling2D(data_format=data_format)(x)
    model = trimtab.Model(inputs, layers.Dense(4, activation="softmax")(x))
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model, np.zeros((32, *shape), "float32"), np.zeros(32, "int32")


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_a_training_step_has_no_pass_of_its_own_for_rounding_or_relu(plans, data_format):
    model, x, y = _network(data_format)
    model.fit(x, y, batch_size=32, epochs=1, verbose=0)
    steps = [step for plan in plans for step in plan.steps]
    counts = Counter(step[0] for step in steps)
    assert [counts[name] for name in KERNELS] == [2, 1, 2]
    of_half = [step for step in steps if step[0] in (*KERNELS, *NORMALIZATIONS)]
    assert all(step[2][0] == HALF for step in of_half)
    # Both normalizations have their relu in the step; the gradient of the first one too.
    assert [step[2][-1] for step in steps if step[0] == "batch_norm"] == [1, 1]


def test_inference_keeps_rounded_kernels_as_bfloat16(plans):
    model, x, _ = _network()
    model.predict(x, batch_size=32, verbose=0)
    convolutions = [s for plan in plans for s in plan.steps if s[0] == "convolution"]
    assert [step[2][0] for step in convolutions] == [HALF, HALF]
    # The last flag: the kernel is constant, so it is put into the kernel's order once.
    assert [step[2][-1] for step in convolutions] == [1, 1]
