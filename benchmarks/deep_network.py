"""A network of 100 layers: summary, clone_model, compile and the first step of fit, in seconds.

Fifty times Dense and BatchNormalization; the parts are timed one after another in one process,
after everything is imported, and repeated on new networks.
"""

import argparse
import statistics
import time

import numpy as np

import trimtab
from trimtab import layers

WIDTH = 16


def network(depth):
    """A Sequential of `depth` layers, every second one a BatchNormalization."""
    model = trimtab.Sequential([trimtab.Input((WIDTH,))])
    for number in range(depth):
        if number % 2:
            model.add(layers.BatchNormalization())
        else:
            model.add(layers.Dense(WIDTH, activation="relu"))
    return model


def lap(depth):
    """Seconds of each part, on a new network."""
    x = np.zeros((32, WIDTH), "float32")
    model = network(depth)
    times = {}

    def timed(name, function):
        started = time.perf_counter()
        result = function()
        times[name] = time.perf_counter() - started
        return result

    timed("summary", lambda: model.summary(print_fn=lambda _: None))
    clone = timed("clone_model", lambda: trimtab.models.clone_model(model))
    timed("compile", lambda: clone.compile("adam", "mse"))
    timed("first step", lambda: clone.fit(x, x, batch_size=32, epochs=1, verbose=0))
    return times


def main():
    """Prints the median of each part, and of their sum."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--depth", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    lap(4)
    laps = [lap(given.depth) for _ in range(given.rounds)]
    for name in laps[0]:
        print(f"{name}: {statistics.median(times[name] for times in laps) * 1e3:.1f} ms")
    total = statistics.median(sum(times.values()) for times in laps)
    print(f"together: {total * 1e3:.1f} ms")


if __name__ == "__main__":
    main()
