"""Predicates of users that ask for the network: no engine shows them an empty one instead."""

from __future__ import annotations

import pytest

from tcpmc.checks.explicit.explicit_engine import ExplicitEngine
from tcpmc.checks.in_flight import PartialSystem, Unsettled, truths
from tcpmc.checks.networkx_engine.graph_engine import NetworkxEngine
from tcpmc.checks.parametric.prover import Prover
from tcpmc.checks.smt.smt_engine import SolverEngine
from tcpmc.checks.verdict import (
    INCONCLUSIVE,
    PROVED,
    REFUTED,
    UNREACHABLE,
    WITNESS,
    Answer,
)
from tcpmc.model.network.product import System
from tcpmc.model.network.scope import SCOPES, Scope
from tcpmc.model.network.system import Model
from tcpmc.model.properties.catalogue import PROPERTIES
from tcpmc.model.properties.kinds import Always, Eventually, Predicate, Property, Reachable
from tcpmc.model.variants.shipped import VARIANTS

SMALLEST = SCOPES["small"].with_(capacity=1)
SENT_SET = SCOPES["small"].with_(channel="sent-set", start="established")


def anything(model: Model, system: System) -> bool:
    return True


def always(claim: Predicate, premise: Predicate = anything) -> Always:
    return Always(name="mine", meaning="", citation="", expected={}, premise=premise, claim=claim)


def reachable(*goals: Predicate) -> Reachable:
    return Reachable(name="mine", meaning="", citation="", expected={}, goals=goals)


EMPTY = always(lambda model, system: not any(system.channels))
FULL = reachable(lambda model, system: any(system.channels))
INITIAL = always(lambda model, system: system == model.initial())
KNOWN = {Model(VARIANTS["rfc9293"], SMALLEST).initial()}
HASHED = always(lambda model, system: system in KNOWN)


def explicit(prop: Property, scope: Scope = SMALLEST, variant: str = "rfc9293") -> Answer:
    return ExplicitEngine(Model(VARIANTS[variant], scope)).decide([prop])[prop.name]


@pytest.mark.parametrize("prop", [EMPTY, INITIAL, HASHED], ids=["empty", "initial", "hashed"])
def test_explicit_a_claim_that_reads_the_channels_is_decided(prop: Always) -> None:
    found = explicit(prop)
    assert found.word == REFUTED
    assert found.trace is not None
    assert len(found.trace) in (1, 2)


@pytest.mark.parametrize("prop", [EMPTY, INITIAL, HASHED], ids=["empty", "initial", "hashed"])
def test_networkx_a_claim_that_reads_the_channels_is_decided(prop: Always) -> None:
    found = NetworkxEngine(Model(VARIANTS["rfc9293"], SMALLEST)).decide([prop])[prop.name]
    assert found.word == REFUTED


@pytest.mark.parametrize("prop", ["nothing", "something"])
def test_networkx_anything_between_nothing_and_all_is_in_flight(prop: str) -> None:
    claim = {"nothing": NOTHING_EVER, "something": ALWAYS_SOMETHING}[prop]
    found = NetworkxEngine(Model(VARIANTS["rfc9293"], SENT_SET)).decide([claim])["mine"]
    assert found.word == REFUTED


def test_explicit_a_goal_that_reads_the_channels_is_met() -> None:
    found = explicit(FULL)
    assert found.word == WITNESS
    assert found.trace is not None
    assert len(found.trace) == 1


def test_explicit_goals_that_read_the_channels_one_after_the_other() -> None:
    goals = (FULL.goals[0], lambda model, system: not any(system.channels))
    assert explicit(reachable(*goals)).word == WITNESS


@pytest.mark.exhaustive
@pytest.mark.parametrize("prop", [EMPTY, INITIAL, HASHED], ids=["empty", "initial", "hashed"])
def test_z3_a_predicate_that_reads_the_channels_is_refused(prop: Always) -> None:
    found = SolverEngine(Model(VARIANTS["rfc9293"], SMALLEST)).decide([prop])[prop.name]
    assert found.word == INCONCLUSIVE
    assert "System.channels" in found.method
    assert "System.in_flight" in found.method


def test_prove_a_predicate_that_reads_the_channels_is_refused() -> None:
    claim = always(lambda model, system: any(system.channels) or not any(system.channels))
    found = Prover(VARIANTS["rfc9293"]).prove(claim)
    assert found.word == INCONCLUSIVE
    assert "System.channels" in found.how


# -- where a channel loses unseen -----------------------------------------------------------------

NOTHING_EVER = always(lambda model, system: not system.in_flight(lambda segment: True))
ALWAYS_SOMETHING = always(
    lambda model, system: system.in_flight(lambda segment: True),
    premise=lambda model, system: any(end.history.fin_sent for end in system.ends),
)


@pytest.mark.parametrize("prop", [NOTHING_EVER, ALWAYS_SOMETHING], ids=["nothing", "something"])
def test_sent_set_anything_between_nothing_and_all_is_in_flight(prop: Always) -> None:
    assert explicit(prop, SENT_SET).word == REFUTED


@pytest.mark.parametrize("prop", [NOTHING_EVER, ALWAYS_SOMETHING], ids=["nothing", "something"])
def test_z3_proves_nothing_by_an_empty_network(prop: Always) -> None:
    model = Model(VARIANTS["rfc9293"], SMALLEST.with_(start="established"))
    assert SolverEngine(model).decide([prop])[prop.name].word == REFUTED


def test_sent_set_a_deadlock_needs_an_empty_network() -> None:
    assert explicit(PROPERTIES["no-deadlock"], SENT_SET, "no-time-wait-silent").word == REFUTED
    assert explicit(PROPERTIES["no-deadlock"], SENT_SET).word == PROVED


def test_sent_set_the_fates_of_a_segment_are_consistent() -> None:
    """It is not there and lost at once, however often a predicate asks."""

    def both(model: Model, system: System) -> bool:
        return system.in_flight(lambda seg: seg.FIN) != system.in_flight(lambda seg: seg.FIN)

    assert explicit(reachable(both), SENT_SET).word == UNREACHABLE


def test_sent_set_a_claim_that_reads_the_channels_is_refused() -> None:
    for prop in (EMPTY, FULL, reachable(FULL.goals[0], FULL.goals[0])):
        found = explicit(prop, SENT_SET)
        assert found.word == INCONCLUSIVE
        assert "System.channels" in found.method


def test_sent_set_what_is_eventually_so_does_not_hang_on_what_is_lost() -> None:
    prop = Eventually(
        name="mine", meaning="", citation="", expected={},
        premise=lambda model, system, which: system.in_flight(lambda seg: seg.FIN),
        goal=lambda model, system, which: False,
    )  # fmt: skip
    found = explicit(prop, SENT_SET)
    assert found.word == INCONCLUSIVE
    assert "can be lost" in found.method


def test_truths_of_a_state() -> None:
    model = Model(VARIANTS["rfc9293"], SENT_SET)
    system = next(
        after for event, _, after in model.successors(model.initial()) if event.kind == "CLOSE"
    )
    assert truths(lambda m, s: s.in_flight(lambda seg: seg.FIN), model, system) == {True, False}
    assert truths(lambda m, s: s.in_flight(lambda seg: seg.RST), model, system) == {False}


def test_a_partial_system_answers_nothing_of_the_channels() -> None:
    system = PartialSystem(Model(VARIANTS["rfc9293"], SMALLEST).initial().ends)
    for asks in (
        lambda: system.channels,
        lambda: system.in_flight(lambda segment: True),
        lambda: system == system,
        lambda: system != system,
        lambda: hash(system),
        lambda: system.after(0, system.ends[0], ()),
    ):
        with pytest.raises(Unsettled):
            asks()
