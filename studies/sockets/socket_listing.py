"""A listing of sockets, read line by line, whatever tool wrote it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tcpmc.model.endpoint.tcb import State
from tcpmc.reports.layout import printable
from tcpmc.studies.sockets.formats.lsof import read_lsof
from tcpmc.studies.sockets.formats.netstat import read_netstat, read_program, read_solaris
from tcpmc.studies.sockets.formats.powershell import read_powershell
from tcpmc.studies.sockets.formats.proc_net import read_proc_net
from tcpmc.studies.sockets.formats.sockstat import read_sockstat
from tcpmc.studies.sockets.formats.ss import detailed, is_detail, read_ss
from tcpmc.studies.sockets.socket_entry import Reading, Refusal, SocketEntry, anywhere
from tcpmc.studies.sockets.socket_lines import (
    LONGEST,
    Marks,
    begins_other_sockets,
    family_of,
    heading_of,
    is_of_columns,
    ways_to_read,
    without_colours,
)
from tcpmc.studies.sockets.socket_table import SocketTable

Reader = Callable[[str], Reading]
READERS: dict[Reader, str] = {
    read_ss: "ss",
    read_netstat: "netstat",
    read_proc_net: "/proc/net/tcp",
    read_lsof: "lsof",
    read_sockstat: "sockstat",
    read_solaris: "netstat of Solaris",
    read_powershell: "Get-NetTCPConnection",
}
REPEATED = ("lsof", "sockstat")
"""Formats with a line for each process that holds a socket."""
KEPT, SHOWN = 1000, 80
UNREADABLE = (
    "it is no line of a listing of sockets (ss -tan, netstat -an, lsof -nP -iTCP and others)"
)
NOT_OF_TCP = "sockets without a connection and none in a state that only TCP has: ss -tan lists TCP"


@dataclass
class Listing:
    """What a listing has: its sockets; how many lines are about other sockets, by kind; and what
    could not be read and why, by number of the line, the first `KEPT` of `unread_count`."""

    table: SocketTable = field(default_factory=SocketTable)
    others: Counter[str] = field(default_factory=Counter)
    unread: dict[int, str] = field(default_factory=dict)
    unread_count: int = 0
    formats: set[str] = field(default_factory=set)

    def refuse(self, line: int, why: str) -> None:
        """Note what cannot be read."""
        self.unread_count += 1
        if len(self.unread) < KEPT:
            self.unread[line] = why


def read(lines: Iterable[str]) -> Listing:
    """Read a listing. Lines of several formats may be mixed; a socket that is listed once for each
    process is one."""
    reading = _Reading()
    for number, line in enumerate(lines, 1):
        reading.take(number, line)
    return reading.finished()


class _Reading:
    """A listing that is being read: the reader of the line before is tried first, and the socket of
    the line before may still be told more of."""

    def __init__(self) -> None:
        self.listing = Listing()
        self.reader: Reader = read_ss
        self.marks: Marks = ()
        self.last: SocketEntry | None = None
        self.rows: dict[tuple[object, ...], int] = {}
        self.among_others, self.family = False, ""
        self.section_from = (0, 0)
        self.is_of_tcp = self.has_unconnected = False

    def take(self, number: int, line: str) -> None:
        """One line more."""
        found = None if self.marks else self.reader(line)
        if not isinstance(found, SocketEntry):
            found = self._looked_into(number, line)
        elif self.last is not None:
            self._keep(self.last)
        if found is not None:
            self.last = found
            if not found.is_named:
                self._consider(found)

    def _looked_into(self, number: int, line: str) -> SocketEntry | None:
        """The socket of a line that needs more than the reader of the line before; what else it is
        has been noted."""
        if len(line) > LONGEST:
            self.listing.refuse(number, f"it has more than {LONGEST:,} characters")
            return None
        line = without_colours(line)
        found, reader, marks = _by_any(line, self.marks)
        if isinstance(found, SocketEntry):
            self._keep(self.last)
            self.reader, self.marks = reader, marks
            return found
        if heading := heading_of(line):
            self._begin_section(number)
            if not is_of_columns(heading):
                self.among_others = begins_other_sockets(heading)
                self.family = family_of(heading)
        elif found is not None:
            self._refuse(number, line, found)
        elif self.among_others and line:
            self.listing.others["other"] += 1
        elif line and not self._adds_to_the_last(line):
            self.listing.refuse(number, f"{UNREADABLE}: {_short(line)}")
        return None

    def _refuse(self, number: int, line: str, found: Refusal) -> None:
        if found.kind:
            self.listing.others[printable(found.kind)] += 1
        else:
            self.listing.refuse(number, f"{printable(found.why)}: {_short(line)}")

    def _adds_to_the_last(self, line: str) -> bool:
        """Whether the line tells more about the socket before it."""
        if self.last is None:
            return False
        program = read_program(line)
        if program and self.last.processes:
            held = tuple(f"{program} ({process})" for process in self.last.processes)
            self.last = self.last._replace(processes=held)
        elif line[0].isspace() and is_detail(line):
            self.last = detailed(self.last, line)
        else:
            return False
        return True

    def _keep(self, entry: SocketEntry | None) -> None:
        """Put the socket of the line before, which its reader has read, into the table."""
        self.last = None
        if entry is None:
            return
        if self.family:
            local, peer = (anywhere(end, self.family) for end in (entry.local, entry.peer))
            entry = entry._replace(local=local, peer=peer)
        listing, name = self.listing, READERS[self.reader]
        listing.formats.add(name)
        if name in REPEATED or len(listing.formats) > 1:
            row = self._row_of(entry)
            if row < len(listing.table):
                listing.table.add_holders(row, entry.processes)
                return
        listing.table.add(entry)

    def _row_of(self, entry: SocketEntry) -> int:
        """Where the table has the socket already, or will have it."""
        table = self.listing.table
        if not self.rows:
            self.rows = {(e.state, e.local, e.peer): row for row, e in enumerate(table)}
        return self.rows.setdefault((entry.state, entry.local, entry.peer), len(table))

    def _consider(self, entry: SocketEntry) -> None:
        """Note what tells sockets of UDP from those of TCP where the lines do not say it."""
        if entry.state == State.CLOSED:
            self.has_unconnected = True
        elif entry.state != State.ESTABLISHED:
            self.is_of_tcp = True

    def _begin_section(self, number: int) -> None:
        """Another heading: what was listed before it may have been sockets of UDP (ss -uan)."""
        self._keep(self.last)
        row, line = self.section_from
        table = self.listing.table
        if self.has_unconnected and not self.is_of_tcp:
            self.listing.others["udp"] += len(table) - row
            self.listing.refuse(line + 1, NOT_OF_TCP)
            table.forget(row)
            self.rows.clear()
        self.section_from = len(table), number
        self.is_of_tcp = self.has_unconnected = False

    def finished(self) -> Listing:
        """The whole listing."""
        self._begin_section(0)
        return self.listing


def _by_any(line: str, marks: Marks) -> tuple[Reading, Reader, Marks]:
    """What the line is by the first reader that knows it, with or without marks before it; first
    those of the line before."""
    refused: Reading = None
    for way, text in ways_to_read(line, marks):
        for reader in READERS:
            found = reader(text)
            if isinstance(found, SocketEntry):
                return found, reader, way
            refused = refused or found
    return refused, read_ss, marks


def _short(text: str) -> str:
    shown = printable(text.strip())
    return shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}..."
