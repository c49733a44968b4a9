"""W4's training step under mixed_bfloat16, beside float32 and torch's autocast.

    python benchmarks/bfloat16.py
    PEERS_DIR=folder PEERS_VENVS=folder python benchmarks/bfloat16.py --rounds 3

The first line says how bfloat16 is computed: only on a processor with AVX-512 BF16 or AMX
instructions do the times say anything of them. TRIMTAB_BFLOAT16=1 lets oneDNN emulate them
elsewhere, TRIMTAB_BFLOAT16=0 does without oneDNN's. PEERS_DIR (or --peers-dir) holds `harness.py`,
`workloads.py` and `peer_torch.py`, PEERS_VENVS (or --venvs) an environment `torch`.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

import numpy as np
from raw_convolutions import BATCH_SIZE, IMAGE, network

import trimtab as keras

STEPS, EPOCHS = 10, 4
# torch's variants: float32 in both layouts, and autocast, for which channels last is the better.
TORCH = {"torch": "eager", "torch, channels_last": "cl", "torch, autocast": "cl_bf16"}
POLICIES = ("float32", "mixed_bfloat16")


def training(policy: str) -> dict[str, float]:
    """Milliseconds a step after the first epoch, and the last epoch's loss."""
    keras.config.set_dtype_policy(policy)
    keras.utils.set_random_seed(0)
    random = np.random.default_rng(0)
    y = random.integers(0, 10, size=STEPS * BATCH_SIZE)
    patterns = random.normal(size=(10, *IMAGE))
    x = (patterns[y] + random.normal(size=(len(y), *IMAGE))).astype("float32")
    model = network()
    times, losses = [], []
    for _ in range(EPOCHS):
        start = time.perf_counter()
        history = model.fit(x, y, batch_size=BATCH_SIZE, shuffle=False, verbose=0)
        times.append(1e3 * (time.perf_counter() - start) / STEPS)
        losses.append(history.history["loss"][0])
    return {"ms": statistics.median(times[1:]), "loss": losses[-1]}


def trimtab_sample(policy: str) -> dict[str, float]:
    """As `training`, in a process of its own."""
    command = [sys.executable, __file__, "--policy", policy]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    measured: dict[str, float] = json.loads(said.stdout)
    return measured


def torch_sample(variant: str, peers: pathlib.Path, venvs: pathlib.Path) -> dict[str, float]:
    """The same step by torch."""
    cores = str(len(os.sched_getaffinity(0)))
    command = [venvs / "torch/bin/python", peers / "peer_torch.py", "--workload", "W4"]
    command += ["--variant", variant, "--threads", cores]
    environment = os.environ | {"PYTHONPATH": str(peers), "OMP_NUM_THREADS": cores}
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    measured = json.loads(said.stdout.splitlines()[-1])
    return {"ms": measured["us"] / 1e3, "loss": measured["loss"]}


def main() -> None:
    """Prints a line for each, and the two ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers-dir", type=pathlib.Path, default=os.environ.get("PEERS_DIR"))
    parser.add_argument("--venvs", type=pathlib.Path, default=os.environ.get("PEERS_VENVS"))
    parser.add_argument("--policy", choices=POLICIES, help="time only this, in this process")
    arguments = parser.parse_args()
    if arguments.policy:
        print(json.dumps(training(arguments.policy)))
        return
    print(f"bfloat16: {keras.show_config(mode='dicts')['bfloat16']}")
    samples: dict[str, list[dict[str, float]]] = {}
    for _ in range(arguments.rounds):
        for policy in POLICIES:
            samples.setdefault(f"trimtab, {policy}", []).append(trimtab_sample(policy))
        if arguments.peers_dir and arguments.venvs:
            for name, variant in TORCH.items():
                taken = torch_sample(variant, arguments.peers_dir, arguments.venvs)
                samples.setdefault(name, []).append(taken)
    times = {name: statistics.median(s["ms"] for s in taken) for name, taken in samples.items()}
    for name, taken in samples.items():
        print(f"{name:<26}{times[name]:8.1f} ms a step, last loss {taken[-1]['loss']:.4f}")
    half = times["trimtab, mixed_bfloat16"]
    print(f"mixed_bfloat16 is {times['trimtab, float32'] / half:.2f} times as fast as float32")
    if "torch, autocast" in times:
        print(f"and {times['torch, autocast'] / half:.2f} times as fast as torch's autocast")


if __name__ == "__main__":
    main()
