"""Packets as columns of numbers: what the readers of files make, and fast to sort and to send."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import repeat
from typing import TYPE_CHECKING, Any

from tcpmc.captures.packet import ABSENT, BAD, GOOD, OFFLOADED, Endpoint, Packet

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NEVER = -(2**63)
"""In the column of times: no time is told."""
UNTOLD = -1
"""In the other columns: the capture does not tell it."""
FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32
BITS = {SYN: "SYN", ACK: "ACK", FIN: "FIN", RST: "RST", PSH: "PSH", URG: "URG"}
CHECKSUMS = (ABSENT, GOOD, BAD, OFFLOADED)

COLUMNS = (
    "number",
    "file",
    "time",
    "source",
    "destination",
    "seq",
    "ack",
    "length",
    "flags",
    "window",
    "mss",
    "wscale",
    "sack_permitted",
    "tsval",
    "tsecr",
    "ttl",
    "checksum",
    "truncated",
    "interface",
    "outbound",
    "after_gap",
)
"""The fields of a `Packet`, with its control bits in one: those of the TCP header. `source` and
`destination` are indices of `PacketTable.endpoints`; `checksum` is one of `CHECKSUMS`."""


class PacketTable:
    """Packets in some order: `columns` maps each of `COLUMNS` to an array of int64, all of one
    length, or to one number that all packets share."""

    __slots__ = ("columns", "endpoints", "size")

    def __init__(
        self,
        columns: dict[str, NDArray[np.int64] | int],
        endpoints: Sequence[Endpoint],
        size: int,
    ) -> None:
        self.columns, self.endpoints, self.size = columns, endpoints, size

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[Packet]:
        """The packets, one by one."""
        flags = self.column("flags")
        lists: list[Any] = []
        for name in COLUMNS:
            if name == "flags":
                lists += [((flags & bit) != 0).tolist() for bit in BITS]
            else:
                lists.append(self._values(name))
        return map(Packet._make, zip(*lists, strict=False))

    def packet(self, row: int) -> Packet:
        """One packet."""
        values: dict[str, Any] = {}
        for name, column in self.columns.items():
            value = column if isinstance(column, int) else int(column[row])
            if name == "flags":
                values.update((control, value & bit != 0) for bit, control in BITS.items())
            else:
                values[name] = self.meaning(name, value)
        return Packet(**values)

    def column(self, name: str) -> NDArray[np.int64]:
        """The column as an array."""
        import numpy as np

        value = self.columns[name]
        return np.full(self.size, value, np.int64) if isinstance(value, int) else value

    def packed(self) -> PacketTable:
        """The same in fewer octets: each column as narrow as it can be, or one number."""
        import numpy as np

        columns: dict[str, NDArray[np.int64] | int] = {}
        for name, column in self.columns.items():
            if isinstance(column, int) or not self.size:
                columns[name] = column
                continue
            low, high = int(column.min()), int(column.max())
            if low == high:
                columns[name] = low
            else:
                kind = np.promote_types(np.min_scalar_type(low), np.min_scalar_type(high))
                columns[name] = column.astype(kind if kind.kind in "iu" else np.int64)
        return PacketTable(columns, self.endpoints, self.size)

    def unpacked(self) -> PacketTable:
        """The same with columns of int64."""
        import numpy as np

        columns = {
            name: column if isinstance(column, int) else column.astype(np.int64, copy=False)
            for name, column in self.columns.items()
        }
        return PacketTable(columns, self.endpoints, self.size)

    def take(self, rows: Any) -> PacketTable:
        """The packets of these rows: a slice, a mask or indices."""
        columns = {k: v if isinstance(v, int) else v[rows] for k, v in self.columns.items()}
        if isinstance(rows, slice):
            return PacketTable(columns, self.endpoints, len(range(*rows.indices(self.size))))
        return PacketTable(columns, self.endpoints, len(self.column("number")[rows]))

    @staticmethod
    def of(packets: Sequence[Packet]) -> PacketTable:
        """These packets as a table."""
        import numpy as np

        places: dict[Endpoint, int] = {}
        values: dict[str, list[int]] = {name: [] for name in COLUMNS}
        for packet in packets:
            for name, column in values.items():
                column.append(_number(packet, name, places))
        columns: dict[str, NDArray[np.int64] | int] = {
            name: np.array(column, np.int64) for name, column in values.items()
        }
        return PacketTable(columns, list(places), len(packets))

    @staticmethod
    def joined(tables: Sequence[PacketTable]) -> PacketTable:
        """The packets of all, one table after the other. An endpoint of several has one number."""
        import numpy as np

        if len(tables) == 1:
            return tables[0]
        places: dict[Endpoint, int] = {}
        numbers = [
            np.array(
                [places.setdefault(endpoint, len(places)) for endpoint in table.endpoints], np.int64
            )
            for table in tables
        ]
        columns: dict[str, NDArray[np.int64] | int] = {}
        for name in COLUMNS:
            parts = [table.column(name) for table in tables]
            if name in ("source", "destination"):
                parts = [numbering[part] for numbering, part in zip(numbers, parts, strict=True)]
            columns[name] = np.concatenate(parts)
        return PacketTable(columns, list(places), sum(map(len, tables)))

    def _values(self, name: str) -> Any:
        """The values of a field of all packets, as they are in a `Packet`."""
        import numpy as np

        meaning, column = MEANINGS.get(name), self.columns[name]
        untold = NEVER if name == "time" else UNTOLD
        if isinstance(column, int):
            return repeat(self.meaning(name, column), self.size)
        if name in ("source", "destination"):
            return map(self.endpoints.__getitem__, column.tolist())
        values = column.tolist() if meaning is None else list(map(meaning, column.tolist()))
        missing = np.flatnonzero(column == untold)
        for row in missing.tolist():
            values[row] = None
        return values

    def meaning(self, name: str, value: int) -> Any:
        """A value in a column, as it is in a `Packet`."""
        if name in ("source", "destination"):
            return self.endpoints[value]
        if value == (NEVER if name == "time" else UNTOLD):
            return None
        meaning = MEANINGS.get(name)
        return value if meaning is None else meaning(value)


def _number(packet: Packet, name: str, places: dict[Endpoint, int]) -> int:
    """A field of a packet as the number that stands in the column."""
    if name == "flags":
        return sum(bit for bit, control in BITS.items() if getattr(packet, control))
    value = getattr(packet, name)
    if name in ("source", "destination"):
        return places.setdefault(value, len(places))
    if value is None:
        return NEVER if name == "time" else UNTOLD
    return CHECKSUMS.index(value) if name == "checksum" else int(value)


MEANINGS: dict[str, Callable[[int], Any]] = {
    "sack_permitted": bool,
    "checksum": CHECKSUMS.__getitem__,
    "truncated": bool,
    "outbound": bool,
    "after_gap": bool,
}
