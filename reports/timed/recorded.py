"""A timed run that is written down: a TOML file, replayed by the rules before it is shown.

    theorem = "old-segments"
    parameters = { MSL = 60, T = 100 }
    happens = [
        [0, "A", "CLOSE"],
        [10, "B", "receives 1"],  # what the first event sent
    ]
    over = 124  # when the timer that the theorem is about ends

`variant` and `assume` are optional. Moments are in the unit of the parameters.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tcpmc.checks.labels import ENDS
from tcpmc.checks.running.loading import find_theorem, find_variant
from tcpmc.checks.timed.timed_replay import Happened, Replay, TimedEvent, TimedTrace, replayed
from tcpmc.checks.trace import ReplayError
from tcpmc.errors import BadInput
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.timed.theorems import Theorem

RECEIVES = "receives "
KEYS = {"theorem", "variant", "assume", "parameters", "happens", "over"}


@dataclass(frozen=True)
class Recorded:
    """A run as its file has it: the theorem that it breaks, the variant's name, and the replay."""

    theorem: Theorem
    variant: str
    trace: TimedTrace


def recorded(text: str) -> Recorded:
    """The run in a file's text. Raises BadInput where it is no run, or one that the rules, the
    network or the assumptions do not allow."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"invalid TOML: {error}") from error
    wrong = sorted(set(found) - KEYS) or sorted(KEYS - {"variant", "assume"} - set(found))
    if wrong:
        raise BadInput(f"{wrong[0]}: a run has theorem, parameters, happens and over")
    theorem, name = find_theorem(found["theorem"]), str(found.get("variant", "rfc9293"))
    try:
        return Recorded(theorem, name, _replayed(found, theorem, name))
    except (ReplayError, ValueError, TypeError, KeyError) as error:
        raise BadInput(f"invalid run: {error}") from error


def _replayed(found: dict[str, Any], theorem: Theorem, name: str) -> TimedTrace:
    assumed = theorem.claim.circumstances(theorem.under(tuple(found.get("assume", ()))))
    values = {one: _moment(found["parameters"][one]) for one in assumed.parameters}
    variant = find_variant(name)
    ahead, events = Replay(variant, assumed, values), list[TimedEvent]()
    before: list[Happened] = []
    for moment, end, what in found["happens"]:
        event = _event(_moment(moment), _end(end), what, before)
        before.append(ahead.happen(event))
        events.append(event)
    over = _moment(found["over"])
    return replayed(Replay(variant, assumed, values), tuple(events), over, theorem.claim)


def _event(moment: Fraction, end: int, what: str, before: list[Happened]) -> TimedEvent:
    if not what.startswith(RECEIVES):
        if what not in tuple(EventKind):
            raise ValueError(f"{what} is not possible at {moment}")
        return TimedEvent(moment, end, EventKind(what))
    number = int(what.removeprefix(RECEIVES))
    if not 0 < number <= len(before) or not before[number - 1].sent:
        raise ValueError(f"{what}: event {number} sends nothing")
    return TimedEvent(moment, end, EventKind.DELIVER, before[number - 1].sent[0].segment)


def _end(name: str) -> int:
    if name not in ENDS:
        raise ValueError(f"{name}: an end is A or B")
    return ENDS.index(name)


def _moment(value: object) -> Fraction:
    return Fraction(str(value))
