"""Dtype policies by the paths of layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trimtab.core.config import deserialize_keras_object, keras_export, serialize_keras_object
from trimtab.core.dtype_policy import DTypePolicy, dtype_policy, get
from trimtab.core.path_map import PathMap


@keras_export("keras.dtype_policies.DTypePolicyMap")
class DTypePolicyMap(DTypePolicy, PathMap[DTypePolicy]):
    """A policy for each layer by its path, such as "model/encoder/dense", or by patterns of paths.

    A path is looked up as it is, then as what a key matches whole as a regular expression; a layer
    that no key fits has the default policy.

    Args:
        default_policy: A policy or its name; the global one of now if None.
        policy_map: Path or pattern -> policy or its name.

    Raises:
        TypeError: If `policy_map` is no dictionary.
        ValueError: For a name that is no policy.

    Source: Keras 3 `keras.dtype_policies.DTypePolicyMap`, which takes policies only in
        `policy_map`.

    >>> policies = DTypePolicyMap("float32", {"net/block_.*": "mixed_float16"})
    >>> policies["net/block_2"].compute_dtype, policies["net/head"].compute_dtype
    ('float16', 'float32')
    """

    def __init__(self, default_policy: Any = None, policy_map: Any = None) -> None:
        if policy_map is not None and not isinstance(policy_map, Mapping):
            raise TypeError(
                "DTypePolicyMap: `policy_map` must be a dictionary of paths and policies; got "
                f"{policy_map!r}"
            )
        self._default_given = default_policy
        found = dtype_policy() if default_policy is None else get(default_policy)
        default = found.default_policy if isinstance(found, DTypePolicyMap) else found
        DTypePolicy.__init__(self, default.name)
        PathMap.__init__(self, default)
        self.name = f"map_{default.name}"
        for path, policy in (policy_map or {}).items():
            self[path] = policy

    @property
    def default_policy(self) -> DTypePolicy:
        """The policy of layers that no key fits."""
        return self._default

    def at(self, path: str) -> DTypePolicy:
        """The policy of the layer of a path; see `DTypePolicyMap`."""
        return self[path]

    def __setitem__(self, key: str, policy: Any) -> None:
        """Sets the policy of a new path or pattern.

        Raises:
            TypeError: If the key is no text.
            ValueError: If the key is there already, or the policy is none.
        """
        if not isinstance(key, str):
            raise TypeError(f"DTypePolicyMap: keys must be paths, as text; got {key!r}")
        if key in self._entries:
            raise ValueError(
                f"DTypePolicyMap: '{key}' already exists, with {self._entries[key]}; delete it "
                "first"
            )
        self._entries[key] = get(policy)

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    def get_config(self) -> dict[str, Any]:
        """The default policy as it was given, and the policies by path."""
        given = self._default_given
        return {
            "default_policy": given.name if isinstance(given, DTypePolicy) else given,
            "policy_map": {
                path: serialize_keras_object(policy) for path, policy in self._entries.items()
            },
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Mapping[str, Any] | None = None
    ) -> Any:
        """The map that `get_config` describes."""
        policies = {
            path: deserialize_keras_object(policy, custom_objects=custom_objects)
            for path, policy in (config.get("policy_map") or {}).items()
        }
        return cls(config.get("default_policy"), policies)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, DTypePolicyMap)
            and other.name == self.name
            and other._entries == self._entries
        )

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        mapping = [(path, policy.name) for path, policy in self._entries.items()]
        return f"<DTypePolicyMap default_policy={self._default.name}, mapping={mapping}>"
