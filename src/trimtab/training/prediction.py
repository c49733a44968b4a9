"""Prediction: outputs of all rows, gathered by the engine or joined from batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from trimtab.callbacks import CallbackList
from trimtab.core import tree
from trimtab.core.tracing import Variant
from trimtab.training.arguments import whole_executions
from trimtab.training.feed import ArrayFeed
from trimtab.training.preparation import Feed

_DRAWING_INTERVAL = 0.1
_MOST_PREDICTORS = 16


def predict(model: Any, step: Any, feed: Feed, callbacks: CallbackList) -> Any:
    """The outputs for the batches of `feed`, in the structure of the model's outputs."""
    model.stop_predicting = False
    callbacks.on_predict_begin()
    every = callbacks.wants_every_batch("predict")
    outputs = None
    if isinstance(feed, ArrayFeed) and not every and feed.steps == feed.batches:
        outputs = _gathered(step, feed, callbacks)
    if outputs is None:
        outputs = _joined(model, step, feed, callbacks)
    callbacks.on_predict_end()
    return outputs


def _gathered(step: Any, feed: ArrayFeed, callbacks: CallbackList) -> Any:
    """Outputs that the engine wrote row by row; None if their rows are not those of the inputs."""
    data, size, rest = feed.data, feed.batch_size, feed.data.rows % feed.batch_size
    if step.is_eager:
        return None
    full = data.rows // size
    variants = [step.prepare(data, rows) for rows, there in ((size, full), (rest, rest)) if there]
    if not all(_keeps_rows(variant) for variant in variants):
        return None
    specs = [value.spec for value in variants[0].traced.graph.outputs]
    results = [np.empty((data.rows, *spec.shape[1:]), spec.dtype) for spec in specs]
    draws = callbacks.wants_samples("predict")
    done = 0
    while done < feed.batches:
        is_full = done < full
        limit = 1 if draws and done == 0 else (full - done if is_full else 1)
        done += step.run_rows(
            data,
            size if is_full else rest,
            done * size,
            limit,
            results=results,
            seconds=_DRAWING_INTERVAL if draws else 0.0,
        )
        if draws:
            callbacks.on_predict_batch_end(done - 1)
    return variants[0].pack(results)


def _keeps_rows(variant: Variant) -> bool:
    rows = {value.shape[0] for value in variant.traced.graph.inputs}
    return all(v.shape and {v.shape[0]} == rows for v in variant.traced.graph.outputs)


def _joined(model: Any, step: Any, feed: Feed, callbacks: CallbackList) -> Any:
    every = callbacks.wants_every_batch("predict")
    draws = callbacks.wants_samples("predict")
    parts: list[Any] = []
    feed.begin_epoch()
    together = model.steps_per_execution if every else 1
    limit = None if feed.steps is None else whole_executions(feed.steps, model.steps_per_execution)
    while not model.stop_predicting and len(parts) != limit and feed.has_next():
        first = len(parts)
        if every:
            callbacks.on_predict_batch_begin(first)
        parts.append(feed.outputs(step))
        while len(parts) - first < together and len(parts) != limit and feed.has_next():
            parts.append(feed.outputs(step))
        if every or draws:
            outputs = parts[first] if len(parts) == first + 1 else _concatenated(parts[first:])
            callbacks.on_predict_batch_end(first + together - 1, {"outputs": outputs})
    counted = len(parts)
    if feed.steps is not None:
        counted = whole_executions(counted, model.steps_per_execution)
    feed.end_epoch(counted, model.stop_predicting)
    if not parts:
        raise ValueError("predict: `x` must yield at least one batch; got none")
    return _concatenated(parts)


def _concatenated(parts: list[Any]) -> Any:
    return tree.map_structure(lambda *leaves: np.concatenate(leaves), *parts)


def remember(model: Any, step: Any, feed: ArrayFeed, x: Any, batch_size: Any) -> None:
    """Keeps the shortest way to predict arrays like `x`, if they make a single batch."""
    if type(x) is not np.ndarray or feed.batches != 1 or step.is_eager:
        return
    predictors = model.training_state.predictors
    while len(predictors) >= _MOST_PREDICTORS:
        del predictors[next(iter(predictors))]
    variant = step.prepare(feed.data, feed.data.rows)
    predictors[x.shape, x.dtype, batch_size] = _predictor(variant, np.dtype(feed.data.types[0]))


def _predictor(variant: Variant, kind: np.dtype[Any]) -> Callable[[np.ndarray[Any, Any]], Any]:
    run, pack = variant.run, variant.pack
    is_single = not tree.is_nested(variant.traced.structure)

    def predict_array(x: np.ndarray[Any, Any]) -> Any:
        outputs = run((x if x.dtype == kind else x.astype(kind),))
        return outputs[0] if is_single else pack(outputs)

    return predict_array
