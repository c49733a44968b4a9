"""What a case is."""

from typing import Any, NamedTuple


class Case(NamedTuple):
    """A layer's arguments and the shapes of its inputs, a list of them for layers of several."""

    arguments: dict[str, Any]
    shape: Any
    # Whether the numbers of a call in training are determined by its inputs.
    is_deterministic: bool = True
    high: int | None = None
