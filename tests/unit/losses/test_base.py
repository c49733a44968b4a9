"""Reductions, weights, masks and shapes of losses."""

import numpy as np
import pytest

from trimtab import losses, ops
from trimtab.losses.base import match_ranks, reduce_weighted, set_mask

VALUES = np.array([1.0, 2.0, 6.0], "float32")
WEIGHTS = np.array([1.0, 0.0, 3.0], "float32")


@pytest.mark.parametrize(
    ("reduction", "expected"),
    [
        ("sum_over_batch_size", 19 / 3),
        ("mean", 19 / 3),
        ("sum", 19.0),
        ("mean_with_sample_weight", 19 / 4),
        ("none", [1.0, 0.0, 18.0]),
        (None, [1.0, 0.0, 18.0]),
    ],
)
def test_weighted_reduction(reduction, expected):
    reduced = reduce_weighted(VALUES, WEIGHTS, reduction=reduction)
    np.testing.assert_allclose(np.asarray(reduced), expected, rtol=1e-6)


def test_weights_do_not_change_the_divisor():
    # Unit errors with weights 1 and 3: (1 + 3) / 2.
    loss = losses.MeanSquaredError()([0.0, 0.0], [[1.0], [1.0]], sample_weight=[1.0, 3.0])
    assert float(loss) == 2.0


def test_masked_values_do_not_count():
    mask = np.array([True, False, True])
    assert float(reduce_weighted(VALUES, mask=mask)) == 3.5


def test_mask_of_all_is_zero():
    assert float(reduce_weighted(VALUES, mask=np.zeros(3, bool))) == 0.0


def test_mask_of_the_predictions_is_used():
    predictions = ops.convert_to_tensor([[1.0], [5.0]])
    set_mask(predictions, ops.convert_to_tensor([True, False]))
    assert float(losses.MeanSquaredError()([[0.0], [0.0]], predictions)) == 1.0


def test_column_of_weights_weighs_rows():
    loss = losses.MeanAbsoluteError(reduction="sum")
    value = loss([[0.0, 0.0], [0.0, 0.0]], [[1.0, 3.0], [5.0, 5.0]], [[1.0], [0.0]])
    assert float(value) == 2.0


def test_vector_beside_a_column_gains_an_axis():
    a, b = match_ranks(ops.zeros((3,)), ops.zeros((3, 1)))
    assert (a.shape, b.shape) == ((3, 1), (3, 1))


def test_column_beside_a_matrix_loses_an_axis():
    a, b = match_ranks(ops.zeros((3, 4, 1)), ops.zeros((3, 4)))
    assert (a.shape, b.shape) == ((3, 4), (3, 4))


def test_other_ranks_are_left_alone():
    a, b = match_ranks(ops.zeros((3, 4)), ops.zeros((3,)))
    assert (a.shape, b.shape) == ((3, 4), (3,))


def test_shapes_that_do_not_fit_are_named():
    message = r"mean_squared_error: .* must have the same shape; got \(4, 3\) and \(4, 2\)"
    with pytest.raises(ValueError, match=message):
        losses.MeanSquaredError()(np.zeros((4, 3)), np.zeros((4, 2)))


def test_weights_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match=r"sample_weight: .* shape \(4,\); got shape \(3,\)"):
        losses.MeanSquaredError()(np.zeros((4, 2)), np.zeros((4, 2)), np.ones(3))


def test_unknown_reduction_is_refused():
    with pytest.raises(
        ValueError,
        match="Huber: Invalid value for argument `reduction`, .* one of .*; got 'average'",
    ):
        losses.Huber(reduction="average")


def test_loss_calculates_in_its_dtype():
    loss = losses.MeanSquaredError(dtype="float64")
    assert loss([0], [[1]]).dtype == "float64"


def test_policy_gives_its_compute_type():
    assert losses.MeanSquaredError(dtype="mixed_float16").dtype == "float16"


class MeanDifference(losses.Loss):
    def __init__(self, factor=1.0, name=None):
        super().__init__(name=name)
        self.factor = factor

    def call(self, y_true, y_pred):
        return ops.mean(y_pred - y_true, axis=-1) * self.factor


def test_subclass_overrides_call():
    assert float(MeanDifference(2.0)([[1.0, 1.0]], [[2.0, 4.0]])) == 4.0


def test_subclass_has_its_signature_as_configuration():
    assert MeanDifference(2.0, name="d").get_config() == {"factor": 2.0, "name": "d"}


def test_base_refuses_to_be_called():
    with pytest.raises(NotImplementedError, match="Loss: a loss must override `call"):
        losses.Loss()([0.0], [0.0])


def test_structure_of_predictions_reaches_the_function():
    def joint(y_true, y_pred):
        return y_true["a"] - y_pred["a"] + y_true["b"]

    loss = losses.LossFunctionWrapper(joint, reduction="sum")
    assert float(loss({"a": [3.0], "b": [1.0]}, {"a": [1.0], "b": [0.0]})) == 3.0


def test_wrapper_survives_its_configuration():
    loss = losses.LossFunctionWrapper(losses.huber, name="h", delta=2.0)
    copy = losses.deserialize(losses.serialize(loss))
    assert float(copy([0.0], [[3.0]])) == float(loss([0.0], [[3.0]])) == 4.0


def test_function_name_gives_the_function():
    assert losses.get("mse") is losses.mean_squared_error


def test_class_name_gives_an_instance():
    assert isinstance(losses.get("MeanSquaredError"), losses.MeanSquaredError)


def test_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match="unknown name 'mean_square_error'. Did you mean"):
        losses.get("mean_square_error")
