import pytest

import trimtab
from trimtab.cli import main as entry


def test_version_is_printed(capsys):
    with pytest.raises(SystemExit) as stop:
        entry.main(["--version"])

    assert (stop.value.code, capsys.readouterr().out) == (0, f"trimtab {trimtab.__version__}\n")


def test_no_command_prints_the_help_and_fails(capsys):
    assert entry.main([]) == 2
    assert "usage: trimtab" in capsys.readouterr().out


@pytest.mark.parametrize("name", sorted(entry.COMMANDS))
def test_help_of_a_command_shows_an_example(name, capsys):
    with pytest.raises(SystemExit) as stop:
        entry.main([name, "--help"])

    assert stop.value.code == 0
    assert f"trimtab {name} " in capsys.readouterr().out.partition("options:")[0]
