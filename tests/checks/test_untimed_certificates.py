"""Certificates for every ISS: accepted as they are written, rejected when they are changed."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tcpmc.checks.certificates.reader import read, written
from tcpmc.checks.certificates.regenerate import regenerated
from tcpmc.checks.certificates.smtlib import certificate_of_proof
from tcpmc.checks.certificates.verifier import Checked, check
from tcpmc.checks.parametric.prover import Prover, catalogue
from tcpmc.model.properties.catalogue import PROPERTIES
from tcpmc.model.variants.shipped import VARIANTS

pytestmark = pytest.mark.exhaustive


def certificate_of(name: str) -> str:
    prover, prop = Prover(VARIANTS["rfc9293"]), PROPERTIES[name]
    return certificate_of_proof(prover, prop, prover.prove(prop), "rfc9293")


@pytest.fixture(scope="module")
def text() -> str:
    """The certificate of graceful-close, about all ISSs but four."""
    return certificate_of("graceful-close")


def by_z3(text: str) -> Checked:
    return check(text, None, ("z3",))


PROVED = [p.name for p in catalogue() if p.name != "time-wait-not-assassinated"]


@pytest.mark.parametrize("name", PROVED)
def test_both_solvers_accept_the_certificate(name: str) -> None:
    pytest.importorskip("cvc5")
    found = check(certificate_of(name), regenerated)
    assert (found.accepted, found.solvers, found.theorem) == (True, ("z3", "cvc5"), name)
    assert len(found.seconds) == 6


def without_locations(text: str) -> Iterator[str]:
    """The certificate without what the invariant says of one pair of states, for some pairs."""
    expressions = read(text)
    (definition,) = (one for one in expressions if one[:2] == ["define-fun", "invariant"])
    locations = definition[4]
    while locations[0] == "let":
        locations = locations[2]
    assert locations[0] == "or"
    for place in range(1, len(locations), 12):
        dropped = locations.pop(place)
        yield "\n".join(map(written, expressions))
        locations.insert(place, dropped)


def test_a_dropped_location_is_rejected_with_the_state_that_is_missing(text: str) -> None:
    results = [by_z3(one) for one in without_locations(text)]
    assert len(results) > 10
    for found in results:
        assert not found.accepted
        assert found.obligation in ("initiation", "consecution")
        assert found.state


def in_invariant(text: str, pattern: str, new: str, which: int) -> str:
    """The text with one match in the invariant replaced."""
    begin = text.index("(define-fun invariant")
    found = list(re.finditer(pattern, text[begin:]))[which]
    return text[: begin + found.start()] + found.expand(new) + text[begin + found.end() :]


@pytest.mark.parametrize("which", range(0, 40, 8))
def test_a_flipped_literal_is_rejected(text: str, which: int) -> None:
    found = by_z3(in_invariant(text, r"\(not (\|\w\.sent[^|]*\|)\)", r"\1", which))
    assert not found.accepted
    assert found.obligation in ("initiation", "consecution")


@pytest.mark.parametrize("which", range(0, 40, 8))
def test_a_changed_constant_is_rejected(text: str, which: int) -> None:
    found = by_z3(in_invariant(text, r"\(= ([AB]@0) #b(\d+)\)", r"(= \1 #b11111)", which))
    assert not found.accepted
    assert found.obligation in ("initiation", "consecution")


def test_an_iss_that_was_left_out_cannot_be_let_in(text: str) -> None:
    """With fewer ISSs left out the invariant is none; and the heading says otherwise."""
    begin = text.index("(define-fun condition")
    end = text.index("(define-fun invariant")
    all_iss = f"{text[:begin]}(define-fun condition () Bool true)\n{text[end:]}"
    found = by_z3(all_iss)
    assert (found.accepted, found.obligation) == (False, "consecution")
    assert any(line.startswith("A@0 = ") and "SND.UNA" in line for line in found.state)
    assert check(all_iss, regenerated, ("z3",)).obligation == "statement"


@pytest.mark.parametrize(
    ("old", "new", "obligation"),
    [
        ('(set-info :theorem "graceful-close")', '(set-info :theorem "graceful")', "statement"),
        ('(set-info :theorem "graceful-close")', '(set-info :theorem "no-deadlock")', "statement"),
        ('(set-info :variant "rfc9293")', '(set-info :variant "hasty-time-wait")', "statement"),
        ('"0 octets of text', '"1 octets of text', "statement"),
        ("iss.A != 4294967294 and ", "", "statement"),
        ("(set-logic QF_BV)", "(set-logic ALL)", "reading"),
        ('(echo "consecution")', "", "reading"),
        ("(declare-const iss.A (_ BitVec 32))", "", "statement"),
        ("(declare-const iss.A (_ BitVec 32))", "(declare-const iss.A Real)", "statement"),
    ],
)
def test_a_changed_statement_is_rejected(text: str, old: str, new: str, obligation: str) -> None:
    assert old in text
    found = check(text.replace(old, new, 1), regenerated, ("z3",))
    assert (found.accepted, found.obligation) == (False, obligation)


@pytest.mark.parametrize("name", ["initial", "step", "broken"])
def test_a_definition_that_is_not_the_models_is_rejected(text: str, name: str) -> None:
    expressions = read(text)
    for one in expressions:
        if one[:2] == ["define-fun", name]:
            one[4] = "false"
    found = check("\n".join(map(written, expressions)), regenerated, ("z3",))
    assert found.reason == f"{name} is not that of the model"


@pytest.mark.parametrize("part", [0.01, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_rejected(text: str, part: float) -> None:
    found = by_z3(text[: int(part * len(text))])
    assert (found.accepted, found.obligation) == (False, "reading")
