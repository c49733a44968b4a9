"""An ONNX graph while it is being made: nodes, constants, and where the channels are."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from trimtab.core.extras import require

# Opset 18 is what onnxruntime 1.14 and later read; IR 8 belongs to it.
OPSET = 18
IR_VERSION = 8
_PURPOSE = "Export to ONNX"


def onnx() -> Any:
    """The package onnx.

    Raises:
        ImportError: If it is not installed; the message names the extra.
    """
    return require("onnx", "onnx", _PURPOSE)


class GraphBuilder:
    """Nodes and constants of a graph, each tensor by its name.

    Attributes:
        nodes: The nodes in order.
        constants: The constants, as ONNX's tensors.
    """

    def __init__(self) -> None:
        self._onnx = onnx()
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self._count = 0
        # A tensor with its channels moved, and where it came from.
        self._moved: dict[str, tuple[str, bool]] = {}

    def name(self, hint: str) -> str:
        """A name that no other tensor has."""
        self._count += 1
        return f"{hint}_{self._count}"

    def add(self, kind: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        """Adds a node; returns the name of what it gives."""
        result = output or self.name(kind)
        node = self._onnx.helper.make_node(kind, list(inputs), [result], **attributes)
        self.nodes.append(node)
        return result

    def constant(self, values: Any, dtype: str | None = None) -> str:
        """The name of a constant."""
        array = np.ascontiguousarray(np.asarray(values, dtype=dtype))
        name = self.name("constant")
        self.constants.append(self._onnx.numpy_helper.from_array(array, name))
        return name

    def integers(self, values: Any) -> str:
        """The name of a constant of int64, as shapes and axes are."""
        return self.constant(values, "int64")

    def channels_first(self, tensor: str, rank: int) -> str:
        """A tensor of channels last with its channels behind the batch."""
        return self._move(tensor, True, [0, rank - 1, *range(1, rank - 1)])

    def channels_last(self, tensor: str, rank: int) -> str:
        """A tensor of channels first with its channels at the end."""
        return self._move(tensor, False, [0, *range(2, rank), 1])

    def _move(self, tensor: str, to_first: bool, order: list[int]) -> str:
        origin, was_first = self._moved.get(tensor, ("", to_first))
        if origin and was_first != to_first:
            return origin
        moved = self.add("Transpose", tensor, perm=order)
        self._moved[moved] = tensor, to_first
        return moved

    def element_type(self, dtype: str) -> int:
        """ONNX's number of an element type."""
        return int(self._onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def model(self, inputs: list[Any], outputs: list[Any], name: str, version: str) -> Any:
        """The finished model.

        Args:
            inputs: (name, element type, shape) of each.
            outputs: The same for the outputs.
            name: The graph's name.
            version: The version of the producer.
        """
        helper = self._onnx.helper
        graph = helper.make_graph(
            self.nodes,
            name,
            [self._info(*entry) for entry in inputs],
            [self._info(*entry) for entry in outputs],
            self.constants,
        )
        return helper.make_model(
            graph,
            producer_name="trimtab",
            producer_version=version,
            ir_version=IR_VERSION,
            opset_imports=[helper.make_opsetid("", OPSET)],
        )

    def _info(self, name: str, dtype: str, shape: tuple[int | None, ...]) -> Any:
        sizes = ["batch" if i == 0 and n is None else n for i, n in enumerate(shape)]
        kind = self.element_type(dtype)
        return self._onnx.helper.make_tensor_value_info(name, kind, sizes)


def as_array(variable: Any) -> npt.NDArray[Any]:
    """A variable's numbers."""
    return np.asarray(variable)
