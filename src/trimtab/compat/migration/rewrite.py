"""The transformation of a script's syntax tree."""

from __future__ import annotations

from typing import Any

from trimtab.compat.migration import calls, methods, nodes
from trimtab.compat.migration.imports import rewritten_import
from trimtab.compat.migration.names import expression, is_application, is_keras, today
from trimtab.compat.migration.script import Change, Remark, Script
from trimtab.compat.migration.tensorflow import of_tensorflow
from trimtab.compat.migration.trees import Lines, Transformer
from trimtab.compat.migration.values import ordering_today
from trimtab.compat.tables import CALLS
from trimtab.compat.tables.names import GONE
from trimtab.core import extras
from trimtab.core.old_spellings import MERGES

cst: Any = extras.require("libcst", "migrate", "Rewriting source")

_ACCURACY = {"acc": "accuracy", "val_acc": "val_accuracy"}
_METHODS = {"get_output_shape_for": "compute_output_shape"}
_PARAMS = {"nb_epoch": "epochs", "nb_sample": "samples"}
UNUSED = "# trimtab: this BatchNormalization is part of no model: model.add(...) it, or call it"
# Functions of K whose values all stand by position, in today's words.
_BACKEND = {
    "flatten": "keras.ops.reshape({}, (-1,))",
    "gather": "keras.ops.take({}, {}, axis=0)",
    "ndim": "keras.ops.ndim({})",
    "permute_dimensions": "keras.ops.transpose({}, {})",
}
_DRAWS = {"random_normal": "normal", "random_uniform": "uniform"}
_DRAW_WORDS = {"std": "stddev", "low": "minval", "high": "maxval"}


class Rewriter(Transformer):
    """Rewrites a script for today's Keras.

    Args:
        script: The script, surveyed already.
        lines: Its lines.
    """

    # Names that are no expressions, and imports, which are rewritten as statements.
    passed_over = frozenset(
        {(cst.Attribute, "attr"), (cst.Arg, "keyword"), (cst.Param, "name")}
        | {(cst.Import, "names"), (cst.ImportFrom, "module"), (cst.ImportFrom, "names")}
    )

    def __init__(self, script: Script, lines: Lines) -> None:
        self.script = script
        self._lines = lines
        self.handlers = {
            cst.Arg: self._argument,
            cst.Assign: self._assignment,
            cst.Attribute: self._attribute,
            cst.Call: self._call,
            cst.Comparison: self._comparison,
            cst.FunctionDef: self._function,
            cst.Index: self._index,
            cst.Name: self._name,
            cst.SimpleStatementLine: self._line_of_source,
        }

    def rewritten(self, module: Any) -> Any:
        """The module rewritten."""
        body: list[Any] = []
        for index, statement in enumerate(module.body):
            self._lines.begin(index, statement)
            made = self.visit(statement)
            if isinstance(made, cst.FlattenSentinel):
                body += made
            elif made is not cst.RemovalSentinel.REMOVE:
                body.append(made)
        return module.with_changes(body=body)

    def _line(self, node: Any) -> int:
        return self._lines.of(node)

    def _changed(self, original: Any, updated: Any) -> Any:
        old, new = nodes.text_of(original), nodes.text_of(updated)
        if old != new:
            self.script.changes.append(Change(self._line(original), old.strip(), new.strip()))
        return updated

    def _name(self, original_node: Any, updated_node: Any) -> Any:
        """A class that has another name today."""
        path = self.script.names.path(original_node)
        if path is None or not is_keras(path) or path.count(".") < 2:
            return updated_node
        local = original_node.value
        found = today(path)
        if found is None or not found.name or local != path.rpartition(".")[2]:
            return updated_node
        return updated_node if found.name == local else cst.Name(found.name)

    def _attribute(self, original_node: Any, updated_node: Any) -> Any:
        """A dotted name of Keras in the place that it has today."""
        path = self.script.names.path(original_node)
        function = of_tensorflow(path)
        if function is not None:
            self.script.needs.add("keras")
            return self._changed(original_node, expression(function))
        if path is None or not is_keras(path):
            return self._plain_attribute(original_node, updated_node)
        if is_application(path):
            return self._in_keras(original_node, updated_node, path)
        found = today(path)
        if found is None or not found.name:
            return updated_node
        if self._keeps_alias(original_node, found):
            new = updated_node.with_changes(attr=cst.Name(found.name))
            return updated_node if new.deep_equals(updated_node) else new
        return self._in_keras(original_node, updated_node, found.path)

    def _in_keras(self, original: Any, updated: Any, path: str) -> Any:
        if nodes.text_of(original) == path and self.script.names.bound.get("keras") == "keras":
            return updated
        self.script.needs.add("keras")
        new = expression(path)
        return updated if new.deep_equals(updated) else new

    def _keeps_alias(self, node: Any, found: Any) -> bool:
        """Whether the module's own alias, such as `layers` or `K`, leads there today."""
        if not isinstance(node.value, cst.Name):
            return False
        module = self.script.names.path(node.value)
        own = None if module is None else today(module)
        bound = self.script.names.bound.get(node.value.value, "")
        return (
            own is not None and own.path == found.module and bound != "keras" and is_keras(module)
        )

    def _plain_attribute(self, original: Any, updated: Any) -> Any:
        """`optimizer.lr` is `optimizer.learning_rate`."""
        if self.script.is_old and updated.attr.value == "lr":
            owner = nodes.text_of(updated.value)
            if owner.rpartition(".")[2] in ("optimizer", "sgd", "adam", "rms"):
                return self._changed(original, updated.with_changes(attr=cst.Name("learning_rate")))
        return updated

    def _call(self, original_node: Any, updated_node: Any) -> Any:
        """A call in today's names and arguments."""
        line = self._line(original_node)
        try:
            made = self._rewritten_call(original_node, updated_node, line)
        except calls.Untranslatable as problem:
            name = nodes.text_of(original_node.func)
            self.script.left.append(Remark(line, f"{name}(...) {problem}"))
            return updated_node
        return self._changed(original_node, made) if made is not updated_node else made

    def _rewritten_call(self, original: Any, updated: Any, line: int) -> Any:
        path = self.script.names.path(original.func)
        if is_keras(path):
            return self._of_keras(str(path), updated, line)
        if path is not None:
            return updated
        row = methods.row_of(self.script, original)
        if row is not None:
            return methods.rewritten_method(self.script, row, updated, line)
        func = updated.func
        if isinstance(func, cst.Attribute):
            if func.attr.value == "add_loss" and self._is_model_outside_itself(func.value):
                raise calls.Untranslatable(
                    "adds a symbolic loss, which is gone: call self.add_loss(...) in the call "
                    "method of a layer that passes its input on"
                )
            if func.attr.value in ("save_weights", "load_weights"):
                return methods.rewritten_path(self.script, updated)
            if func.attr.value == "get" and self.script.renames_accuracy:
                return self._log_key(updated)
        return updated

    def _is_model_outside_itself(self, owner: Any) -> bool:
        is_model = self.script.is_old and methods.is_model(self.script, owner)
        return is_model and nodes.text_of(owner) != "self"

    def _of_keras(self, path: str, call: Any, line: int) -> Any:
        name = path.rpartition(".")[2]
        if name in GONE:
            raise calls.Untranslatable(GONE[name])
        if path.startswith("keras.backend."):
            return self._of_backend(name, call)
        if name == "merge":
            return self._merged(call)
        if name == "Merge":
            raise calls.Untranslatable(
                "joins whole models: call them on Inputs and a merging layer on their outputs, in "
                "a functional Model"
            )
        found = today(path)
        row = CALLS.get(name)
        if row is None and found is not None and found.module == "keras.optimizers":
            row = CALLS.get(found.name)
        if row is not None and found is None:
            raise calls.Untranslatable("has no counterpart today")
        if row is None or found is None:
            return call
        if row.today_name != found.name and not row.today.startswith("keras.Model"):
            return call
        return calls.rewritten(self.script, row, call, line)

    def _of_backend(self, name: str, call: Any) -> Any:
        arguments = [nodes.text_of(a.value) for a in call.args]
        if name == "set_image_dim_ordering" and call.args:
            ordering = ordering_today(nodes.literal(call.args[0].value))
            self.script.needs |= {"keras", "ordering"}
            if ordering == "channels_first":
                self.script.needs.add("is_channels_first")
            given = nodes.make(ordering) if ordering else call.args[0].value
            return cst.parse_expression(
                f"keras.config.set_image_data_format({nodes.text_of(given)})"
            )
        if name == "image_dim_ordering":
            self.script.needs |= {"keras"}
            return cst.parse_expression("keras.config.image_data_format()")
        if name == "set_value" and len(arguments) == 2:
            return cst.parse_expression(f"{arguments[0]}.assign({arguments[1]})")
        if name in ("get_value", "eval") and len(arguments) == 1:
            self.script.needs |= {"keras"}
            return cst.parse_expression(f"keras.ops.convert_to_numpy({arguments[0]})")
        if name == "int_shape" and len(arguments) == 1:
            return cst.parse_expression(f"{arguments[0]}.shape")
        template = _BACKEND.get(name)
        count = sum(argument.keyword is None for argument in call.args)
        if template is not None and len(arguments) == count == template.count("{"):
            self.script.needs.add("keras")
            return cst.parse_expression(template.format(*arguments))
        if name in _DRAWS:
            self.script.needs.add("keras")
            return self._drawn(name, call)
        if today(f"keras.backend.{name}") is None:
            raise calls.Untranslatable("has no counterpart in keras.ops")
        return call

    def _drawn(self, name: str, call: Any) -> Any:
        """`K.random_normal(shape, mean, std)` and its kin."""
        found: list[Any] = []
        for argument in call.args:
            keyword = argument.keyword
            if keyword is not None and keyword.value in _DRAW_WORDS:
                argument = argument.with_changes(keyword=cst.Name(_DRAW_WORDS[keyword.value]))
            found.append(argument)
        return call.with_changes(func=expression(f"keras.random.{_DRAWS[name]}"), args=found)

    def _merged(self, call: Any) -> Any:
        """`merge(layers, mode=...)`: the merging layer of the mode, called on them."""
        given = dict(zip(("inputs", "mode"), nodes.positional(call) or [], strict=False))
        given |= nodes.named(call)
        mode = nodes.literal(given["mode"]) if "mode" in given else "sum"
        if mode not in MERGES or "inputs" not in given:
            raise calls.Untranslatable("has a function as its mode: use a Lambda on the inputs")
        options = []
        if mode == "concat":
            axis = given.get("concat_axis")
            options = [] if axis is None else [f"axis={nodes.text_of(axis)}"]
        if mode in ("dot", "cos"):
            axes = nodes.text_of(given["dot_axes"]) if "dot_axes" in given else "-1"
            options = [f"axes={axes}", *(["normalize=True"] if mode == "cos" else [])]
        if "name" in given:
            options.append(f"name={nodes.text_of(given['name'])}")
        self.script.needs.add("keras")
        made = f"keras.layers.{MERGES[str(mode)]}({', '.join(options)})"
        return cst.parse_expression(f"{made}({nodes.text_of(given['inputs'])})")

    # Names in logs.
    def _log_key(self, call: Any) -> Any:
        if not call.args:
            return call
        key = self._accuracy(call.args[0].value)
        first = call.args[0].with_changes(value=key)
        return call.with_changes(args=[first, *call.args[1:]])

    def _accuracy(self, node: Any) -> Any:
        given = nodes.literal(node) if isinstance(node, cst.SimpleString) else None
        if not self.script.renames_accuracy or given not in _ACCURACY:
            return node
        quote = node.quote
        return node.with_changes(value=f"{quote}{_ACCURACY[str(given)]}{quote}")

    def _argument(self, original_node: Any, updated_node: Any) -> Any:
        """`monitor="val_acc"`."""
        keyword = updated_node.keyword
        if keyword is not None and keyword.value == "monitor":
            return updated_node.with_changes(value=self._accuracy(updated_node.value))
        return updated_node

    def _index(self, original_node: Any, updated_node: Any) -> Any:
        """`history["acc"]`, and `params["nb_epoch"]` of a callback."""
        value = self._accuracy(updated_node.value)
        given = nodes.literal(value) if isinstance(value, cst.SimpleString) else None
        if self.script.is_old and given in _PARAMS:
            value = nodes.make(_PARAMS[str(given)])
        return updated_node.with_changes(value=value)

    def _comparison(self, original_node: Any, updated_node: Any) -> Any:
        """`"acc" in history.history`, and `K.image_dim_ordering() == "th"`."""
        comparisons = [c.with_changes(comparator=self._ordered(original_node, c.comparator))
                       for c in updated_node.comparisons]  # fmt: skip
        left = updated_node.left
        if any(isinstance(c.operator, (cst.In, cst.NotIn)) for c in comparisons):
            left = self._accuracy(left)
        made = updated_node.with_changes(left=left, comparisons=comparisons)
        return self._changed(original_node, made)

    def _ordered(self, comparison: Any, comparator: Any) -> Any:
        left = comparison.left
        path = self.script.names.path(left.func) if isinstance(left, cst.Call) else None
        ordering = ordering_today(nodes.literal(comparator))
        if ordering and path == "keras.backend.image_dim_ordering":
            return nodes.make(ordering)
        return comparator

    def _function(self, original_node: Any, updated_node: Any) -> Any:
        """Methods of one's own layers that Keras calls by another name today."""
        name = updated_node.name.value
        if self.script.is_old and name in _METHODS:
            return updated_node.with_changes(name=cst.Name(_METHODS[name]))
        return updated_node

    def _assignment(self, original_node: Any, updated_node: Any) -> Any:
        """A variable that holds the path of a file of weights."""
        target = updated_node.targets[0].target
        if not isinstance(target, cst.Name) or not self.script.is_old:
            return updated_node
        if target.value in self.script.weight_files:
            value = calls.suffixed(self.script, updated_node.value, ".weights.h5")
            return self._changed(original_node, updated_node.with_changes(value=value))
        return updated_node

    def _line_of_source(self, original_node: Any, updated_node: Any) -> Any:
        """Imports, and a Batch Normalization that is made and dropped."""
        if len(original_node.body) != 1:
            return updated_node
        statement = original_node.body[0]
        if isinstance(statement, (cst.Import, cst.ImportFrom)):
            return rewritten_import(self.script, original_node, self._line(original_node))
        if isinstance(statement, cst.Expr) and isinstance(statement.value, cst.Call):
            path = self.script.names.path(statement.value.func)
            if is_keras(path) and str(path).endswith(".BatchNormalization"):
                return self._told_of(original_node, updated_node)
        return updated_node

    def _told_of(self, original: Any, updated: Any) -> Any:
        comments = [line.comment.value for line in updated.leading_lines if line.comment]
        if UNUSED in comments:
            return updated
        self.script.approximations.append(
            Remark(self._line(original), "this BatchNormalization is made and added to no model")
        )
        comment = cst.EmptyLine(indent=True, comment=cst.Comment(UNUSED))
        return updated.with_changes(leading_lines=[*updated.leading_lines, comment])
