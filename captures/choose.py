"""Filter expressions for connections: `host 192.0.2.1 and not port 22`, `ended reset or verdict
DEVIATES`.

A term names what it is about, and what that may be: `host`, `net` (as 192.0.2.0/24), `port` (a
number or a range, 8000-8010), `state` (Zeek's conn_state), `ended` and `verdict`. Terms are joined
by `not`, `and`, `or` and brackets; a term without a name has that of the term before:
`port 80 or 443`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from ipaddress import ip_address, ip_network

from tcpmc.captures.summary import Summary
from tcpmc.errors import BadInput

Filter = Callable[[Summary, Sequence[str]], bool]
"""Whether a connection is chosen, given the verdicts on its ends."""
WORD = re.compile(r"\s*(\(|\)|!|&&|\|\||[^\s()!]+)")
SAME = {"!": "not", "&&": "and", "||": "or"}
NAMES = ("host", "net", "port", "state", "ended", "verdict")
ENDINGS = ("closed", "half-closed", "reset", "refused", "no-answer", "open")
DEEPEST = 50


def chosen(expression: str) -> Filter:
    """The filter that the expression describes; BadInput if it describes none."""
    words = [SAME.get(word, word) for word in WORD.findall(expression)]
    if not words:
        raise BadInput("the filter is empty: try host 192.0.2.1 and port 80")
    parser = _Parser(words)
    test = parser.either(0)
    if parser.words:
        raise BadInput(f"filter: {parser.words[0]!r} is not expected there")
    return test


def asks_for_verdicts(expression: str) -> bool:
    """Whether the filter needs to know verdicts."""
    return "verdict" in WORD.findall(expression)


class _Parser:
    """Takes an expression apart, from left to right."""

    def __init__(self, words: list[str]) -> None:
        self.words = words
        self._name = ""

    def either(self, depth: int) -> Filter:
        """Terms joined by `or`."""
        terms = [self._all(depth)]
        while self.words[:1] == ["or"]:
            self.words.pop(0)
            terms.append(self._all(depth))
        return terms[0] if len(terms) == 1 else lambda s, v: any(term(s, v) for term in terms)

    def _all(self, depth: int) -> Filter:
        terms = [self._one(depth)]
        while self.words[:1] == ["and"]:
            self.words.pop(0)
            terms.append(self._one(depth))
        return terms[0] if len(terms) == 1 else lambda s, v: all(term(s, v) for term in terms)

    def _one(self, depth: int) -> Filter:
        word = self.words.pop(0) if self.words else ""
        if depth > DEEPEST:
            raise BadInput(f"filter: more than {DEEPEST} nested brackets")
        if word == "not":
            term = self._one(depth + 1)
            return lambda s, v: not term(s, v)
        if word == "(":
            inside = self.either(depth + 1)
            if self.words[:1] != [")"]:
                raise BadInput("filter: a bracket is not closed")
            self.words.pop(0)
            return inside
        if word in NAMES:
            self._name, word = word, self.words.pop(0) if self.words else ""
        if not word or word in ("and", "or", ")") or not self._name:
            raise BadInput(
                f"filter: {word or 'the end'!r} where one of {', '.join(NAMES)} has to be"
            )
        return TERMS[self._name](word)


def _host(text: str) -> Filter:
    try:
        wanted = ip_address(text).compressed
    except ValueError:
        wanted = text  # a text may have names
    return lambda s, _: any(end.address == wanted for end in s.ends)


def _net(text: str) -> Filter:
    try:
        wanted = ip_network(text, strict=False)
    except ValueError as error:
        raise BadInput(f"filter: net {text[:60]}: not a network such as 192.0.2.0/24") from error

    def inside(summary: Summary, _: Sequence[str]) -> bool:
        for end in summary.ends:
            try:
                address = ip_address(end.address)
            except ValueError:
                continue
            if address.version == wanted.version and address in wanted:
                return True
        return False

    return inside


def _port(text: str) -> Filter:
    match = re.fullmatch(r"(\d{1,5})(?:-(\d{1,5}))?", text)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, -1)
    if not first <= last < 2**16:
        raise BadInput(f"filter: port {text[:60]}: not a port such as 80, or 8000-8010")
    return lambda s, _: any(first <= end.port <= last for end in s.ends)


def _state(text: str) -> Filter:
    return lambda s, _: s.conn_state == text.upper()


def _ended(text: str) -> Filter:
    wanted = text.lower()
    if wanted not in ENDINGS:
        raise BadInput(f"filter: ended {text[:60]}: not one of {', '.join(ENDINGS)}")
    return lambda s, _: s.ended.replace(" ", "-") == wanted


def _verdict(text: str) -> Filter:
    return lambda _, verdicts: text.upper() in verdicts


TERMS: dict[str, Callable[[str], Filter]] = {
    "host": _host,
    "net": _net,
    "port": _port,
    "state": _state,
    "ended": _ended,
    "verdict": _verdict,
}
