"""The era of a script, from its imports and its arguments."""

from __future__ import annotations

import ast
from dataclasses import dataclass

# Sign -> (era, weight): keyword arguments.
_KEYWORDS: dict[str, tuple[str, int]] = {
    **dict.fromkeys(("show_accuracy", "class_mode", "poolsize", "theano_mode"), ("keras0", 5)),
    **dict.fromkeys(
        ("nb_epoch", "border_mode", "output_dim", "nb_filter", "dim_ordering", "samples_per_epoch"),
        ("keras1", 3),
    ),
    **dict.fromkeys(
        ("nb_val_samples", "W_regularizer", "b_regularizer", "subsample", "filter_length"),
        ("keras1", 3),
    ),
    **dict.fromkeys(("pool_length", "nb_worker", "gamma_init"), ("keras1", 3)),
    **dict.fromkeys(("lr", "decay"), ("keras2", 1)),
    **dict.fromkeys(("padding", "kernel_initializer", "kernel_size", "strides"), ("keras2", 2)),
    **dict.fromkeys(("epochs", "steps_per_epoch", "units", "filters"), ("keras2", 2)),
    **dict.fromkeys(("negative_slope", "min_delta_"), ("keras3", 4)),
    "init": ("keras1", 2),
    "mode": ("keras1", 1),
}
# Names that are imported, or attributes that are read.
_NAMES: dict[str, tuple[str, int]] = {
    **dict.fromkeys(("Graph", "TimeDistributedDense", "AutoEncoder", "LambdaMerge"), ("keras0", 4)),
    **dict.fromkeys(("Merge", "merge", "Highway", "MaxoutDense"), ("keras1", 4)),
    **dict.fromkeys(("Convolution2D", "Convolution1D", "AtrousConvolution2D"), ("keras1", 2)),
    **dict.fromkeys(("image_dim_ordering", "set_image_dim_ordering"), ("keras1", 3)),
    **dict.fromkeys(("Conv2D", "Conv1D", "image_data_format"), ("keras2", 1)),
    **dict.fromkeys(("fit_generator", "np_utils"), ("keras1", 1)),
}
_MODULES: dict[str, tuple[str, int]] = {
    "keras.layers.containers": ("keras0", 8),
    "keras.initializations": ("keras1", 3),
    "keras.objectives": ("keras1", 2),
    "keras.utils.visualize_util": ("keras1", 3),
    "keras.layers.merge": ("keras2", 4),
    "keras.engine.topology": ("keras1", 1),
    "keras.ops": ("keras3", 8),
    "keras.random": ("keras3", 8),
    "keras.saving": ("keras3", 4),
    "keras.config": ("keras3", 6),
}


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
        self.found: list[tuple[str, int, int, str]] = []
        self.is_tf = False
        self.is_keras3 = False
        self.uses_keras = False

    def add(self, sign: tuple[str, int] | None, line: int, text: str) -> None:
        if sign is not None:
            self.found.append((sign[0], sign[1], line, text))

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._module(alias.name, node.lineno)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        self._module(module, node.lineno)
        for alias in node.names:
            self._module(f"{module}.{alias.name}", node.lineno)
            self.add(_NAMES.get(alias.name), node.lineno, alias.name)

    def _module(self, name: str, line: int) -> None:
        top = name.partition(".")[0]
        if top in ("tensorflow", "tf_keras"):
            self.is_tf = True
        elif top == "keras":
            self.uses_keras = True
            self.add(_MODULES.get(name), line, name)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self.add(_NAMES.get(node.attr), node.lineno, node.attr)
        if isinstance(node.value, ast.Name) and node.value.id == "keras":
            self.add(_MODULES.get(f"keras.{node.attr}"), node.lineno, f"keras.{node.attr}")
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        for keyword in node.keywords:
            if keyword.arg == "mode" and name != "BatchNormalization" and name != "merge":
                continue
            self.add(_KEYWORDS.get(keyword.arg or ""), node.lineno, f"{name}({keyword.arg}=)")
        self._by_position(name, node)
        self.generic_visit(node)

    def _by_position(self, name: str, node: ast.Call) -> None:
        ints = 0
        for argument in node.args[:4]:
            value = argument.value if isinstance(argument, ast.Constant) else None
            if not isinstance(value, int) or isinstance(value, bool):
                break
            ints += 1
        if name == "Dense" and ints == 2:
            self.add(("keras0", 6), node.lineno, "Dense(in, out)")
        elif name == "Convolution2D" and ints == 4:
            self.add(("keras0", 6), node.lineno, "Convolution2D(n, stack, row, col)")
        elif name in ("Convolution2D", "Conv2D") and ints == 3:
            self.add(("keras1", 4), node.lineno, f"{name}(n, row, col)")
        elif name in ("BatchNormalization", "PReLU") and node.args:
            if isinstance(node.args[0], ast.Tuple):
                self.add(("keras0", 6), node.lineno, f"{name}((...))")
        elif name in ("train", "test") and isinstance(node.func, ast.Attribute):
            self.add(("keras0", 2), node.lineno, f".{name}(")

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            if node.value == "KERAS_BACKEND":
                self.add(("keras3", 2), node.lineno, "KERAS_BACKEND")
            elif node.value.endswith((".keras", ".weights.h5")):
                self.add(("keras3", 4), node.lineno, node.value)
            elif node.value in ("val_acc", "acc"):
                self.add(("keras2", 1), node.lineno, repr(node.value))


def detect(tree: ast.AST) -> Detected:
    """The era that a script was written for.

    Signs of Keras 0 and 1 count for their era wherever they stand; without one, `tensorflow.keras`
    says tf.keras, and what remains is Keras 2 if it has signs of it, else Keras 3.

    Args:
        tree: The parsed script.
    """
    signs = _Signs()
    signs.visit(tree)
    scores: dict[str, int] = {}
    for era, weight, _, _ in signs.found:
        scores[era] = scores.get(era, 0) + weight
    era = _decide(scores, signs.is_tf)
    own = tuple((line, text) for name, _, line, text in signs.found if name == era)
    return Detected(era, own)


def _decide(scores: dict[str, int], is_tf: bool) -> str:
    if is_tf and scores.get("keras0", 0) < 4:
        return "tf_keras"
    if scores.get("keras0", 0) >= 4:
        return "keras0"
    if scores.get("keras3", 0) >= 4:
        return "keras3"
    if scores.get("keras1", 0) >= max(2, scores.get("keras2", 0)):
        return "keras1"
    return "keras2" if scores.get("keras2", 0) >= 1 else "keras3"
