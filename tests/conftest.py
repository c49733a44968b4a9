"""What every test shares: the oracle's backend, a seeded generator, hypothesis's profiles."""

import os

# Keras reads its backend when it is imported, which a test module does before any fixture runs.
os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_PLATFORMS"] = "cpu"
# The oracle is asked once a shape: what XLA optimizes takes longer than what it saves.
os.environ["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"

import hypothesis
import numpy as np
import pytest

from trimtab.core import random
from trimtab.layers.batch_normalization import take_left_out

# A shared machine is slow now and then, which says nothing about a test: no deadlines. In CI the
# same examples are drawn each time, so that a red run can be repeated.
hypothesis.settings.register_profile("local", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "local")


# Every test starts from the same numbers, whatever ran before it.
SEED = 20150211


@pytest.fixture(autouse=True)
def seed():
    """Seed of the layers and initializers that are given none; returned for those that need one."""
    random.set_seed(SEED)
    take_left_out()  # layers that another test left unused are not this test's mistake
    return SEED


@pytest.fixture
def rng():
    """NumPy generator for a test's data."""
    return np.random.default_rng(SEED)
