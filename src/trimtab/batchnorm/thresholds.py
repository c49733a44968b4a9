"""The numbers that the rules of `audit` and `health` compare with, all in one table.

Each can be overridden by its name, `audit(model, thresholds={"BN203.warn": 0.1})`. "calibrated"
says where a number comes from: arithmetic, a published table, or runs on the corpus of correct
models and on planted faults (docs/rules.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

# The figures stand in docs/rules.md.
CORPUS = "measured, see below"


class Threshold(NamedTuple):
    """A number that a rule compares with, what it means and where it comes from."""

    value: float
    meaning: str
    calibrated: str


THRESHOLDS: dict[str, Threshold] = {
    "BN106.ratio": Threshold(
        1.1,
        "variance in training over variance in inference, from which dropout shifts a layer",
        "rates below 0.1 shift the variance by less than a batch of 128 does by chance (12 %)",
    ),
    "BN107.blocks": Threshold(
        3, "residual blocks from which the skip path counts as deep", "He et al. 2016 measure at 54"
    ),
    "BN202.low": Threshold(
        0.5, "momentum up to which it reads as PyTorch's", "PyTorch's default is 0.1, Keras's 0.99"
    ),
    "BN203.warn": Threshold(
        0.05, "share of the initial statistics left", "a variance off by 5 % moves outputs by 2.5 %"
    ),
    "BN203.error": Threshold(0.30, "share of the initial statistics left", "convention: a third"),
    "BN204.large": Threshold(1e-2, "epsilon from which it shrinks outputs", "Keras 1e-3 is common"),
    "BN204.small": Threshold(
        1e-8, "epsilon up to which it is lost in float32", "float32 has 1.2e-7"
    ),
    "BN208.batch": Threshold(
        16, "rows a batch below which pretrained statistics are better kept", "Wu and He 2018"
    ),
    "BN302.warn": Threshold(8, "rows a batch below which statistics are rough", "Wu and He 2018"),
    "BN302.info": Threshold(16, "rows a batch below which it is mentioned", "Wu and He 2018"),
    "BN302.values": Threshold(
        512,
        "values a channel from which a small batch is mentioned only",
        "28 x 28 positions at batch 1 are fine, 7 x 7 at batch 4 are not",
    ),
    "BN304.distance": Threshold(
        0.2,
        "total variation distance of the labels of the two parts",
        CORPUS,
    ),
    "BN304.p": Threshold(1e-3, "chance of such a split of shuffled rows", "convention"),
    "BN304.classes": Threshold(
        0.5,
        "distinct classes a batch, over what a random order gives",
        "convention; sorted rows: 0.1",
    ),
    "BH402.warn": Threshold(
        0.05, "share of the initial statistics left", "a variance off by 5 % moves outputs by 2.5 %"
    ),
    "BH402.error": Threshold(0.30, "share of the initial statistics left", "convention: a third"),
    "BH403.mean": Threshold(
        0.25,
        "distance of the means in standard deviations",
        "a quarter deviation flips 10 % of ReLUs",
    ),
    "BH403.ratio": Threshold(2, "ratio of the variances, either way", "outputs off by 40 %"),
    "BH403.errors": Threshold(
        4, "standard errors beyond which a channel is off", "one false channel in 16,000"
    ),
    "BH403.share": Threshold(0.10, "share of a layer's channels", CORPUS),
    "BH403.far_mean": Threshold(1, "median distance of the means", "half of the ReLUs flip"),
    "BH403.far_ratio": Threshold(4, "median ratio of the variances", "outputs off by half"),
    "BH404.absolute": Threshold(1e-8, "variance of a channel that is constant", "float32 noise"),
    "BH404.relative": Threshold(1e-4, "variance over the layer's median", "convention"),
    "BH404.share": Threshold(0.25, "share of constant channels", CORPUS),
    "BH404.error": Threshold(0.5, "share of constant channels", "half of the layer is lost"),
    "BH405.shrink": Threshold(0.9, "factor by which epsilon shrinks a channel", "10 % off"),
    "BH405.share": Threshold(0.50, "share of a layer's channels", CORPUS),
    "BH405.strong": Threshold(0.5, "factor by which epsilon shrinks a channel", "half is lost"),
    "BH405.error": Threshold(0.5, "share of a layer's channels", "half of the layer"),
    "BH406.offset": Threshold(
        1e3, "mean over standard deviation of an input", "float32 loses 6 of its 7 digits"
    ),
    "BH407.absolute": Threshold(1e-3, "gamma of a channel that is shut", "output below 0.1 %"),
    "BH407.relative": Threshold(0.01, "gamma over the layer's median", "convention"),
    "BH407.share": Threshold(0.10, "share of a layer's channels", "convention"),
    "BH408.gain": Threshold(50, "gamma over the moving deviation", CORPUS),
    "BH408.relative": Threshold(20, "the same over the layer's median", CORPUS),
    "BH409.values": Threshold(1000, "values a channel needed to judge", "bound 3/n: 0.3 %"),
    "BH409.dead": Threshold(0.10, "share of channels that never fire", CORPUS),
    "BH409.open": Threshold(0.25, "share of channels that always fire", CORPUS),
    "BH409.saturated": Threshold(0.5, "share of outputs within 1 % of a limit", CORPUS),
    "BH409.linear": Threshold(0.05, "share of outputs beyond the linear range", CORPUS),
    "BH410.warn": Threshold(
        0.02, "accuracy lost in inference mode", "convention: one point is normal"
    ),
    "BH410.error": Threshold(0.10, "accuracy lost in inference mode", "convention: ten points"),
    "BH410.p": Threshold(0.01, "chance of such a gap without a cause", "convention"),
    "BH410.loss_warn": Threshold(0.1, "part by which the loss is higher", "convention"),
    "BH410.loss_error": Threshold(1.0, "part by which the loss is higher", "convention"),
    "BH410.start": Threshold(
        0.25, "difference of outputs, in deviations, at which a gap starts", "see BH403.mean"
    ),
    "BH411.note": Threshold(0.01, "part of the loss that recalibration saves", "see BH411.gain"),
    "BH411.gain": Threshold(0.20, "part of the loss that recalibration saves", CORPUS),
    "BH412.ratio": Threshold(
        0.5, "spread of an output over its batches, over that between rows", CORPUS
    ),
    "BH413.mean": Threshold(
        0.5, "distance of the means in standard deviations", "twice BH403.mean"
    ),
    "BH413.ratio": Threshold(2, "ratio of the variances, either way", "as BH403's"),
    "BH413.share": Threshold(0.10, "share of the first layer's channels", CORPUS),
    "BH414.share": Threshold(0.25, "share of the variance that lies between groups", CORPUS),
    "BH415.difference": Threshold(
        1e-4, "largest difference over the largest output", "float32 rounds by 6e-8 a step"
    ),
    "BH414.channels": Threshold(0.10, "share of a layer's channels", "convention"),
}


def thresholds_with(changes: Mapping[str, float] | None) -> dict[str, float]:
    """The table's values, some replaced.

    Raises:
        ValueError: If a name is unknown, or a value is no number.
    """
    values = {name: threshold.value for name, threshold in THRESHOLDS.items()}
    for name, value in (changes or {}).items():
        if name not in values:
            raise ValueError(f"thresholds: there is no {name!r}; there are {', '.join(values)}")
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ValueError(f"thresholds: {name!r} must be a number; got {value!r}")
        values[name] = float(value)
    return values
