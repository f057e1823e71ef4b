"""The `<` and `>` lines of packetdrill scripts: what the kernel under test receives and sends."""

from __future__ import annotations

import re

from tcpmc.captures.packet import Endpoint
from tcpmc.captures.text.line import Other, Result, controls, number, options
from tcpmc.captures.text.tcpdump import segment

KIND = "packetdrill"
KERNEL, REMOTE = Endpoint("kernel", 0), Endpoint("script", 0)
TIME = r"(?:[+*-]?[ \t]?[\d.]*(?:\s*(?:~|\.\.\.|-)\s*\+?[\d.]+)?)"
ADDED = re.compile(r"^\+(?=\+|\s)")
"""What a patch puts before lines that are new."""
PACKET = re.compile(
    rf"^\s*(?P<time>{TIME})\s*(?P<way>[<>])\s*(?:(?:\[[^\]]*\]|\([a-z]+ \w+\))\s*)*"
    r"(?P<flags>-|[SFRPUWEA]*[ \t]?\.|[SFRPUWEA]+)\s+"
    r"(?P<seq>\d+):(?P<end>\d+)\s*\((?P<length>\d+)\)!?(?:\s+ack\s+(?P<ack>\d+))?"
    r"(?:\s+win\s+(?P<window>\d+))?(?:\s+urg\s+\d+)?(?:\s*<(?P<options>[^>]*)>)?(?P<rest>.*)$"
)
OTHER = re.compile(rf"^\s*{TIME}\s*[<>]\s*(?:\[[^\]]*\]\s*)?(icmp|udp|\[)", re.IGNORECASE)
SCRIPT = re.compile(
    rf"^\s*(?:{TIME}\s*(?:`|%\{{|[a-z_]+\s*\(|\.\.\.)|--|`|%\{{|\}}%|//|/\*|\*|#|[a-z_]+\()"
)
PACKET_ELSEWHERE = re.compile(rf"Flags \[|Seq=|<SEQ=|^\s*{TIME}\s*[<>]")
"""What no line of a script has that is not about a packet."""


class PacketdrillReader:
    """Reads line by line. Times add up; a script has no date."""

    def __init__(self) -> None:
        self._now = 0.0
        self._begun = False

    def read(self, text: str) -> Result:
        """What the line tells."""
        text = ADDED.sub("", text)
        match = PACKET.match(text)
        if match is None:
            return self._other(text)
        self._begun = True
        self._wait(match["time"])
        bits = controls(match["flags"])  # "ack 1" without "." is a number, and no ACK bit
        ack = match["ack"] if "ACK" in bits else None
        line = segment(match["flags"], match["seq"], match["length"], ack)
        sent = match["way"] == ">"
        line.source, line.destination = (KERNEL, REMOTE) if sent else (REMOTE, KERNEL)
        line.window, line.options = number(match["window"]), options(match["options"] or "")
        line.outbound, line.clock = sent, f"{self._now:.9f}"
        return line

    def _other(self, text: str) -> Result:
        """What the line is, if it is no packet: most of a script is calls and shell commands."""
        if OTHER.match(text) and self._begun:
            return Other("not TCP")
        if SCRIPT.match(text):
            self._wait(text)
            return True
        return True if self._begun and not PACKET_ELSEWHERE.search(text) else None

    def _wait(self, text: str) -> None:
        """Let the time of a line pass: `+.1` after the line before, `0.1` since the beginning."""
        found = re.match(r"\s*(\+?)[ \t]?(\d*\.?\d+)", text)
        if found and float(found[2]) < 2**32:
            self._now = float(found[2]) + (self._now if found[1] else 0.0)
