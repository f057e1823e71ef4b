"""Limits, Ctrl-C and progress of a run: one thread watches while the main one computes."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from _thread import interrupt_main
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TextIO

PERIOD = 0.2
QUIET_SECONDS = 2.0
PLAIN_PERIOD = 10.0
GIGABYTE = 10**9


class Stopped(KeyboardInterrupt):
    """The run has to end now; says why."""


def resident_memory() -> int:
    """Bytes of memory that this process occupies now (where the system does not tell: at most)."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return _peak_memory()


def _peak_memory() -> int:
    try:
        import resource
    except ImportError:  # Windows: no limit on memory
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def default_memory() -> int:
    """The default limit in bytes for one engine: 4 GB, or half of the machine if that is less."""
    try:
        machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return 4 * GIGABYTE
    return min(4 * GIGABYTE, machine // 2)


@dataclass(frozen=True)
class Limits:
    """When to stop: states of one exploration, bytes of memory of one engine, seconds in all."""

    states: int | None = None
    memory: int = field(default_factory=default_memory)
    seconds: float | None = None

    def exceeded(self, started: float) -> str | None:
        """The limit that is exceeded now, as a reason; `started` is a time.monotonic()."""
        if self.seconds is not None and time.monotonic() - started >= self.seconds:
            return f"timeout of {self.seconds:g} s"
        if resident_memory() > self.memory:
            return f"memory limit of {self.memory / GIGABYTE:g} GB"
        return None


@dataclass
class Monitor:
    """Watches a run. Within `interruptible()` a limit or Ctrl-C raises Stopped in the main thread;
    outside of it, it is only noted in `reason`.

    `status` tells what the run does now, for the progress line; "" for none.
    """

    limits: Limits = field(default_factory=Limits)
    stream: TextIO | None = None
    status: Callable[[], str] = lambda: ""
    reason: str | None = None
    started: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self._open = False
        self._done = threading.Event()
        self._shown = 0
        self._next_plain = QUIET_SECONDS
        self._live = self.stream is not None and self.stream.isatty() and not os.environ.get("CI")

    @contextmanager
    def running(self) -> Iterator[Monitor]:
        """Watch for the time of a `with` block; the previous handler of Ctrl-C comes back after."""
        main = threading.current_thread() == threading.main_thread()
        previous = signal.getsignal(signal.SIGINT) if main else None
        self._ignores = previous == signal.SIG_IGN
        if main:
            signal.signal(signal.SIGINT, self._interrupt)
        watcher = threading.Thread(target=self._watch, args=(main,), daemon=True)
        watcher.start()
        try:
            yield self
        finally:
            self._done.set()
            watcher.join()
            if main:
                signal.signal(signal.SIGINT, previous)
            self._clear()

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Where Stopped may be raised. Raises it at once if the run has to end already."""
        self._open = True
        try:
            if self.reason:
                raise Stopped(self.reason)
            yield
        finally:
            self._open = False

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        if self.reason is None:
            if self._ignores:
                return
            self.reason = "interrupted"
        if self._open:
            raise Stopped(self.reason)

    def _watch(self, can_interrupt: bool) -> None:
        while not self._done.wait(PERIOD):
            with suppress(OSError, ValueError):  # nobody reads it any more
                self._show()
            exceeded = None if self.reason else self.limits.exceeded(self.started)
            if exceeded:
                self.reason = exceeded
                if can_interrupt:
                    interrupt_main()

    def _show(self) -> None:
        elapsed = time.monotonic() - self.started
        if self.stream is None or elapsed < self._next_plain:
            return
        status = self.status()
        if not status:
            return
        line = f"{elapsed:4.0f} s  {status}"
        if self._live:
            width = max(20, _columns(self.stream) - 1)
            line = line[:width]
            self.stream.write("\r" + line.ljust(self._shown))
            self._shown = len(line)
        else:
            self.stream.write(line + "\n")
            self._next_plain = elapsed + PLAIN_PERIOD
        self.stream.flush()

    def _clear(self) -> None:
        if self.stream is None or not self._shown:
            return
        with suppress(OSError, ValueError):
            self.stream.write("\r" + " " * self._shown + "\r")
            self.stream.flush()


def _columns(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns
    except OSError:
        return 80


class Rate:
    """How fast a count grows, since this object was made."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    def per_second(self, count: int) -> int:
        """The count divided by the seconds passed."""
        return round(count / max(time.monotonic() - self._started, 0.001))
