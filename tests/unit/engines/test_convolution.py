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
