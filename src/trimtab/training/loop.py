"""The loops: over the batches of an epoch, and over the epochs of a training."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trimtab.callbacks import CallbackList, plain_logs
from trimtab.training.arguments import whole_executions
from trimtab.training.non_finite import BatchKeeper

# Seconds between two looks at how far an epoch is, while a bar is drawn.
_DRAWING_INTERVAL = 0.1
_ALL = 1 << 62

Logs = dict[str, Any]


def logs_of(model: Any, step: Any, *, often: bool = False) -> Logs:
    """The metrics so far, or what an overridden step returned last.

    Args:
        model: The model.
        step: The step that was run.
        often: Whether this is asked after each batch, so that compiling the answer pays.
    """
    if step.returns_logs:
        return plain_logs(step.logs)
    return plain_logs(step.results() if often else model.get_metrics_result())


def run_epoch(
    model: Any, step: Any, feed: Any, callbacks: CallbackList, mode: str, *, draws: bool = True
) -> int:
    """Runs the batches of an epoch; returns how many.

    Args:
        model: The model.
        step: Its train or test step.
        feed: The batches.
        callbacks: Called for every batch if one of them asks for it; else whole epochs run in one
            go, or in slices of time if a bar is drawn.
        mode: "train" or "test".
        draws: Whether a bar is drawn if a callback draws one.
    """
    flag = "stop_training" if mode == "train" else "stop_evaluating"
    every = callbacks.wants_every_batch(mode)
    draws = draws and callbacks.wants_samples(mode)
    begin = getattr(callbacks, f"on_{mode}_batch_begin")
    end = getattr(callbacks, f"on_{mode}_batch_end")
    feed.begin_epoch()
    done = 0
    together = model.steps_per_execution
    while True:
        limit = _ALL if feed.steps is None else whole_executions(feed.steps, together) - done
        if limit <= 0 or not feed.has_next():
            break
        if every:
            first = done
            begin(first)
            done += _advance(step, feed, min(together, limit))
            # The number that a full execution would end with, as Keras counts.
            end(first + together - 1, logs_of(model, step, often=True))
        else:
            seconds = _DRAWING_INTERVAL if draws else 0.0
            done += feed.advance(step, 1 if draws and done == 0 else limit, seconds)
            if draws:
                end(done - 1, logs_of(model, step))
        if getattr(model, flag):
            break
    counted = done if feed.steps is None else whole_executions(done, together)
    feed.end_epoch(counted, getattr(model, flag))
    return done


def _advance(step: Any, feed: Any, count: int) -> int:
    """Runs `count` batches, or as many as there are; returns how many."""
    done: int = feed.advance(step, count, 0.0)
    while done < count and feed.has_next():
        done += feed.advance(step, count - done, 0.0)
    return done


def evaluate(
    model: Any, step: Any, feed: Any, callbacks: CallbackList, *, draws: bool = True
) -> Logs:
    """Loss and metrics of the model on the batches of `feed`."""
    model.stop_evaluating = False
    callbacks.on_test_begin()
    model.reset_metrics()
    feed.rewind()
    run_epoch(model, step, feed, callbacks, "test", draws=draws)
    logs = logs_of(model, step)
    callbacks.on_test_end(logs)
    return logs


def train(
    model: Any,
    step: Any,
    feed: Any,
    callbacks: CallbackList,
    epochs: range,
    validate: Callable[[int], Logs | None],
) -> None:
    """Trains for some epochs.

    Args:
        model: The model.
        step: Its train step.
        feed: The batches.
        callbacks: Called around epochs and batches.
        epochs: Numbers of the epochs, from 0.
        validate: Gives the results of validation after an epoch, None where it is not due.
    """
    model.stop_training = False
    logs: Logs = {}
    model.training_state.keeper = BatchKeeper(model, feed)
    callbacks.on_train_begin()
    # A callback that takes up a training that was cut off says with which epoch it goes on.
    first = model.__dict__.pop("_initial_epoch", epochs.start)
    try:
        for epoch in range(max(first, epochs.start), epochs.stop):
            model.reset_metrics()
            callbacks.on_epoch_begin(epoch)
            if not run_epoch(model, step, feed, callbacks, "train"):
                break
            logs = logs_of(model, step)
            validation = validate(epoch)
            if validation is not None:
                logs.update({f"val_{name}": value for name, value in validation.items()})
            callbacks.on_epoch_end(epoch, logs)
            if model.stop_training:
                break
    finally:
        model.training_state.keeper = None
        if len(epochs) and model.optimizer is not None and model.optimizer.built:
            model.optimizer.finalize_variable_values(model.trainable_weights)
    callbacks.on_train_end(logs)
