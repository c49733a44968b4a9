"""CompileMetrics: the metrics of all outputs, under the names that logs give them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from trimtab.core import tree
from trimtab.core.config import nearest
from trimtab.core.host import or_on_host
from trimtab.core.variable import Variable
from trimtab.metrics.base import Metric
from trimtab.training.outputs import names_of, spread, targets_of
from trimtab.training.resolve import metric_for, require_known_metric


class _Entry(NamedTuple):
    """A metric of output `output`, whose name goes before its own if there are several outputs."""

    output: int
    prefix: str | None
    metric: Metric
    is_weighted: bool


class CompileMetrics(Metric):
    """The metrics given to `compile`, resolved when the shapes are first seen.

    Args:
        metrics: Metrics that ignore sample weights: a list for a single output; for several a list
            with one entry (or list of entries) each, a dict by their names, or the outputs' own
            nesting.
        weighted_metrics: Metrics that heed them, likewise.
        output_names: Names that the model gives its outputs.

    Raises:
        ValueError: If they are no list, tuple or dict, or a name is unknown.
    """

    def __init__(
        self,
        metrics: Any = None,
        weighted_metrics: Any = None,
        output_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(name="compile_metrics")
        for argument, given in (("metrics", metrics), ("weighted_metrics", weighted_metrics)):
            if given and not isinstance(given, (list, tuple, dict)):
                raise ValueError(
                    f"compile: Expected `{argument}` argument to be a list, tuple, or dict; got "
                    f"{given!r}"
                )
            for identifier in tree.flatten(given or []):
                require_known_metric(identifier)
        self._given = (("metrics", metrics), ("weighted_metrics", weighted_metrics))
        self._output_names = output_names
        self.built = False
        self._entries: list[_Entry] = []
        self._names: list[str | None] = []

    @property
    def metrics(self) -> list[Metric]:
        """The metrics, those without weights first."""
        return [entry.metric for entry in self._entries]

    @property
    def variables(self) -> list[Variable]:
        """The state of all of them."""
        return [variable for metric in self.metrics for variable in metric.variables]

    def unbuild(self) -> None:
        """Forgets what the first shapes led to."""
        self.built = False
        self._entries = []

    def build(self, y_true: Any, y_pred: Any) -> None:
        """Resolves the metrics for targets and outputs of such shapes.

        Raises:
            ValueError: If the metrics do not fit the outputs.
        """
        self._names = names_of(y_pred, self._output_names)
        outputs, targets = tree.flatten(y_pred), tree.flatten(y_true)
        entries: list[_Entry] = []
        for argument, given in self._given:
            per_output = self._one_per_output(argument, given, y_pred)
            is_used = [bool(tree.flatten(g)) and g is not None for g in per_output]
            positions = targets_of(y_true, y_pred, self._names, is_used) if any(is_used) else []
            for index, position in enumerate(positions):
                if position is None:
                    continue
                prefix = self._names[index] if len(outputs) > 1 else None
                for identifier in tree.flatten(per_output[index]):
                    metric = metric_for(identifier, targets[position], outputs[index])
                    entries.append(_Entry(index, prefix, metric, argument == "weighted_metrics"))
        self._entries = entries
        self.built = True

    def _one_per_output(self, argument: str, given: Any, y_pred: Any) -> list[Any]:
        count = len(self._names)
        if not given:
            return [None] * count
        if count == 1:
            return [tree.flatten(given)]
        known = [name for name in self._names if name is not None]
        if isinstance(given, dict) and known:
            for key in given:
                if key not in known and not (isinstance(y_pred, dict) and key in y_pred):
                    raise ValueError(
                        f"compile: `{argument}` must use the names of the outputs, {known}; got "
                        f"{key!r}.{nearest(key, known)}"
                    )
        return spread(argument, given, y_pred, self._names)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Accumulates a batch.

        Args:
            y_true: Targets.
            y_pred: Outputs.
            sample_weight: Weights, one for all targets or nested as they are; for the weighted
                metrics.
        """
        if not self.built:
            self.build(y_true, y_pred)
        outputs, targets = tree.flatten(y_pred), tree.flatten(y_true)
        weights = tree.flatten(sample_weight)
        is_used = [False] * len(outputs)
        for entry in self._entries:
            is_used[entry.output] = True
        if not any(is_used):
            return
        positions = targets_of(y_true, y_pred, self._names, is_used)
        for output, _, metric, is_weighted in self._entries:
            position = positions[output] or 0
            y, prediction = targets[position], outputs[output]
            weighted = {}
            if is_weighted:
                weight = weights[position] if len(weights) == len(targets) else weights[0]
                weighted["sample_weight"] = weight
            owner = f"metric '{metric.name}'"
            or_on_host(owner, metric.update_state, (y, prediction), weighted)

    def reset_state(self) -> None:
        """Resets all of them."""
        for metric in self.metrics:
            metric.reset_state()

    def named_metrics(self) -> dict[str, Metric]:
        """Name in the logs -> metric.

        A name that comes again gets a number; that of a weighted metric first the prefix
        "weighted_".
        """
        named: dict[str, Metric] = {}
        for name, entry in self._named_entries():
            named[name] = entry.metric
        return named

    def _named_entries(self) -> Iterator[tuple[str, _Entry]]:
        counts: dict[str, int] = {}
        for entry in self._entries:
            before = f"{entry.prefix}_" if entry.prefix else ""
            name = before + entry.metric.name
            if name in counts and entry.is_weighted:
                name = f"{before}weighted_{entry.metric.name}"
            seen = counts.get(name, 0)
            counts[name] = seen + 1
            yield (f"{name}_{seen}" if seen else name), entry

    def result(self) -> dict[str, Any]:
        """Name in the logs -> value.

        Raises:
            ValueError: If no batch has been seen yet.
        """
        if not self.built:
            raise ValueError("CompileMetrics: has no result before the first batch has been seen")
        return {name: result_of(metric) for name, metric in self.named_metrics().items()}


def result_of(metric: Metric) -> Any:
    """The result of a metric, which may be written with NumPy."""
    return or_on_host(f"metric '{metric.name}'", metric.result, (), {})
