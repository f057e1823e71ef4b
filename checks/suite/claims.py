"""What a script says of itself, by its name and its comments, against what it reaches.

A script is vacuous where it says that it tests something which never happens in it: a "simultaneous
close" in which the end is never in CLOSING passes on a stack that has no such state.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath

from tcpmc.checks.suite.judging import ScriptJudgement
from tcpmc.model.endpoint.tcb import State

NAMES = {
    State.SYN_SENT: "syn-?sent",
    State.SYN_RECEIVED: "syn-?(?:received|recv|rcvd)",
    State.ESTABLISHED: "established|estab",
    State.FIN_WAIT_1: "fin-?wait-?1",
    State.FIN_WAIT_2: "fin-?wait-?2",
    State.CLOSE_WAIT: "close-?wait",
    State.CLOSING: "closing",
    State.LAST_ACK: "last-?ack",
    State.TIME_WAIT: "time-?wait",
    State.LISTEN: "listen",
    State.CLOSED: "closed",
}
"""How the states are written in names of files."""
WORDS = (State.CLOSING, State.LISTEN, State.CLOSED, State.ESTABLISHED)
"""The states whose names are usual words, too: in comments they are meant in capitals only."""

KIND = "syn-ack|syn-fin|fin-ack|rst-ack|syn|ack|fin|rst"
CELL = re.compile(
    rf"rcv-(?P<kind>{KIND})-(?:with(?:out)?-data-)?"
    rf"(?P<state>{'|'.join(f'(?:{name})' for name in NAMES.values())})(?![a-z0-9])"
)
IN_STATE = re.compile(
    r"\b(?:in(?:to)?|enters?|reach(?:es)?|is|now|create[sd]?|to)\b[^.:]{0,40}?"
    rf"\b(?:{'|'.join(f'(?P<s{number}>{name})' for number, name in enumerate(NAMES.values()))})\b",
    re.IGNORECASE,
)
DENIED = re.compile(r"\b(?:not|no|never|without|skip\w*|instead|should|if)\b|n't", re.IGNORECASE)
STORIES = (
    (re.compile(r"simultaneous\w*[\s-]+(?:\w+[\s-]+){0,2}clos|clos\w*[\s-]+simultaneous", re.I),
     (State.CLOSING,)),
    (re.compile(r"simultaneous\w*[\s-]+(?:\w+[\s-]+){0,2}open", re.I),
     (State.SYN_SENT, State.SYN_RECEIVED)),
)  # fmt: skip
"""What is known by a name of its own, and the states that it goes through (RFC 9293, Figures 7 and
13)."""


@dataclass(frozen=True)
class ScriptClaim:
    """What a script says: where (its line, 0 for its name), in which words, and what has to be
    reached for it: all of some states, or a kind of segment in a state."""

    line: int
    words: str
    states: tuple[State, ...] = ()
    cell: tuple[State, str] | None = None

    def missing(self, judgement: ScriptJudgement) -> str:
        """What is not reached, in a few words; "" where all is."""
        absent = [str(state) for state in self.states if state not in judgement.states]
        if absent:
            return f"{' and '.join(absent)} is never reached"
        if self.cell is None:
            return ""
        state, kind = self.cell
        arrived = any(state in e.states and by_bits(e.kind) == kind for e in judgement.events)
        return "" if arrived else f"no {kind} arrives in {state}"


def by_bits(kind: str) -> str:
    """The kind of a segment by its control bits alone: text has an ACK."""
    return "ACK" if kind == "text" else kind


def claims_of(path: str, comments: tuple[tuple[int, str], ...]) -> list[ScriptClaim]:
    """What the name and the comments of a script claim."""
    stem = PurePath(path).stem.lower().replace("_", "-")
    found = [ScriptClaim(0, stem, cell=cell) for cell in [aimed_at(path)] if cell]
    found += [ScriptClaim(0, stem, states) for story, states in STORIES if story.search(stem)]
    for line, text in comments:
        found += [
            ScriptClaim(line, text, states) for story, states in STORIES if story.search(text)
        ]
        found += [ScriptClaim(line, text, (state,)) for state in _states_of(text)]
    return found


def aimed_at(path: str) -> tuple[State, str] | None:
    """The cell that the name of a script is about: rcv-rst-ack-time-wait-..."""
    found = CELL.search(PurePath(path).stem.lower().replace("_", "-"))
    if found is None:
        return None
    state = next(s for s, name in NAMES.items() if re.fullmatch(name, found["state"]))
    return state, found["kind"].upper().replace("-", ",")


def _states_of(comment: str) -> list[State]:
    """The states that a comment says the connection to be in."""
    if DENIED.search(comment):
        return []
    found = []
    for match in IN_STATE.finditer(comment):
        for number, state in enumerate(NAMES):
            word = match[f"s{number}"]
            if word and (state not in WORDS or word.isupper()):
                found.append(state)
    return found


def unkept(
    path: str, comments: tuple[tuple[int, str], ...], judgement: ScriptJudgement
) -> list[tuple[ScriptClaim, str]]:
    """The claims that the script does not keep, and what is missing: the first of each kind."""
    found: dict[str, tuple[ScriptClaim, str]] = {}
    for claim in claims_of(path, comments):
        told = claim.missing(judgement)
        if told:
            found.setdefault(told, (claim, told))
    return list(found.values())
