"""Lines as tshark prints them, one for each packet, and as Wireshark exports its packet list.

Numbers count from each end's ISN, and windows are scaled where the text shows the scale.
"""

from __future__ import annotations

import re

from tcpmc.captures.text.line import CONTROLS, Line, Other, Result, endpoint, number

KIND = "tshark"
ARROW = r"\s*(?:→|->|>|⇒)\s*"
TCP = re.compile(
    rf"^(?P<before>.*?)(?P<source>\S+?)(?:{ARROW}|\s+)(?P<destination>\S+)\s+TCP\s+(?:\d+\s+)?"
    rf"(?P<notes>.*?)(?P<port>[\w-]+){ARROW}(?P<to>[\w-]+)\s+\[(?P<flags>[A-Za-z, <>]*)\]"
    r"(?P<rest>.*)$"
)
ANY = re.compile(
    rf"^\s*\d+\s+\d+\.\d+\s+\S+(?:{ARROW}|\s+)\S+\s+(?P<protocol>[A-Za-z][\w./-]*)\s+\d+\s"
)
VALUES = re.compile(r"\b(Seq|Ack|Win|Len|MSS|WS|TSval|TSecr|TSER|SACK_PERM)\b(?:=(\d+))?", re.I)
SPELLED = {name.lower(): name for name in ("Seq", "Ack", "Win", "Len", "TSval", "TSecr")}
NUMBER = re.compile(r"^\s*(\d+)\s+")
CLOCK = re.compile(r"(?:\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d[.,]\d+|\b\d+\.\d+")
NOT_TCP = ("UDP", "DNS", "ARP", "ICMP", "ICMPv6", "DHCP", "NTP", "MDNS", "IGMPv2", "IGMPv3", "SSDP")
REUSED = "Port numbers reused"
NAMES = {"MSS": "mss", "TSval": "tsval", "TSecr": "tsecr", "TSER": "tsecr"}


class TsharkReader:
    """Reads line by line."""

    def read(self, text: str) -> Result:
        """What the line tells."""
        text = text.replace('","', "  ").replace('"', "")
        found = TCP.match(text)
        if found is None:
            other = ANY.match(text)
            if other is None:
                return True if re.match(r"\s*(No\.|Running as user|Capturing on)", text) else None
            protocol = other.group("protocol")
            if protocol in NOT_TCP:
                return Other("not TCP")
            why = f"shown as {protocol[:20]}, without numbers (tshark -T fields has them)"
            return Other(why, hides=True)
        return _line(found)


def _line(found: re.Match[str]) -> Line:
    values: dict[str, str] = {}
    for name, value in VALUES.findall(found["rest"]):
        values.setdefault(SPELLED.get(name.lower(), name.upper()), value or "1")
    before = found["before"]
    first, clock = NUMBER.match(before), CLOCK.search(before)
    flags = found["flags"].upper()
    line = Line(
        endpoint(f"{found['source']} {found['port']}", " "),
        endpoint(f"{found['destination']} {found['to']}", " "),
        frozenset(bit for bit in CONTROLS if bit in flags),
        number(values.get("Seq")),
        number(values.get("Ack")),
        number(values.get("Len"), 2**31),
        number(values.get("Win")),
        _options(values),
        clock.group() if clock else "",
        int(first.group(1)) if first and len(first.group(1)) < 18 else None,
        scaled=True,
        reused=REUSED in found["notes"],
    )
    if "ACK" not in line.controls:
        line.ack = None
    return line


def _options(values: dict[str, str]) -> dict[str, int | bool | None]:
    known: dict[str, int | bool | None] = {
        name: number(values[word]) for word, name in NAMES.items() if word in values
    }
    if "SACK_PERM" in values:
        known["sack_permitted"] = True
    if "WS" in values:  # the factor, where the option has its logarithm
        known["wscale"] = max((number(values["WS"]) or 1).bit_length() - 1, 0)
    return known
