"""Fair lassos: infinite fair runs that never reach a goal.

The fairness is strong (Streett): an event of the chosen kinds that is due infinitely often happens
infinitely often, whether or not there was room for what it sends. Loss and other user calls need
never happen, and a segment is duplicated finitely often. States that make a strongly connected
component unfair are removed until a component is fair or nothing is left (Lichtenstein and Pnueli
1985).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tcpmc.checks.explicit.projections import perhaps_fair, strong
from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.checks.statespace import (
    Graph,
    Mask,
    attempts,
    chunks,
    contains,
    distinct,
    index_in,
    successors,
    unpack,
)
from tcpmc.checks.statespace.tables import Ints
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.properties.kinds import FAIR_EVENTS, Fairness

NONE = np.empty(0, np.int64)


@dataclass(frozen=True)
class Lasso:
    """Packed states from the initial one on; the last equals the one at index `loop`."""

    states: list[int]
    loop: int


@dataclass(frozen=True)
class Region:
    """States (sorted, shape (n,)); their transitions (shape (m,)), as the index of the source, of
    the target or -1 outside, and the fair event or -1; and the fair events that are due (shape
    (k,)), as the index of the state and the event."""

    states: Ints
    source: Ints
    target: Ints
    fair: Ints
    due_at: Ints
    due: Ints

    def within(self, inside: Mask) -> Region:
        """The region with only some of its states; transitions to the others lead outside."""
        index = np.where(inside, np.cumsum(inside) - 1, -1)
        stay, due = inside[self.source], inside[self.due_at]
        target = np.where(self.target >= 0, index[self.target], -1)
        return Region(
            self.states[inside],
            index[self.source][stay],
            target[stay],
            self.fair[stay],
            index[self.due_at][due],
            self.due[due],
        )


def fair_events(table: TabulatedModel, fairness: Sequence[Fairness]) -> Mask:
    """Of each event, by its code, whether fairness is about it."""
    events = {event for kind in fairness for event in FAIR_EVENTS[kind]}
    return np.array([kind in events for kind, *_ in table.events.values])


def region(table: TabulatedModel, states: Ints, fairness: Sequence[Fairness]) -> Region:
    """The states (sorted) with their transitions; those that duplicate lead outside."""
    parts: list[tuple[Ints, ...]] = []
    for chunk in chunks(states):
        tried = attempts(table, 0, chunk), attempts(table, 1, chunk)
        edges = successors(table, chunk, tried)
        fair = fair_events(table, fairness)
        doubles = np.array([kind == EventKind.DUPLICATE for kind, *_ in table.events.values])
        target = np.where(doubles[edges.event], -1, index_in(states, edges.target))
        first = int(np.searchsorted(states, chunk[0]))
        due = [fair[attempt.event] for attempt in tried]
        parts.append(
            (
                edges.source + first,
                target,
                np.where(fair[edges.event], edges.event * 2 + edges.end, -1),
                np.concatenate([a.source[d] for a, d in zip(tried, due, strict=True)]) + first,
                np.concatenate(
                    [a.event[d] * 2 + w for w, (a, d) in enumerate(zip(tried, due, strict=True))]
                ),
            )
        )
    return Region(states, *(np.concatenate(column) for column in zip(*parts, strict=True)))


def fair_lasso(
    table: TabulatedModel, graph: Graph, levels: Sequence[Ints], fairness: Sequence[Fairness]
) -> Lasso | None:
    """A run that is fair in the given ways and stays for ever in the given states of the graph, by
    level, or None.

    A state in which no fair event is due can be stayed in for ever: nothing has to happen.
    """
    states = distinct(np.concatenate(levels))
    halted = _halted(table, states, fairness)
    if len(halted):
        return _lasso(graph, levels, halted, lambda entry: [])
    left = states
    if not table.clock:
        left = perhaps_fair(table, states, fair_events(table, fairness))
    component = _fair_component_of(table, left, fairness)
    if component is None:
        return None
    if len(left) < len(states):  # which one is found is not to depend on the projections
        component = _fair_component_of(table, states, fairness)
        assert component is not None
    fair = component
    return _lasso(graph, levels, fair.states, lambda entry: fair_cycle(fair, entry))


def _halted(table: TabulatedModel, states: Ints, fairness: Sequence[Fairness]) -> Ints:
    """The states in which no fair event is due."""
    fair = fair_events(table, fairness)
    channels = unpack(states)[2:]
    contents = distinct(np.concatenate(channels))
    source, rows = table.deliveries(contents)
    arrives = np.zeros(len(contents), bool)
    arrives[source[fair[rows[:, 0]]]] = True
    calm = ~np.logical_or(*(arrives[index_in(contents, channel)] for channel in channels))
    parts = []
    for chunk in chunks(states[calm]):
        halted = np.ones(len(chunk), bool)
        for which in (0, 1):
            tried = attempts(table, which, chunk)
            halted[tried.source[fair[tried.event]]] = False
        parts.append(chunk[halted])
    return np.concatenate(parts) if parts else NONE


def _fair_component_of(
    table: TabulatedModel, states: Ints, fairness: Sequence[Fairness]
) -> Region | None:
    return fair_component(region(table, states, fairness)) if len(states) else None


def endless_exchange(
    table: TabulatedModel, graph: Graph, levels: Sequence[Ints]
) -> tuple[Lasso | None, int]:
    """A run that ends in deliveries for ever, each of which is answered, in the given states of the
    graph, by level, or None; and how many such deliveries there are in these states."""
    columns = [_answered(table, chunk) for level in levels for chunk in chunks(level)]
    if not columns:
        return None, 0
    sources, targets = (np.concatenate(column) for column in zip(*columns, strict=True))
    states = distinct(np.concatenate((sources, targets)))
    source, target = (np.searchsorted(states, ends) for ends in (sources, targets))
    area = Region(states, source, target, np.full(len(source), -1), NONE, NONE)
    label, _, lives = components(area)
    cycles = area.within(lives[label])
    if not len(cycles.states):
        return None, len(sources)
    lasso = _lasso(graph, graph.levels, cycles.states, lambda entry: fair_cycle(cycles, entry))
    return lasso, len(sources)


def _answered(table: TabulatedModel, states: Ints) -> tuple[Ints, Ints]:
    """The deliveries that are answered, from these states: sources and targets."""
    edges = successors(table, states)
    kinds = np.array([kind == EventKind.DELIVER for kind, *_ in table.events.values])
    out = np.stack((unpack(edges.target)[2:], unpack(states[edges.source])[2:]))
    grew = np.where(edges.end == 0, out[0][0] != out[1][0], out[0][1] != out[1][1])
    answered = kinds[edges.event] & grew
    return states[edges.source[answered]], edges.target[answered]


def components(area: Region) -> tuple[Ints, Mask, Mask]:
    """The strongly connected components of the region: that of each state, by number; which
    transitions stay inside one; and in which components, by number, there is such a one."""
    size, inner = len(area.states), area.target >= 0
    label = strong(size, area.source, area.target)
    taken = inner.copy()
    taken[inner] = label[area.source[inner]] == label[area.target[inner]]
    lives = np.zeros(label.max(initial=-1) + 1, bool)
    lives[label[area.source[taken]]] = True
    return label, taken, lives


def fair_component(area: Region) -> Region | None:
    """A strongly connected part of the region in which a fair run can stay for ever."""
    while len(area.states):
        label, taken, lives = components(area)
        bad_states = _unfair(area, label, taken)
        spoilt = np.zeros(len(lives), bool)
        spoilt[label[bad_states]] = True
        fine = np.flatnonzero(lives & ~spoilt)
        if len(fine):
            return area.within(label == fine[0])
        live = lives[label]
        live[bad_states] = False
        area = area.within(live)
    return None


def _unfair(area: Region, label: Ints, taken: Mask) -> Ints:
    """The states in which an event is due that their component never takes."""
    width = int(max(area.fair.max(initial=0), area.due.max(initial=0))) + 1
    happens = taken & (area.fair >= 0)
    taken_keys = label[area.source[happens]].astype(np.int64) * width + area.fair[happens]
    due_keys = label[area.due_at].astype(np.int64) * width + area.due
    return distinct(area.due_at[~contains(distinct(taken_keys), due_keys)])


def fair_cycle(component: Region, entry: int) -> list[int]:
    """A cycle of packed states from `entry` (excluded) back to it (included) that takes every fair
    event which is possible on the component."""
    inner = component.target >= 0
    moves: dict[int, list[tuple[int, int]]] = {}
    for source, target, fair in zip(
        component.source[inner].tolist(),
        component.target[inner].tolist(),
        component.fair[inner].tolist(),
        strict=True,
    ):
        moves.setdefault(source, []).append((target, fair))
    due = set(component.fair[inner].tolist()) - {-1}
    home = int(np.searchsorted(component.states, entry))
    at, path = home, []
    while due:
        steps = _nearest(moves, at, lambda target, fair, due=due: fair in due)  # type: ignore[misc]
        path += steps
        due -= {fair for _, fair in steps}
        at = path[-1][0]
    if at != home or not path:
        path += _nearest(moves, at, lambda target, fair: target == home)
    return [int(component.states[target]) for target, _ in path]


def _nearest(
    moves: dict[int, list[tuple[int, int]]], start: int, wanted: Callable[[int, int], bool]
) -> list[tuple[int, int]]:
    """The shortest way from `start` to, and including, a move that is wanted."""
    queue: deque[int] = deque([start])
    came: dict[int, tuple[int, tuple[int, int]] | None] = {start: None}
    while queue:
        at = queue.popleft()
        for move in moves[at]:
            if wanted(*move):
                path = [move]
                while (step := came[at]) is not None:
                    at, previous = step
                    path.append(previous)
                return path[::-1]
            if move[0] not in came:
                came[move[0]] = (at, move)
                queue.append(move[0])
    raise AssertionError("a move of a strongly connected component is out of reach")


def _lasso(
    graph: Graph, levels: Sequence[Ints], ends: Ints, cycle: Callable[[int], list[int]]
) -> Lasso:
    """A shortest stem to one of the (sorted) states, and the cycle from there."""
    for number, level in enumerate(levels):
        entries = level[contains(ends, level)]
        if len(entries):
            stem = graph.path_to(int(entries[0]), number)
            return Lasso(stem + cycle(stem[-1]), len(stem) - 1)
    raise AssertionError("a lasso without a stem")
