"""The explored steps of ends against the relation between frames that is proved about.

As for the parametric prover: what the rules did on numbers has to be in the formulas that were
built from symbolic paths, and a step that is not there is a fault of the encoding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
    steps = filter(_effective, steps)
    while some := list(islice(steps, ROWS)):
        rows = [(step, _row(encoding, step)) for step in some]
        yield from (step for step, row in rows if row is None)
        encoded = [(step, row) for step, row in rows if row is not None]
        if encoded:
            values = _columns(encoding, [row for _, row in encoded])
            truths = holds_at(encoding.step, values, len(encoded))
            yield from (step for (step, _), true in zip(encoded, truths, strict=True) if not true)


def _effective(step: LocalStep) -> bool:
    return bool(step.sent) or step.after != step.before.ends[step.event.end]


def _row(encoding: Encoding, step: LocalStep) -> Row | None:
    """The step as values. None where the encoding does not know a segment, or a field of an end."""
    which, channel = step.event.end, encoding.reference.channel
    before = [_in_channel(encoding, contents) for contents in step.before.channels]
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
    try:
        row = _frame(encoding, "0", System(step.before.ends, (before[0], before[1])))
        row |= _frame(encoding, "1", System((ends[0], ends[1]), (then[0], then[1])))
    except ValueError:
        return None
    if len(step.sent) > 1 or any(not _known(encoding, end) for end in ends):
        return None
    row |= {"sends": len(step.sent), "strays": 0}
    for name, segment in (("in", arriving), ("out", step.sent[0] if step.sent else None)):
        row |= _segment(encoding, name, segment)
    return row


def _in_channel(encoding: Encoding, contents: Contents) -> Contents:
    """What is in flight, as the encoding's channel holds it."""
    channel: Contents = ()
    for flight in contents:
        after = encoding.reference.channel.put(channel, (flight.segment,))
        assert after is not None, "the unbounded channel has room"
        channel = after
    return channel


def _known(encoding: Encoding, end: End) -> bool:
    return bool(z3.is_false(encoding.strays(end)))


def _frame(encoding: Encoding, tag: str, system: System) -> Row:
    """The values of a frame. Raises ValueError for a segment that is not known."""
    frame, row = encoding.frame(tag), {f"escaped@{tag}": 0}
    for who, end in zip("AB", system.ends, strict=True):
        for name, value in end_terms(end).items():
            if f"{who}.{name}" in frame:
                row[f"{who}.{name}@{tag}"] = int(plain(like(value, frame[f"{who}.{name}"])))
    for who, kinds, contents in zip("AB", encoding.channels, system.channels, strict=True):
        alphabet = {kind.segment for kind in kinds}
        if any(flight.segment not in alphabet for flight in contents):
            raise ValueError("a segment of no known kind")
        for number, kind in enumerate(kinds):
            held = tuple(f for f in contents if f.segment == kind.segment)
            row[f"{who}:{number}@{tag}"] = kind.contents.index(held)
    return row


def _segment(encoding: Encoding, name: str, segment: Segment | None) -> Row:
    terms = segment_terms(segment) if segment is not None else {}
    return {
        term: int(terms.get(term.removeprefix(f"{name}."), 0))
        for term in encoding.inputs
        if term.startswith(f"{name}.")
    }


def _columns(encoding: Encoding, rows: list[Row]) -> dict[str, Column]:
    frames = encoding.frame("0").values(), encoding.frame("1").values(), encoding.inputs.values()
    sorts = {str(const): const for group in frames for const in group}
    return {
        name: np.array([row[name] for row in rows], bool if z3.is_bool(sorts[name]) else np.uint64)
        for name in rows[0]
    }
