"""Files that real old versions of Keras wrote: tests/data/old_files, with what made them."""

import gzip
import json
import pathlib
import warnings

import h5py
import numpy as np
import pytest

import trimtab
from trimtab import layers
from trimtab.saving import old_optimizers
from trimtab.saving.description import describe_file

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "data" / "old_files"
MODELS = sorted(p for p in FOLDER.glob("*/*.h5.gz") if ".weights." not in p.name)
WHOLE = [path for path in MODELS if "_weights" not in path.name and path.parent.name[0] != "0"]
WEIGHTS = [path for path in MODELS if "_weights" in path.name]
ARCHIVES = sorted(FOLDER.glob("*/*.keras.gz"))
KERAS_0 = [path for path in MODELS if path.parent.name[0] == "0"]


def stem(path):
    return path.name.partition(".")[0]


def named(path):
    return f"{path.parent.name}/{stem(path)}"


def unpacked(path, folder, suffix=".h5"):
    target = folder / (stem(path) + suffix)
    target.write_bytes(gzip.decompress(path.read_bytes()))
    return target


def recorded(path):
    """Inputs and outputs of the model in `path`, as the old version computed them."""
    name = stem(path).removesuffix("_weights")
    with np.load(path.parent / "predictions.npz") as file:
        inputs = [file[key] for key in sorted(file.files) if key.startswith(f"{name}_x")]
        return inputs if len(inputs) > 1 else inputs[0], file[f"{name}_output"]


def load(path, folder):
    with warnings.catch_warnings():
        # Keras 1 kept an optimizer's state in an order that its files don't tell.
        warnings.filterwarnings("ignore", "The file's .* variables of the optimizer do not fit")
        return trimtab.models.load_model(unpacked(path, folder))


def test_the_fixtures_are_of_every_version():
    assert {path.parent.name for path in MODELS + ARCHIVES} == {
        "0.3.3-theano",
        "1.0.8-theano",
        "1.2.2-tensorflow",
        "1.2.2-theano",
        "2.0.9-tensorflow",
        "2.0.9-theano",
        "2.10.0-tfkeras",
        "2.12.0-tfkeras",
        "2.15.0-tfkeras",
        "2.2.4-tensorflow",
        "2.2.4-theano",
        "2.3.1-tensorflow",
    }


@pytest.mark.parametrize("path", WHOLE, ids=named)
def test_a_whole_model_predicts_what_its_version_did(path, tmp_path):
    x, expected = recorded(path)

    model = load(path, tmp_path)

    np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-5, atol=1e-5)
    assert model.compiled


@pytest.mark.parametrize("path", ARCHIVES, ids=named)
def test_an_archive_of_tf_keras_predicts_what_its_version_did(path, tmp_path):
    x, expected = recorded(path)

    model = trimtab.models.load_model(unpacked(path, tmp_path, ".keras"))

    np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-5, atol=1e-5)
    assert int(model.optimizer.iterations) == 5


@pytest.mark.parametrize("path", KERAS_0, ids=named)
def test_architecture_and_weights_of_keras_0_predict_what_it_did(path, tmp_path):
    x, expected = recorded(path)
    text = path.with_name(path.name.replace(".h5.gz", ".json")).read_text()

    model = trimtab.models.model_from_json(text)
    model.load_weights(unpacked(path, tmp_path))

    np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("suffix", [".h5", ".hdf5", ".weights.h5"])
@pytest.mark.parametrize("path", WEIGHTS, ids=named)
def test_a_file_of_weights_fits_the_model_it_is_of(path, suffix, tmp_path):
    x, expected = recorded(path)
    whole = path.with_name(path.name.replace("_weights", ""))
    model = trimtab.models.clone_model(load(whole, tmp_path))

    model.load_weights(unpacked(path, tmp_path, suffix))

    np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("path", MODELS, ids=named)
def test_the_file_says_which_version_wrote_it(path, tmp_path):
    written = path.parent.name.partition("-")[0].split(".")

    found = describe_file(unpacked(path, tmp_path)).origin

    assert found.version is not None
    assert found.version[0] == int(written[0])
    if found.is_recorded:
        assert ".".join(map(str, found.version)) == path.parent.name.partition("-")[0]


def test_a_model_of_tf_keras_opens_under_the_suffix_keras_too(tmp_path):
    path = FOLDER / "2.10.0-tfkeras" / "mlp.h5.gz"
    x, expected = recorded(path)

    model = trimtab.models.load_model(unpacked(path, tmp_path, ".keras"))

    np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-5, atol=1e-5)


def test_weights_of_tf_keras_2_15_are_those_of_its_archive(tmp_path):
    folder = FOLDER / "2.15.0-tfkeras"
    model = trimtab.models.load_model(unpacked(folder / "nested.keras.gz", tmp_path, ".keras"))
    clone = trimtab.models.clone_model(model)

    clone.load_weights(unpacked(folder / "nested.weights.h5.gz", tmp_path, ".weights.h5"))

    for a, b in zip(model.get_weights(), clone.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_frozen_layer_is_frozen_after_loading(tmp_path):
    model = load(FOLDER / "2.3.1-tensorflow" / "nested.h5.gz", tmp_path)

    assert not model.get_layer("frozen_norm").trainable
    assert model.get_layer("out").trainable


@pytest.mark.parametrize("folder", ["2.2.4-tensorflow", "2.3.1-tensorflow", "2.10.0-tfkeras"])
def test_momentum_of_sgd_comes_back(folder, tmp_path):
    file = unpacked(FOLDER / folder / "mlp.h5.gz", tmp_path)

    model = trimtab.models.load_model(file)

    with h5py.File(file) as content:
        group = content["optimizer_weights"]
        saved = [np.asarray(group[name]) for name in group.attrs["weight_names"]]
    assert int(model.optimizer.iterations) == int(saved[0])
    for momentum, value in zip(model.optimizer.momentums, saved[1:], strict=True):
        np.testing.assert_array_equal(momentum.numpy(), value)


@pytest.mark.parametrize("folder", ["2.2.4-tensorflow", "2.3.1-tensorflow", "2.10.0-tfkeras"])
def test_both_moments_of_adam_come_back(folder, tmp_path):
    file = unpacked(FOLDER / folder / "nested.h5.gz", tmp_path)

    model = trimtab.models.load_model(file)

    with h5py.File(file) as content:
        group = content["optimizer_weights"]
        saved = [np.asarray(group[name]) for name in group.attrs["weight_names"]]
    count = len(model.trainable_variables)
    first = [m.numpy() for m in model.optimizer._momentums]
    second = [v.numpy() for v in model.optimizer._velocities]
    for found, value in zip([*first, *second], saved[1 : 1 + 2 * count], strict=True):
        np.testing.assert_array_equal(found, value)


def test_decay_of_the_learning_rate_goes_on_as_a_schedule(tmp_path):
    model = trimtab.models.load_model(unpacked(FOLDER / "2.3.1-tensorflow" / "mlp.h5.gz", tmp_path))

    steps = int(model.optimizer.iterations)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.1 / (1 + 1e-6 * steps))


def test_state_of_another_number_of_weights_is_refused():
    model = trimtab.Sequential([trimtab.Input((3,)), layers.Dense(2)])
    model.compile(trimtab.optimizers.Adam())
    model.optimizer.build(model.trainable_variables)

    assert (
        old_optimizers.staged_state(model.optimizer, [np.array(1), np.zeros((3, 2))], None) is None
    )


def keras_1(class_name, **config):
    layer = {"class_name": class_name, "config": {"batch_input_shape": [None, 4], **config}}
    return {"class_name": "Sequential", "config": [layer]}


def test_mode_1_of_batch_normalization_is_refused_with_the_way_out():
    text = json.dumps(keras_1("BatchNormalization", mode=1, epsilon=1e-3, name="bn"))

    with pytest.raises(ValueError, match="mode=1 is gone.*LayerNormalization"):
        trimtab.models.model_from_json(text)


def test_regularizers_and_constraints_of_keras_1_are_read():
    text = json.dumps(
        keras_1(
            "Dense",
            output_dim=3,
            init="uniform",
            bias=False,
            W_regularizer={"name": "WeightRegularizer", "l1": 0.0, "l2": 0.5},
            W_constraint={"name": "MaxNorm", "m": 2, "axis": 0},
        )
    )

    layer = trimtab.models.model_from_json(text).layers[0]

    assert (layer.units, layer.use_bias) == (3, False)
    assert float(layer.kernel_regularizer.l2) == 0.5
    assert layer.kernel_constraint.max_value == 2


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("sum", layers.Add), ("concat", layers.Concatenate), ("ave", layers.Average)],
)
def test_a_merge_of_keras_1_becomes_the_layer_of_its_mode(mode, kind):
    ends = [{"class_name": "InputLayer", "name": n, "inbound_nodes": [],
             "config": {"batch_input_shape": [None, 2], "name": n}} for n in "ab"]  # fmt: skip
    merge = {"class_name": "Merge", "name": "m", "inbound_nodes": [[["a", 0, 0], ["b", 0, 0]]],
             "config": {"mode": mode, "name": "m", "concat_axis": -1, "dot_axes": -1}}  # fmt: skip
    text = json.dumps(
        {
            "class_name": "Model",
            "config": {
                "name": "model",
                "layers": [*ends, merge],
                "input_layers": [["a", 0, 0], ["b", 0, 0]],
                "output_layers": [["m", 0, 0]],
            },
        }
    )

    assert isinstance(trimtab.models.model_from_json(text).layers[-1], kind)


def test_standard_deviations_of_keras_0_divide_as_they_did(tmp_path):
    """Keras 0.3.3 divided by the deviation plus epsilon: the variance makes up for it."""
    model = trimtab.Sequential([trimtab.Input((2,)), layers.BatchNormalization(epsilon=0.01)])
    with h5py.File(tmp_path / "old.h5", "w") as file:
        file.attrs["nb_layers"] = 1
        group = file.create_group("layer_0")
        group.attrs["nb_params"] = 4
        for index, values in enumerate(([1, 1], [0, 0], [0, 0], [0.5, 2.0])):
            group[f"param_{index}"] = np.array(values, "float32")

    model.load_weights(tmp_path / "old.h5")

    out = model.predict(np.ones((1, 2), "float32"), verbose=0)
    np.testing.assert_allclose(out, [[1 / 0.51, 1 / 2.01]], rtol=1e-5)
