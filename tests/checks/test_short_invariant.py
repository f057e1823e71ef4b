"""An invariant in a few statements that a person can read, and that prove the property."""

import os
from functools import cache

import pytest

from tcpmc.checks.certificates.smtlib import certificate_of_proof
from tcpmc.checks.certificates.verifier import check
from tcpmc.checks.parametric.prover import Proof, Prover, catalogue
from tcpmc.checks.parametric.short_invariant import ShortInvariant, as_formula
from tcpmc.checks.running.loading import find_property, find_variant
from tcpmc.model.properties.kinds import Always, Lemma
from tcpmc.reports.invariant_text import statements

EVERY = [prop.name for prop in catalogue() if not isinstance(prop, Lemma)]
SAMPLE = ["graceful-close", "time-wait-not-assassinated", "synchronized"]
ASKED = EVERY if "TCPMC_CAMPAIGNS" in os.environ else SAMPLE
MOST = 60
"""Statements of a property, more than which nobody reads."""


@cache
def prover() -> Prover:
    return Prover(find_variant("rfc9293"))


@cache
def short(name: str) -> tuple[Proof, ShortInvariant]:
    prop = find_property(name)
    assert isinstance(prop, Always)
    proof = prover().shortened(prop, prover().proof_alone(prop))
    assert isinstance(proof.invariant, ShortInvariant)
    return proof, proof.invariant


def test_what_the_states_of_an_end_show_needs_no_statement() -> None:
    assert statements(short("time-wait-active-closer")[1]) == []


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", ASKED)
def test_each_property_of_the_catalogue_has_few_statements(name: str) -> None:
    if prover().proof_alone(find_property(name)).invariant is None:  # type: ignore[arg-type]
        pytest.skip("it is refuted, or needs text")
    assert len(statements(short(name)[1])) < MOST


@pytest.mark.exhaustive
def test_the_certificate_is_the_short_invariant() -> None:
    name = "time-wait-active-closer"
    text = certificate_of_proof(prover(), find_property(name), short(name)[0], "rfc9293")
    assert check(text.encode(), solvers=("z3",)).accepted


@pytest.mark.exhaustive
def test_a_statement_is_about_either_end() -> None:
    found = short("closing-only-simultaneous")[1]
    formulas = found.formulas
    (first, *_) = found.statements
    told = str(as_formula(formulas, first, "0"))
    assert "A@0" in told and "B@0" in told
