"""What `tcpmc conform` found, for other programs: JUnit, SARIF, Markdown, Mermaid, pcapng."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from urllib.parse import quote
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from tcpmc import __version__
from tcpmc.captures import Packet
from tcpmc.captures.annotate import Key, annotated
from tcpmc.checks.conform.conform import ConnectionReport, EndReport
from tcpmc.reports import markdown_text as md
from tcpmc.reports.conform.conform_json import as_json
from tcpmc.reports.conform.conform_text import as_section, as_text
from tcpmc.reports.conform.held import TITLES, UNSETTLED, WRONG, Held, faults, table_of
from tcpmc.reports.conform.table import rows, states
from tcpmc.reports.formats import mermaid as mm
from tcpmc.reports.formats.junit import legal
from tcpmc.reports.formats.sarif import SCHEMA, plain
from tcpmc.reports.layout import printable
from tcpmc.reports.verdict_json import Json, dumped

MOST_ARROWS = 400
"""Mermaid draws 500, notes included."""
ENDS = ("end 1", "end 2")


def text(held: Held) -> str:
    """For people."""
    return as_text(held.report, held.then, held.told)


def json(held: Held) -> str:
    """Everything (docs/conform.schema.json)."""
    return as_json(held.report)


def junit(held: Held) -> str:
    """A JUnit document: a suite for each connection, a case for each end. An end that breaks a rule
    fails; one that is not settled is an error."""
    root = Element("testsuites", {"name": "tcpmc conform", **_counts(held)})
    for one in held.report.connections:
        name = f"connection {one.number}: {one.ends[0].endpoint} and {one.ends[1].endpoint}"
        suite = SubElement(root, "testsuite", {"name": legal(name), **_counts(held, one)})
        for end in one.ends:
            _case(suite, one, end, held)
    indent(root)
    content = tostring(root, encoding="unicode")
    content = content.replace("##[", "#&#35;[").replace("::", "&#58;:")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{content}\n'


def _counts(held: Held, only: ConnectionReport | None = None) -> dict[str, str]:
    verdicts = [e.judgement.verdict for one, e in held.ends if only is None or one is only]
    return {
        "tests": str(len(verdicts)),
        "failures": str(sum(verdict in WRONG for verdict in verdicts)),
        "errors": str(sum(verdict in UNSETTLED for verdict in verdicts)),
    }


def _case(suite: Element, one: ConnectionReport, end: EndReport, held: Held) -> None:
    name = f"{end.endpoint} against {held.report.stack.name}"
    case = SubElement(suite, "testcase", name=legal(name), classname="tcpmc.conform")
    verdict = end.judgement.verdict
    if verdict in WRONG or verdict in UNSETTLED:
        said = "; ".join(_fault(*fault) for fault in faults(end)) or verdict
        kind = "failure" if verdict in WRONG else "error"
        failure = SubElement(case, kind, message=legal(f"{verdict}: {said}"), type=verdict)
        failure.text = legal(as_section(one, held.report))


def _fault(packet: int | None, sentence: str, requirement: str) -> str:
    where = "at the end" if packet is None else f"packet {packet}"
    return f"{where}: {sentence}" + (f" ({requirement})" if requirement else "")


def sarif(held: Held) -> str:
    """A SARIF log: a result for each fault, in the capture."""
    found = [
        (end, fault)
        for _, end in held.ends
        if end.judgement.verdict in WRONG
        for fault in faults(end)
    ]
    names = dict.fromkeys(fault[2] or "UNEXPLAINED" for _, fault in found)
    rules = [{"id": plain(name), "shortDescription": {"text": plain(name)}} for name in names]
    driver = {"name": "tcpmc", "version": __version__, "rules": rules}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(end, fault, held) for end, fault in found],
    }
    return dumped({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _result(end: EndReport, fault: tuple[int | None, str, str], held: Held) -> Json:
    told = f"{end.endpoint}, {_fault(*fault)}"
    file = held.files[0] if held.files else "-"
    place: Json = {"physicalLocation": {"artifactLocation": {"uri": quote(Path(file).as_posix())}}}
    if fault[0] is not None:
        place["logicalLocations"] = [{"name": f"packet {fault[0]}", "kind": "member"}]
    return {
        "ruleId": plain(fault[2] or "UNEXPLAINED"),
        "level": "error",
        "message": {"text": plain(printable(told))},
        "locations": [place],
    }


def markdown(held: Held) -> str:
    """Markdown for a job summary or an issue: the table of connections, and those with a fault in
    full."""
    connections = held.report.connections
    lines = [f"### {md.entities(f'tcpmc conform, against {held.report.stack.name}')}", ""]
    lines += ["| " + " | ".join(TITLES) + " |", "|" + " --- |" * len(TITLES)]
    lines += ["| " + " | ".join(map(md.entities, row)) + " |" for row in table_of(connections)]
    few = len(connections) <= 1
    for one in connections:
        if few or any(end.judgement.verdict in WRONG for end in one.ends):
            lines += ["", md.block(as_section(one, held.report).split("\n"))]
    return "\n".join(lines) + "\n"


def mermaid(held: Held) -> str:
    """A sequence diagram of the first connection: states as notes where they change."""
    one = held.report.connections[0]
    lines = ["sequenceDiagram"]
    for name, end in zip("AB", one.ends, strict=True):
        lines.append(f"    participant {name} as {mm.escaped(str(end.endpoint))}")
    last = ["", ""]
    for count, row in enumerate(rows(one)):
        if count > MOST_ARROWS // 2:
            lines.append(f"    Note over A,B: {mm.escaped('... and so on')}")
            break
        ways = ("A", "B") if row.packet.source == one.ends[0].endpoint else ("B", "A")
        lines.append(f"    {ways[0]}->>{ways[1]}: {mm.escaped(f'{row.packet.number} {row.text}')}")
        for index, name in enumerate("AB"):
            now = states(row.told[index])
            if now and now != last[index]:
                lines.append(f"    Note over {name}: {mm.escaped(now.replace('|', ' or '))}")
                last[index] = now
    return "\n".join(lines) + "\n"


def pcapng(held: Held) -> bytes:
    """The capture again, with what is known of each end after each packet as comments."""
    comments: dict[Key, list[str]] = defaultdict(list)
    packets: list[Packet] = []
    for one in held.report.connections:
        packets += one.conversation.packets
        for end in one.ends:
            wrong = {number: (s, r) for number, s, r in faults(end)}
            for told in end.judgement.best.told:
                seen = told.seen.packet
                rules = " + ".join(told.rules)
                said = f"{end.endpoint}: {' or '.join(told.states)}" + (f" | {rules}" * bool(rules))
                if seen.number in wrong:
                    said += " | " + _fault(seen.number, *wrong[seen.number])
                comments[seen.file, seen.number, seen.interface].append(printable(said))
    packets.sort(key=lambda p: (p.file, p.time or 0, p.number))
    about = [printable(held.command), f"tcpmc {__version__}"]
    return b"".join(annotated(held.files, comments, packets, about))
