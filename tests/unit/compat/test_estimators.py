import numpy as np
import pytest
from sklearn.base import clone, is_classifier
from sklearn.model_selection import GridSearchCV, cross_val_score

from trimtab.compat.dialect import Dialect
from trimtab.compat.installation import find_in_keras

X = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")
Y = (X[:, 0] > 0).astype(int)


def found(area, name):
    return find_in_keras(Dialect("keras2"), area, name)


def build(units=4, optimizer="adam"):
    dense = found("layers", "Dense")
    model = found("models", "Sequential")(
        [dense(units, activation="relu", input_dim=3), dense(1, activation="sigmoid")]
    )
    model.compile(optimizer, "binary_crossentropy", metrics=["accuracy"])
    return model


@pytest.fixture
def classifier():
    return found("wrappers.scikit_learn", "KerasClassifier")(build, epochs=5, verbose=0, units=8)


def test_an_estimator_learns_classes_of_any_name(classifier):
    names = np.array(["no", "yes"])
    classifier.fit(X, names[Y])

    assert set(np.ravel(classifier.predict(X))) <= set(names)
    assert classifier.predict_proba(X).sum(1) == pytest.approx(np.ones(40))
    assert classifier.score(X, names[Y]) == np.mean(np.ravel(classifier.predict(X)) == names[Y])
    assert classifier.model.layers[0].units == 8


def test_scikit_learn_takes_it_for_a_classifier(classifier):
    assert is_classifier(classifier)
    assert clone(classifier).get_params() == classifier.get_params()
    assert len(cross_val_score(classifier, X, Y, cv=2)) == 2


def test_scikit_learn_searches_its_parameters(classifier):
    grid = GridSearchCV(classifier, {"optimizer": ["sgd", "adam"], "epochs": [1]}, cv=2)

    assert set(grid.fit(X, Y).best_params_) == {"optimizer", "epochs"}


def test_rows_of_zeros_with_a_one_are_classes(classifier):
    def three():
        model = found("models", "Sequential")([found("layers", "Dense")(3, activation="softmax")])
        model.compile("adam", "categorical_crossentropy")
        return model

    estimator = found("wrappers.scikit_learn", "KerasClassifier")(three, verbose=0)
    numbers = np.arange(40) % 3
    estimator.fit(X, numbers)
    assert set(estimator.predict(X)) <= {0, 1, 2}
    estimator.fit(X, np.eye(3)[numbers])
    assert 0 <= estimator.score(X, np.eye(3)[numbers]) <= 1


def test_a_regressor_scores_by_its_loss():
    def line():
        model = found("models", "Sequential")([found("layers", "Dense")(1, input_shape=(3,))])
        model.compile("sgd", "mse")
        return model

    regressor = found("wrappers.scikit_learn", "KerasRegressor")(line, epochs=2, verbose=0)
    regressor.fit(X, X[:, 0])

    p = regressor.predict(X)
    assert regressor.score(X, X[:, 0], verbose=0) == pytest.approx(-((p - X[:, 0]) ** 2).mean())
