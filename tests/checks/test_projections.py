"""Projections rule out no state in which a fair run can stay, and most of those where none can."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import cast

import numpy as np

from random_machines import machine
from tcpmc.checks.explicit.liveness import fair_component, fair_events, region
from tcpmc.checks.explicit.projections import perhaps_fair
from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.checks.statespace import Ids, distinct, explore
from tcpmc.checks.statespace.tables import Ints
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.network.scope import SCOPES
from tcpmc.model.network.system import Model
from tcpmc.model.properties.kinds import Fairness
from tcpmc.model.variants.shipped import VARIANTS

FAIR = (Fairness.DELIVERY, Fairness.TIMERS)
KINDS = (
    EventKind.RETRANSMISSION_TIMEOUT,
    EventKind.TIME_WAIT_TIMEOUT,
    EventKind.CLOSE,
    EventKind.LOSE,
    EventKind.DUPLICATE,
    EventKind.DELIVER,
)
OWN, NETWORK, DELIVER = range(3), range(3, 5), 5


def fair_machine(chance: Random) -> TabulatedModel:
    """A random machine without a clock, whose events are of the kinds that fairness is about: two
    for the ends and the network, and one for each flight that is delivered."""
    raw = machine(chance)

    def named(rows: list[list[tuple[int, ...]]], among: range) -> list[list[tuple[int, ...]]]:
        return [[(chance.choice(among), *row[1:]) for row in each] for each in rows]

    raw = replace(
        raw,
        clock=False,
        own_rows=(named(raw.own_rows[0], OWN), named(raw.own_rows[1], OWN)),
        network_rows=named(raw.network_rows, NETWORK),
        delivery_rows=[
            [(DELIVER + row[1], *row[1:]) for row in each] for each in raw.delivery_rows
        ],
    )
    events: Ids[tuple[EventKind, None, int]] = Ids()
    for code in range(DELIVER + 5):
        events((KINDS[min(code, DELIVER)], None, code))
    raw.events = events  # type: ignore[attr-defined]
    return cast(TabulatedModel, raw)


def states_of(table: TabulatedModel, chance: Random) -> Ints:
    """Some of the states that are reached."""
    states = distinct(np.concatenate(list(explore(table).levels)))
    return states[[chance.random() < 0.8 for _ in states]]


def every_fair_component(table: TabulatedModel, states: Ints) -> list[Ints]:
    """The states of each component that a fair run can stay in, found one after the other."""
    found: list[Ints] = []
    while len(states):
        component = fair_component(region(table, states, FAIR))
        if component is None:
            break
        found.append(component.states)
        states = np.setdiff1d(states, component.states)
    return found


def test_no_state_of_a_fair_component_is_ruled_out() -> None:
    there, ruled_out = 0, 0
    for seed in range(100):
        chance = Random(seed)
        table = fair_machine(chance)
        states = states_of(table, chance)
        if not len(states):
            continue
        kept = perhaps_fair(table, states, fair_events(table, FAIR))
        for component in every_fair_component(table, states):
            there += 1
            assert np.isin(component, kept).all(), seed
        ruled_out += len(states) - len(kept)
    assert there > 20
    assert ruled_out > 200


def test_in_the_model_most_states_are_ruled_out() -> None:
    """Where A has not closed yet, nearly no state has to be looked at with its neighbours."""
    table = TabulatedModel(Model(VARIANTS["rfc9293"], SCOPES["small"]))
    states = distinct(np.concatenate(list(explore(table).levels)))
    closed = [end.history.closed for end in table.ends.values]
    unclosed = states[[not closed[end] for end in (states & (1 << 13) - 1).tolist()]]
    kept = perhaps_fair(table, unclosed, fair_events(table, (*FAIR, Fairness.USERS)))
    assert len(kept) < len(unclosed) / 10
    assert fair_component(region(table, kept, (*FAIR, Fairness.USERS))) is None
