"""The layer: what every layer has, whoever writes it."""

from __future__ import annotations

import inspect
import itertools
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab import dtypes, regularizers
from trimtab.core import dtype_policy as dtype_policies
from trimtab.core import naming, tree
from trimtab.core import recording as recording
from trimtab.core.arguments import message
from trimtab.core.config import keras_export
from trimtab.core.host import is_user_class, or_on_host
from trimtab.core.old_spellings import explain
from trimtab.core.operation import Node, Operation
from trimtab.core.scope import THREAD
from trimtab.core.stateless import call_with_values
from trimtab.core.symbolic import infer_output_spec, is_symbolic_call, keras_tensor
from trimtab.ir.graph import Value
from trimtab.ir.tensor import Array, KerasTensor, Tensor
from trimtab.layers import call as calls
from trimtab.layers.building import Buildable, default, is_default
from trimtab.layers.call import CALLS, CallSignature
from trimtab.layers.configuration import argument_problems, config_of
from trimtab.layers.input_spec import check_inputs
from trimtab.layers.shapes import align_shapes, is_shape, map_shapes
from trimtab.layers.tracking import Tracker
from trimtab.lazy import lazy_module
from trimtab.ops.dispatch import convert

if TYPE_CHECKING:
    import difflib
else:
    difflib = lazy_module("difflib")

# Numbers the layers in the order in which they are made.
_SERIALS = itertools.count()

# Errors whose text is amended by the layer in which they happen.
_AMENDED = (ValueError, TypeError, IndexError)


@keras_export("keras.layers.Layer", "keras.Layer")
class Layer(Buildable, Operation):
    """A function of tensors with variables of its own.

    A subclass makes its variables in `__init__` or in `build(input_shape)` with `add_weight`, and
    computes in `call`. It is built on its first call.

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
    _is_initialised = False
    _serial: int
    _call_spec: CallSignature
    # Weak references to what is to be cleared when an attribute is set.
    _watchers: list[Any]
    # Whether floats among the inputs are converted before `call`; some models do that themselves.
    _convert_input_args = True
    # Whether a call has no effects but on variables, so that a compiled call does the same.
    is_pure = True

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """Prepares tracking before any attribute is set."""
        made = super().__new__(cls, *args, **kwargs)
        object.__setattr__(made, "_tracker", Tracker(made))
        # Past tracking: what they hold comes and goes with every call.
        object.__setattr__(made, "_watchers", [])
        object.__setattr__(made, "_losses", [])
        object.__setattr__(made, "_serial", next(_SERIALS))
        return made

    @classmethod
    def _argument_problems(cls, arguments: Mapping[str, Any]) -> list[str]:
        return argument_problems(arguments)

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
            raise ValueError(
                f"{self.name}: expected `trainable` to be a boolean; got {trainable!r}"
            )
        self._trainable = trainable
        self.autocast = autocast
        self._path = None
        self._parent_path = None
        self._input_spec: Any = None
        self._supports_masking = not is_default(self, "compute_mask")
        self._build_shapes = None
        self._is_initialised = True

    def __setattr__(self, name: str, value: Any) -> None:
        value = self._tracker.track(value)
        # What a layer notes of itself during a call is no change of what it computes.
        if self._watchers and CALLS.entry is None:
            for watcher in self._watchers:
                kept = watcher()
                if kept is not None:
                    kept.clear()
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        self._tracker.untrack(getattr(self, name))
        object.__delattr__(self, name)

    @property
    def input_spec(self) -> Any:
        """What inputs are checked against: an InputSpec, several nested as they are, or None."""
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
    def _policy(self) -> dtype_policies.DTypePolicy:
        """The policy of this layer where `dtype_policy` is a map for several."""
        policy = self._dtype_policy
        if type(policy) is dtype_policies.DTypePolicy:
            return policy
        path = self._path
        if path is None:
            parent = naming.current_path() if self._parent_path is None else self._parent_path
            path = f"{parent}/{self.name}" if parent else self.name
        return policy.at(path)

    @property
    def dtype(self) -> str:
        """The type of the variables."""
        return self.variable_dtype

    @property
    def variable_dtype(self) -> str:  # type: ignore[override]
        """The type of the variables."""
        return self._policy.variable_dtype

    @property
    def compute_dtype(self) -> str:
        """The type of the arithmetic and of the outputs."""
        return self._policy.compute_dtype

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

    @classmethod
    def call_signature(cls) -> CallSignature:
        """The parameters of `call`."""
        if "_call_spec" not in cls.__dict__:
            cls._call_spec = CallSignature(cls.call)
        return cls._call_spec

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """What the layer computes; a subclass overrides it.

        It may have arguments `training` and `mask`, which are filled in if they are not given.

        Raises:
            NotImplementedError: If the subclass does not override it.
        """
        raise NotImplementedError(
            f"Layer {type(self).__name__} does not have a `call` method implemented."
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Runs the layer on tensors or arrays; on KerasTensors makes it part of a model.

        `training` is the argument if given, else what the enclosing layer's call was given, else
        the default of `call`.
        """
        if not self._is_initialised:
            raise RuntimeError(
                f"In layer '{type(self).__name__}', you forgot to call `super().__init__()` as the "
                "first statement in the `__init__()` method."
            )
        given = args, kwargs
        args, kwargs = self._converted(args, kwargs)
        is_symbolic = is_symbolic_call(args, kwargs)
        bound: dict[str, Any] = {}
        outer = CALLS.entry, CALLS.training, THREAD.autocast
        if outer[0] is None:
            CALLS.entry = self
            self._clear_losses()
        try:
            with self._name_scope():
                self._resolve_training(kwargs, outer[1])
                bound = self.call_signature().bind(self.name, args, kwargs)
                self._prepare(bound, is_symbolic)
                THREAD.autocast = self._autocast_type()
                mask = self._fill_masks(bound, kwargs)
                run = self._probe if is_symbolic else self._run
                outputs = run(*args, **kwargs)
                self._finish_call(bound, outputs, mask, is_symbolic)
        except _AMENDED as error:
            self._annotate(error, bound)
            raise
        finally:
            CALLS.entry, CALLS.training, THREAD.autocast = outer
        if is_symbolic:
            # The model's graph keeps the tensors as given: every call converts them anew.
            known = {k: v for k, v in given[1].items() if k in kwargs}
            Node(self, given[0], kwargs | known, outputs)
        return outputs

    def _converted(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments as tensors of the layer's type; the keywords as a dictionary of its own."""
        if not self._convert_input_args:
            return args, dict(kwargs)
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
                    f"{self.name}: Only input tensors may be passed as positional arguments; pass "
                    f"{x!r} of type {type(x).__name__} by keyword, or make an array of it"
                )
        return args, {name: tree.map_structure(convert, value) for name, value in kwargs.items()}

    def _resolve_training(self, kwargs: dict[str, Any], inherited: Any) -> None:
        """Fills `training` in, where `call` takes it, and hands it down to the layers called."""
        signature = self.call_signature()
        training = kwargs.pop("training", None)
        if training is None:
            training = inherited if inherited is not None else signature.default_training
        if training is not None and signature.has_training:
            kwargs["training"] = training
        CALLS.training = training

    def _prepare(self, bound: dict[str, Any], is_symbolic: bool) -> None:
        """Checks the first input and builds the layer if that has not happened."""
        first = next(iter(bound.values()), None)
        if self._input_spec is not None:
            check_inputs(self._input_spec, first, self.name)
        if not self.built:
            self._build_for(bound, is_symbolic)
            if self._input_spec is not None:
                check_inputs(self._input_spec, first, self.name)

    def _autocast_type(self) -> str | None:
        policy = self._policy
        if not self.autocast or policy.compute_dtype == policy.variable_dtype:
            return None
        return policy.compute_dtype if dtypes.is_float(policy.compute_dtype) else None

    def _fill_masks(self, bound: dict[str, Any], kwargs: dict[str, Any]) -> Any:
        """Fills mask arguments that were not given; returns the mask that outputs may take over."""
        signature = self.call_signature()
        tensors = {
            name: value
            for name, value in bound.items()
            if name != "mask" and calls.holds_tensors(value, self.name, name)
        }
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

    def _finish_call(
        self, bound: dict[str, Any], outputs: Any, mask: Any, is_symbolic: bool
    ) -> None:
        if not self.built:
            shapes = self._argument_shapes(bound)
            self._finish_build({"input_shape": next(iter(shapes.values()), None)})
        if self.activity_regularizer is not None and not is_symbolic:
            self._regularize_activity(outputs)
        if self._supports_masking:
            self._pass_mask(bound, outputs, mask)
        elif mask is not None and any(m is not None for m in tree.flatten(mask)):
            warnings.warn(
                f"Layer '{self.name}' (of type {type(self).__name__}) was passed an input with a "
                "mask attached to it. However, this layer does not support masking and will "
                "therefore destroy the mask information. Downstream layers will not see the mask.",
                stacklevel=4,
            )

    def _pass_mask(self, bound: dict[str, Any], outputs: Any, mask: Any) -> None:
        if mask is None and isinstance(outputs, Tensor) and is_default(self, "compute_mask"):
            return
        tensors = tree.flatten(outputs)
        if all(calls.masks_of(x) is not None for x in tensors):
            return
        masks = self.compute_mask(next(iter(bound.values()), None), mask)
        if masks is None:
            return
        for tensor, own in zip(tensors, tree.flatten(masks), strict=False):
            if own is not None and calls.masks_of(tensor) is None:
                tensor._keras_mask = own

    def _annotate(self, error: Exception, bound: dict[str, Any]) -> None:
        """Adds the layer and its inputs to an error, once: by the innermost layer."""
        text = error.args[0] if len(error.args) == 1 else None
        if getattr(error, "_names_layer", False) or not isinstance(text, str):
            return
        error._names_layer = True  # type: ignore[attr-defined]
        if f"'{self.name}'" in text or text.startswith(f"{self.name}:"):
            return
        inputs = calls.describe_inputs(bound)
        error.args = (f"{text} [layer '{self.name}' ({type(self).__name__}), called on {inputs}]",)

    @default
    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """The mask of the outputs, given that of the inputs: the same, unless overridden."""
        return previous_mask

    def _run(self, *args: Any, **kwargs: Any) -> Any:
        """`call`; where it is a user's and asks for numbers, as a call of Python in the plan."""
        if self._layers or (self.is_pure and not is_user_class(type(self))):
            return self.call(*args, **kwargs)
        result = or_on_host(f"layer '{self.name}'", self.call, args, kwargs)
        if isinstance(result, Tensor):
            return result
        return tree.map_structure(lambda x: convert(x) if isinstance(x, np.ndarray) else x, result)

    def _probe(self, *args: Any, **kwargs: Any) -> Any:
        outer, CALLS.is_probe = CALLS.is_probe, True
        try:
            return self.compute_output_spec(*args, **kwargs)
        finally:
            CALLS.is_probe = outer

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """KerasTensors for what `call` gives on such arguments."""
        if is_default(self, "compute_output_shape"):
            return infer_output_spec(self._run, args, kwargs)
        bound = self.call_signature().bind(self.name, args, kwargs)
        known = self._argument_shapes(bound)
        shape = self.compute_output_shape(
            **align_shapes(self.compute_output_shape, known, type(self).__name__)
        )
        if not isinstance(shape, (list, tuple, dict)):
            owner = f"{type(self).__name__}.compute_output_shape"
            raise ValueError(f"{owner}: must return a shape; got {shape!r}")
        return map_shapes(lambda s: keras_tensor(s, self.compute_dtype), shape)

    @default
    def compute_output_shape(self, *args: Any, **kwargs: Any) -> Any:
        """The shape of the output for an input shape, None where open; by running `call` on probes.

        Args:
            *args: Shape of the first argument of `call`, or shapes in its structure.
            **kwargs: Shapes as `<argument>_shape`.
        """
        names = self.call_signature().names
        named = dict(zip((f"{n}_shape" for n in names), args, strict=False)) | kwargs
        if list(named) == ["input_shape"]:
            named = {f"{names[0]}_shape": named["input_shape"]}
        inputs = {
            name.removesuffix("_shape"): map_shapes(
                lambda s: keras_tensor(s, self.input_dtype), shape
            )
            for name, shape in named.items()
        }
        with self._name_scope():
            if not self.built:
                self._build_for(inputs, is_symbolic=True)
            spec = self._probe(**inputs)
        return tree.map_structure(lambda x: x.shape, spec)

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
            raise ValueError(f"{self.name}: stateless_call needs a built layer; call it first")
        roles = {
            "trainable_variables": (self.trainable_variables, trainable_variables),
            "non_trainable_variables": (self.non_trainable_variables, non_trainable_variables),
        }
        for role, (variables, values) in roles.items():
            if len(variables) != len(values):
                raise ValueError(
                    f"{self.name}: `{role}` must hold {len(variables)} values, one a variable; "
                    f"got {len(values)}"
                )

        def call() -> Any:
            return self(*args, **kwargs), self.losses if return_losses else None

        held = [*self.trainable_variables, *self.non_trainable_variables]
        given = [*trainable_variables, *non_trainable_variables]
        (outputs, losses), updated = call_with_values(call, held, given)
        updated = updated[len(trainable_variables) :]
        return (outputs, updated, losses) if return_losses else (outputs, updated)

    def get_config(self) -> dict[str, Any]:
        """Name, `trainable`, dtype policy and the constructor's arguments.

        A subclass with further arguments need not override it if they can be serialised.
        """
        return config_of(self, self.constructor_arguments())

    def add_metric(self, *args: Any, **kwargs: Any) -> None:
        """Raises: metrics belong to `compile`.

        Raises:
            NotImplementedError: Always, as in Keras 3.
        """
        raise NotImplementedError(
            f"{self.name}: add_metric() does not exist; give metrics to Model.compile, or make one "
            "in __init__ and call its update_state()"
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


def _legacy_input_shape(cls: type, kwargs: dict[str, Any]) -> tuple[Any, ...] | None:
    """The shape that `input_shape` or `input_dim` gives; no other keyword may be there."""
    size = kwargs.pop("input_dim", None)
    shape = kwargs.pop("input_shape", None) if size is None else (size,)
    if kwargs:
        owner = next((c.__name__ for c in cls.__mro__ if explain(c.__name__, kwargs)), None)
        if owner is not None:
            raise ValueError(message(owner, kwargs, _known_arguments(cls), []))
        raise ValueError(
            f"Unrecognized keyword arguments passed to {cls.__name__}: {kwargs}."
            f"{_nearest_argument(cls, next(iter(kwargs)))}"
        )
    if shape is None:
        return None
    warnings.warn(
        "Do not pass an `input_shape`/`input_dim` argument to a layer. When using Sequential "
        "models, prefer using an `Input(shape)` object as the first layer in the model instead.",
        stacklevel=4,
    )
    return tuple(shape) if is_shape(shape) else (shape,)


def _known_arguments(cls: Any) -> list[str]:
    parameters = {p for c in cls.__mro__[:-1] for p in inspect.signature(c.__init__).parameters}
    return sorted(parameters - {"self", "args", "kwargs"})


def _nearest_argument(cls: Any, name: str) -> str:
    known = _known_arguments(cls)
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f' Did you mean "{near[0]}"?' if near else f" It takes {', '.join(known)}."
