"""Global settings: floatx, epsilon, image_data_format, threads, BN checks."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from trimtab import dtypes
from trimtab.lazy import lazy_module
from trimtab.ops.data_format import DATA_FORMAT
from trimtab.ops.data_format import standardize_data_format as standardize_data_format
from trimtab.ops.dispatch import EPSILON, FLOATX

if TYPE_CHECKING:
    import json
else:
    json = lazy_module("json")

_SETTINGS: dict[str, Any] = {
    "bn_checks": True,
    "inference_folding": True,
    "interactive_logging": True,
    "max_epochs": None,
    "max_steps_per_epoch": None,
    "traceback_filtering": True,
    "unsafe_deserialization": False,
}


def _read_keras_json() -> None:
    """Takes floatx, epsilon and image_data_format from Keras's settings file where there is one."""
    folder = os.environ.get("KERAS_HOME") or os.path.join(os.path.expanduser("~"), ".keras")
    path = os.path.join(folder, "keras.json")
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except OSError:
        return
    try:
        stored = json.loads(text)
    except ValueError as error:
        raise ValueError(f"{path}: is not valid JSON ({error}); mend or remove it") from error
    if "floatx" in stored:
        set_floatx(stored["floatx"])
    if "epsilon" in stored:
        set_epsilon(stored["epsilon"])
    if "image_data_format" in stored:
        set_image_data_format(stored["image_data_format"])


def floatx() -> str:
    """The default float type: "float32" unless set."""
    return FLOATX[0]


def set_floatx(value: str) -> None:
    """Sets the default float type: "float16", "float32" or "float64"."""
    if value not in dtypes.FLOATS:
        raise ValueError(f"set_floatx: must be one of {', '.join(dtypes.FLOATS)}; got {value!r}")
    FLOATX[0] = str(value)


def epsilon() -> float:
    """The small number that keeps logarithms and divisions finite: 1e-7 unless set."""
    return EPSILON[0]


def set_epsilon(value: float) -> None:
    """Sets `epsilon()`."""
    EPSILON[0] = float(value)


def image_data_format() -> str:
    """Where images keep their channels: "channels_last" unless set."""
    return DATA_FORMAT[0]


def set_image_data_format(data_format: str) -> None:
    """Sets `image_data_format()` to "channels_last" or "channels_first"."""
    DATA_FORMAT[0] = standardize_data_format(data_format)


def bn_checks() -> bool:
    """Whether `fit` warns of common mistakes with Batch Normalization: True unless set."""
    return bool(_SETTINGS["bn_checks"])


def set_bn_checks(value: bool) -> None:
    """Turns the warnings of `fit` about Batch Normalization on or off."""
    _SETTINGS["bn_checks"] = bool(value)


def inference_folding() -> bool:
    """Whether inference folds factors and offsets into the layer before: True unless set."""
    return bool(_SETTINGS["inference_folding"])


def set_inference_folding(value: bool) -> None:
    """Turns on or off what makes inference skip Batch Normalization behind a linear layer.

    With its moving statistics, a Batch Normalization multiplies each channel by a number and adds
    another. Behind a convolution or a dense layer that nothing else reads, `predict`, `evaluate`
    and calls of a model compute with a kernel and bias that hold both already; they are computed
    anew when a variable changes. The result is the same but for rounding in float32. Variables stay
    as they are. It holds for what is compiled from now on.
    """
    _SETTINGS["inference_folding"] = bool(value)


def is_interactive_logging_enabled() -> bool:
    """Whether progress lines go to standard output (True unless disabled) or to `logging`."""
    return bool(_SETTINGS["interactive_logging"])


def enable_interactive_logging() -> None:
    """Sends progress lines to standard output."""
    _SETTINGS["interactive_logging"] = True


def disable_interactive_logging() -> None:
    """Sends progress lines to Python's `logging`, level INFO."""
    _SETTINGS["interactive_logging"] = False


def is_traceback_filtering_enabled() -> bool:
    """Whether errors of `fit` and its kin show the user's own lines only: True unless disabled."""
    return bool(_SETTINGS["traceback_filtering"])


def enable_traceback_filtering() -> None:
    """Leaves this library's own lines out of the tracebacks of `fit` and its kin."""
    _SETTINGS["traceback_filtering"] = True


def disable_traceback_filtering() -> None:
    """Shows this library's lines in tracebacks too."""
    _SETTINGS["traceback_filtering"] = False


def is_unsafe_deserialization_enabled() -> bool:
    """Whether code stored in files is run where `safe_mode` does not say otherwise."""
    return bool(_SETTINGS["unsafe_deserialization"])


def enable_unsafe_deserialization() -> None:
    """Lets files run the code that they hold, as `safe_mode=False` does for one call.

    Only for files from people you trust: such code can do anything.
    """
    _SETTINGS["unsafe_deserialization"] = True


def max_epochs() -> int | None:
    """The most epochs that `fit` trains, whatever it is asked for; None for no limit."""
    return _SETTINGS["max_epochs"]  # type: ignore[no-any-return]


def set_max_epochs(max_epochs: int | None) -> None:
    """Limits the epochs of each `fit`, for a quick trial of a script."""
    _SETTINGS["max_epochs"] = _limit("max_epochs", max_epochs)


def max_steps_per_epoch() -> int | None:
    """The most batches of each epoch, validation and prediction; None for no limit."""
    return _SETTINGS["max_steps_per_epoch"]  # type: ignore[no-any-return]


def set_max_steps_per_epoch(max_steps_per_epoch: int | None) -> None:
    """Limits the batches of each epoch, validation and prediction, for a quick trial."""
    _SETTINGS["max_steps_per_epoch"] = _limit("max_steps_per_epoch", max_steps_per_epoch)


def _limit(name: str, value: int | None) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise ValueError(f"set_{name}: must be a whole number from 1 on, or None; got {value!r}")
    return value


_read_keras_json()
