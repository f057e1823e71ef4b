"""The compiled kernel as a backend: threads, each with candidates of its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event
from typing import TypeVar

import numpy as np

from tcpmc.checks.explore import _kernel
from tcpmc.checks.explore.arrays import distinct
from tcpmc.checks.explore.backend import expanded
from tcpmc.checks.explore.flat import FlatTables
from tcpmc.checks.explore.levels import NO_BLOCKS, SHIFT, Blocks, Level
from tcpmc.checks.explore.tables import Ints

CHUNK = 1 << 11
"""Blocks in one call: some 10 ms, after which Ctrl-C and limits are looked at."""

PERIOD = 0.05
"""Seconds after which this thread looks whether it is to end, while others work."""

T = TypeVar("T")


class KernelBackend:
    """What was seen, in one part for each thread, and what each thread found."""

    exchange = False

    def __init__(self, tables: FlatTables, threads: int = 1) -> None:
        self.tables = tables
        self._seen = [_kernel.Blocks() for _ in range(threads)]
        self._found = [_kernel.Blocks() for _ in range(threads)]
        self._settled, self._fresh = Level.of(NO_BLOCKS), NO_BLOCKS

    def add(self, level: Level) -> None:
        """Make the states candidates."""
        self.tables.cover(level.states())
        blocks = level.blocks()
        self._found[0].add(blocks.keys, blocks.used, blocks.words)

    def settle(self) -> Level:
        """The candidates that were not seen before: they are now."""
        parts = len(self._seen)

        def absorb(part: int, stop: Event) -> Blocks:
            new = self._seen[part].absorb(self._found, part, parts, SHIFT)
            return Blocks(*map(np.frombuffer, new, (np.uint64, np.uint8, np.uint64)))

        big = sum(map(len, self._found)) > CHUNK
        self._fresh = Blocks.together(_each(absorb, parts, big))
        for found in self._found:
            found.clear()
        self._settled = Level.of(self._fresh)
        return self._settled

    def expand(self, level: Level) -> int:
        """Make all successors candidates; returns the number of transitions."""
        return expanded(self, self.tables, self.form(level))

    def form(self, level: Level) -> Blocks:
        """The states in the form in which `step` takes them."""
        return self._fresh if level is self._settled else level.blocks()

    def step(self, blocks: Blocks) -> tuple[int, Ints, Blocks]:
        """Expand as far as the tables are filled in: the number of transitions, the entries that
        are missing, as rows (stage, key), and the blocks that need them."""
        arrays, sizes = self.tables.arrays(), self.tables.sizes()
        cuts, first = _cuts(blocks), blocks.first
        parts = (blocks.keys, blocks.used, blocks.words)
        threads = len(self._found)

        def work(thread: int, stop: Event) -> list[tuple[int, tuple[bytes, bytes]]]:
            found = self._found[thread]
            return [
                _kernel.expand(arrays, sizes, *parts, start, end, int(first[start]), found)
                for start, end in cuts[thread::threads]
                if not stop.is_set()
            ]

        done = [part for parts in _each(work, threads, len(cuts) > 1) for part in parts]
        missing = np.frombuffer(b"".join(lacks for _, (lacks, _) in done), np.int64)
        again = np.frombuffer(b"".join(again for _, (_, again) in done), np.int64)
        left = blocks.at(np.sort(again))
        return sum(edges for edges, _ in done), missing.reshape(-1, 2), left


def _cuts(blocks: Blocks) -> list[tuple[int, int]]:
    """The blocks in chunks that do not cut a row in two."""
    if len(blocks) <= CHUNK:
        return [(0, len(blocks))]
    rows = blocks.rows
    starts = np.concatenate(([0], np.flatnonzero(rows[1:] != rows[:-1]) + 1))
    wanted = np.searchsorted(starts, np.arange(0, len(blocks), CHUNK))
    edges = distinct(starts[np.minimum(wanted, len(starts) - 1)]).tolist()
    return list(zip(edges, [*edges[1:], len(blocks)], strict=True))


def _each(work: Callable[[int, Event], T], parts: int, big: bool) -> list[T]:
    """The work for each part, in threads if it is worth them. An exception in this thread, such as
    that of a limit, has the others stop after the chunk at hand."""
    stop = Event()
    if parts == 1 or not big:
        return [work(part, stop) for part in range(parts)]
    with ThreadPoolExecutor(parts) as pool:
        futures = [pool.submit(work, part, stop) for part in range(parts)]
        try:
            while wait(futures, PERIOD).not_done:
                pass
        finally:
            stop.set()
        return [future.result() for future in futures]
