"""Which kinds must and which may have been sent, for each pair of states of the ends.

The least solution is computed forwards from the initial state (Cousot and Cousot 1977): along a
move what must have been sent grows by what arrives and what is sent, and where ways meet only what
all of them have must have been. It is inductive by construction; Z3 checks that all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import z3

from tcpmc.checks.parametric.formulas import Formulas
from tcpmc.checks.parametric.symbolic_endpoint import EndMove

Location = tuple[int, int]
"""The states of A and of B, by their numbers."""


@dataclass(frozen=True)
class Sent:
    """Sets of kinds as bits: those that must have been sent, and those that may have been."""

    must: int
    may: int

    def meeting(self, other: Sent) -> Sent:
        """What is known where either may be the case."""
        return Sent(self.must & other.must, self.may | other.may)


@dataclass(frozen=True)
class Invariant:
    """What is known in each pair of states that the ends can be in together."""

    formulas: Formulas
    known: dict[Location, Sent]
    _made: dict[str, z3.BoolRef] = field(default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        """The number of clauses."""
        kinds = len(self.formulas.sent_names)
        open_ = sum((sent.may & ~sent.must).bit_count() for sent in self.known.values())
        return 1 + len(self.known) * kinds - open_

    def formula(self, tag: str) -> z3.BoolRef:
        """It holds in a frame."""
        if tag not in self._made:
            self._made[tag] = self._formula(tag)
        return self._made[tag]

    def _formula(self, tag: str) -> z3.BoolRef:
        frame = self.formulas.frame(tag)
        parts = []
        for (a, b), sent in self.known.items():
            flags = [
                frame[name] if sent.must >> place & 1 else z3.Not(frame[name])
                for place, name in enumerate(self.formulas.sent_names)
                if sent.must >> place & 1 or not sent.may >> place & 1
            ]
            parts.append(z3.And(frame["A"] == a, frame["B"] == b, *flags))
        return z3.Or(*parts)


def least_invariant(formulas: Formulas, possible: Callable[[z3.BoolRef], bool]) -> Invariant:
    """The invariant under the moves whose guards are `possible`."""
    moves = [_by_source(formulas, which, possible) for which in (0, 1)]
    known: dict[Location, Sent] = {(0, 0): Sent(0, 0)}
    todo = [(0, 0)]
    while todo:
        here = todo.pop()
        for which in (0, 1):
            for move in moves[which].get(here[which], ()):
                sent = _after(formulas, which, move, here, known[here])
                if sent is None:
                    continue
                there = (move.target, here[1]) if which == 0 else (here[0], move.target)
                merged = sent.meeting(known[there]) if there in known else sent
                if merged != known.get(there):
                    known[there] = merged
                    todo.append(there)
    return Invariant(formulas, dict(sorted(known.items())))


def _by_source(
    formulas: Formulas, which: int, possible: Callable[[z3.BoolRef], bool]
) -> dict[int, list[EndMove]]:
    found: dict[int, list[EndMove]] = {}
    verdicts: dict[z3.BoolRef, bool] = {}
    for move in formulas.endpoint.moves:
        guard = formulas.guard(which, move)
        if guard not in verdicts:
            verdicts[guard] = possible(guard)
        if verdicts[guard]:
            found.setdefault(move.source, []).append(move)
    return found


def _after(
    formulas: Formulas, which: int, move: EndMove, here: Location, sent: Sent
) -> Sent | None:
    """What is known after the move; None where it cannot happen."""
    kinds = len(formulas.endpoint.kinds)
    arrived = out = 0
    if move.settled and not formulas.settled(here[1 - which]):
        return None
    if move.arriving is not None:
        arrived = 1 << (1 - which) * kinds + move.arriving
        if not sent.may & arrived:
            return None
    if move.sending is not None:
        out = 1 << which * kinds + move.sending
    return Sent(sent.must | arrived | out, sent.may | out)
