"""Import statements of Keras, from the modules that names are found in today."""

from __future__ import annotations

from typing import Any

from trimtab.compat.migration import nodes
from trimtab.compat.migration.names import dotted, is_application, is_keras, normalised, today
from trimtab.compat.migration.script import Change, Remark, Script
from trimtab.compat.tables.names import GONE
from trimtab.core import extras

cst: Any = extras.require("libcst", "migrate", "Rewriting source")


def rewritten_import(script: Script, line_node: Any, line: int) -> Any:
    """The statements that an import statement becomes.

    Args:
        script: The script.
        line_node: The line of source with the import.
        line: Its number.
    """
    statement = line_node.body[0]
    if isinstance(statement, cst.Import):
        made = _modules(script, statement, line)
    else:
        made = _names(script, statement, line)
    if made is None:
        return line_node
    old = nodes.text_of(statement)
    if made == [old]:
        return line_node
    script.changes.append(Change(line, old, "; ".join(made)))
    if not made:
        return cst.RemovalSentinel.REMOVE
    lines = [cst.parse_statement(text) for text in made]
    first = lines[0].with_changes(leading_lines=line_node.leading_lines)
    last = lines[-1] if len(lines) > 1 else first
    last = last.with_changes(trailing_whitespace=line_node.trailing_whitespace)
    if len(lines) == 1:
        return last
    return cst.FlattenSentinel([first, *lines[1:-1], last])


def _modules(script: Script, statement: Any, line: int) -> list[str] | None:
    """`import a.b as c`, a statement a module; None if Keras is not among them."""
    if not any(is_keras(normalised(dotted(alias.name))) for alias in statement.names):
        return None
    made = []
    for alias in statement.names:
        path = dotted(alias.name)
        asname = alias.asname.name.value if alias.asname is not None else None
        inner = normalised(path)
        if not is_keras(inner):
            made.append(f"import {path}" + (f" as {asname}" if asname else ""))
            continue
        found = today(inner)
        if found is None:
            script.left.append(Remark(line, f"import {path}: there is no such module today"))
            made.append(f"import {path}")
        elif asname is None:
            # What it binds is `keras` (or `tensorflow`), whose attributes are rewritten.
            made.append("import keras")
        elif asname == found.module:
            made.append(f"import {found.module}")
        else:
            made.append(f"import {found.module} as {asname}")
    return list(dict.fromkeys(made))


def _names(script: Script, statement: Any, line: int) -> list[str] | None:
    """`from a import b, c`, a statement a module of today."""
    if statement.module is None or statement.relative:
        return None
    module = dotted(statement.module)
    if module == "tensorflow":
        return _from_tensorflow(script, statement)
    inner = normalised(module)
    if not is_keras(inner):
        return None
    if isinstance(statement.names, cst.ImportStar):
        found = today(inner)
        return None if found is None else [f"from {found.module} import *"]
    by_module: dict[str, list[str]] = {}
    for alias in statement.names:
        name = dotted(alias.name)
        asname = alias.asname.name.value if alias.asname is not None else None
        where, imported = _place(script, inner, name, asname, line)
        by_module.setdefault(where, []).append(imported)
    made = [
        f"from {where} import {', '.join(dict.fromkeys(names))}" if where else names[0]
        for where, names in by_module.items()
    ]
    return _kept_layout(statement, made)


def _place(
    script: Script, module: str, name: str, asname: str | None, line: int
) -> tuple[str, str]:
    """Module of today and the words behind `import` for one name; ("", statement) for `import`."""
    path = f"{module}.{name}"
    if is_application(path) or is_application(f"{module}."):
        return module, f"{name} as {asname}" if asname else name
    found = today(path)
    if found is None:
        reason = GONE.get(name, "is in no module of today")
        script.left.append(Remark(line, f"{name} {reason}"))
        return module, f"{name} as {asname}" if asname else name
    if found.name:
        words = f"{found.name} as {asname}" if asname else found.name
        return found.module, words
    local = asname or name
    parent, _, last = found.module.rpartition(".")
    if not parent:
        return "", "import keras" if local == "keras" else f"import keras as {local}"
    return parent, last if last == local else f"{last} as {local}"


def _from_tensorflow(script: Script, statement: Any) -> list[str] | None:
    """`from tensorflow import keras`."""
    if isinstance(statement.names, cst.ImportStar):
        return None
    made, rest = [], []
    for alias in statement.names:
        name = dotted(alias.name)
        asname = alias.asname.name.value if alias.asname is not None else None
        if name == "keras":
            made.append("import keras" + (f" as {asname}" if asname else ""))
        else:
            rest.append(f"{name} as {asname}" if asname else name)
    if not made:
        return None
    return made + ([f"from tensorflow import {', '.join(rest)}"] if rest else [])


def _kept_layout(statement: Any, made: list[str]) -> list[str]:
    """The statement's own text where only its module changed, so that line breaks stay."""
    if len(made) != 1 or statement.lpar is None:
        return made
    module, _, names = made[0].removeprefix("from ").partition(" import ")
    own = [dotted(a.name) for a in statement.names]
    if names.split(", ") != own:
        return made
    return [nodes.text_of(statement.with_changes(module=cst.parse_expression(module)))]
