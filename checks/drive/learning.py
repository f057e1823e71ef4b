"""A Mealy machine of a stack, learned by asking it (AALpy), and two such machines compared.

The alphabet is abstract: calls, segments with numbers relative to what the stack has told, and the
end of TIME-WAIT. The answer to an input is what the stack sends, with its numbers compared to the
last, and how it refuses a call; so a machine has no numbers, and can be compared with another's.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import seed as seed_of_all
from typing import Any

from tcpmc.captures.packet import Packet
from tcpmc.checks.drive.moves import Arrival, Move, UserCall
from tcpmc.checks.drive.running import ISS, Runner
from tcpmc.errors import BadInput
from tcpmc.stacks.stack import Impossible, NotHere, StackUnderTest

ALPHABET: tuple[Move, ...] = (
    UserCall("passive OPEN"),
    UserCall("active OPEN"),
    UserCall("CLOSE"),
    Arrival("SYN"),
    Arrival("SYN,ACK", ack="good"),
    Arrival("ACK", ack="good"),
    Arrival("FIN,ACK", ack="good"),
    Arrival("FIN,ACK", ack="again"),
    Arrival("RST"),
    Arrival("text", ack="good"),
)
SILENT = "-"
EDGE = re.compile(r'(\w+)\s*->\s*(\w+)\s*\[label\s*=\s*"([^"]*?)\s*/\s*([^"]*)"')
START = re.compile(r"__start0\s*->\s*(\w+)")
WALKS, WALK_LENGTH = 8, 10
"""Random walks from each state of a candidate, and how long, before it is believed."""


class Unstable(Exception):
    """The stack has answered one word of inputs in two ways; says which."""


@dataclass(frozen=True)
class MealyMachine:
    """A Mealy machine: its first state, and for each state and input the next and the output."""

    start: str
    edges: dict[tuple[str, str], tuple[str, str]]

    @property
    def inputs(self) -> list[str]:
        """Its alphabet, in the order in which it is first used."""
        return list(dict.fromkeys(given for _, given in self.edges))

    @property
    def states(self) -> list[str]:
        """Its states, the first one first."""
        return list(dict.fromkeys([self.start, *(state for state, _ in self.edges)]))

    def dot(self) -> str:
        """The machine for Graphviz, in the form that other learners write."""
        lines = ["digraph learned {", '  __start0 [label="" shape="none"];']
        lines += [f'  {state} [shape="circle" label="{state}"];' for state in self.states]
        lines += [
            f'  {state} -> {after} [label="{given} / {output}"];'
            for (state, given), (after, output) in self.edges.items()
        ]
        return "\n".join([*lines, f"  __start0 -> {self.start};", "}"]) + "\n"


def read_machine(path: str) -> MealyMachine:
    """The machine of a .dot file. Raises BadInput for a file that has none."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    edges = {(a, given): (b, output) for a, b, given, output in EDGE.findall(text)}
    start = START.search(text)
    if not edges or start is None:
        raise BadInput(
            f'{path}: no state machine found: expected edges a -> b [label="input / output"]'
        )
    return MealyMachine(start[1], edges)


def answer(runner: Runner, move: Move) -> str:
    """What the stack does on an input, without numbers, and without what a timer sends again."""
    peer = runner.peer
    acked = peer.rcv
    sent = None if peer.base is None else (peer.nxt - peer.base + ISS) % 2**32
    try:
        event = runner.make(move)
    except Impossible:
        return "impossible"
    own = [p for p in event.packets if p.outbound and not _is_repeated(p, sent)]
    told = [_abstract(p, acked) for p in own]
    if event.refused:
        told.append("refused")
    return " + ".join(told) or SILENT


def _is_repeated(packet: Packet, sent: int | None) -> bool:
    """Whether it takes up numbers, and only such as were sent before."""
    assert packet.seq is not None
    size = (packet.length or 0) + packet.SYN + packet.FIN
    if sent is None or not size:
        return False
    return (sent - packet.seq - size) % 2**32 < 2**31


def _abstract(packet: Packet, acked: int) -> str:
    """Control bits and text; `new` where SEG.ACK has gone on."""
    told = packet.controls.replace("PSH,", "")
    if packet.length:
        told += " text"
    if packet.ACK and not packet.RST and packet.ack != acked:
        told += " new"
    return told


def learned(stack: StackUnderTest, seed: int = 1) -> MealyMachine:
    """The machine of a stack. Raises Unstable where it answers one word in two ways, and NotHere
    without the library that learns."""
    try:
        from aalpy.base import SUL
        from aalpy.learning_algs import run_KV
        from aalpy.oracles import StatePrefixEqOracle
    except ImportError as error:
        raise NotHere("learning needs AALpy: pip install 'tcpmc[learn]'") from error

    class AskedByLearner(SUL):  # type: ignore[misc]
        """The stack, as AALpy asks it; what it said to each word is remembered."""

        def __init__(self) -> None:
            super().__init__()
            self.known: dict[tuple[str, ...], str] = {}

        def pre(self) -> None:
            self.runner = Runner(stack)
            self.word: tuple[str, ...] = ()

        def post(self) -> None:
            pass

        def step(self, letter: str | None) -> str:
            if letter is None:
                return SILENT
            self.word = (*self.word, letter)
            said = answer(self.runner, LETTERS[letter])
            if self.known.setdefault(self.word, said) != said:
                raise Unstable(
                    f"{'; '.join(self.word)}: first {self.known[self.word]}, then {said}"
                )
            return said

    asked = AskedByLearner()
    seed_of_all(seed)
    oracle = StatePrefixEqOracle(list(LETTERS), asked, walks_per_state=WALKS, walk_len=WALK_LENGTH)
    found = run_KV(
        list(LETTERS),
        asked,
        oracle,
        automaton_type="mealy",
        print_level=0,
        cache_and_non_det_check=False,
    )
    return _machine(found)


LETTERS = {str(move): move for move in ALPHABET}


def _machine(found: Any) -> MealyMachine:
    """The machine that AALpy has found, its states numbered as they are first reached."""
    names = {found.initial_state: "s0"}
    edges: dict[tuple[str, str], tuple[str, str]] = {}
    todo = deque([found.initial_state])
    while todo:
        state = todo.popleft()
        for letter in LETTERS:
            after = state.transitions[letter]
            if after not in names:
                names[after] = f"s{len(names)}"
                todo.append(after)
            edges[names[state], letter] = names[after], state.output_fun[letter]
    return MealyMachine("s0", edges)


def distinguishing(one: MealyMachine, other: MealyMachine) -> tuple[str, ...] | None:
    """The shortest word to which the machines answer in different ways; None if there is none.
    Letters that only one of them has are left out."""
    letters = [letter for letter in one.inputs if letter in other.inputs]
    todo: deque[tuple[str, str, tuple[str, ...]]] = deque([(one.start, other.start, ())])
    seen = {(one.start, other.start)}
    while todo:
        a, b, word = todo.popleft()
        for letter in letters:
            first, second = one.edges.get((a, letter)), other.edges.get((b, letter))
            if first is None or second is None:
                continue
            if first[1] != second[1]:
                return (*word, letter)
            if (first[0], second[0]) not in seen:
                seen.add((first[0], second[0]))
                todo.append((first[0], second[0], (*word, letter)))
    return None


def answers(machine: MealyMachine, word: Sequence[str]) -> list[str]:
    """What the machine answers to each letter of a word."""
    state, said = machine.start, []
    for letter in word:
        state, output = machine.edges[state, letter]
        said.append(output)
    return said
