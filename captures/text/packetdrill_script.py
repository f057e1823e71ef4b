"""A whole packetdrill script: its packets, and the calls and assertions between them.

The dialects of google/packetdrill and of nplab/packetdrill, which FreeBSD's suite is written in, as
far as TCP needs them: a line of a packet is read as everywhere (`packetdrill`), calls of the socket
interface and what `%{ }%` asserts of the state are taken apart, and comments are kept. Of lines
between `#ifdef` and `#endif` those for STANDARD count, which FreeBSD's suite means by it what the
standards say; a `#` at the beginning of any other line begins a comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tcpmc.captures.packet import Packet
from tcpmc.captures.text.line import Line, NotRead, Other
from tcpmc.captures.text.packetdrill import TIME, PacketdrillReader
from tcpmc.captures.text.recognise import packets_of

DEFINED = ("STANDARD",)
LONGEST = 2**20
"""Octets of a script."""

KEPT = r"`(?:\\.|[^`\\])*`|%\{.*?\}%|\"(?:\\.|[^\"\\\n])*\""
"""What a comment cannot begin in: shell commands, Python, and text."""
BLANKED = re.compile(rf"({KEPT})|/\*.*?\*/|//[^\n]*|^[ \t]*\#[^\n]*", re.DOTALL | re.MULTILINE)
COMMENT_SIGNS = re.compile(r"^\s*(?:/\*+|//+|#+|\*)|\*/\s*$", re.MULTILINE)
CONDITION = re.compile(r"^[ \t]*#[ \t]*(ifdef|ifndef|else|endif)\b[ \t]*(\w*)")
PACKET = re.compile(rf"^\s*{TIME}\s*[<>]")
CALL = re.compile(
    rf"^\s*(?:{TIME})\s*(?P<name>[A-Za-z_]\w*)\s*\((?P<arguments>.*)\)\s*=\s*"
    r"(?P<result>-?\w+|\.\.\.)\s*(?P<error>E[A-Z0-9]+)?",
    re.DOTALL,
)
CODE = re.compile(rf"^\s*{TIME}\s*%\{{(?P<code>.*)\}}%\s*$", re.DOTALL)
SHELL = re.compile(rf"^\s*{TIME}\s*`(?P<command>.*)`\s*$", re.DOTALL)
OPTION = re.compile(r"^\s*--(?P<option>\S.*)$")
OPENING, CLOSING = "([{", ")]}"


@dataclass(frozen=True)
class SocketCall:
    """A call of the socket interface. `result` is None where it is not a number ("...")."""

    line: int
    name: str
    arguments: tuple[str, ...]
    result: int | None
    error: str = ""


@dataclass(frozen=True)
class ScriptPacket:
    """A packet that the kernel receives or, if `outbound` says so, has to send; its text."""

    line: int
    packet: Packet
    text: str


@dataclass(frozen=True)
class OtherPacket:
    """A packet that is not TCP."""

    line: int


@dataclass(frozen=True)
class Code:
    """What `%{ }%` asserts, in Python."""

    line: int
    text: str


@dataclass(frozen=True)
class Shell:
    """A command of the shell."""

    line: int
    command: str


Statement = SocketCall | ScriptPacket | OtherPacket | Code | Shell


@dataclass(frozen=True)
class Script:
    """A script: its statements in order, its comments with their lines, and its options."""

    statements: tuple[Statement, ...]
    comments: tuple[tuple[int, str], ...] = ()
    options: tuple[str, ...] = ()


def read_script(text: str) -> Script:
    """The script of a text. Raises NotRead, with the line, for what none of the dialects has."""
    if len(text) > LONGEST:
        raise NotRead(f"longer than {LONGEST:,} octets")
    if "\0" in text:
        raise NotRead("binary, and not a script")
    comments: list[tuple[int, str]] = []
    plain = _without_comments(_conditions(text.replace("\r\n", "\n")), comments)
    reader = _ScriptReader()
    for line, statement in _statements(plain):
        try:
            reader.read(line, statement)
        except NotRead as error:
            raise NotRead(f"line {line}: {error}") from error
    if all(isinstance(statement, Shell) for statement in reader.found):
        raise NotRead("no packet and no call in it")
    return Script(tuple(reader.found), tuple(comments), tuple(reader.options))


def _conditions(text: str) -> str:
    """The text with the lines blank that are for others. Raises NotRead for an #else or #endif
    without its #ifdef."""
    counts: list[bool] = []
    kept = []
    for number, line in enumerate(text.split("\n"), 1):
        found = CONDITION.match(line)
        if found is None:
            kept.append(line if all(counts) else "")
            continue
        kept.append("")
        if found[1] in ("ifdef", "ifndef"):
            counts.append((found[2] in DEFINED) == (found[1] == "ifdef"))
        elif not counts:
            raise NotRead(f"line {number}: #{found[1]} without #ifdef")
        elif found[1] == "else":
            counts[-1] = not counts[-1]
        else:
            counts.pop()
    return "\n".join(kept)


def _without_comments(text: str, comments: list[tuple[int, str]]) -> str:
    """The text without its comments, which are put into the list; lines stay where they are."""

    def blank(found: re.Match[str]) -> str:
        if found[1] is not None:
            return found[1]
        told = " ".join(COMMENT_SIGNS.sub("", found[0]).split())
        if told:
            comments.append((text.count("\n", 0, found.start()) + 1, told))
        return "\n" * found[0].count("\n")

    return BLANKED.sub(blank, text)


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Each statement with its first line. A statement goes on until its brackets are closed."""
    begun, line = "", 0
    for number, more in enumerate(text.split("\n"), 1):
        if not begun:
            if not more.strip():
                continue
            line = number
        begun = f"{begun}\n{more}" if begun else more
        if _is_whole(begun):
            yield line, begun
            begun = ""
    if begun.strip():
        raise NotRead(f"line {line}: it has no end: {_beginning(begun)}")


def _is_whole(statement: str) -> bool:
    """Whether a statement is at its end: of shell, Python and text the end has been read, brackets
    are closed, and a call has its result."""
    if PACKET.match(statement) or OPTION.match(statement):
        return True
    rest = re.sub(KEPT, "", statement, flags=re.DOTALL)
    if "`" in rest or "%{" in rest:
        return False
    depth = sum(rest.count(sign) for sign in OPENING) - sum(rest.count(sign) for sign in CLOSING)
    is_call = re.match(rf"^\s*{TIME}\s*[A-Za-z_]\w*\s*\(", rest)
    return depth <= 0 and (not is_call or re.search(r"\)\s*=\s*\S", rest) is not None)


def _beginning(statement: str) -> str:
    return " ".join(statement.split())[:60]


@dataclass
class _ScriptReader:
    """Reads statement by statement; times add up."""

    packets: PacketdrillReader = field(default_factory=PacketdrillReader)
    found: list[Statement] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    count: int = 0

    def read(self, line: int, statement: str) -> None:
        """Take one more statement."""
        flat = re.sub(r"^\+ ", "+", " ".join(statement.split()))
        if PACKET.match(statement):
            self._packet(line, flat)
        elif found := OPTION.match(statement):
            self.options.append(found["option"])
        elif found := CODE.match(statement):
            self._wait(flat)
            self.found.append(Code(line, found["code"]))
        elif found := SHELL.match(statement):
            self._wait(flat)
            self.found.append(Shell(line, found["command"]))
        elif found := CALL.match(statement):
            self._wait(flat)
            result = _integer(found["result"])
            arguments = tuple(_arguments(found["arguments"]))
            self.found.append(
                SocketCall(line, found["name"], arguments, result, found["error"] or "")
            )
        else:
            raise NotRead(f"no packet, call or command of a script: {_beginning(statement)}")

    def _packet(self, line: int, text: str) -> None:
        told = self.packets.read(text)
        if isinstance(told, Other):
            self.found.append(OtherPacket(line))
        elif isinstance(told, Line):
            self.count += 1
            time = round(float(told.clock) * 1e9)
            (packet,) = packets_of(told, self.count, time)
            self.found.append(ScriptPacket(line, packet, text))
        elif re.search(r"[<>]\s*(?:\([^)]*\)\s*)?(?:icmp|udp|sctp|\[|gre|mpls|encap)", text, re.I):
            self.found.append(OtherPacket(line))
        else:
            raise NotRead(f"not read as a packet: {_beginning(text)}")

    def _wait(self, text: str) -> None:
        """Let the time of a statement pass."""
        self.packets.read(text)


def _integer(text: str) -> int | None:
    try:
        return int(text, 0)
    except ValueError:
        return None


def _arguments(text: str) -> Iterator[str]:
    """The arguments of a call: split at commas outside of brackets and text."""
    depth, begun = 0, ""
    for part in re.findall(r"\"(?:\\.|[^\"\\])*\"|.", text, re.DOTALL):
        if part == "," and not depth:
            yield " ".join(begun.split())
            begun = ""
            continue
        depth += (part in OPENING) - (part in CLOSING)
        begun += part
    if begun.strip():
        yield " ".join(begun.split())
