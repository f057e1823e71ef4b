"""What expands levels: the compiled kernel where it is installed, or numpy; the same results."""

from __future__ import annotations

import os
from typing import Literal, Protocol

from tcpmc.checks.explore.flat import FlatTables
from tcpmc.checks.explore.levels import Level
from tcpmc.checks.explore.machine import Machine
from tcpmc.checks.explore.tables import Ints

Name = Literal["auto", "kernel", "numpy"]
NAMES = ("auto", "kernel", "numpy")


class NoKernel(Exception):
    """The kernel was asked for by name and is not installed."""


class Backend(Protocol):
    """The states that have been seen, and those that are candidates for the next level."""

    tables: FlatTables

    def add(self, states: Ints) -> None:
        """Make the states candidates."""

    def settle(self) -> Level:
        """The candidates that were not seen before: they are now."""

    def restore(self, level: Level) -> None:
        """See the states of a level that an earlier run found."""

    def expand(self, level: Level) -> int:
        """Make all successors candidates; returns the number of transitions."""


def kernel_is_there() -> bool:
    """Whether the compiled kernel can be imported."""
    try:
        from tcpmc.checks.explore import _kernel  # noqa: F401
    except ImportError:
        return False
    return True


def threads_available() -> int:
    """How many threads this process may run at once."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def backend_for(machine: Machine, name: str = "auto", threads: int | None = None) -> Backend:
    """A backend that has seen nothing yet. Raises NoKernel."""
    if name == "kernel" and not kernel_is_there():
        raise NoKernel("the compiled kernel is not installed: choose --backend numpy")
    tables = FlatTables(machine)
    if name == "numpy" or not kernel_is_there():
        from tcpmc.checks.explore.by_numpy import NumpyBackend

        return NumpyBackend(tables)
    from tcpmc.checks.explore.by_kernel import KernelBackend

    return KernelBackend(tables, threads or threads_available())
