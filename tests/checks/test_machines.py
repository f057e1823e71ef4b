"""Learned machines: read, compared with the rules word by word, and as variants."""

from pathlib import Path

import pytest

from tcpmc.checks.conform.stacks import STACKS
from tcpmc.checks.drive.learning import answer
from tcpmc.checks.drive.machine_compare import compared
from tcpmc.checks.drive.machine_rules import MachineRules, machine_variant
from tcpmc.checks.drive.mealy_machine import LETTERS, MealyMachine, read_machine, recognising
from tcpmc.checks.drive.model_stack import ModelStack
from tcpmc.checks.drive.running import Runner
from tcpmc.checks.running.jobs import select
from tcpmc.checks.running.loading import find_variant
from tcpmc.checks.running.run import run
from tcpmc.errors import BadInput
from tcpmc.model import SCOPES, VARIANTS, State

STUDY = """digraph G {
s0 [color="red"]
s0 -> s1[label=<<table><tr><td>CONNECT</td><td>/</td><td>SYN(FRESH,ZERO,0)</td></tr></table>>]
s1 -> s2[label=<<table><tr><td>SYN+ACK(V,V,0)</td><td>/</td><td>ACK(NEXT,NEXT,0)</td></tr></table>>]
s1 -> s0[label=<<table><tr><td>ACK+RST(V,V,0)</td><td>/</td><td>TIMEOUT</td></tr></table>>]
s2 -> s2[label=<<table><tr><td>SYN(V,V,0)</td><td>/</td><td>TIMEOUT</td></tr></table>>]
s2 -> s2[label=<<table><tr><td>RCV</td><td>/</td><td>TIMEOUT</td></tr></table>>]
}
"""


def machine_of(variant: str) -> MealyMachine:
    """The rules as a tree of all words up to a depth, their states joined where the TCB is one."""
    stack, edges = ModelStack(VARIANTS[variant]), {}
    words: dict[object, tuple[str, ...]] = {}
    names: dict[object, str] = {}

    def name_after(word: tuple[str, ...]) -> tuple[str, str]:
        runner = Runner(stack)
        said = [answer(runner, LETTERS[letter]) for letter in word]
        tcb, peer = stack.tcb, runner.peer
        own, there = tcb.snd_nxt.value, tcb.rcv_nxt.value
        known = tcb.state in (State.CLOSED, State.LISTEN)
        where = [own - tcb.snd_una.value, peer.nxt - own, peer.una - own, peer.rcv - there]
        kept = 0 if known else 3 if tcb.state == State.SYN_SENT else 4
        key = tcb.state, tcb.passive, tcb.close_queued, peer.base is None, *where[:kept]
        if key not in names:
            names[key], words[key] = f"s{len(names)}", word
            todo.append(key)
        return names[key], said[-1] if said else ""

    todo: list[object] = []
    name_after(())
    while todo:
        key = todo.pop(0)
        for letter in LETTERS:
            edges[names[key], letter] = name_after((*words[key], letter))
    return MealyMachine("s0", edges)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The machine of the rules, in a file."""
    path = tmp_path_factory.mktemp("machine") / "rules.dot"
    path.write_text(machine_of("rfc9293").dot())
    return str(path)


def test_the_machine_of_the_rules_is_as_the_rules(file: str) -> None:
    found = compared(STACKS["rfc9293"], machine_variant(file))
    assert (found.differences, found.allowed, found.whole) == ([], [], True)


def test_a_machine_that_ignores_a_syn_has_a_word(file: str, tmp_path: Path) -> None:
    machine = read_machine(file)
    before = machine.edges[machine.start, "active OPEN"][0]
    ignoring = dict(machine.edges) | {(before, "SYN (SEQ left edge)"): (before, "-")}
    (tmp_path / "deaf.dot").write_text(MealyMachine(machine.start, ignoring).dot())
    found = compared(STACKS["rfc9293"], machine_variant(str(tmp_path / "deaf.dot")))
    first = found.differences[0]
    assert first.word == ("active OPEN", "SYN (SEQ left edge)")
    assert first.discrepancy is not None
    assert first.discrepancy.requirement == "3.10.7.3 fourth"


def test_states_are_named_by_what_they_answer(file: str) -> None:
    rules = machine_variant(file).rules
    assert isinstance(rules, MachineRules)
    assert set(rules.names) == set(State)
    assert rules.likeness[rules.names.index(State.ESTABLISHED)] == ""  # all of them


def test_the_catalogue_on_a_machine_says_what_it_cannot_decide(file: str) -> None:
    names = ["closing", "established", "graceful-close", "lemma-closed-forgets", "figure-5"]
    outcome = run(select(names, [file], SCOPES["default"]))
    words = {result.job.prop.name: result.verdict.word for result in outcome.results}
    assert words["closing"] == words["established"] == "WITNESS"
    assert words["lemma-closed-forgets"] == words["figure-5"] == "INCONCLUSIVE"
    told = {r.job.prop.name: r.verdict.answers["explicit"].method for r in outcome.results}
    assert "every TCB" in told["lemma-closed-forgets"]
    assert "named by what they answer" in " ".join(outcome.results[0].all_assumptions)


def test_a_machine_of_the_study_is_read_in_our_letters(tmp_path: Path) -> None:
    (tmp_path / "study.dot").write_text(STUDY)
    machine = read_machine(str(tmp_path / "study.dot"))
    assert machine.start == "s0"
    assert machine.edges["s0", "active OPEN"] == ("s1", "SYN")
    assert machine.edges["s1", "SYN,ACK (SEQ left edge, ACK good)"] == ("s2", "ACK new")
    assert machine.edges["s1", "RST,ACK (SEQ left edge, ACK good)"] == ("s0", "-")
    assert not machine.tells_refusals
    found = compared(STACKS["rfc9293"], machine_variant(str(tmp_path / "study.dot")))
    assert found.left_out == ("RCV",)
    assert [one.by_machine for one in found.differences] == ["-"]


def test_no_other_command_takes_a_machine(file: str) -> None:
    with pytest.raises(BadInput, match="a machine has no rules"):
        find_variant(file)


def test_words_of_the_w_method_tell_states_apart() -> None:
    edges = {("a", "x"): ("b", "0"), ("b", "x"): ("a", "1")}
    assert list(recognising(MealyMachine("a", edges), 1)) == [
        ("x",), ("x", "x"), ("x", "x"), ("x", "x", "x"),
    ]  # fmt: skip
