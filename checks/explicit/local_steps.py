"""What the ends did in an explored graph, each step once: to hold other engines against."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.checks.statespace import PAIR_MASK, attempts, chunks, unpack
from tcpmc.checks.statespace.tables import Ints
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.network.product import End, Event, System


@dataclass(frozen=True)
class LocalStep:
    """A step of one end: a state in which it is taken, the event, the end after it, and what it
    sends, whether or not there is room for that."""

    before: System
    event: Event
    after: End
    sent: tuple[Segment, ...]

    def __str__(self) -> str:
        ends = self.before.ends
        what = f" {self.event.flight.segment}" if self.event.flight is not None else ""
        sent = " ".join(map(str, self.sent)) or "nothing"
        return (
            f"{self.event.kind}{what} at {'AB'[self.event.end]} in "
            f"{ends[0].state}/{ends[1].state}: {self.after.state}, sends {sent}"
        )


def local_steps(table: TabulatedModel, levels: Iterable[Ints]) -> Iterator[LocalStep]:
    """Every step of an end in these states, once for each pair of ends: with the first state in
    which it occurs."""
    seen: set[tuple[int, ...]] = set()
    for level in levels:
        for states in chunks(level):
            for which in (0, 1):
                steps = attempts(table, which, states)
                a, b, _, _ = unpack(states[steps.source])
                rows = np.stack((a, b, steps.event, steps.end, steps.message), axis=1)
                _, first = np.unique(rows, axis=0, return_index=True)
                for index in sorted(first.tolist()):
                    row = (which, *rows[index].tolist())
                    if row in seen:
                        continue
                    seen.add(row)
                    _, _, _, event, end, message = row
                    yield LocalStep(
                        table.system(int(states[steps.source[index]])),
                        table.event(event, which),
                        table.ends[end],
                        table.messages[message][0],
                    )


def states_by_pair(table: TabulatedModel, levels: Iterable[Ints]) -> Iterator[System]:
    """The first of the states with each pair of ends."""
    seen: set[int] = set()
    for level in levels:
        pairs, first = np.unique(level & PAIR_MASK, return_index=True)
        for pair, index in zip(pairs.tolist(), first.tolist(), strict=True):
            if pair not in seen:
                seen.add(pair)
                yield table.system(int(level[index]))
