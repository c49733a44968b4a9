"""What `compile` gives a model: optimizer, loss and metrics, and the steps made of them."""

from __future__ import annotations

import contextlib
import inspect
import warnings
from typing import Any

from trimtab import autodiff, ops, optimizers
from trimtab.core import settings, tree
from trimtab.core.arguments import also_checking
from trimtab.core.config import deserialize_keras_object, serialize_keras_object
from trimtab.core.tracing import as_value
from trimtab.data import unpack_x_y_sample_weight
from trimtab.ir.tensor import Tensor
from trimtab.layers.batch_normalization import trainable_by_name, unpoolable
from trimtab.layers.pooled_statistics import pooled_statistics
from trimtab.metrics.base import Metric
from trimtab.metrics.reduction import Mean
from trimtab.training.arguments import naming_unknown_arguments
from trimtab.training.compile_loss import CompileLoss
from trimtab.training.compile_metrics import CompileMetrics, result_of
from trimtab.training.compile_problems import compile_problems
from trimtab.training.notices import trainable_flags, user_stack_level, warn_once
from trimtab.training.state import TrainingState
from trimtab.training.target_checks import LabelRange

_UNTRACKED = frozenset(
    {"optimizer", "loss", "history", "compiled", "steps_per_execution"}
    | {"stop_training", "stop_evaluating", "stop_predicting"}
)
_STEP_METHODS = ("compute_metrics", "get_metrics_result")


class Compilable:
    """The part of a model that `compile` sets up; a model inherits it beside a layer's."""

    optimizer: Any = None
    loss: Any = None
    history: Any = None
    compiled: bool = False
    stop_training: bool = False
    stop_evaluating: bool = False
    stop_predicting: bool = False
    steps_per_execution: int = 1

    def __setattr__(self, name: str, value: Any) -> None:
        # Past the layer's tracking: none of these is a part of the model, and setting one of them,
        # as callbacks do, must not cost the compiled steps.
        if name in _UNTRACKED:
            self.__dict__[name] = value
        else:
            super().__setattr__(name, value)

    @property
    def training_state(self) -> TrainingState:
        """What the model knows about its training."""
        # In the instance's dict, past the layer's tracking: its metrics are not the model's.
        state: TrainingState | None = self.__dict__.get("_training_state")
        if state is None:
            state = self.__dict__["_training_state"] = TrainingState()
        return state

    @naming_unknown_arguments
    @also_checking(compile_problems)
    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: Any = "auto",
        auto_scale_loss: bool = True,
        pool_batch_statistics: bool = False,
    ) -> None:
        """Sets how the model is trained and measured.

        Args:
            optimizer: An optimizer, or its name.
            loss: A loss, its name or a function `(y_true, y_pred)`; for several outputs a list or a
                dict by their names. "crossentropy" picks binary, sparse or categorical by the
                shapes.
            loss_weights: Factors of the outputs' losses, likewise; 1 if None.
            metrics: A list of metrics, their names or functions `(y_true, y_pred)`; for several
                outputs a list with one entry each, or a dict by their names. "accuracy" picks
                binary, sparse or categorical by the shapes. Sample weights do not count in them.
            weighted_metrics: Metrics in which sample weights count, likewise.
            run_eagerly: Whether each operation runs when Python reaches it, as debugging needs.
            steps_per_execution: Batches from one call of the hooks of batches to the next. Speed
                does not depend on it: without such hooks whole epochs run without Python. Where it
                does not divide `steps_per_epoch`, the last call of an epoch has fewer batches (in
                Keras, steps past the epoch's end, or too few in later epochs).
            jit_compile: Accepted for Keras's sake: every step is compiled unless `run_eagerly`.
            auto_scale_loss: Whether a model of policy "mixed_float16" gets its optimizer wrapped in
                a `LossScaleOptimizer`.
            pool_batch_statistics: With an optimizer of `gradient_accumulation_steps`: whether the
                moving statistics of Batch Normalizations move once an update, by mean and biased
                variance of all its batches together, instead of by each batch's. Each batch is
                normalised by its own in both cases. Not written to files, which Keras reads too.

        Raises:
            ValueError: If a name is unknown or an argument has no such form.

        Source: Keras 3 `keras.Model.compile`. Beyond it: `pool_batch_statistics`.
        """
        if not isinstance(steps_per_execution, int) or steps_per_execution < 1:
            raise ValueError(
                "compile: `steps_per_execution` must be a positive integer; got "
                f"{steps_per_execution!r}"
            )
        if jit_compile not in (True, False, "auto"):
            raise ValueError(
                f"compile: `jit_compile` must be True, False or 'auto'; got {jit_compile!r}"
            )
        problems = compile_problems(
            {
                "optimizer": optimizer,
                "loss": loss,
                "metrics": metrics,
                "weighted_metrics": weighted_metrics,
            }
        )
        if len(problems) > 1:
            raise ValueError(f"compile: {'; '.join(problems)}")
        chosen = optimizers.get(optimizer)
        if pool_batch_statistics:
            self._require_poolable(chosen)
        names = getattr(self, "output_names", None)
        new_loss = None if loss is None else CompileLoss(loss, loss_weights, names)
        new_metrics = None
        if metrics is not None or weighted_metrics is not None:
            new_metrics = CompileMetrics(metrics, weighted_metrics, names)
        arguments = {
            "optimizer": chosen,
            "loss": loss,
            "loss_weights": loss_weights,
            "metrics": metrics,
            "weighted_metrics": weighted_metrics,
            "run_eagerly": bool(run_eagerly),
            "steps_per_execution": steps_per_execution,
            "jit_compile": not run_eagerly if jit_compile == "auto" else bool(jit_compile),
        }
        if auto_scale_loss and self._policy_name() == "mixed_float16":
            chosen = _with_loss_scale(chosen)
        state = self.training_state
        state.loss, state.metrics, state.arguments = new_loss, new_metrics, arguments
        state.loss_tracker = Mean(name="loss")
        state.pools_statistics = bool(pool_batch_statistics)
        state.trainable_when_compiled = trainable_by_name(self)
        state.flags = trainable_flags(self)
        state.forget_steps()
        self.optimizer = chosen
        self.loss = loss
        self.compiled = True
        self.stop_training = False
        self.steps_per_execution = steps_per_execution
        self.run_eagerly = bool(run_eagerly)

    def _require_poolable(self, optimizer: Any) -> None:
        """Raises ValueError where statistics cannot be pooled over the steps of an update."""
        inner = getattr(optimizer, "inner_optimizer", optimizer)
        rule = "compile: `pool_batch_statistics`"
        if not getattr(inner, "gradient_accumulation_steps", None):
            raise ValueError(
                f"{rule} needs an optimizer with `gradient_accumulation_steps`; got "
                f"{type(inner).__name__} without"
            )
        if type(self).train_step is not Compilable.train_step:
            raise ValueError(
                f"{rule} works in the standard train_step; got {type(self).__name__}, which has "
                "its own"
            )
        refused = unpoolable(self)
        if refused:
            raise ValueError(
                f"{rule} needs layers that update moving statistics plainly; got {refused}, with "
                "renorm=True or an older rule"
            )

    def _policy_name(self) -> str:
        return str(getattr(getattr(self, "dtype_policy", None), "name", ""))

    @property
    def run_eagerly(self) -> bool:
        """Whether each operation of a step runs when Python reaches it."""
        return bool(self.__dict__.get("_run_eagerly", False))

    @run_eagerly.setter
    def run_eagerly(self, value: bool) -> None:
        self.__dict__["_run_eagerly"] = bool(value)
        self.training_state.forget_steps()

    @property
    def jit_compile(self) -> bool:
        """Whether steps are compiled: unless they run eagerly. Setting it has no effect."""
        return not self.run_eagerly

    @jit_compile.setter
    def jit_compile(self, value: bool) -> None:
        del value

    def _require_compiled(self) -> None:
        if not self.compiled:
            raise ValueError("You must call `compile()` before using the model.")

    @property
    def metrics(self) -> list[Metric]:
        """Mean of the loss, compiled metrics, means of outputs' losses, then layers' own."""
        return [*self._compiled_metrics(), *self._layer_metrics()]

    def _compiled_metrics(self) -> list[Metric]:
        state = self.training_state
        found: list[Metric] = [] if state.loss_tracker is None else [state.loss_tracker]
        if state.metrics is not None:
            found.append(state.metrics)
        return found + ([] if state.loss is None else state.loss.metrics)

    def _layer_metrics(self) -> list[Metric]:
        model: Any = self
        inner = [
            x for x in model._flatten_layers(include_self=False) if not isinstance(x, Compilable)
        ]
        return [*model._metrics, *(metric for layer in inner for metric in layer._metrics)]

    @property
    def metrics_names(self) -> list[str]:
        """The names of `metrics`; those given to `compile` share one, "compile_metrics"."""
        return [metric.name for metric in self.metrics]

    def reset_metrics(self) -> None:
        """Starts all metrics anew."""
        for metric in self.metrics:
            metric.reset_state()

    # Keras's names for parts that its users look at.
    @property
    def _loss_tracker(self) -> Mean | None:
        return self.training_state.loss_tracker

    @property
    def _compile_metrics(self) -> CompileMetrics | None:
        return self.training_state.metrics

    @property
    def _compile_loss(self) -> CompileLoss | None:
        return self.training_state.loss

    def get_metrics_result(self) -> dict[str, Any]:
        """Name -> value of all metrics so far, the loss among them."""
        results: dict[str, Any] = {}
        for metric in self.metrics:
            value = result_of(metric)
            if isinstance(value, dict):
                results.update(value)
            else:
                results[metric.name] = value
        return results

    @property
    def label_ranges(self) -> list[LabelRange]:
        """Class numbers that the targets of sparse losses may hold, as far as outputs were seen."""
        loss = self.training_state.loss
        return [] if loss is None else loss.label_ranges

    def has_own_step(self, kind: str) -> bool:
        """Whether a subclass overrides how the step `kind` comes to its logs."""
        return type(self).metrics is not Compilable.metrics or any(
            getattr(getattr(self, name), "__func__", None) is not Compilable.__dict__[name]
            for name in (f"{kind}_step", *_STEP_METHODS)
        )

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """The total loss of a batch: compiled loss, regularisation, and what `add_loss` was given.

        A subclass may override it. It runs inside a traced step.

        Args:
            x: Inputs.
            y: Targets.
            y_pred: Outputs.
            sample_weight: Weights.
            training: Whether the loss is to train with.

        Returns:
            A scalar; 0 if there is no loss.

        Source: Keras 3 `keras.Model.compute_loss`.
        """
        compiled = self.training_state.loss
        model: Any = self
        total = None if compiled is None else compiled(y, y_pred, sample_weight)
        parts = [] if total is None else [total]
        for extra in model.losses:
            tensor = ops.convert_to_tensor(extra)
            if not tensor.dtype.startswith("float"):
                tensor = ops.cast(tensor, settings.floatx())
            parts.append(ops.sum(tensor))
        if not parts:
            return ops.zeros((), dtype=settings.floatx())
        total = parts[0]
        for part in parts[1:]:
            total = total + part
        return total

    def compute_metrics(
        self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None
    ) -> dict[str, Any]:
        """Accumulates a batch in the compiled metrics; returns the results so far of all metrics.

        A subclass may override it and add to the results. It runs inside a traced step.

        Args:
            x: Inputs.
            y: Targets.
            y_pred: Outputs.
            sample_weight: Weights.

        Source: Keras 3 `keras.Model.compute_metrics`.
        """
        compiled = self.training_state.metrics
        if compiled is not None:
            compiled.update_state(y, y_pred, sample_weight)
        return self.get_metrics_result()

    def train_step(self, data: Any) -> dict[str, Any]:
        """One step of training on a batch: forward, loss, gradients, update, metrics.

        Args:
            data: `x`, `(x, y)` or `(x, y, sample_weight)`.

        Returns:
            The logs of the batch.

        Raises:
            ValueError: If there is no optimizer, or nothing to minimise.
        """
        model: Any = self
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        if self.optimizer is None:
            raise ValueError("fit: needs an optimizer; got compile(optimizer=None)")
        variables = model.trainable_variables
        values = [variable.value for variable in variables]
        is_pooled = self.training_state.pools_statistics
        scope: Any = pooled_statistics() if is_pooled else contextlib.nullcontext([])
        with scope as pooling:
            y_pred = model(x, training=True)
            loss = self._checked_loss(x, y, y_pred, sample_weight)
        self._track_loss(loss, x)
        is_update: Any = True
        if variables:
            is_update = self.optimizer.is_update_due() if pooling else True
            scaled = as_value(self.optimizer.scale_loss(loss))
            self.optimizer.apply(autodiff.gradients(scaled, values), variables)
        else:
            warn_once(self, "nothing trainable", "The model does not have any trainable weights.")
        for layer in pooling:
            layer.move_by_pool(is_update)
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def _computed_loss(
        self, x: Any, y: Any, y_pred: Any, sample_weight: Any, *, training: bool
    ) -> Any:
        """`compute_loss`, which a user may have overridden without the argument `training`."""
        own = {"x": x, "y": y, "y_pred": y_pred, "sample_weight": sample_weight}
        if type(self).compute_loss is not Compilable.compute_loss:
            parameters = inspect.signature(self.compute_loss).parameters
            kinds = {parameter.kind for parameter in parameters.values()}
            if "training" not in parameters and inspect.Parameter.VAR_KEYWORD not in kinds:
                return self.compute_loss(**own)
        return self.compute_loss(**own, training=training)

    def _checked_loss(self, x: Any, y: Any, y_pred: Any, sample_weight: Any) -> Tensor:
        own = type(self).compute_loss is not Compilable.compute_loss
        model: Any = self
        if not own and self.training_state.loss is None and not model.losses:
            raise ValueError("fit: no loss to compute; provide a `loss` argument in `compile()`")
        loss = self._computed_loss(x, y, y_pred, sample_weight, training=True)
        tensor = ops.convert_to_tensor(loss)
        if tensor.shape != ():
            raise ValueError(f"fit: the loss must be a scalar; got shape {tensor.shape}")
        return tensor

    def _track_loss(self, loss: Any, x: Any) -> None:
        rows = next(leaf for leaf in tree.flatten(x) if leaf is not None).shape[0]
        tracker = self.training_state.loss_tracker
        if tracker is not None:
            tracker.update_state(loss, sample_weight=rows)

    def test_step(self, data: Any) -> dict[str, Any]:
        """One step of evaluation on a batch: forward without training, loss, metrics.

        Args:
            data: `x`, `(x, y)` or `(x, y, sample_weight)`.

        Returns:
            The logs of the batch.
        """
        model: Any = self
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        y_pred = model(x, training=False)
        self._track_loss(self._computed_loss(x, y, y_pred, sample_weight, training=False), x)
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def predict_step(self, data: Any) -> Any:
        """The outputs for a batch, without training.

        Args:
            data: `x` or `(x,)`.
        """
        model: Any = self
        return model(unpack_x_y_sample_weight(data)[0], training=False)

    def get_compile_config(self) -> dict[str, Any]:
        """The arguments of `compile` in a form that JSON can hold; empty before it."""
        return {k: serialize_keras_object(v) for k, v in self.training_state.arguments.items()}

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compiles with what `get_compile_config` gave; builds the optimizer of a built model."""
        if type(self).compile is not Compilable.compile:
            warnings.warn(
                f"{type(self).__name__}: overrides `compile`, so it was not compiled while "
                "loading; override `compile_from_config` too, or call `compile`",
                stacklevel=user_stack_level(),
            )
            return
        self.compile(**{key: deserialize_keras_object(value) for key, value in config.items()})
        model: Any = self
        if self.optimizer is not None and model.built:
            self.optimizer.build(model.trainable_variables)


def _with_loss_scale(optimizer: Any) -> Any:
    if optimizer is None or isinstance(optimizer, optimizers.LossScaleOptimizer):
        return optimizer
    return optimizers.LossScaleOptimizer(optimizer, name="loss_scale_optimizer")
