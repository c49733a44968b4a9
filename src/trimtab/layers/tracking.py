"""What a layer owns: variables, sublayers, metrics and seed generators found in its attributes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, SupportsIndex

from trimtab.core.random import SeedGenerator
from trimtab.core.variable import TRACED_CALLS, Variable
from trimtab.layers.call import CALLS
from trimtab.metrics.base import Metric


class Tracker:
    """The objects that one layer owns, each kind in the order of its arrival.

    Attributes:
        trainable_variables: Variables that were trainable when they came.
        non_trainable_variables: The other variables.
        layers: Sublayers.
        metrics: Metrics.
        seed_generators: Seed generators.
        locked: Whether a new variable or sublayer is refused, as in a layer that is built.
    """

    __slots__ = (
        "layers",
        "locked",
        "metrics",
        "non_trainable_variables",
        "owner",
        "seed_generators",
        "trainable_variables",
    )

    def __init__(self, owner: Any) -> None:
        self.owner = owner
        self.locked = False
        self.trainable_variables: list[Variable] = []
        self.non_trainable_variables: list[Variable] = []
        self.layers: list[Any] = []
        self.metrics: list[Metric] = []
        self.seed_generators: list[SeedGenerator] = []

    def track(self, value: Any) -> Any:
        """Notes what `value` is or holds; returns it, lists and dicts as ones that stay tracked."""
        kind = type(value)
        if kind is str or kind is int or kind is float or kind is bool or value is None:
            return value
        if kind is list:
            return TrackedList(value, self)
        if kind is dict:
            return TrackedDict(value, self)
        if isinstance(value, (tuple, set)):
            for element in value:
                self.track(element)
        else:
            self._add(value)
        return value

    def _add(self, value: Any) -> None:
        store = self._store(value)
        if store is None or any(known is value for known in store):
            return
        # A variable may have been frozen since it came, and stays where it was put.
        variables = (*self.trainable_variables, *self.non_trainable_variables)
        if isinstance(value, Variable) and any(v is value for v in variables):
            return
        # Outside of calls, a built layer may still get what counts or draws.
        is_late = CALLS.entry is not None or not isinstance(value, (Metric, SeedGenerator))
        if self.locked and is_late:
            raise ValueError(
                f"{self.owner.name}: you cannot add new elements of state (variables or layers) "
                "to a layer that is already built; make them in `__init__` or `build`"
            )
        store.append(value)
        if isinstance(value, Variable) and not self.owner.trainable:
            value.trainable = False
        if is_layer(value):
            value._is_owned = True

    def _store(self, value: Any) -> list[Any] | None:
        if isinstance(value, Variable):
            return self.trainable_variables if value.trainable else self.non_trainable_variables
        if isinstance(value, Metric):
            return self.metrics
        if isinstance(value, SeedGenerator):
            return self.seed_generators
        return self.layers if is_layer(value) else None

    def lock(self) -> None:
        """Refuses new variables and sublayers from now on."""
        self.locked = True

    def unlock(self) -> None:
        """Takes new variables and sublayers again."""
        self.locked = False

    def snapshot(self) -> list[list[Any]]:
        """What is owned now, for `restore`."""
        return [list(store) for store in self._stores()]

    def restore(self, owned: list[list[Any]]) -> None:
        """Goes back to what was owned at a snapshot."""
        for store, known in zip(self._stores(), owned, strict=True):
            store[:] = known

    def _stores(self) -> tuple[list[Any], ...]:
        return (
            self.trainable_variables,
            self.non_trainable_variables,
            self.layers,
            self.metrics,
            self.seed_generators,
        )

    def untrack(self, value: Any) -> None:
        """Forgets `value`."""
        for store in self._stores():
            store[:] = [known for known in store if known is not value]


def _refuse_in_a_call(name: str | None) -> None:
    if CALLS.entry is not None:
        raise ValueError(
            f"Variable: must be made outside of a traced `call`; got name={name!r} inside that of "
            f"{CALLS.entry.name}. Make it in `__init__` or `build`, with `add_weight`"
        )


TRACED_CALLS.append(_refuse_in_a_call)


def is_layer(value: Any) -> bool:
    """Whether `value` is a layer."""
    return hasattr(type(value), "_is_layer")


class TrackedList(list[Any]):
    """A list whose elements, present and future, belong to a layer."""

    def __init__(self, values: Iterable[Any], tracker: Tracker) -> None:
        super().__init__(tracker.track(value) for value in values)
        self._tracker = tracker

    def append(self, value: Any) -> None:
        """Adds `value` at the end."""
        super().append(self._tracker.track(value))

    def insert(self, index: SupportsIndex, value: Any) -> None:
        """Puts `value` before `index`."""
        super().insert(index, self._tracker.track(value))

    def extend(self, values: Iterable[Any]) -> None:
        """Adds all of `values` at the end."""
        super().extend([self._tracker.track(value) for value in values])

    def __iadd__(self, values: Iterable[Any]) -> TrackedList:  # type: ignore[misc]
        self.extend(values)
        return self

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(
            key,
            [self._tracker.track(v) for v in value]
            if isinstance(key, slice)
            else self._tracker.track(value),
        )

    def __delitem__(self, key: Any) -> None:
        removed = self[key] if isinstance(key, slice) else [self[key]]
        super().__delitem__(key)
        for value in removed:
            self._tracker.untrack(value)

    def remove(self, value: Any) -> None:
        """Takes out the first element that is or equals `value`."""
        position = next((i for i, known in enumerate(self) if known is value), None)
        del self[self.index(value) if position is None else position]

    def pop(self, index: SupportsIndex = -1) -> Any:
        """Takes out and returns the element at `index`."""
        value = super().pop(index)
        self._tracker.untrack(value)
        return value

    def clear(self) -> None:
        """Takes out all elements."""
        del self[:]

    def __reduce__(self) -> Any:
        return list, (list(self),)


class TrackedDict(dict[Any, Any]):
    """A dictionary whose values, present and future, belong to a layer."""

    def __init__(self, values: dict[Any, Any], tracker: Tracker) -> None:
        super().__init__({key: tracker.track(value) for key, value in values.items()})
        self._tracker = tracker

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, self._tracker.track(value))

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Sets several keys."""
        for key, value in dict(*args, **kwargs).items():
            self[key] = value

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """The value of `key`, set to `default` if there is none."""
        if key not in self:
            self[key] = default
        return self[key]

    def __delitem__(self, key: Any) -> None:
        value = self[key]
        super().__delitem__(key)
        self._tracker.untrack(value)

    def pop(self, key: Any, *default: Any) -> Any:
        """Takes out and returns the value of `key`."""
        value = super().pop(key, *default)
        self._tracker.untrack(value)
        return value

    def __reduce__(self) -> Any:
        return dict, (dict(self),)
