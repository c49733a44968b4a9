"""EarlyStopping: when it stops, and what it gives back."""

import numpy as np
import pytest

from trimtab import ops
from trimtab.callbacks import EarlyStopping


class Model:
    """A model whose weights are the number of the epoch."""

    metrics = ()

    def __init__(self):
        self.stop_training = False
        self.weights = [np.array(-1)]

    def get_weights(self):
        return list(self.weights)

    def set_weights(self, weights):
        self.weights = weights


def train(callback, values, name="val_loss"):
    """(number of epochs run, model) for the values that the monitored name takes."""
    model = Model()
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, value in enumerate(values):
        model.weights = [np.array(epoch)]
        callback.on_epoch_end(epoch, {name: value})
        if model.stop_training:
            break
    callback.on_train_end()
    return epoch + 1, model


@pytest.mark.parametrize(
    ("arguments", "values", "epochs"),
    [
        ({}, [1, 2, 2], 2),
        ({}, [2, 2, 2], 2),
        ({"patience": 2}, [3, 2, 2, 2, 1], 4),
        ({"patience": 1, "min_delta": 0.5}, [3, 2, 1.6, 0], 3),
        ({"patience": 2, "start_from_epoch": 3}, [1, 2, 3, 4, 5, 6, 7], 6),
        ({"patience": 2, "baseline": 1.0}, [5, 4, 3, 2], 4),
        ({"mode": "max", "patience": 1}, [1, 2, 1, 5], 3),
        ({"patience": 3}, [4, 3, 2, 1], 4),
    ],
)
def test_it_stops_after_epochs_without_improvement(arguments, values, epochs):
    assert train(EarlyStopping(**arguments), values)[0] == epochs


def test_the_weights_of_the_best_epoch_come_back():
    callback = EarlyStopping(patience=2, restore_best_weights=True)
    assert train(callback, [3, 1, 2, 2])[1].weights[0] == 1


def test_the_best_weights_come_back_after_the_last_epoch_too():
    callback = EarlyStopping(patience=9, restore_best_weights=True)
    assert train(callback, [3, 1, 2])[1].weights[0] == 1


def test_a_second_training_starts_afresh():
    callback = EarlyStopping(patience=1)
    train(callback, [1, 2])
    assert train(callback, [9, 8, 7])[0] == 3


def test_it_says_what_it_does(capsys):
    callback = EarlyStopping(patience=1, verbose=1, restore_best_weights=True)
    train(callback, [1, 2])
    assert capsys.readouterr().out == (
        "Epoch 2: early stopping\nRestoring model weights from the end of the best epoch: 1.\n"
    )


def test_a_name_that_is_not_logged_warns():
    with pytest.warns(UserWarning, match="got 'val_loss', and there are loss"):
        train(EarlyStopping(), [1.0], name="loss")


def test_an_unknown_direction_is_refused():
    with pytest.raises(ValueError, match="`mode` must be 'min' or 'max' for monitor='val_f'"):
        train(EarlyStopping(monitor="val_f"), [1.0], name="val_f")


def test_an_unknown_mode_warns_and_is_taken_as_auto():
    with pytest.warns(UserWarning, match="mode 'least' is unknown"):
        assert EarlyStopping(mode="least").mode == "auto"


def test_the_comparison_of_a_monitor_can_be_asked_for():
    watched = [EarlyStopping(mode=mode).monitor_op for mode in ("min", "max", "auto")]
    assert watched == [ops.less, ops.greater, None]
