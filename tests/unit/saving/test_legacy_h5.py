"""Keras 2's HDF5 files: whole models and weights, by order and by name, of today and of old."""

import json

import h5py
import numpy as np
import pytest

import trimtab
from trimtab import layers


def test_whole_model_comes_back_with_its_optimizer(model, assert_same, tmp_path):
    model.save(tmp_path / "m.h5")

    loaded = trimtab.models.load_model(tmp_path / "m.h5")

    assert_same(model, loaded)
    assert loaded.compiled


def test_without_the_optimizer_the_model_is_not_compiled(model, tmp_path, caplog):
    model.save(tmp_path / "m.h5", include_optimizer=False)

    loaded = trimtab.models.load_model(tmp_path / "m.h5")

    assert not loaded.compiled
    assert "No training configuration" in caplog.text


def test_weights_are_found_by_order(model, make, tmp_path):
    other = make()
    model.save_weights(tmp_path / "m.h5", save_format="h5")

    other.load_weights(tmp_path / "m.h5")

    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_weights_of_a_whole_model_are_found(model, make, tmp_path):
    other = make()
    model.save(tmp_path / "m.hdf5")

    other.load_weights(tmp_path / "m.hdf5")

    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def named(name, units=2):
    return trimtab.Sequential(
        [trimtab.Input((3,)), layers.Dense(4, name="first"), layers.Dense(units, name=name)]
    )


def test_by_name_sets_the_layers_that_the_file_has(tmp_path):
    written, read = named("old"), named("new", units=5)
    kernel = np.array(read.layers[1].kernel.numpy())
    written.save_weights(tmp_path / "m.h5", save_format="h5")

    read.load_weights(tmp_path / "m.h5", by_name=True)

    np.testing.assert_array_equal(read.layers[0].kernel.numpy(), written.layers[0].kernel.numpy())
    np.testing.assert_array_equal(read.layers[1].kernel.numpy(), kernel)


def test_another_number_of_layers_is_refused(tmp_path):
    named("a").save_weights(tmp_path / "m.h5", save_format="h5")
    model = trimtab.Sequential([trimtab.Input((3,)), layers.Dense(4)])

    with pytest.raises(ValueError, match=r"m\.h5: .*Model expected 1 layers, found 2 saved layers"):
        model.load_weights(tmp_path / "m.h5")


def test_a_late_mismatch_changes_no_weight(tmp_path):
    named("a", units=5).save_weights(tmp_path / "m.h5", save_format="h5")
    model = named("a")
    before = model.get_weights()

    with pytest.raises(ValueError, match=r"Shape mismatch in layer #1 \(named a\)"):
        model.load_weights(tmp_path / "m.h5")

    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_skip_mismatch_sets_what_fits(tmp_path):
    written, model = named("a", units=5), named("a")
    written.save_weights(tmp_path / "m.h5", save_format="h5")

    with pytest.warns(UserWarning, match=r"Shape mismatch in layer #1"):
        model.load_weights(tmp_path / "m.h5", skip_mismatch=True)

    np.testing.assert_array_equal(model.layers[0].kernel.numpy(), written.layers[0].kernel.numpy())


def test_long_lists_of_names_are_split(tmp_path):
    name = "n" * 700
    model = trimtab.Sequential(
        [trimtab.Input((1,)), *(layers.Dense(1, name=f"{name}_{i}") for i in range(100))]
    )
    model.save_weights(tmp_path / "m.h5", save_format="h5")
    before = model.get_weights()
    for variable in model.weights:
        variable.assign(np.zeros(variable.shape))

    model.load_weights(tmp_path / "m.h5")

    with h5py.File(tmp_path / "m.h5") as file:
        assert "layer_names0" in file.attrs
        assert "layer_names" not in file.attrs
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_other_files_of_weights_are_told_apart(model, tmp_path):
    model.save_weights(tmp_path / "m.weights.h5")
    (tmp_path / "m.weights.h5").rename(tmp_path / "m.h5")

    with pytest.raises(ValueError, match=r"m\.h5: .*no list of layers"):
        model.load_weights(tmp_path / "m.h5")


def test_file_of_weights_holds_no_model(model, tmp_path):
    model.save_weights(tmp_path / "m.h5", save_format="h5")

    with pytest.raises(ValueError, match=r"m\.h5: .*No model config"):
        trimtab.models.load_model(tmp_path / "m.h5")


KERAS_2_LAYERS = [
    {
        "class_name": "Dense",
        "config": {
            "name": "dense_1",
            "trainable": True,
            "batch_input_shape": [None, 3],
            "dtype": "float32",
            "units": 2,
            "activation": "relu",
            "use_bias": True,
            "kernel_initializer": {"class_name": "GlorotUniform", "config": {"seed": None}},
            "bias_initializer": {"class_name": "Zeros", "config": {}},
            "kernel_regularizer": {"class_name": "L2", "config": {"l2": 0.01}},
            "bias_regularizer": None,
            "activity_regularizer": None,
            "kernel_constraint": None,
            "bias_constraint": None,
        },
    },
    {
        "class_name": "BatchNormalization",
        "config": {
            "name": "bn",
            "trainable": True,
            "dtype": {"class_name": "Policy", "config": {"name": "float32"}},
            "axis": [1],
            "momentum": 0.9,
            "epsilon": 0.001,
            "center": True,
            "scale": True,
        },
    },
]
KERAS_2_TRAINING = {
    "loss": {"class_name": "MeanSquaredError", "config": {"reduction": "auto", "name": "mse"}},
    "metrics": [
        {
            "class_name": "MeanMetricWrapper",
            "config": {"name": "mae", "dtype": "float32", "fn": "mean_absolute_error"},
        }
    ],
    "weighted_metrics": None,
    "loss_weights": None,
    "optimizer_config": {
        "class_name": "Adam",
        "config": {
            "name": "Adam",
            "lr": 0.5,
            "decay": 0.0,
            "beta_1": 0.8,
            "is_legacy_optimizer": 1,
        },
    },
}


def write_keras_2_file(path, layer_list_alone):
    """What Keras 2 wrote: names end in ":0", the input's shape stands in the first layer."""
    inner = KERAS_2_LAYERS if layer_list_alone else {"name": "s", "layers": KERAS_2_LAYERS}
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(
            {"class_name": "Sequential", "config": inner}
        ).encode()
        file.attrs["training_config"] = json.dumps(KERAS_2_TRAINING).encode()
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [b"dense_1", b"bn"]
        dense = group.create_group("dense_1")
        dense.attrs["weight_names"] = [b"dense_1/kernel:0", b"dense_1/bias:0"]
        dense["dense_1/kernel:0"] = np.full((3, 2), 0.5, np.float32)
        dense["dense_1/bias:0"] = np.float32([1, 2])
        norm = group.create_group("bn")
        names = ["gamma", "beta", "moving_mean", "moving_variance"]
        norm.attrs["weight_names"] = [f"bn/{name}:0".encode() for name in names]
        for number, name in enumerate(names):
            norm[f"bn/{name}:0"] = np.full(2, number + 1, np.float32)


@pytest.mark.parametrize("layer_list_alone", [True, False])
def test_file_of_keras_2_is_read(layer_list_alone, tmp_path):
    write_keras_2_file(tmp_path / "m.h5", layer_list_alone)

    model = trimtab.models.load_model(tmp_path / "m.h5")

    assert model.layers[1].axis == 1
    assert model.input_shape == (None, 3)
    assert float(model.optimizer.learning_rate) == 0.5
    np.testing.assert_array_equal(model.layers[1].moving_variance.numpy(), [4.0, 4.0])
    # Dense gives three halves plus its bias, to be normalised with mean 3 and variance 4.
    expected = (np.array([[2.5, 3.5]]) - 3) / np.sqrt(4.001) + 2
    np.testing.assert_allclose(np.asarray(model(np.ones((1, 3), "float32"))), expected, rtol=1e-6)


def test_model_of_keras_2_trains_on(tmp_path):
    write_keras_2_file(tmp_path / "m.h5", layer_list_alone=False)
    model = trimtab.models.load_model(tmp_path / "m.h5")

    history = model.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0).history

    assert sorted(history) == ["loss", "mae"]


def test_state_of_another_optimizer_is_left_out_with_a_warning(model, make, tmp_path):
    model.save(tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5", "r+") as file:
        group = file["optimizer_weights"]
        group.attrs["weight_names"] = group.attrs["weight_names"][:3]

    with pytest.warns(UserWarning, match=r"3 variables of the optimizer do not fit the 14 of Adam"):
        loaded = trimtab.models.load_model(tmp_path / "m.h5")
    assert int(loaded.optimizer.iterations) == 0


def own_loss(y_true, y_pred):
    return trimtab.ops.mean(trimtab.ops.abs(y_true - y_pred))


def test_functions_of_a_script_are_stored_by_name(model, tmp_path):
    model.compile("sgd", loss=own_loss, metrics=[own_loss])
    x = np.zeros((4, *model.input_shape[1:]))
    y = np.zeros((4, *model.output_shape[1:]))
    expected = model.evaluate(x, y, verbose=0)
    model.save(tmp_path / "m.h5")

    loaded = trimtab.models.load_model(tmp_path / "m.h5", custom_objects={"own_loss": own_loss})

    assert loaded.evaluate(x, y, verbose=0) == expected
