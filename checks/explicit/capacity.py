"""What the capacity of the channels cuts off: counted, and said with the verdict.

A step that finds no room does not happen in that state. Where the network may lose anything, it
happens in the state with the channel emptied by losses, which is reached as well, unless it sends
more than the channel holds. Where loss is restricted, each move of an end is looked up: one that
finds room in no state is never taken, whatever the end does elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.checks.statespace import LOW, Graph, attempts, chunks, distinct, ids_of, key_of, unpack
from tcpmc.checks.statespace.tables import Ints
from tcpmc.checks.trace import move_of
from tcpmc.checks.verdict import Cut, Never


def cut_off(table: TabulatedModel, graph: Graph) -> Cut | None:
    """What the capacity cut off of a graph that is complete; None where it cut off nothing."""
    scope = table.model.scope
    if scope.channel == "sent-set":
        return None
    full = sum(len(contents) >= scope.capacity for contents in table.contents.values)
    copies = full if scope.duplication else 0
    if not table.refused and not copies:
        return None
    return Cut(scope.capacity, len(table.refused), copies, tuple(sorted(_never(table, graph))))


def _never(table: TabulatedModel, graph: Graph) -> set[Never]:
    """The rules of the moves that there was room for nowhere."""
    too_long = {ids_of(key)[1] for key in table.refused} - table.placed
    rules = {
        Never(rule, len(table.messages[message][0]))
        for message in too_long
        for rule in table.senders[message]
    }
    if table.refused and table.model.scope.loss != "any":
        rules |= set(_never_from(table, graph))
    return rules


def _never_from(table: TabulatedModel, graph: Graph) -> Iterator[Never]:
    """The moves, each of an end in one state on one event, that found room in no state."""
    tried, taken = np.empty(0, np.int64), np.empty(0, np.int64)
    for level in graph.levels:
        for chunk in chunks(level):
            for which in (0, 1):
                moves, room = _moves(table, which, chunk)
                tried = distinct(np.concatenate((tried, moves)))
                taken = distinct(np.concatenate((taken, moves[room])))
    for move in np.setdiff1d(tried, taken).tolist():
        which, end, event = move & 1, move >> 1 & LOW, move >> 21
        end, event = table.ends[end], table.event(event, which)
        move_taken = move_of(table.model, which, end, event)
        assert move_taken is not None
        yield Never(move_taken.step.rule, len(move_taken.step.send))


def _moves(table: TabulatedModel, which: int, states: Ints) -> tuple[Ints, Ints]:
    """What end `which` would send in these states: (event, state of the end, which), packed, for
    each; and the indices of those for which there is room."""
    ends, channels = unpack(states)[which], unpack(states)[2 + which]
    sending = attempts(table, which, states)
    sending = sending.at(sending.message != 0)
    moves = sending.event << 21 | ends[sending.source] << 1 | which
    room, _ = table.put(key_of(channels[sending.source], sending.message))
    return moves, room
