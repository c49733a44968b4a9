"""Saving and loading a model of 100 MB, against a raw copy of its file.

The copy reads the file's bytes and writes them, flushed to the disk as a saved model is. The three
are taken in turn; times and ratios are medians over the rounds.
"""

import argparse
import os
import pathlib
import statistics
import tempfile
import time

import numpy as np

import trimtab
from trimtab import layers

ROUNDS = 11


def big_model(megabytes):
    """A model with about that many megabytes of weights."""
    width = 1024
    count = max(1, round(megabytes * 1e6 / (4 * width * width)))
    model = trimtab.Sequential([trimtab.Input((width,))])
    for _ in range(count):
        model.add(layers.Dense(width))
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(size=w.shape).astype("float32") for w in model.get_weights()])
    return model


def raw_copy(source, target):
    """Reads a file and writes its bytes, flushed to the disk."""
    content = source.read_bytes()
    with target.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def seconds(function, *args):
    """How long a call takes."""
    started = time.perf_counter()
    function(*args)
    return time.perf_counter() - started


def measure(megabytes, rounds, folder):
    """Seconds of the rounds: copy, save, load; and the file's size in bytes."""
    model = big_model(megabytes)
    path, copy = folder / "model.keras", folder / "copy.bin"
    model.save(path)
    laps = {"copy": [], "save": [], "load": []}
    for _ in range(rounds):
        laps["copy"].append(seconds(raw_copy, path, copy))
        laps["save"].append(seconds(model.save, path))
        laps["load"].append(seconds(trimtab.models.load_model, path))
    return laps, path.stat().st_size


def main():
    """Prints the medians and their ratios to the copy."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=float, default=100)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        times, size = measure(given.megabytes, given.rounds, pathlib.Path(folder))
    print(f"file: {size / 1e6:.1f} MB")
    for name, laps in times.items():
        ratio = statistics.median(a / b for a, b in zip(laps, times["copy"], strict=True))
        print(f"{name}: {statistics.median(laps) * 1e3:.1f} ms, {ratio:.2f} of the copy")


if __name__ == "__main__":
    main()
