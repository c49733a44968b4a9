import numpy as np
import pytest

from trimtab import layers

X = np.ones((200, 50), "float32")


@pytest.mark.parametrize(
    "layer",
    [
        layers.Dropout(0.3, seed=1),
        layers.GaussianDropout(0.3, seed=1),
        layers.GaussianNoise(0.3, seed=1),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_the_mean_is_kept_in_training(layer):
    y = np.asarray(layer(X, training=True))
    assert abs(y.mean() - 1) < 0.02
    assert y.std() > 0.1


@pytest.mark.parametrize(
    "layer",
    [layers.Dropout(0.3), layers.GaussianDropout(0.3), layers.GaussianNoise(0.3)],
    ids=lambda layer: type(layer).__name__,
)
def test_inference_changes_nothing(layer):
    np.testing.assert_array_equal(layer(X), X)


def test_dropout_scales_what_it_keeps():
    y = np.asarray(layers.Dropout(0.75, seed=3)(X, training=True))
    assert set(np.unique(y)) == {0.0, 4.0}
    assert abs((y == 0).mean() - 0.75) < 0.02


def test_dropout_draws_anew_at_each_call():
    layer = layers.Dropout(0.5, seed=3)
    first, second = np.asarray(layer(X, training=True)), np.asarray(layer(X, training=True))
    assert (first != second).any()


def test_the_same_seed_gives_the_same_draws():
    first, second = (layers.Dropout(0.5, seed=3)(X, training=True) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_a_noise_shape_drops_whole_rows():
    y = np.asarray(layers.Dropout(0.5, noise_shape=(None, 1), seed=2)(X, training=True))
    assert (y.std(axis=1) == 0).all()


def test_spatial_dropout_drops_whole_maps():
    x = np.ones((20, 4, 4, 8), "float32")
    y = np.asarray(layers.SpatialDropout2D(0.5, seed=2)(x, training=True))
    assert (y.std(axis=(1, 2)) == 0).all()
    assert 0 < y.mean() < 2


def test_alpha_dropout_keeps_mean_and_variance():
    x = np.random.default_rng(1).normal(size=(400, 100)).astype("float32")
    y = np.asarray(layers.AlphaDropout(0.2, seed=2)(x, training=True))
    np.testing.assert_allclose([y.mean(), y.var()], [0, 1], atol=0.03)


def test_a_rate_of_1_drops_everything():
    np.testing.assert_array_equal(layers.Dropout(1.0, seed=1)(X, training=True), 0 * X)


@pytest.mark.parametrize("rate", [-0.1, 1.1, "half", None, True])
def test_a_rate_outside_of_0_to_1_is_refused(rate):
    with pytest.raises(ValueError, match=r"argument `rate`. Expected a float"):
        layers.Dropout(rate)


@pytest.mark.parametrize("shape", ["ab", 3, (0, 1), (1.5,)])
def test_a_noise_shape_that_is_none_is_refused(shape):
    with pytest.raises(ValueError, match="argument `noise_shape`"):
        layers.Dropout(0.5, noise_shape=shape)


def test_the_seed_is_state_but_no_weight():
    layer = layers.Dropout(0.5)
    assert [v.name for v in layer.variables] == ["seed_generator_state"]
    assert layer.weights == []


def test_no_rate_needs_no_seed():
    assert layers.Dropout(0).variables == []
