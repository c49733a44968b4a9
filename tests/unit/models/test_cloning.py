import numpy as np
import pytest

import trimtab
from trimtab import layers
from trimtab.models import clone_model

X = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")


def graph():
    inputs = trimtab.Input((4,), name="x")
    inner = trimtab.Sequential([trimtab.Input((4,)), layers.Dense(3, name="d")], name="inner")
    return trimtab.Model(inputs, layers.Dense(2, name="out")(inner(inputs) * 2.0), name="net")


def test_a_clone_has_the_names_and_weights_of_its_own():
    model = graph()
    clone = clone_model(model)
    assert [layer.name for layer in clone.layers] == [layer.name for layer in model.layers]
    assert clone.weights[0] is not model.weights[0]


def test_a_clone_function_sees_every_layer_but_inputs():
    seen = []

    def clone_function(layer):
        seen.append(layer.name)
        return type(layer).from_config(layer.get_config())

    clone_model(graph(), clone_function=clone_function)
    assert seen == ["inner", "out"]


def test_models_within_are_cloned_layer_by_layer_if_asked():
    seen = []

    def clone_function(layer):
        seen.append(layer.name)
        return type(layer).from_config(layer.get_config())

    clone_model(graph(), clone_function=clone_function, recursive=True)
    assert seen == ["d", "out"]


def test_a_call_function_may_add_layers():
    def call_function(layer, *args, **kwargs):
        outputs = layer(*args, **kwargs)
        is_last = layer.name == "out"
        return layers.BatchNormalization(name="added")(outputs) if is_last else outputs

    clone = clone_model(graph(), call_function=call_function)
    assert clone.layers[-1].name == "added"


def test_a_clone_may_begin_with_given_tensors():
    model = graph()
    inputs = trimtab.Input((4,), name="other")
    clone = clone_model(model, input_tensors=inputs)
    assert clone.input_names == ["other"]


def test_a_sequential_takes_no_call_function():
    with pytest.raises(ValueError, match="`call_function` is for models of KerasTensors"):
        clone_model(trimtab.Sequential([layers.Dense(1)]), call_function=lambda layer, x: x)


def test_a_subclassed_model_takes_no_clone_function():
    class Net(trimtab.Model):
        def call(self, x):
            return x

    with pytest.raises(ValueError, match="`clone_function` is for Sequential"):
        clone_model(Net(), clone_function=lambda layer: layer)


def test_a_compiled_model_has_a_compiled_clone():
    model = graph()
    model.compile("sgd", "mse")
    clone = clone_model(model)
    assert clone.compiled
    assert type(clone.optimizer) is type(model.optimizer)
