"""The name that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from trimtab.lazy import lazy_module

if TYPE_CHECKING:
    import difflib
else:
    difflib = lazy_module("difflib")


def nearest(name: Any, choices: Iterable[str]) -> str:
    """Text that names the choice most like `name`, such as ' Did you mean "adam"?'.

    '' if none is.
    """
    by_folded = {c.lower().replace("_", ""): c for c in choices}
    found = difflib.get_close_matches(
        str(name).lower().replace("_", ""), by_folded, n=1, cutoff=0.6
    )
    return f' Did you mean "{by_folded[found[0]]}"?' if found else ""
