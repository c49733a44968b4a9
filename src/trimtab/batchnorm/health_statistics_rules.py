"""Rules on the statistics of Batch Normalization, measured: BH401 to BH406."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from trimtab.batchnorm.audit_subject import has_initial_statistics
from trimtab.batchnorm.findings import Finding
from trimtab.batchnorm.health_subject import HealthSubject, Norm
from trimtab.batchnorm.rules import rule

_PRECISE = "https://arxiv.org/abs/2105.07576"


@rule(
    "BH401",
    "never-updated",
    "error",
    condition="the model has been trained, and the moving statistics of a trainable "
    "BatchNormalization are still the initial ones",
    fix="model(x, training=True) in the training loop; then recalibrate(model, x)",
    source="https://github.com/tensorflow/tensorflow/issues/32864",
)
def never_updated(subject: HealthSubject) -> Iterator[Finding]:
    """A loop of one's own that calls model(x) trains with the initial mean 0 and variance 1.

    Nothing fails, the network learns around it, and `predict` agrees. Frozen layers and loaded
    statistics are left alone.
    """
    for norm in subject.norms:
        layer = norm.layer
        if not layer.trainable or layer.updates_seen or not has_initial_statistics(layer):
            continue
        if _was_trained(subject, norm):
            yield subject.finding(
                "BH401",
                "error",
                norm,
                "its moving statistics have never been updated, though the model was trained",
                updates=0,
            )


def _was_trained(subject: HealthSubject, norm: Norm) -> bool:
    optimizer = getattr(subject.model, "optimizer", None)
    if optimizer is not None and int(np.asarray(optimizer.iterations)) > 0:
        return True
    moved_gamma = norm.gamma is not None and bool((norm.gamma != norm.gamma[0]).any())
    moved_beta = norm.beta is not None and bool((norm.beta != norm.beta[0]).any())
    return moved_gamma or moved_beta


@rule(
    "BH402",
    "not-converged",
    "error",
    condition="momentum ** updates, the share of the initial statistics that is left, is above 5 % "
    "(warn) or 30 % (error)",
    fix="recalibrate(model, x); for the next training a lower momentum or more steps",
    source="https://github.com/keras-team/keras/issues/10666",
)
def not_converged(subject: HealthSubject) -> Iterator[Finding]:
    """Inference still works with the mean 0 and the variance 1 that the statistics started from.

    Where the updates were not counted, as after loading, the share is estimated from the variances,
    which other data confound.
    """
    for norm in subject.norms:
        layer = norm.layer
        if not layer.trainable or not 0 < layer.momentum < 1:
            continue
        if norm.share <= subject.thresholds["BH402.warn"]:
            continue
        is_error = norm.share > subject.thresholds["BH402.error"] and norm.is_share_counted
        if norm.is_share_counted:
            how = f"after {layer.updates_seen} updates at momentum {layer.momentum:g}"
        elif _agrees(norm):
            continue
        else:
            how = "by an estimate from its variances"
        yield subject.finding(
            "BH402",
            "error" if is_error else "warn",
            norm,
            f"{100 * norm.share:.0f} % of the initial statistics are left {how}",
            share=round(norm.share, 6),
            updates=layer.updates_seen,
            is_counted=norm.is_share_counted,
        )


def _agrees(norm: Norm) -> bool:
    """Whether the statistics fit the data, whatever the estimate says."""
    return bool(np.median(np.abs(np.log(np.maximum(norm.ratio, 1e-12)))) < 0.1)


@rule(
    "BH403",
    "stats-disagree-with-data",
    "error",
    condition="over 10 % of a layer's channels have a moving mean more than 0.25 deviations off or "
    "a variance off by a factor of 2, beyond 4 standard errors (warn); half of them by 1 deviation "
    "or a factor of 4 (error)",
    fix="recalibrate(model, x)",
    source=_PRECISE,
)
def disagree(subject: HealthSubject) -> Iterator[Finding]:
    """In inference the layer then normalises by numbers that are not those of the data.

    Data that are augmented in training and not here differ rightly.
    """
    limits = subject.thresholds
    for norm in subject.norms:
        off, share = off_channels(norm, len(subject.rows.order), subject)
        if share <= limits["BH403.share"]:
            continue
        distance = float(np.median(norm.distance))
        factor = float(np.exp(np.median(np.abs(np.log(np.maximum(norm.ratio, 1e-12))))))
        is_error = distance > limits["BH403.far_mean"] or factor > limits["BH403.far_ratio"]
        yield subject.finding(
            "BH403",
            "error" if is_error else "warn",
            norm,
            f"{off} of {len(norm.distance)} channels have statistics that are not those of the "
            f"data: the median mean is {distance:.2g} deviations off, the median variance by a "
            f"factor of {factor:.2g}",
            channels=off,
            share=round(share, 4),
            distance=round(distance, 4),
            factor=round(factor, 4),
        )


def off_channels(norm: Norm, rows: int, subject: HealthSubject) -> tuple[int, float]:
    """How many channels, and which part of them, have wrong statistics beyond their errors."""
    limits = subject.thresholds
    momentum = norm.layer.momentum
    kept = (1 - momentum) / (1 + momentum) / max(norm.values, 1)
    error = np.sqrt(1 / max(rows, 1) + kept)
    logarithm = np.abs(np.log(np.maximum(norm.ratio, 1e-12)))
    beyond = limits["BH403.errors"] * error
    # The relative error of a variance is about sqrt(2) times that of a mean.
    mean_off = norm.distance > np.maximum(limits["BH403.mean"], beyond)
    ratio_off = logarithm > np.maximum(np.log(limits["BH403.ratio"]), 1.5 * beyond)
    off = (mean_off | ratio_off) & ~norm.constant
    return int(off.sum()), float(off.mean())


@rule(
    "BH404",
    "near-zero-variance",
    "warn",
    condition="channels hardly vary, with a variance below 1e-8 or 1e-4 of the layer's median: any "
    "(info), over a quarter of a layer (warn), over half (error)",
    fix="find what makes them constant: a dead unit before, or an input that never changes",
    source="https://arxiv.org/abs/1502.03167",
)
def near_zero_variance(subject: HealthSubject) -> Iterator[Finding]:
    """Such a channel gives beta and nothing else, and multiplies by up to 31 what is unusual.

    Rare features and channels made to be zero are constant rightly.
    """
    limits = subject.thresholds
    for norm in subject.norms:
        variance = norm.exact.variance
        floor = np.maximum(limits["BH404.absolute"], limits["BH404.relative"] * np.median(variance))
        flat = variance < floor
        if flat.any():
            share = float(flat.mean())
            severity = "warn" if share > limits["BH404.share"] else "info"
            yield subject.finding(
                "BH404",
                "error" if share > limits["BH404.error"] else severity,
                norm,
                f"{int(flat.sum())} of {flat.size} channels hardly vary (channel "
                f"{int(np.argmin(variance))}: variance {float(variance.min()):.1e})",
                channels=int(flat.sum()),
                share=round(share, 4),
                least=float(variance.min()),
            )


@rule(
    "BH405",
    "epsilon-dominated",
    "warn",
    condition="epsilon shrinks over half of a layer's channels to less than 0.9 of their deviation "
    "(warn), or to less than half (error)",
    fix="a smaller epsilon (audit --fix keeps the outputs), or inputs of a larger scale",
    source="https://keras.io/api/layers/normalization_layers/batch_normalization/",
)
def epsilon_dominated(subject: HealthSubject) -> Iterator[Finding]:
    """A channel of variance v comes out with the deviation sqrt(v / (v + epsilon)).

    Channels that hardly vary are told of by BH404.
    """
    limits = subject.thresholds
    for norm in subject.norms:
        variance = norm.exact.variance[~norm.constant]
        if not variance.size:
            continue
        shrink = np.sqrt(variance / (variance + norm.layer.epsilon))
        share = float((shrink < limits["BH405.shrink"]).mean())
        strong = float((shrink < limits["BH405.strong"]).mean())
        if share > limits["BH405.share"]:
            yield subject.finding(
                "BH405",
                "error" if strong > limits["BH405.error"] else "warn",
                norm,
                f"epsilon {norm.layer.epsilon:g} shrinks {100 * share:.0f} % of the channels below "
                f"{limits['BH405.shrink']:g} of their deviation (median {np.median(shrink):.2f})",
                share=round(share, 4),
                median_shrink=round(float(np.median(shrink)), 4),
            )


@rule(
    "BH406",
    "numerics",
    "error",
    condition="statistics, gamma or beta hold NaN, infinity or a negative variance (error), or an "
    "input's mean is over 1000 times its deviation (warn)",
    fix="find the first NaN; bring the inputs to mean 0 and deviation 1",
    source="https://github.com/keras-team/keras/issues/11927",
)
def numerics(subject: HealthSubject) -> Iterator[Finding]:
    """In float32 a mean of 1000 deviations leaves three digits for the variance.

    Timestamps, prices and 16-bit images have such means. A bias before the normalisation makes
    large means without harm.
    """
    for norm in subject.norms:
        bad = broken_state(norm.layer)
        if bad:
            yield subject.finding("BH406", "error", norm, f"its {bad}", what=bad)
            continue
        deviation = np.sqrt(np.maximum(norm.exact.variance, 0))
        varies = ~norm.constant & (deviation > 0)
        if not varies.any():
            continue
        offset = float((np.abs(norm.exact.mean[varies]) / deviation[varies]).max())
        if offset > subject.thresholds["BH406.offset"]:
            yield subject.finding(
                "BH406",
                "warn",
                norm,
                f"its input has a mean of {offset:,.0f} deviations: float32 keeps few digits of "
                "its variance",
                offset=offset,
            )


def broken_state(layer: object) -> str:
    """What is wrong with a layer's variables, in words; "" if nothing is."""
    for name in ("moving_mean", "moving_variance", "gamma", "beta"):
        variable = getattr(layer, name, None)
        if variable is None:
            continue
        values = np.asarray(variable.numpy())
        if not np.isfinite(values).all():
            return f"{name} holds {int((~np.isfinite(values)).sum())} numbers that are not finite"
        if name == "moving_variance" and (values < 0).any():
            return f"moving_variance holds {int((values < 0).sum())} negative numbers"
    return ""
