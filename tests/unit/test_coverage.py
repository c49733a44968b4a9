"""The table of Keras's names: docs/coverage.md says what the code has."""

import pathlib
import runpy

import pytest

COVERAGE = runpy.run_path(str(pathlib.Path(__file__).resolve().parents[2] / "tools/coverage.py"))
NAMES = COVERAGE["read_names"]()


def test_the_document_is_what_the_tool_writes():
    # Mend with `python tools/coverage.py`.
    assert COVERAGE["DOCUMENT"].read_text() == COVERAGE["document"](NAMES)


def test_no_name_stands_twice():
    paths = [name.path for name in NAMES]
    assert len(paths) == len(set(paths))


@pytest.mark.parametrize("path", ["keras.layers.Dense", "keras.Variable.name", "keras.Model.fit"])
def test_what_is_there_is_found(path):
    assert COVERAGE["is_there"](path)


@pytest.mark.parametrize("path", ["keras.layers.Nothing", "keras.nothing.Dense"])
def test_what_is_not_there_is_not_found(path):
    assert not COVERAGE["is_there"](path)


def test_a_name_out_of_scope_has_a_reason():
    assert all(name.reason for name in NAMES if name.tier == COVERAGE["OUT"])
