"""Trainer: `fit`, `evaluate`, `predict` and their kin, for a model to inherit."""

from __future__ import annotations

from typing import Any

import numpy as np

from trimtab.callbacks import CallbackList, TerminateOnNaN, has_callback
from trimtab.data import ArrayData, array_data
from trimtab.training import arguments, loop, prediction
from trimtab.training.batch_norm_checks import tell_of_batch_norm, warn_about_batch_norm
from trimtab.training.compilable import Compilable
from trimtab.training.compile_metrics import CompileMetrics
from trimtab.training.feed import ArrayFeed
from trimtab.training.notices import warn_about_changed_flags
from trimtab.training.preparation import (
    Feed,
    feed_of,
    prepare,
    prepare_sizes,
    split,
    validation_feed,
)


class Trainer(Compilable):
    """The part of a model that trains it. A model inherits it, beside a layer's abilities."""

    @arguments.naming_unknown_arguments
    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: Any = True,
        class_weight: Any = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: Any = 1,
    ) -> Any:
        """Trains the model.

        Args:
            x: Inputs: an array or table, or several in a list or dict; or a PyDataset, generator or
                iterable that yields batches `(x, y)` or `(x, y, sample_weight)`.
            y: Targets, likewise; not beside batches.
            batch_size: Rows a batch; 32 if None. The last batch may be smaller. Without meaning for
                batches that come ready-made.
            epochs: Number of the last epoch, counted from 1.
            verbose: 0 prints nothing, 1 (and "auto") a bar, 2 one line an epoch.
            callbacks: Callbacks, or a CallbackList.
            validation_split: Part of the rows, taken from their end, to validate on; arrays only.
            validation_data: `(x, y)`, `(x, y, sample_weight)` or batches to validate on; it comes
                before `validation_split`.
            shuffle: True for a new order of the rows each epoch, "batch" for one inside each batch,
                False for none. NumPy's global generator governs it. Generators keep their own
                order.
            class_weight: Class number -> weight of its samples in the loss.
            sample_weight: Weight of each sample in the loss.
            initial_epoch: Number of epochs that count as done.
            steps_per_epoch: Batches an epoch; all if None. With arrays a pass over the rows then
                goes on over the epochs.
            validation_steps: Batches of each validation; all if None.
            validation_batch_size: Rows a batch of validation; `batch_size` if None.
            validation_freq: Validate after each n-th epoch, or after those listed, counted from 1.

        Returns:
            The `History`: name -> values of the epochs, in its `history`.

        Raises:
            ValueError: If the model is not compiled, or data and model do not fit. Then nothing has
                changed.
            KeyboardInterrupt: Between two batches, if the user asked for it; the model can be used
                on.

        Source: Keras 3 `keras.Model.fit`. NaN and infinity in the data raise here, unless the
            callback `TerminateOnNaN` is among `callbacks` to stop at them.
        """
        self._require_compiled()
        range_of_epochs = arguments.epochs_of("fit", initial_epoch, epochs)
        arguments.check_shuffle("fit", shuffle)
        arguments.check_validation_freq("fit", validation_freq)
        verbose = arguments.verbosity("fit", verbose)
        batch_size = arguments.positive_or_none("fit", "batch_size", batch_size)
        steps = arguments.positive_or_none("fit", "steps_per_epoch", steps_per_epoch)
        test_size = arguments.positive_or_none(
            "fit", "validation_batch_size", validation_batch_size
        )
        test_size = test_size or batch_size
        test_steps = arguments.positive_or_none("fit", "validation_steps", validation_steps)
        # What is meant to stop a training at such numbers gets to see them.
        require_finite = not has_callback(callbacks, TerminateOnNaN)
        test_feed: Feed | None = None
        if validation_split and validation_data is None:
            x, test = split(x, y, sample_weight, validation_split, require_finite=require_finite)
            y = sample_weight = None
            test_feed = ArrayFeed(test, test_size, test_steps)
        feed = feed_of(
            "fit",
            x,
            y,
            sample_weight,
            class_weight=class_weight,
            batch_size=batch_size,
            steps=steps,
            shuffle=shuffle,
            require_finite=require_finite,
        )
        if validation_data is not None:
            test_feed = validation_feed(validation_data, test_size, test_steps)
        return self._train(feed, test_feed, range_of_epochs, verbose, callbacks, validation_freq)

    def _train(
        self,
        feed: Feed,
        test_feed: Feed | None,
        epochs: range,
        verbose: Any,
        callbacks: Any,
        validation_freq: Any,
    ) -> Any:
        step = prepare(self, "fit", "train", feed)
        test_step = None
        if test_feed is not None:
            test_step = prepare(self, "fit, validation_data", "test", test_feed)
        warn_about_batch_norm(self, feed)
        warn_about_changed_flags(self)
        listed = self._callback_list(
            callbacks, verbose, epochs=epochs.stop, steps=feed.steps, add_history=True
        )
        tell_of_batch_norm(self, feed, len(epochs), listed.callbacks, verbose)

        def validate(epoch: int) -> loop.Logs | None:
            if test_feed is None or not arguments.is_due(epoch, validation_freq):
                return None
            return loop.evaluate(self, test_step, test_feed, listed, draws=False)

        try:
            loop.train(self, step, feed, listed, epochs, validate)
        finally:
            feed.close()
            if test_feed is not None:
                test_feed.close()
        return self.history

    def _callback_list(self, callbacks: Any, verbose: Any, **params: Any) -> CallbackList:
        if isinstance(callbacks, CallbackList):
            return callbacks
        return CallbackList(
            callbacks, add_progbar=verbose != 0, model=self, verbose=verbose, **params
        )

    @arguments.naming_unknown_arguments
    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: Any = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """The loss and the metrics of the model on data.

        Args:
            x: Inputs, or batches, as for `fit`.
            y: Targets.
            batch_size: Rows a batch; 32 if None.
            verbose: 0 prints nothing, 1 (and "auto") a bar, 2 one line.
            sample_weight: Weight of each sample.
            steps: Batches; all if None.
            callbacks: Callbacks, or a CallbackList.
            return_dict: Whether to return names too.

        Returns:
            The loss, or a list of loss and metrics in the order of `compile`, or a dict by name.

        Raises:
            ValueError: If the model is not compiled, or data and model do not fit.

        Source: Keras 3 `keras.Model.evaluate`.
        """
        self._require_compiled()
        verbose = arguments.verbosity("evaluate", verbose)
        feed = feed_of(
            "evaluate",
            x,
            y,
            sample_weight,
            batch_size=arguments.positive_or_none("evaluate", "batch_size", batch_size),
            steps=arguments.positive_or_none("evaluate", "steps", steps),
        )
        step = prepare(self, "evaluate", "test", feed)
        listed = self._callback_list(callbacks, verbose, epochs=1, steps=feed.steps)
        try:
            logs = loop.evaluate(self, step, feed, listed)
        finally:
            feed.close()
        return logs if return_dict else self._in_metrics_order(logs)

    def _in_metrics_order(self, logs: dict[str, Any]) -> Any:
        """Values of `logs`: first the metrics' own names in their order, then the rest by name."""
        names: list[str] = []
        for metric in self.metrics:
            is_compiled = isinstance(metric, CompileMetrics)
            names += [inner.name for inner in metric.metrics] if is_compiled else [metric.name]  # type: ignore[attr-defined]
        values = [logs[name] for name in names if name in logs]
        values += [logs[name] for name in sorted(logs) if name not in names]
        return values[0] if len(values) == 1 else values

    @arguments.naming_unknown_arguments
    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: Any = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Any:
        """The model's outputs for inputs.

        Args:
            x: Inputs, or batches, as for `fit`.
            batch_size: Rows a batch; 32 if None.
            verbose: 0 prints nothing, 1 (and "auto") a bar, 2 one line.
            steps: Batches; all if None.
            callbacks: Callbacks, or a CallbackList.

        Returns:
            NumPy arrays in the structure of the outputs, one row an input.

        Raises:
            ValueError: If inputs and model do not fit.

        Source: Keras 3 `keras.Model.predict`.
        """
        if verbose == 0 and type(x) is np.ndarray and callbacks is None and steps is None:
            run = self.training_state.predictors.get((x.shape, x.dtype, batch_size))
            if run is not None:
                return run(x)
        verbose = arguments.verbosity("predict", verbose)
        feed = feed_of(
            "predict",
            x,
            batch_size=arguments.positive_or_none("predict", "batch_size", batch_size),
            steps=arguments.positive_or_none("predict", "steps", steps),
            require_finite=False,
        )
        step = prepare(self, "predict", "predict", feed)
        if isinstance(feed, ArrayFeed) and verbose == 0 and callbacks is None and steps is None:
            prediction.remember(self, step, feed, x, batch_size)
        listed = self._callback_list(callbacks, verbose, epochs=1, steps=feed.steps)
        try:
            return prediction.predict(self, step, feed, listed)
        finally:
            feed.close()

    @arguments.naming_unknown_arguments
    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """One step of training on one batch.

        Args:
            x: Inputs.
            y: Targets.
            sample_weight: Weight of each sample.
            class_weight: Class number -> weight of its samples.
            return_dict: Whether to return names too.

        Returns:
            Loss and metrics of the batch, before its update, as `evaluate` does.

        Raises:
            ValueError: If the model is not compiled, or data and model do not fit.

        Source: Keras 3 `keras.Model.train_on_batch`.
        """
        self._require_compiled()
        data = array_data("train_on_batch", x, y, sample_weight, class_weight)
        return self._on_batch("train", data, return_dict)

    @arguments.naming_unknown_arguments
    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """The loss and the metrics of one batch.

        Args:
            x: Inputs.
            y: Targets.
            sample_weight: Weight of each sample.
            return_dict: Whether to return names too.

        Returns:
            As `evaluate` does.

        Raises:
            ValueError: If the model is not compiled, or data and model do not fit.

        Source: Keras 3 `keras.Model.test_on_batch`.
        """
        self._require_compiled()
        return self._on_batch("test", array_data("test_on_batch", x, y, sample_weight), return_dict)

    def _on_batch(self, kind: str, data: ArrayData, return_dict: bool) -> Any:
        step = prepare_sizes(self, f"{kind}_on_batch", kind, data, [data.rows])
        self.reset_metrics()
        step.run_batch(data.batch(slice(None)))
        logs = loop.logs_of(self, step, often=True)
        return logs if return_dict else self._in_metrics_order(logs)

    def predict_on_batch(self, x: Any) -> Any:
        """The model's outputs for one batch of inputs.

        Returns:
            NumPy arrays in the structure of the outputs.

        Raises:
            ValueError: If inputs and model do not fit.

        Source: Keras 3 `keras.Model.predict_on_batch`.
        """
        data = array_data("predict_on_batch", x, require_finite=False)
        step = prepare_sizes(self, "predict_on_batch", "predict", data, [data.rows])
        return step.run_batch(data.batch(slice(None)))
