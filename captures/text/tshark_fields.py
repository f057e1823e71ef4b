"""What `tshark -T fields` prints: with `-E header=y`, whatever the fields; without a header, in the
order of the protocol: number and time, addresses and ports, flags, seq, ack, length, window.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Any

from tcpmc.captures.packet import ABSENT, BAD, GOOD, Endpoint
from tcpmc.captures.text.line import (
    CONTROLS,
    Line,
    NotRead,
    Other,
    Result,
    endpoint,
    number,
    same_address,
)

KIND = "tshark -T fields"
NAMES = {
    "frame.number": "number",
    "frame.time_epoch": "clock",
    "frame.time_relative": "clock",
    "frame.time": "clock",
    "_ws.col.Time": "clock",
    "ip.src": "source",
    "ipv6.src": "source",
    "ip.dst": "destination",
    "ipv6.dst": "destination",
    "tcp.srcport": "source port",
    "tcp.dstport": "port",
    "tcp.flags": "flags",
    "tcp.flags.str": "letters",
    "tcp.seq": "seq",
    "tcp.seq_raw": "raw seq",
    "tcp.ack": "ack",
    "tcp.ack_raw": "raw ack",
    "tcp.len": "length",
    "tcp.window_size": "scaled window",
    "tcp.window_size_value": "window",
    "tcp.options.mss_val": "mss",
    "tcp.options.wscale.shift": "wscale",
    "tcp.options.timestamp.tsval": "tsval",
    "tcp.options.timestamp.tsecr": "tsecr",
    "ip.ttl": "ttl",
    "ipv6.hlim": "ttl",
    "tcp.checksum.status": "checksum",
    **{
        f"tcp.flags.{bit}": name
        for bit, name in zip(("syn", "ack", "fin", "reset", "push", "urg"), CONTROLS, strict=True)
    },
}
"""What each field tells; `raw` numbers come before relative ones."""
ORDER = ("seq", "ack", "length", "window")
OPTIONS = {"mss": 2**16, "wscale": 2**8, "tsval": 2**32, "tsecr": 2**32, "ttl": 2**8}
TRUE = ("1", "True", "true", "Set")
STATUS = {"0": BAD, "1": GOOD, "Bad": BAD, "Good": GOOD}
BITS = {1: "FIN", 2: "SYN", 4: "RST", 8: "PSH", 16: "ACK", 32: "URG"}
LETTERS = {"S": "SYN", "A": "ACK", "F": "FIN", "R": "RST", "P": "PSH", "U": "URG"}
HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]{1,8}$")
SHOWN_FLAGS = re.compile(r"[·.*]*[NCEUAPRSF·.*]*[UAPRSF][UAPRSF·.*]*$")
LEAST = 5


class FieldsReader:
    """Reads line by line; a header tells the columns of what follows."""

    def __init__(self) -> None:
        self._columns: list[str] = []
        self._separator = "\t"

    def read(self, text: str) -> Result:
        """What the line tells."""
        for separator in ("\t", ",", ";", "|", " "):
            names = [name.strip('" ') for name in text.split(separator)]
            if len(names) >= LEAST and sum(name in NAMES for name in names) >= LEAST:
                self._columns, self._separator = [NAMES.get(name, "") for name in names], separator
                return True
        if self._columns:
            values = [value.strip('" ') for value in text.split(self._separator)]
            if len(values) != len(self._columns):
                return None
            return _line(_by_name(self._columns, values))
        found = _guessed(text)
        return None if found is None else _line(found)


def _by_name(columns: list[str], values: list[str]) -> dict[str, str]:
    """The values that are there; of several in one field (an IP header in another), the first."""
    found: dict[str, str] = {}
    for name, value in zip(columns, values, strict=True):
        if name and value:
            found.setdefault(name, value.split(",")[0] if name not in ("clock",) else value)
    return found


def _guessed(text: str) -> dict[str, str] | None:
    """The values of a line without a header, if it can be one: two addresses and two ports."""
    for separator in ("\t", ";", "|", ",", None):
        values = [value.strip('" ') for value in text.strip("\n").split(separator)]
        places = [index for index, value in enumerate(values) if _is_address(value)]
        if len(values) >= LEAST + 1 and len(places) >= 2:
            return _in_order(values, places[0], places[1])
    return None


def _in_order(values: list[str], first: int, second: int) -> dict[str, str] | None:
    """The values by what stands where, from the places of the two addresses."""
    found = {"source": values[first], "destination": values[second]}
    if first and re.fullmatch(r"\d+", values[0]):
        found["number"] = values[0]
    times = [value for value in values[:first] if re.search(r"\d[.:]\d", value)]
    if times:
        found["clock"] = times[0]
    if second == first + 1:
        ports, rest = values[second + 1 : second + 3], values[second + 3 :]
    else:
        ports, rest = [values[first + 1], *values[second + 1 : second + 2]], values[second + 2 :]
    if len(ports) != 2 or not all(port.isdigit() for port in ports):
        return None
    found["source port"], found["port"] = ports
    order = iter(ORDER)
    for value in rest:
        if HEXADECIMAL.match(value):
            found["flags"] = value
        elif value.isdigit():
            name = next(order, None)
            if name is not None:
                found[name] = value
        elif SHOWN_FLAGS.match(value):
            found["letters"] = value
    return found if "flags" in found or "letters" in found else None


def _is_address(text: str) -> bool:
    if not (text.count(".") == 3 or text.count(":") >= 2):
        return False
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _line(found: dict[str, str]) -> Line | Other:
    if "source port" not in found or "source" not in found:
        return Other("not TCP")
    if "port" not in found or "destination" not in found:
        raise NotRead("no destination")
    bits = _controls(found)
    relative = "raw seq" not in found
    options: dict[str, Any] = {
        name: _number(found[name], limit) for name, limit in OPTIONS.items() if name in found
    }
    if "checksum" in found:
        options["checksum"] = STATUS.get(found["checksum"], ABSENT)
    window = "window" if "window" in found else "scaled window"
    ack = found.get("ack" if relative else "raw ack", found.get("ack"))
    return Line(
        _endpoint(found["source"], found["source port"]),
        _endpoint(found["destination"], found["port"]),
        bits,
        _number(found.get("seq" if relative else "raw seq")),
        _number(ack) if "ACK" in bits else None,
        _number(found.get("length"), 2**31),
        _number(found.get(window)),
        options,
        found.get("clock", ""),
        _number(found.get("number")),
        scaled=window == "scaled window",
    )


def _endpoint(address: str, port: str) -> Endpoint:
    return endpoint(f"{same_address(address)} {port}", " ")


def _number(text: str | None, limit: int = 2**32) -> int | None:
    if text is None:
        return None
    if not text.isdigit():
        raise NotRead(f"{text[:20]!r} is not a number")
    return number(text, limit)


def _controls(found: dict[str, str]) -> frozenset[str]:
    if "flags" in found:
        try:
            value = int(found["flags"], 0)
        except ValueError:
            raise NotRead(f"flags {found['flags'][:20]!r}") from None
        return frozenset(name for bit, name in BITS.items() if value & bit)
    if "letters" in found:
        return frozenset(LETTERS[letter] for letter in found["letters"] if letter in LETTERS)
    single = [name for name in CONTROLS if name in found]
    if not single:
        raise NotRead("no flags: add -e tcp.flags")
    return frozenset(name for name in single if found[name] in TRUE)
