"""plot_model and model_to_dot."""

from __future__ import annotations

import os
from typing import Any

from trimtab.models.plotting.diagram import Details, Diagram, diagram_of
from trimtab.models.plotting.layout import layout_of
from trimtab.models.plotting.pictures import save_with_matplotlib, svg_text
from trimtab.saving import files


class ModelDrawing:
    """A drawing of a model; notebooks show it.

    Args:
        svg: The drawing as SVG.
    """

    def __init__(self, svg: str) -> None:
        self.svg = svg

    def _repr_svg_(self) -> str:
        return self.svg


def _details(
    model: Any,
    show_shapes: bool,
    show_dtype: bool,
    show_layer_names: bool,
    show_layer_activations: bool,
    show_trainable: bool,
    expand_nested: bool,
) -> Details:
    if not model.built:
        raise ValueError(
            f"plot_model: '{model.name}' is not built yet; call `build()` or call the model on a "
            "batch of data first"
        )
    return Details(
        shapes=show_shapes,
        dtype=show_dtype,
        names=show_layer_names,
        activations=show_layer_activations,
        trainable=show_trainable,
        expand_nested=expand_nested,
    )


def plot_model(
    model: Any,
    to_file: str | os.PathLike[str] | None = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: float = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
) -> ModelDrawing:
    """Draws a model, from its inputs to its outputs.

    Args:
        model: A built model.
        to_file: File to write, None for none. "*.svg" needs no other package; other formats, such
            as "*.png" and "*.pdf", need matplotlib (`pip install 'trimtab[plot]'`).
        show_shapes: Whether to write shapes into the boxes.
        show_dtype: Whether to write the types of the outputs.
        show_layer_names: Whether to write the layers' names beside their classes.
        rankdir: "TB" from top to bottom, "LR" from left to right; "BT" and "RL" the other way.
        expand_nested: Whether to draw what is in models within the model, in frames.
        dpi: Dots an inch of formats made of dots.
        show_layer_activations: Whether to write activations.
        show_trainable: Whether to write which layers train.

    Returns:
        The drawing, which notebooks show.

    Raises:
        ValueError: If the model is not built.
        ImportError: If matplotlib is needed and not installed.

    Source: Keras 3 `keras.utils.plot_model`; Graphviz is not needed here.
    """
    details = _details(
        model,
        show_shapes,
        show_dtype,
        show_layer_names,
        show_layer_activations,
        show_trainable,
        expand_nested,
    )
    diagram = diagram_of(model, details)
    layout = layout_of(diagram, rankdir)
    svg = svg_text(diagram, layout)
    if to_file is not None:
        kind = os.path.splitext(to_file)[1].lower().removeprefix(".") or "png"
        with files.written(to_file) as temporary:
            if kind == "svg":
                temporary.write_text(svg)
            else:
                save_with_matplotlib(diagram, layout, temporary, kind, dpi)
    return ModelDrawing(svg)


class Dot:
    """A model in Graphviz's language.

    Args:
        text: The graph.
    """

    def __init__(self, text: str) -> None:
        self._text = text

    def to_string(self) -> str:
        """The graph as text."""
        return self._text

    def write(self, path: str | os.PathLike[str]) -> None:
        """Writes the text to a file, for `dot -Tpng`, say."""
        with files.written(path) as temporary:
            temporary.write_text(self._text)

    __str__ = to_string


def model_to_dot(
    model: Any,
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = True,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: float = 200,
    subgraph: bool = False,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
) -> Dot:
    """A model in Graphviz's language.

    Args:
        model: A built model.
        show_shapes: As for `plot_model`.
        show_dtype: As for `plot_model`.
        show_layer_names: As for `plot_model`.
        rankdir: As for `plot_model`.
        expand_nested: As for `plot_model`.
        dpi: Dots an inch.
        subgraph: Whether the graph is to be part of another one.
        show_layer_activations: As for `plot_model`.
        show_trainable: As for `plot_model`.

    Returns:
        An object with `to_string()` and `write(path)`.

    Raises:
        ValueError: If the model is not built.

    Source: Keras 3 `keras.utils.model_to_dot`, which returns a graph of the package pydot.
    """
    details = _details(
        model,
        show_shapes,
        show_dtype,
        show_layer_names,
        show_layer_activations,
        show_trainable,
        expand_nested,
    )
    diagram = diagram_of(model, details)
    head = f'subgraph "cluster_{model.name}"' if subgraph else "digraph G"
    settings = [f'label="{model.name}";'] if subgraph else [f"rankdir={rankdir};", f"dpi={dpi};"]
    lines = [head + " {", *settings, "node [shape=box];", *_dot_lines(diagram, ())]
    lines += [f"n{start} -> n{end};" for start, end in diagram.arrows]
    return Dot("\n".join([*lines, "}"]) + "\n")


def _dot_lines(diagram: Diagram, group: tuple[str, ...]) -> list[str]:
    """The boxes of a group, and the groups in it."""
    depth = len(group)
    lines, inner = [], {}
    for number, box in enumerate(diagram.boxes):
        if box.groups[:depth] != group:
            continue
        if len(box.groups) > depth:
            inner[box.groups[: depth + 1]] = True
            continue
        text = r"\n".join(line.replace('"', r"\"") for line in box.lines)
        lines.append(f'n{number} [label="{text}"];')
    for name in inner:
        lines += [f'subgraph "cluster_{"_".join(name)}" {{', f'label="{name[-1]}";']
        lines += [*_dot_lines(diagram, name), "}"]
    return lines
