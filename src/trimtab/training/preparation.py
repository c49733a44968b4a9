"""What stands between a call of `fit` and its first batch: feeds, building, tracing, checks."""

from __future__ import annotations

from typing import Any

from trimtab.core import tree
from trimtab.core.tracing import engine_name, trace
from trimtab.data import ArrayData, array_data, batch_data, can_hold
from trimtab.data.structure import named_leaves
from trimtab.ir.graph import Spec
from trimtab.training.arguments import limited_steps
from trimtab.training.eager import EagerStep, discard
from trimtab.training.feed import ArrayFeed, BatchFeed
from trimtab.training.state import watch
from trimtab.training.step import Step
from trimtab.training.target_checks import check_labels

Feed = ArrayFeed | BatchFeed


def feed_of(
    owner: str,
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    *,
    class_weight: Any = None,
    batch_size: int | None = None,
    steps: int | None = None,
    shuffle: Any = False,
    require_finite: bool = True,
) -> Feed:
    """The batches of what a user passes as data, checked.

    Raises:
        ValueError: If the data cannot be trained on; see `array_data` and `batch_data`.
    """
    steps = limited_steps(steps)
    if isinstance(x, ArrayData):
        return ArrayFeed(x.with_class_weight(owner, class_weight), batch_size, steps, shuffle)
    if x is not None and can_hold(x, y, sample_weight) and tree.flatten(x):
        data = array_data(owner, x, y, sample_weight, class_weight, require_finite=require_finite)
        return ArrayFeed(data, batch_size, steps, shuffle)
    if x is not None and can_hold(x):
        _refuse_beside_arrays(owner, y=y, sample_weight=sample_weight)
    batches = batch_data(
        owner, x, y, sample_weight, class_weight, shuffle, require_finite=require_finite
    )
    return BatchFeed(batches, steps)


def _refuse_beside_arrays(owner: str, **parts: Any) -> None:
    """Raises for the part that is no array although `x` is one."""
    for part, given in parts.items():
        for name, leaf in named_leaves(part, given):
            if leaf is not None and not can_hold(leaf):
                raise ValueError(
                    f"{owner}: `{part}` must be an array, or arrays in a list or dict; got "
                    f"{leaf!r} as {name}. Turn numbers into an array with numpy.asarray"
                )


def build(model: Any, data: ArrayData, batch_size: int) -> None:
    """Makes the variables of a model that is not built yet, for such data."""
    state = model.training_state
    if state.was_built or all(layer.built for layer in model._flatten_layers()):
        return
    form = data.form

    def forward(*leaves: Any) -> Any:
        return model(form.pack(leaves)[0], training=False)

    if model.run_eagerly:
        discard(forward, data.batch(slice(0, batch_size)))
    else:
        pairs = zip(data.arrays, data.types, strict=True)
        trace(forward, [Spec((batch_size, *array.shape[1:]), kind) for array, kind in pairs])
    # Layers that the model owns and does not use stay unbuilt: one try is enough.
    state.was_built = True


def _trainable_key(model: Any) -> tuple[Any, ...]:
    layers = tuple((id(layer), layer.trainable) for layer in model._flatten_layers())
    variables = tuple(id(variable) for variable in model.trainable_variables)
    optimizer = model.optimizer
    return layers, variables, id(optimizer), id(getattr(optimizer, "_learning_rate", None))


def step_for(model: Any, kind: str, data: ArrayData) -> Any:
    """The model's step for data of such form, made if there is none that still holds."""
    state = model.training_state
    key: tuple[Any, ...] = (kind, data.form.key, engine_name())
    if kind != "predict":
        key += _trainable_key(model)
    kind_of_step: Any = EagerStep if model.run_eagerly else Step
    step = state.steps.get(key, lambda: kind_of_step(model, kind, data.form))
    watch(model, state)
    return step


def prepare(model: Any, owner: str, kind: str, feed: Feed) -> Any:
    """The step for a feed, ready to run: model and optimizer built, shapes traced, labels checked.

    Raises:
        ValueError: If the data do not fit the model or its loss. Then nothing has changed, but that
            a model that was not built may be.
    """
    if isinstance(feed, ArrayFeed):
        data, sizes = feed.data, [min(feed.batch_size, feed.data.rows), feed.last_batch_size]
    else:
        data = feed.data.peek()
        sizes = [data.rows]
    return prepare_sizes(model, owner, kind, data, sizes)


def prepare_sizes(model: Any, owner: str, kind: str, data: ArrayData, sizes: list[int]) -> Any:
    """As `prepare`, for batches of `sizes` rows of `data`."""
    build(model, data, sizes[0])
    if kind == "train" and model.optimizer is not None and not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    step = step_for(model, kind, data)
    if kind == "predict":
        return step
    state = model.training_state
    unbuilt = [part for part in (state.loss, state.metrics) if part is not None and not part.built]
    try:
        for size in dict.fromkeys(sizes):
            step.prepare(data, size)
    except BaseException:
        for part in unbuilt:
            part.unbuild()
        raise
    check_labels(owner, data.leaves_of("y"), step.label_ranges)
    return step


def split(
    x: Any, y: Any, sample_weight: Any, fraction: float, *, require_finite: bool = True
) -> tuple[ArrayData, ArrayData]:
    """Arrays to train on, and the last `fraction` of their rows to validate on.

    Raises:
        ValueError: If the data are no arrays, or one of the parts would be empty.
    """
    if not can_hold(x, y, sample_weight):
        raise ValueError(
            "fit: `validation_split` is only supported for tensors or NumPy arrays; got "
            f"{type(x).__name__}. Use `validation_data`"
        )
    data = array_data("fit", x, y, sample_weight, require_finite=require_finite)
    return data.split("fit", fraction)


def validation_feed(validation_data: Any, batch_size: int | None, steps: int | None) -> Feed:
    """The batches of `validation_data`: (x, y), (x, y, sample_weight), or what yields batches."""
    if isinstance(validation_data, (tuple, list)):
        if not 1 <= len(validation_data) <= 3:
            raise ValueError(
                "fit: `validation_data` must be (x, y) or (x, y, sample_weight); got "
                f"{len(validation_data)} parts"
            )
        x, y, sample_weight = (*validation_data, None, None)[:3]
    else:
        x, y, sample_weight = validation_data, None, None
    return feed_of("fit, validation_data", x, y, sample_weight, batch_size=batch_size, steps=steps)
