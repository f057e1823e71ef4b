"""The explored steps of a small scope against the relation that a proof is about.

The relation is built from symbolic paths, the steps are what the rules did on numbers. One that the
relation does not have is a fault of the encoding, and then nothing that is proved of it counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np
import z3

from tcpmc.checks.explicit.local_steps import LocalStep
from tcpmc.checks.labels import ENDS
from tcpmc.checks.parametric.formulas import ParametricFormulas
from tcpmc.checks.parametric.symbolic_endpoint import BITS, for_host
from tcpmc.checks.symbolic.evaluated import Column, Unknown, holds_at
from tcpmc.checks.symbolic.sent_sets import Location
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.network.product import End, System
from tcpmc.model.network.system import Model
from tcpmc.model.properties.kinds import Always, Reachable

ROWS = 2_000
"""Steps that are looked at together."""


class Explored:
    """Explored steps of ends with these ISSs, as values of the constants of the formulas."""

    def __init__(self, formulas: ParametricFormulas, iss: tuple[int, int]) -> None:
        """Raises Unknown where two states or kinds are the same with these ISSs."""
        self.formulas, self.iss = formulas, iss
        table = formulas.endpoint
        self._ends = tuple(_numbered(self._concrete(which, table.ends)) for which in (0, 1))
        self._kinds = tuple(_numbered(self._concrete(which, table.kinds)) for which in (0, 1))

    def _concrete(self, which: int, symbolic: Iterable[Any]) -> list[Any]:
        own, peer = (z3.BitVecVal(self.iss[which ^ other], BITS) for other in (0, 1))
        return [for_host(value, own, peer) for value in symbolic]

    def location(self, ends: tuple[End, End]) -> Location:
        """The numbers of the states of the ends. Raises KeyError for one that is not known."""
        return self._ends[0][ends[0]], self._ends[1][ends[1]]

    def kind(self, which: int, segment: Segment) -> int:
        """The number of the kind of a segment that this end sent. Raises KeyError."""
        return self._kinds[which][segment]

    def unmatched(self, steps: Iterable[LocalStep]) -> Iterator[LocalStep]:
        """The steps that the relation does not have; it leaves out those without effect. Raises
        Unknown."""
        steps = filter(_effective, steps)
        while rows := [(step, self._row(step)) for step in islice(steps, ROWS)]:
            yield from (step for step, row in rows if row is None)
            encoded = [(step, row) for step, row in rows if row is not None]
            if encoded:
                values = self._columns([row for _, row in encoded])
                truths = holds_at(self.formulas.step, values, len(encoded))
                yield from (
                    step for (step, _), true in zip(encoded, truths, strict=True) if not true
                )

    def misjudged(self, prop: Always | Reachable, states: Iterable[System]) -> Iterator[System]:
        """The states at which the formula of a broken claim, or of a goal that is met, says
        something else than the predicates. Raises Unknown."""
        model = Model(self.formulas.model.variant, self.formulas.model.scope.with_(iss=self.iss))
        systems = list(states)
        sent = [[{f.segment for f in contents} for contents in s.channels] for s in systems]
        rows = [self._frame("0", list(s.ends), o) for s, o in zip(systems, sent, strict=True)]
        values = self._columns(rows)
        values |= {str(left): np.ones(len(rows), bool) for left in self.formulas.left}
        truths = holds_at(self.formulas.broken(prop), values, len(rows))
        for state, true in zip(systems, truths.tolist(), strict=True):
            if true != _broken(prop, model, state):
                yield state

    def _row(self, step: LocalStep) -> Mapping[str, int] | None:
        """The step as values: what is in flight was sent. None where a state or a segment is none
        of those that the formulas know."""
        which = step.event.end
        before, after = list(step.before.ends), list(step.before.ends)
        after[which] = step.after
        sent = [{f.segment for f in contents} for contents in step.before.channels]
        then = [set(kinds) for kinds in sent]
        then[which] |= set(step.sent)
        try:
            row = self._frame("0", before, sent) | self._frame("1", after, then)
            number = [self.kind(which, segment) + 1 for segment in step.sent]
        except KeyError:
            return None
        if len(number) > 1:
            return None
        return row | {"sends": sum(number)}

    def _frame(self, tag: str, ends: list[End], sent: list[set[Segment]]) -> dict[str, int]:
        row = {f"{who}@{tag}": self._ends[n][ends[n]] for n, who in enumerate(ENDS)}
        row |= {f"{name}@{tag}": 0 for name in self.formulas.sent_names}
        for which, segments in enumerate(sent):
            for segment in segments:
                name = self.formulas.sent(which, self.kind(which, segment))
                row[f"{name}@{tag}"] = 1
        return row

    def _columns(self, rows: Sequence[Mapping[str, int]]) -> dict[str, Column]:
        numbers = {f"{who}@{tag}" for who in ENDS for tag in "01"} | {"sends"}
        values: dict[str, Column] = {
            name: np.array([row[name] for row in rows], np.uint64 if name in numbers else bool)
            for name in rows[0]
        }
        for number, who in zip(self.iss, ENDS, strict=True):
            values[f"iss.{who}"] = np.full(len(rows), number, np.uint64)
        return values


def _broken(prop: Always | Reachable, model: Model, state: System) -> bool:
    if isinstance(prop, Reachable):
        return prop.goals[0](model, state)
    return prop.premise(model, state) and not prop.claim(model, state)


def _effective(step: LocalStep) -> bool:
    return bool(step.sent) or step.after != step.before.ends[step.event.end]


def _numbered(values: list[Any]) -> dict[Any, int]:
    numbers = {value: number for number, value in enumerate(values)}
    if len(numbers) < len(values):
        raise Unknown("with the ISSs of the small scope two states or segments are the same")
    return numbers
