"""Which stacks explain a capture, and the packet that speaks against each of the others."""

from __future__ import annotations

from collections.abc import Sequence

from tcpmc.captures import Packet
from tcpmc.checks.conform.conform import conform
from tcpmc.checks.conform.stacks import STACKS


def as_stacks(packets: Sequence[Packet], at: str | None) -> str:
    """A table: a row for each stack and end."""
    lines = [f"{'stack':<10} {'end':<24} {'strict':<12} {'verdict':<12} because of"]
    for stack in STACKS.values():
        report = conform(packets, stack, at)
        for connection in report.connections:
            for end in connection.ends:
                judgement = end.judgement
                why = ""
                if judgement.strict.deviations:
                    first = judgement.strict.deviations[0]
                    told = judgement.strict.told
                    place = first.packet or 0
                    number = told[min(place, len(told) - 1)].seen.packet.number
                    why = f"packet {number}: {first.text} ({first.requirement})"
                elif judgement.refused is not None:
                    why = f"packet {judgement.refused + 1}"
                elif judgement.best.switches:
                    why = ", ".join(f"{n}={v}" for n, v in judgement.best.switches)
                lines.append(
                    f"{stack.name:<10} {end.endpoint!s:<24} {judgement.strict.verdict:<12} "
                    f"{judgement.verdict:<12} {why}".rstrip()
                )
    return "\n".join(lines) + "\n"
