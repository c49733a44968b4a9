"""A script's source in, today's source out."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import Any

from trimtab.compat.detect import detect
from trimtab.compat.migration.names import LEGACY_IN_TRIMTAB
from trimtab.compat.migration.nodes import text_of
from trimtab.compat.migration.rewrite import Rewriter
from trimtab.compat.migration.script import Change, Remark, Script, Survey
from trimtab.compat.migration.snippets import SNIPPETS
from trimtab.compat.migration.tensorflow import TensorFlowLeft
from trimtab.compat.migration.trees import Lines, walk
from trimtab.compat.tables import ERAS
from trimtab.core import extras

cst: Any = extras.require("libcst", "migrate", "Rewriting source")

TARGETS = ("keras", "trimtab")
_PRINT = re.compile(r"^\s*print\s+[^=(\s]|^\s*print\s*>>|^\s*exec\s+['\"]", re.MULTILINE)


@dataclass(frozen=True)
class Migrated:
    """A script in today's source.

    Attributes:
        source: The new source.
        era: Name of the era that the old one was written for.
        changes: What was rewritten, by line.
        approximations: What is only approximately as it was.
        left: What could not be rewritten, and stands as it was.
    """

    source: str
    era: str
    changes: tuple[Change, ...]
    approximations: tuple[Remark, ...]
    left: tuple[Remark, ...]


def migrate_source(
    source: str, dialect: str | None = None, to: str = "keras", name: str = "script"
) -> Migrated:
    """`source` rewritten for Keras 3, with its comments and layout.

    Source that is for Keras 3 already comes back as it is.

    Args:
        source: Python source.
        dialect: Name of the era it was written for, or a version; found in the source if None.
        to: "keras" to import Keras, "trimtab" to import trimtab under its name.
        name: What errors call the source, such as its file.

    Raises:
        ValueError: If an argument is none of these, or the source is no Python 3.
    """
    if to not in TARGETS:
        raise ValueError(f"migrate: `to` must be one of {', '.join(TARGETS)}; got {to!r}")
    tree = parsed(source, name)
    module = cst.parse_module(source)
    era = dialect or detect(tree).era
    if era not in ERAS:
        Script(era).version  # noqa: B018 - refuses what is neither an era nor a version
    may_be_today = dialect is None and era == "keras2"
    if may_be_today and _rewritten(module, tree, Script(era, fills=False)) == source:
        # Whatever it says, it says in today's words: nothing tells that it is not for Keras 3.
        era = "keras3"
    script = Script(era)
    text = _rewritten(module, tree, script)
    TensorFlowLeft(script).visit(tree)
    if to == "trimtab":
        text = _to_trimtab(text)
    return Migrated(
        source=text,
        era=era,
        changes=tuple(sorted(script.changes, key=lambda change: change.line)),
        approximations=_once(script.approximations),
        left=_once(script.left),
    )


def _rewritten(module: Any, tree: ast.Module, script: Script) -> str:
    """The new source; `script` learns what was done."""
    Survey(script).learn(module)
    module = Rewriter(script, Lines(module, tree)).rewritten(module)
    module = _without_tensorflow(script, module)
    module = _with_needs(script, module)
    return str(module.code)


def _once(remarks: list[Remark]) -> tuple[Remark, ...]:
    return tuple(sorted(dict.fromkeys(remarks), key=lambda remark: remark.line))


def parsed(source: str, name: str) -> ast.Module:
    """The syntax tree of Python 3 source.

    Raises:
        ValueError: If it is none; one sentence that names the line, and Python 2 where it is that.
    """
    try:
        return ast.parse(source)
    except SyntaxError as error:
        lines = [source[: found.start() + 1].count("\n") + 1 for found in _PRINT.finditer(source)]
        if lines:
            listed = ", ".join(str(line) for line in lines[:5])
            raise ValueError(
                f"{name}: is Python 2, with print statements at line {listed}"
                f"{' and others' if len(lines) > 5 else ''}; convert it first (--python2)"
            ) from error
        raise ValueError(f"{name}, line {error.lineno}: {error.msg}; mend it first") from error


def _names_in_use(module: Any) -> set[str]:
    """Variables that are read, and names that are alike; an import uses nothing."""
    nodes = walk(module, passed_over=(cst.Import, cst.ImportFrom))
    return {node.value for node in nodes if isinstance(node, cst.Name)}


class _DropImport(cst.CSTTransformer):  # type: ignore[misc] # libcst is only there with its extra
    def __init__(self, local: str, into_keras: bool) -> None:
        self.local = local
        self.into_keras = into_keras

    def leave_SimpleStatementLine(self, original_node: Any, updated_node: Any) -> Any:
        """`import tensorflow as tf`, once nothing uses it."""
        statement = original_node.body[0]
        if len(original_node.body) > 1 or not isinstance(statement, cst.Import):
            return updated_node
        names = [
            alias.asname.name.value if alias.asname is not None else alias.evaluated_name
            for alias in statement.names
        ]
        if names != [self.local]:
            return updated_node
        if updated_node.leading_lines and self.into_keras:
            return updated_node.with_changes(body=[cst.parse_statement("import keras").body[0]])
        return cst.RemovalSentinel.REMOVE


def _without_tensorflow(script: Script, module: Any) -> Any:
    """The module without an import of TensorFlow that nothing uses any more."""
    locals_of = [local for local, path in script.names.bound.items() if path == "tensorflow"]
    if not locals_of or not (script.changes or script.needs):
        return module
    used = _names_in_use(module)
    for local in locals_of:
        if local not in used:
            line = next((c.line for c in script.changes), 1)
            script.changes.append(Change(line, f"import tensorflow as {local}", ""))
            return module.visit(_DropImport(local, "keras" in script.needs))
    return module


def _with_needs(script: Script, module: Any) -> Any:
    """The module with the imports, settings and functions that its new source needs."""
    added = []
    if "keras" in script.needs and not _binds_keras(module):
        added.append(cst.parse_statement("import keras"))
    if "channels_first" in script.needs:
        added.append(cst.parse_statement('keras.config.set_image_data_format("channels_first")'))
    functions = [
        cst.parse_module(text)
        .body[0]
        .with_changes(leading_lines=[cst.EmptyLine(indent=False), cst.EmptyLine(indent=False)])
        for name, text in SNIPPETS.items()
        if name in script.needs and f"def {name}(" not in module.code
    ]
    if not added and not functions:
        return module
    body = list(module.body)
    names = script.needs & SNIPPETS.keys()
    if "channels_first" in script.needs:
        names.add("input_shape")
    after = _end_of_imports(body, names)
    before_use = _first_import(body)
    head, middle, tail = body[:before_use], body[before_use:after], body[after:]
    imports = [statement for statement in added if _is_import(statement)]
    settings = [statement for statement in added if not _is_import(statement)]
    if imports and middle and middle[0].leading_lines:
        # A comment above the first import stays on top.
        first = imports[0].with_changes(leading_lines=middle[0].leading_lines)
        imports, middle = [first], [middle[0].with_changes(leading_lines=[]), *middle[1:]]
    if functions and tail:
        lines = list(tail[0].leading_lines)
        blank = [cst.EmptyLine(indent=False)] * max(0, 2 - len(lines))
        tail = [tail[0].with_changes(leading_lines=[*blank, *lines]), *tail[1:]]
    return module.with_changes(body=[*head, *imports, *middle, *settings, *functions, *tail])


def _binds_keras(module: Any) -> bool:
    return any(
        _is_import(statement)
        and isinstance(statement.body[0], cst.Import)
        and any(
            alias.evaluated_name.partition(".")[0] == "keras" and alias.asname is None
            for alias in statement.body[0].names
        )
        for statement in module.body
    )


def _is_import(statement: Any) -> bool:
    return isinstance(statement, cst.SimpleStatementLine) and isinstance(
        statement.body[0], (cst.Import, cst.ImportFrom)
    )


def _is_future(statement: Any) -> bool:
    found = statement.body[0]
    return isinstance(found, cst.ImportFrom) and (
        found.module is not None and getattr(found.module, "value", "") == "__future__"
    )


def _first_import(body: list[Any]) -> int:
    found = [i for i, s in enumerate(body) if _is_import(s) and not _is_future(s)]
    return found[0] if found else _after_docstring(body)


def _end_of_imports(body: list[Any], names: set[str]) -> int:
    """Where the imports end that come before anything uses one of `names`."""
    last = _first_import(body)
    for index, statement in enumerate(body[last:], start=last):
        if _is_import(statement):
            last = index + 1
        elif any(name in text_of(statement) for name in names):
            break
    return last


def _after_docstring(body: list[Any]) -> int:
    first = body[0].body[0] if body and isinstance(body[0], cst.SimpleStatementLine) else None
    is_text = isinstance(first, cst.Expr) and isinstance(first.value, cst.SimpleString)
    return 1 if is_text else 0


class _ToTrimtab(cst.CSTTransformer):  # type: ignore[misc] # libcst is only there with its extra
    """Imports trimtab in place of Keras, under Keras's name.

    Attributes:
        needs: Modules that the new source names without an import of its own.
    """

    def __init__(self) -> None:
        self.needs: set[str] = set()

    def leave_Attribute(self, original_node: Any, updated_node: Any) -> Any:
        """`keras.src.legacy.preprocessing.image`, without an import of it."""
        module = LEGACY_IN_TRIMTAB.get(text_of(updated_node))
        if module is None:
            return updated_node
        self.needs.add(module)
        return cst.parse_expression(module)

    def visit_Import(self, node: Any) -> bool:
        """Imports are changed whole."""
        return False

    def visit_ImportFrom(self, node: Any) -> bool:
        """Imports are changed whole."""
        return False

    def leave_ImportFrom(self, original_node: Any, updated_node: Any) -> Any:
        """`from keras.layers import Dense`."""
        if updated_node.module is None or updated_node.relative:
            return updated_node
        module = _in_trimtab(cst.Module([]).code_for_node(updated_node.module))
        if module is None:
            return updated_node
        return updated_node.with_changes(module=cst.parse_expression(module))

    def leave_Import(self, original_node: Any, updated_node: Any) -> Any:
        """`import keras`, `import keras.ops as ops`."""
        return updated_node.with_changes(names=[_alias(alias) for alias in updated_node.names])


def _in_trimtab(path: str) -> str | None:
    if path in LEGACY_IN_TRIMTAB:
        return LEGACY_IN_TRIMTAB[path]
    if path == "keras" or path.startswith("keras."):
        return "trimtab" + path[len("keras") :]
    return None


def _alias(alias: Any) -> Any:
    path = _in_trimtab(alias.evaluated_name)
    if path is None:
        return alias
    changed = alias.with_changes(name=cst.parse_expression(path))
    if alias.asname is not None or path != "trimtab":
        return changed
    space = cst.SimpleWhitespace(" ")
    as_keras = cst.AsName(
        name=cst.Name("keras"), whitespace_before_as=space, whitespace_after_as=space
    )
    return changed.with_changes(asname=as_keras)


def _to_trimtab(source: str) -> str:
    changes = _ToTrimtab()
    module = cst.parse_module(source).visit(changes)
    body = list(module.body)
    imports = [cst.parse_statement(f"import {name}") for name in sorted(changes.needs)]
    after = _end_of_imports(body, set())
    return str(module.with_changes(body=[*body[:after], *imports, *body[after:]]).code)
