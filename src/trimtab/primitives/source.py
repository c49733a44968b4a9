"""Values that come from no other value: uniform constants and random bits."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from trimtab.ir.graph import Primitive, Sample, Spec
from trimtab.ir.tensor import Array, Tensor


@lru_cache(maxsize=4096)
def _uniform(number: float, kind: Any, shape: tuple[int, ...], dtype: str) -> Array:
    # `kind` is part of the key: True, 1 and 1.0 are equal numbers. NumPy refuses an int that the
    # type does not hold, where a conversion would wrap it around.
    one = np.array(number, dtype) if kind is int else np.array(number).astype(dtype)
    # All strides 0: one stored element, which engines recognise as an immediate operand.
    array: Any = np.ndarray(shape, dtype, one.tobytes(), strides=(0,) * len(shape))
    return Array(array)


def filled(shape: tuple[int, ...], number: float, dtype: str) -> Array:
    """A constant of `shape` whose elements all equal `number`, stored once."""
    kind: Any = type(number)
    return _uniform(number, kind, shape, dtype)


def filled_like(x: Tensor, number: float) -> Array:
    """`filled` with the shape and type of `x`."""
    return filled(x.shape, number, x.dtype)


_ROTATIONS = (13, 15, 26, 6, 17, 29, 16, 24)
_ROUNDS = 13
_PARITY = 0x1BD11BDA


def _threefry(xp: Any, key: Any, counter: Any) -> tuple[Any, Any]:
    """Threefry-2x32 of (counter, 0), 13 rounds: the fewest that pass BigCrush (Salmon 2011)."""
    keys = (key[0], key[1], key[0] ^ key[1] ^ np.uint32(_PARITY))
    x0, x1 = counter + keys[0], xp.zeros_like(counter) + keys[1]
    for number in range(_ROUNDS):
        rotation = _ROTATIONS[number % 8]
        x0 = x0 + x1
        x1 = (x1 << np.uint32(rotation)) | (x1 >> np.uint32(32 - rotation))
        x1 = x1 ^ x0
        if number % 4 == 3:
            step = number // 4 + 1
            x0 = x0 + keys[step % 3]
            x1 = x1 + keys[(step + 1) % 3] + np.uint32(step)
    return x0, x1


def _random_bits(xp: Any, key: Any, *, shape: tuple[int, ...]) -> Any:
    count = int(np.prod(shape))
    pairs = (count + 1) // 2
    x0, x1 = _threefry(xp, key, xp.arange(pairs, dtype=np.uint32))
    return xp.stack([x0, x1], axis=1).reshape(-1)[:count].reshape(shape)


def _infer_bits(key: Spec, *, shape: tuple[int, ...]) -> Spec:
    if key != Spec((2,), "uint32"):
        raise ValueError(f"random_bits: the key must be uint32[2]; got {key}")
    return Spec(tuple(shape), "uint32")


random_bits = Primitive(
    "random_bits",
    _infer_bits,
    _random_bits,
    # The generator's published known answer, 13 rounds, key and counter zero.
    samples=lambda: [
        Sample(
            (np.zeros(2, np.uint32),),
            {"shape": (2,)},
            np.array([0x9D1C5EC6, 0x8BD50731], np.uint32),
        ),
        Sample((np.array([7, 11], np.uint32),), {"shape": (5, 3)}),
    ],
)
"""uint32 words of shape `shape`; words 2i and 2i+1 belong to counter i."""
