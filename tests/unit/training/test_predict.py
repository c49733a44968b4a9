"""predict and evaluate: every row once, whatever batch size, form of data and callbacks."""

import numpy as np
import pytest

from trimtab import callbacks, layers, models, ops
from trimtab.data import PyDataset


def expected(model, x):
    return np.asarray(model(x, training=False))


@pytest.mark.parametrize("batch_size", [None, 1, 3, 32, 69, 70, 71])
@pytest.mark.parametrize("rows", [1, 2, 70])
def test_every_row_is_predicted(net, x, batch_size, rows):
    got = net.predict(x[:rows], batch_size=batch_size, verbose=0)
    np.testing.assert_allclose(got, expected(net, x[:rows]), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", ["float64", "float16", "int64", "uint8"])
def test_a_second_prediction_of_another_type_is_right(net, x, dtype):
    given = np.abs(x * 10).astype(dtype)
    for _ in range(2):
        np.testing.assert_allclose(
            net.predict(given[:5], verbose=0),
            expected(net, given[:5].astype("float32")),
            rtol=1e-5,
            atol=1e-6,
        )


def test_a_prediction_is_an_array_of_its_own(net, x):
    first = net.predict(x[:2], verbose=0)
    kept = first.copy()
    net.predict(x[2:4], verbose=0)
    np.testing.assert_array_equal(first, kept)


def test_new_weights_count_at_once(net, x):
    net.predict(x[:1], verbose=0)
    net.set_weights([np.zeros_like(w) for w in net.get_weights()])
    np.testing.assert_allclose(net.predict(x[:1], verbose=0), [[0.5, 0.5]])


def test_a_layer_added_later_counts_at_once(net, x):
    assert net.predict(x[:1], verbose=0).shape == (1, 2)
    net.add(layers.Dense(5))
    assert net.predict(x[:1], verbose=0).shape == (1, 5)


def test_a_layers_attribute_set_later_counts_at_once(x):
    model = models.Sequential([layers.Input((4,)), layers.LeakyReLU(0.5)])
    first = model.predict(-np.abs(x[:1]), verbose=0)
    model.layers[0].negative_slope = 0.25
    np.testing.assert_allclose(model.predict(-np.abs(x[:1]), verbose=0), first / 2)


def test_strided_inputs_are_predicted(net, x):
    wide = np.repeat(x, 2, axis=1)[:, ::2]
    for _ in range(2):
        np.testing.assert_allclose(
            net.predict(wide[:3], verbose=0), expected(net, x[:3]), rtol=1e-5
        )


def test_outputs_keep_their_structure(x):
    inputs = layers.Input((4,))
    model = models.Model(inputs, {"a": layers.Dense(1)(inputs), "b": [layers.Dense(2)(inputs)]})
    for _ in range(2):
        got = model.predict(x, verbose=0)
        assert got["a"].shape == (70, 1)
        assert got["b"][0].shape == (70, 2)


def test_outputs_in_a_dict_keep_their_keys_whatever_their_order(x):
    inputs = layers.Input((4,))
    model = models.Model(inputs, {"z": inputs + 1.0, "a": inputs + 2.0})
    for _ in range(2):
        got = model.predict(x, verbose=0)
        np.testing.assert_allclose(got["z"], x + 1, rtol=1e-6)
        np.testing.assert_allclose(got["a"], x + 2, rtol=1e-6)


def test_outputs_without_rows_of_the_inputs_are_joined(x):
    class Summing(layers.Layer):
        def call(self, inputs):
            return ops.sum(inputs, axis=0, keepdims=True)

    model = models.Sequential([layers.Input((4,)), Summing()])
    got = model.predict(x, batch_size=35, verbose=0)
    np.testing.assert_allclose(got, [x[:35].sum(0), x[35:].sum(0)], rtol=1e-4, atol=1e-5)


def test_the_first_steps_can_be_predicted_alone(net, x):
    assert net.predict(x, batch_size=16, steps=2, verbose=0).shape == (32, 2)


def test_batches_of_inputs_and_targets_are_predicted(net, x, one_hot):
    class Batches(PyDataset):
        def __len__(self):
            return 2

        def __getitem__(self, index):
            return x[index * 35 :][:35], one_hot[index * 35 :][:35]

    np.testing.assert_allclose(
        net.predict(Batches(), verbose=0), expected(net, x), rtol=1e-5, atol=1e-6
    )


def test_each_batchs_outputs_reach_the_callbacks(net, x):
    seen = []
    callback = callbacks.LambdaCallback(
        on_predict_batch_end=lambda batch, logs: seen.append(logs["outputs"])
    )
    got = net.predict(x, batch_size=32, verbose=0, callbacks=[callback])
    np.testing.assert_array_equal(np.concatenate(seen), got)


def test_a_model_that_is_not_built_predicts(build, x):
    assert build(given_shape=False).predict(x, verbose=0).shape == (70, 2)


def test_prediction_changes_no_state(build, x, one_hot):
    model = build(batch_norm=True)
    model.compile("sgd", "mse")
    model.fit(x, one_hot, verbose=0)
    before = [w.copy() for w in model.get_weights()]
    model.predict(x, verbose=0)
    model.evaluate(x, one_hot, verbose=0)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(new, old)


def test_evaluation_is_that_of_the_formula(net, x, one_hot):
    probabilities = expected(net, x).astype("float64")
    loss = -np.mean(np.log(np.sum(probabilities * one_hot, axis=1)))
    hits = np.mean(probabilities.argmax(1) == one_hot.argmax(1))
    np.testing.assert_allclose(
        net.evaluate(x, one_hot, verbose=0, batch_size=16), [loss, hits], rtol=1e-5
    )


def test_the_loss_alone_is_a_number(build, x, one_hot):
    model = build()
    model.compile("sgd", "mse")
    assert isinstance(model.evaluate(x, one_hot, verbose=0), float)


def test_evaluation_can_stop_early(net, x, one_hot):
    class Stop(callbacks.Callback):
        def on_test_batch_end(self, batch, logs=None):
            self.model.stop_evaluating = True

    stopped = net.evaluate(x, one_hot, batch_size=16, verbose=0, callbacks=[Stop()])
    np.testing.assert_allclose(
        stopped, net.evaluate(x[:16], one_hot[:16], batch_size=16, verbose=0), rtol=1e-6
    )


def test_evaluation_without_a_loss_gives_the_metrics(build, x, one_hot):
    model = build()
    model.compile(metrics=["accuracy"])
    logs = model.evaluate(x, one_hot, verbose=0, return_dict=True)
    assert list(logs) == ["accuracy", "loss"]
    assert logs["loss"] == 0


def test_a_batch_is_trained_tested_and_predicted(net, x, one_hot):
    first = net.test_on_batch(x, one_hot)
    np.testing.assert_allclose(net.train_on_batch(x, one_hot), first, rtol=1e-6)
    assert net.test_on_batch(x, one_hot)[0] < first[0]
    assert net.predict_on_batch(x[:3]).shape == (3, 2)


def test_class_weights_count_on_a_batch(net, x, one_hot, labels):
    weights = np.where(labels == 0, 3.0, 1.0)
    weighted = net.train_on_batch(x, one_hot, class_weight={0: 3.0}, return_dict=True)
    net.reset_metrics()
    assert weighted["loss"] > 0
    with pytest.raises(ValueError, match="cannot be given together"):
        net.train_on_batch(x, one_hot, sample_weight=weights, class_weight={0: 3.0})
