"""Models under old names: accuracy, what trains, generators, files, graphs, blocks of a dialect."""

import copy
import sys

import numpy as np
import pytest

import trimtab
import trimtab.compat
from trimtab.compat.dialect import Dialect
from trimtab.compat.installation import find_in_keras

X = np.random.default_rng(0).normal(size=(24, 3)).astype("float32")


def classes(count):
    return np.eye(count, dtype="float32")[np.arange(24) % count]


def model_of(version, units, activation="softmax", **compiled):
    dialect = Dialect(version)
    model = find_in_keras(dialect, "models", "Sequential")()
    dense = find_in_keras(dialect, "layers", "Dense")
    model.add(dense(units=units, activation=activation, input_shape=(3,)))
    model.compile(**{"optimizer": "sgd", "loss": "categorical_crossentropy", **compiled})
    return model


@pytest.mark.parametrize(
    ("version", "is_elementwise"),
    [("1.0.5", False), ("1.0.6", True), ("2.2.4", True), ("2.3.1", True), ("tf_keras", False)],
)
def test_accuracy_under_binary_crossentropy_is_that_of_the_version(version, is_elementwise):
    model = model_of(version, 10, loss="binary_crossentropy", metrics=["accuracy"])
    y = classes(10)
    _, accuracy = model.evaluate(X, y, verbose=0)

    p = model.predict(X, verbose=0)
    elementwise = (y == np.round(p)).mean()
    by_class = (y.argmax(1) == p.argmax(1)).mean()
    assert elementwise > 0.8
    assert accuracy == pytest.approx(elementwise if is_elementwise else by_class)


def test_accuracy_of_two_units_is_the_same_either_way():
    model = model_of("1.2.2", 2, loss="binary_crossentropy", metrics=["accuracy"])
    _, accuracy = model.evaluate(X, classes(2), verbose=0)

    p = model.predict(X)
    assert accuracy == pytest.approx((classes(2).argmax(1) == p.argmax(1)).mean())


def test_accuracy_follows_class_mode_in_the_first_versions():
    y = (np.arange(24) % 2).reshape(-1, 1).astype("float32")
    found = {}
    for mode in ("categorical", "binary"):
        model = model_of(
            "0.3.1", 1, "sigmoid", loss="binary_crossentropy", optimizer="sgd", class_mode=mode
        )
        found[mode] = model.evaluate(X, y, show_accuracy=True, verbose=0)[1]

    # argmax of a single column is always 0.
    assert found["categorical"] == 1.0
    assert 0 < found["binary"] < 1


@pytest.mark.parametrize(
    ("version", "asked", "key"),
    [
        ("0.1.1", "accuracy", "accuracy"),
        ("1.2.2", "accuracy", "acc"),
        ("2.2.4", "accuracy", "acc"),
        ("2.3.1", "accuracy", "accuracy"),
        ("tf_keras", "acc", "acc"),
    ],
)
def test_accuracy_has_the_name_of_the_version(version, asked, key):
    model = model_of(version, 2, metrics=[asked])
    history = model.fit(X, classes(2), verbose=0, validation_split=0.25, **epochs(version))

    assert set(history.history) == {"loss", key, "val_loss", f"val_{key}"}


def epochs(version):
    return {"nb_epoch": 1} if version[0] in "01" else {"epochs": 1}


def test_metrics_of_two_outputs_follow_the_loss_of_each():
    dialect = Dialect("keras1")
    x = trimtab.Input((3,))
    outputs = [trimtab.layers.Dense(2, "softmax", name=n)(x) for n in ("a", "b")]
    model = find_in_keras(dialect, "models", "Model")(input=x, output=outputs)
    model.compile(
        "sgd",
        {"a": "binary_crossentropy", "b": "categorical_crossentropy"},
        metrics=["accuracy"],
    )
    history = model.fit(X, [classes(2), classes(2)], nb_epoch=1, verbose=0)

    assert {"a_acc", "b_acc"} <= set(history.history)


def test_show_accuracy_is_for_one_call():
    model = model_of("0.3.3", 2)

    assert len(model.evaluate(X, classes(2), show_accuracy=True, verbose=0)) == 2
    assert isinstance(model.evaluate(X, classes(2), verbose=0), float)
    history = model.fit(X, classes(2), nb_epoch=1, verbose=0, show_accuracy=True)
    assert set(history.history) == {"loss", "acc"}


def test_names_of_metrics_are_those_of_evaluate():
    model = model_of("2.2.4", 2, metrics=["accuracy", "mse"])

    assert model.metrics_names == ["loss", "acc", "mse"]


def test_classes_are_predicted():
    many, one = model_of("keras1", 3), model_of("keras2", 1, "sigmoid", loss="mse")

    assert many.predict_classes(X, verbose=0).tolist() == many.predict(X).argmax(1).tolist()
    assert one.predict_classes(X).tolist() == (one.predict(X) > 0.5).astype(int).tolist()
    assert many.predict_proba(X, verbose=0) == pytest.approx(many.predict(X))


def test_what_trains_was_settled_by_compile():
    model = model_of("2.2.4", 2)
    model.trainable = False
    before = model.get_weights()
    model.train_on_batch(X, classes(2))

    assert not np.allclose(before[0], model.get_weights()[0])
    assert model.trainable is False


def test_what_trains_is_todays_in_tf_keras():
    model = model_of("tf_keras", 2)
    model.trainable = False
    before = model.get_weights()
    with pytest.warns(UserWarning, match="trainable"):
        model.train_on_batch(X, classes(2))

    assert np.array_equal(before[0], model.get_weights()[0])


def batches(size):
    while True:
        for start in range(0, 24, size):
            yield X[start : start + size], classes(2)[start : start + size]


class Counter(trimtab.callbacks.Callback):
    count = 0

    def on_train_batch_end(self, batch, logs=None):
        self.count += 1


def test_an_epoch_of_a_generator_was_counted_in_samples():
    model, counter = model_of("keras1", 2), Counter()
    model.fit_generator(batches(8), 20, 2, verbose=0, callbacks=[counter])

    # 20 samples are three batches of 8.
    assert counter.count == 6
    assert [key for key in model.dialect.journal.approximated if "samples_per_epoch=20" in key]


def test_an_epoch_of_a_generator_is_counted_in_batches_since_keras_2():
    model, counter = model_of("keras2", 2), Counter()
    model.fit_generator(batches(8), 2, 2, verbose=0, callbacks=[counter])

    assert counter.count == 4


def test_predictions_of_a_generator_are_those_of_its_batches():
    model = model_of("keras1", 2)

    assert model.predict_generator(batches(8), 16) == pytest.approx(model.predict(X[:16]))


@pytest.mark.parametrize("name", ["w.h5", "w.hdf5", "w", "w.weights"])
def test_weights_are_written_under_any_name(name, tmp_path):
    model = model_of("keras1", 2)
    model.save_weights(str(tmp_path / name))
    other = model_of("keras1", 2)
    other.load_weights(str(tmp_path / name))

    assert other.get_weights()[0] == pytest.approx(model.get_weights()[0])
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["m.h5", "m", "m.keras"])
def test_a_model_comes_back_with_its_old_methods(name, tmp_path):
    dialect = Dialect("keras2")
    model = model_of("keras2", 2)
    model.save(str(tmp_path / name))
    again = find_in_keras(dialect, "models", "load_model")(str(tmp_path / name))

    assert again.predict_classes(X).tolist() == model.predict_classes(X).tolist()
    assert type(again).__name__ == "Sequential"


def test_a_file_of_an_old_model_is_todays(tmp_path):
    model = model_of("keras1", 2)
    model.save(str(tmp_path / "m.keras"))
    again = trimtab.models.load_model(str(tmp_path / "m.keras"))

    assert type(again) is trimtab.Sequential
    assert again.predict(X, verbose=0) == pytest.approx(model.predict(X))


def test_callbacks_see_the_validation_data():
    class Own(find_in_keras(Dialect("keras1"), "callbacks", "Callback")):
        def on_epoch_end(self, epoch, logs={}):  # noqa: B006 - as scripts were written
            self.seen = [part.shape for part in self.validation_data]
            self.planned = self.params["nb_epoch"]

    own, model = Own(), model_of("keras1", 2)
    model.fit(
        X, classes(2), nb_epoch=1, verbose=0, callbacks=[own], validation_data=(X, classes(2))
    )

    assert (own.seen, own.planned) == ([(24, 3), (24, 2), (24,)], 1)


@pytest.mark.parametrize("mode", ["sum", "mul", "ave", "max", "concat", "dot", "cos"])
def test_merge_joins_as_its_mode_says(mode):
    merge = find_in_keras(Dialect("keras1"), "layers", "merge")
    a, b = trimtab.Input((3,)), trimtab.Input((3,))
    model = trimtab.Model([a, b], merge([a, b], mode=mode))
    y = np.abs(X[::-1]) + 0.1

    dot = (X * y).sum(1, keepdims=True)
    norms = np.linalg.norm(X, axis=1) * np.linalg.norm(y, axis=1)
    expected = {
        "sum": X + y,
        "mul": X * y,
        "ave": (X + y) / 2,
        "max": np.maximum(X, y),
        "concat": np.concatenate([X, y], 1),
        "dot": dot,
        "cos": (dot / norms[:, None])[:, None],
    }[mode]
    assert model.predict([X, y], verbose=0) == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_merge_takes_a_function():
    merge = find_in_keras(Dialect("keras1"), "layers", "merge")
    a, b = trimtab.Input((3,)), trimtab.Input((3,))
    made = merge([a, b], mode=lambda parts: parts[0] - parts[1], output_shape=(3,))

    assert trimtab.Model([a, b], made).predict([X, X], verbose=0) == pytest.approx(X * 0)


def test_a_mode_of_merge_that_never_was_is_refused():
    merge = find_in_keras(Dialect("keras1"), "layers", "merge")

    with pytest.raises(ValueError, match="merge: `mode` must be one of sum, .* got 'join'"):
        merge([trimtab.Input((3,))], mode="join")


def test_models_merged_in_front_give_a_sequential_their_inputs():
    dialect = Dialect("keras0")
    sequential, dense = (
        find_in_keras(dialect, area, name)
        for area, name in (("models", "Sequential"), ("layers", "Dense"))
    )
    parts = [sequential(), sequential()]
    for part in parts:
        part.add(dense(4, input_shape=(3,)))
    model = sequential()
    model.add(find_in_keras(dialect, "layers", "Merge")(parts, mode="concat"))
    model.add(dense(1, input_shape=(8,)))
    model.compile("sgd", "mse")
    model.fit([X, X], X[:, :1], nb_epoch=1, verbose=0)

    assert len(model.inputs) == 2
    assert model.count_params() == 2 * (3 * 4 + 4) + 8 + 1


def test_a_graph_is_refused_a_node_that_is_not_there():
    graph = find_in_keras(Dialect("keras0"), "models", "Graph")()
    graph.add_input("x", (3,))

    with pytest.raises(ValueError, match="Graph: there is no node 'y'; there are x"):
        graph.add_node(trimtab.layers.Dense(1), "z", input="y")


def test_a_function_of_the_backend_gives_layers_outputs():
    dialect = Dialect("keras2")
    model = model_of("keras2", 2)
    function = find_in_keras(dialect, "backend", "function")
    phase = find_in_keras(dialect, "backend", "learning_phase")()

    outputs = function([model.layers[0].input, phase], [model.layers[0].output])([X, 0])
    assert outputs[0] == pytest.approx(model.predict(X))


def test_old_names_hold_in_a_block_only():
    with trimtab.compat.dialect("keras1") as keras:
        import keras as imported  # noqa: PLC0415
        from keras.layers.core import Dense  # noqa: PLC0415

        assert imported is keras
        assert Dense(3, init="uniform").units == 3
        assert trimtab.layers.Dense(3, bias=False).use_bias is False
    assert "keras" not in sys.modules or sys.modules["keras"] is not keras
    with pytest.raises(ValueError, match="`bias` is now `use_bias`"):
        trimtab.layers.Dense(3, bias=False)


def test_a_block_that_fails_ends_too():
    with pytest.raises(KeyError), trimtab.compat.dialect("keras1"):
        raise KeyError

    assert trimtab.layers.Dense is type(trimtab.layers.Dense(1))


@pytest.mark.parametrize("era", ["keras0", "keras1", "keras2", "tf_keras"])
def test_an_era_is_a_module(era):
    module = __import__(f"trimtab.compat.{era}", fromlist=["layers"])

    assert module.layers.Dense(3).units == 3
    assert __import__(f"trimtab.compat.{era}.models", fromlist=["Sequential"]).Sequential().name


def test_classes_of_a_dialect_pass_for_todays():
    dense = find_in_keras(Dialect("keras1"), "layers", "Dense")

    class Own(dense):
        pass

    assert isinstance(trimtab.layers.Dense(1), dense)
    assert issubclass(Own, trimtab.layers.Dense)
    assert dense.__name__ == "Dense"


def variational(version, compile_model):
    """(model, loss of its first batch, what a formula says), with fixed weights."""
    dialect = Dialect(version)
    dense = find_in_keras(dialect, "layers", "Dense")
    x = trimtab.Input((3,))
    hidden = dense(units=2, kernel_initializer="ones")(x)
    out = dense(units=3, kernel_initializer="ones")(hidden)
    model = find_in_keras(dialect, "models", "Model")(x, out)
    compile_model(dialect, model, x, hidden, out)
    h = np.repeat(X.sum(1, keepdims=True), 2, 1)
    p = np.repeat(h.sum(1, keepdims=True), 3, 1)
    expected = ((X - p) ** 2).mean() + 0.5 * (h**2).sum(1).mean()
    return model, expected


def test_a_loss_may_be_made_of_the_models_tensors():
    def compile_model(dialect, model, x, hidden, out):
        ops = trimtab.ops
        model.add_loss(ops.mean(ops.square(x - out)) + 0.5 * ops.mean(ops.sum(hidden**2, -1)))
        model.compile("sgd")

    model, expected = variational("keras2", compile_model)
    history = model.fit(X, epochs=1, batch_size=24, verbose=0)

    assert history.history["loss"][0] == pytest.approx(expected, rel=1e-5)


def test_a_loss_function_may_refer_to_the_models_tensors():
    def compile_model(dialect, model, x, hidden, out):
        def loss(y_true, y_pred):
            reconstruction = trimtab.ops.mean(trimtab.ops.square(y_true - y_pred), axis=-1)
            return reconstruction + 0.5 * trimtab.ops.sum(hidden**2, axis=-1)

        model.compile("sgd", loss)

    model, expected = variational("keras1", compile_model)
    history = model.fit(X, X, nb_epoch=1, batch_size=24, verbose=0)

    assert history.history["loss"][0] == pytest.approx(expected, rel=1e-5)


def test_layers_have_their_shapes_where_an_old_script_runs():
    with trimtab.compat.dialect("keras1") as keras:
        model = keras.models.Sequential([keras.layers.Dense(4, input_dim=3)])
        layer = model.layers[0]
        assert (layer.input_shape, layer.output_shape) == ((None, 3), (None, 4))
        assert layer.get_output_shape_at(0) == (None, 4)
        assert layer.get_output_at(0) is layer.output

    assert not hasattr(trimtab.layers.Dense(1), "get_output_at")


def test_a_train_step_of_tf_keras_may_use_a_tape():
    with trimtab.compat.dialect("tf_keras"):
        import tensorflow as tf  # noqa: PLC0415

        class Own(tf.keras.Model):
            def __init__(self):
                super().__init__()
                self.out = tf.keras.layers.Dense(3, kernel_initializer="zeros")

            def call(self, x):
                return self.out(x)

            def train_step(self, data):
                x, y = data
                with tf.GradientTape() as tape:
                    loss = self.compiled_loss(y, self(x, training=True))
                gradients = tape.gradient(loss, self.trainable_variables)
                self.optimizer.apply_gradients(
                    zip(gradients, self.trainable_variables, strict=True)
                )
                return {"loss": loss}

        model = Own()
        model.compile(tf.keras.optimizers.SGD(0.1), "mse")
        history = model.fit(X, X, epochs=1, batch_size=24, verbose=0)

    assert history.history["loss"][0] == pytest.approx((X**2).mean(), rel=1e-5)
    gradient = -2 * X.T @ X / X.size
    assert model.out.kernel.numpy() == pytest.approx(-0.1 * gradient, rel=1e-4)


def test_a_tape_gives_the_gradients_of_what_ran_in_it():
    with trimtab.compat.dialect("tf_keras"):
        import tensorflow as tf  # noqa: PLC0415

        w, other = tf.Variable([1.0, 2.0]), tf.Variable(1.0)
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(w * w)
        found = tape.gradient(loss, [w, other])

    assert float(loss) == 5.0
    assert found[0].numpy().tolist() == [2.0, 4.0]
    assert found[1] is None
    with pytest.raises(RuntimeError, match="can be called once; make the tape with persistent"):
        tape.gradient(loss, w)
    with pytest.raises(TypeError, match="only variables can be watched"):
        tape.watch(X)


def test_tapes_of_one_block_each_give_their_gradients():
    with trimtab.compat.dialect("tf_keras"):
        import tensorflow as tf  # noqa: PLC0415

        w, v = tf.Variable([1.0, 2.0]), tf.Variable([3.0, 4.0])
        with tf.GradientTape() as first, tf.GradientTape() as second:
            loss, other = tf.reduce_sum(w * v), tf.reduce_sum(v * v)
        of_loss, of_other = first.gradient(loss, [w]), second.gradient(other, [w, v])

    assert of_loss[0].numpy().tolist() == [3.0, 4.0]
    assert of_other[0] is None
    assert of_other[1].numpy().tolist() == [6.0, 8.0]


@pytest.mark.parametrize("version", ["keras1", "keras2", "tf_keras"])
def test_an_optimizer_may_serve_two_models(version):
    dialect = Dialect(version)
    adam = find_in_keras(dialect, "optimizers", "Adam")(lr=0.1, decay=0.5)
    first, second = model_of(version, 2, optimizer=adam), model_of(version, 3, optimizer=adam)
    before = second.get_weights()[0].copy()
    second.train_on_batch(X, classes(3))
    first.train_on_batch(X, classes(2))
    # Adam's first step is the learning rate in each weight.
    assert np.abs(second.get_weights()[0] - before) == pytest.approx(0.1, rel=1e-2)

    adam.lr = 0.0
    before = [first.get_weights()[0].copy(), second.get_weights()[0].copy()]
    first.train_on_batch(X, classes(2))
    second.train_on_batch(X, classes(3))
    assert np.array_equal(first.get_weights()[0], before[0])
    assert np.array_equal(second.get_weights()[0], before[1])


@pytest.mark.parametrize("version", ["keras1", "keras2", "tf_keras"])
def test_the_end_of_a_batch_tells_the_loss_of_the_version(version):
    dialect = Dialect(version)
    base = find_in_keras(dialect, "callbacks", "Callback")

    class Losses(base):
        def on_train_begin(self, logs=None):
            self.losses, self.rows = [], []

        def on_batch_end(self, batch, logs=None):
            self.losses.append(logs.get("loss"))
            self.rows.append(logs.get("size"))

    losses = Losses()
    model = model_of(version, 2, "linear", loss="mse")
    model.optimizer.learning_rate = 0.0
    model.fit(
        X,
        classes(2),
        batch_size=10,
        shuffle=False,
        verbose=0,
        callbacks=[losses],
        **epochs("1" if version == "keras1" else "2"),
    )

    squares = ((model.predict(X, verbose=0) - classes(2)) ** 2).mean(1)
    own = [squares[:10].mean(), squares[10:20].mean(), squares[20:].mean()]
    running = [squares[:10].mean(), squares[:20].mean(), squares.mean()]
    assert losses.losses == pytest.approx(running if version == "tf_keras" else own, rel=1e-4)
    assert losses.rows == ([None] * 3 if version == "tf_keras" else [10, 10, 4])


def test_callbacks_without_a_hook_of_batches_cost_none():
    class Own(find_in_keras(Dialect("keras1"), "callbacks", "Callback")):
        def on_epoch_end(self, epoch, logs=None):
            pass

    assert Own().on_batch_end._is_idle
    assert Own().on_train_batch_end._is_idle


def test_a_copy_keeps_the_old_methods():
    model = model_of("keras2", 3)
    again = copy.deepcopy(model)

    assert again.predict_classes(X).tolist() == model.predict_classes(X).tolist()


def test_a_star_brings_the_modules_of_keras():
    names = {}
    with trimtab.compat.dialect("tf_keras"):
        exec("from tensorflow.keras import *\nfrom tensorflow.keras.layers import *", names)

    assert {"layers", "models", "optimizers", "Model", "Dense", "Conv2D"} <= set(names)
    assert "LSTM" not in names
