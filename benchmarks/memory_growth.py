"""How much memory grows over many calls: `predict`, `fit` on 64 rows, and models built in a loop.

Exits with status 1 if one of the three grows by 5 MB or more.
"""

import argparse
import gc
import os
import pathlib
import sys
from collections.abc import Callable

from network import BATCH_SIZE, build, data

import trimtab as keras

LIMIT_MB = 5.0


def resident_mb() -> float:
    """Memory of this process that is in RAM now."""
    pages = int(pathlib.Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def growth_mb(call: Callable[[], object], count: int) -> float:
    """Growth over `count` calls; a tenth as many before fill caches and pools once."""
    for _ in range(max(1, count // 10)):
        call()
    gc.collect()
    before = resident_mb()
    for _ in range(count):
        call()
    gc.collect()
    return resident_mb() - before


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, default=1, help="fraction of the calls to make")
    scale = parser.parse_args().scale
    x, y = data(64)
    model = build(keras)

    def fit(trained: keras.Model) -> None:
        trained.fit(x, y, batch_size=BATCH_SIZE, epochs=1, verbose=0)

    def build_and_use() -> None:
        new = build(keras)
        fit(new)
        new.predict(x, verbose=0)

    cases = (
        ("predict, one row", lambda: model.predict(x[:1], verbose=0), 10_000),
        ("fit, 64 rows", lambda: fit(model), 10_000),
        ("model built, trained and used", build_and_use, 200),
    )
    worst = 0.0
    for name, call, calls in cases:
        count = max(1, round(calls * scale))
        grown = growth_mb(call, count)
        worst = max(worst, grown)
        print(f"{name}: {count} times, memory grew by {grown:.2f} MB", flush=True)
    sys.exit(worst >= LIMIT_MB)


if __name__ == "__main__":
    main()
