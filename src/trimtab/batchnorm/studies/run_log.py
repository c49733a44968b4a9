"""The log of a study's runs: one JSON object a line, on disk before the next run counts.

Lines are only ever added, so a study that is killed at any moment loses the runs under way and no
other. A last line that was cut off is dropped when the log is opened again.
"""

from __future__ import annotations

import dataclasses
import fcntl
import json
import math
import os
import pathlib
from typing import Any

from trimtab.batchnorm.studies.runs import Job, Run

_FORMAT = "trimtab study log 1"


class RunLog:
    """The runs of one study, in memory and, with a path, in a file.

    Args:
        path: The file; made if it is not there. None keeps the runs in memory only.
        settings: What decides a run's outcome, by name. A file of other settings is refused.
        planned: Number of seeds that are planned.

    Raises:
        ValueError: If the file belongs to another study, is no such log, or another process is
            writing to it.
    """

    def __init__(
        self, path: str | os.PathLike[str] | None, settings: dict[str, Any], planned: int
    ) -> None:
        self.runs: dict[Job, Run] = {}
        self.looks: list[int] = []
        self._path = None if path is None else pathlib.Path(path)
        self._file: Any = None
        if self._path is None:
            self.looks = [planned]
            return
        self._file = open(self._path, "a+b")  # noqa: SIM115 - closed by `close`
        try:
            self._lock()
            self._read(settings)
            if not self.looks or self.looks[-1] < planned:
                self._write({"planned": planned})
                self.looks.append(planned)
        except BaseException:
            self.close()
            raise

    def add(self, run: Run) -> None:
        """Keeps a run; returns when it is on disk."""
        self.runs[run.job] = run
        self._write(
            {
                "run": dataclasses.asdict(run.job),
                "history": {k: [_plain(v) for v in values] for k, values in run.history.items()},
                "failure": run.failure,
                "seconds": round(run.seconds, 6),
            }
        )

    def close(self) -> None:
        """Lets the file go."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ValueError(
                f"study: another process is writing to the log {self._path}; wait for it, or name "
                "another file"
            ) from error

    def _read(self, settings: dict[str, Any]) -> None:
        self._file.seek(0)
        content = self._file.read()
        whole = content.rfind(b"\n") + 1
        lines = content[:whole].splitlines()
        if not lines and content and not content.startswith(b"{"):
            raise ValueError(f"study: {self._path} is no log of a study; name another file")
        if whole < len(content):
            self._file.truncate(whole)
        if not lines:
            self._write({"format": _FORMAT, "settings": settings})
            return
        header, *rest = [self._parsed(line, number) for number, line in enumerate(lines, 1)]
        self._check_header(header, settings)
        for entry in rest:
            if "planned" in entry:
                self.looks.append(entry["planned"])
            else:
                run = _run_of(entry)
                self.runs[run.job] = run

    def _parsed(self, line: bytes, number: int) -> dict[str, Any]:
        try:
            entry = json.loads(line)
        except ValueError:
            entry = None
        if not isinstance(entry, dict):
            raise ValueError(
                f"study: line {number} of {self._path} is no line of a study's log; name another "
                "file"
            )
        return entry

    def _check_header(self, header: dict[str, Any], settings: dict[str, Any]) -> None:
        if header.get("format") != _FORMAT:
            raise ValueError(f"study: {self._path} is no log of a study; name another file")
        known = header["settings"]
        wanted = json.loads(json.dumps(settings))
        for name in sorted(set(known) | set(wanted)):
            if known.get(name) != wanted.get(name):
                raise ValueError(
                    f"study: the log {self._path} belongs to another study: its `{name}` is "
                    f"{_short(known.get(name))}, now it is {_short(wanted.get(name))}; name "
                    "another file, or delete it"
                )

    def _write(self, entry: dict[str, Any]) -> None:
        if self._file is None:
            return
        self._file.write(json.dumps(entry, allow_nan=False).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())


def _plain(value: float) -> float | None:
    """A number that JSON has; None for NaN and infinity."""
    return value if math.isfinite(value) else None


def _run_of(entry: dict[str, Any]) -> Run:
    history = {
        name: [math.nan if v is None else float(v) for v in values]
        for name, values in entry["history"].items()
    }
    return Run(Job(**entry["run"]), history, entry["failure"], entry["seconds"])


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
