import numpy as np
import pytest

import trimtab
from trimtab import layers, ops

X = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")


class Net(trimtab.Model):
    def __init__(self, units=3, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.first = layers.Dense(units)
        self.rest = [layers.BatchNormalization(), layers.Dense(2)]

    def call(self, x, training=None):
        return self.rest[1](self.rest[0](self.first(x), training=training))


def graph():
    inputs = trimtab.Input((4,), name="x")
    hidden = layers.BatchNormalization(name="bn")(layers.Dense(3, name="hidden")(inputs))
    return trimtab.Model(inputs, layers.Dense(2, name="out")(hidden))


def test_a_model_of_tensors_is_a_functional():
    model = graph()
    assert (type(model).__name__, model.name) == ("Functional", model.name)
    assert isinstance(model, trimtab.Model)


def test_a_subclass_without_a_call_may_be_made_of_tensors():
    class Trained(trimtab.Model):
        pass

    inputs = trimtab.Input((4,))
    model = Trained(inputs, layers.Dense(2)(inputs))
    assert type(model) is Trained
    assert model(X).shape == (5, 2)


def test_a_subclass_may_make_its_tensors_itself():
    class Trained(trimtab.Model):
        def __init__(self, units):
            inputs = trimtab.Input((4,))
            super().__init__(inputs=inputs, outputs=layers.Dense(units)(inputs))
            self.units = units

    assert Trained(3)(X).shape == (5, 3)


def test_a_subclass_is_built_on_its_first_call():
    model = Net()
    assert model(X).shape == (5, 2)
    assert [w.path for w in model.weights][:2] == [
        f"{model.name}/{model.first.name}/kernel",
        f"{model.name}/{model.first.name}/bias",
    ]


def test_a_subclass_can_be_built_for_a_shape():
    model = Net()
    model.build((None, 4))
    assert len(model.weights) == 8


def test_a_subclass_without_a_call_says_so():
    with pytest.raises(NotImplementedError, match=r"Model Empty does not have a `call\(\)`"):
        type("Empty", (trimtab.Model,), {})()(X)


def test_inputs_may_be_a_dictionary_in_any_order():
    inputs = {"b": trimtab.Input((4,), name="b"), "a": trimtab.Input((1,), name="a")}
    model = trimtab.Model(inputs, inputs["b"] * 10.0 + inputs["a"])
    y = model({"a": np.ones((5, 1)), "b": X, "unused": X})
    np.testing.assert_allclose(y, 10 * X + 1, rtol=1e-6)


def test_a_dictionary_may_name_the_inputs_of_a_list():
    first, second = trimtab.Input((4,), name="first"), trimtab.Input((4,), name="second")
    model = trimtab.Model([first, second], first - second)
    np.testing.assert_allclose(model({"second": X, "first": 3 * X}), 2 * X, rtol=1e-6)


def test_a_missing_key_is_named():
    first, second = trimtab.Input((4,), name="first"), trimtab.Input((4,), name="second")
    model = trimtab.Model([first, second], first - second)
    with pytest.raises(ValueError, match='missing data for input "second"'):
        model({"first": X})


def test_outputs_keep_their_structure():
    inputs = trimtab.Input((4,))
    model = trimtab.Model(inputs, {"a": inputs + 1.0, "b": [inputs, inputs * 2.0]})
    outputs = model(X)
    np.testing.assert_array_equal(outputs["b"][1], 2 * X)


def test_a_last_axis_of_1_is_added_or_dropped():
    inputs = trimtab.Input((4, 1))
    model = trimtab.Model(inputs, inputs * 1.0)
    assert model(X).shape == (5, 4, 1)


def test_a_wrong_input_shape_names_the_input_and_both_shapes():
    with pytest.raises(ValueError, match=r"'x'.*expected shape=\(None, 4\), found shape=\(5, 3\)"):
        graph()(np.ones((5, 3)))


def test_what_the_model_is_told_overrides_what_a_layer_was_told():
    inputs = trimtab.Input((4,))
    bn = layers.BatchNormalization()
    model = trimtab.Model(inputs, bn(inputs, training=False))
    model(X, training=True)
    assert bn.updates_seen == 1


def test_a_shared_layer_is_one_layer():
    first, second = trimtab.Input((4,)), trimtab.Input((4,))
    shared = layers.Dense(2)
    model = trimtab.Model([first, second], shared(first) - shared(second))
    assert len(model.weights) == 2
    np.testing.assert_array_equal(model([X, X]), np.zeros((5, 2)))


def test_two_layers_of_one_name_are_refused():
    inputs = trimtab.Input((4,))
    outputs = layers.Dense(2, name="same")(layers.Dense(3, name="same")(inputs))
    with pytest.raises(ValueError, match="two layers .* called 'same' .*argument `name`"):
        trimtab.Model(inputs, outputs)


def test_an_output_that_needs_another_input_is_refused():
    first, second = trimtab.Input((4,)), trimtab.Input((4,), name="forgotten")
    with pytest.raises(ValueError, match="depend on 'forgotten'.*add it to `inputs`"):
        trimtab.Model(first, first + second)


def test_arrays_are_no_inputs_of_a_model():
    with pytest.raises(ValueError, match="All `inputs` values must be KerasTensors"):
        trimtab.Model(X, X)


def test_a_part_of_a_model_begins_in_its_middle():
    model = graph()
    part = trimtab.Model(model.get_layer("hidden").output, model.output)
    hidden = model.get_layer("hidden")(X)
    np.testing.assert_allclose(part(hidden), model(X), rtol=1e-5)
    assert part.get_layer("bn") is model.get_layer("bn")


def test_the_outputs_of_inner_layers_can_be_had():
    model = graph()
    features = trimtab.Model(model.input, model.get_layer("hidden").output)
    np.testing.assert_allclose(features(X), model.get_layer("hidden")(X), rtol=1e-6)


def test_freezing_a_model_freezes_batch_normalization_within():
    inner = graph()
    inputs = trimtab.Input((4,))
    outer = trimtab.Model(inputs, inner(inputs))
    outer.trainable = False
    outer(X, training=True)
    assert inner.get_layer("bn").updates_seen == 0
    assert outer.trainable_weights == []


def test_layers_are_found_by_name_and_index():
    model = graph()
    assert model.get_layer("bn") is model.get_layer(index=2)


def test_an_unknown_layer_lists_those_there_are():
    with pytest.raises(ValueError, match=r"No such layer: nothing.*\['x', 'hidden', 'bn', 'out'\]"):
        graph().get_layer("nothing")


def test_a_name_and_an_index_are_one_too_many():
    with pytest.raises(ValueError, match="one of them"):
        graph().get_layer("bn", 2)


def test_layers_cannot_be_set():
    with pytest.raises(AttributeError, match="`Model.layers`"):
        graph().layers = []


def test_shapes_and_names_of_inputs_and_outputs():
    model = graph()
    assert (model.input_shape, model.output_shape) == ((None, 4), (None, 2))
    assert (model.input_names, model.output_names) == (["x"], ["out"])


def test_a_subclassed_model_has_no_inputs():
    with pytest.raises(AttributeError, match="has no defined inputs"):
        _ = Net().inputs


def test_ops_between_layers_are_part_of_the_model():
    inputs = trimtab.Input((4,))
    scaled = ops.where(inputs > 0, inputs, 0.1 * inputs)[:, :2]
    model = trimtab.Model(inputs, ops.concatenate([scaled, -scaled], axis=-1))
    wanted = np.where(X > 0, X, 0.1 * X)[:, :2]
    np.testing.assert_allclose(model(X), np.concatenate([wanted, -wanted], -1), rtol=1e-6)
    twin = trimtab.models.model_from_json(model.to_json())
    np.testing.assert_array_equal(twin(X), model(X))


def test_a_subclassed_model_survives_its_configuration():
    model = Net(units=6)
    twin = Net.from_config(model.get_config())
    assert (twin.units, twin.name) == (6, model.name)


def test_masks_pass_through_a_model():
    inputs = trimtab.Input((3,), dtype="int32")
    hidden = layers.Embedding(5, 2, mask_zero=True)(inputs)
    model = trimtab.Model(inputs, layers.Dense(2)(hidden))
    y = model(np.array([[1, 2, 0]]))
    np.testing.assert_array_equal(y._keras_mask, [[True, True, False]])


def test_a_functional_model_is_a_layer_on_other_shapes():
    inputs = trimtab.Input((None, 3))
    model = trimtab.Model(inputs, ops.sum(inputs, axis=1))
    assert model(trimtab.Input((7, 3))).shape == (None, 3)
    assert model.compute_output_shape((2, 9, 3)) == (2, 3)


def test_mixed_precision_runs_through_a_functional_model():
    inputs = trimtab.Input((3, 4))
    masked = layers.Masking(dtype="mixed_float16")(inputs)
    hidden = layers.BatchNormalization(dtype="mixed_float16")(masked)
    model = trimtab.Model(inputs, layers.Dense(2, dtype="mixed_float16")(hidden))
    y = model(np.ones((2, 3, 4)))
    assert (y.dtype, model.outputs[0].dtype) == ("float16", "float16")
    assert {w.dtype for w in model.weights} == {"float32"}


def test_an_unknown_argument_names_the_nearest():
    inputs = trimtab.Input((4,))
    with pytest.raises(ValueError, match='trainble.*Did you mean "trainable"'):
        trimtab.Model(inputs, inputs * 1.0, trainble=False)


def test_the_inputs_behind_a_tensor_are_found():
    first, second = layers.Input((2,)), layers.Input((2,))
    hidden = layers.Dense(2)(first)
    joined = layers.Add()([layers.Add()([hidden, second]), first])
    found = trimtab.utils.get_source_inputs(joined)
    assert [id(x) for x in found] == [id(first), id(second)]
