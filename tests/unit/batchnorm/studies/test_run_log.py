import json
import math

import pytest

from trimtab.batchnorm.studies.run_log import RunLog
from trimtab.batchnorm.studies.runs import Job, Run

SETTINGS = {"epochs": 2, "arms": {"a": "x"}}


def made_run(index, failure=""):
    values = [0.1 * index, math.nan if failure else 0.30000000000000004]
    return Run(Job("a", "main", index, 0.1), {"loss": values, "val_loss": values}, failure, 0.25)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "runs.jsonl"


@pytest.fixture
def written(path):
    """A log of two runs, one of them failed."""
    log = RunLog(path, SETTINGS, 10)
    log.add(made_run(0))
    log.add(made_run(1, "diverged"))
    log.close()
    return path


def reopened(path, settings=SETTINGS, planned=10):
    log = RunLog(path, settings, planned)
    log.close()
    return log


def test_runs_come_back_bit_for_bit(written):
    runs = reopened(written).runs

    assert runs[made_run(0).job] == made_run(0)
    assert math.isnan(runs[made_run(1).job].history["loss"][1])
    assert runs[made_run(1).job].failure == "diverged"


def test_every_line_is_json_without_nan(written):
    for line in written.read_text().splitlines():
        json.loads(line, parse_constant=lambda name: pytest.fail(name))


@pytest.mark.parametrize("cut", [1, 7, 40])
def test_torn_last_line_is_dropped_and_the_log_goes_on(written, cut):
    content = written.read_bytes()
    written.write_bytes(content[:-cut])

    log = RunLog(written, SETTINGS, 10)
    assert list(log.runs) == [made_run(0).job]
    log.add(made_run(1, "diverged"))
    log.close()

    assert written.read_bytes() == content


def test_log_torn_within_its_header_begins_anew(written):
    written.write_bytes(written.read_bytes()[:20])

    assert reopened(written).runs == {}
    assert reopened(written).looks == [10]


def test_other_settings_are_refused_and_the_file_stays(written):
    before = written.read_bytes()

    with pytest.raises(ValueError, match="its `epochs` is 2, now it is 3; name another file"):
        RunLog(written, SETTINGS | {"epochs": 3}, 10)

    assert written.read_bytes() == before


@pytest.mark.parametrize("content", ["a,b\n1,2\n", '{"a": 1}\n', "notes"])
def test_file_that_is_no_log_is_refused_and_stays(path, content):
    path.write_text(content)

    with pytest.raises(ValueError, match=r"no log of a study|no line of a study"):
        RunLog(path, SETTINGS, 10)

    assert path.read_text() == content


def test_spoilt_line_in_the_middle_is_refused(written):
    lines = written.read_text().splitlines(keepends=True)
    written.write_text("".join([*lines[:2], "{spoilt\n", *lines[2:]]))

    with pytest.raises(ValueError, match="line 3 of"):
        RunLog(written, SETTINGS, 10)


def test_more_seeds_are_another_look(written):
    assert reopened(written, planned=20).looks == [10, 20]
    assert reopened(written, planned=20).looks == [10, 20]


def test_second_writer_is_refused(path):
    first = RunLog(path, SETTINGS, 10)

    with pytest.raises(ValueError, match="another process is writing"):
        RunLog(path, SETTINGS, 10)

    first.close()
