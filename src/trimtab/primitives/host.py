"""A Python function of NumPy arrays as a part of a graph, with its gradient by differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from trimtab.ir.graph import Primitive, Sample, Spec

Arrays = list[np.ndarray[Any, Any]]

# Relative steps of the differences: near the cube roots of the types' precisions, powers of two so
# that they can be added without a rounding error.
_FINE, _COARSE = 2.0**-20, 2.0**-8


class HostFunction:
    """A function of arrays, which numbers alone can describe.

    Args:
        function: Takes and returns a list of arrays.
        specs: Shapes and types of what it returns.
        owner: Whose function it is, for errors.
    """

    def __init__(
        self, function: Callable[[Arrays], Arrays], specs: Sequence[Spec], owner: str = "function"
    ) -> None:
        self._function = function
        self.specs = tuple(specs)
        self._owner = owner
        self._by_rows: dict[int, bool] = {}
        self._is_double: bool | None = None

    def __call__(self, arrays: Sequence[np.ndarray[Any, Any]]) -> Arrays:
        """What the function returns, in the types expected.

        Raises:
            ValueError: If shapes have changed since it was traced.
        """
        # The arrays are the plan's memory, which goes on changing.
        results = self._function([np.array(a) for a in arrays])
        for result, spec in zip(results, self.specs, strict=True):
            if result.shape != spec.shape:
                raise ValueError(
                    f"{self._owner}: must return the same shape each time it is called on the "
                    f"same shapes; got {result.shape} after {spec.shape}"
                )
        return [np.asarray(r, s.dtype) for r, s in zip(results, self.specs, strict=True)]

    def gradient(self, arrays: Arrays, cotangents: Arrays, wrt: int) -> np.ndarray[Any, Any]:
        """The cotangent of input `wrt`, by central differences.

        Inputs are handed in double precision, so that the differences are good, if the function
        keeps it.
        """
        arrays = self._precise(arrays)
        x = arrays[wrt]
        step = (_FINE if self._is_double else _COARSE) * np.maximum(1.0, np.abs(x))
        if self._has_rows(arrays, wrt):
            return self._gradient_by_rows(arrays, cotangents, wrt, step)
        result = np.zeros(x.shape)
        for index in np.ndindex(x.shape):
            change = self._change(arrays, wrt, index, step[index])
            parts = (np.sum(c * d) for c, d in zip(cotangents, change, strict=True))
            result[index] = sum(parts, 0.0) / (2 * step[index])
        return result

    def _precise(self, arrays: Arrays) -> Arrays:
        if self._is_double is None:
            double = [a.astype(np.float64) if a.dtype.kind == "f" else a for a in arrays]
            outputs = [r for r in self._function(double) if r.dtype.kind == "f"]
            self._is_double = bool(outputs) and all(r.dtype == np.float64 for r in outputs)
        kind = np.float64 if self._is_double else np.float32
        return [a.astype(kind) if a.dtype.kind == "f" else np.array(a) for a in arrays]

    def _change(self, arrays: Arrays, wrt: int, index: Any, step: Any) -> Arrays:
        results = []
        for sign in (1.0, -1.0):
            moved = [np.array(a) for a in arrays]
            moved[wrt][index] += sign * step
            results.append([np.asarray(r, np.float64) for r in self._function(moved)])
        return [a - b for a, b in zip(*results, strict=True)]

    def _has_rows(self, arrays: Arrays, wrt: int) -> bool:
        """Whether each row of the results follows from the same row of the input, as tried once."""
        found = self._by_rows.get(wrt)
        if found is None:
            found = self._by_rows[wrt] = self._tried_rows(arrays, wrt)
        return found

    def _tried_rows(self, arrays: Arrays, wrt: int) -> bool:
        x = arrays[wrt]
        rows = x.shape[0] if x.ndim else 0
        if rows < 2 or any(s.shape[:1] != (rows,) for s in self.specs if "float" in s.dtype):
            return False
        moved = [np.array(a) for a in arrays]
        moved[wrt][0] += 0.125 * (1.0 + np.abs(moved[wrt][0]))
        pairs = zip(self._function(list(arrays)), self._function(moved), strict=True)
        return all(np.array_equal(a[1:], b[1:], equal_nan=True) for a, b in pairs if a.ndim)

    def _gradient_by_rows(
        self, arrays: Arrays, cotangents: Arrays, wrt: int, step: np.ndarray[Any, Any]
    ) -> np.ndarray[Any, Any]:
        """All rows at once: one column of the input after another."""
        x = arrays[wrt]
        result = np.zeros(x.shape)
        for column in np.ndindex(x.shape[1:]):
            index = (slice(None), *column)
            change = self._change(arrays, wrt, index, step[index])
            total = np.zeros(x.shape[0])
            for cotangent, moved in zip(cotangents, change, strict=True):
                if moved.shape[:1] == total.shape:
                    total += (cotangent * moved).reshape(len(total), -1).sum(1)
            result[index] = total / (2 * step[index])
        return result


def _vjp(
    cotangents: Sequence[Any], outputs: Any, *inputs: Any, function: HostFunction
) -> tuple[Any, ...]:
    given = [(i, c) for i, c in enumerate(cotangents) if c is not None]
    which = tuple(i for i, _ in given)
    values = [c for _, c in given]
    return tuple(
        host_gradient(*inputs, *values, function=function, wrt=wrt, which=which)
        if values and x.dtype.startswith("float")
        else None
        for wrt, x in enumerate(inputs)
    )


def _evaluate_gradient(
    xp: Any, *operands: Any, function: HostFunction, wrt: int, which: tuple[int, ...]
) -> Any:
    count = len(operands) - len(which)
    arrays = [np.asarray(a) for a in operands[:count]]
    cotangents: Arrays = [np.zeros(()) for _ in function.specs]
    for index, given in zip(which, operands[count:], strict=True):
        cotangents[index] = np.asarray(given, np.float64)
    gradient = function.gradient(arrays, cotangents, wrt)
    return gradient.astype(arrays[wrt].dtype)


def _square(arrays: Arrays) -> Arrays:
    return [np.square(arrays[0])]


def _samples() -> list[Sample]:
    x = np.array([1.0, -4.0])
    function = HostFunction(_square, [Spec((2,), "float64")])
    return [Sample((x,), {"function": function}, (np.array([1.0, 16.0]),), differentiable=False)]


def _gradient_samples() -> list[Sample]:
    function = HostFunction(_square, [Spec((2,), "float64")])
    attrs = {"function": function, "wrt": 0, "which": (0,)}
    inputs = np.array([1.0, -4.0]), np.array([1.0, 0.5])
    return [Sample(inputs, attrs, np.array([2.0, -4.0]), differentiable=False)]


def _infer(*inputs: Spec, function: HostFunction) -> tuple[Spec, ...]:
    return function.specs


host_call = Primitive(
    "host_call",
    _infer,
    lambda xp, *arrays, function: tuple(function(arrays)),
    _vjp,
    _samples,
    multiple=True,
)
"""What a Python function makes of arrays; engines call it on NumPy."""

host_gradient = Primitive(
    "host_gradient",
    lambda *inputs, function, wrt, which: inputs[wrt],
    _evaluate_gradient,
    None,
    _gradient_samples,
)
"""The cotangent of input `wrt` of a host call, given those of its outputs `which`."""
