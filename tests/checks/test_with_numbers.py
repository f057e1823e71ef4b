"""What is proved on symbols is proved of the rules as they run on numbers."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tcpmc.checks.certificates.smtlib import certificate_of_proof
from tcpmc.checks.certificates.verifier import Named, check
from tcpmc.checks.parametric.prover import Prover
from tcpmc.checks.running.loading import load_variant
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


HONEST = """
from tcpmc.model import RFC9293, Rules, State, Step, Variant
def check_fin(host, tcb, seg):
    step = RFC9293.check_fin(host, tcb, seg)
    return {}
variant = Variant("mine", rules=Rules(check_fin=check_fin))
"""
SNEAKY = "step if type(seg.length) is not int else Step('mine: nothing', tcb)"


@pytest.mark.exhaustive
@pytest.mark.parametrize(("body", "accepted"), [("step", True), (SNEAKY, False)])
def test_a_certificate_is_about_the_rules_with_numbers(
    body: str, accepted: bool, tmp_path: Path
) -> None:
    """On symbols the file is the same stack as when it was proved."""
    path = tmp_path / "mine.py"
    path.write_text(HONEST.format("step"))
    prover = Prover(load_variant(str(path)))
    text = certificate_of_proof(prover, ENTERED, prover.prove(ENTERED), str(path))
    path.write_text(HONEST.format(body))
    named = Named(str(path), load_variant(str(path)))
    found = check(text.encode(), named, ("z3",))
    assert found.accepted == accepted
    assert accepted or "with numbers a rule does something else" in found.reason


@pytest.mark.parametrize("field", ["ts_recent", "queued", "passive", "close_queued"])
def test_a_lemma_is_about_every_field_that_a_rule_of_ones_own_may_read(field: str) -> None:
    """The RFC's rules read no timestamp without the option; a rule of one's own can."""
    mine = skipping("rfc9293", lambda tcb, seg: getattr(tcb, field) == 1)
    assert Prover(mine).prove(ENTERED).word == "REFUTED"


@pytest.mark.parametrize("field", ["gap", "held_fin"])
def test_a_lemma_is_about_what_is_held(field: str) -> None:
    mine = skipping("linux", lambda tcb, seg: getattr(tcb, field) == 1)
    assert Prover(mine).prove(ENTERED).word == "REFUTED"


def test_the_rules_do_the_same_with_numbers() -> None:
    assert tells_apart(OneStep(VARIANTS["rfc9293"])) == ""


MANY = "TCPMC_CAMPAIGNS" in os.environ


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", VARIANTS if MANY else ["freertos-1303", "linux", "lwip"])
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
