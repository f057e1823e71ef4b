"""A capture of any size, connection by connection, as it is read.

Connections that are alike are judged once. Others are judged by several processes, where there are
enough of them to be worth it.
"""

from __future__ import annotations

import gc
import multiprocessing
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from tcpmc.captures import Capture, Connection, conversations, read
from tcpmc.captures.connections import LONG
from tcpmc.captures.packet_rows import PacketRows
from tcpmc.captures.packet_table import NEVER, PacketTable
from tcpmc.captures.summary import Summary, summed
from tcpmc.checks.conform.alike import LONGEST, shape
from tcpmc.checks.conform.conform import ConnectionReport, EndReport, Report, connection, where
from tcpmc.checks.conform.conversations import Conversation, conversation
from tcpmc.checks.conform.stacks import Stack
from tcpmc.checks.conform.vantage import Vantage

AHEAD = 4
"""Connections for each process that wait for their turn."""
WORTH_IT = 8
"""Connections that are judged before processes are started for more."""
MOST_KINDS = 10_000
LEAST_SECONDS, SECONDS_PER_PACKET, MOST_SECONDS = 4.0, 0.1, 120.0
"""What an end may take where nothing else is asked for."""
LONG_AFTER = 366 * 86400 * 10**9
"""Nanoseconds after the last packet in which a capture ends, or its end is not believed."""
WITH_PACKETS = 64
"""So many reports on connections like an earlier one keep their packets."""


@dataclass
class Settings:
    """How a capture is held against a stack: `at` as for `connection`, `timeout` in seconds for
    each end (None: by the number of packets), which connections (by their summaries), and how many
    processes. `find` finds the stack again in another process. Unless `compare`, every connection
    is judged by itself."""

    stack: Stack
    at: str | None = None
    timeout: float | None = None
    chosen: Callable[[Summary], bool] = lambda _: True
    processes: int = 1
    find: Callable[[], Stack] | None = None
    compare: bool = True

    def limit(self, found: Conversation) -> float:
        """The seconds that each end of it may take."""
        if self.timeout is not None:
            return self.timeout
        return min(LEAST_SECONDS + len(found.packets) * SECONDS_PER_PACKET, MOST_SECONDS)


@dataclass
class Progress:
    """How far a run is: packets read, and the time of the latest, in seconds."""

    packets: int = 0
    until: float | None = None
    latest: int = field(default=NEVER)

    def follow(self, capture: Capture) -> Iterator[PacketTable]:
        """The tables of the capture, counted."""
        for table in capture.tables():
            self.packets += len(table)
            self._reach(int(table.column("time").max()))
            yield table
        if capture.ended is not None and 0 < capture.ended - self.latest < LONG_AFTER:
            self._reach(capture.ended)

    def _reach(self, time: int) -> None:
        self.latest = max(self.latest, time)
        self.until = None if self.latest == NEVER else self.latest / 1e9


def reports(capture: Capture, settings: Settings, progress: Progress) -> Iterator[ConnectionReport]:
    """The reports on the connections of the capture, in the order in which they are over."""
    judge = Judge(settings)
    with _few_collections(), judge:
        for chain in conversations(progress.follow(capture)):
            yield from judge.take(chain, progress.until)
        yield from judge.rest()


def report_on(
    paths: Sequence[str], stack: Stack, at: str | None = None, timeout: float | None = None
) -> Report:
    """The report on the captures in some files, each connection judged by itself."""
    settings = Settings(stack, at, timeout, compare=False)
    found = reports(read(paths), settings, Progress())
    return Report(stack, tuple(sorted(found, key=lambda report: report.number)))


def by_itself(report: ConnectionReport, settings: Settings, progress: Progress) -> ConnectionReport:
    """The same report with its own packets judged, where they were like others."""
    if not report.like:
        return report
    until, limit = progress.until, settings.limit(report.conversation)
    own = connection(report.conversation, settings.stack, settings.at, until, limit)
    return replace(own, incarnations=report.incarnations)


def _joined(chain: list[Connection]) -> Conversation:
    """Connections one after the other between the same endpoints."""
    packets = chain[0].packets
    if len(chain) > 1 and sum(len(one.packets) for one in chain) < LONG:
        packets = [packet for one in chain for packet in one.packets]
    elif len(chain) > 1:
        packets = rows = PacketRows()
        for one in chain:
            rows += one.packets
    return conversation(chain[0].number, packets)


@contextmanager
def _few_collections() -> Iterator[None]:
    """The garbage collector looks at objects less often: packets have no cycles."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)


class Judge:
    """Judges conversations, in order."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._kinds: dict[Hashable, ConnectionReport] = {}
        self._waiting: deque[tuple[Future[ConnectionReport], tuple[Summary, ...], Hashable]]
        self._waiting = deque()
        self._pool: ProcessPoolExecutor | None = None
        self._judged = self._kept = 0

    def __enter__(self) -> Judge:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def take(self, chain: list[Connection], until: float | None) -> Iterator[ConnectionReport]:
        """Judge the connections between two endpoints; the reports that are ready by now."""
        settings, found = self._settings, _joined(chain)
        vantage = where(found, settings.at)
        kind = self._kind(found, vantage, until)
        known = self._kinds.get(kind) if kind is not None and len(chain) == 1 else None
        if known is not None:
            report = self._like(known, found, vantage, chain[0])
            if settings.chosen(report.incarnations[0]):
                yield report
            return
        summaries = tuple(summed(one) for one in chain)
        if not any(map(settings.chosen, summaries)):
            return
        if settings.find and settings.processes > 1 and self._judged >= WORTH_IT:
            pool = self._start()
            future = pool.submit(_in_process, found, settings.at, until, settings.limit(found))
            self._waiting.append((future, summaries, kind))
            while self._waiting and (
                len(self._waiting) > AHEAD * settings.processes or self._waiting[0][0].done()
            ):
                yield self._next()
            return
        self._judged += 1
        limit = settings.limit(found)
        report = connection(found, settings.stack, settings.at, until, limit)
        yield self._known(report, summaries, kind)

    def rest(self) -> Iterator[ConnectionReport]:
        """What is still waited for."""
        while self._waiting:
            yield self._next()

    def _next(self) -> ConnectionReport:
        future, summaries, kind = self._waiting.popleft()
        return self._known(future.result(), summaries, kind)

    def _known(
        self, report: ConnectionReport, summaries: tuple[Summary, ...], kind: Hashable
    ) -> ConnectionReport:
        report = replace(report, incarnations=summaries)
        explained = all(
            end.judgement.strict.verdict == "CONFORMS" and not end.judgement.best.assumed
            for end in report.ends
        )
        if explained and kind is not None and len(self._kinds) < MOST_KINDS:
            self._kinds[kind] = report
        return report

    def _kind(self, found: Conversation, vantage: Vantage, until: float | None) -> Hashable | None:
        """What the verdicts depend on; None where it is not to be compared with others."""
        if len(found.packets) > LONGEST or not self._settings.compare:
            return None
        first = found.packets[0]
        place = first.file, first.interface
        if any((p.file, p.interface) != place for p in found.packets):
            return None
        known = shape(found.packets, found.ends, self._settings.stack, until)
        return known and (known, vantage.near, found.doubled > 0)

    def _like(
        self, known: ConnectionReport, found: Conversation, vantage: Vantage, one: Connection
    ) -> ConnectionReport:
        """The report on a connection that is like one that was judged."""
        self._kept += 1
        kept = found
        if self._kept > WITH_PACKETS:
            kept = Conversation(found.number, found.ends, [], found.doubled)
        first, second = known.ends
        ends = (
            EndReport(found.ends[0], first.judgement),
            EndReport(found.ends[1], second.judgement),
        )
        times = [p.time for p in (found.packets[0], found.packets[-1]) if p.time is not None]
        summary = replace(
            known.incarnations[0],
            number=one.number,
            incarnation=one.incarnation,
            ends=one.ends,
            start=times[0] if times else None,
            duration=times[-1] - times[0] if times else None,
        )
        return ConnectionReport(kept, vantage, ends, (summary,), like=True)

    def _start(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self._settings.processes,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_begin,
                initargs=(self._settings.find,),
            )
        return self._pool


_stack: list[Stack] = []


def _begin(find: Callable[[], Stack] | None) -> None:
    assert find is not None
    _stack.append(find())


def _in_process(
    found: Conversation, at: str | None, until: float | None, timeout: float | None
) -> ConnectionReport:
    return connection(found, _stack[0], at, until, timeout)
