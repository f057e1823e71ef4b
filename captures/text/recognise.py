"""A text with packets: its kind is recognised, and its lines become tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO, Protocol

from tcpmc.captures.frames import ReaderNotes
from tcpmc.captures.packet import ABSENT, Packet
from tcpmc.captures.packet_table import PacketTable
from tcpmc.captures.text import log, packetdrill, rfc_figures, tcpdump, tshark, tshark_fields
from tcpmc.captures.text.clock import Clock
from tcpmc.captures.text.line import CONTROLS, Line, NotRead, Other, Result
from tcpmc.captures.text.relative_numbers import Numbers

LINES, LONGEST_LINE = 2**12, 2**14
GAP = re.compile(
    r"\s*(?:\.\.\.+|…|\[\s*(?:\.\.\.+|…)\s*\]|[<\[(]\s*(?:snip\w*|cut|omitted)\s*[>\])])\s*$",
    re.IGNORECASE,
)
QUOTED = re.compile(r"(?:>[ ]?)+")
"""What a mail puts before lines of another. No packet's line begins so."""
ESCAPED = {"&gt;": ">", "&lt;": "<", "&amp;": "&"}
NOTHING = re.compile(r"\s*(?:#.*|//.*|```.*|~~~.*|[-=*_]{3,}\s*)?$")
UTF16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


class LineReader(Protocol):
    """Reads lines of one kind of text."""

    def read(self, text: str) -> Result:
        """What the line tells; NotRead if it is of this kind, but wrong."""


def readers() -> list[tuple[str, LineReader]]:
    """A reader of each kind, those first that are surest of their own."""
    return [
        (packetdrill.KIND, packetdrill.PacketdrillReader()),
        (rfc_figures.KIND, rfc_figures.FigureReader()),
        (tshark_fields.KIND, tshark_fields.FieldsReader()),
        (tshark.KIND, tshark.TsharkReader()),
        (tcpdump.KIND, tcpdump.TcpdumpReader()),
        (log.KIND, log.LogReader()),
    ]


class Recogniser:
    """Tries the readers on each line, the one first that read the last packet."""

    def __init__(self, told: ReaderNotes) -> None:
        self._readers = readers()
        self._told = told

    def read(self, text: str) -> Result:
        """What the line tells to the first reader that knows it."""
        wrong: NotRead | None = None
        for place, (kind, reader) in enumerate(self._readers):
            try:
                result = reader.read(text)
            except NotRead as error:
                wrong = wrong or error
                continue
            if isinstance(result, Line) and place:
                self._readers.insert(0, self._readers.pop(place))
            if isinstance(result, Line) and kind not in self._told.kinds:
                self._told.kinds.append(kind)
            if result is not None:
                return result
        if wrong is not None:
            raise wrong
        return None


def lines(stream: BinaryIO, beginning: bytes) -> Iterator[str]:
    """The lines of a text, in UTF-8 or, as PowerShell writes it, UTF-16; each cut where it is too
    long to be about a packet."""
    encoding = UTF16.get(beginning[:2])
    if encoding:
        stream.read(2)
        yield from stream.read(2**26).decode(encoding, "replace").split("\n")
        return
    while line := stream.readline(LONGEST_LINE):
        yield _plain(line.decode("utf-8", "replace").rstrip("\r\n").lstrip("\ufeff"))
        while not line.endswith(b"\n") and line:
            line = stream.readline(LONGEST_LINE)


def _plain(line: str) -> str:
    """The line as it was before mail and web pages."""
    if line.startswith(">"):
        line = line[QUOTED.match(line).end() :]  # type: ignore[union-attr]
    if "&" in line:
        for entity, character in ESCAPED.items():
            line = line.replace(entity, character)
    return line


def tables(stream: BinaryIO, beginning: bytes, told: ReaderNotes) -> Iterator[PacketTable]:
    """The packets of a text, some thousands at a time; lines that cannot be read are told."""
    numbered = enumerate(lines(stream, beginning), 1)
    recogniser, numbers, clock = Recogniser(told), Numbers(), Clock()
    count, gap = 0, False
    while some := list(islice(numbered, LINES)):
        found: list[tuple[Line, int, bool]] = []
        for place, text in some:
            result = _result(recogniser, text, place, told)
            if isinstance(result, Other):
                told.left_out[result.why] += 1
                count += 1
                gap = gap or result.hides
            elif isinstance(result, Line):
                count += 1
                numbers.understand(result)
                found.append((result, result.number or count, gap))
                gap = False
            elif GAP.match(text):
                gap = True
        times = clock.understand([line.clock for line, _, _ in found])
        packets = [
            packet
            for (line, number, after), time in zip(found, times, strict=True)
            for packet in packets_of(line, number, time, after)
        ]
        if packets:
            yield PacketTable.of(packets)


def _result(recogniser: Recogniser, text: str, place: int, told: ReaderNotes) -> Result:
    """What a line tells; one that cannot be read is counted."""
    if NOTHING.match(text) or GAP.match(text):
        return True
    why = ""
    try:
        result = recogniser.read(text)
    except NotRead as error:
        result, why = None, str(error)
    if result is None:
        told.unread += 1
        told.first_unread = told.first_unread or (place, text, why)
    return result


def packets_of(
    line: Line, number: int, time: int | None, after_gap: bool = False
) -> Iterator[Packet]:
    """The packet of a line, at each place where it was seen."""
    bits: dict[str, Any] = {bit: bit in line.controls for bit in CONTROLS}
    known: dict[str, Any] = {"checksum": ABSENT, **(line.options or {})}
    for place in line.places:
        yield Packet(
            number,
            0,
            time,
            line.source,
            line.destination,
            line.seq,
            line.ack,
            line.length,
            **bits,
            window=line.window,
            interface=place,
            outbound=line.outbound if line.sender is None else place == line.sender,
            after_gap=after_gap,
            **known,
        )
