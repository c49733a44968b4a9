import numpy as np
import pytest

import trimtab

TOP_LEVEL = [
    "DTypePolicy",
    "Function",
    "Initializer",
    "Input",
    "InputSpec",
    "KerasTensor",
    "Layer",
    "Loss",
    "Metric",
    "Model",
    "Operation",
    "Optimizer",
    "Regularizer",
    "Sequential",
    "StatelessScope",
    "Variable",
    "activations",
    "backend",
    "callbacks",
    "config",
    "constraints",
    "device",
    "dtype_policies",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "mixed_precision",
    "models",
    "name_scope",
    "ops",
    "optimizers",
    "random",
    "regularizers",
    "saving",
    "tree",
    "utils",
    "version",
    "__version__",
]


@pytest.mark.parametrize("name", TOP_LEVEL)
def test_the_top_level_has_the_names_of_keras(name):
    assert hasattr(trimtab, name)


def test_the_version_is_that_of_the_project():
    assert trimtab.version() == trimtab.__version__


@pytest.mark.parametrize("name", ["cpu", "cpu:0", "CPU"])
def test_the_processor_is_a_device(name):
    with trimtab.device(name):
        assert trimtab.ops.ones(2).shape == (2,)


@pytest.mark.parametrize("name", ["gpu:0", None])
def test_other_devices_are_refused(name):
    with pytest.raises(ValueError, match="the only device is 'cpu'"):
        trimtab.device(name)


def test_a_seed_fixes_weights_and_draws_of_numpy():
    def drawn():
        trimtab.utils.set_random_seed(3)
        layer = trimtab.layers.Dense(2)
        layer.build((None, 2))
        return np.concatenate([layer.get_weights()[0].ravel(), np.random.rand(2)])  # noqa: NPY002

    np.testing.assert_array_equal(drawn(), drawn())


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, True])
def test_a_seed_out_of_range_is_refused(seed):
    with pytest.raises(ValueError, match="`seed` must be a whole number"):
        trimtab.utils.set_random_seed(seed)


def test_the_engine_can_be_chosen():
    trimtab.config.set_backend("reference")
    try:
        assert trimtab.config.backend() == "reference"
    finally:
        trimtab.config.set_backend("cpu")


def test_an_unknown_engine_is_refused():
    with pytest.raises(ValueError, match="got 'jax'"):
        trimtab.config.set_backend("jax")


def test_types_are_told_apart():
    assert trimtab.backend.is_float_dtype("float16")
    assert trimtab.backend.is_int_dtype("uint8")
    assert trimtab.backend.result_type("int32", "float16") == "float16"
