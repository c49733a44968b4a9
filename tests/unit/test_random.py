"""Draws have their distributions, and follow their seeds."""

import math

import numpy as np
import pytest

import trimtab
from trimtab import layers, random
from trimtab.core.tracing import CompiledStep

COUNT = 20_000


@pytest.mark.parametrize(
    ("drawn", "mean", "variance"),
    [
        (lambda s: random.uniform((COUNT,), 1.0, 3.0, seed=s), 2.0, 1 / 3),
        (lambda s: random.normal((COUNT,), 1.0, 2.0, seed=s), 1.0, 4.0),
        (lambda s: random.truncated_normal((COUNT,), 1.0, 2.0, seed=s), 1.0, 4 * 0.7737),
        (lambda s: random.gamma((COUNT,), 2.5, seed=s), 2.5, 2.5),
        (lambda s: random.gamma((COUNT,), 0.4, seed=s), 0.4, 0.4),
        (lambda s: random.beta((COUNT,), 2.0, 3.0, seed=s), 0.4, 0.04),
        (lambda s: random.binomial((COUNT,), 10, 0.3, seed=s), 3.0, 2.1),
        (lambda s: random.randint((COUNT,), 0, 10, seed=s), 4.5, 8.25),
    ],
)
def test_draws_have_their_mean_and_variance(drawn, mean, variance):
    x = np.asarray(drawn(3), "float64")
    np.testing.assert_allclose([x.mean(), x.var()], [mean, variance], rtol=0.05, atol=0.02)


def test_truncated_draws_lie_within_two_deviations():
    x = np.asarray(random.truncated_normal((COUNT,), seed=1))
    assert np.abs(x).max() <= 2


def test_classes_are_drawn_by_their_probabilities():
    logits = np.log([[0.1, 0.2, 0.7]])
    drawn = np.asarray(random.categorical(logits, COUNT, seed=2))
    np.testing.assert_allclose(np.bincount(drawn[0]) / COUNT, [0.1, 0.2, 0.7], atol=0.02)


def test_shuffling_keeps_the_rows():
    x = np.arange(20).reshape(10, 2)
    shuffled = np.asarray(random.shuffle(x, seed=4))
    assert (shuffled != x).any()
    np.testing.assert_array_equal(np.sort(shuffled, axis=0), x)


def test_dropout_keeps_the_mean():
    x = np.ones(COUNT, "float32")
    np.testing.assert_allclose(np.mean(random.dropout(x, 0.25, seed=1)), 1.0, atol=0.02)


def test_one_seed_gives_the_same_numbers_each_time():
    np.testing.assert_array_equal(random.normal((5,), seed=7), random.normal((5,), seed=7))


def test_a_generator_gives_new_numbers_each_time():
    generator = random.SeedGenerator(7)
    first, second = (np.asarray(random.normal((5,), seed=generator)) for _ in range(2))
    assert (first != second).any()


def test_the_global_seed_fixes_draws_without_a_seed():
    def drawn():
        trimtab.utils.set_random_seed(5)
        return np.asarray(random.uniform((3,)))

    np.testing.assert_array_equal(drawn(), drawn())


def test_draws_without_a_seed_differ_between_runs_of_a_compiled_step():
    step = trimtab.core.tracing.CompiledStep(lambda x: x + random.uniform((3,)))
    first, second = (np.array(step(np.zeros(3, "float32"))) for _ in range(2))
    assert (first != second).any()


def test_binomial_draws_cannot_be_traced():
    inputs = layers.Input((3,))
    layer = layers.Lambda(lambda x: random.binomial((3,), x, 0.5))
    with pytest.raises(ValueError, match="binomial: `counts` must be known"):
        layer(inputs)


def test_a_seed_must_be_whole():
    with pytest.raises(ValueError, match="`seed` must be a whole number"):
        random.SeedGenerator(1.5)


def share_below(draws, bounds):
    return [(np.asarray(draws, "float64") < bound).mean() for bound in bounds]


def normal_share(bound):
    return 0.5 + 0.5 * math.erf(bound / math.sqrt(2))


def test_normal_draws_have_the_normal_distribution():
    bounds = (-2.5, -1.0, -0.3, 0.0, 0.7, 1.5, 3.0)
    found = share_below(random.normal((COUNT,), seed=5), bounds)
    np.testing.assert_allclose(found, [normal_share(b) for b in bounds], atol=0.012)


def test_neighbouring_normal_draws_are_independent():
    x = np.asarray(random.normal((2, COUNT), seed=6))
    pairs = [(x[0], x[1]), (x[0, :-1], x[0, 1:]), (x[0, : COUNT // 2], x[0, COUNT // 2 :])]
    np.testing.assert_allclose([np.corrcoef(*p)[0, 1] for p in pairs], 0, atol=0.03)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_uniform_draws_fill_the_interval(dtype):
    x = np.asarray(random.uniform((COUNT,), dtype=dtype, seed=8))
    assert (x.dtype, x.min() >= 0, x.max() < 1) == (dtype, True, True)
    np.testing.assert_allclose(share_below(x, (0.1, 0.5, 0.9)), (0.1, 0.5, 0.9), atol=0.012)


def test_float64_draws_use_all_their_bits():
    x = np.asarray(random.uniform((COUNT,), dtype="float64", seed=8))
    assert np.unique(x).size == COUNT
    assert (x * 2.0**24 % 1 != 0).all()


def test_whole_draws_are_even():
    x = np.asarray(random.randint((COUNT,), -3, 7, seed=9))
    assert x.dtype == np.int32
    np.testing.assert_allclose(np.bincount(x + 3) / COUNT, np.full(10, 0.1), atol=0.012)


def test_whole_draws_reach_far_bounds():
    x = np.asarray(random.randint((COUNT,), 2**53 + 1, 2**53 + 3, dtype="int64", seed=9))
    assert set(x.tolist()) == {2**53 + 1, 2**53 + 2}


@pytest.mark.parametrize("bounds", [(3, 3), (3, 2), (0, 2**33)])
def test_bounds_without_numbers_between_them_are_refused(bounds):
    with pytest.raises(ValueError, match="`maxval` must lie above `minval`"):
        random.randint((3,), *bounds)


@pytest.mark.parametrize(
    "draw",
    [
        lambda s: random.uniform((5, 3), seed=s),
        lambda s: random.normal((5, 3), seed=s),
        lambda s: random.truncated_normal((5, 3), seed=s),
        lambda s: random.randint((5, 3), 0, 100, seed=s),
        lambda s: random.gamma((5, 3), 1.5, seed=s),
        lambda s: random.beta((5, 3), 1.5, 0.5, seed=s),
        lambda s: random.shuffle(np.arange(9), seed=s),
        lambda s: random.categorical(np.zeros((3, 4), "float32"), 5, seed=s),
        lambda s: random.dropout(np.ones((5, 3), "float32"), 0.5, (None, 1), seed=s),
    ],
)
def test_a_seed_gives_the_same_numbers_traced_as_eager(draw):
    traced = CompiledStep(lambda x: draw(42) + 0 * x)(np.float32(0))
    np.testing.assert_allclose(traced, np.asarray(draw(42)), rtol=1e-5, atol=1e-6)


def test_a_generator_counts_on_through_compiled_steps():
    first, second = random.SeedGenerator(3), random.SeedGenerator(3)
    step = CompiledStep(lambda x: x + random.uniform((4,), seed=first))
    traced = [np.array(step(np.zeros(4, "float32"))) for _ in range(2)]
    eager = [np.asarray(random.uniform((4,), seed=second)) for _ in range(2)]
    np.testing.assert_array_equal(traced, eager)
    np.testing.assert_array_equal(first.state.numpy(), [3, 2])


def test_a_generator_comes_back_from_its_configuration():
    generator = random.SeedGenerator(3, name="noise")
    assert random.SeedGenerator.from_config(generator.get_config()).get_config() == {
        "seed": 3,
        "name": "noise",
    }


@pytest.mark.parametrize("seed", [1.5, "7", True])
def test_what_is_no_seed_is_refused(seed):
    with pytest.raises(ValueError, match="`seed` must be a whole number, a SeedGenerator or None"):
        random.normal((2,), seed=seed)


@pytest.mark.parametrize(("rate", "value"), [(0, 1.0), (1, 0.0)])
def test_dropout_of_nothing_or_all_draws_no_numbers(rate, value):
    generator = random.SeedGenerator(3)
    result = random.dropout(np.ones(4, "float32"), rate, seed=generator)
    np.testing.assert_array_equal(result, np.full(4, value))
    assert generator.state.numpy()[1] == 0


def test_a_rate_outside_the_interval_is_refused():
    with pytest.raises(ValueError, match=r"dropout: `rate` must lie in \[0, 1\]; got 1.5"):
        random.dropout(np.ones(4), 1.5)


def test_a_noise_shape_is_repeated():
    x = np.asarray(random.dropout(np.ones((50, 6), "float32"), 0.5, (None, 1), seed=1))
    assert (x == x[:, :1]).all()
    assert set(np.unique(x)) == {0, 2}


def test_a_noise_shape_of_other_axes_is_refused():
    with pytest.raises(ValueError, match="`noise_shape` must have the 1 axes"):
        random.dropout(np.ones(4), 0.5, (4, 1))


@pytest.mark.parametrize("draw", [random.uniform, random.normal, random.truncated_normal])
def test_draws_of_whole_numbers_are_refused_by_name(draw):
    with pytest.raises(ValueError, match="`dtype` must be a float type; got int32"):
        draw((2,), dtype="int32")
