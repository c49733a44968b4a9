"""Names of TensorFlow itself: those that Keras has an op for, and those that stay."""

from __future__ import annotations

import ast

from trimtab.compat.migration.names import is_keras, normalised
from trimtab.compat.migration.script import Remark, Script
from trimtab.compat.tables.tensorflow import OPS, TYPES

_FUNCTIONS = {
    "tensorflow.cast": "keras.ops.cast",
    "tensorflow.constant": "keras.ops.convert_to_tensor",
    "tensorflow.random.set_seed": "keras.utils.set_random_seed",
    "tensorflow.set_random_seed": "keras.utils.set_random_seed",
    "tensorflow.random.set_random_seed": "keras.utils.set_random_seed",
}


def of_tensorflow(path: str | None) -> str | None:
    """The function of Keras, or the name of a type as text, for one of TensorFlow."""
    if path is None or not path.startswith("tensorflow."):
        return None
    inner = path.removeprefix("tensorflow.")
    if inner in OPS:
        return f"keras.ops.{OPS[inner]}"
    if inner in TYPES:
        return f'"{inner}"'
    return _FUNCTIONS.get(path)


class TensorFlowLeft(ast.NodeVisitor):
    """Lists each use of TensorFlow that stands as it was.

    Args:
        script: The script, which is told; its imports are known.
    """

    def __init__(self, script: Script) -> None:
        self.script = script

    def _path(self, node: ast.expr) -> str | None:
        if isinstance(node, ast.Name):
            bound = self.script.names.bound.get(node.id)
            return None if bound is None else normalised(bound)
        if isinstance(node, ast.Attribute):
            owner = self._path(node.value)
            return None if owner is None else normalised(f"{owner}.{node.attr}")
        return None

    def _tell(self, node: ast.expr, path: str) -> None:
        if path.startswith("tensorflow.") and of_tensorflow(path) is None:
            text = (
                f"{ast.unparse(node)} is TensorFlow's own, and needs TensorFlow as before; "
                "keras.ops and NumPy run everywhere"
            )
            self.script.left.append(Remark(node.lineno, text))

    def visit_Name(self, node: ast.Name) -> None:
        """A name that was imported from TensorFlow."""
        path = self._path(node)
        if path is not None:
            self._tell(node, path)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """A dotted name of TensorFlow, told of as a whole."""
        path = self._path(node)
        if path is None:
            self.generic_visit(node)
        elif not is_keras(path):
            self._tell(node, path)
