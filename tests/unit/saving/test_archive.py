"""`.keras` archives: what is written, what comes back, what is refused."""

import functools
import json
import zipfile

import numpy as np
import pytest

import trimtab
from trimtab import layers


def test_loaded_model_has_the_same_numbers_and_compilation(model, assert_same, tmp_path):
    model.save(tmp_path / "m.keras")
    loaded = trimtab.models.load_model(tmp_path / "m.keras")

    assert_same(model, loaded)
    assert loaded.compiled
    assert loaded.loss == "mse"


def test_compile_false_leaves_the_model_uncompiled(model, tmp_path):
    model.save(tmp_path / "m.keras")

    assert not trimtab.models.load_model(tmp_path / "m.keras", compile=False).compiled


def test_folder_is_written_and_read_with_zipped_false(model, assert_same, tmp_path):
    model.save(tmp_path / "folder", zipped=False)

    assert_same(model, trimtab.models.load_model(tmp_path / "folder"))
    assert sorted(p.name for p in (tmp_path / "folder").iterdir()) == [
        "config.json",
        "metadata.json",
        "model.weights.h5",
    ]


def test_metadata_tells_version_and_date(model, tmp_path):
    model.save(tmp_path / "m.keras")

    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        assert sorted(json.loads(archive.read("metadata.json"))) == ["date_saved", "keras_version"]


def test_existing_file_is_kept_with_overwrite_false(model, tmp_path):
    path = tmp_path / "m.keras"
    path.write_text("mine")

    with pytest.raises(FileExistsError, match=r"m\.keras.*overwrite=True"):
        model.save(path, overwrite=False)
    assert path.read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "zipped"), [("m.txt", None), ("m", True), ("m.keras", False), ("m.onnx", None)]
)
def test_suffix_is_checked(name, zipped, model, tmp_path):
    with pytest.raises(ValueError, match=r"`?filepath`? (must|extension)"):
        model.save(tmp_path / name, zipped=zipped)


def test_failed_write_leaves_the_old_file_and_nothing_else(model, tmp_path, monkeypatch):
    path = tmp_path / "m.keras"
    model.save(path)
    before = path.read_bytes()

    def fail(*_):
        raise OSError("no space left")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", fail)
    with pytest.raises(OSError, match="no space left"):
        model.save(path)

    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_unserialisable_model_leaves_no_file(model, tmp_path):
    model.compile("adam", loss=functools.partial(np.add, 1))

    with pytest.raises(TypeError, match="partial"):
        model.save(tmp_path / "m.keras")
    assert list(tmp_path.iterdir()) == []


def test_missing_folder_is_made(model, tmp_path):
    model.save(tmp_path / "a" / "b" / "m.keras")

    assert (tmp_path / "a" / "b" / "m.keras").is_file()


def test_saving_over_a_folder_is_refused(model, tmp_path):
    (tmp_path / "m.keras").mkdir()

    with pytest.raises(IsADirectoryError, match=r"m\.keras"):
        model.save(tmp_path / "m.keras")


def test_unbuilt_model_is_saved_with_a_warning(tmp_path):
    model = trimtab.Sequential([layers.Dense(2)])

    with pytest.warns(UserWarning, match="not built yet"):
        model.save(tmp_path / "m.keras")
    assert not trimtab.models.load_model(tmp_path / "m.keras").built


class Scaled(layers.Layer):
    """Keeps a table beside its variable, a text among its files, and counts in its build."""

    def __init__(self, factor=2.0, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor
        self.table = np.zeros(2)
        self.text = ""

    def build(self, input_shape):
        self.scale = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="scale")

    def call(self, x):
        return x * self.scale * self.factor

    def save_own_variables(self, store):
        super().save_own_variables(store)
        store["table"] = self.table

    def load_own_variables(self, store):
        self.scale.assign(store["0"])
        self.table = store["table"]

    def save_assets(self, dir_path):
        with open(f"{dir_path}/words.txt", "w") as file:
            file.write(self.text)

    def load_assets(self, dir_path):
        with open(f"{dir_path}/words.txt") as file:
            self.text = file.read()


def custom_model():
    model = trimtab.Sequential([trimtab.Input((3,)), Scaled(factor=3.0), layers.Dense(1)])
    model.layers[0].table = np.array([4.0, 5.0])
    model.layers[0].text = "some words"
    return model


@pytest.mark.parametrize("name", ["m.keras", "m"])
def test_hooks_of_a_custom_layer_write_and_read_arrays_and_files(name, tmp_path):
    model = custom_model()

    model.save(tmp_path / name, zipped=name.endswith(".keras"))
    loaded = trimtab.models.load_model(tmp_path / name, custom_objects={"Scaled": Scaled})

    assert loaded.layers[0].factor == 3.0
    assert loaded.layers[0].text == "some words"
    np.testing.assert_array_equal(loaded.layers[0].table, [4.0, 5.0])


def test_unknown_class_is_named_with_the_file(tmp_path):
    custom_model().save(tmp_path / "m.keras")

    with pytest.raises(ValueError, match=r"m\.keras.*'Scaled'.*custom_objects"):
        trimtab.models.load_model(tmp_path / "m.keras")


def test_registered_class_needs_no_custom_objects(tmp_path):
    @trimtab.saving.register_keras_serializable(package="tests")
    class Doubled(layers.Layer):
        def call(self, x):
            return x * 2.0

    trimtab.Sequential([trimtab.Input((2,)), Doubled()]).save(tmp_path / "m.keras")

    loaded = trimtab.models.load_model(tmp_path / "m.keras")

    np.testing.assert_array_equal(np.asarray(loaded(np.ones((1, 2), "float32"))), [[2.0, 2.0]])


def test_custom_loss_function_is_found_by_name(model, tmp_path):
    def twice(y_true, y_pred):
        return 2.0 * trimtab.ops.mean((y_true - y_pred) ** 2, axis=-1)

    model.compile("sgd", loss=twice)
    model.save(tmp_path / "m.keras")

    loaded = trimtab.models.load_model(tmp_path / "m.keras", custom_objects={"twice": twice})

    assert loaded.loss is twice


def test_model_comes_back_from_json_with_fresh_weights(model):
    loaded = trimtab.models.model_from_json(model.to_json())

    assert [layer.name for layer in loaded.layers] == [layer.name for layer in model.layers]
    assert loaded.compiled
    assert not np.array_equal(loaded.get_weights()[0], model.get_weights()[0])


def test_no_numbers_are_drawn_for_weights_that_the_file_holds(model, tmp_path, monkeypatch):
    model.save(tmp_path / "m.keras")
    drawn = []
    monkeypatch.setattr(
        trimtab.initializers.GlorotUniform, "__call__", lambda *given, **_: drawn.append(given)
    )

    trimtab.models.load_model(tmp_path / "m.keras")
    assert not drawn


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"save_format": "keras"}, "`save_format` argument is deprecated")]
    + [({"signature": 1}, r"not supported: \['signature'\]")],
)
def test_arguments_of_old_are_refused_and_nothing_is_written(arguments, message, model, tmp_path):
    with pytest.raises(ValueError, match=message):
        model.save(tmp_path / "m.keras", **arguments)
    assert not list(tmp_path.iterdir())


def test_a_layer_in_a_users_configuration_is_written_as_one():
    @trimtab.saving.register_keras_serializable(package="kept")
    class Twice(trimtab.layers.Layer):
        def __init__(self, inner, **kwargs):
            super().__init__(**kwargs)
            self.inner = inner

        def get_config(self):
            return {**super().get_config(), "inner": self.inner}

    written = trimtab.saving.serialize_keras_object(Twice(trimtab.layers.Dense(3)))
    assert written["config"]["inner"]["class_name"] == "Dense"
