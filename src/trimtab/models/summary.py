"""The text of `model.summary()`."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from trimtab import dtypes
from trimtab.core import settings, tree
from trimtab.layers.base import Layer
from trimtab.layers.batch_normalization import BatchNormalization
from trimtab.layers.shapes import map_shapes
from trimtab.lazy import lazy_module
from trimtab.models.table import column_widths, draw_table

if TYPE_CHECKING:
    import html
    import logging
else:
    html = lazy_module("html")
    logging = lazy_module("logging")


def _logger() -> logging.Logger:
    return logging.getLogger("trimtab")


_LENGTHS = {"chain": 88, "graph": 108}
_POSITIONS = {"chain": [0.45, 0.80, 1.0], "graph": [0.3, 0.56, 0.74, 1.0]}


def print_summary(
    model: Any,
    line_length: int | None,
    positions: Sequence[float] | None,
    print_fn: Callable[..., Any] | None,
    expand_nested: bool,
    show_trainable: bool,
    layer_range: Sequence[str] | None,
) -> None:
    """Writes the summary of `model`; see `Model.summary`."""
    text = summary_text(model, line_length, positions, expand_nested, show_trainable, layer_range)
    if print_fn is not None:
        print_fn(text)
    elif settings.is_interactive_logging_enabled():
        sys.stdout.write(text)
        sys.stdout.flush()
    else:
        _logger().info(text)


def summary_text(
    model: Any,
    line_length: int | None = None,
    positions: Sequence[float] | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Sequence[str] | None = None,
) -> str:
    """The summary of `model`, lines ended by newlines."""
    kind = "chain" if _is_chain(model) else "graph"
    ends, length = list(positions or _POSITIONS[kind]), _LENGTHS[kind]
    header, alignment, rows = _cells(model, expand_nested, show_trainable, layer_range)
    if show_trainable:
        ends, length = [p * 0.90 for p in ends] + [1.0], length + 12
    length = line_length or min(length, _terminal_columns() - 4)
    parts = [
        f'Model: "{model.name}"',
        draw_table(header, rows, column_widths(ends, length), alignment),
        *_totals(model),
        *_batch_normalization_lines(model),
    ]
    return "\n".join(parts) + "\n"


def _cells(
    model: Any,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Sequence[str] | None = None,
) -> tuple[list[str], list[str], list[list[str]]]:
    """The header of the table, the alignment of its columns, and its rows."""
    is_graph = not _is_chain(model)
    header, alignment = ["Layer (type)", "Output Shape", "Param #"], ["left", "left", "right"]
    if is_graph:
        header, alignment = [*header, "Connected to"], [*alignment, "left"]
    if show_trainable:
        header, alignment = [*header, "Trainable"], [*alignment, "center"]
    columns = _Columns(model if is_graph else None, show_trainable, expand_nested)
    layers = model.operations if model.is_functional else model.layers
    rows = [row for layer in _in_range(layers, layer_range) for row in columns.rows(layer)]
    return header, alignment, rows


def summary_html(model: Any) -> str:
    """The summary of `model` as HTML, for notebooks."""
    header, alignment, rows = _cells(model)

    def row(cells: Sequence[str], tag: str) -> str:
        pairs = zip(cells, alignment, strict=True)
        return "".join(
            f'<{tag} style="text-align: {side}">{html.escape(text)}</{tag}>' for text, side in pairs
        )

    body = "".join(f"<tr>{row(cells, 'td')}</tr>" for cells in rows)
    notes = [line.strip() for line in (*_totals(model), *_batch_normalization_lines(model))]
    return (
        f"<div><strong>Model: {html.escape(model.name)}</strong><table><thead><tr>"
        f"{row(header, 'th')}</tr></thead><tbody>{body}</tbody></table>"
        + "".join(f"<div>{html.escape(line)}</div>" for line in notes)
        + "</div>"
    )


def _terminal_columns() -> int:
    # As shutil.get_terminal_size, whose module takes milliseconds to import.
    try:
        columns = int(os.environ.get("COLUMNS", 0))
    except ValueError:
        columns = 0
    if columns <= 0:
        try:
            columns = os.get_terminal_size(sys.__stdout__.fileno()).columns  # type: ignore[union-attr]
        except (AttributeError, ValueError, OSError):
            columns = 80
    return columns or 80


def _is_chain(model: Any) -> bool:
    """Whether the layers follow one another, each used once, so that connections need no column."""
    if not model.is_functional:
        return True
    function = model._function
    if any(len(level) > 1 or len(level[0].input_tensors) > 1 for level in function.levels):
        return False
    own = {id(node) for node in function.nodes}
    return all(sum(id(n) in own for n in layer._inbound_nodes) < 2 for layer in model.layers)


def _in_range(layers: Sequence[Any], layer_range: Sequence[str] | None) -> Sequence[Any]:
    if layer_range is None:
        return layers
    if len(layer_range) != 2 or not all(isinstance(name, str) for name in layer_range):
        raise ValueError(f"summary: `layer_range` must be two names; got {layer_range!r}")
    first = [i for i, layer in enumerate(layers) if re.match(layer_range[0], layer.name)]
    last = [i for i, layer in enumerate(layers) if re.match(layer_range[1], layer.name)]
    if not first or not last:
        raise ValueError(f"summary: no layers match `layer_range` {tuple(layer_range)}")
    if min(first) > max(last):
        return layers[min(last) : max(first) + 1]
    return layers[min(first) : max(last) + 1]


class _Columns(NamedTuple):
    """How a layer fills its row."""

    graph: Any
    show_trainable: bool
    expand_nested: bool

    def rows(self, layer: Any, level: int = 0) -> list[list[str]]:
        """The row of a layer, then those of its own layers if they are to be shown."""
        prefix = "   " * level + "└ " if level else ""
        label = getattr(layer, "class_label", type(layer).__name__)
        cells = [f"{prefix}{layer.name} ({label})", _shape_text(layer), _params_text(layer)]
        if self.graph is not None:
            cells.append(_connections(layer, self.graph))
        if self.show_trainable:
            cells.append(
                ("Y" if layer.trainable else "N") if getattr(layer, "weights", None) else "-"
            )
        nested = getattr(layer, "layers", None) if self.expand_nested else None
        return [cells, *(row for inner in nested or () for row in self.rows(inner, level + 1))]


def _shape_text(layer: Any) -> str:
    if layer._inbound_nodes:
        shapes: Any = [x.shape for x in layer._inbound_nodes[-1].outputs]
    elif getattr(layer, "_build_shapes", None):
        try:
            shapes = layer.compute_output_shape(*layer._build_shapes.values())
        except (NotImplementedError, TypeError, ValueError):
            return "?"
    else:
        return "?"
    texts = map_shapes(lambda shape: f"({', '.join(map(str, shape))})", shapes)
    flat = tree.flatten(texts)
    return str(flat[0]) if len(flat) == 1 else str(texts).replace("'", "")


def _params_text(layer: Any) -> str:
    if not isinstance(layer, Layer):
        return "0"
    return f"{layer.count_params():,}" if layer.built else "0 (unbuilt)"


def _connections(layer: Any, model: Any) -> str:
    own = {id(node) for node in model._function.nodes}
    histories = [
        x._keras_history
        for node in layer._inbound_nodes
        if id(node) in own
        for x in node.input_tensors
    ]
    return (
        ", ".join(f"{h.operation.name}[{h.node_index}][{h.tensor_index}]" for h in histories) or "-"
    )


def _size_text(size_bytes: float) -> str:
    units = ["B", "KB", "MB", "GB", "TB", "PB"]
    while size_bytes >= 1024 and len(units) > 1:
        size_bytes /= 1024
        units.pop(0)
    return f"{size_bytes:.2f} {units[0]}"


def _total(title: str, variables: Iterable[Any]) -> str:
    distinct = {id(v): v for v in variables}.values()
    count = sum(v.size for v in distinct)
    size = sum(v.size * dtypes.itemsize(v.dtype) for v in distinct)
    return f" {title} params: {count:,} ({_size_text(size)})"


def _totals(model: Any) -> list[str]:
    optimizer = getattr(model, "optimizer", None)
    slots = optimizer.variables if optimizer is not None and optimizer.built else []
    lines = [
        _total("Total", [*model.weights, *slots]),
        _total("Trainable", model.trainable_weights),
        _total("Non-trainable", model.non_trainable_weights),
    ]
    return [*lines, _total("Optimizer", slots)] if slots else lines


def _batch_normalization_lines(model: Any) -> list[str]:
    """What Keras counts as non-trainable without saying what it is."""
    found = [
        layer
        for layer in model._flatten_layers()
        if isinstance(layer, BatchNormalization) and layer.built
    ]
    if not found:
        return []
    groups: dict[Any, list[BatchNormalization]] = {}
    for layer in found:
        groups.setdefault((layer.updates_seen, layer.momentum, layer.trainable), []).append(layer)
    lines = [" Batch normalization statistics (counted above, not trained by the optimizer):"]
    for layers in groups.values():
        first = layers[0]
        names = (
            first.name
            if len(layers) == 1
            else f"{first.name} to {layers[-1].name} ({len(layers)} layers)"
        )
        lines.append(f"   {names}: {first.status(sum(layer.statistics_count for layer in layers))}")
    return lines
