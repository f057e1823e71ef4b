"""Captures from files and standard input: one stream of packets, in order of time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tcpmc.captures import binary
from tcpmc.captures.frames import ReaderNotes
from tcpmc.captures.packet import Packet
from tcpmc.captures.packet_table import PacketTable
from tcpmc.captures.source import opened
from tcpmc.errors import BadInput

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAGIC_SIZE = 4


@dataclass
class Capture:
    """The packets of some files ("-": standard input), as one capture by time.

    Read it once: iterate over it, or over `tables()`, which has the same packets some thousands at
    a time. What is left out is told by file, in `told`, as far as has been read.
    """

    paths: Sequence[str]
    told: list[ReaderNotes] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.paths:
            raise BadInput("no capture is given: name files, or - for standard input")
        if self.paths.count("-") > 1:
            raise BadInput("standard input (-) can be read only once")
        self.told = [ReaderNotes() for _ in self.paths]

    def __iter__(self) -> Iterator[Packet]:
        for table in self.tables():
            yield from table

    def tables(self) -> Iterator[PacketTable]:
        """The packets as tables; BadInput if there is none."""
        streams = [self._of(index) for index in range(len(self.paths))]
        count = 0
        for table in streams[0] if len(streams) == 1 else _by_time(streams):
            count += len(table)
            yield table
        if not count:
            raise BadInput(self._nothing())

    @property
    def ended(self) -> int | None:
        """When the last file ended, in nanoseconds, where they tell it, as far as has been read."""
        return max((notes.ended for notes in self.told if notes.ended is not None), default=None)

    def _of(self, index: int) -> Iterator[PacketTable]:
        path, notes = self.paths[index], self.told[index]
        with opened(path, notes) as (stream, beginning):
            if not beginning:
                raise BadInput(f"{path} is empty")
            magic = beginning[:MAGIC_SIZE]
            if magic in binary.READERS:
                tables = binary.tables(stream, magic, notes)
            else:
                from tcpmc.captures.text import recognise

                if b"\0\0" in beginning:
                    raise BadInput(f"{path} is neither pcap, pcapng nor text")
                tables = recognise.tables(stream, beginning, notes)
            for table in tables:
                table.columns["file"] = index
                yield table

    def _nothing(self) -> str:
        """Why there is nothing, on one line."""
        files = zip(self.paths, self.told, strict=True)
        why = [f"{path}: {reason}" for path, notes in files for reason in notes.reasons()]
        return "no TCP segment was found in " + ("; ".join(why) or ", ".join(self.paths))


def read(paths: Sequence[str]) -> Capture:
    """The capture in these files; "-" is standard input. BadInput if they cannot be read."""
    return Capture(list(paths))


def _by_time(streams: Sequence[Iterator[PacketTable]]) -> Iterator[PacketTable]:
    """The packets of all streams by time; those of one stream stay in its order."""
    import numpy as np

    waiting: dict[int, tuple[PacketTable, NDArray[np.int64]]] = {}
    latest = [np.iinfo(np.int64).min] * len(streams)
    live = set(range(len(streams)))
    while live or waiting:
        for index in sorted(live - waiting.keys()):
            table = next(streams[index], None)
            if table is None:
                live.discard(index)
                continue
            time = table.column("time").copy()
            time[0] = max(time[0], latest[index])
            times = np.maximum.accumulate(time)
            latest[index] = times[-1]
            waiting[index] = table, times
        if not waiting:
            return
        horizon = min((waiting[i][1][-1] for i in live), default=np.iinfo(np.int64).max)
        ready = []
        for index, (table, times) in sorted(waiting.items()):
            count = int(np.searchsorted(times, horizon, side="right"))
            ready.append((table.take(slice(0, count)), times[:count]))
            if count == len(table):
                del waiting[index]
            else:
                waiting[index] = table.take(slice(count, None)), times[count:]
        order = np.argsort(np.concatenate([times for _, times in ready]), kind="stable")
        yield PacketTable.joined([table for table, _ in ready]).take(order)
