"""docs/rules.md says what the code says."""

import importlib.util
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location(
        "rules_reference", ROOT / "tools" / "rules_reference.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_tool_makes(tool):
    assert tool.PAGE.read_text() == tool.page()


def test_no_threshold_claims_a_measurement_that_was_not_made(tool):
    assert tool.unmeasured() == []
