"""Packages of extras: imported when asked for, missed with the extra's name."""

import json

import pytest

from trimtab.core import extras


def test_gives_the_module():
    assert extras.require("json", "none", "This test") is json


def test_missing_module_names_what_needs_it_and_the_extra():
    with pytest.raises(
        ImportError,
        match=r"^This test needs the package not_there; .* pip install 'trimtab\[them\]'$",
    ):
        extras.require("not_there", "them", "This test")
