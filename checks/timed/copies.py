"""Why the youngest copy is enough: each step of the full channel is a step of `youngest`.

The full channel holds any number of copies of a segment, each with the moment at which it was sent
and whether it has arrived; it loses, doubles and reorders them. The slice holds one moment, that of
the youngest copy, and the moment of the first copy that has to arrive, while one has. The relation
between the two is `represents`. Each step of the full channel from a represented state can be made
in the slice and leads to a represented state, and what is left in the full channel is left in the
slice: a forward simulation (Lynch and Vaandrager 1995), by which the slice has every run that the
full channel has.

A step is about one copy, and one that doubles a copy about its origin too. `represents` speaks of
each copy by itself, and of one that is late. So three copies stand for any number of them: the one
that the step is about, its origin, and any other; the last two stay as they are. The formulas have
no solution: they are obligations of each timed proof, in each certificate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import z3

from tcpmc.checks.timed.youngest import deliverable, first_sent, in_time, left
from tcpmc.model.endpoint.event_kinds import EventKind

LIFE = z3.Real("lifetime")
MUST = z3.Bool("must-arrive")
MOMENT = z3.Real("moment")
COPIES = "copy", "origin", "other"


@dataclass(frozen=True)
class CopyTerms:
    """A copy: whether it is in the network, when it was sent, whether it has arrived."""

    there: Any
    sent: Any
    arrived: Any


@dataclass(frozen=True)
class CopiesOfKind:
    """One kind of segment: the copies, and what the slice holds of them."""

    copies: tuple[CopyTerms, ...]
    youngest: Any
    owed: Any
    first: Any
    now: Any

    @property
    def constants(self) -> list[Any]:
        """All of it."""
        copies = [part for copy in self.copies for part in (copy.there, copy.sent, copy.arrived)]
        return [*copies, self.youngest, self.owed, self.first, self.now]


def channel(tag: str) -> CopiesOfKind:
    """A channel whose contents are open."""
    copies = tuple(
        CopyTerms(z3.Bool(f"{name}.there@{tag}"), z3.Real(f"{name}.sent@{tag}"),
             z3.Bool(f"{name}.arrived@{tag}"))
        for name in COPIES
    )  # fmt: skip
    youngest, first = z3.Real(f"youngest@{tag}"), z3.Real(f"first@{tag}")
    return CopiesOfKind(copies, youngest, z3.Bool(f"owed@{tag}"), first, z3.Real(f"now@{tag}"))


BEFORE, AFTER = channel("0"), channel("1")
FREE = (LIFE, MUST, MOMENT, *BEFORE.constants, *AFTER.constants)
"""The constants of the obligations."""


def represents(now: CopiesOfKind) -> Any:
    """No copy is younger than the youngest, which is not of the future. If one is owed, copies have
    to arrive, and some copy that has not arrived is at least as old as the first."""
    late = [z3.And(_waiting(copy), copy.sent <= now.first) for copy in now.copies]
    return z3.And(
        *(z3.Implies(copy.there, copy.sent <= now.youngest) for copy in now.copies),
        now.youngest <= now.now,
        z3.Implies(now.owed, z3.And(MUST, z3.Or(*late))),
    )


def _waiting(copy: CopyTerms) -> Any:
    return z3.And(copy.there, z3.Not(copy.arrived))


def _alike(before: CopyTerms, after: CopyTerms) -> Any:
    return z3.And(
        after.there == before.there, after.sent == before.sent, after.arrived == before.arrived
    )


def _same(before: CopiesOfKind, after: CopiesOfKind) -> Any:
    """The slice does not change."""
    return z3.And(
        after.youngest == before.youngest, after.owed == before.owed, after.first == before.first
    )


Way = tuple[Any, Any, Any]
"""What the copies do; whether the slice can; and what it then does."""


def _send(before: CopiesOfKind, after: CopiesOfKind, t: Any) -> Way:
    """A new copy joins; in the slice it is the youngest, and the first owed if none was."""
    was, copy = before.copies[0], after.copies[0]
    full = z3.And(
        z3.Not(was.there), copy.there, copy.sent == t, z3.Not(copy.arrived), t == before.now
    )
    then = z3.And(
        after.youngest == t,
        after.owed == MUST,
        after.first == first_sent(before.owed, before.first, t),
    )
    return full, z3.BoolVal(True), then


def _deliver(before: CopiesOfKind, after: CopiesOfKind, t: Any) -> Way:
    """A copy arrives, and may stay in the network as well; in the slice none is owed any more."""
    was, copy = before.copies[0], after.copies[0]
    full = z3.And(
        was.there, t <= was.sent + LIFE, copy.sent == was.sent, copy.arrived, t == before.now
    )
    then = z3.And(
        after.youngest == before.youngest, z3.Not(after.owed), after.first == before.first
    )
    return full, deliverable(before.youngest, LIFE, t), then


def _lose(before: CopiesOfKind, after: CopiesOfKind, t: Any) -> Way:
    """A copy that has arrived, or need not, is gone; the slice stays as it is."""
    was, copy = before.copies[0], after.copies[0]
    full = z3.And(was.there, z3.Or(was.arrived, z3.Not(MUST)), z3.Not(copy.there))
    return full, z3.BoolVal(True), _same(before, after)


def _double(before: CopiesOfKind, after: CopiesOfKind, t: Any) -> Way:
    """A copy is doubled: the new one is as old, and need not arrive."""
    was, copy, origin = before.copies[0], after.copies[0], before.copies[1]
    full = z3.And(
        origin.there, z3.Not(was.there), copy.there, copy.sent == origin.sent, copy.arrived
    )
    return full, z3.BoolVal(True), _same(before, after)


def _wait(before: CopiesOfKind, after: CopiesOfKind, t: Any) -> Way:
    """The clocks reach `t`: no copy that has to arrive is too old by then."""
    in_the_network = [
        z3.Implies(z3.And(MUST, _waiting(copy)), t <= copy.sent + LIFE) for copy in before.copies
    ]
    full = z3.And(*in_the_network, before.now <= t, _alike(before.copies[0], after.copies[0]))
    return full, in_time(before.owed, before.first, LIFE, t), _same(before, after)


STEPS: dict[str, Callable[[CopiesOfKind, CopiesOfKind, Any], Way]] = {
    "send": _send,
    EventKind.DELIVER: _deliver,
    EventKind.LOSE: _lose,
    "double": _double,
    "wait": _wait,
}


def unsound(step: str) -> Any:
    """What has no solution if the slice can follow this step of the full channel."""
    full, able, then = STEPS[step](BEFORE, AFTER, MOMENT)
    others = map(_alike, BEFORE.copies[1:], AFTER.copies[1:])
    clock = z3.And(BEFORE.now <= MOMENT, AFTER.now == MOMENT)
    follows = z3.And(able, z3.Implies(then, represents(AFTER)))
    return z3.And(LIFE > 0, clock, represents(BEFORE), full, *others, z3.Not(follows))


def unsound_left() -> Any:
    """What has no solution if whatever is left in the full channel is left in the slice."""
    copy = BEFORE.copies[0]
    is_left = z3.And(copy.there, copy.sent + LIFE > MOMENT)
    return z3.And(represents(BEFORE), is_left, z3.Not(left(BEFORE.youngest, LIFE, MOMENT)))


def obligations() -> Mapping[str, Any]:
    """By name what must have no solution."""
    return {f"copies-{step}": unsound(step) for step in STEPS} | {"copies-left": unsound_left()}
