"""Building: a layer's variables are made once the shapes of its inputs are known."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from trimtab.core import naming
from trimtab.core.scope import autocast_scope, trace_scope
from trimtab.core.symbolic import infer_output_spec
from trimtab.layers import call as calls
from trimtab.layers.losses import LossOwner
from trimtab.layers.shapes import align_shapes, map_shapes


def default(method: Callable[..., Any]) -> Callable[..., Any]:
    """Marks a method of the base that stands for "not overridden"."""
    method._is_default = True  # type: ignore[attr-defined]
    return method


def is_default(owner: Any, name: str) -> bool:
    """Whether the class of `owner` leaves a method as the base has it."""
    return getattr(getattr(type(owner), name), "_is_default", False)


def _wrapped(build: Callable[..., Any]) -> Callable[..., Any]:
    """`build`, and around the outermost of several that call each other what belongs to it."""
    signature = inspect.signature(build)

    @functools.wraps(build)
    def wrapped(self: Buildable, *args: Any, **kwargs: Any) -> None:
        if self._is_building:
            build(self, *args, **kwargs)
            return
        object.__setattr__(self, "_is_building", True)
        owned = self._tracker.snapshot()
        try:
            # The first values of variables are numbers, also where a layer is built in a trace.
            with self._name_scope(), trace_scope(None), autocast_scope(None):
                self._path = naming.current_path()
                build(self, *args, **kwargs)
        except Exception:
            # A second try must not find half of the variables there.
            self._tracker.restore(owned)
            raise
        finally:
            object.__setattr__(self, "_is_building", False)
        bound = signature.bind(self, *args, **kwargs).arguments
        self._finish_build({k: v for k, v in list(bound.items())[1:] if v is not None})

    return wrapped


class Buildable(LossOwner):
    """What layers have by being built on their first call."""

    call: Callable[..., Any]
    _run: Callable[..., Any]
    _is_building = False
    _path: str | None
    _parent_path: str | None
    _build_shapes: dict[str, Any] | None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        build = cls.__dict__.get("build")
        if build is not None and not getattr(build, "_is_default", False):
            cls.build = _wrapped(build)  # type: ignore[method-assign]

    @default
    def build(self, input_shape: Any) -> None:
        """Makes the variables. A subclass overrides it if their shapes depend on the inputs'.

        Args:
            input_shape: Shape of the first argument of `call`, None where open. With parameters
                called `<argument>_shape` instead, the shapes of those arguments.
        """
        if not self._is_building:
            self._finish_build({"input_shape": input_shape})

    @property
    def path(self) -> str | None:
        """Names of the enclosing layers and this one, joined by "/"; None until it is built."""
        return self._path

    def _build_at_init(self) -> None:
        """Ends the building of a layer that has nothing to build."""
        if is_default(self, "build"):
            self.built = True
            self._lock_state()

    def _finish_build(self, shapes: dict[str, Any] | None) -> None:
        if self._path is None:
            with self._name_scope():
                self._path = naming.current_path()
        if shapes:
            self._build_shapes = shapes
        self.built = True
        self._lock_state()

    def _lock_state(self) -> None:
        self._tracker.locked = True

    def _name_scope(self) -> naming.name_scope:
        if self._parent_path is None:
            self._parent_path = naming.current_path()
        return naming.name_scope(self.name, self)

    def _build_for(self, bound: dict[str, Any], is_symbolic: bool) -> None:
        """Builds the layer for the arguments of a call, as far as that must happen before it."""
        shapes = self._argument_shapes(bound)
        if not is_default(self, "build"):
            self.build(**align_shapes(self.build, shapes, type(self).__name__))
            return
        if not is_symbolic:
            # The call itself builds sublayers, and may then add some; else it may add none.
            if all(layer.built for layer in self._layers):
                self._lock_state()
            return
        if any(not layer.built for layer in self._layers):
            infer_output_spec(self._run, (), bound)
        self._finish_build({"input_shape": next(iter(shapes.values()), None)})

    def _argument_shapes(self, bound: dict[str, Any]) -> dict[str, Any]:
        return {
            f"{name}_shape": calls.shapes_of(value)
            for name, value in bound.items()
            if name != "mask" and calls.holds_tensors(value, self.name, name)
        }

    def get_build_config(self) -> dict[str, Any] | None:
        """The shapes that the layer was built for; None if it is not built or needs none."""
        if self._build_shapes is None:
            return None
        if len(self._build_shapes) == 1:
            return {"input_shape": next(iter(self._build_shapes.values()))}
        return {"shapes_dict": self._build_shapes}

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Builds the layer for the shapes that `get_build_config` returned."""
        if config and "input_shape" in config:
            self.build(map_shapes(tuple, config["input_shape"]))
        elif config and "shapes_dict" in config:
            self.build(**{k: map_shapes(tuple, v) for k, v in config["shapes_dict"].items()})
