"""How long the tools take: audit, health, its callback, `trimtab run` and `trimtab migrate`.

Each figure is the best of several, which other programs disturb least; that of the callback is a
ratio of medians.
"""

import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

import numpy as np
from network import BATCH_SIZE, data

import trimtab as keras
from trimtab import applications, batchnorm, layers
from trimtab.compat.migration.source import migrate_source

ROWS, LINES = 10_000, 1_000
# A block of an old script; repeated until there are `LINES` lines.
OLD = """
model.add(Convolution2D(32, 3, 3, border_mode='same', subsample=(2, 2)))
model.add(BatchNormalization(epsilon=1e-06, mode=0, momentum=0.9))
model.add(Activation('relu'))
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Dropout(0.25))
model.add(Dense(output_dim=64, init='uniform', W_regularizer=l2(0.01)))
model.compile(loss='mse', optimizer=SGD(lr=0.1, decay=1e-6), metrics=['accuracy'])
history = model.fit(X, Y, batch_size=32, nb_epoch=2, verbose=0)
print(history.history['val_acc'])
"""
IMPORTS = """from keras.models import Sequential
from keras.layers.core import Dense, Dropout, Activation
from keras.layers.convolutional import Convolution2D, MaxPooling2D
from keras.layers.normalization import BatchNormalization
from keras.regularizers import l2
from keras.optimizers import SGD
model = Sequential()
"""


def best(run: Callable[[], object], times: int = 5) -> float:
    """Fewest seconds of some runs."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        taken.append(time.perf_counter() - start)
    return min(taken)


def network() -> keras.Model:
    """W1's network."""
    hidden = [
        layer
        for _ in range(2)
        for layer in (
            layers.Dense(64),
            layers.BatchNormalization(),
            layers.Activation("tanh"),
            layers.Dropout(0.5),
        )
    ]
    model = keras.Sequential(
        [keras.Input((14,)), *hidden, layers.Dense(2), layers.Activation("softmax")]
    )
    model.compile("sgd", "binary_crossentropy")
    return model


def callback_overhead() -> float:
    """What BatchNormHealth adds to a fit, as a fraction; by turns, as a machine's speed varies."""
    x, y = data(2 * ROWS)
    models = network(), network()
    callbacks: tuple[list[keras.callbacks.Callback], ...]
    callbacks = [batchnorm.BatchNormHealth(verbose=False)], []
    taken: tuple[list[float], ...] = [], []
    for _ in range(1 + 9):
        for model, given, seconds in zip(models, callbacks, taken, strict=True):
            start = time.perf_counter()
            model.fit(x, y, batch_size=BATCH_SIZE, epochs=10, verbose=0, callbacks=given)
            seconds.append(time.perf_counter() - start)
    # The first fit traces.
    watched, plain = (statistics.median(seconds[1:]) for seconds in taken)
    return watched / plain - 1


def started(*command: str) -> float:
    """Seconds of a program from start to end."""
    return best(lambda: subprocess.run([sys.executable, *command], check=True))


def run_overhead() -> float:
    """Seconds that `trimtab run` adds to a script that imports trimtab."""
    with tempfile.TemporaryDirectory() as folder:
        script = pathlib.Path(folder) / "script.py"
        script.write_text("import trimtab\n")
        return started("-m", "trimtab.cli", "run", str(script)) - started(str(script))


def migration() -> float:
    """Seconds to migrate a script of `LINES` lines."""
    source = IMPORTS + OLD * (LINES // OLD.count("\n"))
    return best(lambda: migrate_source(source))


def main() -> None:
    """Prints the figures."""
    resnet = applications.ResNet50(weights=None)
    model = network()
    x, y = data(ROWS)
    x = np.asarray(x)
    print(f"audit of ResNet50: {best(lambda: batchnorm.audit(resnet)):.3f} s")
    print(f"health of {ROWS} rows: {best(lambda: batchnorm.health(model, x, y)):.3f} s")
    print(f"BatchNormHealth, part of fit: {100 * callback_overhead():.1f} %")
    print(f"trimtab run, added to a script's start: {run_overhead():.3f} s")
    print(f"trimtab migrate of {LINES} lines: {migration():.3f} s")


if __name__ == "__main__":
    main()
