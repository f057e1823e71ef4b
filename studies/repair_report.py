"""What is said of a repair: text and JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tcpmc import __version__
from tcpmc.checks.verdict import EXIT_AS_EXPECTED, EXIT_INCONCLUSIVE, EXIT_UNEXPECTED
from tcpmc.model.network.scope import Scope
from tcpmc.reports.layout import hanging, wrapped
from tcpmc.reports.report import TABLE
from tcpmc.reports.verdict_json import dumped
from tcpmc.studies.repair import HOLDS, Change, Cure, Repair

SCHEMA = "tcpmc/repair/1"


def exit_code(found: Repair) -> int:
    """0 where the property holds or has a cure; 1 where it has none; 3 where a limit came first."""
    if found.stopped:
        return EXIT_INCONCLUSIVE
    return EXIT_AS_EXPECTED if found.cures or found.before in HOLDS else EXIT_UNEXPECTED


def as_text(found: Repair, scope: Scope | None, width: int | None = None) -> str:
    """Each cure with what else it changes, decided in `scope` (None: that was not asked)."""
    narrow = min(TABLE, width or TABLE)
    lines = [f"{found.before}  {found.prop.name} on {found.stacks.name}"]
    lines += [f"  {line}" for line in wrapped(found.prop.meaning, narrow - 2)]
    for number, cure in enumerate(found.cures, 1):
        lines += ["", f"{number}  {' and '.join(map(str, cure.changes))}"]
        lines += [f"   {line}" for line in wrapped(cure.how, narrow - 3)]
        if scope is not None:
            for text in _effects(cure):
                lines += hanging(text, narrow, 5)
    lines += ["", *wrapped(" ".join(_search(found)), narrow)]
    if scope is not None and found.cures:
        lines += wrapped(
            f"Other properties: {scope.describe()}; with the clock on, 1 in flight.", narrow
        )
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _effects(cure: Cure) -> Iterator[str]:
    for told, holds in (("breaks", False), ("mends", True)):
        names = [
            f"{name} ({was}, now {now})"
            for name, was, now in cure.others
            if (now in HOLDS) == holds and (was in HOLDS) != holds
        ]
        if names:
            yield f"{told} {', '.join(names)}"
    if not cure.others:
        yield "changes no other verdict"


def _search(found: Repair) -> Iterator[str]:
    if found.before in HOLDS:
        yield "It holds: there is nothing to repair."
        return
    count = len(found.cures)
    yield f"{count or 'No'} smallest set{'s' * (count != 1)} of changes with which it holds."
    if found.stopped:
        yield f"Not exhaustive: {found.stopped}."
    else:
        yield f"Exhaustive for sets of at most {found.most} changes:"
    refuted = found.tried - found.explored + 1
    yield (
        f"{found.tried:,} sets, of which {refuted:,} have a run that is known to break it, and "
        f"{found.explored - 1:,} were explored."
    )


def as_json(found: Repair, scope: Scope | None) -> str:
    """The repair as one JSON object, with a line feed at the end."""
    document = {
        "schema": SCHEMA,
        "version": __version__,
        "exit_code": exit_code(found),
        "property": found.prop.name,
        "variant": found.stacks.name,
        "verdict": found.before,
        "exhaustive": not found.stopped,
        "stopped": found.stopped or None,
        "most": found.most,
        "sets": found.tried,
        "explored": found.explored,
        "others_scope": None if scope is None else scope.describe(),
        "cures": [_cure(cure) for cure in found.cures],
    }
    return dumped(document, indent=2)


def _cure(cure: Cure) -> dict[str, Any]:
    others = [{"property": name, "before": was, "after": now} for name, was, now in cure.others]
    changes = [_change(change) for change in cure.changes]
    return {"changes": changes, "verdict": cure.how, "others": others}


def _change(change: Change) -> dict[str, Any]:
    value = "RFC 9293" if change.is_rule else change.value
    return {"ends": list(change.where), "name": change.name, "value": value}
