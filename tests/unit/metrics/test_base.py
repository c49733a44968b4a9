"""The base of the metrics: variables, reset, stateless calls, configuration."""

import numpy as np
import pytest

from trimtab import metrics, ops


class Largest(metrics.Metric):
    def __init__(self, scale=1.0, name="largest", dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.scale = scale
        self.largest = self.add_weight(name="largest")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.largest.assign(ops.maximum(self.largest, ops.max(y_pred) * self.scale))

    def result(self):
        return self.largest.value


class MeanAndLargest(metrics.Metric):
    def __init__(self, name=None):
        super().__init__(name=name)
        self.mean = metrics.Mean()
        self.largest = Largest()

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.mean.update_state(y_pred)
        self.largest.update_state(y_true, y_pred)

    def result(self):
        return {"mean": self.mean.result(), "largest": self.largest.result()}


def test_call_updates_and_returns_the_result():
    metric = Largest()
    metric(None, [1.0, 3.0])
    assert float(metric(None, [2.0])) == 3.0


def test_reset_sets_variables_to_zero():
    metric = Largest()
    metric(None, [3.0])
    metric.reset_state()
    assert float(metric.result()) == 0.0


def test_inner_metrics_lend_their_variables():
    metric = MeanAndLargest()
    assert [v.path for v in metric.variables] == ["mean/total", "mean/count", "largest/largest"]


def test_reset_reaches_inner_metrics():
    metric = MeanAndLargest()
    metric(None, [3.0])
    metric.reset_state()
    assert [float(v) for v in metric.variables] == [0.0, 0.0, 0.0]


def test_stateless_update_leaves_the_state_alone():
    metric = metrics.Mean()
    values = metric.stateless_update_state([np.float32(1.0), np.float32(1.0)], [3.0, 5.0])
    assert [float(v) for v in values] == [9.0, 3.0]
    assert [float(v) for v in metric.variables] == [0.0, 0.0]


def test_stateless_result_is_of_the_given_values():
    assert float(metrics.Mean().stateless_result([np.float32(6.0), np.float32(4.0)])) == 1.5


def test_stateless_reset_gives_zeros():
    metric = metrics.Mean()
    metric([3.0])
    assert [float(v) for v in metric.stateless_reset_state()] == [0.0, 0.0]
    assert float(metric.result()) == 3.0


def test_stateless_call_needs_one_value_a_variable():
    with pytest.raises(ValueError, match="one value for each of the 2 variables; got 1"):
        metrics.Mean().stateless_result([0.0])


def test_names_count_up():
    assert metrics.Precision(name="own").name == "own"
    first, second = metrics.Recall().name, metrics.Recall().name
    assert first != second


def test_configuration_is_the_signature_with_the_dtype_in_use():
    assert Largest(2.0).get_config() == {"scale": 2.0, "name": "largest", "dtype": "float32"}


def test_subclass_is_rebuilt():
    copy = Largest.from_config(Largest(2.0).get_config())
    assert float(copy(None, [3.0])) == 6.0


def test_variables_need_the_base_to_be_made_first():
    class Early(metrics.Metric):
        def __init__(self):
            self.add_weight(name="early")

    with pytest.raises(RuntimeError, match=r"`super\(\).__init__\(\)` must be called before"):
        Early()


@pytest.mark.parametrize("method", ["update_state", "result"])
def test_base_refuses_to_be_used(method):
    with pytest.raises(NotImplementedError, match=f"a metric must override `{method}`"):
        getattr(metrics.Metric(), method)()


def test_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match="unknown name 'acuracy'. Did you mean \"accuracy\"?"):
        metrics.get("acuracy")


def test_short_names_stand_for_classes():
    assert isinstance(metrics.get("MSE"), metrics.MeanSquaredError)


def test_function_is_kept():
    assert metrics.get(metrics.binary_accuracy) is metrics.binary_accuracy
