"""Ticks and dense time: the explicit engine and the proved threshold agree, point by point."""

from __future__ import annotations

from itertools import product

import pytest

from tcpmc.checks.explicit.explicit_engine import ExplicitEngine
from tcpmc.checks.timed.threshold import Finder, Question
from tcpmc.checks.verdict import PROVED, REFUTED
from tcpmc.model.network.scope import Scope
from tcpmc.model.network.system import Model
from tcpmc.model.properties.clocked import expiring, nothing_but_resets, peer_waits
from tcpmc.model.properties.kinds import Always
from tcpmc.model.timed.linear import Condition
from tcpmc.model.timed.theorems import THEOREMS
from tcpmc.model.variants.shipped import VARIANTS

RFC = VARIANTS["rfc9293"]
CLAIMS = {
    "old-segments": nothing_but_resets,
    "peer-done": lambda model, system: not peer_waits(model, system),
    "peer-done-giving-up": lambda model, system: not peer_waits(model, system),
}


def by_ticks(name: str, **bounds: int) -> str:
    """The verdict of the explicit engine; in ticks R is one RTO after the last retransmission."""
    prop = Always(
        name=name, meaning="", citation="", expected={}, premise=expiring, claim=CLAIMS[name]
    )
    gives_up = "R" in bounds
    scope = Scope(
        "grid", clock=True, start="established", data=0, capacity=2,
        loss="any" if gives_up else "not-acks", msl=bounds["MSL"], time_wait=bounds["T"],
        retransmissions=bounds["R"] - 1 if gives_up else None,
    )  # fmt: skip
    return ExplicitEngine(Model(RFC, scope)).decide([prop])[name].word


def by_clocks(condition: Condition, **bounds: int) -> str:
    holds = all(any(one.at(bounds) for one in clause) for clause in condition.clauses)
    return PROVED if holds else REFUTED


def proved_condition(name: str) -> Condition:
    theorem = THEOREMS[name]
    answer = Finder(Question(name, theorem.claim, RFC, theorem.assume)).find()
    assert answer.word == PROVED
    return answer.condition


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", ["old-segments", "peer-done"])
def test_ticks_and_clocks_agree_when_acks_arrive(name: str) -> None:
    condition = proved_condition(name)
    points = [{"MSL": msl, "T": t} for msl, t in product((1, 2, 3, 4), range(1, 10))]
    words = {(by_ticks(name, **point), by_clocks(condition, **point)) for point in points}
    assert words == {(PROVED, PROVED), (REFUTED, REFUTED)}
    assert len(points) == 36


@pytest.mark.exhaustive
def test_ticks_and_clocks_agree_when_the_peer_gives_up() -> None:
    condition = proved_condition("peer-done-giving-up")
    points = [
        {"MSL": msl, "T": t, "R": r} for msl, t, r in product((1, 2, 3), range(1, 7), (2, 3, 4))
    ]
    words = {
        (by_ticks("peer-done-giving-up", **point), by_clocks(condition, **point))
        for point in points
    }
    assert words == {(PROVED, PROVED), (REFUTED, REFUTED)}
    assert len(points) == 54
