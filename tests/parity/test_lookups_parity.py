"""Lookups, hashes and bins against what real Keras did with TensorFlow, as it was recorded."""

import copy
import json
import pathlib
import zipfile

import numpy as np
import pytest
from lookup_cases import CASES, CONSTRUCTIONS, FILE_INPUTS, NUMBERS, SEEN, TEXTS

import trimtab
from trimtab import layers

RECORDED = json.loads(
    (pathlib.Path(__file__).parent / "recorded" / "lookups.json").read_text("utf-8")
)
PARAMS = [
    pytest.param(*case, record, id=f"{case[0]}-{i}")
    for i, (case, record) in enumerate(zip(CASES, RECORDED["cases"], strict=True))
]
MADE = list(zip(CONSTRUCTIONS, RECORDED["accepted"], strict=True))


def make(name, arguments, seen):
    trimtab.utils.clear_session(free_memory=False)
    layer = getattr(layers, name)(**arguments)
    if seen is not None:
        layer.adapt(np.array(seen))
    return layer


def without(config, key):
    """A layer's configuration but for one argument."""
    return config | {"config": {k: v for k, v in config["config"].items() if k != key}}


@pytest.mark.parametrize(("name", "arguments", "seen", "inputs", "record"), PARAMS)
def test_outputs_are_kerass(name, arguments, seen, inputs, record):
    output = np.asarray(make(name, arguments, seen)(np.array(inputs)))
    wanted = np.array(record["output"])
    if wanted.dtype.kind == "U":
        np.testing.assert_array_equal(output, wanted)
    else:
        assert output.dtype == record["dtype"]
        np.testing.assert_allclose(output, wanted, rtol=1e-6)


@pytest.mark.parametrize(("name", "arguments", "seen", "inputs", "record"), PARAMS)
def test_vocabularies_are_kerass(name, arguments, seen, inputs, record):
    assert getattr(make(name, arguments, seen), "get_vocabulary", list)() == record["vocabulary"]


@pytest.mark.parametrize(("name", "arguments", "seen", "inputs", "record"), PARAMS)
def test_configurations_are_kerass(name, arguments, seen, inputs, record):
    ours = json.loads(
        json.dumps(trimtab.saving.serialize_keras_object(make(name, arguments, seen)))
    )
    # What it was built for says nothing of these layers, which have no variables.
    ours.pop("build_config", None)
    wanted = {key: value for key, value in record["config"].items() if key != "build_config"}
    found = [c["config"].get("bin_boundaries") or [] for c in (ours, wanted)]
    np.testing.assert_allclose(*found, rtol=1e-5)
    assert without(ours, "bin_boundaries") == without(wanted, "bin_boundaries")


# Elsewhere the vocabulary is no part of the configuration.
SELF_CONTAINED = [p for p in PARAMS if p.values[2] is None or p.values[0] == "Discretization"]


@pytest.mark.parametrize(("name", "arguments", "seen", "inputs", "record"), SELF_CONTAINED)
def test_a_layer_of_kerass_configuration_does_the_same(name, arguments, seen, inputs, record):
    revived = trimtab.saving.deserialize_keras_object(record["config"])
    ours = make(name, arguments, seen)(np.array(inputs))
    np.testing.assert_array_equal(revived(np.array(inputs)), ours)


@pytest.mark.parametrize(("made", "is_accepted"), MADE)
def test_arguments_are_refused_where_keras_refuses_them(made, is_accepted):
    name, arguments = made
    if is_accepted:
        getattr(layers, name)(**arguments)
        return
    with pytest.raises((ValueError, TypeError)):
        getattr(layers, name)(**arguments)


FILE = pathlib.Path(__file__).parent / "recorded" / "lookups.keras"


def test_a_file_of_keras_with_vocabularies_is_read():
    model = trimtab.models.load_model(FILE)
    found = model.predict(np.array(FILE_INPUTS), verbose=0)
    np.testing.assert_allclose(found, RECORDED["predicted"], rtol=1e-5, atol=1e-6)


def test_files_hold_vocabularies_where_kerass_do(tmp_path):
    path = tmp_path / "model.keras"
    trimtab.models.load_model(FILE).save(path)
    names = []
    for file in (path, FILE):
        with zipfile.ZipFile(file) as archive:
            names.append(sorted(archive.namelist()))
            texts = [archive.read(n) for n in names[-1] if n.startswith("assets/")]
            assert texts
    assert names[0] == names[1]


def looking_up(**arguments):
    """A model that looks numbers up, and the layer in it."""
    layer = layers.IntegerLookup(**arguments)
    if "vocabulary" not in arguments:
        layer.adapt(np.array(NUMBERS))
    model = trimtab.Sequential([trimtab.Input((3,), dtype="int64"), layer])
    return model, layer


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"num_oov_indices": 3, "max_tokens": 5},
        {"mask_token": 20},
        {"output_mode": "one_hot", "mask_token": 20},
        {"output_mode": "multi_hot"},
        {"output_mode": "count", "max_tokens": 9, "pad_to_max_tokens": True},
        {"output_mode": "tf_idf"},
        {"vocabulary": [10, 20], "invert": True},
    ],
)
def test_inside_of_a_model_a_lookup_does_the_same(arguments, tmp_path):
    model, layer = looking_up(**arguments)
    x = np.array([[1, 20, 3], [0, 7, 30], [2, -1, 99]])
    wanted = np.asarray(layer(x))
    np.testing.assert_array_equal(model.predict(x, verbose=0), wanted)
    model.save(tmp_path / "model.keras")
    loaded = trimtab.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), wanted)
    np.testing.assert_array_equal(copy.deepcopy(model).predict(x, verbose=0), wanted)


def test_adapting_anew_reaches_a_model_that_has_predicted():
    model, layer = looking_up()
    first = model.predict(np.array([[8, 9, 9]]), verbose=0)
    layer.adapt(np.array([[8, 9, 9]]))
    assert (first.tolist(), model.predict(np.array([[8, 9, 9]]), verbose=0).tolist()) == (
        [[0, 0, 0]],
        [[2, 1, 1]],
    )


def test_a_layer_alone_keeps_its_text_in_a_copy():
    layer = layers.StringLookup(output_mode="count")
    layer.adapt(np.array(SEEN))
    made = copy.deepcopy(layer)
    np.testing.assert_array_equal(made(np.array(TEXTS)), layer(np.array(TEXTS)))


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: layers.StringLookup()(["a"]), "adapt"),
        (lambda: layers.IntegerLookup()([1]), "adapt"),
        (lambda: layers.StringLookup(vocabulary=["a"]).adapt(["b"]), "vocabulary was given"),
        (lambda: layers.StringLookup(vocabulary=["a"], num_oov_indices=0)(["b"]), "'b'"),
        (lambda: layers.StringLookup(vocabulary=["a"])(np.array([1, 2])), "must hold text"),
        (lambda: layers.StringLookup(vocabulary=["a"])(np.array(["a", None], object)), "None"),
        (lambda: layers.StringLookup(sparse=True, output_mode="count"), "`sparse`"),
        (lambda: layers.Discretization(num_bins=3)(np.ones(3)), "adapt"),
        (lambda: layers.Discretization(bin_boundaries=[2.0, 1.0]), "ascend"),
        (lambda: layers.Discretization(bin_boundaries=[1.0]).adapt(np.ones(3)), "were given"),
        (lambda: layers.Normalization(mean=1.0, variance=2.0).adapt(np.ones(3)), "were given"),
        (lambda: layers.Normalization().adapt(np.array([["a"]])), "numbers"),
        (lambda: layers.Normalization().adapt(x for x in ()), "at least one batch"),
        (lambda: trimtab.Input((2,), dtype="string"), "StringLookup"),
        (
            lambda: trimtab.Sequential([trimtab.Input((1,)), layers.Hashing(3)]).predict(
                np.ones((2, 1)), verbose=0
            ),
            "not inside of a model",
        ),
    ],
)
def test_what_cannot_be_done_says_so(act, message):
    with pytest.raises(ValueError, match=message):
        act()


@pytest.mark.parametrize("cut", [1, 3, 5])
def test_batches_give_the_statistics_of_the_whole(cut, rng):
    x = rng.normal(5, 3, (7, 2))
    whole, parts = layers.Normalization(), layers.Normalization()
    whole.adapt(x)
    parts.adapt([part, None] for part in (x[:cut], x[cut:]))
    for a, b in zip(whole.get_weights(), parts.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)
