"""Time ResNet50 at 224 x 224: a training step with a batch of 8, and inference of one image.

    PEERS_VENVS=folder python benchmarks/resnet50.py [--threads 1]

With torch's environment in PEERS_VENVS the same network runs there too, channels last and, for
inference, traced, frozen and optimized. Times are the best of several calls, in milliseconds, on
the clock and of the processor: with one thread the latter stays what it is beside other programs.
It also prints what the first step took after `compile`, and the process's peak memory.
"""

import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys
import time

import numpy as np

STAGES = ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2))  # filters, blocks, stride
EPSILON = 1.001e-5


def best(function, count):
    """The least of `count` calls, in milliseconds: (on the clock, of the processor)."""
    times = []
    for _ in range(count):
        start = time.perf_counter(), time.process_time()
        function()
        times.append((time.perf_counter() - start[0], time.process_time() - start[1]))
    return [1e3 * min(each) for each in zip(*times, strict=True)]


def keras_network(trimtab):
    """The network as `keras.applications` has it."""
    layers = trimtab.layers

    def normalized(x, filters, size, stride=1, padding="valid", activation="relu"):
        x = layers.Conv2D(filters, size, stride, padding)(x)
        x = layers.BatchNormalization(epsilon=EPSILON)(x)
        return x if activation is None else layers.Activation(activation)(x)

    inputs = trimtab.Input((224, 224, 3))
    x = normalized(layers.ZeroPadding2D(3)(inputs), 64, 7, 2)
    x = layers.MaxPooling2D(3, 2)(layers.ZeroPadding2D(1)(x))
    for filters, blocks, first_stride in STAGES:
        for block in range(blocks):
            stride = 1 if block else first_stride
            cut = x if block else normalized(x, 4 * filters, 1, stride, activation=None)
            y = normalized(x, filters, 1, stride)
            y = normalized(y, filters, 3, padding="same")
            y = normalized(y, 4 * filters, 1, activation=None)
            x = layers.Activation("relu")(layers.Add()([cut, y]))
    outputs = layers.Dense(1000, "softmax")(layers.GlobalAveragePooling2D()(x))
    return trimtab.Model(inputs, outputs)


def data():
    """Eight images and their classes."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(8, 224, 224, 3)).astype("float32"), rng.integers(0, 1000, 8)


def time_trimtab(threads):
    """{figure: numbers} of trimtab."""
    import trimtab

    trimtab.config.set_num_threads(threads)
    x, y = data()
    model = keras_network(trimtab)
    optimizer = trimtab.optimizers.SGD(0.01, momentum=0.9)
    model.compile(optimizer, "sparse_categorical_crossentropy")
    first = best(lambda: model.train_on_batch(x, y), 1)
    step = best(lambda: model.train_on_batch(x, y), 5)
    model(x[:1])
    return {"first step": first, "step": step, "inference": best(lambda: model(x[:1]), 20)}


def torch_network(torch):
    """The same network for torch, channels last."""
    nn, functional = torch.nn, torch.nn.functional

    class Block(nn.Module):
        """A bottleneck block."""

        def __init__(self, channels, filters, stride, projects):
            super().__init__()
            sizes = ((channels, filters, 1, stride), (filters, filters, 3, 1))
            sizes += ((filters, 4 * filters, 1, 1),)
            self.linear = nn.ModuleList(nn.Conv2d(i, o, k, s, k // 2) for i, o, k, s in sizes)
            self.norms = nn.ModuleList(nn.BatchNorm2d(o, EPSILON) for _, o, _, _ in sizes)
            project = nn.Conv2d(channels, 4 * filters, 1, stride)
            norm = nn.BatchNorm2d(4 * filters, EPSILON)
            self.cut = nn.Sequential(project, norm) if projects else nn.Identity()

        def forward(self, x):
            """The block's output."""
            y = x
            for number, (linear, norm) in enumerate(zip(self.linear, self.norms, strict=True)):
                y = norm(linear(y))
                y = functional.relu(y) if number < 2 else y
            return functional.relu(y + self.cut(x))

    parts, channels = [], 64
    for filters, blocks, first_stride in STAGES:
        for block in range(blocks):
            parts.append(Block(channels, filters, 1 if block else first_stride, not block))
            channels = 4 * filters
    stem = [
        nn.Conv2d(3, 64, 7, 2, 3),
        nn.BatchNorm2d(64, EPSILON),
        nn.ReLU(),
        nn.MaxPool2d(3, 2, 1),
    ]
    top = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2048, 1000)]
    return nn.Sequential(*stem, *parts, *top).to(memory_format=torch.channels_last)


def time_torch(threads):
    """{figure: numbers} of torch."""
    import torch

    torch.set_num_threads(threads)
    x, y = data()
    network, labels = torch_network(torch), torch.tensor(y)
    x = torch.tensor(x.transpose(0, 3, 1, 2)).to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(network.parameters(), 0.01, momentum=0.9)

    def step():
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network(x), labels).backward()
        optimizer.step()

    figures = {"first step": best(step, 1), "step": best(step, 5)}
    network.eval()
    one = x[:1].contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        frozen = torch.jit.freeze(torch.jit.trace(network, one))
        fast = torch.jit.optimize_for_inference(frozen)
        for _ in range(3):
            fast(one)
        return figures | {"inference": best(lambda: fast(one), 20)}


def main():
    """Print the figures, of torch too where it is there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--torch", action="store_true", help="time torch, print JSON")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--alone", action="store_true", help="time trimtab, print JSON")
    chosen = parser.parse_args()
    if chosen.torch or chosen.alone:
        figures = (time_torch if chosen.torch else time_trimtab)(chosen.threads)
        figures["peak MB"] = [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]
        print(json.dumps(figures))
        return
    venvs = pathlib.Path(os.environ.get("PEERS_VENVS", "~/.cache/peers")).expanduser()
    runs = {
        "trimtab": (sys.executable, "--alone"),
        "torch": (venvs / "torch/bin/python", "--torch"),
    }
    for name, (python, flag) in runs.items():
        if not pathlib.Path(python).exists():
            print(f"{name}: left out, there is no {python}")
            continue
        command = [python, __file__, flag, "--threads", str(chosen.threads)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        for key, numbers in json.loads(done.stdout).items():
            print(f"{name}, {key}:", " / ".join(f"{number:.0f}" for number in numbers))


if __name__ == "__main__":
    main()
