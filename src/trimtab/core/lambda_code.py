"""The code of Python lambdas, which have no name to be found by, in files.

Whoever reads such a file runs its code. So it is read only if the caller says that the file can be
trusted, and by the same version of Python only: the form of code changes between versions.
"""

from __future__ import annotations

import base64
import binascii
import builtins
import marshal
import sys
import warnings
from types import CellType, CodeType, FunctionType
from typing import Any

import numpy as np

from trimtab import ops
from trimtab.core.notices import user_stack_level


def is_lambda(value: Any) -> bool:
    """Whether `value` is a lambda expression's function."""
    return isinstance(value, FunctionType) and value.__name__ == "<lambda>"


def dumped(function: FunctionType) -> tuple[str, list[Any] | None, list[Any] | None]:
    """(code, defaults, values of outer variables) of a lambda; warns of what that means."""
    warnings.warn(
        "a Python lambda is written as code, which only the same version of Python reads, and only "
        "with safe_mode=False; give the function a name with `def` and register it with "
        "register_keras_serializable",
        stacklevel=user_stack_level(),
    )
    closure = function.__closure__
    return (
        base64.encodebytes(marshal.dumps(function.__code__)).decode("ascii"),
        None if function.__defaults__ is None else list(function.__defaults__),
        [cell.cell_contents for cell in closure] if closure else None,
    )


def loaded(code: Any, defaults: Any = None, closure: Any = None) -> FunctionType:
    """The function that `dumped` described. Its global names are numpy, np, ops and keras.

    Raises:
        ValueError: If that is no code of this version of Python.
    """
    try:
        made = marshal.loads(base64.b64decode(code))
    except (ValueError, EOFError, TypeError, binascii.Error) as error:
        raise ValueError(f"the code of a lambda cannot be read by this Python ({error})") from error
    if not isinstance(made, CodeType):
        raise ValueError(f"the code of a lambda must be code; got a {type(made).__name__}")
    library = sys.modules["trimtab"]
    names = {"np": np, "numpy": np, "ops": ops, "keras": library, "trimtab": library}
    return FunctionType(
        made,
        {"__builtins__": builtins, **names},
        made.co_name,
        None if defaults is None else tuple(defaults),
        None if closure is None else tuple(CellType(value) for value in closure),
    )
