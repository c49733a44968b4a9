"""What commands work on: models and data, named on the command line."""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import os
import pathlib
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from trimtab.cli import tables
from trimtab.core import tree
from trimtab.layers.base import Layer
from trimtab.saving import load_model as load_model_file

MODEL_HELP = (
    "the model: a .keras or .h5 file, or MODULE:FUNCTION (or FILE.py:FUNCTION), a function that "
    "builds and returns one"
)
DATA_HELP = (
    "the data: a .npz file with the arrays x and y (several inputs: x0, x1, ...), a .csv or "
    ".csv.gz file (with --target), or MODULE:FUNCTION, a function that returns (x, y)"
)
MODEL_SUFFIXES = (".keras", ".h5", ".hdf5")
TABLE_SUFFIXES = (".csv", ".csv.gz")


@dataclasses.dataclass(frozen=True)
class Data:
    """Data from the command line.

    Attributes:
        x: Array, or list of arrays, or whatever a function returned as the first of its results.
        y: Targets, None if there are none. Those of a table of classes are class numbers.
        classes: Names of a table's classes.
        description: Where it is from and what was done to it, in one line.
    """

    x: Any
    y: Any
    classes: list[str] | None
    description: str

    def targets_for(self, model: Any) -> Any:
        """The targets in the shape that a model's output has.

        Class numbers become one-hot rows where the model gives one number a class.
        """
        if self.classes is None or self.y is None:
            return self.y
        shape = getattr(model, "output_shape", None)
        loss = getattr(model, "loss", None)
        is_sparse = "sparse" in str(getattr(loss, "name", loss)).lower()
        if isinstance(shape, tuple) and shape[-1] == len(self.classes) and not is_sparse:
            return np.eye(len(self.classes), dtype=np.float32)[self.y]
        return self.y


def add_model_argument(parser: argparse.ArgumentParser, name: str = "model") -> None:
    """Adds the argument MODEL, and `--import` for the modules of custom layers."""
    parser.add_argument(name, metavar=name.upper(), help=MODEL_HELP)
    parser.add_argument(
        "--import",
        dest="imports",
        metavar="MODULE",
        action="append",
        default=[],
        help="a module to import first, such as the one that registers the model's own layers",
    )


def add_data_arguments(
    parser: argparse.ArgumentParser, name: str = "data", required: bool = True
) -> None:
    """Adds the argument DATA (an option `--data` unless `required`), `--target` and `--rows`."""
    if required:
        parser.add_argument(name, metavar=name.upper(), help=DATA_HELP)
    else:
        parser.add_argument(f"--{name}", metavar=name.upper(), help=DATA_HELP)
    parser.add_argument("--target", metavar="COLUMN", help="the column of a CSV file to predict")
    parser.add_argument(
        "--rows", type=int, metavar="N", help="how many rows to use, from the first on; all if left"
    )


def model_from(arguments: argparse.Namespace, name: str = "model") -> Any:
    """The model that the arguments of `add_model_argument` name."""
    import_modules(arguments)
    return load_model(getattr(arguments, name))


def import_modules(arguments: argparse.Namespace) -> None:
    """Imports the modules that `--import` names."""
    for module in arguments.imports:
        _import(module, f"--import {module}")


def data_from(arguments: argparse.Namespace, name: str = "data") -> Data | None:
    """The data that the arguments of `add_data_arguments` name; None if they name none."""
    source = getattr(arguments, name)
    return None if source is None else load_data(source, arguments.target, arguments.rows)


def load_model(source: str) -> Any:
    """The model in a file, or the one that a function builds.

    Args:
        source: A file's name, or "module:function"; the current directory can be imported from.

    Raises:
        ValueError: If it names no model.
        ImportError: If the module cannot be imported.
    """
    if source.endswith(MODEL_SUFFIXES):
        return load_model_file(_file(source))
    if ":" not in source:
        raise ValueError(
            f"{source!r} names no model: give a .keras or .h5 file, or MODULE:FUNCTION that builds "
            "one"
        )
    made = load_object(source)
    model = made if isinstance(made, Layer) else _called(made, source)
    if not isinstance(model, Layer):
        raise ValueError(f"{source}: must return a model; got {_kind(model)}")
    return model


def load_data(source: str, target: str | None = None, rows: int | None = None) -> Data:
    """The data in a file, or what a function returns.

    Args:
        source: A file's name, or "module:function"; the current directory can be imported from.
        target: The column of a CSV file to predict.
        rows: How many rows to keep, all if None.

    Raises:
        ValueError: If it names no data, or the data is not of this kind.
        ImportError: If the module cannot be imported.
    """
    if rows is not None and rows < 1:
        raise ValueError(f"--rows: must be at least 1; got {rows}")
    if source.endswith(TABLE_SUFFIXES):
        data = _table(_file(source), target)
    elif target is not None:
        raise ValueError(f"--target: names a column of a CSV file, but the data is {source!r}")
    elif source.endswith(".npz"):
        data = _arrays(_file(source))
    elif ":" in source:
        data = _returned(_called(load_object(source), source), source)
    else:
        raise ValueError(
            f"{source!r} names no data: give a .npz or .csv file, or MODULE:FUNCTION that returns "
            "(x, y)"
        )
    _check_lengths(data, source)
    return data if rows is None else _first_rows(data, rows)


def load_object(source: str) -> Any:
    """What "module:name" or "file.py:name" names; the current directory can be imported from.

    Raises:
        ValueError: If the module has no such name.
        ImportError: If the module cannot be imported.
    """
    module_name, _, name = source.rpartition(":")
    if module_name.endswith(".py"):
        path = pathlib.Path(_file(module_name)).resolve()
        _make_importable(str(path.parent))
        module_name = path.stem
    value = _import(module_name, source)
    for part in name.split("."):
        if not hasattr(value, part):
            raise ValueError(f"{source}: the module {module_name} has no {name!r}")
        value = getattr(value, part)
    return value


def _import(module: str, source: str) -> Any:
    _make_importable(os.getcwd())
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(f"{source}: cannot import {module}: {error}") from error


def _make_importable(folder: str) -> None:
    if (
        folder not in sys.path
        and "" not in sys.path
        or folder not in sys.path
        and folder != os.getcwd()
    ):
        sys.path.insert(0, folder)


def _called(function: Any, source: str) -> Any:
    if not callable(function):
        raise ValueError(f"{source}: must be a function; got {_kind(function)}")
    call: Callable[[], Any] = function
    return call()


def _file(name: str) -> str:
    if not pathlib.Path(name).exists():
        raise ValueError(f"{name}: there is no such file")
    return name


def _kind(value: Any) -> str:
    return f"an object of type {type(value).__name__}"


def _table(name: str, target: str | None) -> Data:
    if target is None:
        raise ValueError(f"{name}: say which column to predict, with --target COLUMN")
    table = tables.read_table(pathlib.Path(name), target)
    rows, columns = table.x.shape
    what = "numbers" if table.classes is None else f"{len(table.classes)} classes"
    description = f"{table.source}: {rows:,} rows, {columns} inputs, {what} to predict"
    return Data(
        tables.standardised(table),
        table.y if table.classes is not None else table.y.astype(np.float32),
        table.classes,
        f"{description}; {table.preparation}",
    )


def _arrays(name: str) -> Data:
    with np.load(name, allow_pickle=False) as file:
        arrays = dict(file)
    numbered = [f"x{i}" for i in range(len(arrays)) if f"x{i}" in arrays]
    if "x" not in arrays and not numbered:
        raise ValueError(
            f"{name}: must hold an array called x (several inputs: x0, x1, ...); it holds "
            f"{', '.join(sorted(arrays)) or 'nothing'}"
        )
    x = arrays["x"] if "x" in arrays else [arrays[key] for key in numbered]
    return Data(x, arrays.get("y"), None, f"{pathlib.Path(name).name}: {_size(x)}")


def _returned(value: Any, source: str) -> Data:
    if not isinstance(value, tuple) or len(value) != 2:
        raise ValueError(f"{source}: must return the tuple (x, y); got {_kind(value)}")
    x, y = (_as_arrays(part) for part in value)
    return Data(x, y, None, f"{source}: {_size(x)}")


def _as_arrays(value: Any) -> Any:
    """Arrays in their structure; a list of numbers is one array."""
    if value is None:
        return None
    if not any(hasattr(leaf, "shape") for leaf in tree.flatten(value)):
        return np.asarray(value)
    return tree.map_structure(np.asarray, value)


def _size(x: Any) -> str:
    arrays = tree.flatten(x)
    shapes = " and ".join(" x ".join(map(str, array.shape[1:])) or "1" for array in arrays)
    return f"{len(arrays[0]):,} rows of {shapes}"


def _check_lengths(data: Data, source: str) -> None:
    arrays = [a for a in tree.flatten([data.x, data.y]) if a is not None]
    if any(array.ndim == 0 for array in arrays):
        raise ValueError(f"{source}: x and y must have rows; got a single number")
    lengths = sorted({len(array) for array in arrays})
    if len(lengths) > 1:
        raise ValueError(f"{source}: x and y must have equally many rows; got {lengths}")
    if lengths == [0]:
        raise ValueError(f"{source}: there are no rows")


def _first_rows(data: Data, rows: int) -> Data:
    def cut(array: Any) -> Any:
        return None if array is None else array[:rows]

    x, y = tree.map_structure(cut, data.x), tree.map_structure(cut, data.y)
    kept = len(tree.flatten(x)[0])
    return dataclasses.replace(
        data, x=x, y=y, description=f"{data.description}; the first {kept:,} rows"
    )
