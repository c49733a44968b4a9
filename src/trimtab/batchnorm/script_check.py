"""Finds, in source text, a BatchNormalization that is made and never used."""

from __future__ import annotations

import dataclasses
import pathlib
from typing import TYPE_CHECKING

from trimtab.batchnorm.findings import Finding, Report
from trimtab.batchnorm.rules import RULES
from trimtab.lazy import lazy_module

if TYPE_CHECKING:
    import ast
else:
    ast = lazy_module("ast")

_CLASS = "BatchNormalization"
_PACKAGES = ("keras", "tensorflow", "tf_keras", "trimtab", "tensorflow.keras")


@dataclasses.dataclass(frozen=True)
class Place:
    """Where in a script something is: line and column from 1, and the line's text."""

    line: int
    column: int
    text: str


def audit_script(path: str | pathlib.Path) -> Report:
    """The findings BN101 in a script, which is read and not run.

    A statement that is nothing but the call of the constructor makes a layer and drops it; a name
    that is given a layer and never read again does as much. Names count by what they were imported
    as, `from keras.layers import BatchNormalization as BN` and `import keras as k` included.

    Args:
        path: A .py file.

    Raises:
        ValueError: If it is no valid Python.
        OSError: If it cannot be read.
    """
    file = pathlib.Path(path)
    source = file.read_text(encoding="utf-8")
    findings = [
        Finding(
            "BN101",
            RULES["BN101"].name,
            "error",
            f"{file}:{place.line}",
            f"{what}: {place.text}",
            RULES["BN101"].fix,
            RULES["BN101"].source,
            numbers={"file": str(file), "line": place.line, "column": place.column},
        )
        for place, what in unused_batch_norms(source, str(file))
    ]
    return Report(str(file), tuple(findings))


def unused_batch_norms(source: str, name: str = "script") -> list[tuple[Place, str]]:
    r"""Places in source text at which a BatchNormalization is made for nothing, and what is wrong.

    Args:
        source: Python.
        name: What to call it in errors.

    Raises:
        ValueError: If it is no valid Python.

    >>> text = "from keras.layers import BatchNormalization as BN\nBN(axis=1)\n"
    >>> [(place.line, what) for place, what in unused_batch_norms(text)]
    [(2, 'makes a layer and drops it, so nothing is normalised')]
    """
    try:
        tree = ast.parse(source, filename=name)
    except SyntaxError as error:
        raise ValueError(f"{name}: is no valid Python: line {error.lineno}: {error.msg}") from error
    aliases = _Aliases(tree)
    lines = source.splitlines()
    found: list[tuple[Place, str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and aliases.makes_layer(node.value):
            what = "makes a layer and drops it, so nothing is normalised"
            found.append((_place(node, lines), what))
    for scope in ast.walk(tree):
        if isinstance(scope, (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef)):
            found += _unread(scope, aliases, lines)
    return sorted(found, key=lambda pair: (pair[0].line, pair[0].column))


def _place(node: ast.stmt, lines: list[str]) -> Place:
    return Place(node.lineno, node.col_offset + 1, lines[node.lineno - 1].strip())


class _Aliases:
    """What names stand for: dotted paths, by the imports and plain assignments of a module."""

    def __init__(self, tree: ast.AST) -> None:
        self._paths: dict[str, str] = {}
        # Classes of the module's own by that name are not Keras's.
        self._own = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    top = alias.name if alias.asname else alias.name.partition(".")[0]
                    self._paths[alias.asname or top] = top
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for alias in node.names:
                    self._import_from(node.module, alias)
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and len(node.targets) == 1:
                path = self.path(node.value)
                target = node.targets[0]
                if path is not None and isinstance(target, ast.Name):
                    self._paths.setdefault(target.id, path)

    def _import_from(self, module: str, alias: ast.alias) -> None:
        if alias.name == "*":
            if module.partition(".")[0] in _PACKAGES and "layers" in module:
                self._paths.setdefault(_CLASS, f"{module}.{_CLASS}")
            return
        self._paths[alias.asname or alias.name] = f"{module}.{alias.name}"

    def path(self, node: ast.AST) -> str | None:
        """The dotted path that an expression names; None if it is no name."""
        if isinstance(node, ast.Name):
            return None if node.id in self._own else self._paths.get(node.id)
        if isinstance(node, ast.Attribute):
            base = self.path(node.value)
            return None if base is None else f"{base}.{node.attr}"
        return None

    def makes_layer(self, node: ast.AST) -> bool:
        """Whether an expression makes a BatchNormalization, and does not call it."""
        if not isinstance(node, ast.Call):
            return False
        path = self.path(node.func)
        if path is None or path.rpartition(".")[2] != _CLASS:
            return False
        return path.partition(".")[0] in _PACKAGES


def _unread(scope: ast.AST, aliases: _Aliases, lines: list[str]) -> list[tuple[Place, str]]:
    """The local names of a scope that are given a layer and never read."""
    is_module = isinstance(scope, ast.Module)
    read = {
        node.id
        for node in ast.walk(scope)
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Store)
    }
    read |= {
        name
        for node in ast.walk(scope)
        if isinstance(node, (ast.Global, ast.Nonlocal))
        for name in node.names
    }
    found = []
    for node in _own_statements(scope):
        if not (isinstance(node, ast.Assign) and aliases.makes_layer(node.value)):
            continue
        names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        if len(names) != len(node.targets) or any(name in read for name in names):
            continue
        # Another module may import it.
        if is_module and not all(name.startswith("_") or _is_script(scope) for name in names):
            continue
        what = f"makes the layer {names[0]!r}, which nothing uses"
        found.append((_place(node, lines), what))
    return found


def _own_statements(scope: ast.AST) -> list[ast.stmt]:
    """The statements of a scope, without those of functions and classes within."""
    found: list[ast.stmt] = []
    stack: list[ast.AST] = list(ast.iter_child_nodes(scope))
    while stack:
        node = stack.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            continue
        if isinstance(node, ast.stmt):
            found.append(node)
        stack.extend(ast.iter_child_nodes(node))
    return found


def _is_script(tree: ast.AST) -> bool:
    """Whether a module trains or compiles something, so that it is run, not imported."""
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("fit", "compile", "train_on_batch")
        for node in ast.walk(tree)
    )
