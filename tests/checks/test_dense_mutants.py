"""Rules with one thing wrong about TIME-WAIT: each changes the verdict of a timed theorem."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tcpmc.checks.timed.threshold import Finder, ThresholdQuestion
from tcpmc.model.endpoint.profile import Host
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.tcb import State, Step, Tcb
from tcpmc.model.timed.theorems import THEOREMS
from tcpmc.model.variants.variant import RFC9293, Variant
from tcpmc.reports.timed.run_story import trace_of


def fin_not_acknowledged(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """TIME-WAIT is entered without an ACK."""
    step = RFC9293.check_fin(host, tcb, seg)
    entered = step.tcb.state == State.TIME_WAIT != tcb.state
    return replace(step, send=()) if entered else step


def fin_stays_queued(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """The FIN stays in the retransmission queue after its ACK was received."""
    step = RFC9293.check_ack(host, tcb, seg)
    acknowledged = step.tcb.state == State.FIN_WAIT_2 != tcb.state
    return replace(step, tcb=replace(step.tcb, snd_una=tcb.snd_una)) if acknowledged else step


def fin_retransmitted_still(host: Host, tcb: Tcb) -> Step:
    """And is sent again from there, in FIN-WAIT-2 and TIME-WAIT."""
    if tcb.state not in (State.FIN_WAIT_2, State.TIME_WAIT):
        return RFC9293.retransmission_timeout(host, tcb)
    fin = Segment(tcb.snd_una, tcb.rcv_nxt, ACK=True, FIN=True)
    return Step("FIN retransmitted after its ACK", tcb, send=(fin,))


def timer_not_started(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """TIME-WAIT is entered without a word about its timer."""
    return replace(RFC9293.check_fin(host, tcb, seg), starts_time_wait=False)


MUTANTS = {
    "no-ack": ("peer-done", replace(RFC9293, check_fin=fin_not_acknowledged)),
    "fin-again": (
        "old-segments",
        replace(
            RFC9293,
            check_ack=fin_stays_queued,
            retransmission_timeout=fin_retransmitted_still,
        ),
    ),
}


@pytest.mark.exhaustive
@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_mutant_leaves_no_finite_t(mutant: str) -> None:
    name, rules = MUTANTS[mutant]
    theorem, variant = THEOREMS[name], Variant(mutant, mutant, rules=rules)
    assert theorem.holds["rfc9293"] != "never"
    answer = Finder(ThresholdQuestion(name, theorem.claim, variant, theorem.assume)).find()
    assert (answer.word, str(answer.condition)) == ("REFUTED", "never")
    assert answer.run is not None
    assert trace_of(variant, theorem.assume, theorem.claim, answer.run)


@pytest.mark.exhaustive
def test_entering_time_wait_starts_its_timer_whatever_the_rule_says() -> None:
    """In ticks as well: see `Model`. That the rule does not say so is the audit's to notice."""
    theorem = THEOREMS["old-segments"]
    variant = Variant("silent", "silent", rules=replace(RFC9293, check_fin=timer_not_started))
    answer = Finder(
        ThresholdQuestion("old-segments", theorem.claim, variant, theorem.assume)
    ).find()
    assert (answer.word, str(answer.condition)) == ("PROVED", theorem.holds["rfc9293"])
