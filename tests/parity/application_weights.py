"""The weights and images of tools/record_applications.py, made without Keras."""

import ast
import pathlib

import numpy as np

_TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools" / "record_applications.py"


def _functions():
    """The tool's functions that need NumPy alone, so that both sides run the same lines."""
    wanted = ("weights_for", "image_for", "described")
    tree = ast.parse(_TOOL.read_text())
    kept = [node for node in tree.body if getattr(node, "name", "") in wanted]
    names = {"np": np}
    exec(compile(ast.Module(kept, []), str(_TOOL), "exec"), names)
    return [names[name] for name in wanted]


weights_for, image_for, described = _functions()
