"""Which kinds of segments must and which may have been sent, for each pair of states of two ends.

The least solution is computed forwards from the initial state (Cousot and Cousot 1977): along a
move what must have been sent grows by what arrives and what is sent, and where ways meet only what
all of them have must have been. It is inductive by construction; who uses it has a solver check
that all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

Location = tuple[int, int]
"""The states of A and of B, by their numbers."""


class Moves(Protocol):
    """A move of one end between states by their numbers: on the arrival of a kind, and sending a
    kind, by their numbers, or None; `settled`: only while the other end no longer waits."""

    @property
    def target(self) -> int:
        """The state after it."""

    @property
    def arriving(self) -> int | None:
        """The kind that arrives, of those that the other end sends."""

    @property
    def sending(self) -> int | None:
        """The kind that is sent, of those that this end sends."""

    @property
    def settled(self) -> bool:
        """Whether the other end has to be through with the connection."""


@dataclass(frozen=True)
class Sent:
    """Sets of kinds as bits, those of A first: what must have been sent, and what may have been."""

    must: int
    may: int

    def meeting(self, other: Sent) -> Sent:
        """What is known where either may be the case."""
        return Sent(self.must & other.must, self.may | other.may)

    def open(self) -> int:
        """How many kinds may have been sent or not."""
        return (self.may & ~self.must).bit_count()


@dataclass(frozen=True)
class TwoEnds:
    """The `moves` of either end from a state, how many kinds A sends, and whether an end in a state
    is through with the connection (`settled`)."""

    moves: Callable[[int, int], Iterable[Moves]]
    kinds_of_a: int
    settled: Callable[[int, int], bool]

    def kind(self, which: int, number: int) -> int:
        """A kind that this end sends, as a bit."""
        return 1 << number + which * self.kinds_of_a


def least(system: TwoEnds) -> dict[Location, Sent]:
    """What is known in each pair of states that can be reached from the states 0."""
    sent_at: dict[Location, Sent] = {(0, 0): Sent(0, 0)}
    todo = [(0, 0)]
    while todo:
        here = todo.pop()
        for which in (0, 1):
            for move in system.moves(which, here[which]):
                sent = _after(system, which, move, here, sent_at[here])
                if sent is None:
                    continue
                there = (move.target, here[1]) if which == 0 else (here[0], move.target)
                merged = sent.meeting(sent_at[there]) if there in sent_at else sent
                if merged != sent_at.get(there):
                    sent_at[there] = merged
                    todo.append(there)
    return dict(sorted(sent_at.items()))


def _after(system: TwoEnds, which: int, move: Moves, here: Location, sent: Sent) -> Sent | None:
    """What is known after the move; None where it cannot happen."""
    if move.settled and not system.settled(1 - which, here[1 - which]):
        return None
    arrived = out = 0
    if move.arriving is not None:
        arrived = system.kind(1 - which, move.arriving)
        if not sent.may & arrived:
            return None
    if move.sending is not None:
        out = system.kind(which, move.sending)
    return Sent(sent.must | arrived | out, sent.may | out)
