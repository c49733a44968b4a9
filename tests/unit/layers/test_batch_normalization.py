import gc
import itertools

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies

import trimtab
from trimtab import layers
from trimtab.layers.batch_normalization import orphans

EPSILON = 1e-3


def normalised(x, axis, epsilon=EPSILON):
    """The definition: mean and biased variance over all axes but one, in float64."""
    axes = tuple(a for a in range(x.ndim) if a != axis % x.ndim)
    x = x.astype("float64")
    mean, variance = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    return (x - mean) / np.sqrt(variance + epsilon), mean.ravel(), variance.ravel()


def cases():
    """Shapes of one to five axes, and an axis of them."""
    sizes = strategies.lists(strategies.integers(1, 5), min_size=1, max_size=5).map(tuple)
    return sizes.flatmap(
        lambda shape: strategies.tuples(
            strategies.just(shape), strategies.integers(-len(shape), len(shape) - 1)
        )
    )


@hypothesis.given(cases(), strategies.integers(0, 2**32 - 1))
@hypothesis.settings(max_examples=60)
def test_training_normalises_by_the_batch_for_any_shape_and_axis(case, seed):
    shape, axis = case
    x = np.random.default_rng(seed).normal(1.0, 2.0, shape).astype("float32")
    layer = layers.BatchNormalization(axis=axis, momentum=0.0)
    wanted, mean, variance = normalised(x, axis)
    np.testing.assert_allclose(layer(x, training=True), wanted, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(layer.moving_mean, mean, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(layer.moving_variance, variance, rtol=1e-4, atol=1e-4)


def test_two_rows_worked_by_hand():
    layer = layers.BatchNormalization(epsilon=0.0, momentum=0.75)
    y = layer(np.array([[1.0], [3.0]]), training=True)
    # Mean 2, biased variance 1; moving 0.75 * 0 + 0.25 * 2 and 0.75 * 1 + 0.25 * 1.
    np.testing.assert_allclose(y, [[-1.0], [1.0]])
    np.testing.assert_allclose([*layer.moving_mean, *layer.moving_variance], [0.5, 1.0])


def test_inference_uses_the_moving_statistics_and_leaves_them():
    layer = layers.BatchNormalization(epsilon=0.0)
    layer.build((None, 1))
    layer.set_weights([[2.0], [1.0], [3.0], [4.0]])
    np.testing.assert_allclose(layer(np.array([[5.0]])), [[3.0]])
    np.testing.assert_array_equal(layer.moving_mean, [3.0])


def test_a_frozen_layer_uses_its_moving_statistics_in_training():
    layer = layers.BatchNormalization(trainable=False, epsilon=0.0)
    x = np.array([[1.0], [3.0]], "float32")
    np.testing.assert_array_equal(layer(x, training=True), x)
    np.testing.assert_array_equal(layer.moving_mean, [0.0])
    assert layer.updates_seen == 0


def test_one_row_gives_beta():
    layer = layers.BatchNormalization(beta_initializer="ones")
    np.testing.assert_array_equal(layer(np.full((1, 3), 7.0), training=True), np.ones((1, 3)))


def test_half_inputs_do_not_overflow():
    layer = layers.BatchNormalization(dtype="mixed_float16")
    y = layer(np.array([[300.0], [-300.0]]), training=True)
    assert (y.dtype, layer.gamma.dtype) == ("float16", "float32")
    np.testing.assert_allclose(np.asarray(y, "float32"), [[1.0], [-1.0]], rtol=1e-3)


def test_float64_stays_float64():
    layer = layers.BatchNormalization(dtype="float64")
    assert layer(np.ones((2, 2)), training=True).dtype == "float64"


def test_integers_are_computed_in_float32():
    assert layers.BatchNormalization()(np.array([[1], [3]]), training=True).dtype == "float32"


def test_masked_steps_do_not_count():
    layer = layers.BatchNormalization(momentum=0.0)
    x = np.array([[[1.0], [3.0], [100.0]]], "float32")
    layer(x, training=True, mask=np.array([[True, True, False]]))
    np.testing.assert_allclose([*layer.moving_mean, *layer.moving_variance], [2.0, 1.0], rtol=1e-5)


def test_a_batch_masked_altogether_has_mean_0_and_variance_0():
    layer = layers.BatchNormalization(momentum=0.0)
    layer(np.ones((1, 2, 1), "float32"), training=True, mask=np.zeros((1, 2), bool))
    np.testing.assert_array_equal([*layer.moving_mean, *layer.moving_variance], [0.0, 0.0])


def test_a_mask_of_the_wrong_rank_is_refused():
    with pytest.raises(ValueError, match=r"one dimension less.*mask.shape=\(2,\)"):
        layers.BatchNormalization()(np.ones((2, 3, 4)), mask=np.ones(2, bool))


def test_an_axis_out_of_range_is_refused():
    with pytest.raises(ValueError, match="Axis 2 is out of bounds.*axis=2"):
        layers.BatchNormalization(axis=2)(np.ones((3, 4)))


@pytest.mark.parametrize("axis", [[3], (1,)])
def test_several_axes_are_refused(axis):
    with pytest.raises(TypeError, match="`axis` must be one whole number"):
        layers.BatchNormalization(axis=axis)


def test_synchronized_is_refused():
    with pytest.raises(ValueError, match="synchronized=True"):
        layers.BatchNormalization(synchronized=True)


@pytest.mark.parametrize(
    ("clipping", "message"),
    [
        ({"max": 1}, "invalid keys"),
        ({"rmin": 2, "rmax": 1}, "rmax should be greater than rmin.*rmax=1, rmin=2"),
        ({"dmax": -1}, "dmax should be non-negative.*dmax=-1"),
    ],
)
def test_renorm_limits_that_make_no_sense_are_refused(clipping, message):
    with pytest.raises(ValueError, match=message):
        layers.BatchNormalization(renorm=True, renorm_clipping=clipping)


def test_the_rank_is_fixed_at_the_first_build():
    layer = layers.BatchNormalization(name="bn")
    layer(np.ones((2, 4)))
    with pytest.raises(ValueError, match="'bn'.*expected ndim=2, found ndim=3"):
        layer(np.ones((2, 3, 4)))


@pytest.mark.parametrize(("center", "scale"), [*itertools.product([True, False], repeat=2)])
def test_weights_come_as_gamma_beta_mean_variance(center, scale):
    layer = layers.BatchNormalization(center=center, scale=scale)
    layer.build((None, 3))
    wanted = ["gamma"] * scale + ["beta"] * center + ["moving_mean", "moving_variance"]
    assert [w.name for w in layer.weights] == wanted


def test_updates_are_counted_exactly_whoever_runs_the_steps():
    layer = layers.BatchNormalization()
    model = trimtab.Sequential([trimtab.Input((3,)), layer, layers.Dense(1)])
    x = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")
    layer(x, training=True)
    model(x, training=True)
    model.compile("sgd", "mse")
    model.fit(x, np.zeros(20), batch_size=8, epochs=2, verbose=0)
    model.evaluate(x, np.zeros(20), verbose=0)
    assert layer.updates_seen == 1 + 1 + 2 * 3


def test_the_count_of_updates_is_no_weight():
    layer = layers.BatchNormalization()
    layer.build((None, 3))
    assert len(layer.variables) == 4


def test_the_share_of_the_initial_statistics_is_momentum_to_the_updates():
    layer = layers.BatchNormalization(momentum=0.5)
    for _ in range(3):
        layer(np.ones((2, 3)), training=True)
    assert layer.initial_share == 0.125


def test_describe_tells_statistics_updates_and_state():
    layer = layers.BatchNormalization(momentum=0.5, name="bn")
    layer(np.ones((2, 3)), training=True)
    assert layer.describe() == (
        "bn (momentum 0.5): 6 statistics, 1 updates seen, 50 % of the initial ones left; trains"
    )


def test_describe_says_that_a_layer_is_frozen():
    layer = layers.BatchNormalization(trainable=False)
    layer.build((None, 3))
    assert "frozen: uses its moving statistics in training too" in layer.describe()


def test_a_layer_that_nobody_uses_is_an_orphan():
    gc.collect()
    before = set(orphans())
    used, owned = layers.BatchNormalization(), layers.BatchNormalization()
    left_out = layers.BatchNormalization()
    used(np.ones((2, 3)))
    model = trimtab.Sequential([layers.Dense(1), owned])
    assert set(orphans()) - before == {left_out}
    assert len(model.layers) == 2
