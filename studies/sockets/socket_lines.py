"""The lines of a listing as they come: in UTF-8 or UTF-16, coloured, quoted, numbered, indented,
after a prompt."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import IO

LONGEST = 20_000
"""Characters of a line that are looked at: no tool writes longer ones."""
COLOUR = re.compile(r"\x1b\[[0-9;:?]*[A-Za-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
QUOTE = re.compile(r"^\s*[>|│┃#*+-]+\s*(?=\S)")
NUMBER = re.compile(r"^\s*\[?\d{1,9}[\]:.)|\t]?\s*(?=\S)")
TIME = re.compile(r"^\s*\[?(?:\d{4}-\d\d-\d\d[T ])?\d\d:\d\d:\d\d(?:[.,]\d+)?\S*\s+")
BLANK = re.compile(r"[\s>|│┃#*+]*\d{0,9}[\s:.)|>]*")
Marks = tuple[re.Pattern[str], ...]
WAYS: tuple[Marks, ...] = (
    (),
    (QUOTE,),
    (NUMBER,),
    (QUOTE, NUMBER),
    (NUMBER, QUOTE),
    (TIME,),
    (QUOTE, QUOTE),
)
"""Marks that are put before lines: of a quote, a number, a time."""
FENCE = re.compile(r"\s*(?:`{3}|~{3})")
HEADING = re.compile(
    r"\s*(?:Netid\s|State\s+Recv-Q|Recv-Q\s+Send-Q|Proto\b|Active\s|Current listen|sl\s+local_|"
    r"COMMAND\s+PID|USER\s+(?:COMMAND|PROCESS)|LocalAddress\s|-{4,}|(?:TCP|UDP|SCTP): IPv|"
    r"Local Address\s|Registered kernel|Tcpcb\s|PCB\s|Address\s+Type\s|\(Not all processes|"
    r"\s*will not be shown|Socket\s+Proto\s)",
    re.IGNORECASE,
)
PROMPT = re.compile(
    r"(?:PS )?[\w@~:/\\. \[\]()-]{0,80}[$#>%]\s*(?:sudo\s+|doas\s+)?"
    r"(?:ss|netstat|lsof|sockstat|cat\s+/proc/net|Get-NetTCPConnection|busybox)\b",
    re.IGNORECASE,
)
COLUMNS = re.compile(r"\s*(?:Address\s+Type|Proto\s+RefCnt|Local Address|-{4,})", re.IGNORECASE)
FAMILY = re.compile(r"\s*TCP: IPv([46])")
OTHER_SECTION = re.compile(
    r"\s*(?:Active (?:UNIX|LOCAL|kernel)|Registered kernel|UDP: IPv|SCTP)", re.IGNORECASE
)


def lines_of(stream: IO[bytes]) -> Iterator[str]:
    """The lines of a stream, whose encoding is told by its first octets: PowerShell redirects in
    UTF-16. What is no text is replaced."""
    octets = io.BufferedReader(stream)  # type: ignore[type-var]
    text = io.TextIOWrapper(octets, _encoding(octets.peek(4)[:4]), errors="replace")
    for line in text:
        yield line[:-1] if line.endswith("\n") else line


def _encoding(start: bytes) -> str:
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    if start[1:2] == b"\0" and start[:1].strip(b"\0"):
        return "utf-16-le"
    return "utf-8-sig"


def without_colours(line: str) -> str:
    """The line without what tells a terminal of colours, and with a plain space for each other;
    nothing where there is nothing but marks."""
    if "\x1b" in line:
        line = COLOUR.sub("", line)
    line = line.replace("\xa0", " ").replace("\ufeff", "").replace("\u200b", "").rstrip()
    return "" if BLANK.fullmatch(line) else line


def without(marks: Marks, line: str) -> str:
    """The line without these marks before it, as far as it has them."""
    for mark in marks:
        line = mark.sub("", line, count=1)
    return line


def ways_to_read(line: str, first: Marks = ()) -> Iterator[tuple[Marks, str]]:
    """The line without some marks before it, each way that makes a difference; `first` those that
    the line before had: "12:2001:db8::10" may be an address, and the twelfth line."""
    tried = set()
    for marks in (first, *WAYS):
        rest = without(marks, line)
        if rest not in tried:
            tried.add(rest)
            yield marks, rest


def heading_of(line: str) -> str:
    """The heading of a listing, or what surrounds one, without the marks before it; "" where the
    line is none."""
    for _, text in ways_to_read(line):
        if HEADING.match(text) or FENCE.match(text) or PROMPT.match(text):
            return text
    return ""


def is_of_columns(line: str) -> bool:
    """Whether the heading is of the columns below another heading, which says what is listed."""
    return COLUMNS.match(line) is not None


def begins_other_sockets(line: str) -> bool:
    """Whether sockets that are not of TCP follow this heading."""
    return OTHER_SECTION.match(line) is not None


def family_of(line: str) -> str:
    """The family of addresses that follow this heading, where it says so (Solaris)."""
    found = FAMILY.match(line)
    return f"tcp{found[1]}" if found else ""
