"""Numbers as the bins that they fall into."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from trimtab import checks, ops
from trimtab.core.config import keras_export
from trimtab.core.symbolic import keras_tensor
from trimtab.layers.base import Layer
from trimtab.layers.preprocessing.adapting import batches_of
from trimtab.layers.preprocessing.encoding import encoded, encoded_shape, refuse_sparse

# A sketch of a distribution: values in order, and the number of samples that each stands for.
Sketch = np.ndarray[Any, Any]


def _sketch(values: np.ndarray[Any, Any], epsilon: float) -> Sketch:
    """About `1 / epsilon` of the sorted values, all with the same weight."""
    ordered = np.sort(values.reshape(-1).astype("float32"))
    step = max(len(ordered) * epsilon, 1.0)
    kept = ordered[int(step) - 1 :: int(step)]
    return np.stack([kept, np.full_like(kept, step)])


def _compressed(sketch: Sketch, epsilon: float) -> Sketch:
    """A sketch with a value for every `epsilon` of the weight, if it has more than that."""
    if sketch.shape[1] * epsilon < 1:
        return sketch
    shares = epsilon + np.arange(0.0, 1.0, epsilon)
    weights = sketch[1].cumsum()
    positions = weights / weights[-1]
    values = np.interp(shares, positions, sketch[0])
    totals = np.interp(shares, positions, weights)
    return np.stack([values, np.diff(totals, prepend=0.0)]).astype("float32")


def _merged(first: Sketch, second: Sketch, epsilon: float) -> Sketch:
    joined = np.concatenate([first, second], axis=1)
    return _compressed(joined[:, np.argsort(joined[0])], epsilon)


@keras_export("keras.layers.Discretization")
class Discretization(Layer):
    """The number of the bin that each input falls into.

    Bins begin with their boundary: of boundaries 0 and 1, bin 1 is [0, 1).

    Args:
        bin_boundaries: The boundaries in ascending order; the first and the last bin are open.
        num_bins: Instead, the number of bins that `adapt` is to find, of equally many samples.
        epsilon: Error allowed in their quantiles; smaller takes more memory.
        output_mode: "int" for the numbers of the bins, or "one_hot", "multi_hot", "count", as for
            `CategoryEncoding`.
        sparse: Must be False.
        dtype: Type of the output in modes other than "int", which gives int32.
        name: Name; made from the class's if None.

    Raises:
        ValueError: If not just one of `bin_boundaries` and `num_bins` is given, or an argument is
            none of those.

    Source: Keras 3 `keras.layers.Discretization`, its quantile sketch included.

    >>> Discretization(bin_boundaries=[0.0, 1.0])(np.array([-2.0, 0.0, 0.5, 7.0])).tolist()
    [0, 1, 1, 2]
    """

    def __init__(
        self,
        bin_boundaries: Any = None,
        num_bins: int | None = None,
        epsilon: float = 0.01,
        output_mode: str = "int",
        sparse: bool = False,
        dtype: Any = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        modes = ("int", "one_hot", "multi_hot", "count")
        self.output_mode = checks.choice(self.name, "output_mode", output_mode, modes)
        self.sparse = refuse_sparse(self.name, sparse)
        if (bin_boundaries is None) == (num_bins is None):
            which = "Neither" if num_bins is None else "Both"
            link = "nor" if num_bins is None else "and"
            raise ValueError(
                f"{self.name}: {which} `num_bins` {link} `bin_boundaries` are given; give one; "
                f"got bin_boundaries={bin_boundaries} and num_bins={num_bins}"
            )
        if num_bins is not None:
            checks.whole(self.name, "num_bins", num_bins, least=1)
        self.epsilon = epsilon
        self.num_bins = num_bins
        self.bin_boundaries = None
        if bin_boundaries is not None:
            self.bin_boundaries = self._ordered(bin_boundaries)

    def _ordered(self, boundaries: Any) -> list[Any]:
        listed = np.asarray(boundaries).tolist()
        if any(a > b for a, b in zip(listed, listed[1:], strict=False)):
            raise ValueError(f"{self.name}: `bin_boundaries` must ascend; got {listed}")
        return list(listed)

    def build(self, input_shape: Any = None) -> None:
        """Nothing: the layer has no variables."""

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Takes the boundaries from data; what it saw before is forgotten.

        Args:
            data: An array, or an iterable of batches.
            steps: Batches to read; None for all.

        Raises:
            ValueError: If the boundaries were given.
        """
        if self.num_bins is None:
            raise ValueError(
                f"{self.name}: adapt() has nothing to find, as `bin_boundaries` were given; give "
                "`num_bins` instead"
            )
        sketch: Sketch = np.zeros((2, 0), "float32")
        for number, batch in enumerate(batches_of(self.name, data)):
            if steps is not None and number >= steps:
                break
            sketch = _merged(sketch, _sketch(batch, self.epsilon), self.epsilon)
        if not sketch.shape[1]:
            raise ValueError(f"{self.name}: adapt() needs at least one number; got none")
        self.bin_boundaries = _compressed(sketch, 1.0 / self.num_bins)[0, :-1].tolist()

    def _depth(self) -> int:
        if self.num_bins is not None:
            return self.num_bins
        return len(self.bin_boundaries or ()) + 1

    def call(self, inputs: Any) -> Any:
        """The bins.

        Raises:
            ValueError: If the boundaries are neither given nor found by `adapt`.
        """
        if self.bin_boundaries is None:
            raise ValueError(
                f"{self.name}: has no boundaries; call adapt(data) first, or give `bin_boundaries`"
            )
        x = ops.cast(inputs, "float32")
        bins = ops.digitize(x, np.asarray(self.bin_boundaries, "float32"))
        is_int = self.output_mode == "int"
        return encoded(
            bins, self.output_mode, self._depth(), "int32" if is_int else self.compute_dtype
        )

    def compute_output_spec(self, inputs: Any) -> Any:
        """The shape and type of the bins."""
        dtype = "int32" if self.output_mode == "int" else self.compute_dtype
        return keras_tensor(self.compute_output_shape(inputs.shape), dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape, or with the bins as the last axis."""
        return encoded_shape(input_shape, self.output_mode, self._depth())

    def get_config(self) -> dict[str, Any]:
        """The arguments, with the boundaries that were found."""
        return {
            "bin_boundaries": self.bin_boundaries,
            "num_bins": self.num_bins,
            "epsilon": self.epsilon,
            "output_mode": self.output_mode,
            "sparse": self.sparse,
            "name": self.name,
            "dtype": self.dtype,
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Mapping[str, Any] | None = None
    ) -> Any:
        """A layer with the boundaries that `get_config` told of, given or found."""
        if config.get("bin_boundaries") is None or config.get("num_bins") is None:
            return cls(**config)
        made = cls(**{k: v for k, v in config.items() if k != "bin_boundaries"})
        made.bin_boundaries = made._ordered(config["bin_boundaries"])
        return made
