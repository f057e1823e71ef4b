"""The table of a driven stack as text."""

from __future__ import annotations

from collections import Counter

from tcpmc.checks.drive.moves import KINDS
from tcpmc.checks.drive.plan import StateReached, situations
from tcpmc.checks.drive.state_event_table import Cell, DriveTable, Group, groups
from tcpmc.checks.rule_labels import as_text
from tcpmc.reports.drive.telling import steps, tried
from tcpmc.reports.layout import labelled

WIDTH = 100
NARROW = 8
CALLS, TIMERS = "calls", "timers"
COLUMNS = (*KINDS, CALLS, TIMERS)


def text(table: DriveTable) -> str:
    """The table, what differs, and what could not be reached."""
    lines = [*summary(table), "", *rows(table)]
    found = groups(table.cells)
    if found:
        lines += ["", f"Differences: {len(found)}"]
    for number, group in enumerate(found, 1):
        lines += ["", *difference(number, group)]
    for cell in table.shortest:
        lines += ["", f"Shortest run of {cell.place}, {cell.kind}:", *indented(steps(cell.events))]
    lines += at_random(table)
    lines += unreached(table)
    if table.coverage_asked:
        lines += ["", *as_text(table.coverage())]
    return "\n".join(lines) + "\n"


def summary(table: DriveTable) -> list[str]:
    """How much agrees, in one or two lines."""
    count = Counter(cell.verdict for cell in table.cells)
    done = count["agrees"] + count["differs"]
    told = f"{table.name} against the rules of {table.stack.name}: {len(table.cells):,} experiments"
    share = f" ({100 * count['agrees'] / done:.1f} %)" if done else ""
    return [
        f"{told}.",
        f"{count['agrees']:,} agree{share}, {count['differs']:,} differ, "
        f"{count['not reachable']:,} could not be made.",
    ]


def column(cell: Cell) -> str:
    """The column that a cell belongs to."""
    if cell.kind in KINDS:
        return cell.kind
    return TIMERS if "timeout" in cell.kind else CALLS


def rows(table: DriveTable) -> list[str]:
    """States against events: how many experiments agree, of how many where not all do."""
    wide = max(len(str(place)) for place in situations())
    lines = [" " * wide + "".join(f"{name:>{max(NARROW, len(name) + 1)}}" for name in COLUMNS)]
    for place in situations():
        shares = [_share(table, place, name) for name in COLUMNS]
        told = "".join(
            f"{share:>{max(NARROW, len(name) + 1)}}"
            for share, name in zip(shares, COLUMNS, strict=True)
        )
        lines.append(f"{place!s:<{wide}}{told}")
    return lines


def _share(table: DriveTable, place: StateReached, name: str) -> str:
    count = Counter(c.verdict for c in table.cells if c.place == place and column(c) == name)
    done = count["agrees"] + count["differs"]
    if not done:
        return "-"
    return f"{count['agrees']}" if not count["differs"] else f"{count['agrees']}/{done}"


def difference(number: int, group: Group) -> list[str]:
    """One way of differing: where, what was seen and expected, and the first run of it."""
    cell = group.first
    assert cell.difference is not None
    many = f", {len(group.cells)} experiments" if len(group.cells) > 1 else ""
    return [
        f"{number}. {cell.place}, {cell.kind}{many}: {cell.difference.requirement}",
        *_beside("tried", tried(group)),
        *_beside("the stack", cell.difference.observed),
        *_beside("the rules", cell.difference.expected),
        *indented(steps(cell.events)),
    ]


def _beside(title: str, text: str) -> list[str]:
    return labelled(f"   {title}:", text, WIDTH, 14)


def indented(lines: list[str]) -> list[str]:
    """The lines of a run below what it is about."""
    return [f"      {line}" for line in lines]


def at_random(table: DriveTable) -> list[str]:
    """The random runs, and the shortest of those that differ."""
    if not table.random_runs:
        return []
    lines = ["", f"{table.random_runs:,} random runs of two of it: {len(table.at_random)} differ."]
    for one in table.at_random:
        assert one.difference is not None
        lines += [
            "",
            f"seed {one.seed}, end {'AB'[one.end]}: {one.difference.requirement}",
            *_beside("the stack", one.difference.observed),
            *_beside("the rules", one.difference.expected),
            *indented(steps(one.observed[one.end])),
        ]
    return lines


def unreached(table: DriveTable) -> list[str]:
    """Why some experiments could not be made."""
    why = Counter((str(cell.place), cell.why) for cell in table.of("not reachable"))
    if not why:
        return []
    told = [f"   {place}: {reason} ({count})" for (place, reason), count in why.items()]
    return ["", "Not reachable:", *told]
