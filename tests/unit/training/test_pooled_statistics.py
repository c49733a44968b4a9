"""Moving statistics that move once an update of accumulated gradients."""

import copy

import numpy as np
import pytest

import trimtab
from trimtab import layers, optimizers

STEPS, ROWS = 3, 4


def accumulating(steps=STEPS, rate=0.1):
    return optimizers.SGD(rate, gradient_accumulation_steps=steps)


def compiled(model, optimizer=None, **options):
    options = {"pool_batch_statistics": True, **options}
    model.compile(optimizer or accumulating(), "mse", **options)
    return model


def normalizer(**options):
    return trimtab.Sequential(
        [trimtab.Input((2,)), layers.BatchNormalization(momentum=0.8, **options), layers.Dense(1)]
    )


@pytest.fixture
def x(rng):
    # Batches of different means, which pooled variance must hold and a mean of variances does not.
    x = rng.normal(size=(2 * STEPS * ROWS, 2)) + np.repeat(np.arange(2 * STEPS), ROWS)[:, None]
    return x.astype("float32")


def statistics(model):
    layer = model.layers[0]
    return np.array(layer.moving_mean), np.array(layer.moving_variance), layer.updates_seen


def expected(*pools, momentum=0.8):
    mean, variance = np.zeros(2), np.ones(2)
    for rows in pools:
        rows = rows.astype("float64")
        mean = momentum * mean + (1 - momentum) * rows.mean(0)
        variance = momentum * variance + (1 - momentum) * rows.var(0)
    return mean, variance, len(pools)


def check(model, *pools):
    for actual, number in zip(statistics(model), expected(*pools), strict=True):
        np.testing.assert_allclose(actual, number, rtol=1e-5, atol=1e-6)


def fitted(model, x, **options):
    model.fit(x, x[:, :1], batch_size=ROWS, shuffle=False, verbose=0, **options)
    return model


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_they_move_by_the_pooled_mean_and_biased_variance(x, run_eagerly):
    model = compiled(normalizer(), run_eagerly=run_eagerly)
    fitted(model, x)
    half = STEPS * ROWS
    check(model, x[:half], x[half:])


def test_they_stay_within_a_cycle_which_goes_on_in_the_next_fit(x):
    model = compiled(normalizer())
    fitted(model, x[: 2 * ROWS])
    check(model)
    fitted(model, x[2 * ROWS : STEPS * ROWS])
    check(model, x[: STEPS * ROWS])


def test_a_short_last_batch_weighs_its_rows(x):
    model = compiled(normalizer())
    rows = x[: 2 * ROWS + 2]
    fitted(model, rows)
    check(model, rows)


def test_a_layer_called_twice_pools_both_calls(x):
    inputs = trimtab.Input((2,))
    layer = layers.BatchNormalization(momentum=0.8)
    doubled = layer(inputs * 2.0)
    model = trimtab.Model(inputs, layers.Dense(1)(layer(inputs) + doubled))
    compiled(model)
    rows = x[: STEPS * ROWS]
    fitted(model, rows)
    mean, variance, updates = expected(np.concatenate([rows, 2 * rows]))
    np.testing.assert_allclose(layer.moving_mean, mean, rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance, variance, rtol=1e-5)
    assert layer.updates_seen == updates


def test_masked_steps_do_not_count(rng):
    x = rng.normal(size=(STEPS * ROWS, 5, 2)).astype("float32")
    x[::2, 3:] = 0.0
    model = trimtab.Sequential(
        [
            trimtab.Input((5, 2)),
            layers.Masking(),
            layers.BatchNormalization(momentum=0.8),
            layers.Dense(1),
        ]
    )
    compiled(model)
    model.fit(x, x[..., :1], batch_size=ROWS, shuffle=False, verbose=0)
    kept = x[(x != 0).any(-1)]
    mean, variance, _ = expected(kept)
    np.testing.assert_allclose(model.layers[1].moving_mean, mean, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(model.layers[1].moving_variance, variance, rtol=1e-4)


def test_weights_train_as_without(x):
    one, other = normalizer(), normalizer()
    other.set_weights(one.get_weights())
    compiled(one)
    compiled(other, pool_batch_statistics=False)
    for model in (one, other):
        fitted(model, x)
    for a, b in zip(one.trainable_variables, other.trainable_variables, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
    assert other.layers[0].updates_seen == 2 * STEPS


def test_frozen_layers_keep_theirs(x):
    model = normalizer()
    model.layers[0].trainable = False
    compiled(model)
    fitted(model, x)
    check(model)


def test_a_model_compiled_without_moves_them_at_each_batch(x):
    model = compiled(normalizer())
    fitted(model, x[:ROWS])
    model.compile(accumulating(), "mse")
    fitted(model, x[: 2 * ROWS])
    check(model, x[:ROWS], x[ROWS : 2 * ROWS])


def test_a_copy_goes_on_by_itself(x):
    model = compiled(normalizer())
    fitted(model, x[:ROWS])
    copied = copy.deepcopy(model)
    fitted(copied, x[ROWS : STEPS * ROWS])
    check(model)


def test_files_can_be_read_by_keras(x, tmp_path):
    model = compiled(normalizer())
    assert "pool_batch_statistics" not in model.get_compile_config()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: normalizer(renorm=True), "renorm=True"),
        (normalizer, "needs an optimizer with `gradient_accumulation_steps`; got Adam without"),
    ],
)
def test_what_cannot_pool_is_refused(make, message):
    optimizer = accumulating() if "renorm" in message else "adam"
    model = make()
    with pytest.raises(ValueError, match=message):
        model.compile(optimizer, "mse", pool_batch_statistics=True)
    assert not model.compiled


def test_an_own_train_step_is_refused():
    class Own(trimtab.Sequential):
        def train_step(self, data):
            return super().train_step(data)

    with pytest.raises(ValueError, match="works in the standard train_step; got Own"):
        Own([layers.BatchNormalization()]).compile(
            accumulating(), "mse", pool_batch_statistics=True
        )
