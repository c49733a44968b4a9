"""What `fold` makes of the published networks gives what they gave.

In both data formats and with layers without beta and without gamma by turns; gammas are of both
signs and zero. `tools/fold_applications.py`, which makes the networks, tries all combinations, in
float64 too and with certificates.
"""

import importlib.util
import pathlib

import numpy as np
import pytest

import trimtab as keras
from trimtab import batchnorm

_TOOL = pathlib.Path(__file__).resolve().parents[3] / "tools" / "fold_applications.py"
_SPEC = importlib.util.spec_from_file_location("fold_applications", _TOOL)
tool = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(tool)

# Larger versions of networks that are here, made by the same code: left to the tool.
LARGEST = {"EfficientNetB5", "EfficientNetB6", "EfficientNetB7", "EfficientNetV2L"}
CASES = [
    (name, tool.FORMATS[number % 2], list(tool.VARIANTS)[number % 3])
    for number, name in enumerate(sorted(tool.networks()))
    if name not in LARGEST
]
QUICK = [("MobileNetV2", data_format, "as it is") for data_format in tool.FORMATS]


@pytest.fixture(autouse=True)
def _format():
    yield
    keras.config.set_image_data_format("channels_last")


@pytest.mark.parametrize(
    ("name", "data_format", "variant"),
    [*QUICK, *(pytest.param(*case, marks=pytest.mark.slow) for case in CASES)],
)
def test_application_is_folded_with_equal_outputs(name, data_format, variant):
    keras.config.set_image_data_format(data_format)
    model = tool.network(name, variant)
    x = tool.images(model).astype("float32")
    folded, report = batchnorm.fold(model, x, certify_layers=False)

    assert report.folded > 0
    assert report.largest_difference <= 2e-5 * report.output_size
    kept = {layer.name for layer in batchnorm.rewriting.batchnorms(folded)}
    assert kept == {layer.layer for layer in report.layers if layer.action == "stays"}
    assert all(layer.why for layer in report.layers if layer.action == "stays")


@pytest.mark.parametrize("data_format", tool.FORMATS)
def test_predicts_own_folding_gives_the_same(data_format):
    keras.config.set_image_data_format(data_format)
    model = tool.network("MobileNetV2", "as it is")
    x = tool.images(model).astype("float32")
    folded = batchnorm.fold(model, certify_layers=False).model

    assert tool.own_folding(model, x) <= 2e-5
    assert tool.share(model.predict(x, verbose=0), folded.predict(x, verbose=0)) <= 2e-5


def test_networks_are_made_as_the_cases_ask():
    keras.config.set_image_data_format("channels_first")
    no_beta, no_gamma = (tool.network("MobileNetV2", v) for v in ("no beta", "no gamma"))
    gamma = np.concatenate([np.array(n.gamma) for n in batchnorm.rewriting.batchnorms(no_beta)])

    assert no_beta.input_shape == (None, 3, 32, 32)
    assert {np.sign(value) for value in gamma} == {-1.0, 0.0, 1.0}
    assert all(norm.beta is None for norm in batchnorm.rewriting.batchnorms(no_beta))
    assert all(norm.gamma is None for norm in batchnorm.rewriting.batchnorms(no_gamma))


def test_every_network_is_among_the_cases():
    functions = {name.split()[0] for name, _, _ in CASES} | LARGEST
    assert {"VGG16", "GoogLeNet", "CaffeNet128", "EfficientNetV2S", "ResNet152V2"} <= functions
    assert len(functions) >= 34
