"""Images in folders, decoded ahead of their use."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from trimtab import checks, ops
from trimtab.core import settings
from trimtab.data.announcing import say
from trimtab.data.dataset import Dataset
from trimtab.data.directory import (
    Indexed,
    check_split,
    in_order_of,
    index_directory,
    label_array,
    part_of,
    report,
)
from trimtab.data.image_files import img_to_array, load_img
from trimtab.lazy import lazy_module

if TYPE_CHECKING:
    import os
    from concurrent import futures
else:
    futures = lazy_module("concurrent.futures")
    os = lazy_module("os")

_OWNER = "image_dataset_from_directory"
FORMATS = (".bmp", ".gif", ".jpeg", ".jpg", ".png")
_INTERPOLATIONS = ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5")
_BATCHES_AHEAD = 2


class _Reading(NamedTuple):
    """How a file becomes an array."""

    color_mode: str
    size: tuple[int, int]
    interpolation: str
    crop: bool
    pad: bool
    data_format: str

    def read(self, path: str) -> np.ndarray[Any, Any]:
        """The image in a file, float32.

        Raises:
            ValueError: If it holds no image.
        """
        try:
            img = load_img(path, color_mode=self.color_mode)
        except OSError as error:
            raise ValueError(f"{_OWNER}: {path} must be a whole image; {error}") from error
        array = img_to_array(img, "channels_last", "float32")
        resized = ops.image.resize(
            array,
            self.size,
            interpolation=self.interpolation,
            crop_to_aspect_ratio=self.crop,
            pad_to_aspect_ratio=self.pad,
            data_format="channels_last",
        )
        image = np.asarray(resized)
        return image.transpose(2, 0, 1) if self.data_format == "channels_first" else image


def image_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    color_mode: str = "rgb",
    batch_size: int | None = 32,
    image_size: Any = (256, 256),
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    interpolation: str = "bilinear",
    follow_links: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    data_format: str | None = None,
    format: str = "tf",  # noqa: A002 - Keras's name
    verbose: bool = True,
) -> Any:
    """Batches of the images in a directory, and their classes.

    Images are decoded by Pillow on a few threads ahead of their use.

    Args:
        directory: A folder with a folder of images for each class.
        labels: "inferred" by folder, the class numbers of the files in order of their names, or
            None for images alone.
        label_mode: "int" for class numbers, "categorical" for one-hot, "binary" for 0 and 1 of two
            classes, None for images alone.
        class_names: The folders to take, in the order of their numbers; all by name if None.
        color_mode: "rgb", "rgba" or "grayscale".
        batch_size: Images a batch; None for single images.
        image_size: (rows, columns) that all are brought to.
        shuffle: Whether to draw the order anew for each pass; else it is that of the names.
        seed: Seed of the order.
        validation_split: Part of the images that is kept for validation.
        subset: "training", "validation", or "both" for the two of them.
        interpolation: "bilinear", "nearest", "bicubic", "lanczos3" or "lanczos5".
        follow_links: Whether to follow links to folders.
        crop_to_aspect_ratio: Whether to cut the middle of images to the ratio of `image_size`.
        pad_to_aspect_ratio: Whether to pad them to it with black.
        data_format: "channels_last" or "channels_first"; the global setting if None.
        format: "tf" or "grain", which give the same here.
        verbose: Whether to say how many files were found.

    Returns:
        A dataset of batches (images, labels), or of images alone, with `class_names` and
        `file_paths`; two for subset="both". Images are float32 from 0 to 255.

    Raises:
        ValueError: If an argument is none of those, or there are no images.
        FileNotFoundError: If there is no such directory.
        ImportError: If Pillow is not installed.

    Source: Keras 3 `keras.utils.image_dataset_from_directory`. The same files are for validation as
        there; the order within a pass differs.
    """
    checks.choice(_OWNER, "color_mode", color_mode, ("rgb", "rgba", "grayscale"))
    checks.choice(_OWNER, "interpolation", interpolation, _INTERPOLATIONS)
    checks.choice(_OWNER, "format", format, ("tf", "grain"))
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ValueError(
            f"{_OWNER}: only one of `pad_to_aspect_ratio` and `crop_to_aspect_ratio` can be True; "
            "got both"
        )
    if not isinstance(image_size, (tuple, list)) or len(image_size) != 2:
        raise ValueError(f"{_OWNER}: `image_size` must hold (rows, columns); got {image_size!r}")
    rows, columns = (checks.whole(_OWNER, "image_size", n, least=1) for n in image_size)
    if batch_size is not None:
        checks.whole(_OWNER, "batch_size", batch_size, least=1)
    check_split(_OWNER, validation_split, subset, shuffle, seed)
    reading = _Reading(
        color_mode,
        (rows, columns),
        interpolation,
        crop_to_aspect_ratio,
        pad_to_aspect_ratio,
        settings.standardize_data_format(data_format),
    )
    labels = None if label_mode is None and labels == "inferred" else labels
    indexed = index_directory(_OWNER, directory, labels, class_names, FORMATS, follow_links)
    label_array(_OWNER, indexed, label_mode)
    report(indexed, verbose)
    if shuffle:
        seed = int(np.random.default_rng().integers(10**6)) if seed is None else seed
        indexed = in_order_of(indexed, seed)
    if validation_split is None or subset is None:
        return _dataset(indexed, label_mode, reading, batch_size, shuffle, seed)
    parts = ("training", "validation") if subset == "both" else (subset,)
    made = []
    for name in parts:
        part = part_of(indexed, validation_split, name)
        if not part.paths:
            raise ValueError(
                f"{_OWNER}: `validation_split` must leave files for {name}; got "
                f"{validation_split} of {len(indexed.paths)} files"
            )
        if verbose:
            say(f"Using {len(part.paths)} files for {name}.\n")
        made.append(
            _dataset(part, label_mode, reading, batch_size, shuffle and name == "training", seed)
        )
    return tuple(made) if subset == "both" else made[0]


def _dataset(
    indexed: Indexed,
    label_mode: str | None,
    reading: _Reading,
    batch_size: int | None,
    shuffle: bool,
    seed: int | None,
) -> Dataset:
    paths = indexed.paths
    labels = label_array(_OWNER, indexed, label_mode)
    generator = np.random.default_rng(seed)
    size = batch_size or 1

    def start() -> Iterator[Any]:
        order = np.arange(len(paths))
        if shuffle:
            generator.shuffle(order)
        cuts = [order[i : i + size] for i in range(0, len(order), size)]
        for rows, images in zip(cuts, _decoded(paths, cuts, reading), strict=True):
            batch = images if labels is None else (images, labels[rows])
            if batch_size is None:
                yield from Dataset.from_arrays(batch)
            else:
                yield batch

    made = Dataset(start, -(-len(paths) // size))
    made.class_names, made.file_paths = indexed.class_names, paths
    return made


def _decoded(
    paths: Sequence[str], cuts: Sequence[np.ndarray[Any, Any]], reading: _Reading
) -> Iterator[np.ndarray[Any, Any]]:
    """The images of each cut, decoded by threads a few batches ahead; they end with the pass."""
    workers = min(4, os.cpu_count() or 1)
    pending: deque[list[futures.Future[Any]]] = deque()
    rest = iter(cuts)
    with futures.ThreadPoolExecutor(workers, thread_name_prefix="images") as executor:

        def submit() -> None:
            for rows in rest:
                pending.append([executor.submit(reading.read, paths[int(i)]) for i in rows])
                break

        try:
            for _ in range(_BATCHES_AHEAD):
                submit()
            while pending:
                images = [future.result() for future in pending.popleft()]
                submit()
                yield np.stack(images)
        finally:
            for waiting in pending:
                for future in waiting:
                    future.cancel()
