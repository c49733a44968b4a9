"""Objects to configurations and back, in Keras 3's form, by a registry of names."""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable, Hashable, Mapping
from types import FunctionType
from typing import Any, TypeVar

import numpy as np

from trimtab.core import lambda_code, settings, sharing
from trimtab.core.arguments import refuse_old_arguments
from trimtab.core.spelling import nearest as nearest
from trimtab.ir.tensor import Array, KerasTensor, Tensor

C = TypeVar("C")

# "keras.layers.Dense" -> class or function; and back to (module, name).
EXPORTS: dict[str, Any] = {}
_EXPORT_NAME: dict[Any, tuple[str, str]] = {}
# "Package>Name" -> class or function registered by the user; and back.
_REGISTERED: dict[str, Any] = {}
_REGISTERED_NAME: dict[Any, str] = {}


class _Scopes(threading.local):
    def __init__(self) -> None:
        self.stack: list[dict[str, Any]] = []


_SCOPES = _Scopes()


def keras_export(*paths: str) -> Callable[[C], C]:
    """Records the public Keras names of a class or function; the first is written to files."""

    def decorate(obj: C) -> C:
        for path in paths:
            EXPORTS[path] = obj
        module, _, name = paths[0].rpartition(".")
        _EXPORT_NAME[obj] = (module, name)
        return obj

    return decorate


def exported_name(obj: Any) -> tuple[str, str] | None:
    """(module, name) under which Keras knows `obj`, None if it does not."""
    try:
        return _EXPORT_NAME.get(obj)
    except TypeError:
        return None


def name_as(cls: type, original: type) -> None:
    """Lets files name objects of `cls` as those of `original`, which they become when loaded."""
    _EXPORT_NAME[cls] = _EXPORT_NAME[original]


def register_keras_serializable(
    package: str = "Custom", name: str | None = None
) -> Callable[[C], C]:
    """Makes a class or function loadable by name, without `custom_objects`.

    Args:
        package: First part of its registered name.
        name: Second part; its own name if None.

    Raises:
        ValueError: If a class has no `get_config` method.
    """

    def decorate(obj: C) -> C:
        registered = f"{package}>{name or obj.__name__}"  # type: ignore[attr-defined]
        if inspect.isclass(obj) and not hasattr(obj, "get_config"):
            raise ValueError(
                f"register_keras_serializable: class {obj.__name__} needs a get_config() method"
            )
        _REGISTERED[registered] = obj
        _REGISTERED_NAME[obj] = registered
        return obj

    return decorate


def get_registered_name(obj: Any) -> str:
    """The registered name of a class or function, its own name if it has none."""
    return _REGISTERED_NAME.get(obj) or str(obj.__name__)


def get_registered_object(
    name: str,
    custom_objects: Mapping[str, Any] | None = None,
    module_objects: Mapping[str, Any] | None = None,
) -> Any:
    """The class or function registered as `name`, from scopes and `custom_objects` first.

    `module_objects` is looked into last. None if unknown.
    """
    registered = (_CUSTOM_OBJECTS, _REGISTERED, module_objects or {})
    for scope in (*reversed(_SCOPES.stack), custom_objects or {}, *registered):
        if name in scope:
            return scope[name]
    return None


_CUSTOM_OBJECTS: dict[str, Any] = {}


def get_custom_objects() -> dict[str, Any]:
    """The global dict of custom objects by name, to be changed in place."""
    return _CUSTOM_OBJECTS


class CustomObjectScope:
    """Makes `custom_objects` known to deserialization while the block runs."""

    def __init__(self, custom_objects: Mapping[str, Any] | None = None) -> None:
        self.custom_objects = dict(custom_objects or {})

    def __enter__(self) -> CustomObjectScope:
        _SCOPES.stack.append(self.custom_objects)
        return self

    def __exit__(self, *_: object) -> None:
        _SCOPES.stack.pop()


custom_object_scope = CustomObjectScope


class Configurable:
    """Keeps the arguments of its construction: the signature is the configuration.

    A class that derives from it needs no `get_config` as long as its constructor's arguments
    describe it.
    """

    _constructor_arguments: tuple[tuple[Any, ...], dict[str, Any]]
    # Whether old versions of Keras named arguments of the class in another way.
    _had_old_spellings = True

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """Keeps the arguments for `get_config`."""
        if kwargs and cls._had_old_spellings and cls.__module__.startswith("trimtab."):
            refuse_old_arguments(cls, args, kwargs, cls._argument_problems)
        made = super().__new__(cls)
        object.__setattr__(made, "_constructor_arguments", (args, kwargs))
        return made

    @classmethod
    def _argument_problems(cls, arguments: Mapping[str, Any]) -> list[str]:
        """What is wrong with arguments, to be told together with old spellings among them."""
        return []

    def constructor_arguments(self) -> dict[str, Any]:
        """Every argument of the constructor by name, defaults included, `**kwargs` spread out."""
        args, kwargs = self._constructor_arguments
        bound = self._signature().bind_partial(None, *args, **kwargs)
        bound.apply_defaults()
        values = dict(bound.arguments)
        for parameter in self._signature().parameters.values():
            if parameter.kind is parameter.VAR_KEYWORD:
                values.update(values.pop(parameter.name, {}))
            elif parameter.kind is parameter.VAR_POSITIONAL:
                values.pop(parameter.name, None)
        values.pop(next(iter(self._signature().parameters)), None)
        return values

    def _signature(self) -> inspect.Signature:
        cls: Any = type(self)
        return _signature_of(cls)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments in a form that JSON can hold."""
        return {
            key: serialize_keras_object(value)
            for key, value in self.constructor_arguments().items()
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Mapping[str, Any] | None = None
    ) -> Any:
        """An object made from what `get_config` returned."""
        with CustomObjectScope(custom_objects):
            return cls(**{key: _revive(value) for key, value in config.items()})


@functools.lru_cache(maxsize=1024)
def _signature_of(cls: Hashable) -> inspect.Signature:
    return inspect.signature(getattr(cls, "__init__"))  # noqa: B009 - mypy calls the plain spelling unsound


def _revive(value: Any) -> Any:
    if isinstance(value, dict) and "class_name" in value and "config" in value:
        return deserialize_keras_object(value)
    if isinstance(value, list):
        return [_revive(v) for v in value]
    return value


PLAIN = (str, int, float, bool, type(None))


def serialize_keras_object(obj: Any) -> Any:
    """`obj` in a form that JSON can hold: plain data as it is, objects by class and config.

    Raises:
        TypeError: If an object has no `get_config`.
    """
    if isinstance(obj, PLAIN):
        return obj
    if isinstance(obj, (list, tuple)):
        parts = [serialize_keras_object(part) for part in obj]
        return parts if isinstance(obj, list) else {"class_name": "__tuple__", "items": parts}
    if isinstance(obj, dict):
        return {str(key): serialize_keras_object(value) for key, value in obj.items()}
    if isinstance(obj, KerasTensor):
        history = [
            obj._keras_history.operation.name,
            obj._keras_history.node_index,
            obj._keras_history.tensor_index,
        ]
        config = {"shape": list(obj.shape), "dtype": obj.dtype, "keras_history": history}
        return {"class_name": "__keras_tensor__", "config": config}
    if isinstance(obj, (Array, np.ndarray)):
        array = np.asarray(obj)
        kind = "__tensor__" if isinstance(obj, Array) else "__numpy__"
        return {"class_name": kind, "config": {"value": array.tolist(), "dtype": array.dtype.name}}
    if isinstance(obj, np.generic):
        return obj.item()
    return _serialize_instance(obj)


def _serialize_instance(obj: Any) -> Any:
    if isinstance(obj, bytes):
        return {"class_name": "__bytes__", "config": {"value": obj.decode()}}
    if isinstance(obj, slice):
        parts = {
            name: serialize_keras_object(getattr(obj, name)) for name in ("start", "stop", "step")
        }
        return {"class_name": "__slice__", "config": parts}
    if obj is Ellipsis:
        return {"class_name": "__ellipsis__", "config": {}}
    if isinstance(obj, (type, FunctionType, functools.partial)) or inspect.isbuiltin(obj):
        return _serialize_function(obj)
    if hasattr(obj, "serialize_keras_object"):
        return obj.serialize_keras_object()
    if not hasattr(obj, "get_config"):
        raise TypeError(
            f"{type(obj).__name__}: cannot be serialised; give its class a get_config() method"
        )
    module, name = exported_name(type(obj)) or (type(obj).__module__, type(obj).__name__)
    is_ours = exported_name(type(obj)) is not None
    # Keras writes a registered name for what lies outside of its public modules.
    is_public = is_ours and not module.startswith("keras.src.")
    config = {
        "module": module if is_ours else (None if module in ("builtins", "__main__") else module),
        "class_name": name,
        "config": _inner(obj.get_config()),
        "registered_name": None if is_public else get_registered_name(type(obj)),
    }
    build_config = obj.get_build_config() if hasattr(obj, "get_build_config") else None
    if build_config is not None:
        config["build_config"] = _inner(serialize_keras_object(build_config))
    compile_config = obj.get_compile_config() if hasattr(obj, "get_compile_config") else None
    if compile_config is not None:
        config["compile_config"] = compile_config
    sharing.mark(obj, config)
    return config


def serialize_with_sharing(obj: Any) -> Any:
    """As `serialize_keras_object`; objects that occur several times are marked as one."""
    with sharing.numbering():
        return sharing.without_single_numbers(serialize_keras_object(obj))


def deserialize_with_sharing(
    config: Any, custom_objects: Mapping[str, Any] | None = None, safe_mode: bool = True
) -> Any:
    """As `deserialize_keras_object`; objects marked as one are made once."""
    with sharing.remembering():
        return deserialize_keras_object(config, custom_objects, safe_mode)


def _inner(value: Any) -> Any:
    """A part of a configuration: objects in it serialised, tuples as they are (lists in JSON)."""
    if isinstance(value, PLAIN):
        return value
    if isinstance(value, dict):
        if value.get("class_name") == "__tuple__":
            return tuple(_inner(v) for v in value["items"])
        return {k: _inner(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        parts = [_inner(v) for v in value]
        return tuple(parts) if isinstance(value, tuple) else parts
    return serialize_keras_object(value)


def _serialize_function(obj: Any) -> Any:
    name = getattr(obj, "__name__", None)
    if lambda_code.is_lambda(obj):
        value = [serialize_keras_object(part) for part in lambda_code.dumped(obj)]
        return {"class_name": "__lambda__", "config": {"value": value}}
    if name is None:
        raise TypeError(
            f"{obj!r}: a partial has no name to be found by; define a function and register it "
            "with register_keras_serializable"
        )
    exported = exported_name(obj)
    if exported is not None and not isinstance(obj, type):
        return exported[1]
    kind = "class" if isinstance(obj, type) else "function"
    module, public = exported or (obj.__module__, name)
    return {
        "module": None if module in ("builtins", "__main__") else module,
        "class_name": kind,
        "config": public,
        "registered_name": get_registered_name(obj),
    }


_MISSING = object()


def deserialize_keras_object(
    config: Any, custom_objects: Mapping[str, Any] | None = None, safe_mode: bool = True, **_: Any
) -> Any:
    """The object that `serialize_keras_object` wrote.

    Args:
        config: What it returned.
        custom_objects: Classes and functions by name, beside those registered.
        safe_mode: Refuse code stored in the file (Lambda layers of Python lambdas).

    Raises:
        ValueError: If a class is unknown, or code is refused.
    """
    if isinstance(config, PLAIN):
        found = get_registered_object(config, custom_objects) if isinstance(config, str) else None
        return config if found is None else found
    if isinstance(config, (list, tuple)):
        return type(config)(deserialize_keras_object(c, custom_objects, safe_mode) for c in config)
    if not isinstance(config, dict):
        raise TypeError(f"deserialize_keras_object: needs a dict; got {type(config).__name__}")
    kind = config.get("class_name", _MISSING)
    if kind is _MISSING or ("config" not in config and kind != "__tuple__"):
        return {
            key: deserialize_keras_object(value, custom_objects, safe_mode)
            for key, value in config.items()
        }
    plain = _deserialize_plain(kind, config, custom_objects, safe_mode)
    return _deserialize_instance(config, custom_objects, safe_mode) if plain is _MISSING else plain


def _deserialize_plain(
    kind: str, config: dict[str, Any], custom_objects: Any, safe_mode: bool
) -> Any:
    if kind == "__tuple__":
        return tuple(
            deserialize_keras_object(c, custom_objects, safe_mode) for c in config["items"]
        )
    inner = config["config"]
    if kind in ("__numpy__", "__tensor__"):
        array = np.array(inner["value"], dtype=inner["dtype"])
        return array if kind == "__numpy__" else Array(array)
    if kind == "__slice__":
        ends = (inner["start"], inner["stop"], inner["step"])
        return slice(*(deserialize_keras_object(c, custom_objects, safe_mode) for c in ends))
    if kind == "__ellipsis__":
        return Ellipsis
    if kind == "__lambda__":
        require_trust(safe_mode)
        value = inner["value"] if "value" in inner else [inner[k] for k in _LAMBDA_PARTS]
        return lambda_code.loaded(*deserialize_keras_object(value, custom_objects, safe_mode))
    if kind == "__bytes__":
        return inner["value"].encode()
    if kind == "function":
        if not isinstance(inner, str):
            raise TypeError(
                f"deserialize_keras_object: Expected 'config' to be a non-null str for a function; "
                f"got {inner!r}"
            )
        return find_object(config, inner, custom_objects)
    return _MISSING


_LAMBDA_PARTS = ("code", "defaults", "closure")


def require_trust(safe_mode: bool = True) -> None:
    """Refuses to run code of a file unless the caller trusts the file.

    Args:
        safe_mode: Whether this call does not.

    Raises:
        ValueError: If neither this call, nor one around it, nor the setting does.
    """
    if safe_mode and in_safe_mode():
        raise ValueError(
            "Requested the deserialization of a Python lambda, as a Lambda layer may hold: the "
            "file holds code, and loading it is arbitrary code execution. If you trust the file, "
            "pass `safe_mode=False` or call `config.enable_unsafe_deserialization()`; otherwise "
            "define the function, register it with register_keras_serializable and pass it in "
            "custom_objects"
        )


def find_object(config: dict[str, Any], name: str, custom_objects: Mapping[str, Any] | None) -> Any:
    """The class or function that a config names.

    Raises:
        ValueError: If nothing of this name is known.
    """
    registered = config.get("registered_name")
    for candidate in (registered, name):
        found = get_registered_object(candidate, custom_objects) if candidate else None
        if found is not None:
            return found
    module = config.get("module") or ""
    for path in (f"{module}.{name}", *(f"{m}.{name}" for m in _public_modules(module))):
        if path in EXPORTS:
            return EXPORTS[path]
    hint = nearest(name, (path.rpartition(".")[2] for path in EXPORTS))
    raise ValueError(
        f"Could not locate class or function {name!r} of module {module!r}; pass it in "
        f"`custom_objects` or register it with register_keras_serializable.{hint}"
    )


def _public_modules(module: str) -> tuple[str, ...]:
    """Public modules that a private or old module path may stand for."""
    areas = (
        "layers",
        "ops",
        "initializers",
        "regularizers",
        "constraints",
        "optimizers",
        "losses",
        "metrics",
        "activations",
    )
    named = tuple(f"keras.{area}" for area in areas if area in module)
    return named or ("keras", "keras.dtype_policies", *(f"keras.{area}" for area in areas))


def _deserialize_instance(config: dict[str, Any], custom_objects: Any, safe_mode: bool) -> Any:
    known = sharing.known_object(config)
    if known is not None:
        return known
    cls = find_object(config, config["class_name"], custom_objects)
    inner = config["config"]
    if not hasattr(cls, "from_config"):
        raise TypeError(
            f"{config['class_name']}: cannot be rebuilt, it has no from_config() method"
        )
    with CustomObjectScope(custom_objects), _safe_mode_scope(safe_mode):
        instance = cls.from_config(dict(inner) if isinstance(inner, dict) else inner)
        if config.get("build_config") and hasattr(instance, "build_from_config"):
            instance.build_from_config(config["build_config"])
        if config.get("compile_config") and hasattr(instance, "compile_from_config"):
            instance.compile_from_config(config["compile_config"])
    sharing.remember(config, instance)
    return instance


class _SafeMode(threading.local):
    # None outside of all calls: then the setting decides.
    enabled: bool | None = None


_SAFE_MODE = _SafeMode()


class _safe_mode_scope:
    def __init__(self, enabled: bool) -> None:
        self.enabled = enabled

    def __enter__(self) -> None:
        outer = self._outer = _SAFE_MODE.enabled
        # Trust once given holds inside, whatever the calls in between say.
        _SAFE_MODE.enabled = self.enabled and outer is not False

    def __exit__(self, *_: object) -> None:
        _SAFE_MODE.enabled = self._outer


def in_safe_mode() -> bool:
    """Whether code stored in a file is refused."""
    if settings.is_unsafe_deserialization_enabled():
        return False
    return _SAFE_MODE.enabled is not False


def is_tensor(obj: Any) -> bool:
    """Whether `obj` is a tensor of any kind."""
    return isinstance(obj, Tensor)
