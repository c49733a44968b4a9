"""What a layer expects of its inputs, and the errors for inputs that are not so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trimtab import dtypes
from trimtab.core import tree
from trimtab.core.config import keras_export


@keras_export("keras.layers.InputSpec", "keras.InputSpec")
class InputSpec:
    """Type, rank and sizes that an input must have.

    Args:
        dtype: Element type; any if None.
        shape: Shape; None stands for any size.
        ndim: Number of axes; that of `shape` if it is given.
        max_ndim: Largest number of axes.
        min_ndim: Smallest number of axes.
        axes: Axis -> size that it must have; None for any.
        allow_last_axis_squeeze: Whether a last axis of size 1 may be there or be missing.
        name: Key of the input in a dictionary.
        optional: Whether None may be given instead.

    Raises:
        TypeError: If a key of `axes` is no integer.
        ValueError: If an axis lies beyond the number of axes.

    Source: Keras 3 `keras.layers.InputSpec`.
    """

    def __init__(
        self,
        dtype: Any = None,
        shape: Sequence[int | None] | None = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: Mapping[int, int | None] | None = None,
        allow_last_axis_squeeze: bool = False,
        name: str | None = None,
        optional: bool = False,
    ) -> None:
        self.dtype = None if dtype is None else dtypes.standardize(dtype)
        self.shape = None if shape is None else tuple(shape)
        self.ndim = ndim if self.shape is None else len(self.shape)
        self.max_ndim = max_ndim
        self.min_ndim = min_ndim
        self.name = name
        self.optional = optional
        self.allow_last_axis_squeeze = allow_last_axis_squeeze
        try:
            self.axes = {int(axis): size for axis, size in (axes or {}).items()}
        except (ValueError, TypeError, AttributeError):
            raise TypeError(
                f"InputSpec: `axes` must map whole numbers to sizes; got {axes!r}"
            ) from None
        most = self.ndim or self.max_ndim
        if self.axes and most is not None and max(self.axes) > most - 1:
            raise ValueError(
                f"InputSpec: axis {max(self.axes)} is greater than the largest allowed, {most - 1}"
            )

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        names = ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes", "optional")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> InputSpec:
        """The spec that `get_config` described."""
        return cls(**config)

    def __repr__(self) -> str:
        names = ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes")
        return (
            f"InputSpec({', '.join(f'{n}={getattr(self, n)}' for n in names if getattr(self, n))})"
        )

    def fault(self, x: Any) -> str | None:
        """What is wrong with a tensor, None if nothing is."""
        shape = tuple(x.shape)
        return self._rank_fault(shape) or self._type_fault(x) or self._size_fault(shape)

    def _rank_fault(self, shape: tuple[Any, ...]) -> str | None:
        ndim = len(shape)
        if self.ndim is not None and not self.allow_last_axis_squeeze and ndim != self.ndim:
            return f"expected ndim={self.ndim}, found ndim={ndim}. Full shape received: {shape}"
        if self.max_ndim is not None and ndim > self.max_ndim:
            return f"expected max_ndim={self.max_ndim}, found ndim={ndim}"
        if self.min_ndim is not None and ndim < self.min_ndim:
            return (
                f"expected min_ndim={self.min_ndim}, found ndim={ndim}. "
                f"Full shape received: {shape}"
            )
        return None

    def _type_fault(self, x: Any) -> str | None:
        if self.dtype is None:
            return None
        dtype = dtypes.standardize(x.dtype)
        return None if dtype == self.dtype else f"expected dtype={self.dtype}, found dtype={dtype}"

    def _size_fault(self, shape: tuple[Any, ...]) -> str | None:
        for axis, size in self.axes.items():
            if size is not None and shape[axis] not in (size, None):
                return (
                    f"expected axis {axis} of input shape to have value {size}, but received input "
                    f"with shape {shape}"
                )
        if self.shape is None:
            return None
        wanted, given = self.shape, shape
        if self.allow_last_axis_squeeze:
            wanted = wanted[:-1] if wanted and wanted[-1] == 1 else wanted
            given = given[:-1] if given and given[-1] == 1 else given
        if len(wanted) == len(given) and all(
            a is None or b is None or a == b for a, b in zip(wanted, given, strict=True)
        ):
            return None
        return f"expected shape={self.shape}, found shape={shape}"


def check_inputs(specs: Any, inputs: Any, layer_name: str) -> None:
    """Checks the inputs of a layer against its InputSpecs.

    Raises:
        ValueError: If an input is missing or is not as its spec says; the message names the layer.
    """
    if isinstance(specs, InputSpec) and hasattr(inputs, "shape"):
        _check_one(specs, inputs, 0, layer_name)
        return
    flat = tree.flatten(specs)
    given = _in_order(flat, inputs, layer_name)
    if len(given) != len(flat):
        raise ValueError(
            f'Layer "{layer_name}" expects {len(flat)} input(s), but it received {len(given)} '
            f"input tensors of shapes {[getattr(x, 'shape', None) for x in given]}"
        )
    for index, (x, spec) in enumerate(zip(given, flat, strict=True)):
        _check_one(spec, x, index, layer_name)


def _check_one(spec: InputSpec | None, x: Any, index: int, layer_name: str) -> None:
    if spec is None or (x is None and spec.optional):
        return
    if x is None and spec.name is not None:
        raise ValueError(
            f"The input '{spec.name}' of layer '{layer_name}' is not optional; got None"
        )
    if not hasattr(x, "shape"):
        raise ValueError(
            f"Inputs to a layer should be tensors; layer '{layer_name}' got {x!r} of type "
            f"{type(x).__name__}"
        )
    fault = spec.fault(x)
    if fault is not None:
        named = "" if spec.name is None else f" with name '{spec.name}'"
        raise ValueError(
            f"Input {index}{named} of layer '{layer_name}' is incompatible with the layer: {fault}"
        )


def _in_order(specs: Sequence[Any], inputs: Any, layer_name: str) -> list[Any]:
    names = [spec.name for spec in specs if spec is not None]
    if not isinstance(inputs, dict) or len(names) < len(specs) or not all(names):
        return tree.flatten(inputs)
    missing = [name for name in names if name not in inputs]
    if missing:
        raise ValueError(
            f"Layer '{layer_name}': missing data for input \"{missing[0]}\"; got a dictionary with "
            f"the keys {list(inputs)}, expected {names}"
        )
    return [inputs[name] for name in names]
