import numpy as np
import pytest

import trimtab
from trimtab import layers


def compiled():
    model = trimtab.Sequential([trimtab.Input((2,)), layers.Dense(1, name="out")], name="net")
    model.compile(optimizer="sgd", loss="mse")
    return model


def test_values_stand_under_the_parts_of_their_paths():
    model = compiled()
    tree = model.get_state_tree(value_format="numpy_array")
    kernel = tree["trainable_variables"]["net"]["out"]["kernel"]
    assert (kernel == model.layers[0].kernel.numpy()).all()
    assert tree["optimizer_variables"][model.optimizer.name]["learning_rate"] == np.float32(0.01)
    assert set(tree["metrics_variables"]["loss"]) == {"total", "count"}
    assert tree["non_trainable_variables"] == {}


def test_a_tree_of_one_model_fits_another():
    source, target = compiled(), compiled()
    weights = source.get_state_tree()["trainable_variables"]
    target.set_state_tree({"trainable_variables": weights})
    assert (source.layers[0].kernel.numpy() == target.layers[0].kernel.numpy()).all()


def test_nothing_is_set_if_a_value_does_not_fit():
    model = compiled()
    before = model.get_weights()
    values = {"kernel": np.zeros((2, 1)), "bias": np.zeros(3)}
    with pytest.raises(ValueError, match="shape"):
        model.set_state_tree({"trainable_variables": {"net": {"out": values}}})
    assert (model.get_weights()[0] == before[0]).all()


def test_an_unknown_path_and_an_unknown_kind_are_named():
    model = compiled()
    with pytest.raises(ValueError, match="net/kernle"):
        model.set_state_tree({"trainable_variables": {"net": {"kernle": 0}}})
    with pytest.raises(ValueError, match="'variables'"):
        model.set_state_tree({"variables": {}})


def test_two_variables_of_one_path_are_refused():
    class Twins(layers.Layer):
        def __init__(self):
            super().__init__()
            self.pair = [self.add_weight(name="w"), self.add_weight(name="w")]

        def call(self, x):
            return x * self.pair[0] * self.pair[1]

    model = trimtab.Sequential([trimtab.Input((1,)), Twins()])
    with pytest.raises(ValueError, match="found twice"):
        model.get_state_tree()
