"""Callbacks that write: CSVLogger, TerminateOnNaN, LambdaCallback, messages."""

import logging

import numpy as np
import pytest

from trimtab.callbacks import CSVLogger, LambdaCallback, Progbar, TerminateOnNaN
from trimtab.callbacks.messages import print_message
from trimtab.core import settings


class Model:
    stop_training = False


def write(logger, *logs, first=0):
    logger.on_train_begin()
    for epoch, values in enumerate(logs, first):
        logger.on_epoch_end(epoch, values)
    logger.on_train_end()


def test_a_line_an_epoch_with_sorted_names(tmp_path):
    path = tmp_path / "log.csv"
    write(CSVLogger(path), {"loss": 0.5, "acc": 1.0}, {"loss": 0.25, "val_loss": 3, "acc": 0.5})
    assert path.read_text().splitlines() == [
        "epoch,acc,loss,val_acc,val_loss",
        "0,1.0,0.5,NA,NA",
        "1,0.5,0.25,NA,3",
    ]


def test_a_second_training_can_be_appended(tmp_path):
    path = tmp_path / "log.csv"
    write(CSVLogger(path, separator=";"), {"val_loss": 1})
    write(CSVLogger(path, separator=";", append=True), {"val_loss": 2}, first=1)
    assert path.read_text().splitlines() == ["epoch;val_loss", "0;1", "1;2"]


def test_lists_are_written_in_brackets(tmp_path):
    path = tmp_path / "log.csv"
    write(CSVLogger(path), {"val_a": [1, 2]})
    assert path.read_text().splitlines()[1] == '0,"""[1, 2]"""'


@pytest.mark.parametrize("loss", [np.nan, np.inf, -np.inf])
def test_a_loss_that_is_no_number_ends_training(loss, capsys):
    callback, model = TerminateOnNaN(), Model()
    callback.set_model(model)
    callback.on_batch_end(3, {"loss": loss})
    assert model.stop_training
    assert capsys.readouterr().out == "Batch 3: Invalid loss, terminating training\n"


def test_a_loss_that_is_no_number_can_raise():
    with pytest.raises(RuntimeError, match="got nan at batch 3"):
        TerminateOnNaN(raise_error=True).on_batch_end(3, {"loss": np.nan})


def test_functions_become_hooks():
    seen = []
    callback = LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append(epoch),
        on_test_end=lambda logs: seen.append("end"),
    )
    callback.on_epoch_end(2, {})
    callback.on_test_end({})
    assert seen == [2, "end"]


def test_an_unknown_hook_is_refused_with_the_nearest():
    with pytest.raises(TypeError, match='Did you mean "on_test_end"'):
        LambdaCallback(on_tests_end=print)


def test_messages_go_to_the_log_when_interactive_logging_is_disabled(capsys, caplog):
    settings.disable_interactive_logging()
    try:
        with caplog.at_level(logging.INFO, "trimtab"):
            print_message("hello")
    finally:
        settings.enable_interactive_logging()
    assert capsys.readouterr().out == ""
    assert caplog.messages == ["hello"]


def test_a_bar_with_both_lists_of_names_is_refused():
    with pytest.raises(ValueError, match="got both"):
        Progbar(3, stateful_metrics=["a"], stateless_metrics=["b"])


def test_a_bar_averages_what_is_stateless(capsys):
    bar = Progbar(2, verbose=2)
    bar.update(1, [("a", 1.0)])
    bar.update(2, [("a", 3.0)], finalize=False)
    bar.verbose = 1
    bar.update(2, [])
    assert "a: 2.0000" in capsys.readouterr().out
