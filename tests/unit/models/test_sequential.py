import numpy as np
import pytest

import trimtab
from trimtab import layers

X = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")


def test_an_input_builds_the_model_at_once():
    model = trimtab.Sequential([trimtab.Input((4,)), layers.Dense(3)])
    assert (model.built, model.output_shape) == (True, (None, 3))


def test_without_an_input_the_first_call_builds_it_for_any_batch():
    model = trimtab.Sequential([layers.Dense(3)])
    model(X)
    assert model.input_shape == (None, 4)
    assert model(X[:2]).shape == (2, 3)


def test_layers_leave_the_input_out():
    dense = layers.Dense(3)
    assert trimtab.Sequential([trimtab.Input((4,)), dense]).layers == [dense]


def test_layers_are_added_and_taken_off():
    model = trimtab.Sequential([trimtab.Input((4,)), layers.Dense(3)])
    last = layers.Dense(2)
    model.add(last)
    assert model.output_shape == (None, 2)
    assert model.pop() is last
    assert model.output_shape == (None, 3)


def test_a_layer_instance_twice_is_refused_and_the_fix_named():
    bn = layers.BatchNormalization(name="bn")
    with pytest.raises(ValueError, match="'bn' is in the model already; make a second"):
        trimtab.Sequential([layers.Dense(2), bn, layers.Dense(2), bn])


def test_two_layers_of_one_name_are_refused_and_the_fix_named():
    with pytest.raises(ValueError, match="Name 'a' is already .* Update the `name` argument"):
        trimtab.Sequential([layers.Dense(2, name="a"), layers.Dense(2, name="a")])


def test_a_layer_that_does_not_fit_leaves_the_model_as_it_was():
    model = trimtab.Sequential([trimtab.Input((4,)), layers.Dense(3)])
    before = np.asarray(model(X))
    with pytest.raises(ValueError, match=r"reshape.*has 3 elements"):
        model.add(layers.Reshape((5,)))
    np.testing.assert_array_equal(model(X), before)
    assert len(model.layers) == 1


def test_a_refused_layer_leaves_the_model_as_it_was():
    model = trimtab.Sequential([trimtab.Input((4,)), layers.Dense(3, name="a")])
    with pytest.raises(ValueError, match="unique names"):
        model.add(layers.Dense(3, name="a"))
    assert (model.built, len(model.layers)) == (True, 1)


@pytest.mark.parametrize("thing", [3, "dense", layers.Dense, None])
def test_only_layers_can_be_added(thing):
    with pytest.raises(ValueError, match="Only instances of Layer can be added"):
        trimtab.Sequential([thing])


def test_an_input_comes_first():
    with pytest.raises(ValueError, match="an Input must be the first of its 1 layers"):
        trimtab.Sequential([layers.Dense(2), trimtab.Input((4,))])


def test_another_shape_than_the_inputs_is_refused():
    model = trimtab.Sequential([trimtab.Input((4,)), layers.Dense(2)])
    with pytest.raises(ValueError, match=r"use input shape \(None, 4\); got \(None, 5\)"):
        model.build((None, 5))


def test_a_wrong_input_shape_is_named():
    model = trimtab.Sequential([trimtab.Input((4,)), layers.Dense(2)], name="net")
    with pytest.raises(ValueError, match=r"'dense.*value 4, but received.*\(5, 3\)"):
        model(np.ones((5, 3)))


def test_taking_off_from_nothing_is_refused():
    with pytest.raises(ValueError, match="no layer to take off"):
        trimtab.Sequential().pop()


def test_an_empty_model_cannot_be_built():
    with pytest.raises(ValueError, match="has no layers"):
        trimtab.Sequential().build((None, 4))


def test_an_unbuilt_model_has_no_shape():
    with pytest.raises(AttributeError, match="no defined output shape"):
        _ = trimtab.Sequential([layers.Dense(2)]).output_shape


def test_a_chain_takes_a_list_where_its_first_layer_does():
    model = trimtab.Sequential([layers.Add(), layers.Dense(2)])
    assert model([X, X]).shape == (5, 2)


def test_nested_chains_share_their_weights():
    inner = trimtab.Sequential([trimtab.Input((4,)), layers.Dense(3)])
    outer = trimtab.Sequential([inner, layers.Dense(1)])
    assert outer.built
    assert outer.weights[0] is inner.weights[0]


def test_paths_hold_the_models_name():
    model = trimtab.Sequential([trimtab.Input((4,)), layers.Dense(3, name="d")], name="net")
    assert [w.path for w in model.weights] == ["net/d/kernel", "net/d/bias"]


def test_training_reaches_the_layers():
    bn = layers.BatchNormalization()
    trimtab.Sequential([layers.Dense(2), bn])(X, training=True)
    assert bn.updates_seen == 1


def test_a_frozen_chain_stays_frozen_in_its_configuration():
    model = trimtab.Sequential([trimtab.Input((4,)), layers.Dense(3)], trainable=False)
    twin = trimtab.Sequential.from_config(model.get_config())
    assert not twin.trainable
    assert twin.trainable_weights == []


def test_a_chain_built_by_its_first_data_takes_other_sizes_where_its_layers_do():
    model = trimtab.Sequential([layers.Reshape((-1, 8))])
    assert [model(np.ones((1, n, 2))).shape[1] for n in (12, 20)] == [3, 5]
    batches = iter([(np.ones((3, 5, 7)),), (np.ones((3, 7, 5)),)])
    assert trimtab.Sequential([layers.Flatten()]).predict(batches, verbose=0).shape == (6, 35)


def test_a_layer_that_cannot_tell_its_shape_is_run_all_the_same():
    class Untold(layers.Layer):
        def call(self, inputs):
            return inputs + 1.0

        def compute_output_spec(self, *args, **kwargs):
            raise NotImplementedError

    assert trimtab.Sequential([Untold()])(np.ones((2, 3))).numpy().max() == 2.0
