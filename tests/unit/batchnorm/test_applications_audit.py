"""No false alarm in the published networks."""

import inspect

import pytest

from trimtab import applications
from trimtab.batchnorm import audit

# The largest of each family, which take seconds to build, are for the slow run.
LARGE = {
    "DenseNet201",
    "InceptionResNetV2",
    "ResNet152",
    "ResNet152V2",
    "VGG16",
    "VGG19",
    *(f"EfficientNetB{n}" for n in range(3, 8)),
    *(f"EfficientNetV2{size}" for size in ("B1", "B2", "B3", "S", "M", "L")),
}
NAMES = sorted(
    name
    for name in dir(applications)
    if inspect.isfunction(function := getattr(applications, name))
    and "weights" in inspect.signature(function).parameters
)


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[pytest.mark.slow] if n in LARGE else []) for n in NAMES],
)
def test_a_published_network_gives_nothing_above_a_note(name):
    model = getattr(applications, name)(weights=None)

    report = audit(model, batch_size=32, steps_per_epoch=1000, epochs=10)

    assert [finding.lines() for finding in report.above("info")] == []


def test_the_published_networks_are_there():
    assert {"ResNet50", "MobileNetV2", "DenseNet121", "InceptionV3"} <= set(NAMES)
