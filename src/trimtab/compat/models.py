"""Models with the methods of old versions: they translate their arguments and call today's."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from trimtab.compat import files, generators
from trimtab.compat.accuracy import wants_accuracy, with_old_metrics
from trimtab.compat.branches import OldSequential
from trimtab.compat.dialect import Dialect
from trimtab.compat.exported import passes_for
from trimtab.compat.freezing import as_compiled, flags_of
from trimtab.compat.history import prepare_callbacks, show_to_callbacks
from trimtab.compat.optimizers import of_another_model, optimizer_named
from trimtab.compat.symbolic_losses import SymbolicLoss, holds_tensors, set_losses
from trimtab.compat.tables import METHODS
from trimtab.compat.tables.rows import KERAS_2, KERAS_3, TF_KERAS, Call
from trimtab.compat.translate import Translation, translate
from trimtab.compat.values import loss as old_loss
from trimtab.core import tree
from trimtab.ir.tensor import KerasTensor
from trimtab.models import Functional, Model, Sequential

_METHODS: dict[str, Call] = {call.name: call for call in METHODS}


class OldTraining:
    """What models had then: the methods of the era, and of eras around it."""

    dialect: Dialect

    def _translated(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Translation:
        row = _METHODS[name]
        result = translate(row, self.dialect.version, args, kwargs)
        self.dialect.note(row, result, args, kwargs)
        return result

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """As `Model.compile`, with names, defaults and accuracy of the era."""
        call = self._translated("compile", args, kwargs)
        given = call.arguments
        for name, value in zip(("optimizer", "loss"), call.positional, strict=False):
            given[name] = value
        if call.positional[2:]:
            raise TypeError("compile: give the arguments after `loss` by name")
        notes = self.__dict__
        notes["_class_mode"] = call.dropped.get("class_mode") or "categorical"
        if isinstance(given.get("optimizer"), str):
            given["optimizer"] = optimizer_named(self.dialect, given["optimizer"])
        elif self.dialect.version < KERAS_3:
            given["optimizer"] = of_another_model(given.get("optimizer"), self)
        named = given.get("loss")
        given["loss"] = old_loss(self.dialect, named)
        notes["_compiled_with"] = {**given, "loss": named}
        notes["_shows_accuracy"] = False
        notes["_flags"] = flags_of(self)
        self._compile(given, named, given.pop("metrics", None))

    def _compile(self, given: dict[str, Any], named_loss: Any, metrics: Any) -> None:
        this: Any = self
        losses = self.__dict__.get("_symbolic_losses", [])
        losses = [loss for loss in losses if not loss.uses_targets]
        if self.dialect.version < TF_KERAS and holds_tensors(given.get("loss")):
            losses.append(SymbolicLoss(self, given.pop("loss")))
        set_losses(this, losses)
        metrics = with_old_metrics(self.dialect, self._class_mode_of(), named_loss, metrics)
        self.__dict__["_metric_names"] = [_name_of(m) for m in tree.flatten(metrics or [])]
        super().compile(**given, metrics=metrics)  # type: ignore[misc]

    def _class_mode_of(self) -> str:
        return str(self.__dict__.get("_class_mode", "categorical"))

    def _show_accuracy(self, wanted: bool) -> None:
        """Compiles anew, with or without accuracy, if that is not how the model is compiled."""
        notes = self.__dict__
        if notes.get("_shows_accuracy", False) == wanted or "_compiled_with" not in notes:
            return
        given = dict(notes["_compiled_with"])
        metrics = given.pop("metrics", None) or []
        named = given["loss"]
        if wanted and wants_accuracy(metrics):
            return
        if wanted:
            metrics = [*metrics, "accuracy"]
        given["optimizer"] = self.optimizer  # type: ignore[attr-defined]
        given["loss"] = old_loss(self.dialect, named)
        notes["_shows_accuracy"] = wanted
        self._compile(given, named, metrics)

    def fit(self, *args: Any, **kwargs: Any) -> Any:
        """As `Model.fit`, with names and defaults of the era."""
        call = self._translated("fit", args, kwargs)
        self._show_accuracy(bool(call.dropped.get("show_accuracy", False)))
        given = call.arguments
        if self.dialect.version < KERAS_2 and given.get("class_weight") == {}:
            given["class_weight"] = None
        return self._fit(call.positional, given)

    def _fit(self, positional: list[Any], given: dict[str, Any]) -> Any:
        data = given.get("validation_data")
        if isinstance(data, list):
            given["validation_data"] = tuple(data)
        given["callbacks"] = prepare_callbacks(self.dialect, given.get("callbacks"))
        x = positional[0] if positional else given.get("x")
        show_to_callbacks(given["callbacks"], given, x)
        with as_compiled(self.dialect, self, self.__dict__.get("_flags")):
            return super().fit(*positional, **given)  # type: ignore[misc]

    def evaluate(self, *args: Any, **kwargs: Any) -> Any:
        """As `Model.evaluate`, with names and defaults of the era."""
        call = self._translated("evaluate", args, kwargs)
        self._show_accuracy(bool(call.dropped.get("show_accuracy", False)))
        return super().evaluate(*call.positional, **call.arguments)  # type: ignore[misc]

    def predict(self, *args: Any, **kwargs: Any) -> Any:
        """As `Model.predict`, with names and defaults of the era."""
        call = self._translated("predict", args, kwargs)
        return super().predict(*call.positional, **call.arguments)  # type: ignore[misc]

    def predict_proba(self, *args: Any, **kwargs: Any) -> Any:
        """The outputs; the name says that they are probabilities."""
        call = self._translated("predict_proba", args, kwargs)
        return super().predict(*call.positional, **call.arguments)  # type: ignore[misc]

    def predict_classes(self, *args: Any, **kwargs: Any) -> Any:
        """Numbers of the likeliest classes; of one unit, whether it passes 0.5.

        Returns:
            `(batch,)` integers, or `(batch, 1)` for a single unit.
        """
        call = self._translated("predict_classes", args, kwargs)
        outputs = super().predict(*call.positional, **call.arguments)  # type: ignore[misc]
        is_binary = outputs.shape[-1] == 1
        if "_class_mode" in self.__dict__ and self.dialect.version < (0, 3, 3):
            is_binary = self._class_mode_of() == "binary"
        return (outputs > 0.5).astype("int32") if is_binary else np.argmax(outputs, axis=-1)

    def train_on_batch(self, *args: Any, **kwargs: Any) -> Any:
        """As `Model.train_on_batch`, with names of the era."""
        call = self._translated("train_on_batch", args, kwargs)
        return self._on_batch_of_old("train_on_batch", call)

    def test_on_batch(self, *args: Any, **kwargs: Any) -> Any:
        """As `Model.test_on_batch`, with names of the era."""
        call = self._translated("test_on_batch", args, kwargs)
        return self._on_batch_of_old("test_on_batch", call)

    def train(self, *args: Any, **kwargs: Any) -> Any:
        """`train_on_batch`, as the first versions called it."""
        return self._on_batch_of_old("train_on_batch", self._translated("train", args, kwargs))

    def test(self, *args: Any, **kwargs: Any) -> Any:
        """`test_on_batch`, as the first versions called it."""
        return self._on_batch_of_old("test_on_batch", self._translated("test", args, kwargs))

    def _on_batch_of_old(self, name: str, call: Translation) -> Any:
        self._show_accuracy(bool(call.dropped.get("accuracy", False)))
        with as_compiled(self.dialect, self, self.__dict__.get("_flags")):
            return getattr(super(), name)(*call.positional, **call.arguments)

    def fit_generator(self, *args: Any, **kwargs: Any) -> Any:
        """`fit` on a generator; before Keras 2 an epoch was counted in samples."""
        call = self._translated("fit_generator", args, kwargs)
        self._show_accuracy(bool(call.dropped.get("show_accuracy", False)))
        given = generators.fit_arguments(self.dialect, call, kwargs)
        return self._fit([], given)

    def evaluate_generator(self, *args: Any, **kwargs: Any) -> Any:
        """`evaluate` on a generator."""
        call = self._translated("evaluate_generator", args, kwargs)
        self._show_accuracy(bool(call.dropped.get("show_accuracy", False)))
        given = generators.steps_arguments(self.dialect, call, kwargs)
        return super().evaluate(**given)  # type: ignore[misc]

    def predict_generator(self, *args: Any, **kwargs: Any) -> Any:
        """`predict` on a generator."""
        call = self._translated("predict_generator", args, kwargs)
        given = generators.steps_arguments(self.dialect, call, kwargs)
        outputs = super().predict(**given)  # type: ignore[misc]
        return generators.cut(outputs, given.get("_samples"))

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        """A copy with the same methods."""
        reduced: Any = super().__reduce__()
        return adopt(self.dialect, reduced[0](*reduced[1]))

    @property
    def metrics_names(self) -> list[str]:
        """The names of what `evaluate` returns."""
        if not self.dialect.is_old:
            return super().metrics_names  # type: ignore[misc, no-any-return]
        if self._has_metrics():
            return list(self.get_metrics_result())  # type: ignore[attr-defined]
        return ["loss", *self.__dict__.get("_metric_names", ())]

    def add_loss(self, loss: Any, inputs: Any = None) -> None:
        """Adds a loss; it may be a tensor that follows from the model's inputs."""
        del inputs
        losses = [SymbolicLoss(self, x) for x in tree.flatten(loss) if isinstance(x, KerasTensor)]
        if not losses:
            super().add_loss(loss)  # type: ignore[misc]
            return
        this: Any = self
        set_losses(this, [*self.__dict__.get("_symbolic_losses", ()), *losses])

    @property
    def compiled_loss(self) -> Any:
        """The loss of `compile`, for a `train_step` of one's own: called with targets, outputs."""

        def compiled_loss(y: Any, y_pred: Any, sample_weight: Any = None, **_: Any) -> Any:
            this: Any = self
            loss = this.compute_loss(None, y, y_pred, sample_weight)
            this._track_loss(loss, y_pred)
            return loss

        return compiled_loss

    @property
    def compiled_metrics(self) -> Any:
        """The metrics of `compile`, for a `train_step` of one's own."""
        this: Any = self
        return this.training_state.metrics

    def _has_metrics(self) -> bool:
        metrics = self.training_state.metrics  # type: ignore[attr-defined]
        return metrics is not None and metrics.built

    def save_weights(self, filepath: Any, overwrite: bool = True, **kwargs: Any) -> None:
        """Writes the weights, in HDF5 whatever the name's suffix, as then."""
        files.save_weights(super().save_weights, filepath, overwrite, **kwargs)  # type: ignore[misc]

    def load_weights(self, filepath: Any, by_name: bool = False, **kwargs: Any) -> None:
        """Reads weights, from HDF5 whatever the name's suffix."""
        files.load_weights(super().load_weights, filepath, by_name, **kwargs)  # type: ignore[misc]

    def save(self, filepath: Any, overwrite: bool = True, **kwargs: Any) -> None:
        """Writes the model, in HDF5 if the name has no suffix that says otherwise."""
        files.save(super().save, filepath, overwrite, **kwargs)  # type: ignore[misc]


def _name_of(metric: Any) -> str:
    return (
        metric if isinstance(metric, str) else str(getattr(metric, "name", None) or metric.__name__)
    )


@functools.lru_cache(maxsize=32)
def classes_of(dialect: Dialect) -> dict[str, Any]:
    """The classes of models of a dialect by name: Model, Functional, Sequential."""
    model = type("Model", (OldTraining, Model), {"dialect": dialect, "__new__": _new_model})
    functional = type("Functional", (model, Functional), {})
    sequential = type("Sequential", (OldTraining, OldSequential), {"dialect": dialect})
    model._functional_class = functional  # type: ignore[attr-defined]
    for made, original in ((functional, Functional), (model, Model), (sequential, Sequential)):
        passes_for(original)(made)
    return {"Model": model, "Functional": functional, "Sequential": sequential}


def _new_model(cls: Any, *args: Any, **kwargs: Any) -> Any:
    is_graph = len(args) >= 2 or "outputs" in kwargs
    made = cls._functional_class if cls.__dict__.get("_functional_class") and is_graph else cls
    return Model.__new__(made, *args, **kwargs)


def adopt(dialect: Dialect, model: Any) -> Any:
    """The same model with the methods of the dialect: what a file gave."""
    classes = classes_of(dialect)
    for name, original in (
        ("Sequential", Sequential),
        ("Functional", Functional),
        ("Model", Model),
    ):
        if type(model) is original:
            object.__setattr__(model, "__class__", classes[name])
    return model


def make_model(dialect: Dialect, target: Any, result: Translation) -> Any:
    """`Model(input=..., output=...)`."""
    return classes_of(dialect)["Model"](*result.positional, **result.arguments)


__all__ = ["OldTraining", "adopt", "classes_of", "make_model"]
