"""Names given as text that meant something else: initializers, losses, activations, constraints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trimtab.compat.tables.rows import Version, version_of

# Variance of a standard normal cut at two standard deviations: what 2.0 and 2.1 did not correct.
_CUT = 0.87962566103423978**2


@dataclass(frozen=True)
class Value:
    """A name's meaning from a version on.

    Attributes:
        name: The text that scripts give.
        since: First version with this meaning.
        today: Class or name in Keras 3; None from the version on that means what Keras 3 does.
        arguments: What the class is called with.
    """

    name: str
    since: Version
    today: str | None
    arguments: Mapping[str, Any]


def _scaling(
    name: str, since: str, scale: float | None, mode: str = "", distribution: str = ""
) -> Value:
    arguments = {"scale": scale, "mode": mode, "distribution": distribution}
    is_today = scale is None
    return Value(
        name,
        version_of(since),
        None if is_today else "VarianceScaling",
        {} if is_today else arguments,
    )


def _normal(name: str, scale: float, mode: str) -> tuple[Value, ...]:
    return (
        _scaling(name, "0.1.0", scale, mode, "untruncated_normal"),
        _scaling(name, "2.0.0", scale * _CUT, mode, "truncated_normal"),
        _scaling(name, "2.2.0", None),
    )


INITIALIZERS: tuple[Value, ...] = (
    Value("zero", (0, 1, 0), "zeros", {}),
    Value("one", (0, 1, 0), "ones", {}),
    Value("uniform", (0, 1, 0), "RandomUniform", {"minval": -0.05, "maxval": 0.05}),
    Value("normal", (0, 1, 0), "RandomNormal", {"mean": 0.0, "stddev": 0.05}),
    _scaling("glorot_uniform", "0.1.0", 1 / 3, "fan_avg", "uniform"),
    _scaling("glorot_uniform", "0.1.2", None),
    _scaling("he_uniform", "0.1.0", 2 / 3, "fan_in", "uniform"),
    _scaling("he_uniform", "0.1.2", None),
    _scaling("lecun_uniform", "0.1.0", 1 / 3, "fan_in", "uniform"),
    _scaling("lecun_uniform", "0.1.2", None),
    *_normal("glorot_normal", 1.0, "fan_avg"),
    *_normal("he_normal", 2.0, "fan_in"),
    *_normal("lecun_normal", 1.0, "fan_in"),
    Value("orthogonal", (0, 1, 0), "Orthogonal", {"gain": 1.1}),
    Value("orthogonal", (2, 0, 0), None, {}),
)

# Until this version a convolution's fan-out was its number of filters alone.
FANS_OF_KERNELS: Version = (1, 0, 4)

LOSSES: tuple[Value, ...] = (
    Value("mean_squared_error", (0, 1, 0), None, {}),
    Value("kld", (0, 1, 0), "kl_divergence", {}),
    Value("kullback_leibler_divergence", (0, 1, 0), "kl_divergence", {}),
    Value("poisson_loss", (0, 1, 0), "poisson", {}),
    Value("cosine_proximity", (0, 1, 0), "mean_cosine_proximity", {}),
    Value("cosine_proximity", (2, 1, 0), "cosine_similarity", {}),
    Value("cosine", (0, 1, 0), "mean_cosine_proximity", {}),
    Value("cosine", (2, 1, 0), "cosine_similarity", {}),
    Value("rmse", (0, 3, 0), "root_mean_squared_error", {}),
    Value("root_mean_squared_error", (0, 3, 0), "root_mean_squared_error", {}),
)

ACTIVATIONS: tuple[Value, ...] = (
    Value("hard_sigmoid", (0, 1, 0), "hard_sigmoid_of_old", {}),
    Value("hard_sigmoid", (3, 0, 0), None, {}),
    Value("time_distributed_softmax", (0, 1, 0), "softmax", {}),
)

CONSTRAINTS: tuple[Value, ...] = (
    Value("maxnorm", (0, 1, 0), "MaxNorm", {}),
    Value("nonneg", (0, 1, 0), "NonNeg", {}),
    Value("unitnorm", (0, 1, 0), "UnitNorm", {}),
)


def meaning(rows: tuple[Value, ...], name: str, version: Version) -> Value | None:
    """What a name meant at a version; None if it is unknown or means what Keras 3 says."""
    found: Value | None = None
    for row in rows:
        if row.name == name and row.since <= version:
            found = row
    return None if found is None or found.today is None else found
