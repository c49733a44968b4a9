"""Settings that hold for the whole process.

Source: Keras 3 `keras.config`; beyond it the number of threads and the checks of Batch
    Normalization.
"""

from __future__ import annotations

import sys

from trimtab import engines
from trimtab.core.dtype_policy import dtype_policy as dtype_policy
from trimtab.core.dtype_policy import set_dtype_policy as set_dtype_policy
from trimtab.core.settings import bn_checks as bn_checks
from trimtab.core.settings import disable_interactive_logging as disable_interactive_logging
from trimtab.core.settings import disable_traceback_filtering as disable_traceback_filtering
from trimtab.core.settings import enable_interactive_logging as enable_interactive_logging
from trimtab.core.settings import enable_traceback_filtering as enable_traceback_filtering
from trimtab.core.settings import enable_unsafe_deserialization as enable_unsafe_deserialization
from trimtab.core.settings import epsilon as epsilon
from trimtab.core.settings import floatx as floatx
from trimtab.core.settings import image_data_format as image_data_format
from trimtab.core.settings import inference_folding as inference_folding
from trimtab.core.settings import is_interactive_logging_enabled as is_interactive_logging_enabled
from trimtab.core.settings import is_traceback_filtering_enabled as is_traceback_filtering_enabled
from trimtab.core.settings import max_epochs as max_epochs
from trimtab.core.settings import max_steps_per_epoch as max_steps_per_epoch
from trimtab.core.settings import set_bn_checks as set_bn_checks
from trimtab.core.settings import set_epsilon as set_epsilon
from trimtab.core.settings import set_floatx as set_floatx
from trimtab.core.settings import set_image_data_format as set_image_data_format
from trimtab.core.settings import set_inference_folding as set_inference_folding
from trimtab.core.settings import set_max_epochs as set_max_epochs
from trimtab.core.settings import set_max_steps_per_epoch as set_max_steps_per_epoch
from trimtab.core.tracing import engine_name, set_engine
from trimtab.version import __version__


def backend() -> str:
    """The name of the engine that steps run on: "cpu" unless set."""
    return engine_name()


def set_backend(backend: str) -> None:
    """Chooses the engine for steps compiled from now on: "cpu", or "reference", which is slow.

    Raises:
        ValueError: If there is no such engine.
    """
    set_engine(backend)


def set_num_threads(count: int | None) -> None:
    """Sets how many threads the engine works with.

    Results do not depend on it, bit for bit. Small networks use one thread whatever it is, since
    waking another costs more than it gains.

    Args:
        count: Number of threads, at least 1; None restores the number of physical cores.

    Raises:
        ValueError: If `count` is not a whole number of 1 or more.
    """
    if count is not None and (isinstance(count, bool) or not isinstance(count, int) or count < 1):
        raise ValueError(
            f"set_num_threads: `count` must be a whole number from 1 on; got {count!r}"
        )
    engines.set_num_threads(count or 0)


def num_threads() -> int:
    """How many threads the engine works with: the number of physical cores unless set."""
    return engines.num_threads()


def show_config(mode: str = "stdout") -> dict[str, str] | None:
    """Says what trimtab computes with, one line each.

    The version; the engine; its instruction set ("avx512", "avx2" or "portable"); the number of
    threads; and who computes convolutions: oneDNN with its version, or the engine's own kernels
    and why. Asking loads oneDNN. Convolutions of 3 by 3 at stride 1 may take the engine's own
    kernels in either case. A further line says how convolutions of bfloat16 are computed: by
    oneDNN with the processor's instructions for it, or in float32, and why; the environment
    variable TRIMTAB_BFLOAT16 ("0" or "1") forbids or forces oneDNN's.

    Args:
        mode: "stdout" to print the lines, "dicts" to return them.

    Returns:
        {name: text} if `mode` is "dicts".

    Raises:
        ValueError: For another mode.

    Source: NumPy's function of that name.
    """
    if mode not in ("stdout", "dicts"):
        raise ValueError(f'show_config: `mode` must be "stdout" or "dicts"; got {mode!r}')
    lines = {"trimtab": __version__, "engine": engine_name(), **engines.describe()}
    if mode == "dicts":
        return lines
    width = max(map(len, lines)) + 2
    for name, text in lines.items():
        sys.stdout.write(f"{name + ':':<{width}}{text}\n")
    return None
