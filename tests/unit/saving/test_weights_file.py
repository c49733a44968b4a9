"""`.weights.h5` files: all or nothing, and what may be left out."""

import h5py
import numpy as np
import pytest

import trimtab
from trimtab import layers


def test_weights_and_optimizer_come_back(model, make, assert_same, tmp_path):
    other = make()
    other.optimizer.build(other.trainable_variables)

    model.save_weights(tmp_path / "m.weights.h5")
    other.load_weights(tmp_path / "m.weights.h5")

    assert_same(model, other)


def test_weights_are_read_from_an_archive(model, make, assert_same, tmp_path):
    other = make()
    other.optimizer.build(other.trainable_variables)

    model.save(tmp_path / "m.keras")
    other.load_weights(tmp_path / "m.keras")

    assert_same(model, other)


def test_mismatch_names_the_layer_and_changes_no_weight(model, make, snapshot, tmp_path):
    wide = make(units=7)
    wide.save_weights(tmp_path / "m.weights.h5")
    before = snapshot(model)

    with (
        pytest.warns(UserWarning, match="variables"),
        pytest.raises(
            ValueError,
            match=r"m\.weights\.h5: A total of 3 objects could not be loaded\. .*<Dense name=dense",
        ),
    ):
        model.load_weights(tmp_path / "m.weights.h5")

    for a, b in zip(before, snapshot(model), strict=True):
        np.testing.assert_array_equal(a, b)


def test_skip_mismatch_warns_and_sets_the_rest(make, tmp_path):
    wide, model = make(units=7), make()
    wide.optimizer = model.optimizer = None
    wide.layers[-1].bias.assign([5.0])
    wide.save_weights(tmp_path / "m.weights.h5")
    kernel = np.array(model.layers[0].kernel.numpy())

    with pytest.warns(UserWarning, match="A total of 3 objects could not be loaded"):
        model.load_weights(tmp_path / "m.weights.h5", skip_mismatch=True)

    np.testing.assert_array_equal(model.layers[0].kernel.numpy(), kernel)
    # A layer is set as a whole: its kernel does not fit, so its bias stays too.
    np.testing.assert_array_equal(model.layers[-1].bias.numpy(), [0.0])


def test_skipped_objects_are_neither_written_nor_read(model, make, tmp_path):
    dense = model.layers[0]
    model.save_weights(tmp_path / "m.weights.h5", objects_to_skip=[dense])
    other = make()
    other.optimizer.build(other.trainable_variables)

    other.load_weights(tmp_path / "m.weights.h5", objects_to_skip=[other.layers[0]])

    with h5py.File(tmp_path / "m.weights.h5") as file:
        assert sorted(file["layers"]) == ["batch_normalization", "dense_1"]


def test_a_layer_held_twice_is_written_once(tmp_path):
    class Net(trimtab.Model):
        def __init__(self):
            super().__init__()
            self.again = self.first = layers.Dense(2)

        def call(self, x):
            return self.again(self.first(x))

    model = Net()
    model(np.ones((1, 2), "float32"))

    model.save_weights(tmp_path / "m.weights.h5")

    with h5py.File(tmp_path / "m.weights.h5") as file:
        assert sorted(file) == ["again", "vars"]


def test_weights_found_under_another_attribute_are_taken(tmp_path):
    class Net(trimtab.Model):
        def __init__(self, has_alias):
            super().__init__()
            self.first = layers.Dense(2)
            if has_alias:
                self.alias = self.first

        def call(self, x):
            return self.first(x)

    written, read = Net(has_alias=False), Net(has_alias=True)
    for model in (written, read):
        model(np.ones((1, 2), "float32"))
    written.save_weights(tmp_path / "m.weights.h5")

    read.load_weights(tmp_path / "m.weights.h5")

    np.testing.assert_array_equal(read.first.kernel.numpy(), written.first.kernel.numpy())


def test_bfloat16_is_read_as_float32(model, make, tmp_path):
    path = tmp_path / "m.weights.h5"
    model.save_weights(path)
    with h5py.File(path, "r+") as file:
        group = file["layers/dense/vars"]
        del group["1"]
        # 1.5, -2 and 0 in the upper halves of their float32 forms.
        bits = np.array([0x3FC0, 0xC000, 0], np.uint16)
        group.create_dataset("1", data=bits.view("V2")).attrs["dtype"] = "bfloat16"

    model.load_weights(path)

    np.testing.assert_array_equal(model.layers[0].bias.numpy(), [1.5, -2.0, 0.0])


def test_weights_in_bfloat16_come_back(tmp_path):
    nets = [
        trimtab.Sequential([layers.Input((3,)), layers.Dense(2, dtype="bfloat16")]) for _ in "ab"
    ]
    nets[0].save_weights(tmp_path / "m.weights.h5")
    nets[1].load_weights(tmp_path / "m.weights.h5")
    kernels = [net.layers[0].kernel.numpy() for net in nets]
    assert kernels[1].dtype.name == "bfloat16"
    assert (kernels[0] == kernels[1]).all()


def test_float64_is_converted(model, tmp_path):
    path = tmp_path / "m.weights.h5"
    model.save_weights(path)
    with h5py.File(path, "r+") as file:
        group = file["layers/dense/vars"]
        del group["1"]
        group["1"] = np.array([0.1, 0.2, 0.3])

    model.load_weights(path)

    np.testing.assert_array_equal(model.layers[0].bias.numpy(), np.float32([0.1, 0.2, 0.3]))


def test_lists_inside_of_lists_missing_in_old_files_keep_their_weights(tmp_path):
    class Net(trimtab.Model):
        def __init__(self):
            super().__init__()
            self.a = [[layers.Dense(2)]]

        def call(self, x):
            return self.a[0][0](x)

    model = Net()
    model(np.ones((1, 2), "float32"))
    path = tmp_path / "m.weights.h5"
    model.save_weights(path)
    with h5py.File(path, "r+") as file:
        del file["a"]

    with pytest.warns(UserWarning, match="'a/container'"):
        model.load_weights(path)


@pytest.mark.parametrize("name", ["m.h5", "m.keras", "m.weights.npz"])
def test_saving_needs_the_suffix(name, model, tmp_path):
    with pytest.raises(ValueError, match=r"The filename must end in `\.weights\.h5`"):
        model.save_weights(tmp_path / name)


@pytest.mark.parametrize("name", ["m.txt", "m.weights.json", "m.ckpt"])
def test_loading_refuses_other_suffixes(name, model, tmp_path):
    with pytest.raises(ValueError, match="File format not supported"):
        model.load_weights(tmp_path / name)


def test_missing_file_is_the_systems_error(model, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"m\.weights\.h5"):
        model.load_weights(tmp_path / "m.weights.h5")


def test_unbuilt_model_is_refused(tmp_path):
    model = trimtab.Sequential([layers.Dense(2)])

    with pytest.raises(ValueError, match="not yet been built"):
        model.save_weights(tmp_path / "m.weights.h5")


def test_shards_are_refused(model, tmp_path):
    with pytest.raises(ValueError, match=r"`max_shard_size` must be None; got 1"):
        model.save_weights(tmp_path / "m.weights.h5", max_shard_size=1)


def test_arguments_of_other_formats_are_refused(model, tmp_path):
    with pytest.raises(ValueError, match="`by_name` only supports"):
        model.load_weights(tmp_path / "m.weights.h5", by_name=True)
    with pytest.raises(ValueError, match="`objects_to_skip` only supports"):
        model.load_weights(tmp_path / "m.h5", objects_to_skip=[])


def test_missing_h5py_names_the_extra(model, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)

    with pytest.raises(ImportError, match=r"h5py.*trimtab\[hdf5\]"):
        model.save_weights(tmp_path / "m.weights.h5")
