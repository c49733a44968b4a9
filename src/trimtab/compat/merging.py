"""`merge` and `Merge` of Keras 0 and 1: several inputs to one, by a mode."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trimtab import layers, ops
from trimtab.compat.dialect import Dialect
from trimtab.core.old_spellings import MERGES

# Mode -> the argument that today's function takes, and its name then.
_ARGUMENTS = {"concat": ("axis", "concat_axis"), "dot": ("axes", "dot_axes")}


def merge(
    dialect: Dialect,
    inputs: Sequence[Any],
    mode: Any = "sum",
    concat_axis: int = -1,
    dot_axes: Any = -1,
    output_shape: Any = None,
    output_mask: Any = None,
    arguments: dict[str, Any] | None = None,
    name: str | None = None,
) -> Any:
    """Tensors merged into one by `mode`, a name or a function of their list.

    Raises:
        ValueError: If the mode is unknown.
    """
    del output_mask
    if callable(mode):
        dialect.journal.translate("merge(mode=function)", "Lambda(function)(inputs)")
        made = layers.Lambda(mode, output_shape=output_shape, arguments=arguments, name=name)
        return made(list(inputs))
    if mode == "cos":
        dialect.journal.translate("merge(mode='cos')", "dot(inputs, axes, normalize=True)")
        merged = layers.dot(list(inputs), axes=dot_axes, normalize=True, name=name)
        return ops.expand_dims(merged, 1)
    if mode not in MERGES:
        raise ValueError(
            f"merge: `mode` must be one of {', '.join(MERGES)} or a function; got {mode!r}"
        )
    function, argument = MERGES[mode].lower(), _ARGUMENTS.get(mode)
    given = {"concat_axis": concat_axis, "dot_axes": dot_axes}
    extra = {} if argument is None else {argument[0]: given[argument[1]]}
    shown = "".join(f", {key}={value}" for key, value in extra.items())
    dialect.journal.translate(f"merge(mode={mode!r})", f"{function}(inputs{shown})")
    return getattr(layers, function)(list(inputs), name=name, **extra)


class MergedModels:
    """What `Merge([model, model], mode=...)` makes: the first thing in a Sequential.

    The Sequential then takes the models' inputs, in their order.
    """

    def __init__(self, dialect: Dialect, models: Sequence[Any], **options: Any) -> None:
        self.dialect = dialect
        self.models = list(models)
        self.options = options

    def output(self) -> Any:
        """The merged outputs."""
        outputs = [
            part.output() if isinstance(part, MergedModels) else part.outputs[0]
            for part in self.models
        ]
        return merge(self.dialect, outputs, **self.options)

    def leaves(self) -> list[Any]:
        """The models, those of merges inside included."""
        found: list[Any] = []
        for part in self.models:
            found += part.leaves() if isinstance(part, MergedModels) else [part]
        return found

    def inputs(self) -> list[Any]:
        """The models' inputs."""
        found: list[Any] = []
        for part in self.models:
            found += part.inputs() if isinstance(part, MergedModels) else part.inputs
        return found


def merge_layer(
    dialect: Dialect, layers: Any = None, mode: Any = "sum", *args: Any, **kwargs: Any
) -> Any:
    """`Merge` of models, or of nothing yet: then it is called on a list of tensors."""
    models = kwargs.pop("models", layers)
    for name, value in zip(("concat_axis", "dot_axes"), args, strict=False):
        kwargs[name] = value
    if models is not None:
        return MergedModels(dialect, models, mode=mode, **kwargs)

    def call(inputs: Any) -> Any:
        return merge(dialect, inputs, mode=mode, **kwargs)

    return call
