"""Functions of single elements, or of their last axes, made functions of tensors."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable
from typing import Any

from trimtab.ir import tree
from trimtab.ir.tensor import Tensor
from trimtab.ops.control_flow import map as map_rows
from trimtab.ops.dispatch import broadcast, broadcast_shape, convert, op
from trimtab.ops.layout import reshape

_DIMENSIONS = r"\([\w\s,]*\)"
_SIGNATURE = re.compile(rf"{_DIMENSIONS}(,{_DIMENSIONS})*->{_DIMENSIONS}(,{_DIMENSIONS})*")


def _core_axes(signature: str | None, count: int) -> list[int]:
    """How many last axes of each argument its function takes at once."""
    if signature is None:
        return [0] * count
    given = re.findall(_DIMENSIONS, signature.partition("->")[0])
    if len(given) != count:
        raise ValueError(
            f"vectorize: the signature {signature!r} is for {len(given)} arguments; got {count}"
        )
    return [len([name for name in part[1:-1].split(",") if name.strip()]) for part in given]


def vectorize(
    pyfunc: Callable[..., Any],
    *,
    excluded: Iterable[int | str] | None = None,
    signature: str | None = None,
) -> Callable[..., Any]:
    """A function that calls `pyfunc` for each element of its broadcast arguments.

    A traced step unrolls the calls.

    Args:
        pyfunc: Of numbers, or of what `signature` says.
        excluded: Places and names of arguments that are handed on as they are.
        signature: What `pyfunc` takes and gives, as "(n),(n)->()"; numbers if None.

    Raises:
        ValueError: If `pyfunc` is no function or `signature` is none; and of the function made, if
            arguments do not fit them.

    >>> [float(x) for x in vectorize(lambda a, b: max(float(a), b))([1.0, 5.0], 3.0)]
    [3.0, 5.0]
    """
    if not callable(pyfunc):
        raise ValueError(f"vectorize: `pyfunc` must be a function; got {pyfunc!r}")
    if signature is not None and not _SIGNATURE.fullmatch(signature.replace(" ", "")):
        raise ValueError(f"vectorize: `signature` must be such as '(n),(n)->()'; got {signature!r}")
    left = frozenset(excluded or ())

    @functools.wraps(pyfunc)
    def call(*args: Any, **kwargs: Any) -> Any:
        return _vectorized(pyfunc, list(args), kwargs, left, signature)

    return call


@op
def _vectorized(
    pyfunc: Callable[..., Any],
    args: list[Any],
    kwargs: dict[str, Any],
    excluded: frozenset[int | str],
    signature: str | None,
) -> Any:
    given: list[tuple[int | str, Any]] = [*enumerate(args), *kwargs.items()]
    varied = {key: convert(value) for key, value in given if key not in excluded}
    cores = dict(zip(varied, _core_axes(signature, len(varied)), strict=True))
    outer = [x.shape[: x.ndim - cores[key]] for key, x in varied.items()]
    shape = broadcast_shape(outer, "vectorize") if outer else ()

    def one(row: dict[str, Any]) -> Any:
        filled = [row.get(str(place), value) for place, value in enumerate(args)]
        return pyfunc(*filled, **{key: row.get(key, kwargs[key]) for key in kwargs})

    if not shape:
        return one({str(key): x for key, x in varied.items()})
    rows = {}
    for key, x in varied.items():
        core = x.shape[x.ndim - cores[key] :]
        rows[str(key)] = reshape(_spread(x, len(core), shape), (-1, *core))
    found = map_rows(one, rows)
    return tree.map_structure(lambda x: reshape(x, (*shape, *x.shape[1:])), found)


def _spread(x: Tensor, core: int, shape: tuple[int, ...]) -> Tensor:
    """`x` repeated to `shape` in front of its last `core` axes."""
    outer, rest = x.shape[: x.ndim - core], x.shape[x.ndim - core :]
    aligned = reshape(x, (*[1] * (len(shape) - len(outer)), *outer, *rest))
    return broadcast(aligned, (*shape, *rest))
