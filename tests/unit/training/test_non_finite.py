"""TerminateOnNaN names the place where the first value that is not finite arose."""

import numpy as np
import pytest

import trimtab
from trimtab import layers, ops
from trimtab.callbacks import TerminateOnNaN

X = np.ones((8, 2), "float32")
Y = np.ones((8, 1), "float32")


def net(*middle, first=None):
    return trimtab.Sequential(
        [trimtab.Input((2,)), first or layers.Dense(2, name="first"), *middle]
        + [layers.Dense(1, name="last")]
    )


def found_in(model, data=(X, Y), optimizer="sgd", loss="mse", **kwargs):
    callback = TerminateOnNaN()
    model.compile(optimizer, loss)
    model.fit(*data, batch_size=2, epochs=3, verbose=0, callbacks=[callback], **kwargs)
    return callback.found


def test_the_layer_whose_output_is_not_finite_is_named(capsys):
    middle = layers.Lambda(lambda x: ops.log(-ops.abs(x) - 1), name="middle")
    found = found_in(net(middle))
    assert found == ("middle", "output", 0)
    assert capsys.readouterr().out == (
        "Batch 0: Invalid loss, terminating training\n"
        "First value that is not finite: output of layer 'middle', in batch 0\n"
    )


def test_an_inner_layer_is_named_before_the_model_around_it():
    inner = trimtab.Sequential([layers.Lambda(lambda x: x / 0.0, name="deep")], name="inner")
    assert found_in(net(inner)).layer == "deep"


def test_a_gradient_is_named():
    # sqrt has the value 0 and no finite slope at 0.
    middle = layers.Lambda(lambda x: ops.sqrt(x * 0.0))
    found = found_in(net(middle))
    assert found == ("first", "gradient of 'bias'", 0)


def test_the_loss_is_named():
    assert found_in(net(), loss=lambda y, p: ops.log(-ops.square(p) - 1)) == ("", "the loss", 0)


def test_a_weight_that_an_update_overflows_is_named():
    model = net()
    model.layers[-1].set_weights([np.full((2, 1), 1e30), np.zeros(1)])
    found = found_in(model, optimizer=trimtab.optimizers.SGD(1e30), loss="mae")
    assert found == ("first", "weight 'kernel', by the step's update", 0)


def test_a_weight_that_was_no_number_before_is_named():
    model = net()
    model.layers[0].set_weights([np.full((2, 2), np.nan), np.zeros(2)])
    assert found_in(model) == ("first", "weight 'kernel', before the step", 0)


def test_batches_of_a_generator_are_gone_through_again():
    def batches():
        for scale in (1, 1, -1, 1):
            yield X * scale, Y

    middle = layers.Lambda(lambda x: ops.sqrt(x), name="middle")
    first = layers.Lambda(lambda x: x)
    found = found_in(net(middle, first=first), (batches(),))
    assert found == ("middle", "output", 2)


def test_the_error_tells_the_place():
    model = net(layers.Lambda(lambda x: x / 0.0, name="middle"))
    model.compile("sgd", "mse")
    with pytest.raises(RuntimeError, match="output of layer 'middle', in batch 0"):
        model.fit(X, Y, verbose=0, callbacks=[TerminateOnNaN(raise_error=True)])


def test_the_search_changes_nothing():
    model = net(layers.Lambda(lambda x: x * 1.0, name="middle"))
    model.compile("sgd", "mse")
    optimizer = model.optimizer
    before = model.get_weights()
    keeper = None

    class Look(trimtab.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            nonlocal keeper
            keeper = model.training_state.keeper
            keeper.keep(batch)
            assert keeper.find() is None
            for old, new in zip(before, model.get_weights(), strict=True):
                np.testing.assert_array_equal(old, new)
            model.stop_training = True

    model.fit(X, Y, verbose=0, callbacks=[Look()])
    assert model.optimizer is optimizer
    assert "call" not in vars(model.layers[0])
    assert model.training_state.keeper is None
