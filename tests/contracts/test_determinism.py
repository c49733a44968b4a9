"""Same seed, same bits: in another process, and with another number of threads."""

import os
import subprocess
import sys

import pytest

# Wide enough that matrix products, Batch Normalization and the optimizer are shared out to threads.
_SCRIPT = """
import hashlib, sys
import numpy as np
import trimtab as keras
from trimtab import layers

threads, units = int(sys.argv[1]), int(sys.argv[2])
keras.config.set_num_threads(threads)
keras.utils.set_random_seed(7)
rows = np.random.default_rng(0)
x = rows.normal(size=(700, 90)).astype("float32")
y = rows.integers(0, 5, 700)
model = keras.Sequential([
    keras.Input((90,)),
    layers.Dense(units), layers.BatchNormalization(), layers.PReLU(), layers.Dropout(0.3),
    layers.Dense(units), layers.Activation("tanh"), layers.BatchNormalization(),
    layers.Dense(5), layers.Activation("softmax"),
])
model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
history = model.fit(x, y, epochs=2, batch_size=256, validation_split=0.2, verbose=0)
digest = hashlib.sha256()
for weight in model.get_weights():
    digest.update(weight.tobytes())
digest.update(model.predict(x, verbose=0).tobytes())
digest.update(repr(history.history).encode())
print(digest.hexdigest())
"""


def _digest(threads, units, fill="0"):
    """What training comes to in a process; glibc fills fresh memory with ~`fill`, unless 0."""
    command = [sys.executable, "-c", _SCRIPT, str(threads), str(units)]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "MALLOC_PERTURB_": fill},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("units", [16, 512])
def test_two_processes_of_one_seed_give_identical_bits(units):
    assert _digest(1, units) == _digest(1, units, "85")


@pytest.mark.parametrize("units", [16, 512])
def test_one_and_two_threads_give_identical_bits(units):
    assert _digest(1, units) == _digest(2, units)
