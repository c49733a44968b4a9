"""MultiOptimizer and OptimizerMap beside Keras 3's, in steps, configurations and files."""

import keras
import numpy as np
import pytest

import trimtab
from trimtab.core.variable import Variable

LIBRARIES = {"trimtab": trimtab, "keras": keras}
BOTH_WAYS = pytest.mark.parametrize(
    ("writer", "reader"), [("trimtab", "keras"), ("keras", "trimtab")]
)
RNG = np.random.default_rng(5)
SHAPES = {"a": (3, 2), "b": (2,), "c": (4,)}
STEPS = [[RNG.normal(size=s).astype("float32") for s in SHAPES.values()] for _ in range(4)]


def tree(k):
    """Adam for one weight, SGD with accumulation for another, RMSprop for the rest."""
    return k.optimizers.OptimizerMap(
        k.optimizers.RMSprop(0.1, name="rest"),
        {
            "a": k.optimizers.Adam(0.1, clipnorm=0.5, name="first"),
            "[bx]": k.optimizers.SGD(0.2, gradient_accumulation_steps=2, name="second"),
        },
    )


def multi(k, **arguments):
    return k.optimizers.MultiOptimizer(tree(k), name="m", **arguments)


def to_numpy(x):
    return x.numpy() if hasattr(x, "numpy") else keras.ops.convert_to_numpy(x)


def all_close(ours, theirs):
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(to_numpy(a), to_numpy(b), rtol=2e-5, atol=2e-6)


def weights(make):
    return [make(np.ones(s, "float32"), name=n) for n, s in SHAPES.items()]


@pytest.mark.parametrize("arguments", [{}, {"loss_scale_factor": 4.0}])
def test_weights_and_variables_equal_keras_after_each_step(arguments):
    ours, theirs = multi(trimtab, **arguments), multi(keras, **arguments)
    our_weights, their_weights = weights(Variable), weights(keras.Variable)
    for gradients in STEPS:
        ours.apply(gradients, our_weights)
        theirs.apply([keras.ops.convert_to_tensor(g) for g in gradients], their_weights)
        all_close(our_weights, their_weights)
        all_close(ours.variables, theirs.variables)
    assert [o.name for o in ours.optimizers] == [o.name for o in theirs.optimizers]


def test_a_function_chooses_as_in_keras():
    results = []
    for k, make in ((trimtab, Variable), (keras, keras.Variable)):
        held = {"a": k.optimizers.SGD(0.5), "b": k.optimizers.Adam(0.1)}
        optimizer = k.optimizers.MultiOptimizer(lambda v, held=held: held.get(v.name, held["b"]))
        found = weights(make)
        for gradients in STEPS:
            optimizer.apply([k.ops.convert_to_tensor(g) for g in gradients], found)
        results.append([*found, *optimizer.variables])
    all_close(*results)


@pytest.mark.parametrize("key", ["a", "b", "x", "other", "ab"])
def test_a_path_finds_the_optimizer_that_keras_finds(key):
    assert tree(trimtab)[key].name == tree(keras)[key].name


def test_a_map_is_a_mapping_as_in_keras():
    ours, theirs = tree(trimtab), tree(keras)
    assert list(ours) == list(theirs)
    assert len(ours) == len(theirs)
    assert ("nothing" in ours) == ("nothing" in theirs)
    for k, found in ((trimtab, ours), (keras, theirs)):
        found["c"] = k.optimizers.Lion(name="third")
        del found["a"]
    assert [o.name for o in ours.values()] == [o.name for o in theirs.values()]


def test_configurations_are_those_of_keras_and_come_back():
    ours, theirs = multi(trimtab), multi(keras)
    assert trimtab.optimizers.serialize(ours) == keras.optimizers.serialize(theirs)
    rebuilt = trimtab.optimizers.deserialize(keras.optimizers.serialize(theirs))
    assert rebuilt.get_config() == theirs.get_config()
    assert keras.optimizers.deserialize(trimtab.optimizers.serialize(ours)).name == "m"


def trained(library):
    k = LIBRARIES[library]
    keras.utils.clear_session()
    trimtab.utils.clear_session()
    k.utils.set_random_seed(3)
    parts = [k.layers.Dense(5, activation="tanh", name="one"), k.layers.Dense(1, name="two")]
    model = k.Sequential([k.Input((4,)), *parts])
    found = k.optimizers.OptimizerMap(
        k.optimizers.SGD(0.05, momentum=0.9), {".*one.*": k.optimizers.ScheduleFreeAdamW(0.05)}
    )
    model.compile(k.optimizers.MultiOptimizer(found), "mean_squared_error")
    return fitted(model)


def fitted(model):
    rows = np.random.default_rng(1)
    x, y = rows.normal(size=(32, 4)).astype("float32"), rows.normal(size=(32, 1))
    model.fit(x, y.astype("float32"), batch_size=8, epochs=1, shuffle=False, verbose=0)
    return model


@BOTH_WAYS
def test_a_file_opens_in_the_other_library_and_training_goes_on_alike(writer, reader, tmp_path):
    model = trained(writer)

    model.save(tmp_path / "m.keras")
    loaded = LIBRARIES[reader].models.load_model(tmp_path / "m.keras")

    all_close(model.weights, loaded.weights)
    all_close(model.optimizer.variables, loaded.optimizer.variables)
    for each in (model, loaded):
        fitted(each)
    all_close(model.weights, loaded.weights)


@BOTH_WAYS
def test_weights_files_carry_the_state_of_all_optimizers(writer, reader, tmp_path):
    model, other = trained(writer), trained(reader)

    model.save_weights(tmp_path / "m.weights.h5")
    other.load_weights(tmp_path / "m.weights.h5")

    all_close(model.optimizer.variables, other.optimizer.variables)
