"""Certificates of dense time: accepted as they are written, each obligation can fail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from certificates import by_z3, forged, of_theorem, parts, with_invariant
from tcpmc.checks.certificates import solvers
from tcpmc.checks.certificates.grammar import formula
from tcpmc.checks.certificates.reader import Malformed, read
from tcpmc.checks.certificates.regenerate import regenerated
from tcpmc.checks.certificates.solvers import Missing
from tcpmc.checks.certificates.verifier import check

OLD_SEGMENTS = {
    "theorem": "old-segments",
    "variant": "rfc9293",
    "assume": "acks-arrive",
    "condition": "T >= 2 MSL",
}


@pytest.fixture(scope="module")
def text() -> str:
    """The certificate of old-segments."""
    return of_theorem("old-segments")


# --- what is accepted -----------------------------------------------------------------------------


@pytest.mark.exhaustive
def test_both_solvers_accept_the_certificate_and_it_says_what_it_proves(text: str) -> None:
    pytest.importorskip("cvc5")
    found = check(text.encode())
    assert (found.accepted, found.solvers, found.theorem) == (True, ("z3", "cvc5"), "old-segments")
    assert len(found.seconds) == 2 * 12
    meaning, condition, *assumed = found.proved
    assert meaning.startswith("old-segments on rfc9293: when TIME-WAIT ends no segment")
    assert condition == "if: T >= 2 MSL"
    assert "assumed: no bare ACK is lost: each copy is delivered within its lifetime" in assumed
    assert any("any number of segments in flight" in line for line in assumed)


@pytest.mark.exhaustive
def test_any_solver_can_run_the_file_itself(text: str) -> None:
    printed = solvers.answers("z3", text, 100)
    questions, answers = printed[::2], printed[1::2]
    assert [line.strip('"').rpartition(": ")[2] for line in questions] == answers
    assert answers.count("sat") == 2 and answers.count("unsat") == 10


@pytest.mark.exhaustive
def test_the_text_does_not_depend_on_what_was_computed_before(text: str) -> None:
    of_theorem("peer-done")
    regenerated.cache_clear()
    _, body, _ = parts(text)
    assert forged(body, OLD_SEGMENTS, _steps_of(text)) == text


# --- each obligation can fail ---------------------------------------------------------------------


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("body", "obligation"),
    [("false", "initiation"), ("true", "safety"), ("(= 0.0 1.0)", "initiation")],
)
def test_a_constant_invariant_is_rejected(text: str, body: str, obligation: str) -> None:
    found = by_z3(with_invariant(text, body))
    assert (found.accepted, found.obligation) == (False, obligation)
    assert found.state


def _steps_of(text: str) -> tuple[int, ...]:
    found = re.search(r'\(set-info :premise "(.*)"\)', text)
    assert found is not None
    return tuple(map(int, found[1].split()))


@pytest.mark.exhaustive
def test_a_run_that_does_not_reach_the_premise_is_rejected(text: str) -> None:
    """Well made, with the right invariant: all but the run. It ends where the condition holds; for
    some parameters TIME-WAIT is over some steps before."""
    _, body, _ = parts(text)
    steps = _steps_of(text)
    assert by_z3(forged(body, OLD_SEGMENTS, steps)).accepted
    for wrong in ((), steps[:2], steps[1:], (*steps[:-1], 10**8), (steps[0] + 1, *steps[1:])):
        found = by_z3(forged(body, OLD_SEGMENTS, wrong))
        assert (found.accepted, found.obligation) == (False, "premise")
        assert found.reason == "z3: unsat, not sat"


@pytest.mark.parametrize("steps", [(), (0, 88, 6)])
def test_an_assumption_under_which_the_timer_never_ends_proves_nothing(
    steps: tuple[int, ...],
) -> None:
    """Were it the condition, the claim would be broken outside of it."""
    assume = "fin-wait-2-timer; closes-within; fins-arrive"
    heading = {"theorem": "fin-wait-2-cuts-off-no-loss", "variant": "rfc9293"}
    more = {"assume": f"{assume}; F > C + MSL", "condition": "always"}
    found = by_z3(forged("true", {**heading, **more}, steps))
    assert (found.accepted, found.obligation) == (False, "premise")
    right = {"assume": assume, "condition": "F > C + MSL"}
    assert by_z3(forged("true", {**heading, **right}, (0, 88, 6))).obligation == "safety"


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    "heading",
    [
        {"theorem": "old-segments-for-ever", "assume": "", "condition": "T < 0"},
        {"theorem": "old-segments-for-ever", "assume": "T < 0", "condition": "always"},
        {"theorem": "old-segments", "assume": "acks-arrive; T < 0", "condition": "always"},
        {"theorem": "old-segments", "assume": "acks-arrive", "condition": "T < MSL and T > 2 MSL"},
    ],
)
def test_a_contradictory_condition_or_assumption_proves_nothing(heading: dict[str, str]) -> None:
    """On a variant of which the catalogue says nothing."""
    found = by_z3(forged("true", {"variant": "rfc793", **heading}))
    assert (found.accepted, found.obligation) == (False, "possible")


def dropped_conjuncts(text: str) -> Iterator[str]:
    """The certificate without what it says of one pair of phases, for each pair."""
    _, body, _ = parts(text)
    for found in re.finditer(r"\(=> \(and ", body):
        begin = end = found.start()
        depth = 0
        while depth or end == begin:
            depth += {"(": 1, ")": -1}.get(body[end], 0)
            end += 1
        yield with_invariant(text, body[:begin] + "true" + body[end:])


@pytest.mark.exhaustive
def test_a_dropped_conjunct_is_rejected(text: str) -> None:
    """All but a few, without which what is left is inductive too, and so a proof."""
    results = [by_z3(one) for one in dropped_conjuncts(text)]
    rejected = [found for found in results if not found.accepted]
    assert len(results) >= 15
    assert 10 * len(rejected) >= 9 * len(results)
    assert {found.obligation for found in rejected} <= {"consecution", "safety"}
    assert all(found.state for found in rejected)


@pytest.mark.exhaustive
@pytest.mark.parametrize("part", [place / 20 for place in range(20)])
def test_a_flipped_inequality_is_rejected(text: str, part: float) -> None:
    _, body, _ = parts(text)
    places = [found.start() for found in re.finditer(r"\(<= ", body)]
    place = places[int(part * len(places))]
    found = by_z3(with_invariant(text, f"{body[:place]}(> {body[place + 4 :]}"))
    assert not found.accepted
    assert found.obligation in ("initiation", "consecution", "safety")
    assert found.state


def test_a_solver_that_says_more_than_one_word_is_not_believed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tcpmc.checks.certificates import verifier

    text = forged("true", OLD_SEGMENTS)
    for printed in ([], ["sat", "sat"], ["unsat"], ["(error)"], ["sat", "(error)"], ["timeout"]):
        monkeypatch.setattr(verifier, "answers", lambda *_, printed=printed: printed)
        found = by_z3(text)
        assert (found.accepted, found.obligation) == (False, "possible")


# --- the grammar of an invariant ------------------------------------------------------------------

NAMES = {"p": "Bool", "x": "Real", "y": "Real", "|a b|": "Bool", "n": "(_ BitVec 3)"}


@pytest.mark.parametrize(
    "text",
    [
        "true",
        "(and p |a b| (not p))",
        "(=> p (or (<= x (+ y (* (- 1.0) x) 0.0)) (= n #b010)))",
        "(let ((a!1 (< x y)) (a!2 p)) (let ((a!3 (and a!1 a!2))) (ite p a!3 a!1)))",
    ],
)
def test_a_formula_is_read_and_written(text: str) -> None:
    assert formula(text, NAMES) == text


@pytest.mark.parametrize(
    "text",
    [
        "", "true false", "x", "1.0", "(and)", "()", "((and p p))", "q", "(and p x)", "(< x p)",
        "(= p x)", "(* x y)", "(/ x 2.0)", "(forall ((z Real)) p)", "(exists ((z Real)) p)",
        "(let ((p true)) p)", "(let ((a!1 p)) (let ((a!1 x)) a!1))", "(let () p)",
        "(let ((b p)) p)", "(let ((a!1 p) (a!1 p)) a!1)", "(! p :named q)", "(as p Bool)",
        "((_ extract 0 0) n)", "(bvult n n)", "(= n #b01)", "(= n #x2)", "(distinct p p)",
        "(xor p p)", "(p p)", "(not p p)", "(< x 1)", "(< x 1e5)", "(< x (* (+ 1.0 1.0) y))",
        "(+ x)", '(= p "")', "p ; p", "(and p\tp)", "(and p é)", "p) (assert false", "|a",
        "|a\\|b|", "(push 1)", "(exit)", "(reset)", "(check-sat)", "(- 1.0 2.0 p)", "(+ p p)",
        "(ite p x n)", "(select p x)", "(" * 400 + "p" + ")" * 400,
        "(not " * 400 + "p" + ")" * 400,
    ],
)  # fmt: skip
def test_what_is_no_formula_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        formula(text, NAMES)


def test_what_is_no_file_of_expressions_is_refused() -> None:
    for bad in ("(a", "a)", '"', ";", "\\"):
        with pytest.raises(Malformed):
            read(bad)
    assert read("a |b c| (d)") == ["a", "|b c|", ["d"]]


def test_a_missing_cvc5_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solvers, "_installed", lambda: False)
    with pytest.raises(Missing, match="pip install"):
        solvers.answers("cvc5", "", 1)


def test_nothing_of_a_file_but_the_invariant_reaches_a_solver() -> None:
    """What is put to a solver are the text that the model makes and what the grammar writes."""
    source = Path(solvers.__file__).with_name("verifier.py").read_text(encoding="utf-8")
    assert source.count("answers(") == 2
    assert "preamble = [made.before, invariant, " in source
