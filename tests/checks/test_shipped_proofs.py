"""Proofs that come with the package are proved again, by the rules at hand, or are not there."""

import os
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

import pytest

from checkout import ROOT
from tcpmc.checks.certificates.shipping import questions
from tcpmc.checks.timed import threshold
from tcpmc.checks.timed.houdini import Mine
from tcpmc.checks.timed.shipped_proofs import (
    DIGEST,
    FIRST,
    DamagedProof,
    file_name,
    read,
    shipped,
    written,
)
from tcpmc.checks.timed.threshold import Finder, ThresholdQuestion
from tcpmc.checks.verdict import PROVED
from tcpmc.model.timed.linear import condition
from tcpmc.model.timed.theorems import THEOREMS
from tcpmc.model.variants.shipped import VARIANTS

QUESTIONS = {f"{one.name} on {one.variant.name}": one for one in questions()}
FOLDER = ROOT / "checks" / "timed" / "invariants"
SLOW = (
    "keepalive-notices on rfc9293",
    "old-fins on rfc9293",
    "old-segments on no-restart",
    "old-segments-fin-lives-longer on rfc9293",
)
"""Asked for by TCPMC_CAMPAIGNS: before their last counterexample is found a proof is searched."""
EVERY = "TCPMC_CAMPAIGNS" in os.environ
QUICK = QUESTIONS["user-timeout-notices on rfc9293"]


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Each time that an invariant is searched."""
    found: list[str] = []
    search = Mine.inductive

    def noted(mine: Mine) -> object:
        found.append(mine.system.variant.name)
        return search(mine)

    monkeypatch.setattr(Mine, "inductive", noted)
    return found


def text_of(question: ThresholdQuestion) -> str:
    text = shipped(question)
    assert text is not None, f"{question.name}: run .ci/proofs.py --missing"
    return text


def with_digest(body: str) -> str:
    return f"{FIRST}\n{DIGEST}{sha256(body.encode()).hexdigest()}\n{body}"


def mine_of(finder: Finder) -> Mine:
    where = condition(THEOREMS[finder.question.name].holds["rfc9293"])
    clause = where.clauses[0][0]
    return Mine(finder.formulas, clause.at)


def test_there_is_a_file_for_each_question_and_no_other() -> None:
    there = {path.name for path in FOLDER.iterdir()}
    assert there == {file_name(one, one.variant.name) for one in QUESTIONS.values()}
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 500_000


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", [name for name in QUESTIONS if EVERY or name not in SLOW])
def test_what_is_shipped_is_still_a_proof(name: str) -> None:
    """(Where the last counterexample is a long one, a proof is searched in vain before it.)"""
    question = QUESTIONS[name]
    answer = Finder(question).find()
    assert answer.word == PROVED and answer.proof is not None
    assert written(answer.proof) == text_of(question)
    theorem = THEOREMS.get(question.name)
    assert theorem is None or answer.meets(theorem.holds[question.variant.name])


def test_a_shipped_proof_answers_without_a_search(searched: list[str]) -> None:
    answer = Finder(QUICK).find()
    assert answer.word == PROVED and answer.meets("D > R") and not searched
    assert answer.proof is not None
    assert written(answer.proof) == text_of(QUICK)


def test_one_octet_altered_is_noticed() -> None:
    text, mine = text_of(QUICK), mine_of(Finder(QUICK))
    for place in range(0, len(text), 7):
        altered = text[:place] + chr(ord(text[place]) ^ 1) + text[place + 1 :]
        with pytest.raises(DamagedProof):
            read(mine, altered)


def without_a_line(body: str) -> str:
    first = next(line for line in body.splitlines() if line.startswith("  "))
    return body.replace(f"{first}\n", "")


def with_what_is_not_there(body: str) -> str:
    return body.replace("ESTABLISHED(", "ESTABLISHED(7", 1)


@pytest.mark.exhaustive
@pytest.mark.parametrize("alter", [without_a_line, with_what_is_not_there, lambda body: ""])
def test_what_is_no_proof_is_searched_anew(
    alter: Callable[[str], str], searched: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    body = text_of(QUICK).split("\n", 2)[2]
    assert alter(body) != body
    monkeypatch.setattr(threshold, "shipped", lambda question: with_digest(alter(body)))
    answer = Finder(QUICK).find()
    assert answer.word == PROVED and answer.meets("D > R") and searched == ["rfc9293"]


@pytest.mark.exhaustive
def test_where_a_rule_is_changed_the_proof_is_searched_anew(searched: list[str]) -> None:
    """As if the rules of the installed package were others, under the name of rfc9293."""
    theorem = THEOREMS["old-segments"]
    changed = replace(VARIANTS["no-restart"], name="rfc9293")
    question = ThresholdQuestion(theorem.name, theorem.claim, changed, theorem.assume)
    assert shipped(question) == text_of(QUESTIONS["old-segments on rfc9293"])
    answer = Finder(question).find()
    assert answer.meets("T >= 3 MSL") and set(searched) == {"rfc9293"}


def test_rules_that_close_alike_need_no_search(searched: list[str]) -> None:
    mine = replace(VARIANTS["rfc1337"], name="mine")
    question = replace(QUICK, variant=mine)
    assert Finder(question).find().meets("D > R") and not searched
