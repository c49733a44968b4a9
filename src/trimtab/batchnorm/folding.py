"""Batch Normalizations merged into the layers with kernels before or behind them."""

from __future__ import annotations

import dataclasses
import functools
import os
from typing import Any, NamedTuple

import numpy as np

from trimtab.batchnorm.certificates import Certificate, certify, left_over
from trimtab.batchnorm.fold_plan import FoldPlan, Step, Verdict
from trimtab.batchnorm.observing import first_inputs
from trimtab.batchnorm.rewriting import Edit, batchnorms, opened, rewritten, why_hidden
from trimtab.core import tree
from trimtab.data import array_data
from trimtab.saving import load_model

_MOST_REAL_ROWS = 64
_TRAINING = ("fit", "train_on_batch")


@dataclasses.dataclass(frozen=True)
class FoldedLayer:
    """What became of one Batch Normalization.

    Attributes:
        layer: Its name.
        action: "folded" or "stays".
        into: Names of the layers that it was merged into.
        direction: "backward" into layers before it, "forward" into layers behind it, "" if it
            stays.
        leaves_shift: Whether an addition of one number a channel stays in its place, so that the
            zeros of a padded layer mean what they meant.
        why: The reason if it stays.
        certificates: One for each layer that it was merged into; empty if they were not asked for.
    """

    layer: str
    action: str
    into: tuple[str, ...]
    direction: str
    leaves_shift: bool
    why: str
    certificates: tuple[Certificate, ...]

    @property
    def holds(self) -> bool:
        """Whether no certificate fails."""
        return all(certificate.holds for certificate in self.certificates)

    def __str__(self) -> str:
        if self.action == "stays":
            return f"{self.layer}: stays; {self.why}"
        side = "before" if self.direction == "backward" else "behind"
        shift = ", a shift of each channel stays for the padding" if self.leaves_shift else ""
        evidence = "".join(f"\n    {certificate}" for certificate in self.certificates)
        return f"{self.layer}: folded into {', '.join(self.into)} {side} it{shift}{evidence}"


@dataclasses.dataclass(frozen=True)
class Folding:
    """What `fold` did.

    Attributes:
        layers: What became of each Batch Normalization.
        largest_difference: Largest difference of the outputs of the two models on the data; None
            without data.
        output_size: Largest output in size on the data; None without data.
    """

    layers: tuple[FoldedLayer, ...]
    largest_difference: float | None
    output_size: float | None

    @property
    def folded(self) -> int:
        """How many were merged."""
        return sum(layer.action == "folded" for layer in self.layers)

    @property
    def holds(self) -> bool:
        """Whether no certificate fails."""
        return all(layer.holds for layer in self.layers)

    def __str__(self) -> str:
        lines = [f"{self.folded} of {len(self.layers)} Batch Normalizations folded."]
        lines += [f"  {layer}" for layer in self.layers]
        if self.largest_difference is not None and self.output_size is not None:
            lines.append(
                f"On the data the outputs differ by at most {self.largest_difference:.2e}; the "
                f"largest is {self.output_size:.3g}."
            )
        return "\n".join(lines)


class Folded(NamedTuple):
    """The result of `fold`.

    Attributes:
        model: The new model, for inference.
        report: What became of each Batch Normalization.
    """

    model: Any
    report: Folding


def fold(model: Any, x: Any = None, *, certify_layers: bool = True) -> Folded:
    """A model for inference with its Batch Normalizations merged into Dense and convolutions.

    At inference a Batch Normalization is a scale and a shift of each channel. Behind a layer with a
    kernel and no activation it merges into that layer's weights; before one, if nothing else uses
    its output, into the weights of that one. In between may lie dropout, average pooling, maximum
    pooling (unless a gamma is negative), nearest up-sampling, cropping and Flatten. Where the layer
    behind pads with zeros, which are no zeros before the Batch Normalization, one addition a
    channel stays in its place and keeps the borders exact.

    Args:
        model: A built Sequential model or one of KerasTensors, models within it included, or the
            name of its file; it stays as it is.
        x: Data to compare both models on: arrays as for `predict`; the first 64 rows serve the
            certificates too.
        certify_layers: Whether to check each merged layer: its algebra in float64, and the largest
            difference in float32 on real and made-up inputs against a bound of rounding analysis.

    Returns:
        The new model, which refuses to be trained, and what became of each Batch Normalization.

    Raises:
        ValueError: If the model has no graph or no Batch Normalization.
        TypeError: If it is no model.

    Source: the algebra is folklore; which zeros padding adds, and what negative and zero gammas do
        to maxima, is where other tools go wrong.

    Example:
        >>> import trimtab as keras
        >>> from trimtab import batchnorm
        >>> model = keras.Sequential([
        ...     keras.Input((8,)),
        ...     keras.layers.Dense(16, name="hidden"),
        ...     keras.layers.BatchNormalization(name="bn"),
        ...     keras.layers.ReLU(name="relu"),
        ...     keras.layers.Dense(1, name="out"),
        ... ])
        >>> folded = batchnorm.fold(model, certify_layers=False)
        >>> [layer.name for layer in folded.model.layers]
        ['hidden', 'relu', 'out']
        >>> print(folded.report)
        1 of 1 Batch Normalizations folded.
          bn: folded into hidden before it
    """
    if isinstance(model, (str, os.PathLike)):
        model = load_model(model)
    model = opened(model, "fold")
    plan = FoldPlan(model)
    if not batchnorms(model):
        raise ValueError(f"fold: {model.name} has no Batch Normalization")
    rows = None if x is None else _first_rows(x)
    edit = Edit(dropped=plan.dropped)
    for key, weights in plan.weights.items():
        layer = plan.layers[key]
        has_bias = layer.use_bias or bool(weights["bias"].any())
        edit.replace(layer, weights, use_bias=has_bias)
    for verdict in plan.verdicts:
        if verdict.steps and (left := left_over(verdict.steps[0], name=verdict.norm.name)):
            edit.replaced[id(verdict.norm)] = left[0]
    new = rewritten(model, edit)
    for method in _TRAINING:
        object.__setattr__(new, method, functools.partial(_refuse, new.name, method))
    inputs = _inputs_of_steps(model, plan, rows) if certify_layers else {}
    layers = [_told(verdict, inputs, certify_layers) for verdict in plan.verdicts]
    known = {id(verdict.norm) for verdict in plan.verdicts}
    for norm in batchnorms(model):
        if id(norm) not in known:
            why = why_hidden(model, norm)
            layers.append(FoldedLayer(norm.name, "stays", (), "", False, why, ()))
    difference, size = (None, None) if rows is None else _compared(model, new, rows)
    return Folded(new, Folding(tuple(layers), difference, size))


def _refuse(name: str, method: str, *args: Any, **kwargs: Any) -> Any:
    raise RuntimeError(
        f"{name}: {method}() is not for a folded model, which has no Batch Normalization left to "
        "train with; train the original and fold it again"
    )


def _first_rows(x: Any) -> Any:
    data = array_data("fold", x)
    rows, _, _ = data.form.pack(data.batch(slice(0, _MOST_REAL_ROWS)))
    return rows


def _compared(old: Any, new: Any, rows: Any) -> tuple[float, float]:
    """Largest difference of outputs, and the largest output."""
    pairs = list(
        zip(*(tree.flatten(model(rows, training=False)) for model in (old, new)), strict=True)
    )
    arrays = [(np.asarray(a, np.float64), np.asarray(b, np.float64)) for a, b in pairs]
    return (
        max(float(np.abs(a - b).max()) for a, b in arrays),
        max(float(np.abs(a).max()) for a, _ in arrays),
    )


def _first_layer(step: Step) -> Any:
    return step.layer if step.is_backward else step.norm


def _inputs_of_steps(model: Any, plan: FoldPlan, rows: Any) -> dict[int, Any]:
    """What the first layer of each step gets for the rows, by identity of the layer."""
    if rows is None:
        return {}
    steps = [step for verdict in plan.verdicts for step in verdict.steps]
    return first_inputs(model, rows, [_first_layer(step) for step in steps])


def _told(verdict: Verdict, inputs: dict[int, Any], certified: bool) -> FoldedLayer:
    if not verdict.steps:
        return FoldedLayer(verdict.norm.name, "stays", (), "", False, verdict.reason, ())
    certificates = (
        tuple(certify(step, inputs.get(id(_first_layer(step)))) for step in verdict.steps)
        if certified
        else ()
    )
    first = verdict.steps[0]
    return FoldedLayer(
        verdict.norm.name,
        "folded",
        tuple(step.layer.name for step in verdict.steps),
        "backward" if first.is_backward else "forward",
        first.left_shift is not None,
        "",
        certificates,
    )
