"""A property of the model with the clock on, in dense time at the MSL, T and RTO of a scope.

The explicit engine counts ticks; here the clocks are real numbers, the channel holds any number of
segments and the ISSs are any 32-bit numbers. Both have to say the same: `clocked` says why. So an
answer that contradicts is a bug of either.
"""

from __future__ import annotations

from tcpmc.checks.timed.threshold import Finder, ThresholdQuestion
from tcpmc.checks.verdict import (
    INCONCLUSIVE,
    PROVED,
    REFUTED,
    UNREACHABLE,
    VACUOUS,
    WITNESS,
    Answer,
)
from tcpmc.model.network.scope import Scope
from tcpmc.model.properties.kinds import Property, Reachable, Word
from tcpmc.model.timed.theorems import CLOCKED, Claim
from tcpmc.model.variants.variant import Variant

AS_GOAL: dict[str, Word] = {REFUTED: WITNESS, PROVED: UNREACHABLE, VACUOUS: UNREACHABLE}
"""What an answer about a claim says of the goal that it is broken."""


def counterpart(name: str, scope: Scope) -> tuple[Claim, tuple[str, ...]] | None:
    """The claim that a property is in dense time, with its assumptions; None where there is none,
    or the scope is about other runs."""
    if name not in CLOCKED:
        return None
    claim, assume = CLOCKED[name]
    loss = "not-acks" if "acks-arrive" in assume else "any"
    alike = scope.with_(
        clock=True, start="established", channel="sent-set", loss=loss, data=0, closer="both",
        aborts=False, crashes=0, attacks=0, opens=1, retransmissions=None,
    )  # fmt: skip
    times = (f"MSL = {scope.msl}", f"T = {scope.time_wait}", f"RTO = {scope.rto}")
    return (claim, (*assume, "spaced", *times)) if scope == alike else None


def decide(variant: Variant, prop: Property, scope: Scope) -> Answer | None:
    """The answer; None where there is no counterpart. Raises NotFinite, and GaveUp."""
    claim = counterpart(prop.name, scope)
    if claim is None:
        return None
    threshold = Finder(ThresholdQuestion(prop.name, claim[0], variant, claim[1])).find()
    if threshold.word == INCONCLUSIVE:
        return Answer(INCONCLUSIVE, f"dense time: {threshold.how}")
    goal = isinstance(prop, Reachable)
    word = AS_GOAL.get(threshold.word, threshold.word) if goal else threshold.word
    how = "a run" if threshold.word == REFUTED else threshold.how
    return Answer(word, f"dense time: {how.replace('all parameters', 'real clocks')}")
