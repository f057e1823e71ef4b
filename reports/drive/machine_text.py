"""The rules against a learned machine, as text and as JSON."""

from __future__ import annotations

from tcpmc.checks.drive.machine_compare import MachineComparison, WordDifference
from tcpmc.reports.drive.telling import steps
from tcpmc.reports.verdict_json import Json, dumped

MOST = 8
"""Differences at which a machine may choose, that are told."""


def as_text(found: MachineComparison) -> str:
    """The shortest word that shows a difference as a run, and the others in a line each."""
    many = f"{found.pairs:,} pairs of states, {len(found.letters)} letters"
    lines = [f"{found.variant} and {found.machine}: {many}."]
    if found.left_out:
        lines.append(f"Letters that only the machine has: {', '.join(found.left_out)}.")
    if not found.differences:
        chosen = ", up to what the rules leave to a stack" if found.allowed else ""
        lines.append(f"They answer every word of these letters alike{chosen}.")
    else:
        lines += ["The shortest word to which they answer in different ways:", ""]
        lines += _in_full(found, found.differences[0])
    more = found.differences[1:]
    if more:
        rest = "" if found.whole else ", and then no more were looked for"
        lines += ["", f"Others, each in another state or with another answer ({len(more)}{rest}):"]
        lines += [_in_a_line(found, one) for one in more]
    if found.allowed:
        lines += ["", f"Otherwise, as a stack may ({len(found.allowed)}):"]
        lines += [_in_a_line(found, one) for one in found.allowed[:MOST]]
    return "\n".join(lines) + "\n"


def _in_full(found: MachineComparison, one: WordDifference) -> list[str]:
    assert one.discrepancy is not None
    return [
        *(f"  {line}" for line in steps(one.events)),
        f"  {found.machine}: {one.by_machine}; {found.variant}: {one.by_rules}",
        f"  RFC 9293, {one.discrepancy.requirement}: {one.discrepancy.expected}",
    ]


def _in_a_line(found: MachineComparison, one: WordDifference) -> str:
    requirement = f" (RFC 9293, {one.discrepancy.requirement})" if one.discrepancy else ""
    answers = f"{found.machine}: {one.by_machine}; {found.variant}: {one.by_rules}"
    return f"  {'; '.join(one.word)}: {answers}{requirement}"


def as_json(found: MachineComparison) -> str:
    """Everything."""
    told: Json = {
        "variant": found.variant,
        "machine": found.machine,
        "letters": list(found.letters),
        "left_out": list(found.left_out),
        "pairs": found.pairs,
        "whole": found.whole,
        "differences": [_json(one) for one in found.differences],
        "allowed": [_json(one) for one in found.allowed],
    }
    return dumped(told, indent=2)


def _json(one: WordDifference) -> Json:
    told: Json = {
        "word": list(one.word),
        "rules": one.by_rules,
        "machine": one.by_machine,
        "run": steps(one.events),
    }
    if one.discrepancy is not None:
        told["requirement"] = one.discrepancy.requirement
        told["expected"] = one.discrepancy.expected
    return told
