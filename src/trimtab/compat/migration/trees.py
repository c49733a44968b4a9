"""Walks through syntax trees, past the half of a tree that is spaces, commas and brackets.

libcst's own visitors call back at every space and make every node anew; on a script in which each
line is a call that is most of the time that rewriting takes.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
from collections.abc import Callable, Iterator
from typing import Any

from trimtab.core import extras

cst: Any = extras.require("libcst", "migrate", "Rewriting source")
metadata: Any = extras.require("libcst.metadata", "migrate", "Rewriting source")

# What stands between words.
_BETWEEN = frozenset(
    {"lpar", "rpar", "lbracket", "rbracket", "lbrace", "rbrace", "comma", "semicolon", "colon"}
    | {"equal", "dot", "indent", "header", "footer", "leading_lines", "lines_after_decorators"}
    | {"trailing_whitespace", "newline", "comment"}
)
# Words without parts.
_LEAVES = frozenset({cst.Integer, cst.Float, cst.Imaginary, cst.SimpleString})


@functools.cache
def _parts(kind: Any) -> tuple[str, ...]:
    """Attributes of a kind of node that can hold other words."""
    names = [field.name for field in dataclasses.fields(kind)]
    return tuple(n for n in names if n not in _BETWEEN and not n.startswith("whitespace"))


def walk(node: Any, passed_over: tuple[Any, ...] = ()) -> Iterator[Any]:
    """A node and all nodes below it, a statement before those that follow it.

    Args:
        node: The node.
        passed_over: Kinds of node that are not looked into.
    """
    waiting = [node]
    while waiting:
        found = waiting.pop()
        yield found
        kind: Any = type(found)
        if kind in _LEAVES or kind in passed_over:
            continue
        for name in reversed(_parts(kind)):
            value = getattr(found, name)
            if isinstance(value, cst.CSTNode):
                waiting.append(value)
            elif isinstance(value, (list, tuple)):
                waiting.extend(reversed(value))


class Transformer:
    """Rewrites a tree from its leaves up; what has no new part stays the same object.

    A subclass names in `handlers` what becomes of a kind of node, from the node as it was and as
    its new parts make it; a statement may also become a `FlattenSentinel` or be removed.
    """

    handlers: dict[Any, Callable[[Any, Any], Any]]
    #: (kind of node, name of a part) that are left as they are.
    passed_over: frozenset[tuple[Any, str]] = frozenset()

    def visit(self, node: Any) -> Any:
        """What becomes of a node."""
        kind: Any = type(node)
        changed: dict[str, Any] = {}
        if kind not in _LEAVES:
            for name in _parts(kind):
                value = getattr(node, name)
                if (kind, name) in self.passed_over:
                    continue
                if isinstance(value, cst.CSTNode):
                    made = self.visit(value)
                elif isinstance(value, (list, tuple)):
                    made = self._sequence(value)
                else:
                    continue
                if made is not value:
                    changed[name] = made
        updated = node.with_changes(**changed) if changed else node
        handler = self.handlers.get(kind)
        return updated if handler is None else handler(node, updated)

    def _sequence(self, nodes: Any) -> Any:
        made: list[Any] = []
        for node in nodes:
            new = self.visit(node)
            if isinstance(new, cst.FlattenSentinel):
                made += new
            elif new is not cst.RemovalSentinel.REMOVE:
                made.append(new)
        is_same = len(made) == len(nodes) and all(a is b for a, b in zip(made, nodes, strict=True))
        return nodes if is_same else made


class Lines:
    """The lines of source on which nodes begin.

    Positions are looked up a statement of the module at a time, and only in those of several
    lines: to find them means to write the source anew.

    Args:
        module: The module.
        tree: The same module as a tree of `ast`.
    """

    def __init__(self, module: Any, tree: ast.Module) -> None:
        statements = iter(tree.body)
        self._spans: list[tuple[int, int]] = []
        for node in module.body:
            # Statements between semicolons share a line of the one tree, not of the other.
            count = len(node.body) if isinstance(node, cst.SimpleStatementLine) else 1
            parts = [next(statements) for _ in range(count)]
            decorators = getattr(parts[0], "decorator_list", [])
            first = min(part.lineno for part in [*decorators, parts[0]])
            self._spans.append((first, parts[-1].end_lineno or first))
        self._index = 0
        self._node: Any = None
        self._positions: Any = None

    def begin(self, index: int, node: Any) -> None:
        """The nodes that are asked for next lie in this statement of the module."""
        self._index, self._node, self._positions = index, node, None

    def of(self, node: Any) -> int:
        """The line of a node of that statement, from 1."""
        first, last = self._spans[self._index]
        if first == last:
            return first
        if self._positions is None:
            alone = metadata.MetadataWrapper(cst.Module([self._node]), unsafe_skip_copy=True)
            self._positions = alone.resolve(metadata.PositionProvider)
        start = self._first_line()
        return int(first + self._positions[node].start.line - start)

    def _first_line(self) -> int:
        """The first line of the statement by itself, where a decorator may stand on it."""
        decorators = getattr(self._node, "decorators", ())
        return int(min(self._positions[node].start.line for node in (self._node, *decorators)))
