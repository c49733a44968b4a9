"""Convolution steps: when oneDNN is loaded, and that results don't hang on it."""

import os
import subprocess
import sys

import numpy as np
import pytest

CONVOLVE = """
import sys
import numpy as np
from trimtab import engines
from trimtab.ir.graph import Graph, placeholder
from trimtab.primitives.convolution import convolution
from trimtab.primitives.contraction import matmul

def run(primitive, arrays, **attrs):
    inputs = tuple(placeholder(a.shape, "float32") for a in arrays)
    graph = Graph(inputs, (), (primitive(*inputs, **attrs),), ())
    return engines.get("cpu").compile(graph).run(arrays, [])[0]

def is_mapped():
    with open("/proc/self/maps") as maps:
        return "libdnnl" in maps.read()

x = np.linspace(-1, 1, 2 * 6 * 6 * 16, dtype=np.float32).reshape(2, 6, 6, 16)
w = np.linspace(1, -1, 3 * 3 * 16 * 16, dtype=np.float32).reshape(3, 3, 16, 16)
run(matmul, [x.reshape(72, 16), w.reshape(16, 144)], transpose_a=False, transpose_b=False)
before = is_mapped()
geometry = {"strides": (1, 1), "low": (1, 1), "high": (1, 1), "dilation": (1, 1), "groups": 1}
y = run(convolution, [x, w], **geometry)
print(before, is_mapped())
np.save(sys.argv[1], y)
"""


def convolve(path, onednn):
    """(whether oneDNN was mapped before, and after, the first convolution; the result)."""
    finished = subprocess.run(
        [sys.executable, "-c", CONVOLVE, str(path)],
        env={**os.environ, "TRIMTAB_ONEDNN": onednn},
        capture_output=True,
        text=True,
        check=True,
    )
    before, after = (word == "True" for word in finished.stdout.split())
    return before, after, np.load(path)


pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/self/maps")


def test_onednn_is_not_loaded_before_a_convolution(tmp_path):
    before, _, _ = convolve(tmp_path / "y.npy", "1")
    assert not before


def test_onednn_is_not_loaded_where_it_is_forbidden(tmp_path):
    _, after, _ = convolve(tmp_path / "y.npy", "0")
    assert not after


def test_own_kernels_give_what_onednn_gives(tmp_path):
    _, _, own = convolve(tmp_path / "own.npy", "0")
    _, _, other = convolve(tmp_path / "other.npy", "1")
    np.testing.assert_allclose(own, other, rtol=1e-5, atol=1e-4)


TRAIN = """
import sys
import numpy as np
import trimtab
from trimtab import layers

trimtab.utils.set_random_seed(0)
parts = []
for filters, size, stride, groups in ((16, 3, 1, 1), (24, 3, 1, 1), (24, 5, 2, 4), (32, 1, 1, 1)):
    parts += [layers.Conv2D(filters, size, stride, "same", groups=groups, use_bias=False)]
    parts += [layers.BatchNormalization(), layers.Activation("relu")]
parts += [layers.DepthwiseConv2D(3), layers.GlobalAveragePooling2D(), layers.Dense(4, "softmax")]
model = trimtab.Sequential([trimtab.Input((16, 16, 3)), *parts])
model.compile(trimtab.optimizers.SGD(0.05), "sparse_categorical_crossentropy")
rng = np.random.default_rng(0)
x, y = rng.normal(size=(64, 16, 16, 3)).astype("float32"), rng.integers(0, 4, 64)
losses = model.fit(x, y, batch_size=16, epochs=2, shuffle=False, verbose=0).history["loss"]
np.savez(sys.argv[1], losses=losses, outputs=model.predict(x, verbose=0))
"""


def _trained(path, onednn, isa=""):
    environment = {**os.environ, "TRIMTAB_ONEDNN": onednn}
    if isa:
        environment["TRIMTAB_ISA"] = isa
    subprocess.run([sys.executable, "-c", TRAIN, str(path)], env=environment, check=True)
    return np.load(path)


@pytest.mark.parametrize("isa", ["", "portable"])
def test_a_network_trains_alike_with_onednn_and_without(tmp_path, isa):
    own = _trained(tmp_path / "own.npz", "0", isa)
    other = _trained(tmp_path / "other.npz", "1")
    np.testing.assert_allclose(own["losses"], other["losses"], rtol=1e-4)
    np.testing.assert_allclose(own["outputs"], other["outputs"], rtol=1e-2, atol=1e-3)
