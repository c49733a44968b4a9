import copy

import numpy as np
import pytest

import trimtab
from trimtab import layers, ops


class Scale(layers.Layer):
    """A user's layer: `x` times a weight a feature."""

    def __init__(self, start=1.0, **kwargs):
        super().__init__(**kwargs)
        self.start = start

    def build(self, input_shape):
        initializer = trimtab.initializers.Constant(self.start)
        self.scale = self.add_weight(shape=(input_shape[-1],), initializer=initializer, name="s")

    def call(self, x):
        return x * self.scale


class Mode(layers.Layer):
    """Returns 1 in training, 0 in inference, -1 if nobody said."""

    def call(self, x, training=None):
        return ops.zeros_like(x) + (-1.0 if training is None else float(training))


class Outer(layers.Layer):
    def __init__(self, inner_arguments=(), **kwargs):
        super().__init__(**kwargs)
        self.inner = Mode()
        self.inner_arguments = dict(inner_arguments)

    def call(self, x):
        return self.inner(x, **self.inner_arguments)


X = np.ones((2, 3), "float32")


def value_of(tensor):
    return float(np.asarray(tensor).flat[0])


def test_a_custom_layer_is_built_on_its_first_call():
    layer = Scale(2.0)
    y = layer(X)
    assert layer.built
    np.testing.assert_array_equal(y, 2 * X)


def test_floats_are_converted_to_the_compute_type_and_integers_are_not():
    seen = []

    class Spy(layers.Layer):
        def call(self, x):
            seen.append(x.dtype)
            return x

    Spy()(np.ones(2, "float64")), Spy()(np.ones(2, "int64"))
    assert seen == ["float32", "int64"]


def test_an_unknown_argument_names_the_nearest():
    with pytest.raises(ValueError, match='activaton.*Did you mean "activation"'):
        layers.Dense(3, activaton="relu")


def test_an_unknown_argument_like_nothing_lists_what_there_is():
    with pytest.raises(ValueError, match="It takes .*units"):
        layers.Dense(3, zzzzzz=1)


def test_a_layer_without_super_init_says_so():
    class Forgetful(layers.Layer):
        def __init__(self):
            self.units = 3

        def call(self, x):
            return x

    with pytest.raises(RuntimeError, match=r"Forgetful.*forgot to call `super\(\).__init__\(\)`"):
        Forgetful()(X)


def test_a_name_with_a_slash_is_refused():
    with pytest.raises(ValueError, match="'a/b'"):
        layers.Dense(3, name="a/b")


def test_old_input_shapes_warn_and_build_a_sequential():
    with pytest.warns(UserWarning, match="input_shape"):
        model = trimtab.Sequential([layers.Dense(2, input_dim=4)])
    assert model.input_shape == (None, 4)


def test_numbers_are_refused_by_position():
    with pytest.raises(ValueError, match=r"Only input tensors.*1\.5"):
        Scale()([[1.5]])


def test_a_call_with_an_unknown_argument_names_those_there_are():
    with pytest.raises(TypeError, match="no argument 'axis'.*'x'"):
        Scale()(X, axis=1)


def owner_of(value):
    class Owner(layers.Layer):
        def __init__(self):
            super().__init__()
            self.held = value

    return Owner()


def test_sublayers_are_found_in_lists_tuples_and_dicts():
    dense = [layers.Dense(1) for _ in range(4)]
    owner = owner_of([dense[0], {"a": (dense[1], [dense[2]])}])
    owner.held.append(dense[3])
    assert owner._flatten_layers(include_self=False) == dense


def test_a_layer_taken_out_of_a_list_is_owned_no_more():
    dense = [layers.Dense(1), layers.Dense(1)]
    owner = owner_of(dense)
    owner.held.remove(dense[0])
    assert owner._layers == [dense[1]]


def test_a_deleted_attribute_is_owned_no_more():
    owner = owner_of(layers.Dense(1))
    del owner.held
    assert owner._layers == []


def test_variables_metrics_and_seeds_of_attributes_are_tracked():
    owner = owner_of(
        {
            "v": trimtab.Variable(np.ones(2), name="v"),
            "m": trimtab.metrics.Mean(),
            "s": trimtab.random.SeedGenerator(1),
        }
    )
    assert [v.name for v in owner.weights] == ["v"]
    assert [v.name for v in owner.variables] == ["v", "seed_generator_state"]
    assert [m.name for m in owner.metrics] == [owner.held["m"].name]


def test_a_built_layer_takes_no_new_variables():
    layer = Scale()
    layer(X)
    with pytest.raises(ValueError, match="cannot add new elements of state"):
        layer.extra = layers.Dense(1)


def test_variables_may_be_made_in_init():
    class Early(layers.Layer):
        def __init__(self):
            super().__init__(name="early")
            self.bias = self.add_weight(shape=(3,), initializer="ones", name="bias")

        def call(self, x):
            return x + self.bias

    layer = Early()
    np.testing.assert_array_equal(layer(X), 2 * X)
    assert [w.path for w in layer.weights] == ["early/bias"]


def test_paths_hold_the_names_of_the_enclosing_layers():
    class Block(layers.Layer):
        def __init__(self):
            super().__init__(name="block")
            self.dense = layers.Dense(2, name="dense")

        def call(self, x):
            return self.dense(x)

    block = Block()
    block(X)
    assert [w.path for w in block.weights] == ["block/dense/kernel", "block/dense/bias"]


def test_freezing_keeps_the_order_of_weights():
    layer = layers.BatchNormalization()
    layer.build((None, 3))
    before = [w.name for w in layer.weights]
    layer.trainable = False
    assert [w.name for w in layer.weights] == before
    assert [w.name for w in layer.non_trainable_weights] == before
    assert layer.trainable_weights == []


def test_unfreezing_gives_back_what_trained_before():
    layer = layers.BatchNormalization()
    layer.build((None, 3))
    layer.trainable = False
    layer.trainable = True
    assert [w.name for w in layer.trainable_weights] == ["gamma", "beta"]


def test_freezing_reaches_sublayers():
    owner = owner_of([layers.Dense(1)])
    owner.trainable = False
    assert not owner.held[0].trainable


def test_a_layer_made_frozen_has_no_trainable_weights():
    layer = layers.Dense(2, trainable=False)
    layer.build((None, 3))
    assert [v.trainable for v in layer.weights] == [False, False]


def test_trainable_must_be_a_bool():
    with pytest.raises(ValueError, match="expected `trainable` to be a boolean; got 1"):
        layers.Dense(2, trainable=1)


def test_get_weights_returns_copies():
    layer = Scale()
    layer(X)
    layer.get_weights()[0][:] = 7
    np.testing.assert_array_equal(layer.scale, [1, 1, 1])


def test_set_weights_that_do_not_fit_change_nothing():
    layer = layers.Dense(2)
    layer.build((None, 3))
    before = layer.get_weights()
    with pytest.raises(ValueError, match=r"dense.*/bias has shape \(2,\); got .*\(3,\)"):
        layer.set_weights([np.zeros((3, 2)), np.zeros(3)])
    np.testing.assert_array_equal(layer.get_weights()[0], before[0])


def test_set_weights_of_another_number_is_refused():
    layer = layers.Dense(2)
    layer.build((None, 3))
    with pytest.raises(ValueError, match="must hold 2 arrays.*got 1"):
        layer.set_weights([np.zeros((3, 2))])


def test_parameters_of_an_unbuilt_layer_cannot_be_counted():
    with pytest.raises(ValueError, match="not built"):
        layers.Dense(2).count_params()


def test_a_deep_copy_has_weights_of_its_own():
    layer = Scale()
    layer(X)
    twin = copy.deepcopy(layer)
    twin.scale.assign([5, 5, 5])
    np.testing.assert_array_equal(layer.scale, [1, 1, 1])


@pytest.mark.parametrize(
    ("outer", "inner", "wanted"),
    [
        ({}, {}, -1),
        ({"training": True}, {}, 1),
        ({"training": False}, {}, 0),
        ({"training": True}, {"training": False}, 0),
        ({"training": False}, {"training": True}, 1),
        ({"training": True}, {"training": None}, 1),
    ],
)
def test_training_is_the_argument_then_the_enclosing_calls_then_the_default(outer, inner, wanted):
    assert value_of(Outer(inner)(X, **outer)) == wanted


def test_training_of_one_call_does_not_reach_the_next():
    layer = Mode()
    layer(X, training=True)
    assert value_of(layer(X)) == -1


def test_a_mask_passes_through_layers_that_support_it():
    x = np.array([[[1.0, 2.0], [0.0, 0.0]]], "float32")
    masked = layers.Masking()(x)
    passed = layers.Activation("relu")(layers.Dense(3)(masked))
    np.testing.assert_array_equal(passed._keras_mask, [[True, False]])


def test_a_mask_that_is_lost_gives_a_warning():
    masked = layers.Masking()(np.ones((1, 2, 2), "float32"))
    with pytest.warns(UserWarning, match="'scale.*does not support masking"):
        Scale()(masked)


def test_a_mask_argument_is_filled_in():
    class Counting(layers.Layer):
        def __init__(self):
            super().__init__()
            self.supports_masking = True

        def call(self, x, mask=None):
            return ops.sum(ops.cast(mask, "float32"))

    masked = layers.Masking()(np.array([[[1.0], [0.0], [2.0]]], "float32"))
    assert value_of(Counting()(masked)) == 2


def test_a_wrong_input_shape_names_layer_and_shape():
    layer = layers.Dense(2, name="head")
    layer(X)
    with pytest.raises(ValueError, match=r"'head'.*expected axis -1.*value 3.*\(2, 4\)"):
        layer(np.ones((2, 4)))


def test_too_few_axes_name_layer_and_shape():
    with pytest.raises(ValueError, match=r"'dense.*expected min_ndim=2, found ndim=1.*\(3,\)"):
        layers.Dense(2)(np.ones(3))


def test_an_error_in_call_names_the_layer_and_its_inputs():
    class Broken(layers.Layer):
        def call(self, x):
            return ops.matmul(x, ops.ones((5, 5)))

    with pytest.raises(ValueError, match=r"layer 'wreck' \(Broken\), called on float32\[2, 3\]"):
        Broken(name="wreck")(X)


def test_the_innermost_layer_alone_is_named():
    class Inner(layers.Layer):
        def call(self, x):
            raise ValueError("no")

    class Around(layers.Layer):
        def __init__(self):
            super().__init__(name="around")
            self.inner = Inner(name="inside")

        def call(self, x):
            return self.inner(x)

    with pytest.raises(ValueError, match="no.*inside") as raised:
        Around()(X)
    assert "around" not in str(raised.value)


def test_mixed_precision_computes_in_float16_on_float32_variables():
    layer = Scale(dtype="mixed_float16")
    y = layer(X)
    assert (y.dtype, layer.scale.dtype, layer.compute_dtype) == ("float16", "float32", "float16")


def test_a_policy_holds_inside_a_layer_of_another():
    class Around(layers.Layer):
        def __init__(self):
            super().__init__(dtype="mixed_float16")
            self.inner = layers.Dense(2, dtype="float32")

        def call(self, x):
            return self.inner(x)

    assert Around()(X).dtype == "float32"


class Adding(layers.Layer):
    def call(self, x):
        self.add_loss(ops.sum(x))
        return x


def test_losses_of_calls_are_those_of_the_last():
    layer = Adding()
    layer(X)
    layer(2 * X)
    assert [float(v) for v in layer.losses] == [12.0]


def test_losses_of_sublayers_and_regularizers_are_summed_up():
    class Around(layers.Layer):
        def __init__(self):
            super().__init__()
            self.inner = Adding()
            self.dense = layers.Dense(1, kernel_initializer="ones", kernel_regularizer="l2")

        def call(self, x):
            return self.dense(self.inner(x))

    layer = Around()
    layer(X)
    np.testing.assert_allclose([float(v) for v in layer.losses], [6.0, 0.03])


def test_an_activity_regularizer_is_divided_by_the_batch_size():
    layer = layers.Dense(1, kernel_initializer="ones", activity_regularizer="l1")
    layer(X)
    np.testing.assert_allclose(float(layer.losses[0]), 0.01 * 6 / 2, rtol=1e-6)


def test_a_frozen_variable_is_not_regularized():
    layer = layers.Dense(1, kernel_regularizer="l2")
    layer(X)
    layer.trainable = False
    assert layer.losses == []


def test_add_loss_of_a_number_is_refused():
    with pytest.raises(ValueError, match=r"add_loss takes tensors.*got 1\.0"):
        Adding().add_loss(1.0)


def test_a_symbolic_call_adds_no_losses():
    layer = Adding()
    layer(layers.Input((3,)))
    assert layer.losses == []


def test_open_sizes_of_a_custom_layer_are_found_by_tracing():
    class Pairs(layers.Layer):
        def call(self, x):
            return ops.reshape(x, (-1, 2)), ops.sum(x, axis=1), ops.ones((4, 4))

    shapes = [y.shape for y in Pairs()(layers.Input((None, 6)))]
    assert shapes == [(None, 2), (None, 6), (4, 4)]


def test_compute_output_shape_of_a_custom_layer_needs_no_data():
    assert Scale().compute_output_shape((None, 3)) == (None, 3)


def test_build_gets_the_shapes_of_the_arguments_it_names():
    class Two(layers.Layer):
        def build(self, a_shape, b_shape):
            self.shapes = (a_shape, b_shape)

        def call(self, a, b):
            return a

    layer = Two()
    layer(X, b=np.ones((2, 5)))
    assert layer.shapes == ((2, 3), (2, 5))


def test_the_signature_of_a_custom_layer_is_its_configuration():
    config = Scale(3.0, name="s").get_config()
    assert (config["start"], config["name"], config["trainable"]) == (3.0, "s", True)
    assert Scale.from_config(config).start == 3.0


def test_a_change_after_construction_is_in_the_configuration_of_our_layers():
    layer = layers.BatchNormalization()
    layer.momentum = 0.5
    assert layer.get_config()["momentum"] == 0.5


def test_a_get_config_that_adds_to_the_base_works():
    class Classic(layers.Layer):
        def __init__(self, function, units, **kwargs):
            super().__init__(**kwargs)
            self.units = units

        def get_config(self):
            return {**super().get_config(), "units": self.units}

    assert Classic(lambda x: x, 4).get_config()["units"] == 4


def test_an_argument_without_a_serialisable_form_asks_for_get_config():
    class Holder(layers.Layer):
        def __init__(self, thing):
            super().__init__()

    with pytest.raises(NotImplementedError, match=r"Holder.*get_config\(\)"):
        Holder(object()).get_config()


def test_stateless_call_leaves_the_state_alone():
    layer = layers.BatchNormalization(momentum=0.0)
    layer.build((None, 3))
    _, updated = layer.stateless_call(
        layer.trainable_variables, layer.non_trainable_variables, 3 * X, training=True
    )
    np.testing.assert_array_equal(updated[0], [3, 3, 3])
    np.testing.assert_array_equal(layer.moving_mean, [0, 0, 0])
    assert layer.updates_seen == 0


def test_stateless_call_wants_one_value_a_variable():
    layer = Scale()
    layer(X)
    with pytest.raises(ValueError, match="`trainable_variables` must hold 1 values.*got 0"):
        layer.stateless_call([], [], X)


def test_build_may_call_the_base_first():
    class Polite(layers.Layer):
        def build(self, input_shape):
            super().build(input_shape)
            self.w = self.add_weight(shape=(input_shape[-1],), name="w")

        def call(self, x):
            return x * self.w

    layer = Polite()
    layer(X)
    assert [w.name for w in layer.weights] == ["w"]


def test_a_build_that_fails_leaves_no_variables():
    class Fussy(layers.Layer):
        def build(self, input_shape):
            self.w = self.add_weight(shape=(input_shape[-1],), name="w")
            if input_shape[-1] != 3:
                raise ValueError("three features")

        def call(self, x):
            return x * self.w

    layer = Fussy()
    with pytest.raises(ValueError, match="three features"):
        layer(np.ones((2, 5)))
    layer(X)
    assert [w.shape for w in layer.weights] == [(3,)]


def test_a_layer_of_a_user_can_drop_a_variable_and_add_another_when_unlocked():
    class Changing(layers.Layer):
        def build(self, shape):
            self.w = self.add_weight(shape=(2,), name="w")

        def change(self):
            self._tracker.unlock()
            self._untrack_variable(self.w)
            self.w = self.add_weight(shape=(3,), name="w2")
            self._tracker.lock()

    layer = Changing()
    layer.build((1,))
    layer.change()
    assert [v.name for v in layer.weights] == ["w2"]


def test_the_name_of_a_weight_is_no_positional_argument():
    with pytest.raises(ValueError, match="`name` as a keyword argument; got shape='kernel'"):
        layers.Layer().add_weight("kernel")
