"""What trimtab says it computes with."""

import os
import subprocess
import sys

import pytest

import trimtab


def test_the_lines_name_the_version_the_engine_and_who_convolves(capsys):
    trimtab.show_config()
    lines = dict(line.split(":", 1) for line in capsys.readouterr().out.splitlines())
    assert lines["trimtab"].strip() == trimtab.__version__
    assert lines["instruction set"].strip() in ("avx512", "avx2", "portable")
    assert int(lines["threads"]) == trimtab.config.num_threads()
    assert lines["convolutions"].strip().startswith(("oneDNN", "own kernels"))
    assert "oneDNN" in lines["bfloat16"] or "float32" in lines["bfloat16"]


def test_own_kernels_are_named_with_the_reason():
    said = subprocess.run(
        [sys.executable, "-c", "import trimtab; trimtab.show_config()"],
        env={**os.environ, "TRIMTAB_ONEDNN": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "own kernels, as TRIMTAB_ONEDNN=0 forbids oneDNN" in said.stdout


@pytest.mark.parametrize(("wish", "words"), [("0", "TRIMTAB_BFLOAT16=0"), ("1", "by oneDNN")])
def test_the_way_of_bfloat16_can_be_chosen(wish, words):
    said = subprocess.run(
        [sys.executable, "-c", "import trimtab; trimtab.show_config()"],
        env={**os.environ, "TRIMTAB_BFLOAT16": wish},
        capture_output=True,
        text=True,
        check=True,
    )
    (line,) = (line for line in said.stdout.splitlines() if line.startswith("bfloat16:"))
    assert words in line or "without oneDNN" in line


def test_the_lines_can_be_had_as_a_dictionary():
    assert trimtab.show_config(mode="dicts")["engine"] == "cpu"


def test_another_mode_is_refused():
    with pytest.raises(ValueError, match="show_config: `mode`"):
        trimtab.show_config(mode="json")
