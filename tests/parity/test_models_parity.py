"""Models against Keras 3: names, order of layers, configurations, summaries, outputs."""

import json

import keras
import numpy as np
import pytest

import trimtab


def chain(library):
    layers = library.layers
    return library.Sequential(
        [
            library.Input((14,)),
            layers.Dense(64),
            layers.BatchNormalization(),
            layers.Activation("tanh"),
            layers.Dropout(0.5, seed=1),
            layers.Dense(2),
            layers.BatchNormalization(scale=False),
            layers.Activation("softmax"),
        ]
    )


def branches(library):
    layers, ops = library.layers, library.ops
    first, second = library.Input((4,), name="first"), library.Input((3,), name="second")
    shared = layers.Dense(5, name="shared")
    left = shared(first)
    right = layers.Dense(4, activation="relu")(second)
    right = shared(layers.BatchNormalization()(right))
    joined = layers.Concatenate()([left, right])
    scaled = ops.multiply(joined, 2.0) + ops.sum(left, axis=-1, keepdims=True)
    outputs = layers.Dense(2, name="last")(layers.Add()([scaled, joined]))
    return library.Model([first, second], [outputs, layers.Dense(1)(right)])


def nested(library):
    layers = library.layers
    inner = library.Sequential(
        [library.Input((6,)), layers.Dense(3), layers.BatchNormalization()], name="inner"
    )
    inputs = library.Input((4,))
    hidden = layers.Dense(6, use_bias=False)(inputs)
    features = library.Model(inputs, hidden, name="features")
    again = library.Input((4,), name="again")
    return library.Model(again, layers.Activation("relu")(inner(features(again))))


def dictionaries(library):
    layers = library.layers
    inputs = {"a": library.Input((3,), name="a"), "b": library.Input((3,), name="b")}
    added = layers.Add()([inputs["a"], inputs["b"]])
    return library.Model(inputs, {"sum": added, "dense": layers.Dense(2)(added)})


MODELS = [chain, branches, nested, dictionaries]


@pytest.fixture(params=MODELS, ids=lambda make: make.__name__)
def pair(request):
    """The same model of both libraries, with the same random weights."""
    keras.utils.clear_session(free_memory=False)
    trimtab.utils.clear_session(free_memory=False)
    theirs, ours = request.param(keras), request.param(trimtab)
    rng = np.random.default_rng(3)
    weights = [rng.uniform(0.1, 1.0, w.shape).astype("float32") for w in theirs.weights]
    theirs.set_weights(weights)
    ours.set_weights(weights)
    return theirs, ours


def inputs_of(model):
    rng = np.random.default_rng(4)
    arrays = [rng.normal(size=(5, *x.shape[1:])).astype("float32") for x in model.inputs]
    if isinstance(model.input, dict):
        return dict(zip(sorted(model.input), arrays, strict=True))
    return arrays if isinstance(model.input, list) else arrays[0]


def test_outputs_are_those_of_keras(pair):
    theirs, ours = pair
    x = inputs_of(ours)
    wanted, given = keras.tree.flatten(theirs(x)), trimtab.tree.flatten(ours(x))
    for a, b in zip(given, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-6)


def test_layers_come_in_the_order_of_keras(pair):
    theirs, ours = pair
    assert [layer.name for layer in ours.layers] == [layer.name for layer in theirs.layers]


def test_weights_have_the_paths_of_keras(pair):
    theirs, ours = pair
    assert [w.path for w in ours.weights] == [w.path for w in theirs.weights]


def test_the_name_is_that_of_keras(pair):
    theirs, ours = pair
    assert ours.name == theirs.name


def test_the_configuration_is_that_of_keras(pair):
    theirs, ours = pair
    wanted = json.loads(json.dumps(keras.saving.serialize_keras_object(theirs)))
    given = json.loads(json.dumps(trimtab.saving.serialize_keras_object(ours)))
    assert given == wanted


def test_a_model_is_made_from_the_json_of_keras(pair):
    theirs, ours = pair
    revived = trimtab.models.model_from_json(theirs.to_json())
    revived.set_weights(ours.get_weights())
    x = inputs_of(ours)
    given, wanted = trimtab.tree.flatten(revived(x)), trimtab.tree.flatten(ours(x))
    for a, b in zip(given, wanted, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_clone_with_the_weights_gives_the_outputs(pair):
    _, ours = pair
    clone = trimtab.models.clone_model(ours)
    clone.set_weights(ours.get_weights())
    x = inputs_of(ours)
    given, wanted = trimtab.tree.flatten(clone(x)), trimtab.tree.flatten(ours(x))
    for a, b in zip(given, wanted, strict=True):
        np.testing.assert_array_equal(a, b)


SUMMARIES = [
    {},
    {"line_length": 70},
    {"line_length": 120, "show_trainable": True},
    {"expand_nested": True, "line_length": 100},
]


@pytest.mark.parametrize("options", SUMMARIES, ids=str)
def test_the_summary_is_that_of_keras_and_a_block_on_statistics(pair, options, monkeypatch):
    monkeypatch.setenv("COLUMNS", "130")
    theirs, ours = pair
    wanted, given = [], []
    theirs.summary(print_fn=wanted.append, **options)
    ours.summary(print_fn=given.append, **options)
    text, _, statistics = given[0].partition(" Batch normalization statistics")
    assert text.rstrip("\n") == wanted[0].rstrip("\n")
    kinds = [type(layer).__name__ for layer in ours._flatten_layers()]
    assert ("updates seen" in statistics) == ("BatchNormalization" in kinds)
