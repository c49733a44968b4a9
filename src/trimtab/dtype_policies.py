"""Dtype policies: the type of a layer's variables and the type it computes in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trimtab.core.config import deserialize_keras_object, serialize_keras_object
from trimtab.core.dtype_policy import DTypePolicy as DTypePolicy
from trimtab.core.dtype_policy import get as get
from trimtab.core.dtype_policy_map import DTypePolicyMap as DTypePolicyMap


def serialize(dtype_policy: DTypePolicy) -> dict[str, Any]:
    """The configuration of a policy."""
    return serialize_keras_object(dtype_policy)  # type: ignore[no-any-return]


def deserialize(config: dict[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The policy that a configuration describes."""
    return deserialize_keras_object(config, custom_objects=custom_objects)


__all__ = ["DTypePolicy", "DTypePolicyMap", "deserialize", "get", "serialize"]
