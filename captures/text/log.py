"""Logs of firewalls and programs: who sends to whom, flags, and numbers where there are any.

12:00:01.047 192.0.2.5:41286 -> 198.51.100.20:1524 TCP [ACK, PSH]
client -> server: SYN seq=100
... SRC=192.0.2.5 DST=198.51.100.20 ... PROTO=TCP SPT=41286 DPT=1524 SEQ=1 ACK=2 ... ACK FIN
"""

from __future__ import annotations

import re

from tcpmc.captures.packet import Endpoint
from tcpmc.captures.text.clock import SHOWN
from tcpmc.captures.text.line import CONTROLS, Line, Other, Result, endpoint, number

KIND = "log"
NAME = r"\[?[A-Za-z0-9][\w.:%-]*\]?(?::\d+)?"
ARROW = r"(?P<arrow><-+|<=+|←|-+>|=+>|→|>|<)"
WAY = re.compile(rf"(?P<left>{NAME})\s*{ARROW}\s*(?P<right>{NAME})(?P<rest>.*)$")
LEFTWARD = ("<", "←")
CLOCK = re.compile(
    r"(?:\d{4}-\d\d-\d\d[ T])?\d\d:\d\d:\d\d(?:[.,]\d+)?|(?<![\w.])\d+\.\d{3,9}(?![\w.])"
)
BITS = re.compile(r"(?<![A-Za-z])(?:(?:SYN|ACK|FIN|RST|PSH|URG)[-+/]?)+(?![A-Za-z]|\s*=\s*\d)")
BIT = re.compile("|".join(CONTROLS))
LETTERS = re.compile(r"\[([SFRPAU.]{1,6})\]")
LETTER = {"S": "SYN", "F": "FIN", "R": "RST", "P": "PSH", "A": "ACK", ".": "ACK", "U": "URG"}
SNIFFED = re.compile(r":?\s*(syn|fin|psh|rst|ack) (\d+)(?: ack (\d+))?\s*$")
"""A firewall's sniffer: the first number is SEG.SEQ, and of a mere ACK, SEG.ACK."""
VALUES = re.compile(
    r"\b(seq|ack|len|length|data|win|window)(?:\s*[=:]\s*|\s+)(\d+)(?::(\d+))?", re.IGNORECASE
)
FIREWALL = re.compile(r"\bSRC=(\S+) DST=(\S+) .*\bPROTO=(\w+)(?: SPT=(\d+) DPT=(\d+)(.*))?")
FIREWALL_VALUES = re.compile(r"\b(SEQ|ACK|WINDOW)=(\d+)")


class LogReader:
    """Reads line by line."""

    def read(self, text: str) -> Result:
        """What the line tells."""
        firewall = FIREWALL.search(text)
        if firewall:
            return _firewall(firewall, text)
        match = WAY.search(text)
        if match is None:
            return None
        rest = match["rest"]
        sniffed = SNIFFED.fullmatch(rest)
        if sniffed:
            word, first, second = sniffed.groups()
            ack = first if word == "ack" else second
            rest = f"{word.upper()} {'' if word == 'ack' else 'seq=' + first}"
            rest += f" ack={ack}" if ack else ""
        bits = {bit for word in BITS.findall(rest) for bit in BIT.findall(word)}
        letters = LETTERS.search(rest)
        if not bits and letters:
            bits = {LETTER[letter] for letter in letters[1]}
        if not bits:
            return None
        values: dict[str, int | None] = {}
        for name, value, end in VALUES.findall(rest):
            values.setdefault(name.lower()[:3], number(value))
            if end and name.lower() == "seq":
                values.setdefault("len", ((number(end) or 0) - (number(value) or 0)) % 2**32)
        if values.get("ack") is not None:
            bits.add("ACK")
        leftward = match["arrow"].startswith(LEFTWARD)
        ends = _endpoint(match["left"]), _endpoint(match["right"])
        source, destination = ends[::-1] if leftward else ends
        clock = SHOWN.search(text[: match.start()])
        return Line(
            source,
            destination,
            frozenset(bits),
            values.get("seq"),
            values.get("ack") if "ACK" in bits else None,
            values.get("len", values.get("dat")),
            values.get("win"),
            {},
            clock.group() if clock else "",
        )


def _firewall(match: re.Match[str], text: str) -> Line | Other:
    """A line of the LOG target of netfilter."""
    source, destination, protocol, port, to, rest = match.groups()
    if protocol != "TCP" or port is None:
        return Other("not TCP")
    values = dict(FIREWALL_VALUES.findall(rest))
    bits = frozenset(bit for bit in rest.split() if bit in CONTROLS)
    clock = SHOWN.search(text[: match.start()])
    return Line(
        endpoint(f"{source} {port}", " "),
        endpoint(f"{destination} {to}", " "),
        bits,
        number(values.get("SEQ")),
        number(values.get("ACK")) if "ACK" in bits else None,
        None,
        number(values.get("WINDOW")),
        {},
        clock.group() if clock else "",
    )


def _endpoint(text: str) -> Endpoint:
    """`192.0.2.1:80`, `[2001:db8::1]:80`, `192.0.2.1.80`, or a name."""
    text = text.rstrip(":,")
    if text.startswith("["):
        return endpoint(text, "]:") if "]:" in text else endpoint(text, " ")
    if text.count(":") == 1 and text.rpartition(":")[2].isdigit():
        return endpoint(text, ":")
    if text.count(":") > 1 or not text.replace(".", "").isdigit():
        return endpoint(text, " ")
    return endpoint(text, ".")
