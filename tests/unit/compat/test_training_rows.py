"""Every row of methods, optimizers, callbacks, functions and values, by itself."""

import inspect
import warnings

import numpy as np
import pytest

import trimtab
from trimtab.compat.dialect import Dialect
from trimtab.compat.installation import find_in_keras
from trimtab.compat.tables import CALLBACKS, FUNCTIONS, METHODS, OPTIMIZERS
from trimtab.compat.tables.values import (
    ACTIVATIONS,
    CONSTRAINTS,
    INITIALIZERS,
    LOSSES,
    meaning,
)
from trimtab.compat.translate import translate

# --- optimizers --------------------------------------------------------------------------------

OPTIMIZER_SAMPLES = {
    "lr": 0.02,
    "momentum": 0.5,
    "decay": 0.1,
    "nesterov": True,
    "rho": 0.8,
    "epsilon": 1e-3,
    "beta_1": 0.8,
    "beta_2": 0.9,
    "amsgrad": True,
    "schedule_decay": 0.004,
}
ORDERS = [(row, order) for row in OPTIMIZERS for order in row.orders if order.names]


def text(version):
    return ".".join(str(part) for part in version)


def name_of(x):
    return getattr(x, "name", None) or (text(x.since) if hasattr(x, "since") else None)


@pytest.mark.parametrize(("row", "order"), ORDERS, ids=name_of)
def test_an_optimizer_takes_its_old_arguments_by_position(row, order):
    make = find_in_keras(Dialect(text(order.since)), "optimizers", row.name)
    values = [OPTIMIZER_SAMPLES[name] for name in order.names]

    by_position, by_name = make(*values), make(**dict(zip(order.names, values, strict=True)))

    first, second = by_position.get_config(), by_name.get_config()
    assert {**first, "name": ""} == {**second, "name": ""}
    assert float(by_position.lr) == pytest.approx(0.02)


@pytest.mark.parametrize("row", OPTIMIZERS, ids=name_of)
def test_an_optimizer_decays_its_rate_by_step(row):
    optimizer = find_in_keras(Dialect("keras1"), "optimizers", row.name)(lr=0.5, decay=0.25)
    weight = trimtab.Variable(np.ones(3, "float32"))

    rates = []
    for _ in range(3):
        rates.append(float(optimizer.step_rate()))
        optimizer.apply([np.ones(3, "float32")], [weight])

    assert rates == pytest.approx([0.5, 0.5 / 1.25, 0.5 / 1.5])


STEPS = [(row, step) for row in OPTIMIZERS for step in row.defaults]


@pytest.mark.parametrize(("row", "step"), STEPS, ids=name_of)
def test_an_optimizers_default_is_what_it_was(row, step):
    optimizer = find_in_keras(Dialect(text(step.since)), "optimizers", row.name)()

    signature = inspect.signature(getattr(trimtab.optimizers, row.name))
    todays = signature.parameters[step.argument].default
    expected = todays if step.value is None else step.value
    assert float(getattr(optimizer, step.argument)) == pytest.approx(expected)


@pytest.mark.parametrize("row", OPTIMIZERS, ids=name_of)
def test_an_optimizer_by_name_has_the_defaults_of_the_version(row):
    sequential = find_in_keras(Dialect("keras1"), "models", "Sequential")
    model = sequential([trimtab.layers.Dense(1)])
    model.compile(row.name.lower(), "mse")

    made = find_in_keras(Dialect("keras1"), "optimizers", row.name)()
    assert {**model.optimizer.get_config(), "name": ""} == {**made.get_config(), "name": ""}


def reference_step(name, version, gradients):
    """Two updates of a weight that starts at 1, from the formulas of the versions."""
    w, a, d = 1.0, 0.0, 0.0
    for g in gradients:
        if name == "RMSprop":
            a = 0.9 * a + 0.1 * g * g
            step = 0.1 * g / (np.sqrt(a + 1e-2) if version == "0.3.3" else np.sqrt(a) + 1e-2)
        elif name == "Adagrad":
            a += g * g
            step = 0.1 * g / (np.sqrt(a + 1e-2) if version == "0.3.3" else np.sqrt(a) + 1e-2)
        else:
            a = 0.95 * a + 0.05 * g * g
            step = 0.1 * g * np.sqrt(d + 1e-2) / np.sqrt(a + 1e-2)
            d = 0.95 * d + 0.05 * (step / 0.1) ** 2
        w -= step
    return w


@pytest.mark.parametrize("version", ["0.3.3", "1.2.2", "2.2.4"])
@pytest.mark.parametrize("name", ["RMSprop", "Adagrad", "Adadelta"])
def test_epsilon_stands_where_it_stood(name, version):
    if name == "RMSprop" and version == "0.3.3":
        version = "1.0.2"
        expected = reference_step(name, "0.3.3", [0.3, -0.2])
    else:
        expected = reference_step(name, version, [0.3, -0.2])
    optimizer = find_in_keras(Dialect(version), "optimizers", name)(lr=0.1, epsilon=1e-2)
    weight = trimtab.Variable(np.ones(1, "float32"))
    for g in (0.3, -0.2):
        optimizer.apply([np.full(1, g, "float32")], [weight])

    assert weight.numpy()[0] == pytest.approx(expected, rel=1e-5)


def test_clipnorm_was_of_all_gradients_together():
    optimizer = find_in_keras(Dialect("keras2"), "optimizers", "SGD")(lr=1.0, clipnorm=1.0)
    weights = [trimtab.Variable(np.zeros(1, "float32")) for _ in range(2)]

    optimizer.apply([np.full(1, 3.0, "float32"), np.full(1, 4.0, "float32")], weights)

    assert [float(w.numpy()[0]) for w in weights] == pytest.approx([-0.6, -0.8])


def test_the_rate_can_be_set_under_its_old_name():
    optimizer = find_in_keras(Dialect("keras2"), "optimizers", "SGD")(lr=0.1)
    optimizer.lr = 0.03

    assert float(optimizer.learning_rate) == pytest.approx(0.03)


# --- methods -----------------------------------------------------------------------------------

METHOD_SAMPLES = {
    "optimizer": "sgd",
    "loss": "mse",
    "class_mode": "categorical",
    "theano_mode": None,
    "metrics": ["accuracy"],
    "loss_weights": None,
    "sample_weight_mode": None,
    "batch_size": 4,
    "nb_epoch": 2,
    "epochs": 2,
    "verbose": 0,
    "callbacks": [],
    "validation_split": 0.0,
    "validation_data": None,
    "validation_freq": 1,
    "shuffle": False,
    "show_accuracy": True,
    "accuracy": True,
    "class_weight": None,
    "sample_weight": None,
    "initial_epoch": 0,
    "samples_per_epoch": 12,
    "steps_per_epoch": 3,
    "nb_val_samples": None,
    "validation_steps": None,
    "val_samples": 12,
    "steps": 3,
    "max_q_size": 10,
    "max_queue_size": 10,
    "nb_worker": 1,
    "nb_val_worker": None,
    "workers": 1,
    "pickle_safe": False,
    "use_multiprocessing": False,
    "target_tensors": None,
    "reset_metrics": True,
    "name": "m",
}
METHOD_ORDERS = [(row, order) for row in METHODS for order in row.orders if order.names]
X = np.linspace(-1, 1, 24, dtype="float32").reshape(12, 2)
Y = np.eye(2, dtype="float32")[[0, 1] * 6]


def batches():
    while True:
        for start in range(0, 12, 4):
            yield X[start : start + 4], Y[start : start + 4]


def model_of(version):
    dialect = Dialect(version)
    model = find_in_keras(dialect, "models", "Sequential")()
    weights = {"kernel_initializer": "ones", "bias_initializer": "zeros"}
    model.add(find_in_keras(dialect, "layers", "Dense")(units=2, input_shape=(2,), **weights))
    model.compile(optimizer="sgd", loss="mse")
    return model


def sample_of(name):
    data = {"X": X, "x": X, "y": Y, "generator": batches()}
    if name in ("input", "output"):
        return trimtab.Input((2,)) if name == "input" else None
    return data[name] if name in data else METHOD_SAMPLES[name]


@pytest.mark.parametrize(("row", "order"), METHOD_ORDERS, ids=name_of)
def test_a_method_takes_its_old_arguments_by_position(row, order):
    version = text(order.since)
    if row.name == "Model":
        x = trimtab.Input((2,))
        y = trimtab.layers.Dense(1)(x)
        made = find_in_keras(Dialect(version), "models", "Model")
        assert made(x, y, "m").name == made(input=x, output=y, name="m").name
        return
    first, second = model_of(version), model_of(version)
    values = {name: sample_of(name) for name in order.names}

    by_position = getattr(first, row.name)(*values.values())
    values = {name: sample_of(name) for name in order.names}
    by_name = getattr(second, row.name)(**values)

    for a, b in zip(first.get_weights(), second.get_weights(), strict=True):
        assert a == pytest.approx(b)
    if isinstance(by_position, (float, list, np.ndarray)):
        assert np.ravel(by_position) == pytest.approx(np.ravel(by_name))


METHOD_RENAMES = [(row, old) for row in METHODS for old in row.rename if row.name != "Model"]


@pytest.mark.parametrize(("row", "old"), METHOD_RENAMES, ids=lambda x: getattr(x, "name", x))
def test_an_old_argument_of_a_method_is_taken(row, old):
    version = "1.2.2" if row.until > (1, 2, 2) else "0.1.2"
    model = model_of(version)
    needed = {"X": X, "y": Y} if "generator" not in row.rename else {"generator": batches()}
    if row.name.startswith("predict"):
        needed.pop("y", None)
    if row.name == "fit_generator":
        needed |= {"samples_per_epoch": 12, "nb_epoch": 1, "verbose": 0}
    elif "generator" in needed:
        needed["val_samples"] = 12
    arguments = {**needed, old: sample_of(old)}

    getattr(model, row.name)(**arguments)

    if old not in ("generator",):
        notes = [entry for _, _, entry in model.dialect.journal.translated]
        assert any(entry.startswith(f"{old}=") for entry in notes)


def test_models_took_input_and_output():
    dialect = Dialect("keras1")
    x = trimtab.Input((2,))
    y = trimtab.layers.Dense(1)(x)

    model = find_in_keras(dialect, "models", "Model")(input=x, output=y)

    assert model.outputs[0] is y
    olds = [old.partition("=")[0] for _, _, old in dialect.journal.translated]
    assert olds == ["input", "output"]


METHOD_DROPPED = [(row, name) for row in METHODS for name in row.dropped]


@pytest.mark.parametrize(("row", "name"), METHOD_DROPPED, ids=lambda x: getattr(x, "name", x))
def test_a_methods_argument_that_is_gone_is_taken_and_noted(row, name):
    assert name in METHOD_SAMPLES
    dialect = Dialect("2.2.4" if row.until > (2, 2, 4) else "0.1.2")
    result = translate(row, dialect.version, (), {name: METHOD_SAMPLES[name]})
    dialect.note(row, result, (), {name: METHOD_SAMPLES[name]})

    assert name not in result.arguments
    assert any(entry.startswith(f"{name}=") for _, _, entry in dialect.journal.translated)


METHOD_DEFAULTS = [(row, step) for row in METHODS for step in row.defaults]


@pytest.mark.parametrize(("row", "step"), METHOD_DEFAULTS, ids=name_of)
def test_a_methods_argument_left_out_is_what_it_was(row, step):
    result = translate(row, step.since, (), {})

    assert result.arguments.get(step.argument) == step.value


def test_epochs_left_out_are_those_of_the_version():
    lengths = {}
    for version in ("0.3.3", "1.2.2", "2.0.9", "2.2.4"):
        model = model_of(version)
        lengths[version] = len(model.fit(X, Y, verbose=0).epoch)

    assert lengths == {"0.3.3": 100, "1.2.2": 10, "2.0.9": 10, "2.2.4": 1}


# --- callbacks ---------------------------------------------------------------------------------

CALLBACK_SAMPLES = {
    "filepath": "weights.hdf5",
    "monitor": "loss",
    "verbose": 0,
    "save_best_only": False,
    "save_weights_only": True,
    "mode": "min",
    "period": 1,
    "patience": 2,
    "min_delta": 0.1,
    "epsilon": 1e-3,
    **dict.fromkeys(
        ["on_epoch_begin", "on_epoch_end", "on_batch_begin", "on_batch_end"]
        + ["on_train_begin", "on_train_end"],
        print,
    ),
}
CALLBACK_ORDERS = [(row, order) for row in CALLBACKS for order in row.orders if order.names]


@pytest.mark.parametrize(("row", "order"), CALLBACK_ORDERS, ids=name_of)
def test_a_callback_takes_its_old_arguments_by_position(row, order):
    make = find_in_keras(Dialect(text(order.since)), "callbacks", row.name)
    values = {name: CALLBACK_SAMPLES[name] for name in order.names}

    by_position, by_name = make(*values.values()), make(**values)

    assert vars(by_position).keys() == vars(by_name).keys()
    for name in ("monitor", "mode", "patience", "min_delta", "filepath", "period"):
        assert getattr(by_position, name, None) == getattr(by_name, name, None)


CALLBACK_RENAMES = [(row, old) for row in CALLBACKS for old in row.rename]


@pytest.mark.parametrize(("row", "old"), CALLBACK_RENAMES, ids=lambda x: getattr(x, "name", x))
def test_an_old_argument_of_a_callback_is_todays(row, old):
    value = CALLBACK_SAMPLES[old]
    callback = find_in_keras(Dialect("keras2"), "callbacks", row.name)(**{old: value})

    assert getattr(callback, row.rename[old]) == value


@pytest.mark.parametrize(("version", "stops_after"), [("1.2.2", 4), ("2.2.4", 3)])
def test_patience_counts_bad_epochs_as_the_version_did(version, stops_after):
    dialect = Dialect(version)
    stop = find_in_keras(dialect, "callbacks", "EarlyStopping")(monitor="loss", patience=2)
    model = model_of(version)
    stop.set_model(model)
    stop.on_train_begin()
    model.stop_training = False
    epochs = 0
    for loss in [1.0, 2.0, 2.0, 2.0, 2.0, 2.0]:
        stop.on_epoch_end(epochs, {"loss": loss})
        epochs += 1
        if model.stop_training:
            break

    assert epochs == stops_after


@pytest.mark.parametrize(("version", "name"), [("1.2.2", "w.00.h5"), ("2.2.4", "w.01.h5")])
def test_the_epoch_in_a_files_name_is_counted_as_then(version, name, tmp_path):
    checkpoint = find_in_keras(Dialect(version), "callbacks", "ModelCheckpoint")
    model = model_of(version)
    model.fit(X, Y, epochs=1, verbose=0, callbacks=[checkpoint(str(tmp_path / "w.{epoch:02d}.h5"))])

    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_checkpoints_come_every_period(tmp_path):
    checkpoint = find_in_keras(Dialect("keras2"), "callbacks", "ModelCheckpoint")
    model = model_of("keras2")
    path = str(tmp_path / "{epoch}.h5")
    model.fit(X, Y, epochs=4, verbose=0, callbacks=[checkpoint(path, period=2)])

    assert sorted(file.name for file in tmp_path.iterdir()) == ["2.h5", "4.h5"]


# --- functions ---------------------------------------------------------------------------------

FUNCTION_SAMPLES = {"l": 0.02, "m": 3, "low": 0.1, "high": 2.0, "y": [0, 2], "nb_classes": 3}
AREAS = {"regularizers": "regularizers", "constraints": "constraints", "utils": "utils.np_utils"}
TODAY = [row for row in FUNCTIONS if row.today]
FUNCTION_RENAMES = [(row, old) for row in TODAY for old in row.rename]


def area_of(row):
    return AREAS[row.today.split(".")[1]]


@pytest.mark.parametrize(("row", "old"), FUNCTION_RENAMES, ids=lambda x: getattr(x, "name", x))
def test_an_old_argument_of_a_function_is_todays(row, old):
    make = find_in_keras(Dialect("keras1"), area_of(row), row.name)
    if row.name == "to_categorical":
        assert make(y=[0, 2], nb_classes=3).tolist() == [[1, 0, 0], [0, 0, 1]]
        return
    made = make(**{old: FUNCTION_SAMPLES[old]})

    assert float(getattr(made, row.rename[old])) == pytest.approx(FUNCTION_SAMPLES[old])


@pytest.mark.parametrize("row", TODAY, ids=name_of)
def test_a_function_is_there_in_its_time(row):
    make = find_in_keras(Dialect("keras1"), area_of(row), row.name)
    made = make([0, 1]) if row.name == "to_categorical" else make()

    kind = getattr(getattr(trimtab, row.today.split(".")[1]), row.today_name)
    assert row.name == "to_categorical" or isinstance(made, kind)


@pytest.mark.parametrize(
    ("row", "step"), [(row, step) for row in FUNCTIONS for step in row.defaults], ids=name_of
)
def test_a_functions_default_is_what_it_was(row, step):
    made = find_in_keras(Dialect("keras1"), area_of(row), row.name)()

    assert float(getattr(made, step.argument)) == pytest.approx(step.value)


@pytest.mark.parametrize("order", [o for r in FUNCTIONS for o in r.orders if o.names], ids=name_of)
def test_class_numbers_become_rows_by_position(order):
    make = find_in_keras(Dialect(text(order.since)), "utils", "to_categorical")

    assert make([[0], [1]], 3).tolist() == [[1, 0, 0], [0, 1, 0]]


# --- values ------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", INITIALIZERS, ids=lambda r: f"{r.name}-{text(r.since)}")
def test_an_initializer_draws_from_the_range_of_the_version(row):
    dialect = Dialect(text(row.since))
    layer = find_in_keras(dialect, "layers", "Dense")(output_dim=300, init=row.name)
    layer.build((None, 200))
    kernel = layer.kernel.numpy()

    deviation = {
        "zero": 0.0,
        "one": 0.0,
        "uniform": 0.1 / np.sqrt(12),
        "normal": 0.05,
        "orthogonal": (1.1 if row.since < (2, 0, 0) else 1.0) / np.sqrt(300),
        "glorot_uniform": np.sqrt((2 if row.since < (0, 1, 2) else 6) / 500 / 3),
        "he_uniform": np.sqrt((2 if row.since < (0, 1, 2) else 6) / 200 / 3),
        "lecun_uniform": np.sqrt((1 if row.since < (0, 1, 2) else 3) / 200 / 3),
        "glorot_normal": np.sqrt(2 / 500),
        "he_normal": np.sqrt(2 / 200),
        "lecun_normal": np.sqrt(1 / 200),
    }[row.name]
    if row.name.endswith("_normal") and (2, 0, 0) <= row.since < (2, 2, 0):
        # Cut at two deviations, and not corrected for it.
        deviation *= 0.87962566
    assert kernel.std() == pytest.approx(deviation, rel=0.02)


def test_the_fan_out_of_a_kernel_was_its_filters():
    layer = find_in_keras(Dialect("0.3.3"), "layers", "Convolution2D")(64, 5, 5)
    layer.build((None, 16, 12, 12))

    limit = np.sqrt(6 / (16 * 25 + 64))
    assert abs(layer.kernel.numpy()).max() == pytest.approx(limit, rel=0.01)


def test_the_fan_out_of_a_kernel_has_its_field_since_1_0_4():
    layer = find_in_keras(Dialect("1.2.2"), "layers", "Convolution2D")(64, 5, 5)
    layer.build((None, 12, 12, 16))

    limit = np.sqrt(6 / (16 * 25 + 64 * 25))
    assert abs(layer.kernel.numpy()).max() == pytest.approx(limit, rel=0.01)


@pytest.mark.parametrize("row", LOSSES, ids=lambda r: f"{r.name}-{text(r.since)}")
def test_a_loss_by_name_is_the_function_of_the_version(row):
    rng = np.random.default_rng(0)
    y, p = rng.uniform(0.1, 1, (12, 2)), None
    y = y.astype("float32")
    model = model_of(text(row.since))
    model.compile("sgd", row.name)
    p = np.clip(model.predict(X, verbose=0), None, None)

    with np.errstate(all="ignore"):
        unit = y / np.linalg.norm(y, axis=1, keepdims=True)
        unit_p = p / np.linalg.norm(p, axis=1, keepdims=True)
        cosine = -(unit * unit_p)
        clipped, clipped_p = np.clip(y, 1e-7, 1), np.clip(p, 1e-7, 1)
        divergence = (clipped * np.log(clipped / clipped_p)).sum(1).mean()
        expected = {
            "mean_squared_error": ((y - p) ** 2).mean(),
            "kld": divergence,
            "kullback_leibler_divergence": divergence,
            "poisson_loss": (p - y * np.log(p + 1e-7)).mean(),
            "cosine_proximity": cosine.mean() if row.since < (2, 1, 0) else cosine.sum(1).mean(),
            "cosine": cosine.mean() if row.since < (2, 1, 0) else cosine.sum(1).mean(),
            "rmse": np.sqrt(((y - p) ** 2).mean(1)).mean(),
            "root_mean_squared_error": np.sqrt(((y - p) ** 2).mean(1)).mean(),
        }[row.name]
    found = model.evaluate(X, y, verbose=0)
    assert found == pytest.approx(float(expected), rel=1e-4, nan_ok=True)


@pytest.mark.parametrize("row", ACTIVATIONS, ids=lambda r: f"{r.name}-{text(r.since)}")
def test_an_activation_by_name_is_the_function_of_the_version(row):
    version = text(row.since)
    layer = find_in_keras(Dialect(version), "layers", "Activation")(row.name)
    x = np.array([[-4.0, 1.0, 2.0]], "float32")

    expected = {
        "hard_sigmoid": np.clip(x * (0.2 if row.since < (3, 0, 0) else 1 / 6) + 0.5, 0, 1),
        "time_distributed_softmax": np.exp(x) / np.exp(x).sum(),
    }[row.name]
    assert np.asarray(layer(x)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("row", CONSTRAINTS, ids=lambda r: r.name)
def test_a_constraint_by_name_is_todays(row):
    layer = find_in_keras(Dialect("keras1"), "layers", "Dense")(3, W_constraint=row.name)

    assert type(layer.kernel_constraint).__name__ == row.today


def test_a_name_without_another_meaning_stays():
    assert meaning(INITIALIZERS, "glorot_uniform", (1, 2, 2)) is None


def test_nothing_warns_of_shapes_given_to_layers():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        find_in_keras(Dialect("keras1"), "layers", "Dense")(3, input_dim=2)
