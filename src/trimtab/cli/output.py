"""What commands print: text for people, JSON for programs."""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
from typing import Any

import numpy as np


def add_json_argument(parser: argparse.ArgumentParser) -> None:
    """Adds `--json`."""
    parser.add_argument("--json", action="store_true", help="print one JSON object, not text")


def say(text: str) -> None:
    """Prints text for a person."""
    print(text)  # noqa: T201 - a command's output


def say_json(value: Any) -> None:
    """Prints one JSON object; a number that is not finite becomes null."""
    say(json.dumps(plain(value), indent=2, ensure_ascii=False, allow_nan=False))


def plain(value: Any) -> Any:
    """Data classes, arrays and NumPy's numbers as what JSON knows."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return {field.name: plain(getattr(value, field.name)) for field in fields}
    if isinstance(value, dict):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(entry) for entry in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)
