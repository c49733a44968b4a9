"""What fit says of Batch Normalization: at most three lines, once a model, and only faults."""

import numpy as np
import pytest
from planted_registry import bn, chain, normal

from trimtab import config, layers, ops
from trimtab.training import batch_norm_checks


def fit(model, verbose=2, **arguments):
    model.compile("sgd", "mse")
    model.fit(normal(640, 8), np.ones((640, 1)), verbose=verbose, **arguments)


def told(capsys):
    lines = capsys.readouterr().out.splitlines()
    return [line for line in lines if line.startswith(("warn ", "error ")) or "findings" in line]


def sound():
    return chain(layers.Dense(8), bn(momentum=0.9), layers.ReLU(), layers.Dense(1))


def test_a_sound_model_gives_no_line(capsys):
    fit(sound(), epochs=5)

    assert told(capsys) == []


def test_a_fault_is_told_once_a_model(capsys):
    model = chain(layers.Dense(8), bn(momentum=0.1), layers.ReLU(), layers.Dense(1))
    fit(model)
    model.fit(normal(64, 8), np.ones((64, 1)), verbose=2)

    lines = told(capsys)
    assert len(lines) == 1
    assert lines[0].startswith("warn BN202: 'bn' momentum 0.1:")


def test_at_most_three_lines_are_told(capsys):
    norms = [
        layers.BatchNormalization(momentum=0.1, epsilon=0.1, center=False, name=f"bn_{i}")
        for i in range(3)
    ]
    parts = [part for norm in norms for part in (layers.Dense(8), norm, layers.ReLU())]
    fit(chain(*parts, layers.Dense(1)))

    lines = told(capsys)
    assert len(lines) == 3
    assert lines[2].startswith("7 more findings on batch normalization")


def test_too_few_steps_are_told(capsys):
    model = chain(layers.Dense(8), bn(), layers.ReLU(), layers.Dense(1))
    fit(model)

    assert [line.split(":")[0] for line in told(capsys)] == ["error BN203"]


def test_verbose_0_prints_nothing(capsys):
    fit(chain(layers.Dense(8), bn(momentum=0.1), layers.ReLU(), layers.Dense(1)), verbose=0)

    assert capsys.readouterr().out == ""


def test_set_bn_checks_silences_it(capsys):
    config.set_bn_checks(False)
    try:
        fit(chain(layers.Dense(8), bn(momentum=0.1), layers.ReLU(), layers.Dense(1)))
    finally:
        config.set_bn_checks(True)

    assert told(capsys) == []


def test_a_layer_that_cannot_be_followed_stops_nothing(capsys):
    class Stubborn(layers.Layer):
        def __init__(self):
            super().__init__()
            self.norm = layers.BatchNormalization()

        def build(self, shape):
            self.norm.build(shape)

        def call(self, x):
            return self.norm(x) if isinstance(x.shape[0], int) and x.shape[0] != 83 else ops.eig(x)

        def compute_output_shape(self, shape):
            return shape

    fit(chain(Stubborn(), layers.Dense(1)))

    assert told(capsys) == []


def test_a_fault_of_a_check_is_told_and_stops_nothing(capsys, monkeypatch):
    def broken(*facts):
        raise RuntimeError("broken")

    monkeypatch.setattr("trimtab.batchnorm.fit_checks.AuditSubject", broken)
    fit(sound())

    assert "checks of batch normalization failed (RuntimeError: broken)" in capsys.readouterr().out


def test_the_toolkit_has_registered_itself():
    assert len(batch_norm_checks.CHECKS) == 1


@pytest.mark.parametrize("epochs", [1, 30])
def test_a_model_without_batch_norm_is_not_looked_at(capsys, epochs):
    model = chain(layers.Dense(8, activation="relu"), layers.Dense(1))
    fit(model, epochs=epochs)

    assert "rules" not in model.training_state.notices
