"""What `explain` found: the steps of one Batch Normalization on one batch, as numbers and text."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from trimtab.batchnorm import explained_figure
from trimtab.batchnorm.activation_use import ActivationUse

Numbers = npt.NDArray[Any]

_MOST_CHANNELS = 6
_LABEL = 26
_COLUMN = 12


@dataclasses.dataclass(frozen=True)
class Steps:
    """The way of one batch through the layer, in training or at inference.

    Attributes:
        z: What the layer got.
        mean: The mean that it took away, one number a channel.
        variance: The variance that it divided by the root of.
        z_norm: `(z - mean) / sqrt(variance + epsilon)`.
        output: `gamma * z_norm + beta`, as the layer gave it.
        activated: What the activation behind the layer made of it; None without one.
        use: How much of the activation the output uses; None without one.
    """

    z: Numbers
    mean: Numbers
    variance: Numbers
    z_norm: Numbers
    output: Numbers
    activated: Numbers | None
    use: ActivationUse | None


@dataclasses.dataclass(frozen=True)
class ExplainedCall:
    """One call of a Batch Normalization.

    Attributes:
        layer: Its name, with the number of the call from the second on.
        axis: The axis of the channels.
        epsilon: The layer's epsilon.
        momentum: The layer's momentum.
        gamma: Its gamma; ones if it has none.
        beta: Its beta; zeros if it has none.
        training: The steps with the statistics of this batch.
        inference: The steps with the moving statistics.
        moving_mean: The moving mean before and after this batch, `(2, channels)`.
        moving_variance: The same of the moving variance.
        initial_share: How much of the initial statistics is left after this batch; None where the
            number of updates is not known, as in a model from a file.
        is_frozen: Whether the layer uses its moving statistics in training too.
        before: The activation or layer that it follows, in words.
        activation: Name of the activation behind it; empty without one.
        idle_bias: Name of the layer before whose bias has no effect; empty without one.
    """

    layer: str
    axis: int
    epsilon: float
    momentum: float
    gamma: Numbers
    beta: Numbers
    training: Steps
    inference: Steps
    moving_mean: Numbers
    moving_variance: Numbers
    initial_share: float | None
    is_frozen: bool
    before: str
    activation: str
    idle_bias: str

    def channel_means(self, values: Numbers) -> Numbers:
        """The mean of each channel, in float64."""
        means: Numbers = np.asarray(values, np.float64).mean(axis=self._others(values))
        return means

    def channel_variances(self, values: Numbers) -> Numbers:
        """The biased variance of each channel, in float64."""
        variances: Numbers = np.asarray(values, np.float64).var(axis=self._others(values))
        return variances

    def _others(self, values: Numbers) -> tuple[int, ...]:
        return tuple(a for a in range(values.ndim) if a != self.axis % values.ndim)

    @property
    def values_per_channel(self) -> int:
        """How many values of the batch each channel has."""
        return self.training.z.size // max(1, len(self.gamma))

    def text(self, channels: Sequence[int] | None = None) -> str:
        """The steps as a table of channels, and what they mean, in sentences.

        Args:
            channels: The channels to show; the first six if None.
        """
        count = len(self.gamma)
        shown = list(range(min(count, _MOST_CHANNELS)) if channels is None else channels)
        for channel in shown:
            if not 0 <= channel < count:
                raise ValueError(
                    f"explain: `channels` must lie in [0, {count}) for {self.layer}; got {channel}"
                )
        where = f" behind {self.before}" if self.before else ""
        before = f", before {self.activation}" if self.activation else ""
        rest = "" if len(shown) == count else f", {len(shown)} of them shown"
        lines = [
            f"{self.layer}{where}{before}: {count} channels{rest}, "
            f"{self.values_per_channel:,} values each",
            _row("channel", [str(channel) for channel in shown]),
            "in training, with the statistics of this batch"
            if not self.is_frozen
            else "in training: the layer is frozen, so as at inference",
            *self._steps(self.training, shown),
            "at inference, with the moving statistics",
            *self._steps(self.inference, shown),
            f"the update of the moving statistics: {self.momentum:g} * old + "
            f"{1 - self.momentum:.4g} * this batch's",
            *self._updates(shown),
            "",
            *self.sentences(),
        ]
        return "\n".join(lines)

    def _steps(self, steps: Steps, shown: list[int]) -> list[str]:
        deviation = np.sqrt(np.asarray(steps.variance, np.float64) + self.epsilon)
        rows = {
            "  z: mean": self.channel_means(steps.z),
            "     variance": self.channel_variances(steps.z),
            "  mean used": steps.mean,
            "  variance used": steps.variance,
            f"  sqrt(variance + {self.epsilon:g})": deviation,
            "  z_norm: mean": self.channel_means(steps.z_norm),
            "          variance": self.channel_variances(steps.z_norm),
            "  gamma": self.gamma,
            "  beta": self.beta,
            "  gamma * z_norm + beta: mean": self.channel_means(steps.output),
            "           variance": self.channel_variances(steps.output),
        }
        if steps.activated is not None:
            rows[f"  {self.activation}: mean"] = self.channel_means(steps.activated)
        return [_row(label, _numbers(values, shown)) for label, values in rows.items()]

    def _updates(self, shown: list[int]) -> list[str]:
        return [
            _row(f"  moving {name} {when}", _numbers(values[position], shown))
            for name, values in (("mean", self.moving_mean), ("variance", self.moving_variance))
            for position, when in enumerate(("before", "after"))
        ]

    def sentences(self) -> list[str]:
        """What the numbers mean."""
        found = []
        if self.values_per_channel == 1 and not self.is_frozen:
            found.append(
                "A batch with one value a channel has variance 0: z_norm is 0 and the output beta, "
                "whatever the input."
            )
        elif not self.is_frozen:
            variance = self.channel_variances(self.training.z_norm)
            found.append(
                f"z_norm has mean 0 and variance {variance.min():.4g} to {variance.max():.4g}: "
                f"variance / (variance + {self.epsilon:g}), so not quite 1."
            )
        found += self._activation_sentences()
        if self.idle_bias:
            found.append(
                f"The bias of {self.idle_bias} has no effect in training: the mean takes it away."
            )
        if not self.is_frozen and self.initial_share is not None:
            found.append(
                f"After this batch {100 * self.initial_share:.3g} % of the moving statistics are "
                "still their initial values."
            )
        return found

    def _activation_sentences(self) -> list[str]:
        first, second = self.training.use, self.inference.use
        if first is None or second is None:
            return []
        name = self.activation
        return [
            f"{name} is flat for {100 * first.flat:.3g} % of the values in training and "
            f"{100 * second.flat:.3g} % at inference, and close to linear for "
            f"{100 * first.linear:.3g} % and {100 * second.linear:.3g} %."
        ]


@dataclasses.dataclass(frozen=True)
class Explanation:
    """What `explain` returns.

    Attributes:
        calls: The calls of the layers explained, in the order of the data's flow.
    """

    calls: tuple[ExplainedCall, ...]

    def text(self, channels: Sequence[int] | None = None) -> str:
        """All calls as text; see `ExplainedCall.text`."""
        return "\n\n".join(call.text(channels) for call in self.calls)

    def plot(self, path: str | os.PathLike[str] | None = None) -> Any:
        """The distributions before and after each step, in training and at inference.

        Args:
            path: Where to write the figure too, by its suffix: .png, .svg, .pdf.

        Returns:
            A matplotlib Figure, which notebooks show.

        Raises:
            ImportError: If matplotlib is not installed (`trimtab[plot]`).
        """
        return explained_figure.draw(self.calls, path)

    def __str__(self) -> str:
        return self.text()


def _row(label: str, cells: Sequence[str]) -> str:
    return f"{label:<{_LABEL + 4}}" + "".join(f"{cell:>{_COLUMN}}" for cell in cells)


def _numbers(values: Numbers, shown: list[int]) -> list[str]:
    return [f"{float(values[channel]):.4g}" for channel in shown]
