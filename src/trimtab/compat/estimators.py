"""`keras.wrappers.scikit_learn`: a function that builds a model, as an estimator."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

import numpy as np

from trimtab.compat.functions import to_categorical

_FIT = frozenset(
    {"batch_size", "epochs", "nb_epoch", "verbose", "callbacks", "validation_split", "shuffle"}
    | {"class_weight", "sample_weight", "validation_data", "initial_epoch"}
)
_PREDICT = frozenset({"batch_size", "verbose"})


class BaseWrapper:
    """An estimator whose model a function builds.

    Args:
        build_fn: Makes a compiled model; a class's `__call__` may be it too.
        **sk_params: Arguments of `build_fn`, `fit`, `predict` and `evaluate`.
    """

    _estimator_type = ""

    def __init__(self, build_fn: Any = None, **sk_params: Any) -> None:
        self.build_fn = build_fn
        self.sk_params = sk_params

    def get_params(self, **_: Any) -> dict[str, Any]:
        """The arguments of the constructor."""
        return {**self.sk_params, "build_fn": self.build_fn}

    def set_params(self, **params: Any) -> BaseWrapper:
        """Sets arguments of the constructor."""
        self.build_fn = params.pop("build_fn", self.build_fn)
        self.sk_params.update(params)
        return self

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn asks of an estimator; it asks only where it is installed."""
        tags = importlib.import_module("sklearn.utils")
        is_classifier = self._estimator_type == "classifier"
        return tags.Tags(
            estimator_type=self._estimator_type,
            target_tags=tags.TargetTags(required=True),
            classifier_tags=tags.ClassifierTags() if is_classifier else None,
            regressor_tags=None if is_classifier else tags.RegressorTags(),
        )

    def __sklearn_is_fitted__(self) -> bool:
        """Whether there is a model."""
        return hasattr(self, "model")

    def _build(self) -> Any:
        function = self.build_fn if self.build_fn is not None else self.__call__  # type: ignore[operator]
        known = inspect.signature(function).parameters
        return function(**{n: v for n, v in self.sk_params.items() if n in known})

    def _chosen(self, names: frozenset[str], given: dict[str, Any]) -> dict[str, Any]:
        return {n: v for n, v in self.sk_params.items() if n in names} | given

    def _fit(self, x: Any, y: Any, given: dict[str, Any]) -> Any:
        self.model = self._build()
        return self.model.fit(x, y, **self._chosen(_FIT, given))

    def _outputs(self, x: Any, given: dict[str, Any]) -> Any:
        return self.model.predict(x, **self._chosen(_PREDICT, given))


class KerasClassifier(BaseWrapper):
    """A classifier; see `BaseWrapper`."""

    _estimator_type = "classifier"

    def fit(self, x: Any, y: Any, **kwargs: Any) -> Any:
        """Builds and trains a model; returns its history.

        Args:
            x: Inputs.
            y: Classes, or rows of zeros with a single 1.
            **kwargs: Arguments of the model's `fit`.
        """
        y = np.asarray(y)
        if y.ndim == 2 and y.shape[1] > 1:
            self.classes_ = np.arange(y.shape[1])
            return self._fit(x, y, kwargs)
        self.classes_, numbers = np.unique(y, return_inverse=True)
        self.n_classes_ = len(self.classes_)
        self.model = self._build()
        loss = getattr(self.model.loss, "__name__", self.model.loss)
        targets = numbers.reshape(y.shape)
        if loss == "categorical_crossentropy":
            targets = to_categorical(targets)
        return self.model.fit(x, targets, **self._chosen(_FIT, kwargs))

    def predict(self, x: Any, **kwargs: Any) -> Any:
        """The classes."""
        outputs = self._outputs(x, kwargs)
        if outputs.shape[-1] > 1:
            return self.classes_[np.argmax(outputs, axis=-1)]
        return self.classes_[(outputs > 0.5).astype("int32")]

    def predict_proba(self, x: Any, **kwargs: Any) -> Any:
        """The probabilities, a column a class."""
        outputs = self._outputs(x, kwargs)
        return outputs if outputs.shape[-1] > 1 else np.hstack([1 - outputs, outputs])

    def score(self, x: Any, y: Any, **kwargs: Any) -> float:
        """The accuracy."""
        y = np.asarray(y)
        truth = self.classes_[np.argmax(y, axis=-1)] if y.ndim == 2 and y.shape[1] > 1 else y
        return float(np.mean(np.ravel(self.predict(x, **kwargs)) == np.ravel(truth)))


class KerasRegressor(BaseWrapper):
    """A regressor; see `BaseWrapper`."""

    _estimator_type = "regressor"

    def fit(self, x: Any, y: Any, **kwargs: Any) -> Any:
        """Builds and trains a model; returns its history."""
        return self._fit(x, y, kwargs)

    def predict(self, x: Any, **kwargs: Any) -> Any:
        """The outputs, without axes of length 1."""
        return np.squeeze(self._outputs(x, kwargs))

    def score(self, x: Any, y: Any, **kwargs: Any) -> float:
        """Minus the loss."""
        loss = self.model.evaluate(x, y, **self._chosen(_PREDICT, kwargs))
        return -float(loss[0] if isinstance(loss, list) else loss)


NAMES: dict[str, Any] = {
    "BaseWrapper": BaseWrapper,
    "KerasClassifier": KerasClassifier,
    "KerasRegressor": KerasRegressor,
}
