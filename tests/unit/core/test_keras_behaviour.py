"""Small points in which scripts written for Keras notice a difference."""

from __future__ import annotations

import collections

import numpy as np
import pytest

import trimtab
from trimtab import metrics, ops, optimizers, tree
from trimtab.core.naming import current_path


def test_arange_counts_with_the_numbers_as_given():
    assert ops.arange(0.1, 1.1, 0.1).shape == (10,)


def test_a_variable_takes_an_initializer_by_name():
    assert ops.convert_to_numpy(trimtab.Variable("ones", shape=(2,))).tolist() == [1.0, 1.0]


def test_a_variable_has_no_truth_value():
    with pytest.raises(TypeError, match="truth value"):
        bool(trimtab.Variable(1.0))


def test_only_a_scalar_variable_becomes_a_number():
    assert int(trimtab.Variable(3.0)) == 3
    with pytest.raises(TypeError, match="scalar"):
        float(trimtab.Variable([1.0, 2.0]))


def test_and_of_variables_is_logical():
    result = trimtab.Variable([1.0, 0.0]) & trimtab.Variable([2, 3])
    assert (result.dtype, result.tolist()) == ("bool", [True, False])


def test_and_of_keras_tensors_is_logical():
    x = trimtab.KerasTensor((None, 2))
    assert (x & x).dtype == (~x).dtype == "bool"


def test_overwrite_with_gradient_must_be_a_bool():
    with pytest.raises(TypeError, match="must be a boolean"):
        trimtab.Variable(1.0).overwrite_with_gradient = "true"


def test_tensors_round_and_squeeze():
    assert round(ops.array([[1.2]])).squeeze().tolist() == 1.0


@pytest.mark.parametrize("draw", [trimtab.random.uniform, trimtab.random.normal])
def test_random_numbers_in_bfloat16(draw):
    numbers = draw((64,), dtype="bfloat16", seed=1)
    assert numbers.dtype == "bfloat16"
    assert len(np.unique(np.asarray(ops.cast(numbers, "float32")))) > 30


def test_no_type_means_floatx():
    assert trimtab.backend.result_type() == trimtab.backend.result_type(None, int) == "float32"


def test_there_is_no_policy_none():
    with pytest.raises(ValueError, match="Invalid `policy`"):
        trimtab.config.set_dtype_policy(None)


def test_a_policy_says_that_it_does_not_quantize():
    assert trimtab.DTypePolicy("float32").quantization_mode is None


def test_deques_are_nested():
    result = tree.map_structure(lambda x: x + 1, collections.deque([1, 2]))
    assert result == collections.deque([2, 3])


def test_ordered_dicts_keep_their_kind_and_order():
    given = collections.OrderedDict(b=1, a=2)
    assert tree.flatten(given) == [1, 2]
    assert tree.flatten(dict(given)) == [2, 1]
    result = tree.map_structure(lambda x: -x, given)
    assert isinstance(result, collections.OrderedDict)
    assert tree.pack_sequence_as(given, [5, 6]) == collections.OrderedDict(b=5, a=6)


def test_map_shape_structure_takes_leaves_that_are_no_shapes():
    assert tree.map_shape_structure(str, {"a": (1, None), "b": "x"}) == {"a": "(1, None)", "b": "x"}


def test_a_name_scope_may_begin_elsewhere():
    with trimtab.name_scope("outer"):
        with trimtab.name_scope("middle", override_parent="/absolute/path"):
            assert current_path() == "absolute/path/middle"
        assert current_path() == "outer"


def test_a_stateless_scope_wants_variables():
    with pytest.raises(ValueError, match="must be a Variable"):
        trimtab.StatelessScope(state_mapping=[("weight", 1.0)])


def test_metrics_find_state_in_lists_and_dictionaries():
    class Several(metrics.Metric):
        def __init__(self) -> None:
            super().__init__(name="several")
            self.first = trimtab.Variable(0.0)
            self.others = [trimtab.Variable(0.0)]
            self.inner = {"a": metrics.Mean()}

    metric = Several()
    metric.others.append(trimtab.Variable(0.0))
    assert len(metric.variables) == 5


def test_optimizers_keep_keras_names_of_what_they_accumulate():
    variable = trimtab.Variable([1.0])
    optimizer = optimizers.SGD(1.0, gradient_accumulation_steps=2)
    optimizer.apply_gradients([(ops.array([3.0]), variable)])
    assert ops.convert_to_numpy(optimizer._accumulated_gradients[0]).tolist() == [3.0]


def test_a_softmax_over_one_element_warns():
    with pytest.warns(UserWarning, match="sigmoid"):
        ops.softmax(ops.ones((2, 1)))


@pytest.mark.parametrize("op", [ops.depth_to_space, ops.space_to_depth])
def test_blocks_have_two_pixels_a_side_or_more(op):
    with pytest.raises(ValueError, match="`block_size` must be at least 2"):
        op(ops.ones((1, 2, 2, 4)), block_size=1)


def test_sparse_crossentropy_over_another_axis():
    logits = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
    target = np.array([[0, 1, 2, 0], [2, 2, 1, 0]])
    result = ops.sparse_categorical_crossentropy(target, logits, from_logits=True, axis=1)
    moved = logits.transpose(0, 2, 1)
    expected = ops.sparse_categorical_crossentropy(target, moved, from_logits=True)
    np.testing.assert_allclose(result, expected, rtol=1e-6)


def test_a_function_tells_its_output_shape():
    x = trimtab.KerasTensor((None, 3))
    assert trimtab.Function(x, x**2).compute_output_shape((7, 3)) == (7, 3)


class Scaled(trimtab.Operation):
    def __init__(self, alpha):
        super().__init__()
        self.alpha = alpha

    def call(self, x):
        return x * self.alpha


def test_an_operation_without_a_name_argument_writes_none():
    config = Scaled(2.0).get_config()
    assert config == {"alpha": 2.0}
    assert Scaled.from_config(config).alpha == 2.0


def test_an_operation_that_cannot_be_written_says_so():
    with pytest.raises(NotImplementedError, match="override `get_config`"):
        Scaled(object()).get_config()
