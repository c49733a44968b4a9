"""A study that several tests look at, and its data."""

import pytest
from small_network import made_data, network

from trimtab.batchnorm.studies.api import study


@pytest.fixture
def table():
    """x and one-hot y of 120 rows."""
    return made_data()


@pytest.fixture(scope="session")
def done():
    """A study of three arms and seven seeds."""
    x, y = made_data()
    return study(network, x, y, seeds=7, epochs=3, batch_size=16, jobs=2)
