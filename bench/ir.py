"""The benchmark's model: a compact TCP as one table of rules, from which each tool gets its text.

Two endpoints, each with at most K connections, and two channels that hold at most C segments,
lose, duplicate and reorder. It is not tcpmc's model of RFC 9293: it is small enough to be said
exactly alike in Python, Promela and Murphi, so that all tools must count the same states and
transitions.

An endpoint is (st, inc, rn, pas): its state, how many connections it has begun, RCV.NXT, and
whether it came from LISTEN. A segment is (k, q, a): its kind, sequence number and acknowledgement
number, 0 for none. The numbers of connection i begin at 3 * (i - 1): SYN, FIN and the number after.

Guards and updates are texts in the one syntax that Python, Promela and Murphi share but for the
spelling of "and" and "==". They speak of the fields above, of K, and of
    iss   the first number of the endpoint's connection
    nxt   SND.NXT
    ln    how many numbers the segment takes: 1 for SYN and FIN, else 0
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import CodeType
from typing import NamedTuple

(
    CLOSED,
    LISTEN,
    SYN_SENT,
    SYN_RECEIVED,
    ESTABLISHED,
    FIN_WAIT_1,
    FIN_WAIT_2,
    CLOSE_WAIT,
    CLOSING,
    LAST_ACK,
    TIME_WAIT,
) = range(11)
STATES = range(11)
SYNCHRONIZED = tuple(range(SYN_RECEIVED, TIME_WAIT + 1))

KINDS = {"ACK": 0, "SYN": 1, "FIN": 2, "RST": 3}
SENT = (0, 0, 1, 1, 1, 2, 2, 1, 2, 2, 2)  # nxt - iss in each state


class Endpoint(NamedTuple):
    st: int = CLOSED
    inc: int = 0
    rn: int = 0
    pas: int = 0


class Segment(NamedTuple):
    k: int
    q: int
    a: int


Send = tuple[str, str, str]


@dataclass(frozen=True)
class Rule:
    """What happens in `states` if `guard` holds: fields not in `update` stay, `send` is put on the
    channel, and is lost if that is full, unless the rule `needs_room`."""

    states: tuple[int, ...]
    guard: str = ""
    update: Mapping[str, str] = field(default_factory=dict)
    send: Send | None = None
    name: str = ""
    needs_room: bool = False


CLOSE = {"st": "0", "rn": "0", "pas": "0"}
ACK = ("ACK", "nxt", "rn")
SYN = ("SYN", "iss", "0")
SYN_ACK = ("SYN", "iss", "rn")
FIN = ("FIN", "iss+1", "rn")
ACK_FIN = ("ACK", "nxt", "rn+1")
RESET = ("RST", "a", "0")


def _fin(state: int) -> dict[str, str]:
    return {"st": str(state), "rn": "rn+1", "pas": "0"}


# A segment arrives. The first rule that matches; none: the segment is consumed.
ARRIVALS = (
    Rule((CLOSED,), "k == RST"),
    Rule((CLOSED,), "a == 0", send=("RST", "0", "q+ln")),
    Rule((CLOSED,), send=RESET),
    Rule((LISTEN,), "k == RST"),
    Rule((LISTEN,), "a != 0", send=RESET),
    Rule(
        (LISTEN,),
        "k == SYN and inc < K",
        {"st": "3", "inc": "inc+1", "rn": "q+1", "pas": "1"},
        ("SYN", "3*inc", "q+1"),
    ),
    Rule((SYN_SENT,), "a != 0 and a != iss+1 and k == RST"),
    Rule((SYN_SENT,), "a != 0 and a != iss+1", send=RESET),
    Rule((SYN_SENT,), "k == RST and a != 0", CLOSE),
    Rule((SYN_SENT,), "k == RST"),
    Rule(
        (SYN_SENT,),
        "k == SYN and a != 0",
        {"st": "4", "rn": "q+1", "pas": "0"},
        ("ACK", "iss+1", "q+1"),
    ),
    Rule((SYN_SENT,), "k == SYN", {"st": "3", "rn": "q+1", "pas": "0"}, ("SYN", "iss", "q+1")),
    Rule(SYNCHRONIZED, "q != rn and k == RST"),
    Rule(SYNCHRONIZED, "q != rn", send=ACK),
    Rule((SYN_RECEIVED,), "k == RST and pas == 1", {"st": "1", "rn": "0", "pas": "0"}),
    Rule(SYNCHRONIZED, "k == RST", CLOSE),
    Rule(SYNCHRONIZED, "k == SYN", send=ACK),
    Rule(SYNCHRONIZED, "a == 0"),
    Rule((SYN_RECEIVED,), "a != iss+1", send=RESET),
    Rule((SYN_RECEIVED,), "k == FIN", _fin(CLOSE_WAIT), ACK_FIN),
    Rule((SYN_RECEIVED,), "", {"st": "4", "pas": "0"}),
    Rule(SYNCHRONIZED[1:], "a > nxt", send=ACK),
    Rule((ESTABLISHED,), "k == FIN", _fin(CLOSE_WAIT), ACK_FIN),
    Rule((FIN_WAIT_1,), "k == FIN and a == iss+2", _fin(TIME_WAIT), ACK_FIN),
    Rule((FIN_WAIT_1,), "k == FIN", _fin(CLOSING), ACK_FIN),
    Rule((FIN_WAIT_1,), "a == iss+2", {"st": "6"}),
    Rule((FIN_WAIT_2,), "k == FIN", _fin(TIME_WAIT), ACK_FIN),
    Rule((CLOSING,), "a == iss+2", {"st": "10"}),
    Rule((LAST_ACK,), "a == iss+2", CLOSE),
)

# What an endpoint does by itself: every rule that matches.
OWN = (
    Rule((CLOSED,), "inc < K", {"st": "1"}, name="passive-open"),
    Rule((CLOSED,), "inc < K", {"st": "2", "inc": "inc+1"}, ("SYN", "3*inc", "0"), "active-open"),
    Rule((LISTEN, SYN_SENT), "", CLOSE, name="close"),
    Rule((ESTABLISHED,), "", {"st": "5"}, FIN, "close"),
    Rule((CLOSE_WAIT,), "", {"st": "9"}, FIN, "close"),
    Rule(tuple(range(SYN_RECEIVED, CLOSE_WAIT + 1)), "", CLOSE, ("RST", "nxt", "0"), "abort"),
    Rule((TIME_WAIT,), "", CLOSE, name="timeout"),
    Rule((SYN_SENT,), "", {}, SYN, "retransmit", needs_room=True),
    Rule((SYN_RECEIVED,), "", {}, SYN_ACK, "retransmit", needs_room=True),
    Rule((FIN_WAIT_1, CLOSING, LAST_ACK), "", {}, FIN, "retransmit", needs_room=True),
)


def number_bits(connections: int) -> int:
    """How many bits hold a sequence number."""
    return (3 * connections - 1).bit_length()


Move = tuple[Rule, Endpoint, Segment | None]


class Local:
    """The table run on one endpoint: what it does by itself, and on a segment."""

    def __init__(self, connections: int) -> None:
        self._constants = {**KINDS, "K": connections}
        self._code: dict[str, CodeType] = {}

    def own(self, end: Endpoint) -> list[Move]:
        """Every rule that matches, with what it makes of the endpoint and what it sends."""
        values = self._values(end)
        return [(rule, *self._apply(rule, end, values)) for rule in self._matching(OWN, values)]

    def arrive(self, end: Endpoint, seg: Segment) -> tuple[Endpoint, Segment | None]:
        """The endpoint after the segment, and the answer."""
        ln = int(seg.k in (KINDS["SYN"], KINDS["FIN"]))
        values = {**self._values(end), **seg._asdict(), "ln": ln}
        rule = next(self._matching(ARRIVALS, values), None)
        return self._apply(rule, end, values) if rule else (end, None)

    def _values(self, end: Endpoint) -> dict[str, int]:
        iss = 3 * (end.inc - 1)
        return {**end._asdict(), "iss": iss, "nxt": iss + SENT[end.st]}

    def _matching(self, rules: tuple[Rule, ...], values: Mapping[str, int]) -> Iterator[Rule]:
        for rule in rules:
            if values["st"] in rule.states and (
                not rule.guard or self._evaluate(rule.guard, values)
            ):
                yield rule

    def _apply(
        self, rule: Rule, end: Endpoint, values: Mapping[str, int]
    ) -> tuple[Endpoint, Segment | None]:
        after = {name: self._evaluate(text, values) for name, text in rule.update.items()}
        sent = [self._evaluate(text, values) for text in rule.send or ()]
        return end._replace(**after), Segment(*sent) if sent else None

    def _evaluate(self, text: str, values: Mapping[str, int]) -> int:
        if text not in self._code:
            self._code[text] = compile(text, text, "eval")
        return int(eval(self._code[text], self._constants, dict(values)))
