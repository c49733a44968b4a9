"""place, fold and export on correct networks of all sorts: outputs stay where they are said to."""

import correct_models
import numpy as np
import onnxruntime
import pytest

from trimtab import batchnorm
from trimtab.core import tree

NAMES = sorted(set(correct_models.MODELS) - {"subclassed_model"})
# ONNX carries neither a Lambda of Python code nor the mask that a pooling needs.
NOT_IN_ONNX = {
    "lambda_and_operators",
    "masked_sequence",
    "norm_behind_pooling_of_a_masked_sequence",
}


def network(name, rng):
    """A network with random statistics, and inputs for it."""
    model = correct_models.MODELS[name]()
    for norm in batchnorm.rewriting.batchnorms(model):
        shape = norm.moving_mean.shape
        norm.moving_mean.assign(rng.normal(0, 0.3, shape))
        norm.moving_variance.assign(rng.uniform(0.3, 2, shape))
        if norm.gamma is not None:
            norm.gamma.assign(rng.uniform(0.2, 1.5, shape))

    def rows(x):
        shape = (3, *(8 if size is None else size for size in x.shape[1:]))
        if "int" in x.dtype:
            return rng.integers(0, 5, shape).astype(x.dtype)
        return rng.normal(size=shape).astype(x.dtype)

    return model, tree.map_structure(rows, model._function.input_structure)


def outputs(model, x):
    return [np.asarray(y) for y in tree.flatten(model(x, training=False))]


def largest_difference(first, second):
    return max(float(np.abs(a - b).max()) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_what_place_says_it_keeps_is_kept(name, rng):
    model, x = network(name, rng)
    for where in ("before", "after"):
        try:
            new, report = batchnorm.place(model, where, start="same")
        except ValueError as error:
            assert "has no activations" in str(error)  # noqa: PT017 - one network has none
            continue
        if report.keeps_outputs:
            assert largest_difference(outputs(model, x), outputs(new, x)) < 1e-4
        assert batchnorm.place(new, where).report.count("added") == 0
    assert not [
        layer for layer in batchnorm.place(model, "none").report.layers if layer.action == "kept"
    ]


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"no_batch_norm_at_all"}))
def test_folded_network_gives_the_same(name, rng):
    model, x = network(name, rng)
    folded, report = batchnorm.fold(model, x, certify_layers=False)

    assert largest_difference(outputs(model, x), outputs(folded, x)) < 1e-5
    assert all(layer.why for layer in report.layers if layer.action == "stays")


@pytest.mark.parametrize("name", sorted(set(NAMES) - NOT_IN_ONNX))
def test_network_in_onnx_gives_the_same(name, rng, tmp_path):
    model, x = network(name, rng)
    path = str(tmp_path / "model.onnx")
    batchnorm.export_onnx(model, path)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [entry.name for entry in session.get_inputs()]
    results = session.run(None, dict(zip(names, tree.flatten(x), strict=True)))

    assert largest_difference(outputs(model, x), results) < 1e-5
