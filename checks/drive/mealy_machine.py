"""Mealy machines of stacks: calls and segments with relative numbers as inputs, and as outputs what
is sent.

A machine is read from a .dot file, as it is written here, or as Fiterau-Brostean, Janssen and
Vaandrager (CAV 2016) wrote those that they learned of Linux, FreeBSD and Windows, whose letters are
put into ours: CONNECT, LISTEN with ACCEPT, CLOSE of the connection, and segments whose numbers are
valid.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product
from pathlib import Path

from tcpmc.checks.drive.moves import Arrival, Move, UserCall
from tcpmc.errors import BadInput

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
    Arrival("RST,ACK", ack="good"),
    Arrival("text", ack="good"),
)
LETTERS = {str(move): move for move in ALPHABET}
SILENT = "-"
Word = tuple[str, ...]
EDGE = re.compile(
    r"(\w+)\s*->\s*(\w+)\s*\[\s*label\s*=\s*"
    r"(?:\"([^\"]*?)\s*/\s*([^\"]*)\"|<<table[^\n]*?<td>(.*?)</td><td>/</td><td>(.*?)</td>)"
)
START = re.compile(r"__start0\s*->\s*(\w+)|(\w+)\s*\[\s*color\s*=\s*\"?red")
MOST = 2**24
"""Octets of a file."""

FOREIGN_SEGMENT = re.compile(r"([A-Z]+(?:\+[A-Z]+)*)\((\w+),(\w+),(\d+)\)")
FOREIGN_LETTERS = {
    "CONNECT": "active OPEN",
    "CLOSECONNECTION": "CLOSE",
    "SYN(V,V,0)": "SYN (SEQ left edge)",
    "SYN+ACK(V,V,0)": "SYN,ACK (SEQ left edge, ACK good)",
    "ACK(V,V,0)": "ACK (SEQ left edge, ACK good)",
    "FIN+ACK(V,V,0)": "FIN,ACK (SEQ left edge, ACK good)",
    "RST(V,V,0)": "RST (SEQ left edge)",
    "ACK+RST(V,V,0)": "RST,ACK (SEQ left edge, ACK good)",
    "ACK+PSH(V,V,1)": "text (SEQ left edge, ACK good)",
}
NOTHING_SEEN = ("TIMEOUT", "-", "")


@dataclass(frozen=True)
class MealyMachine:
    """A Mealy machine: its first state, and for each state and input the next and the output.
    `tells_refusals`: its outputs tell whether a call was refused."""

    start: str
    edges: dict[tuple[str, str], tuple[str, str]]
    tells_refusals: bool = True

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
    if len(text) > MOST:
        raise BadInput(f"{path}: longer than {MOST:,} octets")
    edges = {
        (a, (first or third).strip()): (b, (second or fourth).strip())
        for a, b, first, second, third, fourth in EDGE.findall(text)
    }
    start = START.search(text)
    if not edges or start is None:
        raise BadInput(
            f'{path}: no state machine found: expected edges a -> b [label="input / output"]'
        )
    machine = MealyMachine(start[1] or start[2], edges)
    return translated(machine) if set(machine.inputs) & set(FOREIGN_LETTERS) else machine


def translated(machine: MealyMachine) -> MealyMachine:
    """A machine of the study with our letters; those that we do not have are as they were."""
    letters = dict(FOREIGN_LETTERS)
    if "CLOSECONNECTION" not in machine.inputs:
        letters["CLOSE"] = "CLOSE"  # of a client; that of a server closes what listens
    edges = {
        (state, letters.get(given, given if given != "CLOSE" else "CLOSE of the listener")): (
            after,
            _output(output),
        )
        for (state, given), (after, output) in machine.edges.items()
    }
    for state in machine.states:
        listening = machine.edges.get((state, "LISTEN"))
        accepting = listening and machine.edges.get((listening[0], "ACCEPT"))
        if listening and accepting:
            said = [o for o in (_output(listening[1]), _output(accepting[1])) if o != SILENT]
            edges[state, "passive OPEN"] = accepting[0], " + ".join(said) or SILENT
    return MealyMachine(machine.start, edges, tells_refusals=False)


def _output(text: str) -> str:
    """What was sent, in our words; as it was where it is none of a segment."""
    if text in NOTHING_SEEN:
        return SILENT
    told = []
    for flags, seq, ack, length in FOREIGN_SEGMENT.findall(text):
        bits = flags.split("+")
        words = ",".join(bit for bit in ("SYN", "FIN", "RST", "ACK") if bit in bits)
        words += " text" if int(length) else ""
        if "ACK" in bits and "RST" not in bits:
            words += " new" if ack in ("NEXT", "FRESH") else ""
            words += " from elsewhere" if seq == "FRESH" and "SYN" not in bits else ""
        told.append(words)
    return " + ".join(told) or text


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


def ways_to(machine: MealyMachine) -> dict[str, Word]:
    """The shortest word to each state."""
    found: dict[str, Word] = {machine.start: ()}
    todo = deque([machine.start])
    while todo:
        state = todo.popleft()
        for letter in machine.inputs:
            after = machine.edges.get((state, letter), ("",))[0]
            if after and after not in found:
                found[after] = (*found[state], letter)
                todo.append(after)
    return found


def recognising(machine: MealyMachine, middle: int) -> Iterator[Word]:
    """Words that lead to each state, go on with up to so many letters, and then tell the state that
    is reached from every other: the test suite of the W-method."""
    ways = ways_to(machine)
    suffixes: dict[Word, None] = {}
    for one, other in combinations(ways, 2):
        first, second = replace(machine, start=one), replace(machine, start=other)
        if not any(answers(first, w) != answers(second, w) for w in suffixes):
            word = distinguishing(first, second)
            if word is not None:
                suffixes[word] = None
    for length in range(middle + 1):
        for way in ways.values():
            for between in product(machine.inputs, repeat=length):
                for suffix in suffixes or [()]:
                    yield (*way, *between, *suffix)


def answers(machine: MealyMachine, word: Sequence[str]) -> list[str]:
    """What the machine answers to each letter of a word."""
    state, said = machine.start, []
    for letter in word:
        state, output = machine.edges[state, letter]
        said.append(output)
    return said
