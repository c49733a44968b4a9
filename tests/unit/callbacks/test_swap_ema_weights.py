import numpy as np
import pytest

import trimtab
from trimtab.callbacks import Callback, SwapEMAWeights

X = np.arange(8, dtype="float32").reshape(4, 2)
Y = np.ones((4, 1), "float32")


def compiled(use_ema=True):
    trimtab.utils.set_random_seed(0)
    model = trimtab.Sequential([trimtab.Input((2,)), trimtab.layers.Dense(1)])
    optimizer = trimtab.optimizers.SGD(0.01, use_ema=use_ema, ema_momentum=0.5)
    model.compile(optimizer, "mse")
    return model


class Watch(Callback):
    """Notes the kernel at the stages of a training."""

    def __init__(self):
        super().__init__()
        self.seen = {}

    def note(self, name):
        self.seen[name] = self.model.layers[0].kernel.numpy().copy()

    def on_test_begin(self, logs=None):
        self.note("test")

    def on_epoch_end(self, epoch, logs=None):
        self.note("epoch end")


def trained(**kwargs):
    model, watch = compiled(), Watch()
    model.fit(X, Y, epochs=1, batch_size=1, verbose=0, callbacks=[watch], shuffle=False)
    plain = watch.seen["epoch end"]
    average = model.optimizer._model_variables_moving_average[0].numpy().copy()
    other, watch = compiled(), Watch()
    callbacks = [SwapEMAWeights(**kwargs), watch]
    other.fit(
        X,
        Y,
        epochs=1,
        batch_size=1,
        verbose=0,
        callbacks=callbacks,
        shuffle=False,
        validation_data=(X, Y),
    )
    return plain, average, watch.seen


def test_validation_sees_the_averages():
    _, average, seen = trained()
    np.testing.assert_array_equal(seen["test"], average)


def test_the_weights_are_back_at_the_end_of_the_epoch():
    plain, _, seen = trained()
    np.testing.assert_array_equal(seen["epoch end"], plain)


def test_callbacks_after_it_see_the_averages_if_wished():
    _, average, seen = trained(swap_on_epoch=True)
    np.testing.assert_array_equal(seen["epoch end"], average)


def test_a_prediction_gives_the_weights_back():
    model = compiled()
    model.fit(X, Y, verbose=0)
    before = model.get_weights()
    model.predict(X, verbose=0, callbacks=[SwapEMAWeights()])
    np.testing.assert_array_equal(model.get_weights()[0], before[0])


def test_an_optimizer_without_averages_is_refused():
    with pytest.raises(ValueError, match="use_ema=True"):
        compiled(use_ema=False).evaluate(X, Y, verbose=0, callbacks=[SwapEMAWeights()])
