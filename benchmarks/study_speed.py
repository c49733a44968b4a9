"""How long a study takes: 3 arms x 10 seeds x 20 epochs of W1's network on 4,000 training rows.

Without a grid of rates, in a fresh process, the start of the workers included. Prints seconds by
the clock and of both processors together; on a machine that does nothing else the first is what
counts.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time

from network import BATCH_SIZE, data

import trimtab as keras
from trimtab import batchnorm, layers

ROWS, HELD_OUT = 5_000, 0.2


def build(placement: str) -> keras.Model:
    """W1's network, its hidden BN before or after the activation."""
    norms = [] if placement == "none" else [layers.BatchNormalization]

    def pair() -> list[keras.Layer]:
        both = [*(norm() for norm in norms), layers.Activation("tanh")]
        return both[::-1] if placement == "after" else both

    model = keras.Sequential(
        [
            keras.Input((14,)),
            layers.Dense(64),
            *pair(),
            layers.Dropout(0.5),
            layers.Dense(64),
            *pair(),
            layers.Dropout(0.5),
            layers.Dense(2),
            *(norm() for norm in norms),
            layers.Activation("softmax"),
        ]
    )
    model.compile(
        loss="binary_crossentropy",
        optimizer=keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
        metrics=["accuracy"],
    )
    return model


def once() -> None:
    """One study in this process; prints its seconds."""
    x, y = data(ROWS)
    start = time.perf_counter()
    study = batchnorm.study(
        build, x, y, held_out=HELD_OUT, batch_size=BATCH_SIZE, learning_rates=None
    )
    print(time.perf_counter() - start, study.plan.data.training_rows)


def main() -> None:
    """Measure in fresh processes and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--once", action="store_true", help="one study, here")
    chosen = parser.parse_args()
    if chosen.once:
        once()
        return
    walls, processors = [], []
    for _ in range(chosen.rounds):
        before = os.times()
        run = subprocess.run(
            [sys.executable, __file__, "--once"], check=True, capture_output=True, text=True
        )
        after = os.times()
        seconds, rows = run.stdout.split()
        walls.append(float(seconds))
        processors.append(
            after.children_user
            + after.children_system
            - before.children_user
            - before.children_system
        )
    print(f"3 arms x 10 seeds x 20 epochs x {rows} rows, batches of {BATCH_SIZE}, no grid of rates")
    print(f"study: median {statistics.median(walls):.2f} s, fastest {min(walls):.2f} s")
    print(f"both processors, import included: {statistics.median(processors):.2f} s")


if __name__ == "__main__":
    main()
