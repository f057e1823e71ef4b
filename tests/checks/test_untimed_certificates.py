"""Certificates for every ISS: accepted as they are written, rejected when they are changed."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from certificates import by_z3, of_property, parts, with_invariant
from tcpmc.checks.certificates.canonical import canonical
from tcpmc.checks.certificates.verifier import check
from tcpmc.checks.parametric.prover import catalogue

pytestmark = pytest.mark.exhaustive


@pytest.fixture(scope="module")
def text() -> str:
    """The certificate of graceful-close, about all ISSs but four."""
    return of_property("graceful-close")


OTHERS = ("time-wait-not-assassinated", "data-complete")  # REFUTED, and one that needs text
PROVED = [p.name for p in catalogue() if p.name not in OTHERS]


@pytest.mark.parametrize("name", PROVED)
def test_both_solvers_accept_the_certificate(name: str) -> None:
    pytest.importorskip("cvc5")
    found = check(of_property(name).encode())
    assert (found.accepted, found.solvers, found.theorem) == (True, ("z3", "cvc5"), name)
    assert len(found.seconds) == 2 * 5
    assert found.proved[0].startswith(f"{name} on rfc9293: ")


def without_locations(text: str) -> Iterator[str]:
    """The certificate without what the invariant says of one pair of states, for some pairs."""
    _, body, _ = parts(text)
    begins = [found.start() for found in re.finditer(r"\(and \(= A@0 #b", body)]
    ends = [*begins[1:], len(body) - 1]
    for begin, end in list(zip(begins, ends, strict=True))[::12]:
        yield with_invariant(text, body[:begin] + body[end:])


def test_a_dropped_location_is_rejected_with_the_state_that_is_missing(text: str) -> None:
    results = [by_z3(one) for one in without_locations(text)]
    assert len(results) > 10
    for found in results:
        assert not found.accepted
        assert found.obligation in ("initiation", "consecution")
        assert found.state


def in_invariant(text: str, pattern: str, new: str, which: int) -> str:
    """The text with one match in the invariant replaced."""
    _, body, _ = parts(text)
    found = list(re.finditer(pattern, body))[which]
    return with_invariant(text, body[: found.start()] + found.expand(new) + body[found.end() :])


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


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('"graceful-close"', '"graceful"', "unknown theorem 'graceful'"),
        ('"graceful-close"', '"no-deadlock"', "no run breaks it: it is not to be left out"),
        ('"rfc9293"', '"hasty-time-wait"', "is not what the model says"),
        ('"0 octets of text', '"1 octets of text', "is not what the model says"),
        ('"0 octets of text', '"3 octets of text', "unknown assumption"),
        ("iss.A != 4294967294 and ", "", "is not what the model says"),
        ("(set-logic QF_BV)", "(set-logic ALL)", "is not what the model says"),
    ],
)
def test_a_changed_statement_is_rejected(text: str, old: str, new: str, reason: str) -> None:
    assert old in text
    found = by_z3(text.replace(old, new, 1))
    assert (found.accepted, found.obligation) == (False, "statement")
    assert reason in found.reason


# --- the order of operands ------------------------------------------------------------------------


def test_operands_are_in_an_order_of_their_own() -> None:
    import z3

    p, q, r = z3.Bools("p q r")
    x, y = z3.Ints("x y")
    one = z3.And(p, z3.Or(q, r), x + y > 0, z3.Implies(p, q))
    other = z3.And(z3.Implies(p, q), y + x > 0, z3.Or(r, q), p)
    assert not one.eq(other)
    assert canonical(one).eq(canonical(other))
    assert not canonical(z3.Implies(p, q)).eq(canonical(z3.Implies(q, p)))
    solver = z3.Solver()
    solver.add(one != canonical(one))
    assert solver.check() == z3.unsat
