import numpy as np
import pytest

import trimtab as keras
from trimtab import layers
from trimtab.batchnorm.studies import seeding


def network(placement):
    norm = [layers.BatchNormalization()] if placement != "none" else []
    return keras.Sequential(
        [
            keras.Input((3,)),
            layers.Dense(5),
            *norm,
            layers.Dropout(0.5),
            layers.Dense(2, kernel_initializer="he_normal"),
        ]
    )


def started(model, seed):
    seeding.reseed(model, seed)
    return seeding.start_values(model)


def test_layers_in_common_start_equal_whatever_else_is_there():
    plain, normed = started(network("none"), 7), started(network("before"), 7)

    assert set(plain) < set(normed)
    for key, value in plain.items():
        np.testing.assert_array_equal(value, normed[key])


def test_seeds_give_different_kernels_and_streams():
    one, other = started(network("none"), 1), started(network("none"), 2)

    assert not np.array_equal(one["Dense 0", "kernel"], other["Dense 0", "kernel"])
    assert not np.array_equal(one["Dropout 0", "stream 0"], other["Dropout 0", "stream 0"])


def test_kernels_of_equal_shape_differ_between_layers():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(4), layers.Dense(4)])

    values = started(model, 3)

    assert not np.array_equal(values["Dense 0", "kernel"], values["Dense 1", "kernel"])


def test_layer_with_a_name_of_its_own_is_known_by_it():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(4, name="first"), layers.Dense(4)])

    assert [role for role, _ in seeding.layers_by_role(model)][2:] == ["Dense 'first'", "Dense 1"]


def test_weights_that_a_user_loaded_stay():
    model = network("none")
    loaded = np.full((3, 5), 0.25, "float32")
    model.layers[0].kernel.assign(loaded)

    values = started(model, 5)

    np.testing.assert_array_equal(values["Dense 0", "kernel"], loaded)


def test_explicit_seed_is_replaced_since_seeds_must_differ():
    def build():
        start = keras.initializers.GlorotUniform(seed=1)
        return keras.Sequential([keras.Input((3,)), layers.Dense(5, kernel_initializer=start)])

    one, other = started(build(), 1), started(build(), 2)

    assert not np.array_equal(one["Dense 0", "kernel"], other["Dense 0", "kernel"])


def test_drawn_kernel_has_the_spread_of_its_initializer():
    model = keras.Sequential([keras.Input((200,)), layers.Dense(300)])

    kernel = started(model, 4)["Dense 0", "kernel"]

    # Glorot: uniform within sqrt(6 / (fan_in + fan_out)), deviation sqrt(2 / (fan_in + fan_out)).
    assert kernel.std() == pytest.approx(np.sqrt(2 / 500), rel=0.02)
    assert np.abs(kernel).max() <= np.sqrt(6 / 500)
