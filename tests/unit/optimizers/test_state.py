"""The variables of optimizers: names, weights, saving and loading."""

import numpy as np
import pytest

from trimtab import optimizers
from trimtab.core.variable import Variable


def built(optimizer):
    weights = [Variable(np.ones((2, 3), "float32"), name="kernel")]
    optimizer.build(weights)
    return optimizer, weights


def test_slots_are_named_after_their_weight():
    optimizer, _ = built(optimizers.Adam(name="a"))
    paths = ["a/iteration", "a/learning_rate", "a/kernel_momentum", "a/kernel_velocity"]
    assert [v.path for v in optimizer.variables] == paths


def test_weights_are_copies():
    optimizer, weights = built(optimizers.SGD(momentum=0.5))
    before = optimizer.get_weights()
    optimizer.apply([np.ones((2, 3), "float32")], weights)
    assert int(before[0]) == 0
    assert int(optimizer.get_weights()[0]) == 1


def test_set_weights_restores_the_state():
    source, weights = built(optimizers.Adam(0.25))
    source.apply([np.ones((2, 3), "float32")], weights)
    target, _ = built(optimizers.Adam())
    target.set_weights(source.get_weights())
    for ours, theirs in zip(target.variables, source.variables, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_set_weights_needs_a_built_optimizer():
    with pytest.raises(ValueError, match=r"must be built before set_weights\(\)"):
        optimizers.SGD().set_weights([])


def test_set_weights_needs_all_weights():
    optimizer, _ = built(optimizers.SGD())
    with pytest.raises(ValueError, match="SGD: has 2 variables; got 1 weights"):
        optimizer.set_weights([1])


def test_set_weights_needs_their_shapes():
    optimizer, _ = built(optimizers.SGD(momentum=0.5))
    with pytest.raises(ValueError, match=r"kernel_momentum has shape \(2, 3\); got .* \(3,\)"):
        optimizer.set_weights([1, 0.5, np.ones(3)])


def test_saved_state_is_loaded():
    source, weights = built(optimizers.SGD(momentum=0.5))
    source.apply([np.ones((2, 3), "float32")], weights)
    store = {}
    source.save_own_variables(store)
    assert sorted(store) == ["0", "1", "2"]
    target, _ = built(optimizers.SGD(momentum=0.5))
    target.load_own_variables(store)
    np.testing.assert_array_equal(target.variables[2], source.variables[2])


def test_state_of_another_size_is_not_loaded():
    optimizer = optimizers.SGD(momentum=0.5)
    with pytest.warns(UserWarning, match="file has 3 variables and the optimizer 2; it is not"):
        optimizer.load_own_variables({"0": 1, "1": 0.5, "2": np.ones(2)})
    assert int(optimizer.iterations) == 0


def test_slots_need_one_initializer_a_name():
    optimizer, weights = built(optimizers.SGD())
    with pytest.raises(ValueError, match=r"each of the names \['a', 'b'\]; got 1"):
        optimizer.add_optimizer_variables(weights, ["a", "b"], ["zeros"])


def test_layout_is_refused():
    with pytest.raises(ValueError, match="`layout` must be None; got 'rows'"):
        optimizers.SGD().add_variable((2,), layout="rows")


def test_stateless_apply_needs_values_of_all_variables():
    optimizer, _ = built(optimizers.SGD())
    with pytest.raises(ValueError, match="its 1 weights and 2 variables; got 1 and 0"):
        optimizer.stateless_apply([], [np.ones((2, 3))], [np.ones((2, 3))])
