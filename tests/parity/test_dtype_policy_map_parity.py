"""Policies by the paths of layers, beside Keras 3's."""

import json

import keras
import numpy as np
import pytest

import trimtab

EACH = pytest.mark.parametrize("k", [keras, trimtab], ids=["keras", "trimtab"])
BOTH_WAYS = pytest.mark.parametrize(
    ("writer", "reader"), [(trimtab, keras), (keras, trimtab)], ids=["to_keras", "from_keras"]
)


def policies(k, default="float32", **named):
    """A map of the policies named, with "__" for the "/" of paths."""
    made = {name.replace("__", "/"): k.DTypePolicy(value) for name, value in named.items()}
    return k.dtype_policies.DTypePolicyMap(default, made)


@EACH
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("block_1/dense", "float64"),
        ("net/block_1/dense", "float32"),
        ("block_1/dense/kernel", "float32"),
        ("a/b", "float16"),
        ("a/b/c", "float32"),
        ("a/c", "mixed_float16"),
    ],
)
def test_a_path_is_looked_up_as_it_is_and_then_by_patterns_of_the_whole(k, path, expected):
    found = policies(k)
    found["block_.*/dense"] = "float64"
    found["a/b"] = "float16"
    found["a/.?"] = "mixed_float16"

    assert found[path].name == expected


@EACH
def test_two_patterns_for_one_path_are_refused(k):
    found = policies(k)
    found["a.*"], found[".*b"] = "float16", "float64"
    with pytest.raises(ValueError, match="matches multiple"):
        found["ab"]


@EACH
def test_a_key_is_set_once(k):
    found = policies(k, dense="float16")
    with pytest.raises(ValueError, match="already exist"):
        found["dense"] = "float64"
    del found["dense"]
    found["dense"] = "float64"
    assert (len(found), list(found), found["dense"].name) == (1, ["dense"], "float64")


@EACH
def test_what_is_no_map_is_refused(k):
    with pytest.raises(TypeError, match="`policy_map` must be a dict"):
        k.dtype_policies.DTypePolicyMap(policy_map=3)


def test_names_serve_as_policies():
    made = trimtab.dtype_policies.DTypePolicyMap(policy_map={"a": "mixed_float16"})
    assert made["a"] == trimtab.DTypePolicy("mixed_float16")


def test_keys_are_text():
    with pytest.raises(TypeError, match="keys must be paths"):
        policies(trimtab)[3] = "float32"


@pytest.mark.parametrize("default", ["float32", "mixed_float16"])
@BOTH_WAYS
def test_the_configuration_is_kerass_and_read_by_the_other(writer, reader, default):
    ours, theirs = (policies(k, default, a="float16", b="mixed_float16") for k in (writer, reader))
    config = json.loads(json.dumps(writer.dtype_policies.serialize(ours)))

    assert config == json.loads(json.dumps(reader.dtype_policies.serialize(theirs)))
    read = reader.dtype_policies.deserialize(config)
    assert read.default_policy.name == default
    assert [(path, policy.name) for path, policy in read.items()] == [
        ("a", "float16"),
        ("b", "mixed_float16"),
    ]


@EACH
@pytest.mark.parametrize(
    ("policy", "types"),
    [("mixed_float16", ("float16", "float32")), ("float16", ("float16", "float16"))],
)
def test_a_layer_computes_in_the_type_for_its_path(k, policy, types):
    layer = k.layers.Dense(2, name="dense", dtype=policies(k, dense=policy))
    layer.build((None, 2))
    outputs = layer(np.ones((1, 2), "float32"))

    assert (layer.compute_dtype, layer.variable_dtype) == types
    assert (str(outputs.dtype), str(layer.kernel.dtype)) == types


@EACH
def test_the_layers_of_a_model_have_the_policies_of_their_paths(k):
    types = policies(k, net__a="mixed_float16")

    class Net(k.Model):
        def __init__(self):
            super().__init__(name="net")
            self.a = k.layers.Dense(2, name="a", dtype=types)
            self.b = k.layers.Dense(2, name="b", dtype=types)

        def call(self, x):
            return self.b(self.a(x))

    net = Net()
    outputs = net(np.ones((1, 3), "float32"))
    assert (net.a.compute_dtype, net.b.compute_dtype) == ("float16", "float32")
    assert str(outputs.dtype) == "float32"


@BOTH_WAYS
def test_models_with_one_are_read_by_the_other(writer, reader, tmp_path):
    named = {"name": "one", "dtype": policies(writer, net__one="mixed_float16")}
    model = writer.Sequential([writer.Input((2,)), writer.layers.Dense(2, **named)], name="net")
    model.save(str(tmp_path / "net.keras"))

    read = reader.models.load_model(str(tmp_path / "net.keras"))
    assert read.layers[0].dtype_policy["net/one"].name == "mixed_float16"
