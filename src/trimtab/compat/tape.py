"""`tf.GradientTape`: gradients of what runs in a block, operation by operation."""

from __future__ import annotations

from typing import Any

import numpy as np

from trimtab import autodiff
from trimtab.core import tree
from trimtab.core.scope import THREAD, RecordingScope
from trimtab.core.variable import Variable
from trimtab.ir.graph import Value
from trimtab.ir.tensor import Array


class GradientTape:
    """Records operations on variables while the block runs; then gives gradients.

    Args:
        persistent: Whether `gradient` may be called more than once.
        watch_accessed_variables: Must be True: what is read is watched.

    Raises:
        ValueError: If `watch_accessed_variables` is False.
    """

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True) -> None:
        if not watch_accessed_variables:
            raise ValueError("GradientTape: `watch_accessed_variables` must be True; got False")
        self._persistent = persistent
        self._scope = RecordingScope()
        self._is_spent = False

    def __enter__(self) -> GradientTape:
        self._outer = THREAD.trace
        # Inside a traced step, or another tape, the operations are on record anyway.
        self._is_inside = self._outer is not None
        if not self._is_inside:
            THREAD.trace = self._scope
        return self

    def __exit__(self, *error: object) -> None:
        THREAD.trace = self._outer
        if error[0] is None and not self._is_inside:
            self._scope.commit()

    def watch(self, tensor: Any) -> None:
        """Nothing for a variable, which is watched anyway.

        Raises:
            TypeError: For anything else.
        """
        if not isinstance(tensor, Variable):
            raise TypeError(
                "GradientTape.watch: only variables can be watched; make one of the tensor with "
                f"tf.Variable; got {type(tensor).__name__}"
            )

    def gradient(self, target: Any, sources: Any) -> Any:
        """The gradients of a target with respect to variables, nested as they are.

        Args:
            target: What was computed in the block; summed if it is no scalar.
            sources: Variables.

        Returns:
            A tensor a variable; None where the target does not depend on it.

        Raises:
            RuntimeError: If it was called before and the tape is not persistent.
            TypeError: If a source is no variable.
        """
        if self._is_spent and not self._persistent:
            raise RuntimeError(
                "GradientTape.gradient: can be called once; make the tape with persistent=True"
            )
        self._is_spent = True
        variables = tree.flatten(sources)
        for variable in variables:
            if not isinstance(variable, Variable):
                raise TypeError(
                    f"GradientTape.gradient: sources must be variables; got "
                    f"{type(variable).__name__}"
                )
        if not isinstance(target, Value):
            found: list[Any] = [None] * len(variables)
        else:
            found = self._found(target, variables)
        return tree.pack_sequence_as(sources, found) if _is_nested(sources) else found[0]

    def _found(self, target: Value, variables: list[Variable]) -> list[Any]:
        if self._outer is not None and THREAD.trace is self._outer:
            values: list[Any] = [variable.value for variable in variables]
            return autodiff.gradients(target, values)
        scope = self._scope if self._outer is None else self._outer
        initial = [scope.initial[scope.position(v)] for v in variables]
        return [
            None if gradient is None else Array(np.array(gradient))
            for gradient in autodiff.gradients(target, initial)
        ]


def _is_nested(sources: Any) -> bool:
    return isinstance(sources, (list, tuple, dict))
