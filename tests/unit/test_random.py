import numpy as np
import pytest

import trimtab
from trimtab import layers, random

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
