"""Calls of methods of models, in today's names and arguments."""

from __future__ import annotations

from typing import Any

from trimtab.compat.migration import nodes
from trimtab.compat.migration.calls import (
    optimizer_by_name,
    rewritten,
    suffixed,
)
from trimtab.compat.migration.names import SHORT
from trimtab.compat.migration.script import ONLY_MODELS, Remark, Script, key_of
from trimtab.compat.migration.values import loss_today
from trimtab.compat.tables import METHODS
from trimtab.compat.tables.rows import Call
from trimtab.core import extras

cst: Any = extras.require("libcst", "migrate", "Rewriting source")

_ROWS: dict[str, Call] = {row.name: row for row in METHODS if row.name != "Model"}
# Methods whose value gets longer where accuracy is asked for by compile.
_RETURNS_LOSS = frozenset({"evaluate", "train_on_batch", "test_on_batch", "evaluate_generator"})
_RETURNS_LOSS |= {"train", "test"}
_ASKS = ("show_accuracy", "accuracy")
_GENERATORS = {"fit_generator": "fit", "evaluate_generator": "evaluate"}
_GENERATORS["predict_generator"] = "predict"


def is_model(script: Script, owner: Any) -> bool:
    """Whether an expression is known, or named, as a model."""
    text = key_of(owner)
    last = text.rpartition(".")[2].lower()
    return text in script.models or last == "net" or last.endswith("model")


def row_of(script: Script, call: Any) -> Call | None:
    """The row of the method that is called; None if it is none of a model."""
    func = call.func
    if not isinstance(func, cst.Attribute) or func.attr.value not in _ROWS:
        return None
    row = _ROWS[func.attr.value]
    if func.attr.value in ("train", "test") and script.era != "keras0":
        return None
    old_words = set(row.rename) | set(_ASKS)
    if func.attr.value in ONLY_MODELS or is_model(script, func.value):
        return row
    return row if old_words & set(nodes.named(call)) - {"X"} else None


def rewritten_method(script: Script, row: Call, call: Any, line: int) -> Any:
    """The call of a model's method as it is written today.

    Raises:
        Untranslatable: If there is no such call today.
    """
    asks = any(name in nodes.named(call) for name in _ASKS)
    if row.name in ("predict_classes", "predict_proba"):
        return _predicted(script, row, call, line)
    if row.name in _GENERATORS:
        made = _of_generator(script, row, call, line)
    else:
        made = rewritten(script, row, call, line)
        if row.name == "compile":
            made = _compile(script, made, line)
        today = row.today_name
        if today != row.name:
            made = made.with_changes(func=made.func.with_changes(attr=cst.Name(today)))
    if script.shows_accuracy and not asks and row.name in _RETURNS_LOSS:
        return cst.parse_expression(f"{nodes.text_of(made)}[0]")
    return made


def _compile(script: Script, call: Any, line: int) -> Any:
    positional, named = nodes.positional(call), nodes.named(call)
    if positional is None:
        return call
    values = dict(zip(("optimizer", "loss"), positional, strict=False)) | named
    changed = dict(values)
    optimizer = nodes.literal(values["optimizer"]) if "optimizer" in values else None
    if isinstance(optimizer, str):
        changed["optimizer"] = optimizer_by_name(script, optimizer) or values["optimizer"]
    loss = nodes.literal(values["loss"]) if "loss" in values else None
    name = _loss(script, loss, line)
    if name is not None:
        changed["loss"] = nodes.make(name)
    if script.shows_accuracy and "metrics" not in changed:
        changed["metrics"] = cst.parse_expression('["accuracy"]')
    metrics = changed.get("metrics")
    if metrics is not None and script.renames_accuracy:
        text = nodes.text_of(metrics)
        if text.strip() in ("['acc']", '["acc"]'):
            changed["metrics"] = cst.parse_expression('["accuracy"]')
    _say_which_accuracy(script, loss, changed, line)
    if changed == values:
        return call
    leading = [changed.pop(name) for name in ("optimizer", "loss")[: len(positional)]]
    return nodes.with_arguments(call, leading, changed)


def _loss(script: Script, loss: Any, line: int) -> str | None:
    """Today's name of a loss; None where it keeps its own."""
    if not isinstance(loss, str) or not script.is_old:
        return None
    name = loss_today(loss, script)
    if name == "mean_cosine_proximity":
        text = "cosine_proximity was a mean over the last axis, cosine_similarity is a sum"
        script.approximations.append(Remark(line, text))
        return "cosine_similarity"
    if name is None and script.saves and script.fills:
        # Keras 3 cannot read its .h5 files with the short ones.
        return SHORT.get(loss)
    return name


def _say_which_accuracy(script: Script, loss: Any, given: dict[str, Any], line: int) -> None:
    is_binary = loss == "binary_crossentropy" and "metrics" in given
    if is_binary and script.has_old_defaults:
        script.approximations.append(
            Remark(
                line,
                "accuracy under binary_crossentropy counted single units; with two or more units "
                "today's counts rows (keras.metrics.BinaryAccuracy counts units)",
            )
        )


def _predicted(script: Script, row: Call, call: Any, line: int) -> Any:
    made = rewritten(script, row, call, line)
    made = made.with_changes(func=made.func.with_changes(attr=cst.Name("predict")))
    if row.name == "predict_proba":
        return made
    script.needs.add("class_numbers")
    return cst.parse_expression(f"class_numbers({nodes.text_of(made)})")


def _of_generator(script: Script, row: Call, call: Any, line: int) -> Any:
    made = rewritten(script, row, call, line)
    made = made.with_changes(func=made.func.with_changes(attr=cst.Name(_GENERATORS[row.name])))
    positional, named = nodes.positional(made), nodes.named(made)
    if positional is None or not script.is_keras_1:
        return made
    if positional:
        named = {"x": positional[0], **named}
    stars = []
    for source, steps in (("x", _steps_of(named)), ("validation_data", "validation_steps")):
        if steps not in named or source not in named:
            continue
        data, count = named[source], named[steps]
        size = _batch_size(data)
        if size is not None:
            counted = cst.parse_expression(f"-(-({nodes.text_of(count)}) // {size})")
            named[steps] = counted
            continue
        script.needs.add("batches_of")
        del named[source], named[steps]
        words = f'{nodes.text_of(data)}, {nodes.text_of(count)}, "{source}", "{steps}"'
        stars.append(cst.Arg(star="**", value=cst.parse_expression(f"batches_of({words})")))
    made = nodes.with_arguments(made, [], named)
    if not stars:
        return made
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    arguments = [*stars, *made.args]
    kept = [a.with_changes(comma=comma) for a in arguments[: len(stars)]]
    if not made.args:
        kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    return made.with_changes(args=[*kept, *made.args])


def _steps_of(named: dict[str, Any]) -> str:
    return "steps_per_epoch" if "steps_per_epoch" in named else "steps"


def _batch_size(source: Any) -> str | None:
    if isinstance(source, cst.Call):
        size = nodes.named(source).get("batch_size")
        if size is not None:
            return nodes.text_of(size)
    return None


def rewritten_path(script: Script, call: Any) -> Any:
    """A call of `save_weights` or `load_weights`, whose file has today's suffix."""
    if not call.args or not script.is_old:
        return call
    first = call.args[0]
    renamed = suffixed(script, first.value, ".weights.h5")
    if renamed is first.value:
        return call
    return call.with_changes(args=[first.with_changes(value=renamed), *call.args[1:]])
