"""Values of calls as nodes of a syntax tree: read, made, and put back with their layout."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

from trimtab.compat.translate import UNKNOWN, Reader
from trimtab.core import extras

cst: Any = extras.require("libcst", "migrate", "Rewriting source")


def text_of(node: Any) -> str:
    """The source of a node."""
    return str(cst.Module([]).code_for_node(node))


def literal(node: Any) -> Any:
    """The value of a literal, sums and products of numbers included; `UNKNOWN` otherwise."""
    if isinstance(node, (cst.Call, cst.Attribute, cst.Lambda, cst.Subscript)):
        return UNKNOWN
    if isinstance(node, (cst.Integer, cst.Float, cst.SimpleString)):
        return node.evaluated_value
    try:
        tree = ast.parse(text_of(node).strip(), mode="eval").body
        return _value(tree)
    except (ValueError, SyntaxError):
        return UNKNOWN


def _value(tree: ast.expr) -> Any:
    if isinstance(tree, ast.BinOp):
        left, right = _value(tree.left), _value(tree.right)
        both = isinstance(left, (int, float)) and isinstance(right, (int, float))
        if both and isinstance(tree.op, ast.Mult):
            return left * right
        if both and isinstance(tree.op, ast.Add):
            return left + right
        raise ValueError("not a literal")
    return ast.literal_eval(tree)


def make(value: Any) -> Any:
    """The node of a Python literal."""
    return cst.parse_expression(_quoted(value))


def _quoted(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def join(values: Sequence[Any]) -> Any:
    """A tuple of nodes."""
    return cst.parse_expression(f"({', '.join(text_of(value) for value in values)})")


NODES = Reader(literal, join, make)


def positional(call: Any) -> list[Any] | None:
    """The values of a call's positional arguments; None where a star hides them."""
    if any(argument.star for argument in call.args):
        return None
    return [argument.value for argument in call.args if argument.keyword is None]


def named(call: Any) -> dict[str, Any]:
    """The values of a call's named arguments."""
    return {a.keyword.value: a.value for a in call.args if a.keyword is not None}


def with_arguments(
    call: Any,
    values: Sequence[Any],
    names: Mapping[str, Any],
    stands_for: Mapping[int, Any] | None = None,
) -> Any:
    """`call` with other arguments; those it had keep their spacing, line breaks and comments.

    Args:
        call: The call.
        values: Positional values.
        names: Named values.
        stands_for: `id` of a new value -> the value of `call` whose place it takes.
    """
    before = {id(argument.value): argument for argument in call.args}
    for new, old in (stands_for or {}).items():
        if id(old) in before:
            before.setdefault(new, before[id(old)])
    made = [_argument(before.get(id(value)), None, value) for value in values]
    made += [_argument(before.get(id(value)), name, value) for name, value in names.items()]
    return call.with_changes(args=_separated(made, call))


def _argument(old: Any, name: str | None, value: Any) -> Any:
    no_space = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    keyword = None if name is None else cst.Name(name)
    if old is None:
        equal = cst.MaybeSentinel.DEFAULT if name is None else no_space
        return cst.Arg(value=value, keyword=keyword, equal=equal)
    equal = (
        old.equal
        if old.keyword is not None and name is not None
        else (cst.MaybeSentinel.DEFAULT if name is None else no_space)
    )
    return old.with_changes(keyword=keyword, value=value, equal=equal)


def _separated(arguments: list[Any], call: Any) -> list[Any]:
    """Commas between arguments, and after the last one if the call had one there."""
    plain = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    had_trailing = bool(call.args) and isinstance(call.args[-1].comma, cst.Comma)
    last_comma = call.args[-1].comma if had_trailing else cst.MaybeSentinel.DEFAULT
    result = []
    for index, argument in enumerate(arguments):
        is_last = index == len(arguments) - 1
        if is_last:
            result.append(argument.with_changes(comma=last_comma))
        elif isinstance(argument.comma, cst.Comma):
            result.append(argument)
        else:
            result.append(argument.with_changes(comma=plain))
    return result
