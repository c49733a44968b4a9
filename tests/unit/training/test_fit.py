"""fit: what it does with data, callbacks and time; tests/parity holds its numbers to Keras's."""

import numpy as np
import pandas as pd
import pytest

import trimtab
from trimtab import callbacks, layers, metrics, models, ops, optimizers
from trimtab.core import settings, tracing
from trimtab.data import PyDataset


def same_start(build, count, **arguments):
    """Models with the same weights, compiled alike."""
    nets = [build(**arguments) for _ in range(count)]
    for model in nets:
        model.set_weights(nets[0].get_weights())
        model.compile(optimizers.Adam(0.01), "categorical_crossentropy", metrics=["accuracy"])
    return nets


def assert_same(a, b):
    for left, right in zip(a.get_weights(), b.get_weights(), strict=True):
        np.testing.assert_array_equal(left, right)
    assert a.history.history == b.history.history


class SeeEveryBatch(callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.logs = []

    def on_train_batch_end(self, batch, logs=None):
        self.logs.append((batch, logs))


def test_training_lowers_the_loss(net, x, one_hot):
    losses = net.fit(x, one_hot, epochs=20, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


def test_batch_by_batch_gives_the_bits_of_whole_epochs(build, x, one_hot):
    whole, single = same_start(build, 2, batch_norm=True)
    whole.fit(x, one_hot, batch_size=16, epochs=3, shuffle=False, verbose=0)
    callback = SeeEveryBatch()
    single.fit(x, one_hot, batch_size=16, epochs=3, shuffle=False, verbose=0, callbacks=[callback])
    assert_same(whole, single)
    assert [batch for batch, _ in callback.logs] == [0, 1, 2, 3, 4] * 3


def test_a_bar_changes_nothing(build, x, one_hot, capsys):
    quiet, drawn = same_start(build, 2)
    quiet.fit(x, one_hot, batch_size=4, epochs=2, shuffle=False, verbose=0)
    drawn.fit(x, one_hot, batch_size=4, epochs=2, shuffle=False, verbose=1)
    assert_same(quiet, drawn)
    assert "18/18" in capsys.readouterr().out


def test_a_generator_gives_the_bits_of_arrays(build, x, one_hot):
    arrays, batches = same_start(build, 2)

    def generator():
        for start in range(0, 64, 16):
            yield x[start : start + 16], one_hot[start : start + 16]

    arrays.fit(x[:64], one_hot[:64], batch_size=16, shuffle=False, verbose=0)
    batches.fit(generator(), verbose=0)
    assert_same(arrays, batches)


@pytest.mark.parametrize("engine", ["reference"])
def test_the_reference_engine_agrees(build, x, one_hot, engine):
    fast, slow = same_start(build, 2, batch_norm=True)
    fast.fit(x, one_hot, batch_size=16, epochs=2, shuffle=False, verbose=0)
    tracing.set_engine(engine)
    try:
        slow.fit(x, one_hot, batch_size=16, epochs=2, shuffle=False, verbose=0)
    finally:
        tracing.set_engine("cpu")
    for a, b in zip(fast.get_weights(), slow.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_running_eagerly_gives_the_same(build, x, one_hot):
    compiled, eager = same_start(build, 2, batch_norm=True)
    eager.run_eagerly = True
    for model in (compiled, eager):
        model.fit(x, one_hot, batch_size=16, epochs=2, shuffle=False, verbose=0)
    for a, b in zip(compiled.get_weights(), eager.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(
        compiled.evaluate(x, one_hot, verbose=0), eager.evaluate(x, one_hot, verbose=0), rtol=1e-4
    )


def test_running_eagerly_shows_numbers_to_user_code(x, one_hot):
    seen = []

    class Looking(layers.Layer):
        def call(self, inputs):
            if float(ops.max(inputs)) > 0:
                seen.append(np.asarray(inputs).shape)
            return inputs

        def compute_output_shape(self, input_shape):
            return input_shape

    model = models.Sequential([layers.Dense(3), Looking(), layers.Dense(2)])
    model.compile("sgd", "mse", run_eagerly=True)
    model.fit(x[:32], one_hot[:32], batch_size=16, epochs=2, verbose=0)
    assert (16, 3) in seen
    assert model.predict(x[:3], verbose=0).shape == (3, 2)


def test_a_subclassed_model_that_looks_at_numbers_runs_eagerly(x, one_hot):
    class Branching(models.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(2)

        def call(self, inputs):
            return self.dense(inputs) if float(ops.sum(inputs)) > -1e9 else inputs

    model = Branching()
    model.compile("sgd", "mse", run_eagerly=True)
    assert np.isfinite(model.fit(x, one_hot, verbose=0).history["loss"]).all()


def test_an_error_in_an_eager_step_leaves_the_weights(x, one_hot):
    class Breaking(layers.Layer):
        def call(self, inputs):
            if float(ops.max(ops.abs(inputs))) > 100:
                raise RuntimeError("too large")
            return inputs

        def compute_output_shape(self, input_shape):
            return input_shape

    model = models.Sequential([layers.Input((4,)), Breaking(), layers.Dense(2)])
    model.compile("sgd", "mse", run_eagerly=True)
    before = model.get_weights()
    with pytest.raises(RuntimeError, match="too large"):
        model.fit(x * 1000, one_hot, verbose=0)
    np.testing.assert_array_equal(model.get_weights()[0], before[0])


def test_a_model_without_an_input_is_built_from_the_data(build, x, one_hot):
    model = build(batch_norm=True, given_shape=False)
    model.compile("sgd", "mse")
    model.fit(x, one_hot, verbose=0)
    assert model.layers[0].kernel.shape == (4, 3)


class Wide(models.Model):
    """A subclassed model with two inputs in a dict, and dropout."""

    def __init__(self):
        super().__init__()
        self.left = layers.Dense(3)
        self.right = layers.Dense(3)
        self.norm = layers.BatchNormalization()
        self.out = layers.Dense(2)

    def call(self, inputs, training=False):
        hidden = self.left(inputs["a"]) + self.right(inputs["b"])
        return self.out(self.norm(hidden, training=training))


def test_a_subclassed_model_with_a_dict_of_inputs_trains(x, one_hot):
    model = Wide()
    model.compile("adam", "mse", metrics=["mae"])
    inputs = {"b": x[:, 2:], "a": x[:, :2]}
    history = model.fit(inputs, one_hot, epochs=5, verbose=0, validation_split=0.2).history
    assert history["loss"][-1] < history["loss"][0]
    assert set(history) == {"loss", "mae", "val_loss", "val_mae"}
    assert model.predict(inputs, verbose=0).shape == (70, 2)


def test_several_inputs_in_a_list_train(x, one_hot):
    a, b = layers.Input((2,)), layers.Input((2,))
    model = models.Model([a, b], layers.Dense(2)(a + b))
    model.compile("sgd", "mse")
    model.fit([x[:, :2], x[:, 2:]], one_hot, verbose=0)
    assert model.predict([x[:, :2], x[:, 2:]], verbose=0).shape == (70, 2)


def test_tables_are_data(net, x, one_hot):
    table = pd.DataFrame(x, columns=list("abcd"))
    net.fit(table, pd.DataFrame(one_hot), sample_weight=pd.Series(np.ones(70)), verbose=0)
    np.testing.assert_array_equal(net.predict(table, verbose=0), net.predict(x, verbose=0))


@pytest.mark.parametrize("dtype", ["float64", "float16", "int8", "uint8", "int64", "bool"])
def test_numbers_of_any_type_train(net, x, one_hot, dtype):
    net.fit((x * 10).astype(dtype), one_hot.astype(dtype), verbose=0)
    assert np.isfinite(net.get_weights()[0]).all()


def test_rows_are_shuffled_by_numpys_seed(build, x, one_hot):
    nets = same_start(build, 3)
    for model, seed in zip(nets, (1, 1, 2), strict=True):
        np.random.seed(seed)  # noqa: NPY002 - users seed this generator
        model.fit(x, one_hot, batch_size=16, epochs=2, verbose=0)
    assert_same(nets[0], nets[1])
    assert nets[0].history.history != nets[2].history.history


def test_shuffling_inside_batches_keeps_the_batches(build, x, one_hot):
    plain, inside = same_start(build, 2)
    plain.fit(x, one_hot, batch_size=35, shuffle=False, verbose=0)
    inside.fit(x, one_hot, batch_size=35, shuffle="batch", verbose=0)
    np.testing.assert_allclose(
        plain.history.history["loss"], inside.history.history["loss"], rtol=1e-5
    )


def test_a_pass_goes_on_over_epochs_of_fewer_steps(net, x, one_hot):
    callback = SeeEveryBatch()
    with pytest.warns(UserWarning, match="ran out of data; interrupting training. 2 steps"):
        net.fit(
            x, one_hot, batch_size=16, steps_per_epoch=2, epochs=3, verbose=0, callbacks=[callback]
        )
    assert [batch for batch, _ in callback.logs] == [0, 1, 0, 1, 0]


def test_a_generator_that_ends_early_ends_training(net, x, one_hot):
    batches = ((x, one_hot) for _ in range(3))
    with pytest.warns(UserWarning, match="ran out of data"):
        history = net.fit(batches, steps_per_epoch=2, epochs=5, verbose=0)
    assert history.epoch == [0, 1]


def test_the_number_of_steps_is_known_after_the_first_epoch(net, x, one_hot, capsys):
    class Batches:
        def __iter__(self):
            return iter([(x[:35], one_hot[:35]), (x[35:], one_hot[35:])])

    history = net.fit(Batches(), epochs=2, verbose=1)
    printed = capsys.readouterr().out
    assert history.params["steps"] is None
    assert "      1/Unknown" in printed.split("Epoch 2/2")[0]
    assert "Unknown" not in printed.split("Epoch 2/2")[1]


def test_a_dataset_hears_of_its_epochs(net, x, one_hot):
    class Hearing(PyDataset):
        heard = ""

        def __len__(self):
            return 2

        def __getitem__(self, index):
            self.heard += str(index)
            return x[index * 35 :][:35], one_hot[index * 35 :][:35]

        def on_epoch_begin(self):
            self.heard += "("

        def on_epoch_end(self):
            self.heard += ")"

    dataset = Hearing()
    net.fit(dataset, epochs=2, shuffle=False, verbose=0)
    # The first batch is looked at before training, to build and check.
    assert dataset.heard == "0(1)(01)"


def test_batches_that_nest_otherwise_are_refused(net, x, one_hot):
    batches = (b for b in [(x, one_hot), (x, one_hot, np.ones(70))])
    with pytest.raises(ValueError, match="all batches must nest alike"):
        net.fit(batches, verbose=0)


def test_a_label_out_of_range_in_a_later_batch_is_refused(build, x, labels):
    model = build()
    model.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(ValueError, match="got 9 in row 4"):
        model.fit((b for b in [(x, labels), (x, labels + 9 * (np.arange(70) == 4))]), verbose=0)


def test_training_stops_at_the_batch_that_asks_for_it(net, x, one_hot):
    class Stop(callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = batch == 1

    history = net.fit(x, one_hot, batch_size=16, epochs=5, verbose=0, callbacks=[Stop()])
    assert history.epoch == [0]
    assert int(net.optimizer.iterations) == 2


def test_a_loss_that_is_no_number_stops_training(x, one_hot, capsys):
    net = models.Sequential([layers.Dense(3), layers.Dense(2)])
    net.compile(optimizers.SGD(1e30), "mse")
    net.fit(x * 1e25, one_hot, epochs=9, verbose=0, callbacks=[callbacks.TerminateOnNaN()])
    assert "Invalid loss, terminating training" in capsys.readouterr().out
    assert net.history.epoch == [0]


def test_weights_get_their_moving_average_at_the_end(net, x, one_hot):
    net.compile(optimizers.SGD(0.5, use_ema=True, ema_momentum=0.9), "mse")
    net.fit(x, one_hot, verbose=0)
    average = net.optimizer._model_variables_moving_average[0]
    np.testing.assert_array_equal(net.layers[0].kernel.numpy(), average.numpy())


def test_no_epochs_do_nothing(net, x, one_hot):
    before = net.get_weights()
    assert net.fit(x, one_hot, epochs=0, verbose=0).history == {}
    np.testing.assert_array_equal(net.get_weights()[0], before[0])


@pytest.mark.filterwarnings("ignore:fit. `trainable`")
def test_frozen_statistics_stay(build, x, one_hot):
    model = build(batch_norm=True)
    model.compile("sgd", "mse")
    norm = model.layers[1]
    model.fit(x, one_hot, verbose=0)
    norm.trainable = False
    before = norm.moving_mean.numpy().copy()
    model.fit(x, one_hot, verbose=0)
    np.testing.assert_array_equal(norm.moving_mean.numpy(), before)


def test_a_frozen_model_trains_nothing_and_says_so(net, x, one_hot):
    net.trainable = False
    net.compile("sgd", "mse")
    before = net.get_weights()
    with pytest.warns(UserWarning, match="does not have any trainable weights"):
        net.fit(x, one_hot, verbose=0)
    np.testing.assert_array_equal(net.get_weights()[0], before[0])


def test_a_new_learning_rate_counts_at_once(build, x, one_hot):
    model = build()
    model.compile(optimizers.SGD(0.1), "mse")
    model.fit(x, one_hot, verbose=0)
    before = model.get_weights()
    model.optimizer.learning_rate = 0.0
    model.fit(x, one_hot, verbose=0)
    np.testing.assert_array_equal(model.get_weights()[0], before[0])


def test_a_schedule_set_later_counts_too(build, x, one_hot):
    model = build()
    model.compile(optimizers.SGD(0.1), "mse")
    model.fit(x, one_hot, verbose=0)
    before = model.get_weights()
    model.optimizer.learning_rate = optimizers.schedules.ExponentialDecay(0.0, 1, 0.5)
    model.fit(x, one_hot, verbose=0)
    np.testing.assert_array_equal(model.get_weights()[0], before[0])


def test_steps_are_traced_once(build, x, one_hot):
    calls = []

    class Counting(layers.Layer):
        def call(self, inputs):
            calls.append(inputs.shape)
            return inputs

    model = models.Sequential([layers.Input((4,)), Counting(), layers.Dense(2)])
    model.compile("sgd", "mse", metrics=["accuracy"])
    fit = {"batch_size": 32, "epochs": 2, "validation_split": 0.2, "verbose": 0}
    model.fit(x, one_hot, **fit)
    model.predict(x[:3], verbose=0)
    before = len(calls)
    for _ in range(3):
        model.fit(x, one_hot, **fit, callbacks=[callbacks.EarlyStopping(patience=9)])
        model.predict(x[:3], verbose=0)
    assert len(calls) == before


class OwnSteps(models.Model):
    """A model with steps, metrics and a loss of its own."""

    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(2)
        self.error = metrics.MeanAbsoluteError(name="error")

    def call(self, inputs):
        return self.dense(inputs)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return ops.mean(ops.square(y_pred - y)) * (1.0 if training else 3.0)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        super().compute_metrics(x, y, y_pred, sample_weight)
        self.error.update_state(y, y_pred)
        return self.get_metrics_result()


def test_own_losses_and_metrics_are_used(x, one_hot):
    model = OwnSteps()
    model.compile("sgd")
    model.fit(x, one_hot, verbose=0)
    expected = model.predict(x, verbose=0) - one_hot
    logs = model.evaluate(x, one_hot, verbose=0, return_dict=True)
    np.testing.assert_allclose(logs["loss"], 3 * np.mean(expected**2), rtol=1e-5)
    np.testing.assert_allclose(logs["error"], np.mean(np.abs(expected)), rtol=1e-5)


def test_logs_of_an_own_step_are_those_of_the_last_batch(x, one_hot):
    class Counting(OwnSteps):
        def train_step(self, data):
            super().train_step(data)
            rows, _ = data
            return {"rows": ops.convert_to_tensor(float(rows.shape[0]))}

    model = Counting()
    model.compile("sgd")
    assert model.fit(x, one_hot, batch_size=32, verbose=0).history == {"rows": [6.0]}


def test_added_losses_and_regularisation_count(x, one_hot):
    class Adding(layers.Layer):
        def call(self, inputs):
            self.add_loss(ops.mean(inputs) * 0 + 5.0)
            return inputs

    model = models.Sequential(
        [layers.Input((4,)), Adding(), layers.Dense(2, kernel_regularizer="l2")]
    )
    model.compile(optimizers.SGD(0.0), "mse")
    loss = model.fit(x, one_hot, verbose=0).history["loss"][0]
    kernel = model.layers[1].kernel.numpy()
    error = np.mean((model.predict(x, verbose=0) - one_hot) ** 2)
    np.testing.assert_allclose(loss, error + 5 + 0.01 * np.sum(kernel**2), rtol=1e-5)


def test_outputs_in_a_dict_are_named_by_its_keys(x, one_hot):
    inputs = layers.Input((4,))
    model = models.Model(inputs, {"b": layers.Dense(2)(inputs), "a": layers.Dense(1)(inputs)})
    model.compile("sgd", {"a": "mse", "b": "mae"}, metrics={"a": ["mae"]})
    history = model.fit(x, {"a": one_hot[:, :1], "b": one_hot}, verbose=0).history
    assert list(history) == ["a_loss", "a_mae", "b_loss", "loss"]
    assert set(model.predict(x, verbose=0)) == {"a", "b"}


def test_duplicate_metric_names_get_numbers(x, one_hot, build):
    model = build()
    model.compile("sgd", "mse", metrics=["mae", "mae"], weighted_metrics=["mae", "mae"])
    history = model.fit(x, one_hot, sample_weight=np.ones(70), verbose=0).history
    assert list(history) == ["loss", "mae", "mae_1", "weighted_mae", "weighted_mae_1"]


def test_the_compile_configuration_comes_back(build, x, one_hot):
    model = build()
    model.compile(
        optimizers.Adam(0.25), "mse", metrics=["accuracy", metrics.MeanAbsoluteError(name="m")]
    )
    config = model.get_compile_config()
    other = build()
    other.compile_from_config(config)
    assert float(other.optimizer.learning_rate) == 0.25
    assert other.optimizer.built
    assert other.get_compile_config() == config
    assert list(other.fit(x, one_hot, verbose=0).history) == ["accuracy", "loss", "m"]


def test_a_model_that_is_not_compiled_has_no_compile_configuration(build):
    assert build().get_compile_config() == {}


def test_the_settings_limit_epochs_and_batches(net, x, one_hot, monkeypatch):
    monkeypatch.setitem(settings._SETTINGS, "max_epochs", None)
    monkeypatch.setitem(settings._SETTINGS, "max_steps_per_epoch", None)
    trimtab.config.set_max_epochs(2)
    trimtab.config.set_max_steps_per_epoch(1)
    with pytest.warns(UserWarning, match="Limiting"):
        history = net.fit(x, one_hot, batch_size=8, epochs=5, verbose=0)
    assert history.epoch == [0, 1]
    assert int(net.optimizer.iterations) == 2


def test_hooks_of_batches_are_called_once_an_execution(net, x, one_hot):
    seen = []
    hooks = callbacks.LambdaCallback(
        on_train_batch_begin=lambda batch, logs: seen.append(batch),
        on_train_batch_end=lambda batch, logs: seen.append(batch),
    )
    net.compile("sgd", "categorical_crossentropy", steps_per_execution=3)
    net.fit(x, one_hot, batch_size=16, verbose=0, callbacks=[hooks])
    # 5 batches of 70 rows; the second execution has 2.
    assert seen == [0, 2, 3, 5]
    assert int(net.optimizer.iterations) == 5


def test_compiling_by_name_makes_one_optimizer():
    trimtab.utils.clear_session()
    model = models.Sequential([layers.Input((2,)), layers.Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    assert model.optimizer.variables[0].path == "adam/iteration"
