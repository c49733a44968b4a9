"""tools/requirements.py, which fills the virtual environments."""

import pathlib
import runpy

import pytest

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools" / "requirements.py"
requirements = runpy.run_path(str(TOOL))["requirements"]


def test_extras_of_this_package_are_spelt_out():
    listed = requirements("demo")

    assert set(requirements("study")) < set(listed)
    assert [name for name in listed if name.startswith("trimtab")] == []


def test_nothing_is_listed_twice():
    assert len(requirements("test")) == len(set(requirements("test")))


def test_unknown_list_is_refused():
    with pytest.raises(SystemExit, match="the list is one of build, run, .*; got 'tests'"):
        requirements("tests")
