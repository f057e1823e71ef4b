"""Certificates: accepted as they are written, rejected when they are changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tcpmc.checks.certificates import solvers as ask
from tcpmc.checks.certificates.reader import Expression, Malformed, read, written
from tcpmc.checks.certificates.regenerate import regenerated
from tcpmc.checks.certificates.smtlib import certificate_of_threshold
from tcpmc.checks.certificates.solvers import Missing
from tcpmc.checks.certificates.verifier import Checked, check
from tcpmc.checks.timed.threshold import Finder, Question
from tcpmc.model.timed.theorems import THEOREMS
from tcpmc.model.variants.shipped import VARIANTS


@pytest.fixture(scope="module")
def text() -> str:
    """The certificate of old-segments."""
    theorem = THEOREMS["old-segments"]
    question = Question("old-segments", theorem.claim, VARIANTS["rfc9293"], theorem.assume)
    finder = Finder(question)
    return certificate_of_threshold(finder, finder.find(), "rfc9293")


def by_z3(text: str) -> Checked:
    return check(text, None, ("z3",))


def invariant(text: str) -> tuple[str, str, str]:
    """The text before, of, and after the body of the invariant."""
    begin = text.index("\n", text.index("(define-fun invariant")) + 1
    end = text.index("\n(declare-const", begin)
    return text[:begin], text[begin:end], text[end:]


def changed(text: str, old: str, new: str, part: float = 0) -> str:
    """The text with one occurrence of `old` in the invariant replaced, that far into them."""
    before, body, after = invariant(text)
    places = [found.start() for found in re.finditer(re.escape(old), body)]
    place = places[int(part * len(places))]
    return before + body[:place] + new + body[place + len(old) :] + after


@pytest.mark.exhaustive
def test_both_solvers_accept_the_certificate(text: str) -> None:
    pytest.importorskip("cvc5")
    found = check(text, regenerated)
    assert (found.accepted, found.solvers, found.theorem) == (True, ("z3", "cvc5"), "old-segments")


@pytest.mark.exhaustive
def test_any_solver_can_run_the_file_itself(text: str) -> None:
    printed = ask.answers("z3", text, 100)
    assert [line.strip('"') for line in printed] == [
        *("initiation", "unsat", "consecution", "unsat", "safety", "unsat")
    ]


def redefined(text: str, name: str, body: Expression) -> str:
    """The certificate with another body for one definition."""
    expressions = read(text)
    for one in expressions:
        if one[:2] == ["define-fun", name]:
            one[4] = body
    return "\n".join(map(written, expressions))


def dropped_conjuncts(text: str) -> Iterator[str]:
    """The certificate without what it says of one pair of phases, for each pair."""
    body = next(one[4] for one in read(text) if one[:2] == ["define-fun", "invariant"])
    conjunction = body
    while conjunction[0] == "let":
        conjunction = conjunction[2]
    assert conjunction[0] == "and"
    for place in range(1, len(conjunction)):
        dropped = conjunction.pop(place)
        yield redefined(text, "invariant", body)
        conjunction.insert(place, dropped)


@pytest.mark.exhaustive
def test_a_dropped_conjunct_is_rejected(text: str) -> None:
    results = [by_z3(one) for one in dropped_conjuncts(text)]
    assert len(results) >= 20
    assert not any(found.accepted for found in results)
    assert {found.obligation for found in results} <= {"consecution", "safety"}
    assert all(found.state for found in results)


@pytest.mark.exhaustive
@pytest.mark.parametrize("part", [place / 20 for place in range(20)])
def test_a_flipped_inequality_is_rejected(text: str, part: float) -> None:
    found = by_z3(changed(text, "(<= ", "(> ", part))
    assert not found.accepted
    assert found.obligation in ("initiation", "consecution", "safety")
    assert found.state


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("old", "new", "obligation"),
    [
        ('(set-info :theorem "old-segments")', '(set-info :theorem "peer")', "statement"),
        ('(set-info :variant "rfc9293")', '(set-info :variant "no-restart")', "statement"),
        ('(set-info :assume "acks-arrive")', '(set-info :assume "gives-up")', "statement"),
        ('(echo "safety")', "", "reading"),
        ("(define-fun invariant", "(define-fun variant", "reading"),
        ("(declare-const MSL Real)", "(define-fun MSL () Real 1.0)", "reading"),
        ("(set-logic QF_LRA)", "(set-logic QF_LRA)\n(assert false)", ""),
    ],
)
def test_a_changed_statement_is_rejected(text: str, old: str, new: str, obligation: str) -> None:
    assert old in text
    found = check(text.replace(old, new, 1), regenerated, ("z3",))
    # An assertion in the file changes nothing: the obligations are not read from it.
    assert (found.accepted, found.obligation) == (obligation == "", obligation)


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", ["parameters", "initial", "step", "broken"])
def test_a_definition_that_is_not_the_models_is_rejected(text: str, name: str) -> None:
    found = check(redefined(text, name, "false"), regenerated, ("z3",))
    assert (found.accepted, found.obligation) == (False, "statement")
    assert found.reason == f"{name} is not that of the model"


@pytest.mark.exhaustive
@pytest.mark.parametrize("factor", ["1.0", "1.5"])
def test_a_weaker_condition_is_rejected(text: str, factor: str) -> None:
    weaker = redefined(text, "condition", [">=", "T", ["*", factor, "MSL"]])
    assert by_z3(weaker).obligation in ("consecution", "safety")
    assert check(weaker, regenerated, ("z3",)).obligation == "statement"


@pytest.mark.exhaustive
@pytest.mark.parametrize("part", [0.01, 0.2, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_rejected(text: str, part: float) -> None:
    found = by_z3(text[: int(part * len(text))])
    assert (found.accepted, found.obligation) == (False, "reading")


def test_what_is_no_file_of_expressions_is_refused() -> None:
    for bad in ("(a", "a)", '"'):
        with pytest.raises(Malformed):
            read(bad)
    assert read("; nothing\n(a |b c| (d))") == [["a", "|b c|", ["d"]]]
    assert not by_z3("").accepted


def test_a_missing_cvc5_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ask, "_installed", lambda: False)
    with pytest.raises(Missing, match="pip install"):
        ask.answers("cvc5", "", 1)


def test_the_verifier_shares_no_code_with_the_search() -> None:
    for name in ("verifier", "reader", "solvers"):
        source = Path(ask.__file__).with_name(f"{name}.py").read_text(encoding="utf-8")
        assert "checks.timed" not in source and "checks.smt" not in source
