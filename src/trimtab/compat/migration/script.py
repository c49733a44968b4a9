"""What is known of a script before it is rewritten, and what is found out meanwhile."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any

from trimtab.compat.migration.names import Names, is_keras
from trimtab.compat.migration.trees import walk
from trimtab.compat.tables import ERAS, version_of
from trimtab.compat.tables.rows import KERAS_2, TF_KERAS, Version
from trimtab.core import extras

cst: Any = extras.require("libcst", "migrate", "Rewriting source")

# Calls whose values are models.
_MAKERS = frozenset(
    {"Sequential", "Model", "Graph", "load_model", "model_from_json", "clone_model"}
)
# Methods that nothing but a model of Keras has.
ONLY_MODELS = frozenset(
    {"fit_generator", "evaluate_generator", "predict_generator", "predict_classes"}
    | {"train_on_batch", "test_on_batch", "predict_on_batch"}
)


@dataclass(frozen=True)
class Change:
    """A piece of source that was rewritten.

    Attributes:
        line: Its line in the old source, from 1.
        old: Its text.
        new: Today's text.
    """

    line: int
    old: str
    new: str


@dataclass(frozen=True)
class Remark:
    """What a reader of the new source should know.

    Attributes:
        line: The line in the old source.
        text: A sentence.
    """

    line: int
    text: str


@dataclass
class Script:
    """A script on its way to today's source.

    Attributes:
        era: Name of its era.
        names: What its names stand for.
        models: Names and attributes that hold models.
        shows_accuracy: Whether a call asks for accuracy by `show_accuracy` or `accuracy`.
        renames_accuracy: Whether "acc" in logs is "accuracy" today.
        weight_files: Names of variables that hold the path of a file of weights.
        changes: What was rewritten.
        approximations: What is only approximately as it was.
        left: What could not be rewritten.
        needs: Names of helpers, and of modules to import, that the new source needs.
        saves: Whether models are saved: then losses need their long names, for older formats.
        fills: Whether defaults and values of another meaning are written out.
    """

    era: str
    names: Names = field(default_factory=Names)
    models: set[str] = field(default_factory=set)
    shows_accuracy: bool = False
    renames_accuracy: bool = False
    weight_files: set[str] = field(default_factory=set)
    changes: list[Change] = field(default_factory=list)
    approximations: list[Remark] = field(default_factory=list)
    left: list[Remark] = field(default_factory=list)
    needs: set[str] = field(default_factory=set)
    fills: bool = True
    saves: bool = False

    @property
    def version(self) -> Version:
        """The version whose defaults hold."""
        return version_of(self.era)

    @property
    def is_old(self) -> bool:
        """Whether it is for a version before Keras 3."""
        return self.era != "keras3"

    @property
    def has_old_defaults(self) -> bool:
        """Whether it is for Keras with several backends, whose defaults differ."""
        return self.fills and self.version < TF_KERAS

    @property
    def is_keras_1(self) -> bool:
        """Whether it is for Keras 0.x or 1.x."""
        return self.version < KERAS_2

    @property
    def title(self) -> str:
        """The era for a reader."""
        return ERAS[self.era].title


class Survey:
    """Learns the names of a script, and which variables are models.

    Args:
        script: The script, which is told.
    """

    def __init__(self, script: Script) -> None:
        self.script = script
        self._metrics: list[str] = []

    def learn(self, module: Any) -> None:
        """Reads a module."""
        kinds = {
            cst.Import: self.script.names.learn_import,
            cst.ImportFrom: self.script.names.learn_from,
            cst.Assign: self._learn_assignment,
            cst.ClassDef: self._learn_class,
            cst.Call: self._learn_call,
        }
        for node in walk(module):
            learn = kinds.get(type(node))
            if learn is not None:
                learn(node)
        self._decide_on_accuracy()

    def _learn_assignment(self, node: Any) -> None:
        """Learns which names hold models."""
        value = node.value
        if not isinstance(value, cst.Call) or not self._makes_model(value):
            return
        for target in node.targets:
            self.script.models.add(_key(target.target))

    def _makes_model(self, call: Any) -> bool:
        path = self.script.names.path(call.func)
        return is_keras(path) and str(path).rpartition(".")[2] in _MAKERS

    def _learn_class(self, node: Any) -> None:
        """A model's own class calls its methods on `self`; its instances are models."""
        bases = [self.script.names.path(base.value) for base in node.bases]
        if any(is_keras(base) and str(base).endswith(".Model") for base in bases):
            self.script.models.add("self")

    def _learn_call(self, node: Any) -> None:
        """Learns models by their methods, and how accuracy is asked for."""
        names = {a.keyword.value: a.value for a in node.args if a.keyword is not None}
        for asked in ("show_accuracy", "accuracy"):
            value = names.get(asked)
            if isinstance(value, cst.Name) and value.value == "True":
                self.script.shows_accuracy = True
        if not isinstance(node.func, cst.Attribute):
            return
        method, owner = node.func.attr.value, node.func.value
        if method in ONLY_MODELS or (method == "compile" and {"loss", "optimizer"} & set(names)):
            self.script.models.add(_key(owner))
        if method == "compile" and "metrics" in names:
            self._learn_metrics(names["metrics"])
        if method in ("save", "save_model"):
            self.script.saves = True
        is_file = method in ("save_weights", "load_weights") and bool(node.args)
        if is_file and isinstance(node.args[0].value, cst.Name):
            self.script.weight_files.add(node.args[0].value.value)

    def _learn_metrics(self, value: Any) -> None:
        try:
            found = ast.literal_eval(cst.Module([]).code_for_node(value))
        except (ValueError, SyntaxError):
            return
        self._metrics += [m for m in found if isinstance(m, str)]

    def _decide_on_accuracy(self) -> None:
        """Decides what "acc" in logs is called today."""
        script = self.script
        asks = "accuracy" in self._metrics or script.shows_accuracy
        # Up to 2.2 both spellings of the metric were logged as "acc".
        script.renames_accuracy = (
            script.version < (2, 3, 0) and (asks or "acc" in self._metrics)
        ) and script.is_old


def _key(node: Any) -> str:
    """A variable or attribute as text."""
    return str(cst.Module([]).code_for_node(node)).strip()


def key_of(node: Any) -> str:
    """A variable or attribute as text, by which models are remembered."""
    return _key(node)
