"""Calls of layers, optimizers, callbacks and functions, in today's arguments."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import trimtab
from trimtab.compat.migration import nodes, values
from trimtab.compat.migration.script import Remark, Script
from trimtab.compat.tables import CALLS, OPTIMIZERS
from trimtab.compat.tables.rows import Call
from trimtab.compat.translate import UNKNOWN, Translation, translate
from trimtab.core import extras

cst: Any = extras.require("libcst", "migrate", "Rewriting source")

# Defaults that change what is printed, not what is computed.
_NOT_NUMBERS = frozenset({"verbose"})
_LAYER_LEFTOVERS = ("input_dtype", "create_input_layer", "cache_enabled")
_SCHEDULE = "optimizers.schedules.InverseTimeDecay"


class Untranslatable(Exception):
    """A call that has no form today.

    The text says why, and what to do.
    """


def row_of(name: str) -> Call | None:
    """The table's row of a callable."""
    return CALLS.get(name)


def rewritten(script: Script, row: Call, call: Any, line: int) -> Any:
    """`call` in today's arguments.

    Args:
        script: The script.
        row: The row of what is called.
        call: The call, whose values are rewritten already.
        line: Its line.

    Raises:
        Untranslatable: If there is no such call today.
    """
    positional, named = nodes.positional(call), nodes.named(call)
    if positional is None or len(named) + len(positional) != len(call.args):
        if script.is_old and set(named) & set(row.rename):
            raise Untranslatable("has arguments behind * or **, which cannot be seen here")
        return call
    stands_for: dict[int, Any] = {}

    def join(parts: Sequence[Any]) -> Any:
        joined = nodes.join(parts)
        stands_for[id(joined)] = parts[-1]
        return joined

    try:
        reader = replace(nodes.NODES, join=join)
        result = translate(row, script.version, positional, named, reader)
    except TypeError as error:
        raise Untranslatable(str(error)) from error
    _without_unneeded_defaults(script, row, result)
    before = dict(result.arguments)
    _finish(script, row, result, line)
    arguments = {
        name: values.explicit(script, name, value) for name, value in result.arguments.items()
    }
    for name, value in arguments.items():
        if name in before and value is not before[name]:
            stands_for[id(value)] = before[name]
    leading, arguments = _leading(row, call, result, arguments, stands_for)
    if [*leading, *arguments.values()] == [a.value for a in call.args] and (
        list(arguments) == list(named)
    ):
        return call
    return nodes.with_arguments(call, leading, arguments, stands_for)


def _finish(script: Script, row: Call, result: Translation, line: int) -> None:
    """What a call becomes beyond its renamed arguments."""
    rule = _RULES.get(row.special)
    if row.today.startswith("keras.layers."):
        _finish_layer(script, row, result, line)
    if row.today == "keras.layers.Flatten":
        _flatten(script, row, result, line)
    if rule is not None:
        rule(script, row, result, line)


def _without_unneeded_defaults(script: Script, row: Call, result: Translation) -> None:
    defaults = _defaults(row)
    for name in result.filled:
        is_same = nodes.literal(result.arguments[name]) == defaults.get(name, UNKNOWN)
        if is_same or name in _NOT_NUMBERS or not script.has_old_defaults:
            result.arguments.pop(name, None)


def _leading(
    row: Call,
    call: Any,
    result: Translation,
    arguments: dict[str, Any],
    stands_for: Mapping[int, Any],
) -> tuple[list[Any], dict[str, Any]]:
    """The values that can stay positional, and the others by name."""
    if not result.by_old_order:
        return result.positional, arguments
    by_position = {id(a.value) for a in call.args if a.keyword is None}
    by_position |= {new for new, old in stands_for.items() if id(old) in by_position}
    leading = []
    rest = dict(arguments)
    for today in _parameters(row):
        if today not in rest or id(rest[today]) not in by_position:
            break
        leading.append(rest.pop(today))
    return leading, rest


def _parameters(row: Call) -> list[str]:
    """Today's parameters in order."""
    return list(_defaults(row))


def _defaults(row: Call) -> dict[str, Any]:
    """Today's parameters in order, with their defaults."""
    return _defaults_of(row.today)


@functools.cache
def _defaults_of(path: str) -> dict[str, Any]:
    target: Any = trimtab
    for part in path.removeprefix("keras.").split("."):
        target = getattr(target, part, None)
    if target is None:
        return {}
    parameters = dict(inspect.signature(target).parameters)
    parameters.pop("self", None)
    return {name: parameter.default for name, parameter in parameters.items()}


def _finish_layer(script: Script, row: Call, result: Translation, line: int) -> None:
    given = result.arguments
    for name in _LAYER_LEFTOVERS:
        given.pop(name, None)
    if "weights" in given:
        is_none = nodes.text_of(given["weights"]) == "None"
        if not is_none:
            raise Untranslatable(
                "has `weights=`, which is gone: call set_weights() on the layer once it is built"
            )
        del given["weights"]
    batch = given.pop("batch_input_shape", None)
    if batch is not None:
        given["input_shape"] = _without_first(batch)
    length = given.pop("input_length", result.dropped.get("input_length"))
    if row.special == "sequence" and "input_dim" in given:
        size = given.pop("input_dim")
        first = length if length is not None else cst.Name("None")
        given["input_shape"] = nodes.join([first, size])
    if length is not None and row.special == "embedding":
        given["input_shape"] = cst.parse_expression(f"({nodes.text_of(length)},)")
    if row.today == "keras.layers.Activation" and result.positional:
        result.positional[0] = _activation(script, result.positional[0])
    if "activation" in given:
        given["activation"] = _activation(script, given["activation"])
    _infer_ordering(script, given, line)


def _activation(script: Script, value: Any) -> Any:
    """The activation; hard_sigmoid had another slope."""
    if script.fills and script.is_old and nodes.literal(value) == "hard_sigmoid":
        script.needs |= {"keras", "hard_sigmoid"}
        return cst.Name("hard_sigmoid")
    return value


def _without_first(shape: Any) -> Any:
    if isinstance(shape, (cst.Tuple, cst.List)) and len(shape.elements) > 1:
        rest = [nodes.text_of(element.value) for element in shape.elements[1:]]
        return cst.parse_expression(
            f"({', '.join(rest)},)" if len(rest) == 1 else (f"({', '.join(rest)})")
        )
    return cst.parse_expression(f"({nodes.text_of(shape)})[1:]")


def _infer_ordering(script: Script, given: dict[str, Any], line: int) -> None:
    """Takes images for channels first where the first shape says so, as `trimtab run` does."""
    shape = nodes.literal(given["input_shape"]) if "input_shape" in given else UNKNOWN
    if not script.is_keras_1 or "ordering" in script.needs or not isinstance(shape, tuple):
        return
    is_first = len(shape) == 3 and shape[0] in (1, 3) and isinstance(shape[2], int)
    if is_first and shape[2] > 3 and "data_format" not in given:
        script.needs |= {"channels_first", "ordering", "keras"}
        _approximate(script, line, f"images of shape {shape} are taken for channels first")


def _approximate(script: Script, line: int, text: str) -> None:
    script.approximations.append(Remark(line, text))


def _convolution(script: Script, row: Call, result: Translation, line: int) -> None:
    if "padding" in result.arguments and nodes.literal(result.arguments["padding"]) == "full":
        raise Untranslatable(
            "has border_mode='full', which is gone: put a ZeroPadding layer of the kernel's size "
            "minus one in front"
        )


def _pooling(script: Script, row: Call, result: Translation, line: int) -> None:
    ignore = result.dropped.get("ignore_border")
    if ignore is not None and nodes.literal(ignore) is False:
        raise Untranslatable("has ignore_border=False, which is gone: pad the input instead")


def _batch_normalization(script: Script, row: Call, result: Translation, line: int) -> None:
    axis = result.arguments.get("axis")
    given = nodes.literal(axis) if axis is not None else UNKNOWN
    if isinstance(given, (list, tuple)) and len(given) == 1:
        result.arguments["axis"] = nodes.make(given[0])
    mode = nodes.literal(result.dropped["mode"]) if "mode" in result.dropped else 0
    if script.version < (1, 0, 0):
        result.arguments.pop("input_shape", None)
    if mode == 1:
        raise Untranslatable("has mode=1, which is LayerNormalization today")
    if mode == 2:
        raise Untranslatable(
            "has mode=2, which is to call the layer with training=True today, in inference too"
        )
    if mode is UNKNOWN:
        raise Untranslatable("has a `mode` that is not written out; mode 0 is today's layer")


def _flatten(script: Script, row: Call, result: Translation, line: int) -> None:
    # Today's moves the channels to the end first, where the setting says that they come first.
    is_first = {"channels_first", "is_channels_first"} & script.needs
    if is_first and not result.positional and not result.arguments:
        result.arguments["data_format"] = nodes.make("channels_last")


def _embedding(script: Script, row: Call, result: Translation, line: int) -> None:
    rate = result.dropped.get("dropout")
    if rate is not None and nodes.literal(rate) not in (0, 0.0):
        _approximate(script, line, "Embedding's dropout of rows is gone")


def _reshape(script: Script, row: Call, result: Translation, line: int) -> None:
    if len(result.positional) > 1:
        result.arguments = {"target_shape": nodes.join(result.positional), **result.arguments}
        result.positional = []


def _zero_padding(script: Script, row: Call, result: Translation, line: int) -> None:
    padding = result.arguments.get("padding")
    given = nodes.literal(padding) if padding is not None else UNKNOWN
    if isinstance(given, tuple) and len(given) == 4:
        result.arguments["padding"] = nodes.make((given[:2], given[2:]))


def _optimizer(script: Script, row: Call, result: Translation, line: int) -> None:
    given = result.arguments
    decay = given.pop("decay", None)
    if decay is not None and nodes.literal(decay) not in (0, 0.0):
        rate = given.get("learning_rate")
        first = nodes.text_of(rate) if rate is not None else _rate_of(row)
        script.needs.add("keras")
        given["learning_rate"] = cst.parse_expression(
            f"keras.{_SCHEDULE}({first}, decay_steps=1, decay_rate={nodes.text_of(decay)})"
        )
        result.arguments = {"learning_rate": given.pop("learning_rate"), **given}
    if "clipnorm" in given and script.has_old_defaults:
        # The old norm was that of all gradients together.
        value = given.pop("clipnorm")
        result.arguments["global_clipnorm"] = value
        result.arguments.pop("clipnorm", None)


def _rate_of(row: Call) -> str:
    return repr(_defaults(row)["learning_rate"])


def optimizer_by_name(script: Script, given: str) -> Any | None:
    """The optimizer that a name meant; None if its defaults are the same today."""
    row = next((row for row in OPTIMIZERS if row.name.lower() == given.lower()), None)
    if row is None or not script.has_old_defaults:
        return None
    defaults = row.defaults_at(script.version)
    return values.call_of(script, f"optimizers.{row.name}", defaults) if defaults else None


def _checkpoint(script: Script, row: Call, result: Translation, line: int) -> None:
    period = result.arguments.pop("period", None)
    if period is not None and nodes.literal(period) != 1:
        raise Untranslatable("has a `period`, which is save_freq (in batches) today")
    only = result.arguments.get("save_weights_only")
    weights = only is not None and nodes.text_of(only).strip() == "True"
    path = result.arguments.get("filepath")
    if path is None and result.positional:
        path = result.positional[0]
    if path is None or not script.is_old:
        return
    renamed = suffixed(script, path, ".weights.h5" if weights else ".keras")
    if result.positional and path is result.positional[0]:
        result.positional[0] = renamed
    else:
        result.arguments["filepath"] = renamed


class _Suffix(cst.CSTTransformer):  # type: ignore[misc] # libcst is only there with its extra
    def __init__(self, suffix: str) -> None:
        self.suffix = suffix

    def leave_SimpleString(self, original_node: Any, updated_node: Any) -> Any:
        """The string with another suffix, if it ends as a file does."""
        quote, text = updated_node.quote, updated_node.value
        for old in (".h5", ".hdf5"):
            end = old + quote
            if text.endswith(end) and not text.endswith(".weights.h5" + quote):
                return updated_node.with_changes(value=text[: -len(end)] + self.suffix + quote)
        return updated_node


def suffixed(script: Script, path: Any, suffix: str) -> Any:
    """The expression of a path, its last suffix replaced by the one that Keras 3 asks for."""
    if isinstance(path, cst.Name):
        return path
    return path.visit(_Suffix(suffix))


Rule = Callable[[Script, Call, Translation, int], None]
_RULES: dict[str, Rule] = {
    "convolution": _convolution,
    "pooling": _pooling,
    "batch_normalization": _batch_normalization,
    "embedding": _embedding,
    "reshape": _reshape,
    "zero_padding": _zero_padding,
    "optimizer": _optimizer,
    "checkpoint": _checkpoint,
}
