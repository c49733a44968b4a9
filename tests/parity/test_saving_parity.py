"""Files beside Keras 3: what either library writes, the other opens, with the same numbers."""

import json
import zipfile

import h5py
import keras
import numpy as np
import pytest

import trimtab

LIBRARIES = {"keras": keras, "trimtab": trimtab}
BOTH_WAYS = pytest.mark.parametrize(
    ("writer", "reader"), [("trimtab", "keras"), ("keras", "trimtab")]
)


def sequential(k):
    return k.Sequential(
        [
            k.Input((4,)),
            k.layers.Dense(5, activation="relu", kernel_regularizer="l2"),
            k.layers.BatchNormalization(momentum=0.5),
            k.layers.Dropout(0.5),
            k.layers.Dense(3, use_bias=False, kernel_initializer="he_normal"),
            k.layers.BatchNormalization(scale=False),
            k.layers.Activation("tanh"),
            k.layers.Dense(1, name="last"),
        ]
    )


def shared_layers(k):
    left, right = k.Input((4,), name="left"), k.Input((4,), name="right")
    shared = k.layers.Dense(3, activation="tanh", name="shared")
    norm = k.layers.BatchNormalization(name="norm")
    joined = k.layers.Concatenate()([norm(shared(left)), norm(shared(right)), left])
    return k.Model([left, right], k.layers.Dense(1)(joined))


def nested(k):
    inner_input = k.Input((3,))
    hidden = k.layers.Dense(3, activation="relu")(inner_input)
    inner = k.Model(inner_input, k.layers.BatchNormalization()(hidden), name="inner")
    block = k.Sequential(
        [k.Input((4,)), k.layers.Dense(3), k.layers.BatchNormalization()], name="block"
    )
    inputs = k.Input((4,))
    outputs = k.layers.Dense(1)(inner(block(inputs)))
    return k.Model(inputs, outputs)


def several_outputs(k):
    inputs = k.Input((4,))
    hidden = k.layers.Dense(4, activation="elu")(inputs)
    mean = k.layers.Dense(1, name="mean")(hidden)
    spread = k.layers.Dense(1, activation="softplus", name="spread")(hidden)
    return k.Model(inputs, [mean, spread])


def frozen(k):
    model = sequential(k)
    model.layers[1].trainable = False
    return model


def subclassed(k):
    class Block(k.layers.Layer):
        def __init__(self):
            super().__init__()
            self.zz = k.layers.Dense(3)

        def call(self, x):
            return self.zz(x)

    class Net(k.Model):
        def __init__(self):
            super().__init__()
            self.bn = k.layers.BatchNormalization()
            self.blocks = [k.layers.Dense(3), Block(), k.layers.Dense(3)]
            self.d = {"a": k.layers.Dense(3), "b": [k.layers.Dense(2)]}
            self.out = k.layers.Dense(1)
            self._private = k.layers.Dense(3)
            self.scale = self.add_weight(shape=(1,), initializer="ones", name="scale")

        def call(self, x, training=None):
            x = self.bn(x, training=training)
            for block in self.blocks:
                x = block(x)
            x = self.d["b"][0](self.d["a"](self._private(x)))
            return self.out(x) * self.scale

    model = Net()
    model(np.zeros((1, 4), "float32"))
    return model


MODELS = [
    sequential,
    shared_layers,
    nested,
    pytest.param(several_outputs, marks=pytest.mark.slow),
    pytest.param(frozen, marks=pytest.mark.slow),
]


def data(model):
    generator = np.random.default_rng(3)
    inputs = getattr(model, "inputs", None) or [None]
    x = [generator.normal(size=(32, 4)).astype("float32") for _ in inputs]
    outputs = getattr(model, "outputs", None) or [None]
    y = [generator.normal(size=(32, 1)).astype("float32") for _ in outputs]
    return (x if len(x) > 1 else x[0]), (y if len(y) > 1 else y[0])


def compiled(build, library, optimizer):
    """A model with an optimizer of the library, its automatic names counted from the start."""
    keras.utils.clear_session()
    trimtab.utils.clear_session()
    k = LIBRARIES[library]
    model = build(k)
    made = k.optimizers.SGD(0.05, momentum=0.9) if optimizer == "momentum" else optimizer
    model.compile(optimizer=made, loss="mean_squared_error")
    return model


def stepped(build, library, optimizer):
    """A model whose weights and optimizer hold random numbers, which takes no training."""
    model = compiled(build, library, optimizer)
    model.optimizer.build(model.trainable_variables)
    generator = np.random.default_rng(5)
    for variable in [*model.weights, *model.optimizer.variables[2:]]:
        variable.assign(generator.uniform(0.1, 0.6, size=tuple(variable.shape)).astype("float32"))
    model.optimizer.variables[0].assign(7)
    return model


def predictions(model):
    outputs = model(data(model)[0], training=False)
    return [to_numpy(o) for o in (outputs if isinstance(outputs, list) else [outputs])]


def to_numpy(x):
    return x.numpy() if hasattr(x, "numpy") else keras.ops.convert_to_numpy(x)


def values(variables):
    return [to_numpy(v) for v in variables]


def assert_same_model(left, right, with_optimizer=True):
    for a, b in zip(predictions(left), predictions(right), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6)
    assert len(left.weights) == len(right.weights)
    for a, b in zip(values(left.weights), values(right.weights), strict=True):
        np.testing.assert_array_equal(a, b)
    if with_optimizer:
        ours, theirs = values(left.optimizer.variables), values(right.optimizer.variables)
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(a, b)


def contents(path):
    """Name -> shape and type, or attributes, of all that an HDF5 file holds."""
    found = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, item: found.update(
                {
                    name: (item.shape, item.dtype)
                    if isinstance(item, h5py.Dataset)
                    else sorted(item.attrs)
                }
            )
        )
    return found


@BOTH_WAYS
@pytest.mark.parametrize("build", MODELS)
def test_archive_opens_in_the_other_library_with_its_training(build, writer, reader, tmp_path):
    model = stepped(build, writer, "adam")

    model.save(tmp_path / "m.keras")
    loaded = LIBRARIES[reader].models.load_model(tmp_path / "m.keras")

    assert_same_model(model, loaded)


@BOTH_WAYS
@pytest.mark.parametrize("build", [shared_layers, pytest.param(nested, marks=pytest.mark.slow)])
def test_training_goes_on_alike_after_loading(build, writer, reader, tmp_path):
    model = compiled(build, writer, "momentum")
    x, y = data(model)
    model.fit(x, y, epochs=2, batch_size=8, verbose=0)
    model.save(tmp_path / "m.keras")
    loaded = LIBRARIES[reader].models.load_model(tmp_path / "m.keras")

    assert_same_model(model, loaded)
    for each in (model, loaded):
        each.fit(x, y, epochs=1, batch_size=8, shuffle=False, verbose=0)

    for a, b in zip(predictions(model), predictions(loaded), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)


@BOTH_WAYS
@pytest.mark.parametrize("build", [*MODELS, subclassed])
def test_weights_file_sets_weights_and_optimizer_of_the_other_library(
    build, writer, reader, tmp_path
):
    model = stepped(build, writer, "adam")
    other = stepped(build, reader, "adam")

    model.save_weights(tmp_path / "m.weights.h5")
    other.load_weights(tmp_path / "m.weights.h5")

    assert_same_model(model, other)


@pytest.mark.parametrize("build", [*MODELS, subclassed])
def test_weights_file_has_the_same_groups_and_datasets(build, tmp_path):
    for library in LIBRARIES:
        stepped(build, library, "adam").save_weights(tmp_path / f"{library}.weights.h5")

    assert contents(tmp_path / "trimtab.weights.h5") == contents(tmp_path / "keras.weights.h5")


@BOTH_WAYS
@pytest.mark.parametrize("build", MODELS)
def test_legacy_file_opens_in_the_other_library(build, writer, reader, tmp_path, caplog):
    model = stepped(build, writer, "sgd")

    model.save(tmp_path / "m.h5")
    loaded = LIBRARIES[reader].models.load_model(tmp_path / "m.h5")

    # Keras builds the optimizer of such a file for the model's own variables, of which it has none.
    assert_same_model(model, loaded, with_optimizer=False)
    assert loaded.compiled


@pytest.mark.parametrize("build", MODELS)
def test_legacy_file_has_the_same_groups_and_datasets(build, tmp_path):
    for library in LIBRARIES:
        stepped(build, library, "sgd").save(tmp_path / f"{library}.h5")

    assert contents(tmp_path / "trimtab.h5") == contents(tmp_path / "keras.h5")


@BOTH_WAYS
def test_weights_are_read_from_the_other_librarys_whole_models(writer, reader, tmp_path):
    model = stepped(nested, writer, "adam")
    others = [stepped(nested, reader, "adam") for _ in range(2)]

    for other, name in zip(others, ("m.keras", "m.h5"), strict=True):
        model.save(tmp_path / name)
        other.load_weights(tmp_path / name)

    assert_same_model(model, others[0])
    assert_same_model(model, others[1], with_optimizer=False)


def test_members_of_the_archive_stand_in_the_same_order_uncompressed(tmp_path):
    members = {}
    for library in LIBRARIES:
        stepped(sequential, library, "adam").save(tmp_path / f"{library}.keras")
        with zipfile.ZipFile(tmp_path / f"{library}.keras") as archive:
            members[library] = [(i.filename, i.compress_type) for i in archive.infolist()]

    assert members["trimtab"] == members["keras"]


def without_ids(config):
    if isinstance(config, dict):
        return {k: without_ids(v) for k, v in config.items() if k != "shared_object_id"}
    return [without_ids(v) for v in config] if isinstance(config, list) else config


@pytest.mark.parametrize("build", MODELS)
def test_configuration_is_the_same(build, tmp_path):
    configs = {}
    for library in LIBRARIES:
        stepped(build, library, "adam").save(tmp_path / f"{library}.keras")
        with zipfile.ZipFile(tmp_path / f"{library}.keras") as archive:
            configs[library] = without_ids(json.loads(archive.read("config.json")))

    assert configs["trimtab"] == configs["keras"]


def twice(k):
    @k.saving.register_keras_serializable(name="Twice")
    class Twice(k.layers.Layer):
        """Two layers by name, which may be one."""

        def __init__(self, first, second, **kwargs):
            super().__init__(**kwargs)
            self.first, self.second = first, second

        def call(self, x):
            return self.second(self.first(x))

        def get_config(self):
            parts = {"first": self.first, "second": self.second}
            own = {key: k.saving.serialize_keras_object(part) for key, part in parts.items()}
            return {**super().get_config(), **own}

        @classmethod
        def from_config(cls, config):
            for key in ("first", "second"):
                config[key] = k.saving.deserialize_keras_object(config[key])
            return cls(**config)

    shared = k.layers.Dense(4)
    return k.Sequential([k.Input((4,)), Twice(shared, shared)]), Twice


@BOTH_WAYS
def test_an_object_used_twice_is_one_after_reading(tmp_path, writer, reader):
    model, _ = twice(LIBRARIES[writer])
    _, theirs = twice(LIBRARIES[reader])
    model.save(tmp_path / "m.keras")
    copy = LIBRARIES[reader].saving.load_model(
        tmp_path / "m.keras", custom_objects={"Twice": theirs}
    )
    assert copy.layers[0].first is copy.layers[0].second
    assert len(copy.weights) == 2


@BOTH_WAYS
@pytest.mark.filterwarnings("ignore")
def test_a_lambda_layer_travels_if_trusted(tmp_path, writer, reader):
    k = LIBRARIES[writer]
    shift = 2.0
    k.Sequential([k.Input((2,)), k.layers.Lambda(lambda x: x * 3.0 + shift)]).save(
        tmp_path / "m.keras"
    )
    copy = LIBRARIES[reader].saving.load_model(tmp_path / "m.keras", safe_mode=False)
    np.testing.assert_array_equal(np.asarray(copy(np.ones((1, 2), "float32"))), [[5.0, 5.0]])
