"""Time trimtab against other libraries: the same work, one process a sample, round-robin.

    PEERS_DIR=folder python benchmarks/run.py --workloads W1,W2 --rounds 3
    python benchmarks/run.py --report --write docs/performance.md

PEERS_DIR (or --peers-dir) holds the other libraries' scripts: `harness.py`, `workloads.py` and one
`peer_<script>.py` each. PEERS_VENVS (or --venvs) holds their virtual environments, named as in
`PEERS`. A script or an environment that is missing is left out, and said so. Samples are kept in
benchmarks/results/samples.jsonl, and a report is made of all of them: delete it to start afresh.

Each peer tries every thread count in the first round and keeps its best one. A lap, one epoch or a
quarter of a second of calls, counts only if other processes used little of the machine meanwhile;
a figure without any quiet lap is marked `~`.
"""

import argparse
import dataclasses
import importlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import types

from report import Sample, markdown, read_samples, write_between_markers

HERE = pathlib.Path(__file__).resolve().parent
SAMPLES = HERE / "results" / "samples.jsonl"
DENSE, CONV = frozenset({"W1", "W2"}), frozenset({"W3", "W4", "W5"})
TRAIN, INFER, STUDY = DENSE | CONV, frozenset({"W6m", "W6c"}), frozenset({"W7"})
EVERY = TRAIN | INFER | STUDY


@dataclasses.dataclass(frozen=True)
class Entry:
    """One competitor: its name in the table, its environment, script and variant, its workloads."""

    name: str
    venv: str
    script: str
    variant: str
    workloads: frozenset[str]


PEERS = (
    Entry("trimtab", "", "trimtab", "fit", EVERY),
    Entry("Keras/JAX", "jax", "keras", "jax", EVERY),
    Entry("Keras/JAX, 50 steps per execution", "jax", "keras", "jax_spe50", DENSE),
    Entry("Keras/TensorFlow", "tf", "keras", "tf", EVERY),
    Entry("Keras/TensorFlow, 50 steps per execution", "tf", "keras", "tf_spe50", DENSE),
    Entry("Keras/torch", "torch", "keras", "torch", INFER),
    Entry("JAX, jitted step", "jax", "jax", "step", DENSE | INFER),
    Entry("JAX, scan over the epoch", "jax", "jax", "scan", DENSE | STUDY),
    Entry("JAX, scan, rbg random bits", "jax", "jax", "scan_rbg", DENSE | STUDY),
    Entry("torch", "torch", "torch", "eager", EVERY),
    Entry("torch, channels_last", "torch", "torch", "cl", CONV),
    Entry("torch, fused optimizer", "torch", "torch", "fused", DENSE | STUDY),
    Entry("torch.compile", "torch", "torch", "compile", DENSE),
    Entry("onnxruntime", "onnx", "ort", "ort", INFER),
    Entry("OpenVINO", "onnx", "ort", "openvino", INFER),
)


@dataclasses.dataclass(frozen=True)
class Bench:
    """Where everything is, and how long to wait."""

    peers_dir: pathlib.Path
    venvs: pathlib.Path
    harness: types.ModuleType
    limit_seconds: float
    wait_seconds: float

    def python(self, entry: Entry) -> pathlib.Path:
        """The interpreter of the peer's environment; trimtab's is the one that runs this."""
        return (
            self.venvs / entry.venv / "bin" / "python"
            if entry.venv
            else pathlib.Path(sys.executable)
        )

    def script(self, entry: Entry) -> pathlib.Path:
        """The peer's script."""
        return (self.peers_dir if entry.venv else HERE) / f"peer_{entry.script}.py"

    def missing(self, entry: Entry) -> pathlib.Path | None:
        """The file that a peer lacks, if any."""
        needed = (self.python(entry), self.script(entry))
        return next((path for path in needed if not path.exists()), None)

    def wait_for_quiet(self) -> None:
        """Wait until other processes leave the machine alone, or for `wait_seconds`."""
        end = time.monotonic() + self.wait_seconds
        while time.monotonic() < end:
            before = self.harness.all_busy()
            time.sleep(1)
            if self.harness.all_busy() - before < self.harness.QUIET:
                return

    def sample(self, entry: Entry, workload: str, threads: int) -> Sample:
        """Run one process and return what it measured."""
        output = SAMPLES.parent / "sample.json"
        output.unlink(missing_ok=True)
        arguments = ["--workload", workload, "--variant", entry.variant]
        arguments += ["--threads", str(threads), "--json", str(output)]
        self.wait_for_quiet()
        start = time.monotonic()
        process = subprocess.Popen(
            [self.python(entry), self.script(entry), *arguments],
            env=self.environment(threads),
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        failure = None
        try:
            errors = process.communicate(timeout=self.limit_seconds)[1].strip()
            if process.returncode:
                failure = (errors.splitlines() or [f"exit status {process.returncode}"])[-1]
        except subprocess.TimeoutExpired:
            failure = f"over {self.limit_seconds:g} s"
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        measured = {"failure": failure} if failure else json.loads(output.read_text())
        head = {"workload": workload, "peer": entry.name, "threads": threads}
        return measured | head | {"wall_seconds": time.monotonic() - start}

    def environment(self, threads: int) -> dict[str, str]:
        """The process's environment: the thread count in every library's own variable."""
        pools = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NPROC")
        flags = {"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false"} if threads == 1 else {}
        # GNU's OpenMP spins for long by default, which slows torch down when cores are shared.
        spin = {"GOMP_SPINCOUNT": os.environ.get("GOMP_SPINCOUNT", "10000")}
        folders = [str(self.peers_dir), os.environ.get("PYTHONPATH", "")]
        path = {"PYTHONPATH": os.pathsep.join(filter(None, folders))}
        return os.environ | dict.fromkeys(pools, str(threads)) | flags | spin | path


def choose_peers(bench: Bench, workload: str, names: list[str]) -> list[Entry]:
    """The peers of a workload that can run here."""
    chosen = []
    for entry in PEERS:
        if workload not in entry.workloads or (names and entry.name not in names):
            continue
        missing = bench.missing(entry)
        if missing:
            print(f"{workload} {entry.name}: left out, there is no {missing}", flush=True)
        else:
            chosen.append(entry)
    return chosen


def run_workload(bench: Bench, workload: str, rounds: int, threads: list[int], names: list[str]):
    """Take the samples of one workload, round-robin, and append them to the file."""
    peers = choose_peers(bench, workload, names)
    tries = dict.fromkeys(peers, threads)
    for number in range(rounds):
        first = number % len(peers) if peers else 0
        for entry in peers[first:] + peers[:first]:
            taken = [bench.sample(entry, workload, count) for count in tries[entry]]
            with SAMPLES.open("a") as file:
                file.writelines(json.dumps(sample) + "\n" for sample in taken)
            for sample in taken:
                say(sample)
            done = [sample for sample in taken if "failure" not in sample]
            # Inference at one row and at 10,000 may want different counts: it tries all each time.
            if workload not in INFER:
                done = sorted(done, key=lambda sample: sample["us"])[:1]
            tries[entry] = [sample["threads"] for sample in done]


def say(sample: Sample) -> None:
    """One line as a sample comes in."""
    rows = sample.get("rows") or {"": sample}
    told = sample.get("failure") or "; ".join(
        f"{name} {row['us']:.1f} us (quiet laps {row['quiet']} of {row['laps']})".strip()
        for name, row in rows.items()
    )
    head = f"{sample['workload']} {sample['peer']}, threads {sample['threads']}"
    print(f"{head}: {told}; {sample['wall_seconds']:.1f} s in all", flush=True)


def arguments() -> argparse.Namespace:
    """The command line's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workloads", default="W1,W2,W3,W4,W5,W6m,W6c,W7")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", default="1,2", help="the counts that each peer tries")
    parser.add_argument("--peers", default="", help="names of the table, separated by ';'")
    parser.add_argument("--peers-dir", default=os.environ.get("PEERS_DIR"))
    parser.add_argument("--venvs", default=os.environ.get("PEERS_VENVS", "~/.cache/peers"))
    parser.add_argument("--limit", type=float, default=150, help="seconds a process may take")
    parser.add_argument(
        "--wait", type=float, default=15, help="seconds to wait for a quiet machine"
    )
    parser.add_argument("--report", action="store_true", help="take no samples")
    parser.add_argument("--write", type=pathlib.Path, help="the file to put the tables into")
    return parser.parse_args()


def prepare(chosen: argparse.Namespace) -> Bench:
    """Find the peers' folder and import its clocks."""
    folder = pathlib.Path(chosen.peers_dir or "").expanduser().resolve()
    if not chosen.peers_dir or not (folder / "harness.py").is_file():
        raise SystemExit(
            "run.py: --peers-dir (or PEERS_DIR) must be the folder of the other libraries' "
            f"scripts, with harness.py and workloads.py in it; got {chosen.peers_dir!r}"
        )
    sys.path.insert(0, str(folder))
    harness = importlib.import_module("harness")
    venvs = pathlib.Path(chosen.venvs).expanduser()
    return Bench(folder, venvs, harness, chosen.limit, chosen.wait)


def main() -> None:
    """Take samples, then print or write the tables."""
    chosen = arguments()
    workloads = chosen.workloads.split(",")
    if not chosen.report:
        bench = prepare(chosen)
        SAMPLES.parent.mkdir(exist_ok=True)
        threads = [int(count) for count in chosen.threads.split(",")]
        names = [name.strip() for name in chosen.peers.split(";") if name.strip()]
        for workload in workloads:
            run_workload(bench, workload, chosen.rounds, threads, names)
    tables = markdown(read_samples(SAMPLES), workloads)
    print(tables)
    if chosen.write:
        write_between_markers(chosen.write, tables)


if __name__ == "__main__":
    main()
