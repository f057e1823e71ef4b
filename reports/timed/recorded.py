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
from typing import Annotated, Literal

from msgspec import Meta, Struct, ValidationError, convert

from tcpmc.checks.labels import ENDS
from tcpmc.checks.running.loading import find_theorem, find_variant
from tcpmc.checks.timed.timed_replay import Happened, Replay, TimedEvent, TimedTrace, replayed
from tcpmc.checks.trace import ReplayError
from tcpmc.errors import BadInput
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.timed.theorems import Theorem

RECEIVES = "receives "
Moment = int | float | str


@dataclass(frozen=True)
class Recorded:
    """A run as its file has it: the theorem that it breaks, the variant's name, and the replay."""

    theorem: Theorem
    variant: str
    trace: TimedTrace


class RunFile(Struct, frozen=True, forbid_unknown_fields=True):
    """What is in the file. A moment is a number, or a text such as "1/2"."""

    theorem: Annotated[str, Meta(description="the theorem that the run breaks")]
    parameters: Annotated[
        dict[str, Moment], Meta(description="the lengths of the timers, such as MSL and T")
    ]
    happens: Annotated[
        tuple[tuple[Moment, Literal["A", "B"], str], ...],
        Meta(description='when, at which end, and what: a call, a timer, or "receives N"'),
    ]
    over: Annotated[Moment, Meta(description="when the timer that the theorem is about ends")]
    variant: str = "rfc9293"
    assume: tuple[str, ...] = ()


def recorded(text: str) -> Recorded:
    """The run in a file's text. Raises BadInput where it is no run, or one that the rules, the
    network or the assumptions do not allow."""
    try:
        run = convert(tomllib.loads(text), RunFile)
    except ValidationError as error:
        raise BadInput(f"invalid run: {error}") from error
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits is a ValueError
        raise BadInput(f"invalid TOML: {error}") from error
    theorem = find_theorem(run.theorem)
    try:
        return Recorded(theorem, run.variant, _replayed(run, theorem))
    except (ReplayError, ValueError, OverflowError) as error:
        raise BadInput(f"invalid run: {error}") from error
    except KeyError as error:
        raise BadInput(f"invalid run: the parameter {error} is missing") from error


def _replayed(run: RunFile, theorem: Theorem) -> TimedTrace:
    assumed = theorem.claim.circumstances(theorem.under(run.assume))
    values = {name: _moment(run.parameters[name]) for name in assumed.parameters}
    variant = find_variant(run.variant)
    ahead, events = Replay(variant, assumed, values), list[TimedEvent]()
    before: list[Happened] = []
    for moment, end, what in run.happens:
        event = _event(_moment(moment), ENDS.index(end), what, before)
        before.append(ahead.happen(event))
        events.append(event)
    over = _moment(run.over)
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


def _moment(value: Moment) -> Fraction:
    try:
        return Fraction(str(value))
    except (ValueError, ZeroDivisionError) as error:
        raise ValueError(f"{str(value)!r:.40} is not a number") from error
