"""Where no fair run can stay for ever, as the projections of the states show.

The states that a fair run visits infinitely often are strongly connected, and so is each of their
projections: that on the pairs of ends, which lies in one strongly connected component of the pairs;
and that on this component and the contents of one channel. What is due in one of these states is
taken in one of them, and so is an edge inside each projection. Where there is no such edge nobody
stays. The projections are far smaller than the set of states, and few states pass them: these are
looked at one by one (`liveness`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.checks.statespace import (
    CHANNEL_BITS,
    END_BITS,
    PAIR_MASK,
    Mask,
    contains,
    distinct,
    index_in,
    key_of,
    ragged,
    unpack,
)
from tcpmc.checks.statespace.tables import Ints, Numbering
from tcpmc.model.endpoint.event_kinds import EventKind

CONTENTS = (1 << CHANNEL_BITS) - 1


@dataclass(frozen=True)
class Steps:
    """What one end does in some pairs of ends (arrays of shape (m,)): the pair before, and after
    it or -1, by number; the event; the message that it sends; and whether the event is due there
    for certain (it does not wait for anything)."""

    source: Ints
    target: Ints
    event: Ints
    message: Ints
    due: Mask

    def inside(self, component: Ints) -> Mask:
        """Which of them stay in their component of the pairs."""
        stays: Mask = self.target >= 0
        stays[stays] = component[self.source[stays]] == component[self.target[stays]]
        return stays


@dataclass(frozen=True)
class Arriving:
    """What one end does on what arrives, where a pair of ends has `met` these contents of the
    channel towards it (sorted: number of the pair << CHANNEL_BITS | contents): the steps, and of
    each the index of what was met and the contents that are left."""

    met: Ints
    steps: Steps
    at: Ints
    left: Ints


def strong(nodes: int, source: Ints, target: Ints) -> Ints:
    """The strongly connected component of each node, by number; edges to -1 lead outside."""
    # Here and not above: safety properties are decided where scipy is not installed as well.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    inner = target >= 0
    links = coo_array(
        (np.ones(int(inner.sum()), np.int8), (source[inner], target[inner])), shape=(nodes, nodes)
    )
    label: Ints = connected_components(links, directed=True, connection="strong")[1]
    return label.astype(np.int64)


def perhaps_fair(table: TabulatedModel, states: Ints, fair: Mask) -> Ints:
    """The states (sorted) without those in which no run can stay that is fair to the events,
    by code, of which `fair` says so. For machines without a clock."""
    while len(states):
        candidates = _kept(table, states, fair)
        if candidates.all():
            break
        states = states[candidates]
    return states


def _kept(table: TabulatedModel, states: Ints, fair: Mask) -> Mask:
    """Which of the states the projections do not rule out."""
    numbers = Numbering(END_BITS)
    pair = numbers(states & PAIR_MASK)
    pairs = np.array(numbers.keys, np.int64)
    arriving = [pair << CHANNEL_BITS | unpack(states)[3 - which] for which in (0, 1)]
    own = [_own(table, which, pairs) for which in (0, 1)]
    arrivals = [_arrivals(table, which, pairs, distinct(arriving[which])) for which in (0, 1)]
    steps = [*own, *(arriving_here.steps for arriving_here in arrivals)]
    component = strong(
        len(pairs),
        np.concatenate([part.source for part in steps]),
        np.concatenate([part.target for part in steps]),
    )
    candidates = np.ones(len(states), bool)
    for which in (0, 1):
        candidates[~_taken_by_itself(own[which], component, fair)[pair]] = False
        sent = [_sent(part, component) for part in (own[1 - which], arrivals[1 - which].steps)]
        arriving_here = arrivals[which]
        taken = _delivered(table, arriving_here, component, distinct(np.concatenate(sent)), fair)
        candidates &= taken[index_in(arriving_here.met, arriving[which])]
    return candidates


def _own(table: TabulatedModel, which: int, pairs: Ints) -> Steps:
    """What the end does by itself in these pairs."""
    source, rows = table.own[which](_ends(pairs)[which])
    target = index_in(pairs, _with_end(pairs[source], which, rows[:, 1]))
    return Steps(source, target, rows[:, 0], rows[:, 2], rows[:, 3] == 0)


def _arrivals(table: TabulatedModel, which: int, pairs: Ints, met: Ints) -> Arriving:
    """What the end does on what arrives."""
    at, rows = table.deliveries(met & CONTENTS)
    source = (met >> CHANNEL_BITS)[at]
    end = _ends(pairs)[which][source]
    _, reaction = table.receive[which](key_of(end, rows[:, 1]))
    target = index_in(pairs, _with_end(pairs[source], which, reaction[:, 0]))
    due = np.ones(len(at), bool)
    steps = Steps(source, target, rows[:, 0], reaction[:, 1], due)
    return Arriving(met, steps, at, rows[:, 2])


def _taken_by_itself(own: Steps, component: Ints, fair: Mask) -> Mask:
    """For each pair: whether all that is due at the end by itself is taken in its component."""
    place = component[own.source] << 32 | own.event
    taken = distinct(place[own.inside(component)])
    missed = own.due & fair[own.event] & ~contains(taken, place)
    stays = np.ones(len(component), bool)
    stays[own.source[missed]] = False
    return stays


def _sent(steps: Steps, component: Ints) -> Ints:
    """The messages sent by steps inside each component: component << 32 | message."""
    sends = steps.inside(component) & (steps.message != 0)
    return distinct(component[steps.source[sends]] << 32 | steps.message[sends])


def _delivered(
    table: TabulatedModel, arriving: Arriving, component: Ints, sent: Ints, fair: Mask
) -> Mask:
    """For each pair and the contents that it met: whether all that is due to be delivered is taken
    in its component of the graph of the pairs' components and the contents. `sent` are the messages
    that are sent in each component, << 32 | message."""
    steps, at, met = arriving.steps, arriving.at, arriving.met
    places = component[met >> CHANNEL_BITS] << CHANNEL_BITS | (met & CONTENTS)
    nodes = distinct(places)
    node = index_in(nodes, places)
    inside = steps.inside(component)
    source, home = node[at], component[steps.source]
    target = np.where(inside, index_in(nodes, home << CHANNEL_BITS | arriving.left), -1)
    edges = [(source, target), _by_network(table, nodes), _by_sending(table, nodes, sent)]
    label = strong(len(nodes), *map(np.concatenate, zip(*edges, strict=True)))
    inside = target >= 0
    inside[inside] = label[source[inside]] == label[target[inside]]
    place = label[source] << 32 | steps.event
    missed = fair[steps.event] & ~contains(distinct(place[inside]), place)
    stays = np.ones(len(met), bool)
    stays[at[missed]] = False
    return stays


def _by_network(table: TabulatedModel, nodes: Ints) -> tuple[Ints, Ints]:
    """What the network does to the contents by itself, but for duplicates."""
    doubles = np.array([kind == EventKind.DUPLICATE for kind, *_ in table.events.values])
    source, rows = table.network(nodes & CONTENTS)
    moves = ~doubles[rows[:, 0]]
    source = source[moves]
    return source, index_in(nodes, nodes[source] & ~CONTENTS | rows[moves, 1])


def _by_sending(table: TabulatedModel, nodes: Ints, sent: Ints) -> tuple[Ints, Ints]:
    """What is sent in a component to the contents there, as far as it was ever tried."""
    home = nodes >> CHANNEL_BITS
    first, last = (np.searchsorted(sent >> 32, home, side) for side in ("left", "right"))
    source, message = ragged(first, last - first)
    keys = key_of(nodes[source] & CONTENTS, sent[message] & (1 << 32) - 1)
    tried = table.put.asked(keys)
    source, keys = source[tried], keys[tried]
    index, rows = table.put(keys)
    return source[index], index_in(nodes, nodes[source[index]] & ~CONTENTS | rows[:, 0])


def _ends(pairs: Ints) -> tuple[Ints, Ints]:
    return pairs & (1 << END_BITS) - 1, pairs >> END_BITS


def _with_end(pairs: Ints, which: int, end: Ints) -> Ints:
    """The pairs with one end replaced."""
    a, b = _ends(pairs)
    return end | b << END_BITS if which == 0 else a | end << END_BITS
