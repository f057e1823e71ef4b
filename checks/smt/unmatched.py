"""The explored steps of ends against the relation between frames that is proved about.

As for the parametric prover: what the rules did on numbers has to be in the formulas that were
built from symbolic paths, and a step that is not there is a fault of the encoding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice

import numpy as np
import z3

from tcpmc.checks.explicit.local_steps import LocalStep
from tcpmc.checks.smt.encode import Encoding
from tcpmc.checks.symbolic.evaluated import Column, holds_at
from tcpmc.checks.symbolic.fields import end_terms, like, plain, segment_terms
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.network.channel import Contents
from tcpmc.model.network.product import End, System

ROWS = 1_000
"""Steps that are looked at together."""
Row = dict[str, int]


def unmatched(encoding: Encoding, steps: Iterable[LocalStep]) -> Iterator[LocalStep]:
    """The steps that the relation does not have; what was in flight is in its channels. Raises
    Unknown."""
    steps, values_of = filter(_effective, steps), ValuesOf(encoding)
    while some := list(islice(steps, ROWS)):
        rows = [(step, values_of.step(step)) for step in some]
        yield from (step for step, row in rows if row is None)
        encoded = [(step, row) for step, row in rows if row is not None]
        if encoded:
            values = _columns(encoding, [row for _, row in encoded])
            truths = holds_at(encoding.step, values, len(encoded))
            yield from (step for (step, _), true in zip(encoded, truths, strict=True) if not true)


def _effective(step: LocalStep) -> bool:
    return bool(step.sent) or step.after != step.before.ends[step.event.end]


class ValuesOf:
    """Steps as values of the constants of an encoding. The same ends, contents and segments come
    again and again: what they come to is kept."""

    def __init__(self, encoding: Encoding) -> None:
        self.encoding = encoding
        self._end, self._known = cache(self._end_values), cache(self._is_known)
        self._held, self._channel = cache(self._in_channel), cache(self._channel_values)
        self._segment = cache(self._segment_values)

    def step(self, step: LocalStep) -> Row | None:
        """The step as values. None where the encoding does not know a segment, or a field of an
        end."""
        which, channel = step.event.end, self.encoding.reference.channel
        before = [self._held(contents) for contents in step.before.channels]
        arriving = step.event.flight.segment if step.event.flight is not None else None
        ends, then = list(step.before.ends), list(before)
        ends[which] = step.after
        if arriving is not None:
            rest = [
                r for flight, r in channel.deliveries(then[1 - which]) if flight.segment == arriving
            ]
            then[1 - which] = rest[0]
        room = channel.put(then[which], step.sent)
        assert room is not None, "the unbounded channel has room"
        then[which] = room
        if len(step.sent) > 1 or not all(map(self._known, ends)):
            return None
        try:
            row = self._frame("0", System(step.before.ends, (before[0], before[1])))
            row |= self._frame("1", System((ends[0], ends[1]), (then[0], then[1])))
        except ValueError:
            return None
        row |= {"sends": len(step.sent), "strays": 0}
        row |= self._segment("in", arriving)
        return row | self._segment("out", step.sent[0] if step.sent else None)

    def _in_channel(self, contents: Contents) -> Contents:
        """What is in flight, as the encoding's channel holds it."""
        found: Contents = ()
        for flight in contents:
            after = self.encoding.reference.channel.put(found, (flight.segment,))
            assert after is not None, "the unbounded channel has room"
            found = after
        return found

    def _is_known(self, end: End) -> bool:
        return bool(z3.is_false(self.encoding.strays(end)))

    def _frame(self, tag: str, system: System) -> Row:
        """The values of a frame. Raises ValueError for a segment that is not known."""
        row = {f"escaped@{tag}": 0}
        for which, who in enumerate("AB"):
            row |= self._end(who, tag, system.ends[which])
            row |= self._channel(which, tag, system.channels[which])
        return row

    def _end_values(self, who: str, tag: str, end: End) -> Row:
        consts = self.encoding.frame0
        return {
            f"{who}.{name}@{tag}": int(plain(like(value, consts[f"{who}.{name}"])))
            for name, value in end_terms(end).items()
            if f"{who}.{name}" in consts
        }

    def _channel_values(self, which: int, tag: str, contents: Contents) -> Row:
        kinds = self.encoding.channels[which]
        known = {kind.segment for kind in kinds}
        if any(flight.segment not in known for flight in contents):
            raise ValueError("a segment of no known kind")
        held = [tuple(f for f in contents if f.segment == kind.segment) for kind in kinds]
        places = enumerate(zip(kinds, held, strict=True))
        return {
            f"{'AB'[which]}:{number}@{tag}": kind.contents.index(part)
            for number, (kind, part) in places
        }

    def _segment_values(self, name: str, segment: Segment | None) -> Row:
        terms = segment_terms(segment) if segment is not None else {}
        return {
            term: int(terms.get(term.removeprefix(f"{name}."), 0))
            for term in self.encoding.inputs
            if term.startswith(f"{name}.")
        }


def _columns(encoding: Encoding, rows: list[Row]) -> dict[str, Column]:
    frames = encoding.frame0.values(), encoding.frame1.values(), encoding.inputs.values()
    sorts = {str(const): const for group in frames for const in group}
    return {
        name: np.array([row[name] for row in rows], bool if z3.is_bool(sorts[name]) else np.uint64)
        for name in rows[0]
    }
