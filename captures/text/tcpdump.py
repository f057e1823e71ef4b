"""Lines of `tcpdump -n`, of version 4 and of the versions before it, with or without -v, -e and -S.

Numbers are relative after the first packet with an ACK, unless -S was given: `numbers` finds out.
"""

from __future__ import annotations

import re
from typing import Any

from tcpmc.captures.text.clock import SHOWN
from tcpmc.captures.text.line import (
    Line,
    NotRead,
    Other,
    Result,
    checksum,
    controls,
    endpoint,
    number,
    options,
)

KIND = "tcpdump"
CLOCK = re.compile(
    r"(?:\d{4}-\d\d-\d\d[ T])?\d\d:\d\d:\d\d(?:[.,]\d+)?|(?<![\w.])\d+\.\d{3,9}(?![\w.])"
)
FLAGS = re.compile(r"(\S+) > (\S+): Flags \[([^\]]*)\](.*)")
OLD = re.compile(
    r"(\S+) > (\S+): ([SFRPUWE.]+)(?: (?:\[[^\]]*\]|\|tcp))*"
    r"(?: (\d+):(\d+)\((\d+)\))?(?: ack (\d+))?(?: win (\d+))?(?: urg \d+)?(?: <([^>]*)>)?(.*)"
)
"""The notation before version 4, which packetdrill has kept."""
NEW_FIELDS = re.compile(
    r"\b(?:(seq) (\d+)(?::(\d+))?|(ack|win|length) (\d+)|cksum 0x[0-9a-f]+ \((\w+)"
    r"|options \[([^\]]*)\])"
)
ABOVE = re.compile(r"\bIP6? (?:truncated-ip\S* .*! )?\(.*\)\s*$")
"""The first of two lines with -v."""
TTL, FRAGMENT = re.compile(r"\b(?:ttl|hlim) (\d+)"), re.compile(r"offset [1-9]|flags \[[^\]]*\+")
OTHER = re.compile(r"\bIP6? .*> |\b(?:ARP|ICMP6?|UDP|IGMP|LLDP|STP|BOOTP|OSPFv\d)\b")
BANNERS = re.compile(
    r"(tcpdump: |listening on |reading from |dropped privs|\d+ packets? (captured|received|dropped)"
    r"|\s+0x[0-9a-f]{4}:\s)"
)


class TcpdumpReader:
    """Reads line by line; with -v, a packet has two."""

    def __init__(self) -> None:
        self._above = ""

    def read(self, text: str) -> Result:
        """What the line tells."""
        above, self._above = self._above, ""
        if BANNERS.match(text):
            return True
        new = FLAGS.search(text)
        old = None if new else OLD.search(text)
        found = new or old
        if found is None:
            if above and text[:1].isspace():
                return True  # the second line of a packet that is not TCP
            if ABOVE.search(text):
                self._above = text
                return (
                    True if "proto TCP" in text or "next-header TCP" in text else Other("not TCP")
                )
            return Other("not TCP") if OTHER.search(text) and "> " in text else None
        if "[|tcp]" in text:
            return Other("with a header that is not all captured", hides=True)
        if FRAGMENT.search(above):
            return Other("fragments of datagrams", hides=True)
        line = _new(found) if new else _old(found)
        return _completed(line, above + text[: found.start()])


def _new(found: re.Match[str]) -> Line:
    source, destination, letters, rest = found.groups()
    told: dict[str, Any] = {}
    for seq, first, end, name, value, sum_, choices in NEW_FIELDS.findall(rest):
        if seq:
            told.setdefault("seq", number(first))
            told.setdefault("end", number(end))
        elif name:
            told.setdefault(name, number(value))
        elif sum_:
            told["checksum"] = checksum(sum_)
        else:
            told.setdefault("options", choices)
        if name == "length":
            break  # what follows is text of the connection
    bits = controls(letters)
    known = options(told.get("options", ""))
    if "checksum" in told:
        known["checksum"] = told["checksum"]
    return Line(
        endpoint(source),
        endpoint(destination),
        bits,
        told.get("seq"),
        told.get("ack"),
        _length(told, bits),
        told.get("win"),
        known,
        relative=True,
    )


def _length(told: dict[str, Any], bits: frozenset[str]) -> int | None:
    """The octets of text: those that are told, or the range of numbers, which tcpdump prints where
    there are any."""
    seq, end, length = told.get("seq"), told.get("end"), told.get("length")
    if seq is not None and end is not None:
        between: int = (end - seq) % 2**32
        if between >= 2**31:
            raise NotRead(f"numbers {seq}:{end} go backwards")
        return between
    if length is not None:
        return int(length)
    return 0 if seq is not None or bits == {"ACK"} else None


def _old(found: re.Match[str]) -> Line:
    source, destination, letters, seq, _, length, ack, window, choices, _ = found.groups()
    line = segment(letters, seq, length, ack)
    line.source, line.destination = endpoint(source), endpoint(destination)
    line.window, line.options = number(window), options(choices or "")
    line.relative = True
    return line


def segment(letters: str, seq: str | None, length: str | None, ack: str | None) -> Line:
    """A segment in the old notation, between nobody yet."""
    bits = controls(letters) | ({"ACK"} if ack else set())
    nobody = endpoint("nobody")
    size = number(length) if length else (0 if bits == {"ACK"} else None)
    return Line(nobody, nobody, frozenset(bits), number(seq), number(ack), size)


def _completed(line: Line, above: str) -> Line:
    """The line with its time and what is told of the datagram before the segment."""
    clock = SHOWN.search(above)
    line.clock = clock.group() if clock else ""
    ttl = TTL.search(above)
    if ttl and line.options is not None:
        line.options["ttl"] = number(ttl.group(1), 2**8)
    if "truncated-ip" in above and line.options is not None:
        line.options["truncated"] = True
    for word, outbound in ((" Out ", True), (" In ", False)):
        if word in above:  # tcpdump -i any
            line.outbound = outbound
    return line
