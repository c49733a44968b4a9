import numpy as np
import pytest

import trimtab as keras
from trimtab import batchnorm
from trimtab import layers as L
from trimtab.batchnorm.pooling import Pool

RNG = np.random.default_rng(3)
X = RNG.normal(1.0, 2.0, size=(103, 6)).astype("float32")


def net(dropout=0.0):
    model = keras.Sequential(
        [
            keras.Input((6,)),
            L.Dense(8, "relu", name="a"),
            L.BatchNormalization(name="bn1"),
            L.Dropout(dropout),
            L.Dense(5, name="b"),
            L.BatchNormalization(name="bn2"),
            L.ReLU(),
            L.Dense(1),
        ]
    )
    for layer in (model.get_layer("a"), model.get_layer("b")):
        layer.set_weights([RNG.normal(size=w.shape) for w in layer.get_weights()])
    return model


def statistics(model):
    return [
        np.asarray(v)
        for norm in batchnorm.rewriting.batchnorms(model)
        for v in (norm.moving_mean, norm.moving_variance)
    ]


def expected(model, x):
    """Both layers' statistics by plain formulas in float64."""
    a, b = model.get_layer("a"), model.get_layer("b")
    z = np.maximum(x.astype(float) @ np.asarray(a.kernel) + np.asarray(a.bias), 0)
    bn1 = model.get_layer("bn1")
    h = (z - z.mean(0)) / np.sqrt(z.var(0) + 1e-3) * np.asarray(bn1.gamma) + np.asarray(bn1.beta)
    u = h @ np.asarray(b.kernel) + np.asarray(b.bias)
    return [z.mean(0), z.var(0), u.mean(0), u.var(0)]


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_statistics_are_those_of_a_direct_computation(dropout):
    model = net(dropout)
    batchnorm.recalibrate(model, X)

    for got, want in zip(statistics(model), expected(model, X), strict=True):
        np.testing.assert_allclose(got, want, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("batch_size", [1, 7, 64, 1000])
def test_batch_size_changes_nothing(batch_size):
    one, other = net(), None
    other = keras.models.clone_model(one)
    other.set_weights(one.get_weights())
    batchnorm.recalibrate(one, X)
    batchnorm.recalibrate(other, X, batch_size=batch_size)

    for a, b in zip(statistics(one), statistics(other), strict=True):
        np.testing.assert_allclose(a, b, rtol=3e-6, atol=1e-6)


def test_order_of_rows_changes_nothing():
    model = net()
    batchnorm.recalibrate(model, X)
    first = statistics(model)
    batchnorm.recalibrate(model, X[RNG.permutation(len(X))])

    for a, b in zip(first, statistics(model), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6)


def test_quick_mode_agrees_where_one_batch_holds_all():
    model = net()
    batchnorm.recalibrate(model, X)
    exact = statistics(model)
    batchnorm.recalibrate(model, X, mode="quick", batch_size=len(X))

    for a, b in zip(exact, statistics(model), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_report_says_how_far_the_old_statistics_were_off():
    model = keras.Sequential([keras.Input((1,)), L.BatchNormalization(name="bn", epsilon=0.0)])
    x = np.array([[8.0], [12.0]], "float32")

    (layer,) = batchnorm.recalibrate(model, x).layers

    assert (layer.mean_shift, layer.variance_ratio, layer.values) == (5.0, (0.25, 0.25), 2)


def test_report_says_that_data_are_few():
    text = str(batchnorm.recalibrate(net(), X))

    assert "Few data: the variance of 103 values is known to about 14 % only." in text


def test_loss_is_reported_before_and_after():
    model = net()
    model.compile("sgd", "mse")
    report = batchnorm.recalibrate(model, X, np.zeros((len(X), 1)))

    assert report.loss_after == pytest.approx(model.evaluate(X, np.zeros((len(X), 1)), verbose=0))
    assert f"{report.loss_after:.6g}" in str(report)


def test_nothing_but_statistics_changes():
    model = net(0.5)
    before = {w.path: np.array(w) for w in model.weights}
    batchnorm.recalibrate(model, X)

    changed = {w.path for w in model.weights if not np.array_equal(w, before[w.path])}
    assert changed == {w.path for w in model.weights if "moving" in w.name}


def test_shared_layer_is_measured_over_all_its_calls():
    norm = L.BatchNormalization(name="bn")
    left, right = keras.Input((3,)), keras.Input((3,))
    model = keras.Model([left, right], L.Add()([norm(left), norm(right)]))
    a, b = RNG.normal(size=(40, 3)), RNG.normal(3, 2, size=(40, 3))

    report = batchnorm.recalibrate(model, [a, b])

    both = np.concatenate([a, b])
    assert report.layers[0].calls == 2
    np.testing.assert_allclose(norm.moving_mean, both.mean(0), rtol=1e-5)
    np.testing.assert_allclose(norm.moving_variance, both.var(0), rtol=1e-5)


def test_layer_that_gets_its_own_output_settles():
    norm = L.BatchNormalization(name="bn")
    inputs = keras.Input((3,))
    model = keras.Model(inputs, norm(L.ReLU()(norm(inputs))))
    report = batchnorm.recalibrate(model, RNG.normal(size=(200, 3)))

    again = batchnorm.recalibrate(model, RNG.normal(size=(200, 3)))
    assert 1 < report.rounds < 20
    assert again.layers[0].mean_shift < 0.5


def test_model_within_a_model_used_twice():
    inner = keras.Sequential([keras.Input((3,)), L.Dense(2), L.BatchNormalization(name="bn")])
    left, right = keras.Input((3,)), keras.Input((3,))
    model = keras.Model([left, right], L.Add()([inner(left), inner(right)]))

    a, b = RNG.normal(size=(40, 3)), RNG.normal(3, 2, size=(40, 3))
    report = batchnorm.recalibrate(model, [a, b])

    z = np.concatenate([a, b]) @ np.asarray(inner.layers[0].kernel)
    assert report.layers[0].values == 80
    np.testing.assert_allclose(inner.layers[1].moving_mean, z.mean(0), rtol=1e-4, atol=1e-6)


def test_masked_values_do_not_count():
    model = keras.Sequential(
        [keras.Input((4, 2)), L.Masking(-1.0), L.BatchNormalization(name="bn")]
    )
    x = RNG.normal(size=(30, 4, 2)).astype("float32")
    x[::3, 2:] = -1.0

    batchnorm.recalibrate(model, x)

    kept = x[(x != -1.0).any(-1)].astype(float)
    np.testing.assert_allclose(model.layers[-1].moving_mean, kept.mean(0), rtol=1e-5)
    np.testing.assert_allclose(model.layers[-1].moving_variance, kept.var(0), rtol=1e-5)


def test_channels_on_another_axis():
    model = keras.Sequential([keras.Input((3, 4, 5)), L.BatchNormalization(axis=1)])
    x = RNG.normal(size=(30, 3, 4, 5))

    batchnorm.recalibrate(model, x)

    np.testing.assert_allclose(model.layers[0].moving_variance, x.var(axis=(0, 2, 3)), rtol=1e-5)


class Own(keras.Model):
    def __init__(self):
        super().__init__()
        self.norm = L.BatchNormalization()

    def call(self, x, training=None):
        return self.norm(3.0 * x, training=training)


def test_subclassed_model():
    model = Own()
    model(X)
    batchnorm.recalibrate(model, X)

    np.testing.assert_allclose(model.norm.moving_mean, 3 * X.mean(0), rtol=1e-5)


def residual_net():
    inputs = x = keras.Input((8, 8, 3))
    for width, stride in ((4, 1), (4, 1), (6, 2)):
        y = L.ReLU()(L.BatchNormalization()(L.Conv2D(width, 3, stride, padding="same")(x)))
        y = L.BatchNormalization()(L.Conv2D(width, 3, padding="same")(y))
        if x.shape[-1] != width or stride > 1:
            x = L.BatchNormalization()(L.Conv2D(width, 1, stride)(x))
        x = L.ReLU()(L.Add()([x, y]))
    return keras.Model(inputs, L.Dense(2)(L.GlobalAveragePooling2D()(x)))


@pytest.mark.parametrize("rows", [40, 33])
def test_run_in_stages_gives_what_runs_from_the_start_give(monkeypatch, rows):
    model = residual_net()
    x = RNG.normal(size=(rows, 8, 8, 3)).astype("float32")
    batchnorm.recalibrate(model, x, batch_size=16)
    staged = statistics(model)
    monkeypatch.setattr(batchnorm.recalibrating, "_MOST_BYTES", 0)
    batchnorm.recalibrate(model, x, batch_size=16)

    assert len(staged) == 2 * 8
    for a, b in zip(staged, statistics(model), strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-6, atol=1e-6)


def test_renorm_statistics_go_along():
    model = keras.Sequential([keras.Input((6,)), L.BatchNormalization(renorm=True)])
    batchnorm.recalibrate(model, X)

    norm = model.layers[0]
    np.testing.assert_allclose(norm.renorm_mean, X.mean(0), rtol=1e-5)
    np.testing.assert_allclose(norm.moving_stddev, np.sqrt(X.var(0) + 1e-3), rtol=1e-5)


def test_frozen_layers_are_left_unless_named():
    model = net()
    model.get_layer("bn1").trainable = False
    report = batchnorm.recalibrate(model, X)

    assert report.skipped == {"bn1": "it is frozen"}
    assert [n.layer for n in batchnorm.recalibrate(model, X, layers=["bn1"]).layers] == ["bn1"]


def test_iterable_of_batches_and_generator():
    model, parts = net(), [(X[:50], np.zeros(50)), (X[50:], np.zeros(53))]

    class Batches:
        def __iter__(self):
            return iter(parts)

    report = batchnorm.recalibrate(model, Batches())

    assert report.rows == 103
    for got, want in zip(statistics(model), expected(model, X), strict=True):
        np.testing.assert_allclose(got, want, rtol=2e-5, atol=2e-6)
    assert batchnorm.recalibrate(model, (p for p in parts), mode="quick").rows == 103


def test_callback_recalibrates_at_the_end_of_fit():
    model = net(0.5)
    model.compile("sgd", "mse")
    callback = batchnorm.Recalibrate(X)
    model.fit(X, np.zeros(len(X)), epochs=2, verbose=0, callbacks=[callback])

    for got, want in zip(statistics(model), expected(model, X), strict=True):
        np.testing.assert_allclose(got, want, rtol=2e-4, atol=2e-5)
    assert callback.report.rows == 103


def test_callback_behind_averaged_weights_measures_those():
    model = net()
    model.compile(keras.optimizers.SGD(0.01, use_ema=True), "mse")
    swap = keras.callbacks.SwapEMAWeights(swap_on_epoch=True)
    model.fit(X, X[:, :1], epochs=3, verbose=0, callbacks=[swap, batchnorm.Recalibrate(X)])

    for got, want in zip(statistics(model), expected(model, X), strict=True):
        np.testing.assert_allclose(got, want, rtol=2e-4, atol=2e-5)


def test_validation_with_recalibrated_statistics_leaves_training_alone():
    plain, other = net(), None
    other = keras.models.clone_model(plain)
    other.set_weights(plain.get_weights())
    histories = []
    for model, callbacks in ((plain, []), (other, [batchnorm.Recalibrate(X, "exact", True)])):
        model.compile("sgd", "mse")
        history = model.fit(
            X,
            X[:, :1],
            validation_data=(X, X[:, :1]),
            epochs=2,
            verbose=0,
            shuffle=False,
            callbacks=callbacks,
        ).history
        histories.append(history)

    assert histories[0]["loss"] == histories[1]["loss"]
    assert histories[0]["val_loss"] != histories[1]["val_loss"]


def test_pool_loses_nothing_beside_a_large_mean():
    values = RNG.normal(1e6, 1.0, size=(5000, 2))
    pool = Pool(2)
    for part in np.array_split(values, 37):
        pool.add(part, -1, None)

    np.testing.assert_allclose(pool.variance, values.var(0), rtol=1e-9)


def test_error_leaves_the_statistics_as_they_were():
    model = net()
    model.get_layer("b").kernel.assign(np.full((8, 5), np.inf))
    before = statistics(model)

    with pytest.raises(FloatingPointError, match="bn2 gets values that are not finite"):
        batchnorm.recalibrate(model, X)
    for a, b in zip(before, statistics(model), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("make", "x", "arguments", "error", "message"),
    [
        (
            lambda: keras.Sequential([keras.Input((6,)), L.Dense(1)]),
            X,
            {},
            ValueError,
            "has no Batch Normalization",
        ),
        (net, np.where(X > 5, np.nan, X), {}, ValueError, "`x` must be finite; got nan in row"),
        (net, X[:0], {}, ValueError, "must have at least one row"),
        (net, X[:1], {}, ValueError, "bn1 gets 1 values a channel from these rows"),
        (net, X, {"mode": "fast"}, ValueError, "'exact' or 'quick'; got 'fast'"),
        (net, X, {"batch_size": 0}, ValueError, "at least 1; got 0"),
        (net, X, {"layers": ["a"]}, ValueError, "names 'a', which is no Batch Normalization"),
        (net, X, {"y": X}, ValueError, "is not compiled"),
        (net, (p for p in [X]), {}, ValueError, "a generator can be read once"),
        (lambda: "net", X, {}, TypeError, "needs a model; got .* str"),
        (lambda: keras.Sequential([L.BatchNormalization()]), X, {}, ValueError, "not built yet"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(make, x, arguments, error, message):
    with pytest.raises(error, match=message):
        batchnorm.recalibrate(make(), x, **arguments)
