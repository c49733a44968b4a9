"""Rules on learned parameters and what activations make of them, measured: BH407 to BH409."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from trimtab.batchnorm.findings import Finding
from trimtab.batchnorm.health_subject import HealthSubject, Norm
from trimtab.batchnorm.rules import rule

_RECTIFIERS = frozenset({"relu", "relu6", "clipped_relu"})
# Where a sigmoid and a tanh are within 1 % of a limit, and where they stop being linear.
_SIGMOIDS = {"tanh": (2.647, 0.5), "sigmoid": (4.595, 1.0)}


@rule(
    "BH407",
    "gamma-collapse",
    "warn",
    condition="over 10 % of a layer's gammas are below 0.001 or 1 % of their median (warn), or any "
    "(info)",
    fix="check weight decay on gamma and the learning rate; folding makes such channels constants",
    source="https://arxiv.org/abs/1708.06519",
)
def gamma_collapse(subject: HealthSubject) -> Iterator[Finding]:
    """A channel of gamma 0 gives beta whatever it gets, and gamma's gradient alone can revive it.

    Wanted when a network is slimmed, and at the start of residual branches.
    """
    limits = subject.thresholds
    for norm in subject.norms:
        if norm.gamma is None or not np.isfinite(norm.gamma).all() or not norm.gamma.any():
            continue
        size = np.abs(norm.gamma)
        shut = size < np.maximum(
            limits["BH407.absolute"], limits["BH407.relative"] * np.median(size)
        )
        if shut.any():
            share = float(shut.mean())
            yield subject.finding(
                "BH407",
                "warn" if share > limits["BH407.share"] else "info",
                norm,
                f"{int(shut.sum())} of {shut.size} gammas are nearly 0 (least {size.min():.1e})",
                channels=int(shut.sum()),
                share=round(share, 4),
            )


@rule(
    "BH408",
    "gain-blow-up",
    "warn",
    condition="|gamma| / sqrt(moving_variance + epsilon) is above 50 for a channel, or above 20 "
    "times the layer's median",
    fix="recalibrate(model, x); a larger epsilon for this layer; or prune the channel",
    source="https://arxiv.org/abs/2105.07576",
)
def gain_blow_up(subject: HealthSubject) -> Iterator[Finding]:
    """A channel that is nearly dead in training multiplies whatever unusual it gets later.

    Worst behind an activation, where a dead unit lets the moving variance go to 0. Inputs of a
    tiny scale have a large gain rightly. Channels that hardly vary are told of by BH404.
    """
    limits = subject.thresholds
    for norm in subject.norms:
        variance = norm.moving_variance
        if not np.isfinite(variance).all() or (variance < 0).any():
            continue
        gamma = np.ones_like(variance) if norm.gamma is None else np.abs(norm.gamma)
        gain = gamma / np.sqrt(variance + norm.layer.epsilon)
        median = float(np.median(gain))
        high = (gain > limits["BH408.gain"]) | (gain > limits["BH408.relative"] * median)
        high &= ~norm.constant
        if high.any():
            yield subject.finding(
                "BH408",
                "warn",
                norm,
                f"{int(high.sum())} of {high.size} channels multiply by up to "
                f"{gain[high].max():.0f} "
                f"(median {median:.2g})",
                channels=int(high.sum()),
                largest=float(gain[high].max()),
                median=median,
            )


@rule(
    "BH409",
    "activation-regime",
    "warn",
    condition="behind a normalisation over 10 % of ReLU channels never fire or over 25 % always "
    "do; or over half of a tanh's or sigmoid's outputs are within 1 % of a limit, or under 5 % "
    "leave its linear part",
    fix="a lower learning rate, beta starting at 0, or LeakyReLU",
    source="https://arxiv.org/abs/1502.03167",
)
def activation_regime(subject: HealthSubject) -> Iterator[Finding]:
    """Gamma and beta decide which part of the activation is used: a dead channel is lost.

    A channel of normal values fires with probability Phi(beta / |gamma|): 16 % of the time at -1,
    0.1 % at -3. Needs 1,000 values a channel.
    """
    for norm in subject.norms:
        activation = subject.activation_after(norm)
        if activation not in _RECTIFIERS and activation not in _SIGMOIDS:
            continue
        values = subject.values_of(norm)
        if len(values) < subject.thresholds["BH409.values"] or not np.isfinite(values).all():
            continue
        if activation in _RECTIFIERS:
            yield from _rectifier(subject, norm, str(activation), values)
        else:
            yield from _sigmoid(subject, norm, str(activation), values)


def _rectifier(
    subject: HealthSubject, norm: Norm, activation: str, values: npt.NDArray[Any]
) -> Iterator[Finding]:
    fires = (values > 0).mean(axis=0)
    dead, always = float((fires == 0).mean()), float((fires == 1).mean())
    limits = subject.thresholds
    for share, limit, what in (
        (dead, limits["BH409.dead"], "never fire"),
        (always, limits["BH409.open"], "always fire"),
    ):
        if share > limit:
            yield subject.finding(
                "BH409",
                "warn",
                norm,
                f"{100 * share:.0f} % of the channels {what} in the {activation} behind it "
                f"(of {len(values):,} values each, so in less than {300 / len(values):.2g} % of "
                "all)",
                share=round(share, 4),
                values=len(values),
                what=what,
            )


def _sigmoid(
    subject: HealthSubject, norm: Norm, activation: str, values: npt.NDArray[Any]
) -> Iterator[Finding]:
    limit, bend = _SIGMOIDS[activation]
    size = np.abs(values)
    saturated, bent = float((size > limit).mean()), float((size > bend).mean())
    if saturated > subject.thresholds["BH409.saturated"]:
        fault = "saturated"
        message = f"{100 * saturated:.0f} % of the {activation}'s outputs are within 1 % of a limit"
    elif bent < subject.thresholds["BH409.linear"]:
        fault = "linear"
        message = f"only {100 * bent:.1f} % of the {activation}'s inputs leave its linear part"
    else:
        return
    yield subject.finding(
        "BH409",
        "warn",
        norm,
        message,
        saturated=round(saturated, 4),
        bent=round(bent, 4),
        what=fault,
    )
