"""Which kinds must and which may have been sent, for each pair of states of the ends: an inductive
invariant, which Z3 checks to be one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import z3

from tcpmc.checks.parametric.formulas import ParametricFormulas
from tcpmc.checks.parametric.symbolic_endpoint import EndMove
from tcpmc.checks.symbolic.sent_sets import Location, Sent, TwoEnds, least


@dataclass(frozen=True)
class Invariant:
    """What is known in each pair of states that the ends can be in together."""

    formulas: ParametricFormulas
    known: dict[Location, Sent]
    _made: dict[str, z3.BoolRef] = field(default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        """The number of clauses."""
        kinds = len(self.formulas.sent_names)
        return 1 + len(self.known) * kinds - sum(sent.open() for sent in self.known.values())

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


def least_invariant(
    formulas: ParametricFormulas, possible: Callable[[z3.BoolRef], bool]
) -> Invariant:
    """The invariant under the moves whose guards are `possible`."""
    moves = [_by_source(formulas, which, possible) for which in (0, 1)]
    two_ends = TwoEnds(
        moves=lambda which, end: moves[which].get(end, ()),
        kinds_of_a=len(formulas.endpoint.kinds),
        settled=lambda which, end: formulas.settled(end),
    )
    return Invariant(formulas, least(two_ends))


def _by_source(
    formulas: ParametricFormulas, which: int, possible: Callable[[z3.BoolRef], bool]
) -> dict[int, list[EndMove]]:
    moves_of: dict[int, list[EndMove]] = {}
    verdicts: dict[z3.BoolRef, bool] = {}
    for move in formulas.endpoint.moves:
        guard = formulas.guard(which, move)
        if guard not in verdicts:
            verdicts[guard] = possible(guard)
        if verdicts[guard]:
            moves_of.setdefault(move.source, []).append(move)
    return moves_of
