"""A reader of packetdrill scripts: the productions that we use, of gtests/net/packetdrill/parser.y
and lexer.l at google/packetdrill, with the checks that these make on values.

    script   : event+
    event    : event_time (packet | syscall | command)
    event_time : '+' time | time | '*'               '*' only before an outbound packet
    packet   : ('<' | '>') flags seq opt_ack opt_window opt_tcp_options
    flags    : WORD '.'? | '.'
    seq      : INTEGER ':' INTEGER '(' INTEGER ')'   the second the sum of the others
    syscall  : WORD '(' expression,* ')' '=' expression (WORD note)?
    command  : BACK_QUOTED
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

TOKEN = re.compile(
    r"(?P<comment>//[^\n]*\n)|(?P<space>[ \t\n]+)|(?P<ellipsis>\.\.\.)"
    r"|(?P<float>-?[0-9]*\.[0-9]+)|(?P<integer>-?[0-9]+)|(?P<word>[a-zA-Z0-9_]+)"
    r"|(?P<quoted>`(?:\\.|[^`])*`)|(?P<sign>[^ \t\n])"
)
FLAGS = re.compile(r"F?S?R?P?")


@dataclass(frozen=True)
class Packet:
    """A packet, its numbers as they are written."""

    outbound: bool
    flags: str
    seq: int
    octets: int
    ack: int | None
    window: int | None
    options: str | None


@dataclass(frozen=True)
class Call:
    """A call of the socket interface."""

    name: str
    arguments: tuple[str, ...]
    result: int
    error: str | None = None


@dataclass(frozen=True)
class Command:
    """A line for the shell."""

    line: str


@dataclass
class Reader:
    """A parser by recursive descent. Raises AssertionError where the grammar or a check fails."""

    tokens: list[tuple[str, str]]
    place: int = 0
    events: list[tuple[str, Packet | Call | Command]] = field(default_factory=list)

    def peek(self, ahead: int = 0) -> tuple[str, str]:
        place = self.place + ahead
        return self.tokens[place] if place < len(self.tokens) else ("end", "")

    def take(self, kind: str | None = None, text: str | None = None) -> str:
        found = self.peek()
        assert kind is None or found[0] == kind, (kind, found, self.tokens[: self.place][-5:])
        assert text is None or found[1] == text, (text, found)
        self.place += 1
        return found[1]

    def script(self) -> list[tuple[str, Packet | Call | Command]]:
        while self.peek()[0] != "end":
            time = self.time()
            action = self.action()
            outbound = isinstance(action, Packet) and action.outbound
            assert time != "*" or outbound, "event time <star> is for outbound packets only"
            self.events.append((time, action))
        assert self.events, "a script has at least one event"
        return self.events

    def time(self) -> str:
        if self.peek()[1] == "*":
            return self.take("sign")
        sign = self.take("sign", "+") if self.peek()[1] == "+" else ""
        kind, text = self.peek()
        assert kind in ("integer", "float") and float(text) >= 0, text
        return sign + self.take()

    def action(self) -> Packet | Call | Command:
        kind, text = self.peek()
        if kind == "quoted":
            return Command(self.take())
        return self.packet() if text in "<>" else self.call()

    def packet(self) -> Packet:
        outbound = self.take("sign") == ">"
        flags = self.take("word") if self.peek()[0] == "word" else ""
        assert FLAGS.fullmatch(flags), flags
        flags += self.take("sign", ".") if self.peek()[1] == "." else ""
        assert flags
        first, _, last = self.number(), self.take("sign", ":"), self.number()
        octets = (self.take("sign", "("), self.number(2**16), self.take("sign", ")"))[1]
        assert last == first + octets, "inconsistent sequence numbers and payload size"
        ack = window = options = None
        if self.peek() == ("word", "ack"):
            self.take()
            ack = self.number()
        if self.peek() == ("word", "win"):
            self.take()
            window = self.number(2**16)
        if self.peek()[1] == "<" and self.peek(1)[1] in ("...", "mss"):
            options = self.options(outbound)
        assert outbound or window is not None, "window must be specified for inbound packets"
        return Packet(outbound, flags, first, octets, ack, window, options)

    def options(self, outbound: bool) -> str:
        self.take("sign", "<")
        if self.peek()[0] == "ellipsis":
            assert outbound, "<...> is for outbound packets only"
            found = self.take()
        else:
            found = f"{self.take('word', 'mss')} {self.number(2**16)}"
        self.take("sign", ">")
        return found

    def number(self, limit: int = 2**32) -> int:
        value = int(self.take("integer"))
        assert 0 <= value < limit, value
        return value

    def call(self) -> Call:
        name, arguments = self.take("word"), list[str]()
        self.take("sign", "(")
        while self.peek()[1] != ")":
            arguments.append(self.expression())
            if self.peek()[1] == ",":
                self.take()
        self.take("sign", ")")
        self.take("sign", "=")
        result, error = int(self.take("integer")), None
        if self.peek()[0] == "word":
            error = self.take()
            self.take("sign", "(")
            while self.peek()[0] == "word":
                self.take()
            self.take("sign", ")")
        return Call(name, tuple(arguments), result, error)

    def expression(self) -> str:
        kind, text = self.peek()
        if text == "[":
            return self.take() + self.take("integer") + self.take("sign", "]")
        if text == "{":
            parts = [self.take()]
            for word, after in (("onoff", ","), ("linger", "}")):
                parts += [self.take("word", word), self.take("sign", "="), self.take("integer")]
                parts.append(self.take("sign", after))
            return "".join(parts)
        assert kind in ("ellipsis", "integer", "word"), text
        found = self.take()
        while self.peek()[1] == "|":
            found += self.take() + self.take("word")
        return found


def read(script: str) -> list[tuple[str, Packet | Call | Command]]:
    """The events of a script, with the time of each as it is written."""
    tokens, place = [], 0
    while place < len(script):
        found = TOKEN.match(script, place)
        assert found and found.lastgroup, script[place : place + 20]
        place = found.end()
        if found.lastgroup not in ("comment", "space"):
            tokens.append((found.lastgroup, found[0]))
    return Reader(tokens).script()
