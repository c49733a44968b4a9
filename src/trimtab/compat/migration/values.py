"""Values of arguments whose meaning changed, made explicit."""

from __future__ import annotations

from typing import Any

from trimtab.compat.migration.nodes import literal, make
from trimtab.compat.migration.script import Script
from trimtab.compat.tables.values import CONSTRAINTS, INITIALIZERS, LOSSES, meaning
from trimtab.core import extras
from trimtab.core.old_spellings import ORDERINGS

cst: Any = extras.require("libcst", "migrate", "Rewriting source")

_BOTH = {"l1l2", "activity_l1l2"}


def call_of(script: Script, path: str, arguments: dict[str, Any]) -> Any:
    """The node of a call of a name in Keras, with literals as named arguments."""
    script.needs.add("keras")
    parts = ", ".join(f"{name}={_text(value)}" for name, value in arguments.items())
    return cst.parse_expression(f"keras.{path}({parts})")


def _text(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def explicit(script: Script, name: str, value: Any) -> Any:
    """The node for the value of argument `name`, in today's meaning."""
    given = literal(value)
    if not isinstance(given, str):
        return value
    if name.endswith("_initializer"):
        return _initializer(script, given, value)
    if name.endswith("_regularizer"):
        return _regularizer(script, given, value)
    if name.endswith("_constraint"):
        row = meaning(CONSTRAINTS, given, script.version)
        return value if row is None else call_of(script, f"constraints.{row.today}", {})
    return value


def _initializer(script: Script, given: str, value: Any) -> Any:
    row = meaning(INITIALIZERS, given, script.version)
    if row is None or not script.has_old_defaults:
        return value
    if not row.arguments:
        return make(row.today)
    arguments = {
        key: round(part, 15) if isinstance(part, float) else part
        for key, part in row.arguments.items()
    }
    return call_of(script, f"initializers.{row.today}", arguments)


def _regularizer(script: Script, given: str, value: Any) -> Any:
    if given in _BOTH:
        return call_of(script, "regularizers.L1L2", {"l1": 0.01, "l2": 0.01})
    if given in ("activity_l1", "activity_l2"):
        return make(given[-2:])
    return value


def loss_today(given: str, script: Script) -> str | None:
    """Today's name of a loss; None if it has none, or the name is still that."""
    row = meaning(LOSSES, given, script.version)
    return None if row is None else row.today


def ordering_today(given: Any) -> str | None:
    """Today's word for an order of axes."""
    return ORDERINGS.get(given) if isinstance(given, str) else None
