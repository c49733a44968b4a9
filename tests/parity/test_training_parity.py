"""Training beside Keras 3: same weights in, same data, then the same numbers, names and text."""

import re

import keras
import numpy as np
import pytest

from trimtab import callbacks, config, layers, losses, metrics, models, ops, optimizers

RNG = np.random.default_rng(3)
ROWS = 203
X = RNG.normal(size=(ROWS, 6)).astype("float32")
LABELS = (X[:, 0] + 0.5 * X[:, 1] > 0).astype("int64")
ONE_HOT = np.eye(2, dtype="float32")[LABELS]
NUMBERS = (X @ RNG.normal(size=(6, 1))).astype("float32")
WEIGHTS = np.linspace(0, 2, ROWS).astype("float32")


class Ours:
    """The library under its modules' names, as `keras` has them."""

    layers = layers
    losses = losses
    metrics = metrics
    callbacks = callbacks
    optimizers = optimizers
    ops = ops
    Sequential = models.Sequential
    Model = models.Model
    Input = layers.Input


def classifier(k, place="before", outputs=2, activation="softmax"):
    """Two blocks, with batch normalization before the activation, after it, or not at all."""
    # A bias in front of BN has no gradient but rounding errors, which Adam blows up to full steps.
    stack = [k.layers.Input((6,))]
    for units in (8, 4):
        stack.append(k.layers.Dense(units, use_bias=place != "before"))
        if place == "before":
            stack.append(k.layers.BatchNormalization())
        stack.append(k.layers.Activation("tanh"))
        if place == "after":
            stack.append(k.layers.BatchNormalization())
    return k.Sequential([*stack, k.layers.Dense(outputs), k.layers.Activation(activation)])


def two_headed(k):
    inputs = k.Input((6,))
    hidden = k.layers.Dense(5, activation="tanh", kernel_regularizer="l2")(inputs)
    a = k.layers.Dense(1, name="a")(hidden)
    b = k.layers.Dense(2, activation="softmax", name="b")(hidden)
    return k.Model(inputs, [a, b])


def pair(build):
    """The model that `build` makes, in Keras and in ours, with the same weights."""
    keras.utils.set_random_seed(11)
    theirs, ours = build(keras), build(Ours)
    ours.set_weights(theirs.get_weights())
    return theirs, ours


def fit_both(build, compile_arguments, x, y, **fit_arguments):
    """(their model, our model, their History, our History) after the same training."""
    theirs, ours = pair(build)
    histories = []
    for k, model in ((keras, theirs), (Ours, ours)):
        model.compile(**compile_arguments(k))
        own = {"shuffle": False, "verbose": 0, "batch_size": 16}
        given = {n: a(k) if callable(a) else a for n, a in fit_arguments.items()}
        histories.append(model.fit(x, y, **(own | given)))
    return theirs, ours, *histories


def assert_same_weights(theirs, ours):
    for expected, got in zip(theirs.get_weights(), ours.get_weights(), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-4, atol=2e-5)


def assert_same_history(theirs, ours):
    assert list(ours.history) == list(theirs.history)
    assert ours.epoch == theirs.epoch
    assert ours.params == theirs.params
    for name, values in theirs.history.items():
        # A probability within rounding of 0.5 may fall on either side: one row of the fewest, 31.
        atol = 0.04 if "acc" in name else 1e-6
        np.testing.assert_allclose(ours.history[name], values, rtol=1e-4, atol=atol, err_msg=name)


OPTIMIZERS = {
    "sgd": lambda k: k.optimizers.SGD(0.05),
    "nesterov": lambda k: k.optimizers.SGD(0.02, momentum=0.9, nesterov=True),
    "clipnorm": lambda k: k.optimizers.SGD(0.1, clipnorm=0.1),
    "global_clipnorm": lambda k: k.optimizers.SGD(0.1, global_clipnorm=0.2),
    "clipvalue": lambda k: k.optimizers.SGD(0.1, momentum=0.5, clipvalue=0.01),
    "sgd_decay": lambda k: k.optimizers.SGD(0.05, weight_decay=0.01),
    "adam": lambda k: k.optimizers.Adam(0.01),
    "adam_clip": lambda k: k.optimizers.Adam(0.01, clipnorm=0.1, weight_decay=0.02),
    "amsgrad": lambda k: k.optimizers.Adam(0.01, amsgrad=True),
    "ema": lambda k: k.optimizers.Adam(0.01, use_ema=True, ema_momentum=0.9),
    "schedule": lambda k: k.optimizers.SGD(
        k.optimizers.schedules.ExponentialDecay(0.1, decay_steps=20, decay_rate=0.5)
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("place", ["before", "after", "none"])
def test_a_hundred_steps_give_the_same_weights_and_statistics(place):
    theirs, ours, *histories = fit_both(
        lambda k: classifier(k, place),
        lambda k: {
            "optimizer": OPTIMIZERS["nesterov"](k),
            "loss": "binary_crossentropy",
            "metrics": ["accuracy"],
        },
        X,
        ONE_HOT,
        epochs=8,
    )
    assert_same_weights(theirs, ours)
    assert_same_history(*histories)


@pytest.mark.slow
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_hundred_steps_of_each_optimizer_give_the_same_weights(name):
    theirs, ours, *histories = fit_both(
        classifier,
        lambda k: {"optimizer": OPTIMIZERS[name](k), "loss": "categorical_crossentropy"},
        X,
        ONE_HOT,
        epochs=8,
    )
    assert_same_weights(theirs, ours)
    assert_same_history(*histories)


LOSSES = [
    "mse",
    "mae",
    "msle",
    "huber",
    "log_cosh",
    "kl_divergence",
    "poisson",
    "cosine_similarity",
    "hinge",
    "squared_hinge",
    "categorical_hinge",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "crossentropy",
]


@pytest.mark.slow
@pytest.mark.parametrize("loss", LOSSES)
def test_a_hundred_steps_of_each_loss_give_the_same_weights(loss):
    theirs, ours, *histories = fit_both(
        classifier,
        lambda k: {"optimizer": OPTIMIZERS["nesterov"](k), "loss": loss},
        X,
        ONE_HOT,
        epochs=8,
    )
    assert_same_weights(theirs, ours)
    assert_same_history(*histories)


@pytest.mark.slow
def test_sparse_labels_and_integer_types_give_the_same_weights():
    theirs, ours, *histories = fit_both(
        classifier,
        lambda k: {
            "optimizer": OPTIMIZERS["sgd"](k),
            "loss": "sparse_categorical_crossentropy",
            "metrics": ["acc", "sparse_top_k_categorical_accuracy"],
        },
        X.astype("float64"),
        LABELS,
        epochs=3,
    )
    assert_same_weights(theirs, ours)
    assert_same_history(*histories)


FITS = {
    "validation_split": {"validation_split": 0.2, "epochs": 2},
    "validation_data": {"validation_data": (X[:31], ONE_HOT[:31], WEIGHTS[:31]), "epochs": 2},
    "validation_freq": {"validation_split": 0.3, "validation_freq": 2, "epochs": 5},
    "validation_epochs": {"validation_split": 0.3, "validation_freq": [1, 3], "epochs": 3},
    "validation_steps": {
        "validation_split": 0.5,
        "validation_steps": 2,
        "validation_batch_size": 7,
        "epochs": 2,
    },
    "sample_weight": {"sample_weight": WEIGHTS, "epochs": 2},
    "sample_weight_column": {"sample_weight": WEIGHTS[:, None], "epochs": 2},
    "split_weights": {"sample_weight": WEIGHTS, "validation_split": 0.25, "epochs": 2},
    "class_weight": {"class_weight": {0: 3.0}, "validation_split": 0.2, "epochs": 2},
    "initial_epoch": {"initial_epoch": 2, "epochs": 4},
    "steps_per_epoch": {"steps_per_epoch": 4, "epochs": 7},
    "steps_without_batch_size": {"steps_per_epoch": 4, "batch_size": None, "epochs": 2},
    "one_row_left": {"batch_size": 101, "epochs": 2},
    "large_batch": {"batch_size": 1000, "epochs": 2},
    "learning_rate": {
        "epochs": 3,
        "validation_split": 0.2,
        "callbacks": lambda k: [
            k.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5),
            k.callbacks.ReduceLROnPlateau(patience=1),
        ],
    },
    "early_stopping": {
        "epochs": 20,
        "validation_split": 0.2,
        "callbacks": lambda k: [
            k.callbacks.EarlyStopping(min_delta=0.03, patience=2, restore_best_weights=True)
        ],
    },
}


def fully_measured(k):
    return {
        "optimizer": OPTIMIZERS["sgd"](k),
        "loss": "categorical_crossentropy",
        "metrics": ["accuracy", k.metrics.MeanSquaredError(name="error")],
        "weighted_metrics": ["accuracy", "mae"],
    }


@pytest.fixture(scope="module")
def their_model():
    """A Keras model that is compiled once, as compiling takes it seconds; and its first weights."""
    keras.utils.set_random_seed(11)
    model = classifier(keras)
    model.compile(**fully_measured(keras))
    return model, model.get_weights()


@pytest.mark.slow
# Both warn of the data that run out; ours also of a batch of one row.
@pytest.mark.filterwarnings("ignore:Your input ran out", "ignore:fit. the last batch has")
@pytest.mark.parametrize("name", FITS)
def test_fit_gives_the_same_history(name, their_model):
    theirs, weights = their_model
    theirs.set_weights(weights)
    theirs.optimizer.learning_rate = 0.05
    ours = classifier(Ours)
    ours.set_weights(weights)
    ours.compile(**fully_measured(Ours))
    histories = []
    for k, model in ((keras, theirs), (Ours, ours)):
        given = {n: a(k) if callable(a) else a for n, a in FITS[name].items()}
        own = {"shuffle": False, "verbose": 0, "batch_size": 16}
        histories.append(model.fit(X, ONE_HOT, **(own | given)))
    assert_same_history(*histories)
    assert_same_weights(theirs, ours)


COMPILES = {
    "list": {"loss": ["mse", "crossentropy"], "metrics": [["mae"], ["accuracy", "mse"]]},
    "dict": {
        "loss": {"a": "mse", "b": "categorical_crossentropy"},
        "metrics": {"b": ["accuracy"]},
        "loss_weights": {"a": 0.5, "b": 2.0},
    },
    "one_for_all": {"loss": "mse", "metrics": ["mae", "accuracy"]},
    "partial": {"loss": [None, "categorical_crossentropy"], "metrics": [None, ["accuracy"]]},
}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:SGD. no gradient for the variables")
@pytest.mark.parametrize("name", COMPILES)
def test_several_outputs_give_the_same_history_and_evaluation(name):
    y = [NUMBERS, ONE_HOT]
    theirs, ours, *histories = fit_both(
        two_headed,
        lambda k: {"optimizer": OPTIMIZERS["sgd"](k), **COMPILES[name]},
        X,
        y,
        epochs=2,
        validation_split=0.2,
        sample_weight=WEIGHTS,
    )
    assert_same_history(*histories)
    assert_same_weights(theirs, ours)
    np.testing.assert_allclose(
        ours.evaluate(X, y, verbose=0), theirs.evaluate(X, y, verbose=0), rtol=1e-4, atol=1e-6
    )
    assert ours.metrics_names == theirs.metrics_names


def compiled_pair():
    theirs, ours = pair(classifier)
    for k, model in ((keras, theirs), (Ours, ours)):
        model.compile(
            optimizer=OPTIMIZERS["sgd"](k),
            loss="categorical_crossentropy",
            metrics=["accuracy", k.metrics.MeanSquaredError()],
        )
    return theirs, ours


def test_steps_on_batches_return_the_same():
    theirs, ours = compiled_pair()
    for start in (0, 16, 32):
        rows = slice(start, start + 16)
        expected = theirs.train_on_batch(X[rows], ONE_HOT[rows], sample_weight=WEIGHTS[rows])
        got = ours.train_on_batch(X[rows], ONE_HOT[rows], sample_weight=WEIGHTS[rows])
        np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-6)
    expected = theirs.test_on_batch(X, ONE_HOT, return_dict=True)
    got = ours.test_on_batch(X, ONE_HOT, return_dict=True)
    assert list(got) == list(expected)
    np.testing.assert_allclose(list(got.values()), list(expected.values()), rtol=1e-4)
    np.testing.assert_allclose(ours.predict_on_batch(X), theirs.predict_on_batch(X), atol=1e-5)
    np.testing.assert_allclose(
        ours.predict(X, verbose=0, batch_size=50), theirs.predict(X, verbose=0), atol=1e-5
    )


def events(k):
    """A callback that writes down what it is called with."""

    class Events(k.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.seen = []

    def recorder(name):
        def hook(self, *args, **kwargs):
            number = args[0] if args and isinstance(args[0], int) else None
            logs = kwargs.get("logs", args[-1] if args else None) or {}
            self.seen.append((name, number, sorted(logs)))

        return hook

    for name in dir(k.callbacks.Callback):
        if name.startswith("on_") and name not in ("on_batch_begin", "on_batch_end"):
            setattr(Events, name, recorder(name))
    return Events()


def test_hooks_are_called_in_the_same_order():
    seen = []
    for k, model in zip((keras, Ours), compiled_pair(), strict=True):
        callback = events(k)
        model.fit(
            X[:40],
            ONE_HOT[:40],
            batch_size=16,
            epochs=2,
            validation_split=0.2,
            verbose=0,
            callbacks=[callback],
        )
        model.evaluate(X[:20], ONE_HOT[:20], verbose=0, callbacks=[callback])
        model.predict(X[:40], verbose=0, callbacks=[callback])
        seen.append(callback.seen)
    assert seen[1] == seen[0]


def last_drawings(text):
    """The last drawing of each printed line, durations and padding taken out.

    Keras calls its bar from threads of its own: which drawings come before is a matter of chance,
    and so is how far a bar has come that another line breaks off.
    """
    text = re.sub("\b*\r", "|", text)
    text = re.sub(r"\d+(s|ms|us)/step", "T/step", text)
    text = re.sub(r"(\d+:)*\d+s\b", "T", text)
    drawings = [line.split("|")[-1].rstrip() for line in text.split("\n")]
    return ["broken off" if is_unfinished(drawing) else drawing for drawing in drawings]


def is_unfinished(drawing):
    count = re.match(r"\x1b\[1m *(\d+)/(\d+)", drawing)
    return count is not None and count[1] != count[2]


@pytest.fixture
def without_bn_checks():
    """What fit says of Batch Normalization is left out: Keras says nothing of it."""
    config.set_bn_checks(False)
    yield
    config.set_bn_checks(True)


@pytest.mark.slow
@pytest.mark.usefixtures("without_bn_checks")
@pytest.mark.parametrize("verbose", [0, 1, 2, "auto"])
def test_printed_text_is_the_same(verbose, capsys):
    printed = []
    for model in compiled_pair():
        model.fit(X, ONE_HOT, epochs=2, validation_split=0.2, shuffle=False, verbose=verbose)
        model.evaluate(X, ONE_HOT, verbose=verbose)
        model.predict(X, verbose=verbose)
        printed.append(last_drawings(capsys.readouterr().out))
    assert printed[1] == printed[0]


@pytest.mark.slow
@pytest.mark.usefixtures("without_bn_checks")
@pytest.mark.parametrize("verbose", [1, 2])
def test_printed_text_of_one_epoch_and_of_callbacks_is_the_same(verbose, capsys):
    printed = []
    for k, model in zip((keras, Ours), compiled_pair(), strict=True):
        model.fit(X[:32], ONE_HOT[:32], shuffle=False, verbose=verbose)
        model.fit(
            X,
            ONE_HOT,
            epochs=9,
            shuffle=False,
            verbose=verbose,
            validation_split=0.2,
            callbacks=[
                k.callbacks.EarlyStopping(
                    min_delta=1.0, patience=1, verbose=1, restore_best_weights=True
                ),
                k.callbacks.LearningRateScheduler(lambda epoch: 0.125, verbose=1),
                k.callbacks.ReduceLROnPlateau(min_delta=1.0, patience=1, verbose=1),
            ],
        )
        printed.append(last_drawings(capsys.readouterr().out))
    assert printed[1] == printed[0]


BARS = {
    "plain": ({"target": 7}, [0.01, 0.02, 0.2, 1.5, 3.0, 60.0, 90.0]),
    "long": ({"target": 12000, "width": 30}, [0.5, 2.0, 9000.0]),
    "unknown": ({"target": None, "unit_name": "sample"}, [0.1, 0.2, 5.0]),
    "stateful": ({"target": 3, "stateful_metrics": ["a"]}, [0.1, 0.2, 0.3]),
    "stateless": ({"target": 3, "stateless_metrics": ["a"]}, [0.1, 0.2, 0.3]),
    "line": ({"target": 3, "verbose": 2}, [0.1, 0.2, 0.3]),
}


@pytest.mark.parametrize("name", BARS)
def test_a_bar_is_drawn_alike(name, capsys, monkeypatch):
    arguments, times = BARS[name]
    printed = []
    for bar_class in (keras.utils.Progbar, callbacks.Progbar):
        clock = [1000.0]
        monkeypatch.setattr("time.time", lambda clock=clock: clock[0])
        bar = bar_class(**arguments)
        for step, seconds in enumerate(times):
            clock[0] = 1000.0 + seconds
            values = [("a", 0.5 - step), ("b", 12.0 * step), ("c", 1e-5 * step)]
            bar.update(step + 1, values)
        bar.update(arguments["target"] or len(times), [("a", 0.25)], finalize=True)
        printed.append(capsys.readouterr().out)
    assert printed[1] == printed[0]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Your input ran out", "ignore:.shuffle=True. was passed")
def test_generator_and_dataset_give_the_same_history():
    def batches():
        for start in range(0, 96, 16):
            yield X[start : start + 16], ONE_HOT[start : start + 16]

    def dataset(k, base):
        class Batches(base):
            def __len__(self):
                return 5

            def __getitem__(self, i):
                return X[i * 20 : i * 20 + 20], ONE_HOT[i * 20 : i * 20 + 20], WEIGHTS[:20]

        return Batches()

    from trimtab.data import PyDataset  # noqa: PLC0415 - beside Keras's class of this name

    theirs, ours = compiled_pair()
    expected = theirs.fit(batches(), verbose=0)
    assert_same_history(expected, ours.fit(batches(), verbose=0))
    expected = theirs.fit(dataset(keras, keras.utils.PyDataset), epochs=2, shuffle=False, verbose=0)
    got = ours.fit(dataset(Ours, PyDataset), epochs=2, shuffle=False, verbose=0)
    assert_same_history(expected, got)
    assert_same_weights(theirs, ours)
