"""Dtype policies: the type of a layer's variables and the type it computes in."""

from __future__ import annotations

from typing import Any

from trimtab import dtypes
from trimtab.core import settings
from trimtab.core.config import Configurable, deserialize_keras_object, keras_export

_MIXED = ("mixed_float16", "mixed_bfloat16")


@keras_export(
    "keras.DTypePolicy", "keras.dtype_policies.DTypePolicy", "keras.mixed_precision.Policy"
)
class DTypePolicy(Configurable):
    """The types of a layer: one for all ("float32"), "mixed_float16" or "mixed_bfloat16".

    The mixed ones compute in float16 or bfloat16 and keep variables in float32.

    Args:
        name: A float type, "mixed_float16" or "mixed_bfloat16"; the global policy's name if None.

    Raises:
        ImportError: For bfloat16 if the package ml_dtypes is not installed.
        ValueError: For another name.

    Source: Keras 3 `keras.dtype_policies.DTypePolicy`.
    """

    def __init__(self, name: str | None = None) -> None:
        self.name: str = dtype_policy().name if name is None else _checked(name)
        is_mixed = self.name in _MIXED
        self.compute_dtype = self.name.removeprefix("mixed_")
        self.variable_dtype = "float32" if is_mixed else self.name

    @property
    def quantization_mode(self) -> None:
        """None: layers compute in float types only."""
        return None

    def at(self, path: str) -> DTypePolicy:
        """The policy of the layer of a path: this one for every path."""
        return self

    def get_config(self) -> dict[str, Any]:
        """{"name": name}."""
        return {"name": self.name}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DTypePolicy) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f'<DTypePolicy "{self.name}">'


def _checked(name: Any) -> str:
    if not isinstance(name, str):
        raise TypeError(
            f"DTypePolicy: `name` must be text, such as 'float32' or 'mixed_float16'; got {name!r}"
        )
    if name in _MIXED:
        dtypes.standardize(name.removeprefix("mixed_"))
        return name
    return dtypes.standardize(name)


_GLOBAL: list[DTypePolicy] = []


def dtype_policy() -> DTypePolicy:
    """The policy of layers that are given no dtype: floatx unless set."""
    if _GLOBAL:
        return _GLOBAL[0]
    return DTypePolicy(settings.floatx())


def set_dtype_policy(policy: Any) -> None:
    """Sets the policy of layers that are given no dtype, by name or as a DTypePolicy.

    Raises:
        ValueError: For None, or a name that is no policy.
    """
    if policy is None:
        raise ValueError(
            "set_dtype_policy: Invalid `policy` argument; it must be a name or a DTypePolicy; "
            "got None"
        )
    _GLOBAL[:] = [get(policy)]


def get(identifier: Any) -> DTypePolicy:
    """The policy of a name, dtype, config or policy; the global one for None."""
    if identifier is None:
        return dtype_policy()
    if isinstance(identifier, DTypePolicy):
        return identifier
    if isinstance(identifier, dict):
        return deserialize_keras_object(identifier)  # type: ignore[no-any-return]
    if isinstance(identifier, str):
        return DTypePolicy(identifier)
    return DTypePolicy(dtypes.standardize(identifier))
