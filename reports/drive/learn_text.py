"""A learned machine as text and for Graphviz, and how it differs from another."""

from __future__ import annotations

from dataclasses import dataclass

from tcpmc.checks.drive.mealy_machine import MealyMachine, answers, distinguishing


@dataclass(frozen=True)
class Learned:
    """A machine and whose it is, and the one that it is compared with."""

    name: str
    machine: MealyMachine
    against: str = ""
    other: MealyMachine | None = None

    @property
    def word(self) -> tuple[str, ...] | None:
        """The shortest word to which the two answer in different ways."""
        return None if self.other is None else distinguishing(self.machine, self.other)


def text(learned: Learned) -> str:
    """The sizes, and the word with both answers."""
    one = learned.machine
    lines = [f"{learned.name}: {len(one.states)} states, {len(one.inputs)} inputs"]
    if learned.other is None:
        return "\n".join([*lines, *edges(one)]) + "\n"
    other, word = learned.other, learned.word
    lines.append(f"{learned.against}: {len(other.states)} states, {len(other.inputs)} inputs")
    if word is None:
        return "\n".join([*lines, "They answer every word of the alphabet alike."]) + "\n"
    lines.append("The shortest word to which they answer in different ways:")
    for number, (given, first, second) in enumerate(
        zip(word, answers(one, word), answers(other, word), strict=True), 1
    ):
        alike = (
            first if first == second else f"{learned.name}: {first}; {learned.against}: {second}"
        )
        lines.append(f"  {number}. {given:<34} {alike}")
    return "\n".join(lines) + "\n"


def edges(machine: MealyMachine) -> list[str]:
    """A line for each edge that leads to another state or answers something."""
    return [
        f"  {state:>4} {given:<34} {output:<22} {after}"
        for (state, given), (after, output) in machine.edges.items()
        if state != after or output != "-"
    ]


def dot(learned: Learned) -> str:
    """The machine for Graphviz."""
    return learned.machine.dot()
