import json

import pytest

from trimtab.cli.main import main

OLD = "from keras.layers.core import Dense\nDense(output_dim=3)\n"
NEW = "from keras.layers import Dense\nDense(units=3)\n"


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "old.py"
    path.write_text(OLD)
    return path


def test_the_new_source_is_printed_and_the_file_stays(script, capsys):
    assert main(["migrate", str(script)]) == 0

    printed = capsys.readouterr()
    assert printed.out == NEW
    assert "Keras 1.x, 2 changes" in printed.err
    assert script.read_text() == OLD


def test_in_place_writes_the_file_and_keeps_its_mode(script):
    script.chmod(0o750)

    assert main(["migrate", "--in-place", str(script)]) == 0

    assert script.read_text() == NEW
    assert script.stat().st_mode & 0o777 == 0o750


def test_check_fails_where_a_file_would_change(script):
    assert main(["migrate", "--check", str(script)]) == 1
    main(["migrate", "--in-place", str(script)])
    assert main(["migrate", "--check", str(script)]) == 0


def test_diff_shows_both_spellings(script, capsys):
    main(["migrate", "--diff", str(script)])

    printed = capsys.readouterr().out
    assert "\n-Dense(output_dim=3)\n" in printed
    assert "\n+Dense(units=3)\n" in printed


def test_json_lists_the_changes(script, capsys):
    main(["migrate", "--json", str(script)])

    (found,) = json.loads(capsys.readouterr().out)
    assert found["changes"][1] == {"line": 2, "old": "Dense(output_dim=3)", "new": "Dense(units=3)"}


def test_one_bad_file_leaves_all_as_they_were(script, tmp_path, capsys):
    bad = tmp_path / "bad.py"
    bad.write_text("print 'a'\n")

    assert main(["migrate", "--in-place", str(script), str(bad)]) == 2

    assert script.read_text() == OLD
    assert "is Python 2, with print statements at line 1" in capsys.readouterr().err


def test_python_2_is_converted_where_asked(tmp_path, capsys):
    path = tmp_path / "two.py"
    path.write_text("print 'a'\nfrom keras.layers.core import Dense\nDense(output_dim=3)\n")

    assert main(["migrate", "--python2", str(path)]) == 0

    assert capsys.readouterr().out == "print('a')\n" + NEW
