"""`ImageDataGenerator` with the habits of old versions."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from trimtab.compat.dialect import Dialect
from trimtab.compat.image_generator import ImageDataGenerator
from trimtab.compat.translate import Translation

# Until these versions batches came in one pass; in the order of the data; shears were in radians.
_ENDLESS_SINCE = (0, 3, 2)
_SHUFFLED_SINCE = (1, 0, 4)
_DEGREES_SINCE = (2, 2, 0)


class OldImageDataGenerator(ImageDataGenerator):
    """`ImageDataGenerator` whose batches come as they did then."""

    dialect: Dialect

    def flow(self, x: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Batches of changed images; the first versions gave one pass, in the order of the data."""
        x = kwargs.pop("X", x)
        names = ("y", "batch_size", "shuffle", "seed", "save_to_dir", "save_prefix", "save_format")
        given = dict(zip(names, args, strict=False)) | kwargs
        if self.dialect.version < _SHUFFLED_SINCE:
            given.setdefault("shuffle", False)
        batches = super().flow(x, **given)
        if self.dialect.version < _ENDLESS_SINCE:
            return itertools.islice(batches, len(batches))
        return batches

    def fit(self, x: Any = None, *args: Any, **kwargs: Any) -> None:
        """Takes statistics of images."""
        super().fit(kwargs.pop("X", x), *args, **kwargs)


def make_generator(dialect: Dialect, target: Any, result: Translation) -> OldImageDataGenerator:
    """The generator of the version."""
    given = result.arguments
    if dialect.version < _DEGREES_SINCE and given.get("shear_range"):
        given["shear_range"] = float(np.degrees(given["shear_range"]))
    made = OldImageDataGenerator(*result.positional, **given)
    made.dialect = dialect
    return made


NAMES: dict[str, Any] = {"ImageDataGenerator": ImageDataGenerator}
