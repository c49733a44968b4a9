"""What the `get` of a kind of object accepts: a name, a configuration, a class, an object."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import Any

from trimtab.core.config import (
    CustomObjectScope,
    deserialize_keras_object,
    get_registered_object,
    nearest,
)
from trimtab.core.naming import to_snake_case


class Identifiers:
    """The names of one kind of object, and the reading of identifiers against them.

    Args:
        kind: Word for the kind in errors, such as "initializer".
        names: Name -> class or function.
    """

    def __init__(self, kind: str, names: Mapping[str, Any]) -> None:
        self.kind = kind
        self.names = dict(names)

    def find(self, name: str, custom_objects: Mapping[str, Any] | None = None) -> Any:
        """The class or function called `name`.

        Args:
            name: A known name, or one of a registered or given custom object.
            custom_objects: Name -> object; they come before all others.

        Raises:
            ValueError: If nothing has this name; the message says which known name is nearest.
        """
        custom = get_registered_object(name, custom_objects)
        if custom is not None:
            return custom
        if name in self.names:
            return self.names[name]
        raise ValueError(f"{self.kind}: unknown name {name!r}.{nearest(name, self.names)}")

    def deserialize(self, config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
        """The object that `config` describes.

        Args:
            config: A name, which gives the class or function itself, or a dictionary
                `{"class_name", "config", ...}`.
            custom_objects: Name -> class or function that the configuration may mention.

        Raises:
            ValueError: If the name is unknown.
            TypeError: If `config` is neither a name nor a configuration.
        """
        if isinstance(config, str):
            return self.find(config, custom_objects)
        if not isinstance(config, Mapping) or "class_name" not in config:
            raise TypeError(
                f'{self.kind}: must be a name or a dictionary with a "class_name"; got {config!r}'
            )
        name, inner = config["class_name"], config.get("config", {})
        if name == "function" and isinstance(inner, str):
            return self.find(inner, custom_objects)
        if not self._is_own(config, custom_objects):
            return deserialize_keras_object(dict(config), custom_objects=custom_objects)
        found: Any = self.names[name]
        with CustomObjectScope(custom_objects):
            return found.from_config(dict(inner)) if hasattr(found, "from_config") else found

    def _is_own(self, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None) -> bool:
        """Whether a configuration means one of `names`; old files may give no module."""
        name, module = config["class_name"], config.get("module") or "keras"
        registered = config.get("registered_name") or name
        is_custom = get_registered_object(registered, custom_objects) is not None
        return name in self.names and not is_custom and str(module).split(".")[0] == "keras"

    def get(self, identifier: Any) -> Any:
        """The object meant by `identifier`; a class, named or given, is called without arguments.

        Args:
            identifier: A name, a configuration, a class, a callable, or None, which stays None.

        Raises:
            ValueError: If the name is unknown or the identifier is not callable.
        """
        if identifier is None:
            return None
        found = (
            self.deserialize(identifier) if isinstance(identifier, (str, Mapping)) else identifier
        )
        if not callable(found):
            raise ValueError(
                f"{self.kind}: must be a name, a configuration, a class or a callable; got "
                f"{identifier!r}"
            )
        return found() if inspect.isclass(found) else found


def class_names(classes: Iterable[type]) -> dict[str, type]:
    """Each class under its name and under its name in snake case."""
    names = {cls.__name__: cls for cls in classes}
    return names | {to_snake_case(name): cls for name, cls in names.items()}
