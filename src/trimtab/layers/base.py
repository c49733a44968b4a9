"""The layer: what every layer has, whoever writes it."""

from __future__ import annotations

import difflib
import functools
import inspect
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from trimtab import dtypes, ops, regularizers
from trimtab.core import dtype_policy as dtype_policies
from trimtab.core import naming, tree
from trimtab.core.config import keras_export
from trimtab.core.operation import Node, Operation
from trimtab.core.scope import THREAD, TraceScope, autocast_scope, trace_scope
from trimtab.core.symbolic import infer_output_spec, is_symbolic_call, keras_tensor
from trimtab.ir.graph import Value
from trimtab.ir.tensor import Array, KerasTensor, Tensor
from trimtab.layers import call as calls
from trimtab.layers.call import CALLS, CallSignature
from trimtab.layers.configuration import config_of
from trimtab.layers.input_spec import check_inputs
from trimtab.layers.shapes import align_shapes, is_shape, map_shapes
from trimtab.layers.state import StateOwner
from trimtab.layers.tracking import Tracker

_NOTED_TYPES = (ValueError, TypeError, IndexError)


def default(method: Callable[..., Any]) -> Callable[..., Any]:
    """Marks a method of the base that stands for "not overridden"."""
    method._is_default = True  # type: ignore[attr-defined]
    return method


def _wrapped_build(build: Callable[..., Any]) -> Callable[..., Any]:
    """`build` between what must happen before and after it, once however many classes call each other's."""
    signature = inspect.signature(build)

    @functools.wraps(build)
    def wrapped(self: Layer, *args: Any, **kwargs: Any) -> None:
        if self._is_building:
            build(self, *args, **kwargs)
            return
        object.__setattr__(self, "_is_building", True)
        try:
            # The first values of variables are numbers, also where the layer is built inside a trace.
            with self._name_scope(), trace_scope(None), autocast_scope(None):
                self._path = naming.current_path()
                build(self, *args, **kwargs)
        finally:
            object.__setattr__(self, "_is_building", False)
        bound = signature.bind(self, *args, **kwargs).arguments
        self._finish_build({k: v for k, v in list(bound.items())[1:] if v is not None})

    return wrapped


@keras_export("keras.layers.Layer", "keras.Layer")
class Layer(StateOwner, Operation):
    """A function of tensors with variables of its own.

    A subclass makes its variables in `__init__` or in `build(input_shape)` with `add_weight`, and computes
    in `call`. It is built on its first call.

    Args:
        activity_regularizer: Adds a loss for the outputs, divided by the batch size.
        trainable: Whether its variables train.
        dtype: Type, or dtype policy; the global policy if None.
        autocast: Whether floating inputs and variables are read in the compute type.
        name: Name without "/"; made from the class's name if None.
        **kwargs: `input_shape` or `input_dim`, from which a Sequential makes its Input.

    Raises:
        ValueError: For an unknown argument.

    Source: Keras 3 `keras.layers.Layer`.
    """

    _is_layer = True
    _is_owned = False
    _is_building = False
    _is_initialised = False
    _signature: CallSignature
    # Whether floats among the inputs are converted before `call`; a functional model does that itself.
    _convert_input_args = True
    # Whether running it has no effects but on its variables, so that a compiled call does the same.
    is_pure = True

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """Prepares tracking before any attribute is set."""
        made = super().__new__(cls, *args, **kwargs)
        object.__setattr__(made, "_tracker", Tracker(made))
        object.__setattr__(made, "_watchers", [])
        return made

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        build = cls.__dict__.get("build")
        if build is not None and not getattr(build, "_is_default", False):
            cls.build = _wrapped_build(build)  # type: ignore[method-assign]

    def __init__(
        self,
        *,
        activity_regularizer: Any = None,
        trainable: bool = True,
        dtype: Any = None,
        autocast: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        self.built = False
        Operation.__init__(self, name=name)
        self._dtype_policy = dtype_policies.get(dtype)
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self._input_shape_arg = _legacy_input_shape(type(self), kwargs)
        if not isinstance(trainable, bool):
            raise ValueError(f"{self.name}: `trainable` must be True or False; got {trainable!r}")
        self._trainable = trainable
        self.autocast = autocast
        self._path: str | None = None
        self._parent_path: str | None = None
        self._input_spec: Any = None
        self._supports_masking = not getattr(type(self).compute_mask, "_is_default", False)
        self._losses: list[Any] = []
        self._build_shapes: dict[str, Any] | None = None
        self._is_initialised = True

    # --- attributes -----------------------------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        value = self._tracker.track(value)
        for watcher in self._watchers:
            watcher.clear()
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        self._tracker.untrack(getattr(self, name))
        object.__delattr__(self, name)

    @property
    def path(self) -> str | None:
        """Names of the enclosing layers and this one, joined by "/"; None until it is built."""
        return self._path

    @property
    def input_spec(self) -> Any:
        """The InputSpec (or several, nested as the inputs) that inputs are checked against; None for none."""
        return self._input_spec

    @input_spec.setter
    def input_spec(self, value: Any) -> None:
        self._input_spec = value

    @property
    def dtype_policy(self) -> dtype_policies.DTypePolicy:
        """The types of variables and arithmetic."""
        return self._dtype_policy

    @dtype_policy.setter
    def dtype_policy(self, value: Any) -> None:
        self._dtype_policy = dtype_policies.get(value)

    @property
    def dtype(self) -> str:
        """The type of the variables."""
        return self.variable_dtype

    @property
    def variable_dtype(self) -> str:  # type: ignore[override]
        """The type of the variables."""
        return self._dtype_policy.variable_dtype

    @property
    def compute_dtype(self) -> str:
        """The type of the arithmetic and of the outputs."""
        return self._dtype_policy.compute_dtype

    @property
    def input_dtype(self) -> str:
        """The type that floating inputs are converted to."""
        return self.compute_dtype

    @property
    def quantization_mode(self) -> None:
        """None: layers are not quantised."""
        return

    @property
    def supports_masking(self) -> bool:
        """Whether the layer passes masks on."""
        return self._supports_masking

    @supports_masking.setter
    def supports_masking(self, value: bool) -> None:
        self._supports_masking = bool(value)

    # --- building -------------------------------------------------------------------------------------

    @default
    def build(self, input_shape: Any) -> None:
        """Makes the variables. A subclass overrides it if their shapes depend on the inputs'.

        Args:
            input_shape: Shape of the first argument of `call`, None where open; or, under the names
                `<argument>_shape`, the shapes of several.
        """
        self._finish_build({"input_shape": input_shape})

    def _build_at_init(self) -> None:
        """Ends the building of a layer that has nothing to build."""
        if getattr(type(self).build, "_is_default", False):
            self.built = True
            self._tracker.locked = True

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
        shapes = self._argument_shapes(bound)
        if not getattr(type(self).build, "_is_default", False):
            self.build(**align_shapes(self.build, shapes, type(self).__name__))
            return
        # Sublayers that are not built yet are built by running `call`: on probes if there are no numbers.
        if is_symbolic and any(not layer.built for layer in self._layers):
            infer_output_spec(self.call, (), bound)
        if is_symbolic:
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

    # --- calling --------------------------------------------------------------------------------------

    @classmethod
    def call_signature(cls) -> CallSignature:
        """The parameters of `call`."""
        if "_signature" not in cls.__dict__:
            cls._signature = CallSignature(cls.call)
        return cls._signature

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """What the layer computes; a subclass overrides it.

        It may have arguments `training` and `mask`, which are filled in if they are not given.

        Raises:
            NotImplementedError: If the subclass does not override it.
        """
        raise NotImplementedError(f"{type(self).__name__}: a layer must override `call`")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Runs the layer on tensors or arrays; on KerasTensors makes it part of a functional model.

        `training` is the argument if given, else what the enclosing layer's call was given, else the
        default of `call`.
        """
        if not self._is_initialised:
            raise RuntimeError(
                f"In layer '{type(self).__name__}', you forgot to call `super().__init__()` as the first "
                "statement in the `__init__()` method."
            )
        signature = self.call_signature()
        training = kwargs.get("training")
        if training is None or not signature.has_training:
            kwargs.pop("training", None)
        given = args, dict(kwargs)
        if self._convert_input_args:
            args, kwargs = self._converted(args, kwargs)
        is_symbolic = is_symbolic_call(args, kwargs)
        bound: dict[str, Any] = {}
        outer = CALLS.entry, CALLS.training, THREAD.autocast
        if outer[0] is None:
            CALLS.entry = self
            self._clear_losses()
        try:
            with self._name_scope():
                bound = signature.bind(self.name, args, kwargs)
                self._prepare(bound, is_symbolic)
                if training is None:
                    training = outer[1] if outer[1] is not None else signature.default_training
                if training is not None and signature.has_training:
                    kwargs["training"] = training
                CALLS.training = training
                THREAD.autocast = self._autocast_type()
                mask = self._fill_masks(signature, bound, kwargs)
                outputs = self._probe(args, kwargs) if is_symbolic else self.call(*args, **kwargs)
                if not self.built:
                    self._finish_build({"input_shape": next(iter(self._argument_shapes(bound).values()), None)})
                if self.activity_regularizer is not None and not is_symbolic:
                    self._regularize_activity(outputs)
                self._pass_mask(bound, outputs, mask)
        except _NOTED_TYPES as error:
            self._annotate(error, bound)
            raise
        finally:
            CALLS.entry, CALLS.training, THREAD.autocast = outer
        if is_symbolic:
            # The model's graph keeps the tensors as given: the layer converts them at every call.
            Node(self, given[0], kwargs | given[1], outputs)
        return outputs

    def _converted(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        dtype, autocast = self.input_dtype, self.autocast
        if len(args) == 1 and not kwargs:
            x = args[0]
            kind = type(x)
            if (kind is Value or kind is Array or kind is KerasTensor) and x.dtype == dtype:
                return args, kwargs

        def convert(x: Any) -> Any:
            return calls.converted(x, dtype, autocast)

        args = tree.map_structure(convert, args)
        for x in tree.flatten(list(args)):
            if not calls.is_tensor_like(x):
                raise ValueError(
                    f"{self.name}: only input tensors may be passed as positional arguments; pass {x!r} of type "
                    f"{type(x).__name__} as a keyword argument, or make an array of it"
                )
        return args, tree.map_structure(convert, kwargs)

    def _prepare(self, bound: dict[str, Any], is_symbolic: bool) -> None:
        """Checks the first input and builds the layer if that has not happened."""
        first = next(iter(bound.values()), None)
        if self._has_input_spec():
            check_inputs(self.input_spec, first, self.name)
        if not self.built:
            self._build_for(bound, is_symbolic)
            if self._has_input_spec():
                check_inputs(self.input_spec, first, self.name)

    def _has_input_spec(self) -> bool:
        return self._input_spec is not None

    def _autocast_type(self) -> str | None:
        policy = self._dtype_policy
        if not self.autocast or policy.compute_dtype == policy.variable_dtype:
            return None
        return policy.compute_dtype if dtypes.is_float(policy.compute_dtype) else None

    def _fill_masks(self, signature: CallSignature, bound: dict[str, Any], kwargs: dict[str, Any]) -> Any:
        """Fills the mask arguments that were not given; returns the mask that outputs may take over."""
        tensors = {n: v for n, v in bound.items() if n != "mask" and calls.holds_tensors(v, self.name, n)}
        first = next(iter(tensors.values()), None)
        mask = bound.get("mask")
        if mask is None and first is not None:
            mask = calls.masks_of(first)
        if len(tensors) == 1 and signature.has_mask and bound.get("mask") is None:
            kwargs["mask"] = mask
        elif len(tensors) > 1 and signature.mask_names:
            for name, value in tensors.items():
                key = f"{name}_mask"
                if key in signature.mask_names and bound.get(key) is None:
                    kwargs[key] = calls.masks_of(value)
        return mask

    def _pass_mask(self, bound: dict[str, Any], outputs: Any, mask: Any) -> None:
        if self._supports_masking:
            if isinstance(outputs, Tensor) and mask is None and getattr(type(self).compute_mask, "_is_default", False):
                return
            flat = tree.flatten(outputs)
            if all(calls.masks_of(x) is not None for x in flat):
                return
            masks = self.compute_mask(next(iter(bound.values()), None), mask)
            if masks is None:
                return
            for tensor, own in zip(flat, tree.flatten(masks), strict=False):
                if own is not None and calls.masks_of(tensor) is None:
                    tensor._keras_mask = own
        elif mask is not None and any(m is not None for m in tree.flatten(mask)):
            warnings.warn(
                f"Layer '{self.name}' (of type {type(self).__name__}) was passed an input with a mask attached "
                "to it. However, this layer does not support masking and will therefore destroy the mask "
                "information. Downstream layers will not see the mask.",
                stacklevel=3,
            )

    def _annotate(self, error: Exception, bound: dict[str, Any]) -> None:
        """Adds the layer and its inputs to an error, once: by the innermost layer."""
        if getattr(error, "_names_layer", False) or len(error.args) != 1 or not isinstance(error.args[0], str):
            return
        error._names_layer = True  # type: ignore[attr-defined]
        if f"'{self.name}'" in error.args[0] or error.args[0].startswith(f"{self.name}:"):
            return
        inputs = calls.describe_inputs(bound)
        error.args = (f"{error.args[0]} [layer '{self.name}' ({type(self).__name__}), called on {inputs}]",)

    @default
    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """The mask of the outputs, given that of the inputs: the same, unless a subclass overrides it."""
        return previous_mask

    # --- shapes ---------------------------------------------------------------------------------------

    def _probe(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        outer, CALLS.is_probe = CALLS.is_probe, True
        try:
            return self.compute_output_spec(*args, **kwargs)
        finally:
            CALLS.is_probe = outer

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """KerasTensors for what `call` gives on such arguments."""
        if getattr(type(self).compute_output_shape, "_is_default", False):
            return infer_output_spec(self.call, args, kwargs)
        bound = self.call_signature().bind(self.name, args, kwargs)
        shapes = align_shapes(self.compute_output_shape, self._argument_shapes(bound), type(self).__name__)
        shape = self.compute_output_shape(**shapes)
        if not isinstance(shape, (list, tuple, dict)):
            raise ValueError(f"{type(self).__name__}.compute_output_shape: must return a shape; got {shape!r}")
        return map_shapes(lambda s: keras_tensor(s, self.compute_dtype), shape)

    @default
    def compute_output_shape(self, *args: Any, **kwargs: Any) -> Any:
        """The shape of the output for an input shape, None where open; found by running `call` on probes.

        Args:
            *args: Shape of the first argument of `call`, or shapes in its structure.
            **kwargs: Shapes as `<argument>_shape`.
        """
        signature = self.call_signature()
        named = dict(zip((f"{n}_shape" for n in signature.names), args, strict=False)) | kwargs
        if list(named) == ["input_shape"]:
            named = {f"{signature.names[0]}_shape": named["input_shape"]}
        inputs = {
            name.removesuffix("_shape"): map_shapes(lambda s: keras_tensor(s, self.input_dtype), shape)
            for name, shape in named.items()
        }
        with self._name_scope():
            if not self.built:
                self._build_for(inputs, is_symbolic=True)
            spec = self._probe((), inputs)
        return tree.map_structure(lambda x: x.shape, spec)

    # --- losses ---------------------------------------------------------------------------------------

    def add_loss(self, loss: Any) -> None:
        """Adds a scalar loss, or several; to be called inside `call`.

        Raises:
            ValueError: If it is no tensor.
        """
        losses = tree.flatten(loss)
        for x in losses:
            if not isinstance(x, Tensor):
                raise ValueError(f"{self.name}: add_loss takes tensors made inside `call`; got {x!r}")
        if not CALLS.is_probe:
            self._losses.extend(losses)

    def _regularize_activity(self, outputs: Any) -> None:
        for output in tree.flatten(outputs):
            if isinstance(output, Tensor):
                loss = self.activity_regularizer(output)
                self.add_loss(ops.divide_no_nan(loss, float(output.shape[0])) if output.shape else loss)

    def _own_losses(self) -> list[Any]:
        # What a trace added means nothing once the trace is over.
        is_traced = THREAD.trace is not None
        return [x for x in self._losses if is_traced or not isinstance(x, Value)]

    def _clear_losses(self) -> None:
        for layer in self._flatten_layers():
            if layer._losses:
                layer._losses.clear()

    @property
    def losses(self) -> list[Any]:
        """Scalars to be added to the loss: from `add_loss`, activity regularizers, then weights' regularizers."""
        added = [loss for layer in self._flatten_layers() for loss in layer._own_losses()]
        return added + [v.regularizer(v) for v in self.trainable_weights if v.regularizer is not None]

    # --- calling without side effects -----------------------------------------------------------------

    def stateless_call(
        self,
        trainable_variables: Sequence[Any],
        non_trainable_variables: Sequence[Any],
        *args: Any,
        return_losses: bool = False,
        **kwargs: Any,
    ) -> Any:
        """What a call would give if the variables held the given values; they keep their own.

        Args:
            trainable_variables: Values, one for each of `trainable_variables`.
            non_trainable_variables: Values, one for each of `non_trainable_variables`.
            *args: Arguments of the call.
            return_losses: Whether to return `losses` too.
            **kwargs: Arguments of the call.

        Returns:
            (outputs, new values of the non-trainable variables), and the losses if asked for.

        Raises:
            ValueError: If the layer is not built, or the number of values differs.
        """
        if not self.built:
            raise ValueError(f"{self.name}: stateless_call needs a built layer; call it on data first")
        scope = TraceScope()
        roles = {
            "trainable_variables": (self.trainable_variables, trainable_variables),
            "non_trainable_variables": (self.non_trainable_variables, non_trainable_variables),
        }
        for role, (variables, values) in roles.items():
            if len(variables) != len(values):
                raise ValueError(
                    f"{self.name}: `{role}` must hold {len(variables)} values, one a variable; got {len(values)}"
                )
            for variable, value in zip(variables, values, strict=True):
                scope.write(variable, ops.convert_to_tensor(value, variable.dtype))
        with trace_scope(scope):
            outputs = self(*args, **kwargs)
            losses = self.losses if return_losses else None
        updated = [scope.read(v) for v in self.non_trainable_variables]
        return (outputs, updated, losses) if return_losses else (outputs, updated)

    # --- configuration --------------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """Name, `trainable`, dtype policy and the constructor's arguments.

        A subclass with further arguments need not override it as long as they can be serialised.
        """
        return config_of(self, self.constructor_arguments())

    def add_metric(self, *args: Any, **kwargs: Any) -> None:
        """Raises: metrics belong to `compile`.

        Raises:
            NotImplementedError: Always, as in Keras 3.
        """
        raise NotImplementedError(
            f"{self.name}: add_metric() does not exist; give metrics to Model.compile, or make one in __init__ "
            "and call its update_state()"
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


def _legacy_input_shape(cls: type, kwargs: dict[str, Any]) -> tuple[Any, ...] | None:
    """The shape that `input_shape` or `input_dim` gives, taken out of `kwargs`, of which none may be left."""
    size = kwargs.pop("input_dim", None)
    shape = kwargs.pop("input_shape", None) if size is None else (size,)
    if kwargs:
        known = sorted({p for c in cls.__mro__[:-1] for p in inspect.signature(c.__init__).parameters} - {"self", "args", "kwargs"})
        name = next(iter(kwargs))
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        hint = f' Did you mean "{near[0]}"?' if near else f" It takes {', '.join(known)}."
        raise ValueError(f"Unrecognized keyword arguments passed to {cls.__name__}: {kwargs}.{hint}")
    if shape is None:
        return None
    warnings.warn(
        "Do not pass an `input_shape`/`input_dim` argument to a layer. When using Sequential models, prefer "
        "using an `Input(shape)` object as the first layer in the model instead.",
        stacklevel=4,
    )
    return tuple(shape) if is_shape(shape) else (shape,)
