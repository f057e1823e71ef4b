"""Machines learned of the example and of the rules themselves."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from stacks_under_test import example, opened
from tcpmc.checks.drive import learning
from tcpmc.checks.drive.learning import learned
from tcpmc.checks.drive.mealy_machine import MealyMachine, answers, distinguishing, read_machine
from tcpmc.checks.drive.model_stack import ModelStack
from tcpmc.errors import BadInput
from tcpmc.model import VARIANTS

pytest.importorskip("aalpy", reason="learning needs AALpy: pip install 'tcpmc[learn]'")

TURNSTILE = """digraph learned {
  s0 [label="s0"];
  s0 -> s1 [label="coin / open"];
  s0 -> s0 [label="push / stuck"];
  s1 -> s0 [label="push / pass"];
  s1 -> s1 [label="coin / open"];
  __start0 -> s0;
}
"""


@pytest.fixture(scope="module", autouse=True)
def short() -> Iterator[None]:
    """Fewer words than in use: what is looked for is near."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(learning, "MIDDLE", 0)
        patch.setattr(learning, "WALKS", 3)
        yield


@pytest.fixture(scope="module")
def rules() -> MealyMachine:
    return learned(ModelStack(VARIANTS["rfc9293"]))


@pytest.mark.exhaustive
@pytest.mark.skipif(
    "TCPMC_CAMPAIGNS" not in os.environ,
    reason="words of two letters after each state: many minutes; set TCPMC_CAMPAIGNS=1",
)
def test_two_seeds_learn_one_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "MIDDLE", 2)
    one, other = (learned(ModelStack(VARIANTS["rfc9293"]), seed) for seed in (1, 2))
    assert distinguishing(one, other) is None


def test_the_example_is_as_the_rules(rules: MealyMachine) -> None:
    with opened(example()) as stack:
        assert distinguishing(rules, learned(stack)) is None


def test_a_bug_has_a_word(rules: MealyMachine) -> None:
    with opened(example("bare-syn-dropped")) as stack:
        found = learned(stack)
    word = distinguishing(rules, found)
    assert word is not None and word[:2] == ("active OPEN", "SYN (SEQ left edge)")
    assert answers(rules, word)[:-1] == answers(found, word)[:-1]
    assert answers(rules, word)[-1] != answers(found, word)[-1]


def test_a_machine_is_read_as_it_is_written(rules: MealyMachine, tmp_path: Path) -> None:
    (tmp_path / "rules.dot").write_text(rules.dot())
    assert read_machine(str(tmp_path / "rules.dot")) == rules


def test_a_foreign_machine_is_read(tmp_path: Path) -> None:
    (tmp_path / "turnstile.dot").write_text(TURNSTILE)
    found = read_machine(str(tmp_path / "turnstile.dot"))
    assert (found.start, found.states, found.inputs) == ("s0", ["s0", "s1"], ["coin", "push"])
    assert answers(found, ("push", "coin", "push")) == ["stuck", "open", "pass"]


def test_a_file_without_a_machine_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "empty.dot").write_text("digraph { a -> b }")
    with pytest.raises(BadInput, match="no state machine found"):
        read_machine(str(tmp_path / "empty.dot"))


def test_a_word_with_two_answers_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = iter(range(1 << 20))
    monkeypatch.setattr(learning, "answer", lambda runner, move: str(next(answered) % 97))
    with pytest.raises(learning.Unstable, match=r"first .*, then"):
        learned(ModelStack(VARIANTS["rfc9293"]))
