"""tcpmc: a formal model of TCP connection management, and a model checker for it.

The three parts: `tcpmc.model` says what TCP does (RFC 9293), `tcpmc.checks` decides
properties of it, `tcpmc.diagrams` draws it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from os import PathLike

    from tcpmc.checks.conform.conform import Report

__version__: str


def conform(
    *paths: str | PathLike[str],
    stack: str = "rfc9293",
    at: str | None = None,
    timeout: float | None = None,
) -> Report:
    """What some captures, as one by time, tell of each connection and each of its ends.

    `stack` is the name of a variant, or the path of a file with one; `at` an address, `middle` or
    `both`; `timeout` in seconds, for each end. Raises BadInput for what cannot be read.
    """
    from tcpmc.checks.conform.stacks import stack_of
    from tcpmc.checks.conform.stream import report_on
    from tcpmc.checks.running.loading import find_variant

    held_against = stack_of(find_variant(stack))
    return report_on([str(path) for path in paths], held_against, at, timeout)


def __getattr__(name: str) -> str:
    """`__version__`, when it is asked for: to find it out takes longer than to start."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("tcpmc")
    except PackageNotFoundError:  # run from a source tree that was never installed
        return "0+unknown"
