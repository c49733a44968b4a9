"""Where does Batch Normalization go: before the activation, after it, or nowhere?

A small network and real data, for `trimtab study` to answer it; run as a script it is the same
study from Python. For a table of your own:

    trimtab study examples/where_does_bn_go.py:build table.csv --target column --standardize
"""

import numpy as np

import trimtab as keras
from trimtab import batchnorm, layers


def build(placement: str, columns: int = 30, classes: int = 2) -> keras.Model:
    """Two blocks of 64 tanh units with dropout, and a softmax; BN stands where `placement` says.

    The last BN stands before the softmax in both forms: after it, the outputs would be no
    probabilities any more.
    """

    def normalise_and_activate(name: str, placement: str) -> list[keras.Layer]:
        activation = layers.Activation(name)
        if placement == "none":
            return [activation]
        pair = [layers.BatchNormalization(), activation]
        return pair if placement == "before" else pair[::-1]

    model = keras.Sequential(
        [
            keras.Input((columns,)),
            layers.Dense(64),
            *normalise_and_activate("tanh", placement),
            layers.Dropout(0.5),
            layers.Dense(64),
            *normalise_and_activate("tanh", placement),
            layers.Dropout(0.5),
            layers.Dense(classes),
            *normalise_and_activate("softmax", "none" if placement == "none" else "before"),
        ]
    )
    model.compile(
        loss="binary_crossentropy" if classes == 2 else "categorical_crossentropy",
        optimizer=keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
        metrics=["accuracy"],
    )
    return model


def breast_cancer() -> tuple[np.ndarray, np.ndarray]:
    """Scikit-learn's bundled data: 30 measures of cell nuclei, and the diagnosis, one-hot."""
    from sklearn.datasets import load_breast_cancer  # noqa: PLC0415  `build` does without it.

    data = load_breast_cancer()
    return data.data.astype("float32"), np.eye(2, dtype="float32")[data.target]


if __name__ == "__main__":
    study = batchnorm.study(
        build, *breast_cancer(), batch_size=16, standardize=True, metric="accuracy", margin=0.02
    )
    print(study)
    print("Report    ", study.save("where_does_bn_go.html"))
