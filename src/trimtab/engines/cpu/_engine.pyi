"""The CPU engine: plans of kernels over one arena."""

from collections.abc import Callable, Sequence

class Program:
    """Prepared steps over one arena and bound memory."""

    def __init__(
        self,
        steps: Sequence[tuple[str, Sequence[tuple[int, int]], Sequence[int], Sequence[float]]],
        arena_bytes: int,
        slot_count: int,
        host_functions: Sequence[Callable[[], None]],
    ) -> None: ...
    def bind(self, slot: int, address: int) -> None:
        """Sets the address of a slot from 1 on."""

    def bind_all(self, addresses: Sequence[int]) -> None:
        """Sets the addresses of the slots 1, 2, ..."""

    @property
    def arena_address(self) -> int: ...
    def refresh(self) -> None:
        """Says that operands which steps call constant may have new content."""

    def run(self) -> None:
        """Runs every step once."""

    def run_timed(self) -> list[float]:
        """Runs every step once; returns the seconds that each took, calls of Python left out."""

class Loop:
    """A program that runs batch after batch."""

    def __init__(
        self,
        program: Program,
        sources: Sequence[tuple[int, int, int, int, int, int, int]],
        sinks: Sequence[tuple[int, int, int, int]],
        batch_size: int,
    ) -> None: ...
    def run(self, order_address: int, first_row: int, batches: int, seconds: float) -> int:
        """Runs up to `batches` batches; returns how many were done."""

def set_num_threads(count: int) -> None:
    """Sets the number of threads; less than 1 restores the default."""

def num_threads() -> int: ...
def instruction_set() -> str:
    """The instruction set in use: avx512, avx2 or portable."""

def convolutions() -> str:
    """Who computes convolutions: oneDNN and its version, or why not. Loads it."""

def bfloat16() -> str:
    """How convolutions of bfloat16 are computed. Loads oneDNN."""

def opcodes() -> list[tuple[str, int]]:
    """Name and number of operands of each elementwise operation."""

def kernels() -> list[str]:
    """The kernels' names."""

def permutation(seed: int, n: int, address: int) -> None:
    """Writes a random order of 0 ... n - 1 as int64."""

def first_nonfinite(address: int, dtype: int, count: int) -> int:
    """The position of the first infinity or NaN, or -1."""
