"""Why the youngest copy is enough: each step of the full channel is a step of the one in `actions`.

The full channel holds any number of copies of a segment, each with the moment at which it was sent
and whether it has arrived; it loses, doubles and reorders them. The slice holds one moment, that of
the youngest copy, and the moment of the first copy that has to arrive, while one has. The relation
between the two is `represents`; the solver shows, for any number of copies, that each step of the
full channel from a represented state can be made in the slice and leads to a represented state, and
that what is left in the full channel is left in the slice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import z3

LIFE = z3.Real("lifetime")
MUST = z3.Bool("each copy must arrive")
COPY = z3.DeclareSort("Copy")


@dataclass(frozen=True)
class Channel:
    """One kind of segment: the copies that are there, and what the slice holds of them."""

    there: Any
    sent: Any
    arrived: Any
    youngest: Any
    owed: Any
    first: Any
    now: Any


def channel(tag: str) -> Channel:
    """A channel whose contents are open."""
    truth, moment = z3.BoolSort(), z3.RealSort()
    return Channel(
        z3.Function(f"there{tag}", COPY, truth),
        z3.Function(f"sent{tag}", COPY, moment),
        z3.Function(f"arrived{tag}", COPY, truth),
        z3.Real(f"youngest{tag}"),
        z3.Bool(f"owed{tag}"),
        z3.Real(f"first{tag}"),
        z3.Real(f"now{tag}"),
    )


def represents(now: Channel) -> Any:
    """No copy is younger than the youngest, which is not of the future. If one is owed, copies have
    to arrive, and some copy that has not arrived is at least as old as the first."""
    one, late = z3.Const("one", COPY), z3.Const("late", COPY)
    waiting = z3.And(now.there(late), z3.Not(now.arrived(late)), now.sent(late) <= now.first)
    return z3.And(
        z3.ForAll(one, z3.Implies(now.there(one), now.sent(one) <= now.youngest)),
        now.youngest <= now.now,
        z3.Implies(now.owed, z3.And(MUST, z3.Exists(late, waiting))),
    )


def _same(before: Channel, after: Channel) -> Any:
    """The slice does not change."""
    return z3.And(
        after.youngest == before.youngest, after.owed == before.owed, after.first == before.first
    )


def _others(before: Channel, after: Channel, but: Any) -> Any:
    """All other copies stay as they are."""
    one = z3.Const("other", COPY)
    alike = z3.And(
        after.there(one) == before.there(one),
        after.sent(one) == before.sent(one),
        after.arrived(one) == before.arrived(one),
    )
    return z3.ForAll(one, z3.Implies(one != but, alike))


def _send(before: Channel, after: Channel, copy: Any, t: Any) -> tuple[Any, Any, Any]:
    """A new copy joins; in the slice it is the youngest, and the first owed if none was."""
    full = z3.And(
        z3.Not(before.there(copy)), after.there(copy), after.sent(copy) == t,
        z3.Not(after.arrived(copy)), t == before.now, _others(before, after, copy),
    )  # fmt: skip
    then = z3.And(
        after.youngest == t,
        after.owed == MUST,
        after.first == z3.If(before.owed, before.first, t),
    )
    return full, z3.BoolVal(True), then


def _deliver(before: Channel, after: Channel, copy: Any, t: Any) -> tuple[Any, Any, Any]:
    """A copy arrives, and may stay in the network as well; in the slice none is owed any more."""
    full = z3.And(
        before.there(copy), t < before.sent(copy) + LIFE, after.sent(copy) == before.sent(copy),
        after.arrived(copy), t == before.now, _others(before, after, copy),
    )  # fmt: skip
    able = t < before.youngest + LIFE
    then = z3.And(
        after.youngest == before.youngest, z3.Not(after.owed), after.first == before.first
    )
    return full, able, then


def _lose(before: Channel, after: Channel, copy: Any, t: Any) -> tuple[Any, Any, Any]:
    """A copy that has arrived, or need not, is gone; the slice stays as it is."""
    full = z3.And(
        before.there(copy), z3.Or(before.arrived(copy), z3.Not(MUST)),
        z3.Not(after.there(copy)), _others(before, after, copy),
    )  # fmt: skip
    return full, z3.BoolVal(True), _same(before, after)


def _double(before: Channel, after: Channel, copy: Any, t: Any) -> tuple[Any, Any, Any]:
    """A copy is doubled: the new one is as old, and need not arrive."""
    origin = z3.Const("origin", COPY)
    full = z3.And(
        before.there(origin), z3.Not(before.there(copy)), after.there(copy),
        after.sent(copy) == before.sent(origin), after.arrived(copy), _others(before, after, copy),
    )  # fmt: skip
    return full, z3.BoolVal(True), _same(before, after)


def _wait(before: Channel, after: Channel, copy: Any, t: Any) -> tuple[Any, Any, Any]:
    """The clocks reach `t`: no copy that has to arrive is too old by then."""
    one = z3.Const("one", COPY)
    waiting = z3.And(before.there(one), z3.Not(before.arrived(one)))
    full = z3.And(
        z3.ForAll(one, z3.Implies(z3.And(MUST, waiting), t < before.sent(one) + LIFE)),
        before.now <= t,
        after.there(copy) == before.there(copy), after.sent(copy) == before.sent(copy),
        after.arrived(copy) == before.arrived(copy), _others(before, after, copy),
    )  # fmt: skip
    able = z3.Implies(before.owed, t < before.first + LIFE)
    return full, able, _same(before, after)


STEPS: dict[str, Callable[[Channel, Channel, Any, Any], tuple[Any, Any, Any]]] = {
    "send": _send,
    "deliver": _deliver,
    "lose": _lose,
    "double": _double,
    "wait": _wait,
}


def unsound(step: str) -> Any:
    """What has no solution if the slice can follow this step of the full channel."""
    before, after = channel("0"), channel("1")
    copy, t = z3.Const("copy", COPY), z3.Real("t")
    full, able, then = STEPS[step](before, after, copy, t)
    clock = z3.And(before.now <= t, after.now == t)
    follows = z3.And(able, z3.Implies(then, represents(after)))
    return z3.And(LIFE > 0, clock, represents(before), full, z3.Not(follows))


def unsound_left() -> Any:
    """What has no solution if whatever is left in the full channel is left in the slice."""
    now, copy, t = channel("0"), z3.Const("copy", COPY), z3.Real("t")
    left = z3.And(now.there(copy), t <= now.sent(copy) + LIFE)
    return z3.And(represents(now), left, z3.Not(t <= now.youngest + LIFE))
