"""Packets of a long connection: in columns, and each made when it is asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, overload

from tcpmc.captures.packet import Endpoint, Packet
from tcpmc.captures.packet_table import COLUMNS, PacketTable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PART = 2**16
"""Packets that are kept together."""


class PacketRows(Sequence[Packet]):
    """Packets in order, some 50 octets each. Their endpoints have the same numbers in all parts."""

    def __init__(self, table: PacketTable | None = None) -> None:
        self._parts: list[PacketTable] = []
        self._recent: list[PacketTable] = []
        self._endpoints: list[Endpoint] = []
        self._size = self._waiting = 0
        if table is not None:
            self.add(table)

    @staticmethod
    def of(packets: Sequence[Packet]) -> PacketRows:
        """These packets, in columns."""
        return packets if isinstance(packets, PacketRows) else PacketRows(PacketTable.of(packets))

    def add(self, table: PacketTable) -> None:
        """The packets of the table come next."""
        if not len(table):
            return
        self._recent.append(self._numbered(table))
        self._size += len(table)
        self._waiting += len(table)
        if self._waiting >= PART:
            self._parts.append(self._joined(self._recent).packed())
            self._recent, self._waiting = [], 0

    def __iadd__(self, packets: Sequence[Packet]) -> PacketRows:
        if isinstance(packets, PacketRows):
            for part in packets.parts():
                self.add(part)
        elif packets:
            self.add(PacketTable.of(packets))
        return self

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Packet]:
        for part in self.parts():
            yield from part

    @overload
    def __getitem__(self, place: int) -> Packet: ...
    @overload
    def __getitem__(self, place: slice) -> PacketRows: ...
    def __getitem__(self, place: int | slice) -> Packet | PacketRows:
        if isinstance(place, slice):
            begin, end, step = place.indices(self._size)
            if step != 1:
                raise ValueError("the packets of a long connection must be taken in order")
            return PacketRows(self.part(begin, end))
        at = place + self._size if place < 0 else place
        if not 0 <= at < self._size:
            raise IndexError(place)
        return self.part(at, at + 1).packet(0)

    def parts(self) -> Iterator[PacketTable]:
        """All packets, as tables."""
        for part in (*self._parts, *self._recent):
            yield part.unpacked()

    def part(self, begin: int, end: int) -> PacketTable:
        """The packets of these places, as one table."""
        parts, at = [], 0
        for part in (*self._parts, *self._recent):
            low, high = max(begin - at, 0), min(end - at, len(part))
            if low < high:
                parts.append(part.take(slice(low, high)))
            at += len(part)
            if at >= end:
                break
        return self._joined(parts).unpacked() if parts else PacketTable.of([])

    def values(self, name: str) -> set[int]:
        """The different values of a column."""
        import numpy as np

        numbers: set[int] = set()
        for part in (*self._parts, *self._recent):
            column = part.columns[name]
            numbers |= {column} if isinstance(column, int) else set(np.unique(column).tolist())
        return numbers

    def vary(self, *names: str) -> bool:
        """Whether one of these columns has different values."""
        return any(len(self.values(name)) > 1 for name in names)

    def counted(self, name: str, source: Endpoint) -> Counter[Any]:
        """How many packets from an end have which value of a field."""
        import numpy as np

        counts: Counter[Any] = Counter()
        for part in (*self._parts, *self._recent):
            own = part.column(name)[part.column("source") == self._number(source)]
            for value, count in zip(*np.unique(own, return_counts=True), strict=True):
                counts[part.meaning(name, int(value))] += int(count)
        return counts

    def _numbered(self, table: PacketTable) -> PacketTable:
        """The table with the endpoints of all of these packets, and no others."""
        import numpy as np

        columns = dict(table.columns)
        for name in ("source", "destination"):
            codes, index = np.unique(table.column(name), return_inverse=True)
            columns[name] = np.array([self._number(table.endpoints[c]) for c in codes])[index]
        return PacketTable(columns, self._endpoints, len(table)).packed()

    def _number(self, endpoint: Endpoint) -> int:
        if endpoint not in self._endpoints:
            self._endpoints.append(endpoint)
        return self._endpoints.index(endpoint)

    def _joined(self, parts: Sequence[PacketTable]) -> PacketTable:
        import numpy as np

        if len(parts) == 1:
            return parts[0]
        columns: dict[str, NDArray[np.int64] | int] = {
            name: np.concatenate([part.column(name) for part in parts]) for name in COLUMNS
        }
        return PacketTable(columns, self._endpoints, sum(map(len, parts)))
