"""BN's share of a training step: W1 with and without Batch Normalization, in turns."""

import argparse
import statistics
import time
from typing import Any

import numpy as np
from network import BATCH_SIZE, build, data

import trimtab as keras


def step_us(model: Any, x: np.ndarray, y: np.ndarray, epochs: int) -> float:
    """Microseconds of one training step, the mean over `epochs`."""
    start = time.perf_counter()
    model.fit(x, y, batch_size=BATCH_SIZE, epochs=epochs, verbose=0)
    return (time.perf_counter() - start) / (epochs * len(x) // BATCH_SIZE) * 1e6


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--rows", type=int, default=16_000)
    parser.add_argument("--epochs", type=int, default=5)
    chosen = parser.parse_args()
    x, y = data(chosen.rows)
    # Without BN the net diverges at W1's rate of 0.1, and arithmetic on NaN may take its own time.
    models = {norm: build(keras, norm=norm, learning_rate=0.01) for norm in (True, False)}
    times = {True: [], False: []}
    for number in range(chosen.rounds + 1):
        for norm, model in models.items():
            taken = step_us(model, x, y, chosen.epochs)
            # The first round traces and warms up.
            times[norm] += [taken] if number else []
    with_norm, without = statistics.median(times[True]), statistics.median(times[False])
    print(f"W1 step with BN: {with_norm:.2f} us; without: {without:.2f} us")
    print(f"BN's share of the step: {100 * (1 - without / with_norm):.1f} %")


if __name__ == "__main__":
    main()
