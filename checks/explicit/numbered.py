"""The explored graph with its states numbered, and with what each edge is: event and rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.checks.statespace import Graph, chunks, successors, unpack
from tcpmc.checks.statespace.tables import Ints
from tcpmc.model.endpoint.event_kinds import NETWORK_EVENTS, EventKind
from tcpmc.model.endpoint.tcb import Step
from tcpmc.model.network.product import Event


class Labelled(NamedTuple):
    """What an edge is: what happens, and the labels of the rules that the end follows."""

    event: Event
    rules: tuple[str, ...]


@dataclass(frozen=True)
class NumberedEdges:
    """Edges between states by number, and the index of what each is among the labels so far."""

    source: Ints
    target: Ints
    label: Ints


class NumberedGraph:
    """The states of the first levels of a graph, numbered in order: 0 is the first state.

    `labels` are what edges are, so far.
    """

    def __init__(self, table: TabulatedModel, graph: Graph, depth: int | None = None) -> None:
        self.table = table
        self.levels = list(graph.levels)[: None if depth is None else depth + 1]
        states = np.concatenate(self.levels)
        self._order = np.argsort(states)
        self._sorted = states[self._order]
        self.labels: list[Labelled] = []
        self._known: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._sorted)

    def edges(self) -> Iterator[NumberedEdges]:
        """Every edge between these states, some at a time, in the order of their sources."""
        first = 0
        for level in self.levels:
            for chunk in chunks(level):
                edges = successors(self.table, chunk)
                target, inside = self._numbers(edges.target)
                ends = unpack(chunk[edges.source])
                acting = np.where(edges.end == 0, ends[0], ends[1])
                label = self._labels((acting << 32) + (edges.event << 1) + edges.end)
                order = np.argsort(edges.source[inside], kind="stable")
                source = first + edges.source[inside][order]
                yield NumberedEdges(source, target[inside][order], label[inside][order])
                first += len(chunk)

    def _numbers(self, states: Ints) -> tuple[Ints, Ints]:
        """The number of each state, and the indices of those that have one. (The last level of an
        unfinished search leads outside.)"""
        at = np.minimum(np.searchsorted(self._sorted, states), len(self) - 1)
        return self._order[at], np.flatnonzero(self._sorted[at] == states)

    def _labels(self, keys: Ints) -> Ints:
        """The index of what each is: the acting end, the event and the side, as one number."""
        different, of = np.unique(keys, return_inverse=True)
        for key in different.tolist():
            if key not in self._known:
                self._known[key] = len(self.labels)
                self.labels.append(self._labelled(key >> 32, (key & 0xFFFFFFFF) >> 1, key & 1))
        return np.array([self._known[key] for key in different.tolist()], np.int64)[of]

    def _labelled(self, acting: int, code: int, side: int) -> Labelled:
        event, end = self.table.event(code, side), self.table.ends[acting]
        step: Step | None = None
        if event.kind == EventKind.DELIVER and event.flight is not None:
            segment, about = event.flight.segment, event.flight.about
            step = self.table.model.receive(side, end, segment, about).step
        elif event.kind not in NETWORK_EVENTS:
            for move in self.table.model.own_moves(side, end):
                if (move.event, move.flight, move.offset) == (event.kind, *_what(event)):
                    step = move.step
                    break
        return Labelled(event, () if step is None else step.rules)


def _what(event: Event) -> tuple[object, object]:
    return event.flight, event.offset
