"""Ticks and dense time: the explicit engine and the proved threshold agree, point by point.

That they must is argued in `model/properties/clocked.py`. Each variant whose rules differ in the
close is compared, at each MSL, T and RTO of a grid, on both sides of the threshold.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from itertools import product

import pytest

from tcpmc.checks.explicit.explicit_engine import ExplicitEngine
from tcpmc.checks.timed.at_scope import counterpart, decide
from tcpmc.checks.timed.phases import NotFinite, PhaseTable, table
from tcpmc.checks.timed.threshold import Finder, Threshold, ThresholdQuestion
from tcpmc.checks.verdict import DISAGREE, INCONCLUSIVE, PROVED, REFUTED, VACUOUS, merged
from tcpmc.model.network.channel import Channel, Contents, Flight
from tcpmc.model.network.product import System
from tcpmc.model.network.scope import SCOPES, Scope
from tcpmc.model.network.system import Model
from tcpmc.model.properties.catalogue import PROPERTIES
from tcpmc.model.properties.clocked import expiring, nothing_but_resets, peer_waits
from tcpmc.model.properties.kinds import Always
from tcpmc.model.timed.theorems import CLOCKED, THEOREMS
from tcpmc.model.variants.shipped import VARIANTS

RFC = VARIANTS["rfc9293"]


def peer_done(model: Model, system: System) -> bool:
    return not peer_waits(model, system)


CLAIMS = {
    "old-segments": nothing_but_resets,
    "old-segments-for-ever": nothing_but_resets,
    "peer-done": peer_done,
    "peer-done-for-ever": peer_done,
    "peer-done-giving-up": peer_done,
}
POINTS = [
    {"MSL": msl, "T": t, "RTO": rto}
    for msl, rto in ((1, 1), (2, 1), (2, 3))
    for t in range(1, 3 * msl + 2)
]


def by_ticks(name: str, channel: str, variant: str = "rfc9293", **bounds: int) -> str:
    """The verdict of the explicit engine. R is one RTO after the last retransmission."""
    prop = Always(
        name=name, meaning="", citation="", expected={}, premise=expiring, claim=CLAIMS[name]
    )
    scope = Scope(
        "grid", clock=True, start="established", data=0, channel=channel,  # type: ignore[arg-type]
        loss="not-acks" if THEOREMS[name].assume == ("acks-arrive",) else "any",
        msl=bounds["MSL"], time_wait=bounds["T"], rto=bounds.get("RTO", 1),
        retransmissions=bounds["R"] - 1 if "R" in bounds else None,
    )  # fmt: skip
    return ExplicitEngine(Model(VARIANTS[variant], scope)).decide([prop])[name].word


def by_clocks(found: Threshold, **bounds: int) -> str:
    """What the threshold says of these parameters. One that is INCONCLUSIVE has a necessary
    condition, and says nothing of parameters that meet it."""
    if found.word == VACUOUS:
        return VACUOUS
    holds = all(any(one.at(bounds) for one in clause) for clause in found.condition.clauses)
    if holds and found.word == INCONCLUSIVE:
        return INCONCLUSIVE
    return PROVED if holds else REFUTED


@cache
def threshold(name: str, variant: str, *assume: str) -> Threshold:
    theorem = THEOREMS[name]
    question = ThresholdQuestion(name, theorem.claim, VARIANTS[variant], (*theorem.assume, *assume))
    return Finder(question).find()


def distinct() -> list[str]:
    """A variant for each table that there is; those that have none are named in a test below."""
    found: dict[object, str] = {}
    for name, variant in VARIANTS.items():
        try:
            found.setdefault(_rows(table(variant)), name)
        except NotFinite:
            continue
    return [*found.values()]


def _rows(one: PhaseTable) -> tuple[object, ...]:
    """All of a table but how the rules are cited."""
    return tuple(
        (str(m.before), m.event, str(m.arriving), str(m.after), *map(str, m.sends), m.restarts)
        for m in one.moves
    )


EVERY = "TCPMC_AGREEMENT" in os.environ
"""Whether all distinct tables are compared, which takes half an hour; else those that are quick."""
QUICK = ("rfc9293", "no-time-wait")
CLAIMED = ("peer-done", "peer-done-for-ever", "old-segments-for-ever")
CLAIMANTS = ("rfc9293", "no-restart", "drop-out-of-order")


@pytest.mark.exhaustive
@pytest.mark.parametrize("variant", distinct() if EVERY else QUICK)
def test_ticks_and_clocks_agree_on_each_variant(variant: str) -> None:
    found = threshold("old-segments", variant, "spaced")
    differ = [
        (channel, point)
        for channel, point in product(("sent-set", "bag"), POINTS)
        if by_clocks(found, **point)
        not in (INCONCLUSIVE, by_ticks("old-segments", channel, variant, **point))
    ]
    assert found.word != INCONCLUSIVE or EVERY
    assert differ == []


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("name", "variant"),
    product(CLAIMED, CLAIMANTS) if EVERY else zip(CLAIMED, CLAIMANTS, strict=True),
)
def test_ticks_and_clocks_agree_on_each_claim(name: str, variant: str) -> None:
    found = threshold(name, variant, "spaced")
    words = {
        (by_ticks(name, "sent-set", variant, **point), by_clocks(found, **point))
        for point in POINTS
    }
    assert all(ticks == clocks for ticks, clocks in words)
    assert (REFUTED, REFUTED) in words


@pytest.mark.exhaustive
def test_the_boundary_is_seen_in_ticks_at_each_msl() -> None:
    """At T = 2 MSL nothing is left, and one tick less is too short; without the restart it takes
    3 MSL, and that is seen at the least MSL too."""
    for msl in (1, 2, 3):
        for variant, factor in (("rfc9293", 2), ("no-restart", 3)):
            words = [
                by_ticks("old-segments", "sent-set", variant, MSL=msl, T=t)
                for t in (factor * msl - 1, factor * msl)
                if t
            ]
            assert words == [REFUTED, PROVED]


@pytest.mark.exhaustive
def test_ticks_and_clocks_agree_when_the_peer_gives_up() -> None:
    found = threshold("peer-done-giving-up", "rfc9293")
    points = [
        {"MSL": msl, "T": t, "R": r} for msl, t, r in product((1, 2, 3), range(1, 7), (2, 3, 4))
    ]
    words = {
        (by_ticks("peer-done-giving-up", "bag", "rfc9293", **point), by_clocks(found, **point))
        for point in points
    }
    assert words == {(PROVED, PROVED), (REFUTED, REFUTED)}
    assert len(points) == 54


# --- at run time ----------------------------------------------------------------------------------


def test_a_clocked_property_has_the_same_claim_in_dense_time() -> None:
    for name in CLOCKED:
        scope = PROPERTIES[name].scope_for(SCOPES["default"].with_(msl=3, rto=2))
        found = counterpart(name, scope)
        assert found is not None
        assert found[1][-3:] == ("MSL = 3", f"T = {scope.time_wait}", "RTO = 2")
        assert counterpart(name, scope.with_(channel="bag")) is None
        assert counterpart(name, scope.with_(loss="<SEQ=102><ACK=302><CTL=ACK>")) is None
    assert counterpart("2msl-text-outstanding", scope) is None


@pytest.mark.exhaustive
@pytest.mark.parametrize("variant", ["rfc9293", "drop-out-of-order", "no-time-wait"])
@pytest.mark.parametrize("name", CLOCKED)
def test_both_engines_say_the_same_of_a_clocked_property(name: str, variant: str) -> None:
    prop, stack = PROPERTIES[name], VARIANTS[variant]
    scope = prop.scope_for(SCOPES["default"].with_(msl=1))
    ticks = ExplicitEngine(Model(stack, scope)).decide([prop])[name]
    clocks = decide(stack, prop, scope)
    assert clocks is not None and merged([ticks, clocks]) == ticks.word


@pytest.mark.exhaustive
def test_ticks_that_lose_an_instant_disagree(monkeypatch: pytest.MonkeyPatch) -> None:
    """As they did: a segment could not arrive in its last tick, so that without the restart 2 MSL
    seemed to be enough where MSL is 2."""
    prop, stack = PROPERTIES["2msl-sufficient"], VARIANTS["no-restart"]
    scope = prop.scope_for(SCOPES["default"])
    deliveries = Channel.deliveries

    def before_the_last_tick(
        self: Channel, contents: Contents
    ) -> Iterator[tuple[Flight, Contents]]:
        return (one for one in deliveries(self, contents) if not self.too_old(one[0]))

    def due_a_tick_before(self: Channel, flight: Flight) -> bool:
        return self.must_arrive(flight) and flight.owed is not None and flight.owed + 1 >= scope.msl

    clocks = decide(stack, prop, scope)
    ticks = ExplicitEngine(Model(stack, scope)).decide([prop])[prop.name]
    monkeypatch.setattr(Channel, "deliveries", before_the_last_tick)
    monkeypatch.setattr(Channel, "_due", due_a_tick_before)
    open_ticks = ExplicitEngine(Model(stack, scope)).decide([prop])[prop.name]
    assert clocks is not None
    assert (ticks.word, clocks.word, open_ticks.word) == (REFUTED, REFUTED, PROVED)
    assert merged([open_ticks, clocks]) == DISAGREE
