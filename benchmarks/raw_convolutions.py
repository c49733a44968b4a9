"""W4's convolutions alone, by oneDNN in its own layouts, beside a whole training step of trimtab.

Nothing but the convolutions of a step is timed: forward, the gradients of kernels, and those of
inputs but for the first layer, all in the layouts that oneDNN prefers, without any reorder, Batch
Normalization, activation or update. A step can only be faster by doing less arithmetic.
"""

import ctypes
import os
import pathlib
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

import numpy as np

import trimtab as keras
from trimtab import layers
from trimtab.engines import cpu

BATCH_SIZE, ROUNDS = 64, 9
# Filters and stride of each 3 x 3 convolution.
UNITS = ((32, 1), (32, 1), (64, 2), (64, 1), (128, 2), (128, 1))
IMAGE = (32, 32, 3)

# Values of oneDNN's C interface, from its dnnl_types.h and dnnl_common_types.h.
CPU, DEFAULT_FLAGS, FLOAT32, ANY_LAYOUT, TRAINING, AUTO = 1, 1, 3, 1, 64, 3
ALLOCATE = ctypes.c_void_p(-1)
SRC, DST, WEIGHTS, DIFF_SRC, DIFF_DST, DIFF_WEIGHTS = 1, 17, 33, 129, 145, 161
QUERIES = {SRC: 129, DIFF_SRC: 130, WEIGHTS: 131, DIFF_WEIGHTS: 132, DST: 133, DIFF_DST: 134}


class Argument(ctypes.Structure):
    """A `dnnl_exec_arg_t`."""

    _fields_ = (("arg", ctypes.c_int), ("memory", ctypes.c_void_p))


class OneDNN:
    """The few functions of oneDNN that are needed here."""

    def __init__(self) -> None:
        self.library = ctypes.CDLL(str(pathlib.Path(cpu.__file__).parent / "libdnnl.so.3"))
        self.library.dnnl_primitive_desc_query_md.restype = ctypes.c_void_p
        self.engine, self.stream = ctypes.c_void_p(), ctypes.c_void_p()
        self.call("engine_create", ctypes.byref(self.engine), CPU, ctypes.c_size_t(0))
        self.call("stream_create", ctypes.byref(self.stream), self.engine, DEFAULT_FLAGS)

    def call(self, name: str, *arguments: object) -> None:
        """Calls `dnnl_<name>`; an error if its status is not success."""
        status = getattr(self.library, f"dnnl_{name}")(*arguments)
        if status:
            raise RuntimeError(f"dnnl_{name} failed with status {status}")

    def shape(self, sizes: Sequence[int]) -> ctypes.c_void_p:
        """A description of float32 in a layout of oneDNN's choice."""
        made = ctypes.c_void_p()
        dims = (ctypes.c_int64 * len(sizes))(*sizes)
        create = "memory_desc_create_with_tag"
        self.call(create, ctypes.byref(made), len(sizes), dims, FLOAT32, ANY_LAYOUT)
        return made

    def primitive(self, description: ctypes.c_void_p, uses: Sequence[int]) -> Callable[[], None]:
        """What runs the primitive on arrays of its own."""
        made = ctypes.c_void_p()
        self.call("primitive_create", ctypes.byref(made), description)
        arguments = (Argument * len(uses))()
        for index, use in enumerate(uses):
            query = self.library.dnnl_primitive_desc_query_md
            layout = ctypes.c_void_p(query(description, QUERIES[use], 0))
            memory = ctypes.c_void_p()
            self.call("memory_create", ctypes.byref(memory), layout, self.engine, ALLOCATE)
            arguments[index] = Argument(use, memory)

        def run() -> None:
            self.call("primitive_execute", made, self.stream, len(uses), arguments)
            self.call("stream_wait", self.stream)

        return run

    def convolution(
        self, size: int, channels: int, filters: int, stride: int, is_first: bool
    ) -> list[Callable[[], None]]:
        """The convolutions of one layer of a training step."""
        out = size // stride
        # Keras's "same": with an even size and stride 2 the padding is all at the end.
        left = 1 if stride == 1 else 0
        source = self.shape((BATCH_SIZE, channels, size, size))
        weights = self.shape((filters, channels, 3, 3))
        result = self.shape((BATCH_SIZE, filters, out, out))
        pair = ctypes.c_int64 * 2
        where = (pair(stride, stride), pair(0, 0), pair(left, left), pair(1, 1))
        made = [ctypes.c_void_p() for _ in range(3)]
        forward, data, kernel = (ctypes.byref(one) for one in made)
        create = "convolution_{}_primitive_desc_create"
        shapes = (source, weights, None, result)
        self.call(create.format("forward"), forward, self.engine, TRAINING, AUTO, *shapes, *where,
                  None)  # fmt: skip
        self.call(create.format("backward_weights"), kernel, self.engine, AUTO, *shapes, *where,
                  made[0], None)  # fmt: skip
        runs = [
            self.primitive(made[0], (SRC, WEIGHTS, DST)),
            self.primitive(made[2], (SRC, DIFF_DST, DIFF_WEIGHTS)),
        ]
        if not is_first:
            self.call(create.format("backward_data"), data, self.engine, AUTO, source, weights,
                      result, *where, made[0], None)  # fmt: skip
            runs.append(self.primitive(made[1], (DIFF_DST, WEIGHTS, DIFF_SRC)))
        return runs


def raw_step() -> Callable[[], None]:
    """All convolutions of a step of W4."""
    library = OneDNN()
    size, _, channels = IMAGE
    runs: list[Callable[[], None]] = []
    for filters, stride in UNITS:
        runs += library.convolution(size, channels, filters, stride, not runs)
        size, channels = size // stride, filters

    def run() -> None:
        for one in runs:
            one()

    return run


def network() -> keras.Model:
    """W4's network, compiled."""
    model = keras.Sequential([keras.Input(IMAGE)])
    for filters, stride in UNITS:
        model.add(layers.Conv2D(filters, 3, strides=stride, padding="same"))
        model.add(layers.BatchNormalization())
        model.add(layers.Activation("relu"))
    model.add(layers.GlobalAveragePooling2D())
    model.add(layers.Dense(10, activation="softmax"))
    optimizer = keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True)
    model.compile(optimizer, "sparse_categorical_crossentropy")
    return model


def training_step() -> tuple[Callable[[], object], int]:
    """A fit of one epoch, and its number of steps."""
    steps = 10
    random = np.random.default_rng(0)
    x = random.normal(size=(steps * BATCH_SIZE, *IMAGE)).astype("float32")
    y = random.integers(0, 10, size=len(x))
    model = network()
    return lambda: model.fit(x, y, batch_size=BATCH_SIZE, verbose=0), steps


def milliseconds(what: str) -> float:
    """Median time of a step."""
    run, steps = (raw_step(), 1) if what == "raw" else training_step()
    run()
    times = []
    for _ in range(ROUNDS * (10 // steps)):
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) / steps)
    return 1e3 * statistics.median(times)


def main() -> None:
    """Prints both times and their ratio; with "raw" or "step", only that time.

    Each is timed in processes of its own: idle threads of one library disturb the other's.
    """
    if len(sys.argv) > 1:
        print(milliseconds(sys.argv[1]))
        return
    times: dict[str, list[float]] = {"raw": [], "step": []}
    for _ in range(3):
        for what, taken in times.items():
            command = [sys.executable, __file__, what]
            taken.append(float(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))
    step, raw = statistics.median(times["step"]), statistics.median(times["raw"])
    print(f"W4, a step of trimtab on {len(os.sched_getaffinity(0))} cores: {step:.1f} ms")
    print(f"oneDNN's convolutions of a step alone: {raw:.1f} ms")
    print(f"ratio: {step / raw:.2f}")


if __name__ == "__main__":
    main()
