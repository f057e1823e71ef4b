"""What is said of a test suite, as text: verdicts, faults, what is vacuous, and what is covered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tcpmc.checks.drive.moves import KINDS
from tcpmc.checks.rule_labels import as_text
from tcpmc.checks.suite.suite import CONTROL_BITS, VERDICTS, ScriptResult, SuiteReport
from tcpmc.model.endpoint.tcb import State
from tcpmc.reports.layout import labelled, printable

WIDTH, NARROW = 100, 8
PASS = {"passes": "pass"}
MEANINGS = {
    "forbidden": "Forbidden: no stack that conforms to the rules passes",
    "left open": "Left open: some stacks that conform pass, others do not",
    "not decided": "Not decided",
    "not judged": "Not judged: not of the subset",
    "not read": "Not read",
}


def text(report: SuiteReport) -> str:
    """Everything."""
    lines = [summary(report)]
    for verdict, meaning in MEANINGS.items():
        found = [script for script in report.scripts if script.verdict == verdict]
        if found:
            lines += ["", f"{meaning} ({len(found)}):"]
            lines += [line for script in found for line in told(script)]
    if report.vacuous:
        title = "Vacuous: what the script says of itself never happens"
        lines += ["", f"{title} ({len(report.vacuous)}):"]
        lines += [line for script in report.vacuous for line in vacuous(script)]
    if report.judged:
        lines += ["", "Scripts, by state and kind of segment that arrives in it:", *rows(report)]
        lines += ["", *missing(report)]
        lines += ["", *as_text(report.coverage())]
    if report.written:
        lines += ["", f"Written ({len(report.written)}):", *(f"  {w}" for w in report.written)]
    return "\n".join(lines) + "\n"


def summary(report: SuiteReport) -> str:
    """How many there are of each, in one line."""
    count = Counter(script.verdict for script in report.scripts)
    verdicts = [f"{count[v]:,} {PASS.get(v, v)}" for v in VERDICTS if count[v]]
    verdicts += [f"{len(report.vacuous):,} vacuous"] if report.vacuous else []
    many = "script" if len(report.scripts) == 1 else "scripts"
    told = f"{len(report.scripts):,} {many} against the rules of {report.stack.name}"
    return f"{told}: {', '.join(verdicts)}."


def told(script: ScriptResult) -> Iterator[str]:
    """A script that does not simply pass, and why: a line for each fault."""
    if script.why or not script.faults:
        yield f"  {printable(script.path)}: {printable(script.why)}"
    for fault in script.faults:
        yield f"  {printable(script.path)}:{fault.line}  RFC 9293, {fault.requirement}"
        yield from _beside("asks", fault.asks)
        yield from _beside("rules", fault.rules)


def vacuous(script: ScriptResult) -> Iterator[str]:
    """The claims that a script does not keep."""
    for claim, missing in script.vacuous:
        place = f":{claim.line}" if claim.line else ""
        where = "" if claim.line else "by its name "
        yield f"  {printable(script.path)}{place}: {where}{printable(claim.words)!r}: {missing}"


def rows(report: SuiteReport) -> list[str]:
    """States against kinds of segments: how many scripts."""
    covered, states = report.covered(), report.states()
    wide = max(map(len, State)) + 2
    heads = "".join(f"{kind:>{max(NARROW, len(kind) + 1)}}" for kind in KINDS)
    lines = [f"{'':{wide}}{'reached':>{NARROW}}{heads}"]
    for state in State:
        cells = "".join(
            f"{covered.get((state, kind), '-'):>{max(NARROW, len(kind) + 1)}}" for kind in KINDS
        )
        lines.append(f"{state:{wide}}{states[state]:>{NARROW}}{cells}")
    return lines


def missing(report: SuiteReport) -> list[str]:
    """The cells that no script covers; and by their names, those that none is about."""
    empty = report.empty()
    lines = [f"Cells that no script covers: {len(empty)} of {len(State) * len(KINDS)}"]
    for state in State:
        kinds = [kind for where, kind in empty if where == state]
        if kinds:
            lines.append(f"  {state}: {' '.join(kinds)}")
    without = report.without_script()
    if without:
        cells = len(State) * len(CONTROL_BITS)
        passing = sum(covered for _, covered in without)
        lines += [
            "",
            f"Cells that no script is about, by the scripts' names: {len(without)} of {cells} "
            f"(control bits only; others pass {passing} of them on their way, in brackets)",
        ]
        for state in State:
            kinds = [f"({k})" if c else k for (where, k), c in without if where == state]
            if kinds:
                lines.append(f"  {state}: {' '.join(kinds)}")
    return lines


def _beside(title: str, text: str) -> list[str]:
    return labelled(f"      {title}:", printable(text), WIDTH, 13)
