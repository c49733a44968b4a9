"""MultiOptimizer and OptimizerMap: which optimizer a weight has, and what is refused."""

import numpy as np
import pytest

import trimtab
from trimtab import optimizers
from trimtab.callbacks import SwapEMAWeights
from trimtab.core.tracing import CompiledStep
from trimtab.core.variable import Variable

MultiOptimizer, OptimizerMap = optimizers.MultiOptimizer, optimizers.OptimizerMap


def pair():
    return [Variable([1.0, 2.0], name="a"), Variable([3.0], name="b")]


def test_each_weight_has_the_step_of_its_optimizer():
    a, b = pair()
    optimizer = MultiOptimizer(OptimizerMap(optimizers.SGD(0.5), {"b": optimizers.SGD(0.1)}))
    optimizer.apply([np.array([1.0, 1.0]), np.array([1.0])], [a, b])
    np.testing.assert_allclose(a, [0.5, 1.5])
    np.testing.assert_allclose(b, [2.9], rtol=1e-6)
    assert int(optimizer.iterations) == 1


def test_a_traced_step_equals_an_eager_one():
    results = []
    for is_traced in (False, True):
        weights = pair()
        optimizer = MultiOptimizer(OptimizerMap(optimizers.Adam(), {"b": optimizers.Nadam()}))
        optimizer.build(weights)
        step = lambda *g, o=optimizer, w=weights: o.apply(g, w)  # noqa: E731
        step = CompiledStep(step) if is_traced else step
        for _ in range(3):
            step(np.array([1.0, -1.0], "float32"), np.array([0.5], "float32"))
        results.append([np.array(v) for v in [*weights, *optimizer.variables]])
    for eager, traced in zip(*results, strict=True):
        np.testing.assert_allclose(eager, traced, rtol=1e-6)


def test_it_works_in_a_loss_scale_and_scales_no_loss_itself():
    weights = pair()
    inner = MultiOptimizer(OptimizerMap(optimizers.SGD(1.0)), loss_scale_factor=8.0)
    assert inner.optimizers[0].loss_scale_factor == 8.0
    optimizer = optimizers.LossScaleOptimizer(inner, initial_scale=4.0)
    assert inner.optimizers[0].loss_scale_factor is None
    optimizer.apply([np.array([4.0, 4.0]), np.array([8.0])], weights)
    np.testing.assert_allclose(weights[0], [0.0, 1.0])
    optimizer.apply([np.array([np.inf, 4.0]), np.array([8.0])], weights)
    np.testing.assert_allclose(weights[1], [1.0])


def test_an_update_is_due_when_one_of_them_is():
    weights = pair()
    slow = optimizers.SGD(1.0, gradient_accumulation_steps=2)
    alone = MultiOptimizer(OptimizerMap(slow))
    alone.build(weights)
    assert not bool(alone.is_update_due())
    both = MultiOptimizer(
        OptimizerMap(optimizers.SGD(1.0, gradient_accumulation_steps=2), {"a": optimizers.SGD(1.0)})
    )
    both.build(weights)
    assert bool(both.is_update_due())


def test_it_has_no_learning_rate():
    optimizer = MultiOptimizer(OptimizerMap(optimizers.SGD()))
    with pytest.raises(AttributeError, match="no learning rate; read or set that of each"):
        optimizer.learning_rate  # noqa: B018
    with pytest.raises(AttributeError, match="no learning rate.*got 0.1"):
        optimizer.learning_rate = 0.1


def test_averages_of_some_weights_are_swapped_in_for_evaluation():
    model = trimtab.Sequential([trimtab.Input((2,)), trimtab.layers.Dense(1, name="d")])
    averaged = optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5)
    chosen = OptimizerMap(optimizers.SGD(0.1), {".*kernel": averaged})
    model.compile(MultiOptimizer(chosen), "mse")
    x, y = np.ones((4, 2), "float32"), np.ones((4, 1), "float32")
    model.fit(x, y, epochs=2, verbose=0)
    average = averaged._model_variables_moving_average[0]
    average.assign(np.zeros((2, 1)))
    before = np.array(model.get_weights()[0])
    loss = model.evaluate(x, y, verbose=0, callbacks=[SwapEMAWeights()])
    bias = model.get_weights()[1]
    np.testing.assert_allclose(loss, (1 - bias[0]) ** 2, rtol=1e-5)
    np.testing.assert_array_equal(model.get_weights()[0], before)


def test_a_path_that_two_expressions_match_is_refused():
    chosen = OptimizerMap(optimizers.SGD(), {"a.*": optimizers.SGD(), ".*b": optimizers.SGD()})
    with pytest.raises(ValueError, match=r"one key must match 'ab'; got \['a\.\*', '\.\*b'\]"):
        chosen["ab"]


@pytest.mark.parametrize(
    ("key", "optimizer", "message"),
    [
        (3, optimizers.SGD(), "a key must be a string; got 3"),
        ("a", optimizers.SGD(), "'a' has the optimizer .* already; delete it first"),
        ("b", "sgd", "the optimizer of 'b' must be an Optimizer; got 'sgd'"),
        ("b", optimizers.LossScaleOptimizer(optimizers.SGD()), "cannot be a LossScaleOptimizer"),
        ("b", MultiOptimizer(OptimizerMap(optimizers.SGD())), "cannot be a MultiOptimizer"),
    ],
)
def test_entries_that_cannot_be_are_refused(key, optimizer, message):
    chosen = OptimizerMap(optimizers.SGD(), {"a": optimizers.SGD()})
    with pytest.raises(ValueError, match=message):
        chosen[key] = optimizer
    assert list(chosen) == ["a"]


@pytest.mark.parametrize("given", [("sgd",), (optimizers.SGD(), ["a"])])
def test_arguments_of_other_types_are_refused(given):
    with pytest.raises(TypeError, match=r"OptimizerMap: `.*` must be"):
        OptimizerMap(*given)


def test_a_function_that_gives_no_optimizer_is_refused_and_nothing_is_built():
    held = optimizers.SGD()
    optimizer = MultiOptimizer(lambda v: held if v.name == "a" else None)
    with pytest.raises(ValueError, match="the optimizer of 'b' must be an Optimizer; got None"):
        optimizer.build(pair())
    assert not optimizer.built
    assert not held.built
