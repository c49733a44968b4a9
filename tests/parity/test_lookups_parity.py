"""Lookups, hashes and bins against what real Keras did with TensorFlow, as it was recorded."""

import json
import pathlib

import numpy as np
import pytest
from lookup_cases import CASES, CONSTRUCTIONS

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
