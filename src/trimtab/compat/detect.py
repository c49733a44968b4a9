"""The era of a script, from its imports and its arguments."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from trimtab.compat.tables.rows import words
from trimtab.compat.tables.signs import (
    BACKEND_TODAY,
    FILES,
    KEYWORDS,
    MODULES,
    NAMES,
    STRINGS,
)


@dataclass(frozen=True)
class Detected:
    """An era and the signs of it.

    Attributes:
        era: Its name.
        signs: What spoke for it, as (line, text).
    """

    era: str
    signs: tuple[tuple[int, str], ...]


class _Signs(ast.NodeVisitor):
    def __init__(self) -> None:
        self.found: list[tuple[str, int, str]] = []
        self.backend_names: set[str] = set()

    def add(self, kind: str | None, line: int, text: str) -> None:
        if kind is not None:
            self.found.append((kind, line, text))

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._module(alias.name, node.lineno)
            if alias.name == "keras.backend" and alias.asname:
                self.backend_names.add(alias.asname)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        self._module(module, node.lineno)
        for alias in node.names:
            if module == "keras" and alias.name == "backend":
                self.backend_names.add(alias.asname or alias.name)
            if module.partition(".")[0] in ("keras", "tensorflow", "tf_keras"):
                self.add(MODULES.get(f"{module}.{alias.name}"), node.lineno, alias.name)
                self.add(NAMES.get(alias.name), node.lineno, alias.name)

    def _module(self, name: str, line: int) -> None:
        if name.partition(".")[0] in ("tensorflow", "tf_keras"):
            self.add("tf_keras", line, name)
        self.add(MODULES.get(name), line, name)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self.add(NAMES.get(node.attr), node.lineno, node.attr)
        if isinstance(node.value, ast.Name) and node.value.id == "keras":
            self.add(MODULES.get(f"keras.{node.attr}"), node.lineno, f"keras.{node.attr}")
        is_backend = isinstance(node.value, ast.Name) and node.value.id in self.backend_names
        if is_backend and node.attr not in BACKEND_TODAY:
            self.add("keras2", node.lineno, f"backend.{node.attr}")
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        for keyword in node.keywords:
            argument = keyword.arg or ""
            kind = KEYWORDS.get(f"{name}.{argument}") or KEYWORDS.get(argument)
            self.add(kind, node.lineno, f"{name}({argument}=)")
        self._by_position(name, node)
        self.generic_visit(node)

    def _by_position(self, name: str, node: ast.Call) -> None:
        ints = 0
        for argument in node.args[:4]:
            value = argument.value if isinstance(argument, ast.Constant) else None
            if not isinstance(value, int) or isinstance(value, bool):
                break
            ints += 1
        line = node.lineno
        if name == "Dense" and ints == 2:
            self.add("keras0", line, "Dense(in, out)")
        elif name == "Convolution2D" and ints == 4:
            self.add("keras0", line, "Convolution2D(n, stack, row, col)")
        elif name in words("Convolution2D Conv2D") and len(node.args) > 2 and ints in (1, 3):
            self.add("keras1", line, f"{name}(n, row, col)")
        elif name in words("Conv2D Conv1D") and len(node.args) > 1:
            self.add("modern", line, f"{name}(n, size)")
        elif name in words("BatchNormalization PReLU"):
            is_shape = bool(node.args) and isinstance(node.args[0], ast.Tuple)
            self.add("keras0" if is_shape else None, line, f"{name}((...))")

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            kind = STRINGS.get(node.value)
            for suffix, era in FILES.items():
                if node.value.endswith(suffix):
                    kind = era
            self.add(kind, node.lineno, repr(node.value))


def detect(tree: ast.AST) -> Detected:
    """The era that a script was written for.

    What only Keras 0 knew says Keras 0. Spellings of Keras 1 say Keras 1; beside spellings that
    came with Keras 2 they say Keras 2, which took both. `tensorflow.keras` says tf.keras. The rest
    is Keras 2 where something in it is gone today, else Keras 3.

    Args:
        tree: The parsed script.

    >>> detect(ast.parse("Model(input=a, output=b)")).era
    'keras1'
    """
    signs = _Signs()
    signs.visit(tree)
    era = _decide(signs)
    own = tuple((line, text) for kind, line, text in signs.found if kind == era)
    return Detected(era, own)


def _decide(signs: _Signs) -> str:
    has = {kind for kind, _, _ in signs.found}
    if "tf_keras" in has and "keras0" not in has:
        return "tf_keras"
    if "keras3" in has and "keras0" not in has and "keras1" not in has:
        return "keras3"
    if "keras0" in has and "modern" not in has:
        return "keras0"
    if "keras1" in has or "keras0" in has:
        return "keras2" if "modern" in has else "keras1"
    return "keras2" if "keras2" in has else "keras3"
