"""The rules of a variant against a learned machine: every word of the letters that both have.

The product of both is walked: a state is that of the machine with the variant's TCB, its numbers
counted from those that the peer knows. Where the answers differ the run is made again, the machine
in the place of the stack, and held against the rules by the oracle: what a stack may do as well is
no difference, only another choice. Words are not followed beyond a difference. Where a machine does
not tell refusals it is one of sockets: only its first OPEN is asked, and CLOSE of a connection.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from tcpmc.checks.conform.stacks import Stack
from tcpmc.checks.drive.learning import answer
from tcpmc.checks.drive.machine_rules import MachineRules
from tcpmc.checks.drive.mealy_machine import LETTERS, SILENT, MealyMachine, Word
from tcpmc.checks.drive.model_stack import ModelStack
from tcpmc.checks.drive.oracle import Discrepancy, Oracle
from tcpmc.checks.drive.running import Observation, Peer, Runner
from tcpmc.model.endpoint.tcb import UNCONNECTED, State, Tcb
from tcpmc.model.variants.variant import Variant

MOST = 20
"""Differences that are told."""


@dataclass(frozen=True)
class WordDifference:
    """A word to which the machine answers otherwise than the rules: both answers to its last
    letter, the machine's run, and what the oracle says of that, None if it is allowed."""

    word: Word
    by_rules: str
    by_machine: str
    events: tuple[Observation, ...]
    discrepancy: Discrepancy | None


@dataclass
class MachineComparison:
    """What came of it: the pairs of states that were walked, the words that show a difference, the
    shortest first, each for another state of the rules or another answer; and those at which the
    machine chose otherwise, as it may. `whole`: all words were walked."""

    variant: str
    machine: str
    letters: tuple[str, ...]
    left_out: tuple[str, ...]
    pairs: int = 0
    whole: bool = True
    differences: list[WordDifference] = field(default_factory=list)
    allowed: list[WordDifference] = field(default_factory=list)


def compared(stack: Stack, machine: Variant) -> MachineComparison:
    """The comparison, in words of growing length, until there are many differences."""
    rules = machine.rules
    assert isinstance(rules, MachineRules)
    known = rules.machine
    letters = tuple(letter for letter in known.inputs if letter in LETTERS)
    left_out = tuple(letter for letter in known.inputs if letter not in LETTERS)
    found = MachineComparison(stack.name, machine.name, letters, left_out)
    met: set[tuple[str, ...]] = set()
    for state, one in _differences(stack.variant, known, letters, found):
        kind = state, one[0][-1], *one[1:]
        if kind in met:
            continue
        met.add(kind)
        judged = _judged(stack, machine, one)
        where = found.allowed if judged.discrepancy is None else found.differences
        where.append(judged)
        if len(found.differences) == MOST:
            found.whole = False
            break
    return found


def _differences(
    variant: Variant, machine: MealyMachine, letters: tuple[str, ...], found: MachineComparison
) -> Iterator[tuple[State, tuple[Word, str, str]]]:
    """The words, from the shortest on, with both answers to the last letter, and the state in which
    the rules are before it."""
    stack = ModelStack(variant)
    seen: set[object] = set()
    todo: deque[tuple[Word, str]] = deque([((), machine.start)])
    while todo:
        word, state = todo.popleft()
        there = _where(stack, word)
        key = state, *there
        if key in seen:
            continue
        seen.add(key)
        found.pairs = len(seen)
        for letter in letters:
            edge = machine.edges.get((state, letter))
            impossible = edge is None or edge[1] == "impossible"
            if edge is None or impossible or not _asked(machine, letter, word, there[0]):
                continue
            longer = (*word, letter)
            said = _said(stack, longer)
            refused = said == "refused" and not machine.tells_refusals
            if said == edge[1] or (refused and edge[1] == SILENT):
                todo.append((longer, edge[0]))
            else:
                yield there[0], (longer, said, edge[1])


def _asked(machine: MealyMachine, letter: str, word: Word, state: State) -> bool:
    """Whether a letter is asked there: of sockets, the first OPEN, and CLOSE of a connection."""
    if machine.tells_refusals:
        return True
    if "OPEN" in letter:
        return not any("OPEN" in before for before in word)
    return letter != "CLOSE" or state not in UNCONNECTED


def _said(stack: ModelStack, word: Word) -> str:
    """What the rules answer to the last letter of a word."""
    runner = Runner(stack)
    return [answer(runner, LETTERS[letter]) for letter in word][-1]


def _where(stack: ModelStack, word: Word) -> tuple[State, tuple[object, ...]]:
    """Where the rules are after a word: the TCB and what the peer knows, without the numbers
    themselves."""
    runner = Runner(stack)
    for letter in word:
        answer(runner, LETTERS[letter])
    return stack.tcb.state, _relative(stack.tcb, runner.peer)


def _relative(tcb: Tcb, peer: Peer) -> tuple[object, ...]:
    own, other = tcb.snd_nxt.value, tcb.rcv_nxt.value
    if tcb.state in UNCONNECTED:
        return (peer.base is None,)
    return (
        tcb.passive,
        tcb.queued,
        tcb.close_queued,
        tcb.reopened is None,
        *(tcb.gap, tcb.held, tcb.held_fin),
        own - tcb.snd_una.value,
        peer.base is None,
        (peer.nxt - own) % 2**32,
        (peer.una - own) % 2**32,
        (peer.rcv - other) % 2**32 if tcb.state != State.SYN_SENT else 0,
    )


def _judged(stack: Stack, machine: Variant, one: tuple[Word, str, str]) -> WordDifference:
    """The difference, with the machine's run and what the oracle says of it."""
    word, by_rules, by_machine = one
    under_test = ModelStack(machine)
    events = tuple(Runner(under_test).run([LETTERS[letter] for letter in word]))
    found = _discrepancy(stack, under_test, events)
    if found is not None and not _tells_refusals(machine):
        # The CLOSE of sockets ends reading, too: MAY-1, SHLD-3.
        reads_no_more = stack.with_switches((("half_duplex_close", True),))
        found = _discrepancy(reads_no_more, under_test, events)
    return WordDifference(word, by_rules, by_machine, events, found)


def _discrepancy(
    stack: Stack, under_test: ModelStack, events: tuple[Observation, ...]
) -> Discrepancy | None:
    oracle = Oracle.for_stack(stack, under_test)
    return Oracle(oracle.stack, reports=False).judged(events).difference


def _tells_refusals(machine: Variant) -> bool:
    rules = machine.rules
    return isinstance(rules, MachineRules) and rules.machine.tells_refusals
