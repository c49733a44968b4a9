"""Metrics under the method names of tf.keras."""

from __future__ import annotations

from typing import Any

from trimtab.compat.dialect import Dialect
from trimtab.compat.translate import Translation
from trimtab.metrics import Metric


class OldMetric(Metric):
    """Base of a script's own metrics: `reset_states` is `reset_state`, either way round."""

    def reset_state(self) -> None:
        """Starts anew."""
        own = type(self).reset_states
        if own is not OldMetric.reset_states:
            own(self)
        else:
            super().reset_state()

    def reset_states(self) -> None:
        """Starts anew."""
        Metric.reset_state(self)

    def add_weight(  # type: ignore[override]
        self, name: Any = None, shape: Any = (), **kwargs: Any
    ) -> Any:
        """A new variable; tf.keras took its name first."""
        if not isinstance(name, (str, type(None))):
            name, shape = None, name
        return super().add_weight(shape=shape, name=name, **kwargs)


def make_metric(dialect: Dialect, target: Any, result: Translation) -> Any:
    """A metric with the old name of `reset_state` beside today's."""
    metric = target(*result.positional, **result.arguments)
    object.__setattr__(metric, "reset_states", metric.reset_state)
    return metric
