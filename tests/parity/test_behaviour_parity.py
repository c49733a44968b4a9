"""What Keras 3 does at the edges of its API, beside it: types, executions, no finite numbers."""

import warnings

import keras
import numpy as np
import pytest

import trimtab

X = np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 7.0]], "float32")
EACH = pytest.mark.parametrize("k", [keras, trimtab], ids=["keras", "trimtab"])


@pytest.mark.parametrize("signed", ["int8", "int16", "int32"])
@pytest.mark.parametrize("unsigned", ["uint8", "uint16", "uint32"])
def test_unsigned_and_signed_numbers_meet_in_the_same_type(unsigned, signed):
    a, b = np.ones(2, unsigned), np.ones(2, signed)
    expected = keras.backend.result_type(unsigned, signed)

    assert trimtab.backend.result_type(unsigned, signed) == expected
    assert trimtab.ops.subtract(a, b).dtype == str(keras.ops.subtract(a, b).dtype) == expected


@pytest.mark.filterwarnings("ignore:.*rms_scaling")
@pytest.mark.parametrize("arguments", [{}, {"axis": [0, 1]}, {"scale": False}])
def test_layers_with_rms_scaling_are_kerass(arguments):
    ours, theirs = (
        k.layers.LayerNormalization(rms_scaling=True, **arguments) for k in (trimtab, keras)
    )
    np.testing.assert_allclose(ours(X), np.asarray(theirs(X)), rtol=1e-5)
    assert [w.name for w in ours.weights] == [w.name for w in theirs.weights] == ["gamma"]
    assert ours.get_config()["rms_scaling"] is theirs.get_config()["rms_scaling"] is True
    again = trimtab.layers.LayerNormalization.from_config(theirs.get_config())
    np.testing.assert_allclose(again(X), ours(X))


@pytest.mark.filterwarnings("ignore:.*rms_scaling")
def test_the_op_with_rms_scaling_leaves_beta_out_as_kerass():
    named = {"gamma": X[0], "beta": X[1], "rms_scaling": True}
    expected = np.asarray(keras.ops.layer_normalization(X, **named))
    np.testing.assert_allclose(trimtab.ops.layer_normalization(X, **named), expected, rtol=1e-5)


@EACH
def test_rms_scaling_is_warned_of(k):
    with pytest.warns(UserWarning, match="rms_scaling=True"):
        k.layers.LayerNormalization(rms_scaling=True)


def _executions(k, rows, steps):
    """The numbers of the batches that ended, how many there were, whether data were missing."""
    ended = []
    model = k.Sequential([k.Input((3,)), k.layers.Dense(1)])
    model.compile("sgd", "mse", steps_per_execution=3)
    hook = k.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: ended.append(batch))
    x, y = np.ones((rows, 3), "float32"), np.ones((rows, 1), "float32")
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        model.fit(x, y, batch_size=1, steps_per_epoch=steps, epochs=3, verbose=0, callbacks=[hook])
    is_short = any("ran out of data" in str(w.message) for w in warned)
    return ended, int(model.optimizer.iterations), is_short


@pytest.mark.parametrize(
    ("rows", "steps"), [(8, None), (8, 7), (20, 7), (8, 8), (24, 8), (16, 8), (17, 8)]
)
def test_an_execution_is_not_cut_where_an_epoch_ends(rows, steps):
    assert _executions(trimtab, rows, steps) == _executions(keras, rows, steps)


@EACH
def test_predictions_come_in_whole_executions(k):
    model = k.Sequential([k.Input((3,)), k.layers.Dense(1)])
    model.compile("sgd", "mse", steps_per_execution=3)
    assert model.predict(np.ones((20, 3)), batch_size=1, steps=7, verbose=0).shape == (9, 1)


@pytest.mark.parametrize("value", [np.inf, np.nan])
@pytest.mark.parametrize("place", ["x", "y"])
def test_numbers_that_are_not_finite_reach_the_callback_for_them(value, place, capsys):
    found = []
    for k in (keras, trimtab):
        data = {"x": np.ones((8, 3), "float32"), "y": np.ones((8, 1), "float32")}
        data[place][3] = value
        # Weights of one sign: else infinities may cancel to NaN.
        one = k.layers.Dense(1, kernel_initializer="ones")
        model = k.Sequential([k.Input((3,)), one])
        model.compile("sgd", "mse")
        ended = []
        hook = k.callbacks.LambdaCallback(
            on_train_batch_end=lambda batch, logs, to=ended: to.append(batch)
        )
        history = model.fit(
            **data,
            batch_size=2,
            epochs=3,
            verbose=0,
            shuffle=False,
            callbacks=[k.callbacks.TerminateOnNaN(), hook],
        )
        found.append((str(history.history["loss"]), ended, model.stop_training))
    assert found[0] == found[1]
    assert "Batch 1: Invalid loss, terminating training" in capsys.readouterr().out


def test_without_that_callback_such_numbers_are_refused():
    model = trimtab.Sequential([trimtab.Input((3,)), trimtab.layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="`y` must be finite"):
        model.fit(X, np.array([[1.0], [np.inf]]), callbacks=[trimtab.callbacks.History()])


def _late(k, base, what):
    class Late(getattr(k, base) if base == "Model" else k.layers.Layer):
        def call(self, x):
            self.made = {
                "weight": lambda: self.add_weight(shape=(3,)),
                "variable": lambda: k.Variable(np.ones(3, "float32")),
                "layer": lambda: k.layers.Dense(3),
                "metric": k.metrics.Mean,
                "generator": lambda: k.random.SeedGenerator(1),
            }[what]()
            return x

    return Late()


@EACH
@pytest.mark.parametrize("base", ["Layer", "Model"])
@pytest.mark.parametrize("what", ["weight", "variable", "layer", "metric", "generator"])
def test_a_call_that_makes_state_is_refused(k, base, what):
    with pytest.raises(ValueError, match="cannot add new elements of state"):
        _late(k, base, what)(X)


@EACH
def test_a_variable_that_a_traced_call_makes_for_itself_is_refused(k):
    class Late(k.layers.Layer):
        def call(self, x):
            return x * k.Variable(np.ones(3, "float32"))

    with pytest.raises(ValueError, match="Variable|variable"):
        Late()(k.Input((3,)))


def _functional(k, function):
    """Shapes that a function of an open batch gives, and the numbers of a model of it."""
    inputs = k.Input((3,))
    outputs = function(k.ops, inputs)
    model = k.Model(inputs, outputs)
    shapes = [(tuple(leaf.shape), leaf.dtype) for leaf in k.tree.flatten(outputs)]
    return shapes, [np.asarray(leaf) for leaf in k.tree.flatten(model(X))]


@pytest.mark.parametrize(
    "function",
    [
        lambda o, x: o.map(lambda row: o.cumsum(row) * 2, x),
        lambda o, x: o.map(lambda row: (o.sum(row), row), x),
        lambda o, x: o.vectorized_map(lambda row: row[:2] + 1, x),
        lambda o, x: o.scan(lambda c, row: (c + row, c * 2), np.zeros(3, "float32"), x),
        lambda o, x: o.switch(
            o.cast(o.sum(x) * 0 + 1, "int32"), [lambda a: a + 1, lambda a: a * 2], x
        ),
        lambda o, x: o.fori_loop(0, 3, lambda i, a: a * 2, x),
        lambda o, x: o.while_loop(
            lambda a: o.sum(a) < 99, lambda a: a * 2, x, maximum_iterations=7
        ),
    ],
    ids=["map", "map_to_two", "vectorized_map", "scan", "switch", "fori_loop", "while_loop"],
)
def test_functions_of_slices_are_taken_with_an_open_batch(function):
    shapes, numbers = _functional(trimtab, function)
    expected_shapes, expected = _functional(keras, function)

    assert shapes == expected_shapes
    for ours, theirs in zip(numbers, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)
