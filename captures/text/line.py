"""A packet as one line of a text tells it, before its numbers and time are understood."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from tcpmc.captures.packet import ABSENT, BAD, GOOD, OFFLOADED, Endpoint

CONTROLS = ("SYN", "ACK", "FIN", "RST", "PSH", "URG")
LETTERS = {"S": "SYN", ".": "ACK", "F": "FIN", "R": "RST", "P": "PSH", "U": "URG"}
"""As tcpdump and packetdrill write them. W, E and e (CWR, ECE, AE) mean nothing here."""
NUMBER_LIMIT, PORT_LIMIT = 2**32, 2**16


class NotRead(ValueError):
    """The line is of this kind, but cannot be read: says why."""


@dataclass(slots=True)
class Line:
    """What a line tells. `controls` are the control bits that are set; `seq` and `ack` are the
    numbers as they stand, and `relative` says how tcpdump may mean them. `clock` is the text of
    the time. `options` are fields of a `Packet`. `places` are the interfaces where the packet was
    seen: both ends, in a figure, where `sender` is the end that sends it. `reused` says that the
    text knows of a new connection."""

    source: Endpoint
    destination: Endpoint
    controls: frozenset[str]
    seq: int | None = None
    ack: int | None = None
    length: int | None = None
    window: int | None = None
    options: dict[str, Any] | None = None
    clock: str = ""
    number: int | None = None
    relative: bool = False
    scaled: bool = False
    reused: bool = False
    places: tuple[int, ...] = (0,)
    outbound: bool | None = None
    sender: int | None = None


@dataclass(slots=True)
class Other:
    """A line about a packet that is not TCP, or not enough of one: why it is left out. `hides` says
    that it may be a segment of a connection in this text."""

    why: str
    hides: bool = False


Result = Line | Other | bool | None
"""What a reader makes of a line: a packet; True for what belongs to this kind and needs no
packet; None for what is not of this kind."""


def controls(letters: str) -> frozenset[str]:
    """The control bits for tcpdump's letters."""
    return frozenset(LETTERS[letter] for letter in letters if letter in LETTERS)


def number(text: str | None, limit: int = NUMBER_LIMIT) -> int | None:
    """The number, None for none; NotRead if it is too large."""
    if text is None or text == "":
        return None
    value = int(text) if len(text) <= 20 else limit
    if value >= limit:
        raise NotRead(f"{text[:20]} is too large")
    return value


def endpoint(text: str, separator: str = ".") -> Endpoint:
    """An address and a port behind the separator, or, where there is none, port 0."""
    address, between, port = text.rpartition(separator)
    whole = text.count(".") == 3 and text.replace(".", "").isdigit()  # an IPv4 address alone
    if not between or not address or (separator == "." and whole):
        return Endpoint(same_address(text), 0)
    if not port.isdigit():
        named = service(port)
        if named is None and separator == ".":
            return Endpoint(text, 0)
        if named is None:
            raise NotRead(f"port {port[:20]!r} is not a number: tcpdump -n shows numbers")
        return Endpoint(same_address(address), named)
    return Endpoint(same_address(address), number(port, PORT_LIMIT) or 0)


def service(name: str) -> int | None:
    """The port of a service with that name."""
    try:
        return socket.getservbyname(name, "tcp")
    except (OSError, UnicodeError, ValueError):
        return None


def same_address(text: str) -> str:
    """The address in its usual spelling; a name as it is."""
    text = text.strip("[]")
    if ":" not in text:
        return text
    try:
        return ip_address(text).compressed
    except ValueError:
        return text


OPTION = re.compile(
    r"(?:(mss) (\d+))|(?:(sackOK|sack_perm)\b)|(?:(wscale) (\d+))"
    r"|(?:(?:TS val|timestamp) (\d+)(?: ecr)? (\d+))",
    re.IGNORECASE,
)


def options(text: str) -> dict[str, Any]:
    """The options in tcpdump's and packetdrill's spelling."""
    values: dict[str, Any] = {}
    for mss, size, sack, scale, shift, value, echo in OPTION.findall(text):
        if mss:
            values["mss"] = number(size, 2**16)
        elif sack:
            values["sack_permitted"] = True
        elif scale:
            values["wscale"] = number(shift, 2**8)
        else:
            values["tsval"], values["tsecr"] = number(value), number(echo)
    return values


def checksum(word: str) -> str:
    """What tcpdump says of a checksum."""
    if word.startswith("correct"):
        return GOOD
    return BAD if word.startswith("incorrect") else ABSENT


__all__ = [
    "CONTROLS",
    "OFFLOADED",
    "Line",
    "NotRead",
    "Other",
    "Result",
    "checksum",
    "controls",
    "endpoint",
    "number",
    "options",
    "same_address",
]
