"""Independent runs on all cores, or on the workers of a Dask or Ray cluster, by joblib."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import pickle
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from trimtab import checks
from trimtab.batchnorm.studies.run_log import RunLog
from trimtab.batchnorm.studies.runs import Job, Plan, Run, execute
from trimtab.core.extras import require

# Idle processes end by themselves, those of a killed parent too; until then a next study uses them.
_IDLE_SECONDS = 30
BACKENDS = ("processes", "dask", "ray")


class Clock:
    """A budget in seconds that begins now.

    Args:
        seconds: The budget; None for no end.
    """

    def __init__(self, seconds: float | None) -> None:
        self._end = None if seconds is None else time.monotonic() + seconds

    @property
    def is_over(self) -> bool:
        """Whether the budget is spent."""
        return self._end is not None and time.monotonic() >= self._end


class Workers:
    """Where runs go.

    Args:
        backend: "processes" of this machine, "dask" or "ray".
        jobs: How many runs at a time; None for one a core, or all that a cluster has.
        address: Of the scheduler of a cluster; None for a local one of `jobs` workers.

    Raises:
        ValueError: If the backend is unknown.
        ImportError: If a package is missing; the message names the extra.
    """

    def __init__(
        self, backend: str = "processes", jobs: int | None = None, address: str | None = None
    ) -> None:
        if backend not in BACKENDS:
            raise ValueError(f"study: `backend` must be one of {BACKENDS}; got {backend!r}")
        if address is not None and backend == "processes":
            raise ValueError("study: `address` is for the backends dask and ray")
        if jobs is not None:
            checks.whole("study", "jobs", jobs, 1)
        self._joblib = require("joblib", "study", "study")
        self._backend, self._jobs, self._address = backend, jobs, address

    @contextlib.contextmanager
    def started(self) -> Iterator[int]:
        """The workers, ready for `run` while the block lasts; gives how many."""
        with contextlib.ExitStack() as stack:
            if self._backend == "dask":
                count = self._start_dask(stack)
            elif self._backend == "ray":
                count = self._start_ray(stack)
            else:
                count = self._joblib.cpu_count(only_physical_cores=True)
                count = count if self._jobs is None else self._jobs
                config = self._joblib.parallel_config("loky", idle_worker_timeout=_IDLE_SECONDS)
                stack.enter_context(config)
            self._count = count
            yield count

    def run(
        self,
        plan: Plan,
        jobs: Sequence[Job],
        log: RunLog,
        clock: Clock,
        tell: Callable[[Run], None],
    ) -> None:
        """Runs the jobs that the log lacks, in order, until the clock is over.

        Args:
            plan: What the runs share.
            jobs: What to run.
            log: Gets each run as it ends.
            clock: No run starts after its end.
            tell: Called with each run.
        """
        missing = [job for job in jobs if job not in log.runs]
        if not missing:
            return
        packed = _packed(plan)
        key = hashlib.sha256(packed.data).hexdigest()
        task = self._joblib.delayed(_execute_packed)

        def due() -> Iterator[Any]:
            for job in missing:
                if clock.is_over:
                    return
                yield task(key, packed, job)

        for run in self._results(due()):
            log.add(run)
            tell(run)

    def _results(self, tasks: Iterator[Any]) -> Iterator[Run]:
        if self._backend != "ray":
            parallel = self._joblib.Parallel(
                n_jobs=self._count, return_as="generator_unordered", pre_dispatch="2*n_jobs"
            )
            yield from parallel(tasks)
            return
        # Ray's backend gives lists only: a short one at a time, so that little is lost by a kill.
        with self._joblib.Parallel(n_jobs=self._count) as parallel:
            while chunk := [task for _, task in zip(range(2 * self._count), tasks, strict=False)]:
                yield from parallel(chunk)

    def _start_dask(self, stack: contextlib.ExitStack) -> int:
        distributed = require("distributed", "dask", "study on Dask")
        if self._address is None:
            count = self._jobs or self._joblib.cpu_count(only_physical_cores=True)
            cluster = distributed.LocalCluster(
                n_workers=count, threads_per_worker=1, dashboard_address=None
            )
            stack.enter_context(cluster)
            client = distributed.Client(cluster)
        else:
            client = distributed.Client(self._address)
            count = self._jobs or sum(client.nthreads().values())
        stack.enter_context(client)
        stack.enter_context(self._joblib.parallel_config("dask", wait_for_workers_timeout=60))
        return int(count)

    def _start_ray(self, stack: contextlib.ExitStack) -> int:
        ray = require("ray", "ray", "study on Ray")
        was_started = ray.is_initialized()
        if not was_started:
            cores = self._jobs if self._address is None else None
            ray.init(
                address=self._address,
                num_cpus=cores,
                include_dashboard=False if self._address is None else None,
                log_to_driver=False,
                logging_level="error",
            )
            stack.callback(ray.shutdown)
        require("ray.util.joblib", "ray", "study on Ray").register_ray()
        stack.enter_context(self._joblib.parallel_config("ray"))
        return int(self._jobs or ray.cluster_resources()["CPU"])


def _packed(plan: Plan) -> npt.NDArray[np.uint8]:
    """The plan in bytes, with the code of functions that workers could not import.

    As an array, since joblib lets processes map a large one from a file instead of sending it with
    every run.
    """
    cloudpickle = require("cloudpickle", "study", "study")
    by_value = {
        module
        for arm in plan.arms
        if (module := sys.modules.get(_module_of(arm.source))) and not _is_installed(module)
    }
    for module in by_value:
        cloudpickle.register_pickle_by_value(module)
    try:
        packed = np.frombuffer(cloudpickle.dumps(plan), np.uint8)
    except Exception as error:
        raise TypeError(
            f"study: the arms cannot be sent to other processes: {error}; give a function that "
            "makes the model, defined in a module"
        ) from error
    finally:
        for module in by_value:
            cloudpickle.unregister_pickle_by_value(module)
    return packed


def _module_of(source: Any) -> str:
    function = source.func if isinstance(source, functools.partial) else source
    return str(getattr(function, "__module__", ""))


def _is_installed(module: Any) -> bool:
    """Whether workers can import a module by its name: it is installed, not just a file nearby."""
    if module.__name__ == "__main__":
        return True  # cloudpickle sends what is defined there anyway
    path = getattr(module, "__file__", None) or ""
    return "site-packages" in path or module.__name__.partition(".")[0] in {
        "trimtab",
        *sys.stdlib_module_names,
    }


# A worker gets many jobs of one plan: it unpacks the plan once.
_LAST: dict[str, Plan] = {}


def _execute_packed(key: str, packed: npt.NDArray[np.uint8], job: Job) -> Run:
    if key not in _LAST:
        _LAST.clear()
        _LAST[key] = pickle.loads(packed.data)
    return execute(_LAST[key], job)
