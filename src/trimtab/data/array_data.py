"""Data that lie in memory: inputs, targets and weights of all samples."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from trimtab.core import settings, tree
from trimtab.data.arrays import Named, is_array_like, step_type, to_named
from trimtab.data.class_weight import weights_of_samples
from trimtab.data.finite import first_nonfinite
from trimtab.data.structure import Form, named_leaves

_PARTS = ("x", "y", "sample_weight")


def can_hold(*parts: Any) -> bool:
    """Whether each leaf of `parts` is None or an array of some library."""
    return all(leaf is None or is_array_like(leaf) for leaf in tree.flatten(parts))


class ArrayData:
    """Checked arrays of equal length, as an engine reads them.

    Attributes:
        form: How the arrays nest in `(x, y, sample_weight)`.
        named: The arrays with their names.
        types: The type in which a step gets each.
        rows: Number of samples.
    """

    def __init__(self, form: Form, named: Sequence[Named], types: Sequence[str]) -> None:
        self.form = form
        self.named = list(named)
        self.arrays = [part.array for part in named]
        self.types = list(types)
        self.rows = len(self.arrays[0])

    def split(self, owner: str, fraction: float) -> tuple[ArrayData, ArrayData]:
        """The first `floor(rows * (1 - fraction))` rows, and the rest; no copies.

        Raises:
            ValueError: If one of the two would be empty.
        """
        at = math.floor(self.rows * (1.0 - fraction))
        if not 0.0 < fraction < 1.0 or not 0 < at < self.rows:
            raise ValueError(
                f"{owner}: `validation_split` must leave rows for training and for validation; got "
                f"{fraction} of {self.rows} rows. Give more rows, another fraction between 0 and "
                "1, or `validation_data`"
            )
        return self._slice(0, at), self._slice(at, self.rows)

    def _slice(self, start: int, stop: int) -> ArrayData:
        named = [part._replace(array=part.array[start:stop]) for part in self.named]
        return ArrayData(self.form, named, self.types)

    def with_class_weight(self, owner: str, class_weight: Any) -> ArrayData:
        """The same data with a weight for each sample, from one a class; unchanged for None.

        Raises:
            ValueError: If there are sample weights already, or not just one array of targets.
        """
        if class_weight is None:
            return self
        x, y, sample_weight = self.form.pack([part.array for part in self.named])
        if sample_weight is not None:
            raise ValueError(
                f"{owner}: `class_weight` and `sample_weight` cannot be given together; multiply "
                "the class weights into `sample_weight`"
            )
        targets = self.leaves_of("y")
        if len(targets) != 1 or targets[0].name != "y":
            raise ValueError(
                f"{owner}: `class_weight` needs a single array of targets; got {_nesting(y)}"
            )
        weights = weights_of_samples(owner, targets[0].array, class_weight)
        named = [*self.named, Named("sample_weight", weights)]
        return ArrayData(Form((x, y, weights)), named, [*self.types, settings.floatx()])

    def batch(self, rows: Any) -> list[np.ndarray[Any, Any]]:
        """The arrays' `rows` (a slice or row numbers), in the types of a step."""
        return [
            np.ascontiguousarray(array[rows], dtype=kind)
            for array, kind in zip(self.arrays, self.types, strict=True)
        ]

    def leaves_of(self, part: str) -> list[Named]:
        """The arrays of `x`, `y` or `sample_weight`."""
        return [n for n in self.named if n.name == part or n.name.startswith(f"{part}[")]


def array_data(
    owner: str,
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    class_weight: Any = None,
    *,
    require_finite: bool = True,
) -> ArrayData:
    """Arrays as data, once they have passed the checks.

    Args:
        owner: The method that was called, for errors.
        x: Inputs: an array, or arrays in a list, tuple or dict.
        y: Targets, likewise.
        sample_weight: One weight a sample, or likewise one array per array of targets.
        class_weight: Class number -> weight of its samples; not beside `sample_weight`.
        require_finite: Whether NaN and infinity are errors.

    Raises:
        ValueError: For text and objects, no rows, lengths that differ, NaN and infinity, and
            weights that do not fit the targets.
    """
    if sample_weight is not None:
        sample_weight = _one_weight_per_target(owner, y, sample_weight)
    parts = (x, y, sample_weight)
    named = _named_arrays(owner, parts)
    _require_equal_rows(owner, named)
    if require_finite:
        for part in named:
            require_finite_numbers(owner, part)
    data = ArrayData(Form(parts), named, [_type_of(part) for part in named])
    return data.with_class_weight(owner, class_weight)


def _named_arrays(owner: str, parts: tuple[Any, Any, Any]) -> list[Named]:
    named = []
    for name, part in zip(_PARTS, parts, strict=True):
        for leaf_name, leaf in named_leaves(name, part):
            if leaf is not None:
                named.append(to_named(owner, leaf_name, leaf))
    if not named or not named[0].name.startswith("x"):
        raise ValueError(f"{owner}: `x` must be an array of inputs; got None")
    return named


def _type_of(part: Named) -> str:
    is_weight = part.name.startswith("sample_weight")
    return settings.floatx() if is_weight else step_type(part.array.dtype)


def _nesting(y: Any) -> str:
    return "None" if y is None else f"{len(y)} in a {type(y).__name__}"


def _one_weight_per_target(owner: str, y: Any, sample_weight: Any) -> Any:
    if not tree.is_nested(y):
        return sample_weight
    if not tree.is_nested(sample_weight):
        shape = np.shape(sample_weight)
        if len(shape) == 1 or (len(shape) == 2 and shape[1] == 1):
            return tree.map_structure(lambda _: sample_weight, y)
        raise ValueError(
            f"{owner}: `sample_weight` must have one weight a sample when it is to serve all "
            f"outputs; got shape {shape}. Give one array per array of targets"
        )
    try:
        tree.assert_same_structure(y, sample_weight)
    except ValueError:
        raise ValueError(
            f"{owner}: `sample_weight` must nest as `y` does, with one array per array of targets; "
            f"got {_nesting(sample_weight)} for {_nesting(y)}"
        ) from None
    return sample_weight


def _require_equal_rows(owner: str, named: Sequence[Named]) -> None:
    counts = {len(part.array) for part in named}
    if len(counts) > 1:
        listed = ", ".join(f"{part.name} has {len(part.array)}" for part in named)
        raise ValueError(
            f"{owner}: the data cardinality is ambiguous: every array must have one row per "
            f"sample; {listed}"
        )
    if counts == {0}:
        raise ValueError(
            f"{owner}: `x` must have at least one row; got shape {named[0].array.shape}"
        )


def require_finite_numbers(owner: str, part: Named) -> None:
    """Checks that an array holds no NaN and no infinity.

    Raises:
        ValueError: If it does; the message says where the first one stands.
    """
    index = first_nonfinite(part.array)
    if index is not None:
        value = part.array[np.unravel_index(index, part.array.shape)]
        raise ValueError(
            f"{owner}: `{part.name}` must be finite; got {value} in {part.place(index)}. "
            "Fill the gaps or leave such rows out"
        )
