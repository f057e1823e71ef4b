"""An audit in words, and for programs."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tcpmc.model.endpoint.alternatives import Choice
from tcpmc.model.endpoint.rule_requirements import RequirementLevel
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import State, Step, Tcb
from tcpmc.reports.layout import labelled
from tcpmc.reports.verdict_json import Json, dumped, trace_json

if TYPE_CHECKING:
    from tcpmc.checks.audit.rows import AuditRow, Example
    from tcpmc.checks.audit.variant_audit import Audit, Audits

WIDTH = 80
NUMBERS = ("iss", "irs", "snd_una", "snd_nxt", "rcv_nxt")
WAYS = 2
LABELS = 10
"""The width of the column of labels."""


def as_text(audits: Audits, width: int | None = None) -> str:
    """Every audit, and what it comes to."""
    lines: list[str] = []
    for audit in audits.audits:
        lines += [*_audit(audit, width or WIDTH), ""]
    for audit in audits.audits:
        lines += _wrapped(conclusion(audit), width or WIDTH)
    return "\n".join(lines) + "\n"


def conclusion(audit: Audit) -> str:
    """What the audit came to, on one line."""
    name, method = audit.variant.name, _known(audit)
    count = {level: sum(row.level == level for row in audit.broken) for level in RequirementLevel}
    for choice in audit.choices:
        count[choice.level] += 1
    unseen = len(audit.rows) - len(audit.broken)
    if not any(count.values()) and not unseen:
        return f"{name}: {audit.word}: the same as RFC 9293 in every step ({method})"
    counts = [
        f"{count[level]} {level}"
        for level in sorted(RequirementLevel, reverse=True)
        if count[level]
    ]
    counts += [f"{unseen} that nobody can observe"] if unseen else []
    if not count[RequirementLevel.MUST] and not count[RequirementLevel.SHLD]:
        choices = f"but for {', '.join(counts)}" if counts else ""
        return f"{name}: {audit.word}: equal to RFC 9293 {choices} ({method})"
    rest = "no other difference was found" if audit.tried else "nothing else differs"
    return f"{name}: differs from RFC 9293: {', '.join(counts)}; {rest} ({method})"


def _known(audit: Audit) -> str:
    if audit.tried:
        rules = ", ".join(f"{rule}: {why}" for rule, why in audit.tried)
        return f"HOLDS for the numbers that were tried, since not every rule can be proved: {rules}"
    return "PROVED for every TCB and event, 32-bit numbers"


def _audit(audit: Audit, width: int) -> Iterator[str]:
    yield from _wrapped(f"{audit.variant.name}: {audit.variant.title}", width)
    for row in audit.rows:
        yield from row_lines(audit, row, width)
    for choice in audit.choices:
        yield from choice_lines(choice, width)


def row_lines(audit: Audit, row: AuditRow, width: int) -> Iterator[str]:
    """A row in words: what differs, and then a line or more for each thing to know of it."""
    head = f"{word(row)} {row.requirement_name}, {row.rule}: {in_states(row)}, {happening(row)}"
    yield from _wrapped(head, width, "  ")
    yield from _beside("when", condition(row), width)
    for label, ways, name in (
        ("RFC 9293", row.rfc_does, row.rfc_label),
        ("variant", row.own_does, row.own_label),
    ):
        *others, last = shortened(ways)
        for number, way in enumerate(others):
            yield from _beside("or" if number else label, way, width)
        yield from _beside("or" if others else label, f"{last} ({name})", width)
    yield from _beside("because", reason(row), width)
    yield from _beside("such as", shown(row.example), width)
    if reached(row):
        yield from _beside("run", reached(row), width)


def _beside(label: str, text: str, width: int) -> list[str]:
    return labelled(f"      {label}", text, width, 6 + LABELS)


def word(row: AuditRow) -> str:
    """How binding: "MUST", "SHLD", "MAY"; or "-" for what nobody can observe."""
    return "-" if row.unseen else str(row.level)


def in_states(row: AuditRow) -> str:
    """The states of the row."""
    return ", ".join(map(str, row.states))


def happening(row: AuditRow) -> str:
    """The event, with the control bits."""
    if row.event != "segment":
        return row.event
    controls = ", ".join(row.where.controls)
    return f"segment ({controls})" if controls else "any segment"


def condition(row: AuditRow) -> str:
    """The condition on the numbers."""
    words = "; or ".join(word or "always" for word in row.where.words)
    return words if row.where.exact else f"{words}, and more (not all such numbers)"


def reason(row: AuditRow) -> str:
    """What the RFC says about it, or why it does not matter."""
    if row.unseen:
        return row.unseen
    if row.allowed is not None:
        return f"{row.allowed.words} ({row.allowed.citation})"
    return f'"{row.requirement.words}" (RFC 9293, {row.requirement.section})'


def reached(row: AuditRow) -> str:
    """Whether a run shows it."""
    if row.trace is not None:
        return f"reached in {len(row.trace)} steps ({row.reached_in})"
    return row.reached_in


def shown(example: Example) -> str:
    """The step of an example: the TCB, and what happens."""
    parts = [str(example.tcb.state)]
    if example.tcb.state not in (State.CLOSED, State.LISTEN):
        parts += [f"SND.UNA {example.tcb.snd_una}", f"SND.NXT {example.tcb.snd_nxt}"]
        parts += [f"RCV.NXT {example.tcb.rcv_nxt}"]
    if example.max_snd_wnd is not None:
        parts.append(f"MAX.SND.WND {example.max_snd_wnd}")
    if example.segment is not None:
        parts.append(f"segment {example.segment}")
    if example.octets is not None:
        parts.append(f"SEND of {example.octets} octets")
    return ", ".join(parts)


def choice_lines(choice: Choice, width: int) -> Iterator[str]:
    """A choice in words."""
    yield from _wrapped(f"{choice.level} {choice.name}, switch {choice.switch}", width, "  ")
    yield from _wrapped(f"{choice.words} ({choice.citation})", width, "      ")


def shortened(ways: Sequence[str]) -> list[str]:
    """The first ways, and how many more there are."""
    more = [f"in {len(ways) - WAYS} more ways"] if len(ways) > WAYS else []
    return [*ways[:WAYS], *more]


def _wrapped(text: str, width: int, indent: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent + "  ",
        break_on_hyphens=False,
        break_long_words=False,
    )


# -- for programs ---------------------------------------------------------------------------------


def as_json(audits: Audits) -> str:
    """Every audit as an object."""
    return dumped(audits_object(audits), indent=2)


def audits_object(audits: Audits) -> Json:
    """Every audit, the level that fails, and whether one does."""
    objects = [_as_object(audit) for audit in audits.audits]
    return {"level": str(audits.level), "fails": audits.fails, "audits": objects}


def _as_object(audit: Audit) -> Json:
    return {
        "variant": audit.variant.name,
        "title": audit.variant.title,
        "source": audit.source,
        "word": audit.word,
        "conclusion": conclusion(audit),
        "tried": [{"rule": rule, "reason": why} for rule, why in audit.tried],
        "differences": [_row_object(row) for row in audit.rows],
        "choices": [
            {
                "switch": choice.switch,
                "value": choice.value,
                "level": str(choice.level),
                "requirement": choice.name,
                "words": choice.words,
                "citation": choice.citation,
            }
            for choice in audit.choices
        ],
    }


def _row_object(row: AuditRow) -> Json:
    where = row.where
    return {
        "level": str(row.level),
        "requirement": row.requirement_name,
        "observable": not row.unseen,
        "rule": row.rule,
        "states": [str(state) for state in row.states],
        "event": row.event,
        "controls": list(where.controls),
        "condition": list(where.words),
        "exact": where.exact,
        "rfc": {"does": row.rfc_does, "label": row.rfc_label},
        "variant": {"does": row.own_does, "label": row.own_label},
        "says": reason(row),
        "trace": None if row.trace is None else trace_json(row.trace),
        "reached_in": row.reached_in,
        "example": _example_object(row.example),
    }


def _example_object(one: Example) -> Json:
    return {
        "tcb": _tcb(one.tcb),
        "segment": None if one.segment is None else str(one.segment),
        "octets": one.octets,
        "rfc": _step(one.rfc),
        "variant": _step(one.own),
    }


def _tcb(tcb: Tcb) -> Json:
    values = {name: getattr(tcb, name) for name in (*NUMBERS, "passive", "queued", "close_queued")}
    plain = {name: v.value if isinstance(v, Seq) else v for name, v in values.items()}
    return {"state": str(tcb.state), **plain}


def _step(step: Step) -> Json:
    return {
        "rule": step.rule,
        "tcb": _tcb(step.tcb),
        "send": [str(segment) for segment in step.send],
        "signals": [str(signal) for signal in step.signals],
        "starts_time_wait": step.starts_time_wait,
    }
