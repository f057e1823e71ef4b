"""The compiled kernel as a backend: threads, each with candidates of its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from threading import Event
from typing import TypeVar

import numpy as np

from tcpmc.checks.statespace import _kernel
from tcpmc.checks.statespace.backend import expanded
from tcpmc.checks.statespace.levels import NO_BLOCKS, SHIFT, Blocks, Level
from tcpmc.checks.statespace.table_arrays import NONE, FlatTables
from tcpmc.checks.statespace.tables import Ints

CHUNK, SMALL = 1 << 13, 1 << 9
"""Blocks in one call: some 10 ms, after which Ctrl-C and limits are looked at; and so few that they
are not shared out."""

SHARES = 4
"""Calls for each thread, if there are several: which one is done first takes the next."""

PERIOD = 0.05
"""Seconds after which this thread looks whether it is to end, while others work."""

T = TypeVar("T")


@dataclass(frozen=True)
class Todo:
    """What is to be done of the rows of some blocks: everything; or `some` (n,), which is the first
    block of each row and in the last bits the parts of its steps."""

    blocks: Blocks
    some: Ints | None = None

    def __len__(self) -> int:
        return len(self.blocks if self.some is None else self.some)

    def shares(self, threads: int) -> list[tuple[int, int, int, Ints]]:
        """Shared out: from which block to which, where its words begin, and `some` of it."""
        blocks = len(self.blocks)
        if not blocks:
            return []
        size = min(CHUNK, max(SMALL, blocks // (SHARES * threads))) if threads > 1 else CHUNK
        first, shares = self.blocks.first, []
        for start in range(0, blocks, size):
            stop = min(start + size, blocks)
            shares.append((start, stop, int(first[start]), self._some_of(start, stop)))
        return shares if self.some is None else [share for share in shares if len(share[3])]

    def _some_of(self, start: int, stop: int) -> Ints:
        if self.some is None:
            return NONE
        cuts = np.searchsorted(self.some, (start << _kernel.PARTS, stop << _kernel.PARTS))
        return self.some[slice(*cuts)]


class KernelBackend:
    """What was seen, in one part for each thread, and what each thread found."""

    def __init__(self, tables: FlatTables, threads: int = 1) -> None:
        self.tables, self._threads = tables, threads
        self._seen = [_kernel.Blocks() for _ in range(threads)]
        self._found = [_kernel.Blocks() for _ in range(threads)]
        self._others = ThreadPoolExecutor(max(1, threads - 1))
        self._settled, self._fresh = Level.of(NO_BLOCKS), NO_BLOCKS

    def add(self, level: Level) -> None:
        """Make the states candidates."""
        self.tables.cover(level.states())
        blocks = level.blocks()
        self._found[0].add(blocks.keys, blocks.used, blocks.words)

    def settle(self) -> Level:
        """The candidates that were not seen before: they are now."""

        def absorb(part: int, stop: Event) -> Blocks:
            new = self._seen[part].absorb(self._found, part, self._threads, SHIFT)
            return Blocks(*map(np.frombuffer, new, (np.uint64, np.uint8, np.uint64)))

        big = sum(map(len, self._found)) > SMALL
        self._fresh = Blocks.together(self._each(absorb, big))
        for candidates in self._found:
            candidates.clear()
        self._settled = Level.of(self._fresh)
        return self._settled

    def expand(self, level: Level) -> int:
        """Make all successors candidates; returns the number of transitions."""
        return expanded(self, self.tables, self.form(level))

    def form(self, level: Level) -> Todo:
        """The states in the form in which `step` takes them."""
        return Todo(self._fresh if level == self._settled else level.blocks())

    def step(self, todo: Todo) -> tuple[int, Ints, Todo]:
        """Expand as far as the tables are filled in: the number of transitions, the entries that
        are missing, as rows (stage, key), and what needs them."""
        arrays, sizes, blocks = self.tables.arrays(), self.tables.sizes(), todo.blocks
        parts = (blocks.keys, blocks.used, blocks.words)
        shares = todo.shares(self._threads)
        left = iter(shares)

        def work(thread: int, stop: Event) -> list[tuple[int, tuple[bytes, bytes]]]:
            candidates = self._found[thread]
            return [
                _kernel.expand(arrays, sizes, *parts, begin, end, first, some, candidates)
                for begin, end, first, some in left
                if not stop.is_set()
            ]

        done = [part for parts in self._each(work, len(shares) > 1) for part in parts]
        missing = np.frombuffer(b"".join(lacks for _, (lacks, _) in done), np.int64)
        again = np.frombuffer(b"".join(again for _, (_, again) in done), np.int64)
        edges = sum(edges for edges, _ in done)
        return edges, missing.reshape(-1, 2), Todo(blocks, np.sort(again))

    def _each(self, work: Callable[[int, Event], T], big: bool) -> list[T]:
        """The work for each part, in threads if it is worth them: this one does the first. An
        exception here, such as that of a limit, has the others stop after the call at hand."""
        stop = Event()
        if not big or self._threads == 1:
            return [work(part, stop) for part in range(self._threads)]
        others = [self._others.submit(work, part, stop) for part in range(1, self._threads)]
        try:
            first = work(0, stop)
            while wait(others, PERIOD).not_done:
                pass
        finally:
            stop.set()
            wait(others)
        return [first, *(other.result() for other in others)]
