"""What a small script costs: import, installed size, and W1 from process start to trained.

Keras is timed too where PEERS_VENVS (or --venvs) holds an environment `jax` or `tf` with it.
"""

import argparse
import importlib.metadata
import os
import pathlib
import re
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
IMPORT = "import time; t = time.perf_counter(); import {}; print(time.perf_counter() - t)"


def import_seconds(module: str, rounds: int) -> float:
    """Median time of `import module` in a fresh process, file caches warm."""
    command = [sys.executable, "-c", IMPORT.format(module)]
    times = [float(subprocess.check_output(command)) for _ in range(rounds + 1)]
    return statistics.median(times[1:])


def installed_bytes(name: str, seen: set[str]) -> int:
    """Size of a distribution's files, with those of what it requires; extras are left out."""
    if name in seen:
        return 0
    seen.add(name)
    distribution = importlib.metadata.distribution(name)
    files = (pathlib.Path(str(file.locate())) for file in distribution.files or [])
    size = sum(file.stat().st_size for file in files if file.is_file())
    needed = (line for line in distribution.requires or [] if "extra ==" not in line)
    return size + sum(installed_bytes(re.match(r"[\w.-]+", line)[0], seen) for line in needed)


def script(
    python: str, library: str, variables: dict[str, str], work: list[str]
) -> tuple[float, float]:
    """Wall seconds and peak memory in MB of one process that trains W1."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [python, str(HERE / "script.py"), library, *work],
        env=os.environ | variables,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"startup.py: script.py {library} failed under {python}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def contestants(venvs: pathlib.Path) -> dict[str, tuple[str, str, dict[str, str]]]:
    """Name to interpreter, library and environment variables."""
    found = {"trimtab": (sys.executable, "trimtab", {})}
    for name, venv, backend in (
        ("Keras/JAX", "jax", "jax"),
        ("Keras/TensorFlow", "tf", "tensorflow"),
    ):
        python = venvs / venv / "bin" / "python"
        if python.exists():
            found[name] = (
                str(python),
                "keras",
                {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"},
            )
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", default="16000")
    parser.add_argument("--epochs", default="4")
    parser.add_argument("--venvs", default=os.environ.get("PEERS_VENVS", "~/.cache/peers"))
    chosen = parser.parse_args()
    for module in ("numpy", "trimtab"):
        print(f"import {module}: {import_seconds(module, chosen.rounds):.3f} s")
    try:
        print(f"installed with dependencies: {installed_bytes('trimtab', set()) / 1e6:.1f} MB")
    except importlib.metadata.PackageNotFoundError as error:
        print(f"installed with dependencies: not known, {error.name} is not installed here")
    runs = contestants(pathlib.Path(chosen.venvs).expanduser())
    samples = {name: [] for name in runs}
    for _ in range(chosen.rounds):
        for name, (python, library, variables) in runs.items():
            work = [chosen.rows, chosen.epochs]
            samples[name].append(script(python, library, variables, work))
    ours = statistics.median(seconds for seconds, _ in samples["trimtab"])
    print(f"\nW1 from process start to trained, {chosen.epochs} epochs of {chosen.rows} rows\n")
    print("| library | seconds | times trimtab's | peak memory, MB |\n|---|---|---|---|")
    for name, taken in samples.items():
        seconds, memory = (statistics.median(column) for column in zip(*taken, strict=True))
        print(f"| {name} | {seconds:.2f} | {seconds / ours:.1f} | {memory:.0f} |")


if __name__ == "__main__":
    main()
