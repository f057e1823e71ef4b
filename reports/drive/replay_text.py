"""Traces of the model on real stacks, as text, as JSON, and as packets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tcpmc.captures import wire
from tcpmc.checks.conform.view import segment_of
from tcpmc.checks.drive.replaying import NAMES, ReplayedStep, ReplayOutcome
from tcpmc.reports.verdict_json import Json, dumped

NANOSECONDS = b"\x09"
STEP, BETWEEN = 10**9, 3600 * 10**9


@dataclass(frozen=True)
class NamedReplay:
    """A trace that was replayed: of which property and variant, how long, and what came of it."""

    name: str
    variant: str
    length: int
    replayed: ReplayOutcome


@dataclass(frozen=True)
class Replays:
    """All that were asked for, and on which stacks."""

    stacks: tuple[str, str]
    found: Sequence[NamedReplay]


def text(replays: Replays) -> str:
    """Each trace with its steps, and a line about all."""
    lines = []
    for one in replays.found:
        lines += [*story(one), ""]
    count = Counter(one.replayed.verdict for one in replays.found)
    told = ", ".join(f"{number} {verdict}" for verdict, number in sorted(count.items()))
    a, b = replays.stacks
    many = "trace" if len(replays.found) == 1 else "traces"
    lines.append(f"{len(replays.found)} {many} on {a} (A) and {b} (B): {told or 'none'}.")
    return "\n".join(lines) + "\n"


def story(one: NamedReplay) -> list[str]:
    """The verdict on one trace, and its steps on the stacks."""
    replayed = one.replayed
    count = f"{sum(not s.differs for s in replayed.steps)} of {one.length} steps"
    why = f": {replayed.why}" if replayed.why else ""
    lines = [f"{replayed.verdict.upper()}  {one.name} on {one.variant}, {count}{why}"]
    for number, step in enumerate(replayed.steps, 1):
        a, b = (state or "?" for state in step.states)
        stood_in = f"  ({step.stood_in})" if step.stood_in else ""
        lines.append(f"  {number:>2}. {happening(step):<44} A {a}, B {b}{stood_in}")
        lines += [
            f"        {NAMES[end]} -> {segment_of(p._replace(tsval=None), None).controls}"
            for end, p, _ in step.sent
        ]
    return lines


def happening(step: ReplayedStep) -> str:
    """What happens in a step of the model."""
    event = step.event
    where = f" at {NAMES[event.end]}"
    if event.flight is None:
        return f"{event.kind}{where}"
    return f"{event.kind} {event.flight.segment}{where}"


def json(replays: Replays) -> str:
    """Everything."""
    told: Json = {
        "stacks": list(replays.stacks),
        "traces": [
            {
                "property": one.name,
                "variant": one.variant,
                "length": one.length,
                "verdict": one.replayed.verdict,
                "why": one.replayed.why,
                "steps": [
                    {
                        "event": happening(step),
                        "states": list(step.states),
                        "stood_in": step.stood_in,
                        "differs": step.differs,
                    }
                    for step in one.replayed.steps
                ],
            }
            for one in replays.found
        ],
    }
    return dumped(told, indent=2)


def pcapng(replays: Replays) -> bytes:
    """What both stacks have sent, as it left them, with the model's step as a comment. Time is that
    of the steps, one a second."""
    blocks = [wire.section([(wire.APPLICATION, b"tcpmc")])]
    for name in (f"A: {replays.stacks[0]}", f"B: {replays.stacks[1]}"):
        options = [(wire.NAME, name.encode()), (wire.RESOLUTION, NANOSECONDS)]
        blocks.append(wire.interface(wire.RAW_IP, options))
    for run, one in enumerate(replays.found):
        for number, step in enumerate(one.replayed.steps):
            for place, (end, _, data) in enumerate(step.sent):
                said = f"{one.name}, step {number + 1}: {happening(step)}"
                options = [wire.direction(True), wire.comment(said)]
                time = run * BETWEEN + number * STEP + place
                blocks.append(wire.packet(end, time, data, options))
    return b"".join(blocks)
