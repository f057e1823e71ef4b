"""What is proved on symbols is proved of the rules as they run on numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tcpmc.checks.parametric.prover import Prover
from tcpmc.checks.symbolic.onestep import OneStep
from tcpmc.checks.symbolic.with_numbers import tells_apart
from tcpmc.model import PROPERTIES, RFC9293, VARIANTS, Host, Segment, State, Step, Tcb, Variant

ENTERED = PROPERTIES["lemma-time-wait-entered"]


def skipping(variant: str, when: object) -> Variant:
    """A stack that enters TIME-WAIT without a FIN, on a bare ACK in ESTABLISHED."""

    def check_fin(host: Host, tcb: Tcb, seg: Segment) -> Step:
        if tcb.state == State.ESTABLISHED and seg.ACK and when(tcb, seg):  # type: ignore[operator]
            return Step("mine: TIME-WAIT", replace(tcb, state=State.TIME_WAIT))
        return RFC9293.check_fin(host, tcb, seg)

    return replace(VARIANTS[variant], name="mine", rules=replace(RFC9293, check_fin=check_fin))


def test_a_lemma_about_a_rule_that_tells_numbers_from_symbols_is_not_proved() -> None:
    mine = skipping("rfc9293", lambda tcb, seg: type(seg.length) is int)
    proof = Prover(mine).prove(ENTERED)
    assert (proof.word, "with numbers a rule does" in proof.how) == ("INCONCLUSIVE", True)


@pytest.mark.parametrize("field", ["ts_recent", "queued", "passive", "close_queued"])
def test_a_lemma_is_about_every_field_that_a_rule_of_ones_own_may_read(field: str) -> None:
    """The RFC's rules read no timestamp without the option; a rule of one's own can."""
    mine = skipping("rfc9293", lambda tcb, seg: getattr(tcb, field) == 1)
    assert Prover(mine).prove(ENTERED).word == "REFUTED"


@pytest.mark.parametrize("field", ["gap", "held", "held_fin"])
def test_a_lemma_is_about_what_is_held(field: str) -> None:
    mine = skipping("linux", lambda tcb, seg: getattr(tcb, field) == 1)
    assert Prover(mine).prove(ENTERED).word == "REFUTED"


@pytest.mark.parametrize("name", ["rfc9293", "linux"])
def test_the_rules_do_the_same_with_numbers(name: str) -> None:
    assert tells_apart(OneStep(VARIANTS[name])) == ""


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", ["freertos-1303", "lwip"])
def test_a_variant_does_the_same_with_numbers(name: str) -> None:
    assert tells_apart(OneStep(VARIANTS[name])) == ""


HOLDING = Prover(
    Variant("holding", profile=replace(VARIANTS["rfc9293"].profile, out_of_order="hold"))
)


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    "name", ["lemma-closing-needs-fin", "lemma-fin-ack-time-wait", "lemma-time-wait-entered"]
)
def test_a_lemma_holds_where_text_is_held(name: str) -> None:
    """A FIN that was held leads to CLOSING without a FIN in the segment that arrives."""
    assert HOLDING.prove(PROPERTIES[name]).word == "PROVED"
