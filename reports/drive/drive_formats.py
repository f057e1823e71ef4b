"""The table of a driven stack for programs: JSON, JUnit, SARIF, and the packets as pcapng."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from tcpmc import __version__
from tcpmc.captures import wire
from tcpmc.checks.drive.plan import situations
from tcpmc.checks.drive.state_event_table import Cell, DriveTable, groups
from tcpmc.reports.drive.telling import headline, shown, steps, tried
from tcpmc.reports.formats.junit import document, legal
from tcpmc.reports.formats.sarif import SCHEMA, plain
from tcpmc.reports.verdict_json import Json, dumped

NANOSECONDS = b"\x09"
BETWEEN_RUNS = 3600 * 10**9


def json(table: DriveTable) -> str:
    """Everything."""
    told: Json = {
        "stack": table.name,
        "rules": table.stack.name,
        "agree": len(table.of("agrees")),
        "differ": len(table.of("differs")),
        "not_reachable": len(table.of("not reachable")),
        "cells": [_cell(cell) for cell in table.cells],
        "shortest": [_cell(cell) for cell in table.shortest],
        "coverage": table.coverage(),
        "random_runs": table.random_runs,
        "at_random": [
            {
                "seed": one.seed,
                "end": "AB"[one.end],
                "observed": one.difference.observed,
                "expected": one.difference.expected,
                "requirement": one.difference.requirement,
                "run": steps(one.observed[one.end]),
            }
            for one in table.at_random
            if one.difference is not None
        ],
    }
    return dumped(told, indent=2)


def _cell(cell: Cell) -> Json:
    told: dict[str, Any] = {
        "state": str(cell.place.state),
        "passive": cell.place.passive,
        "kind": cell.kind,
        "way": [str(move) for move in cell.way],
        "moves": [str(move) for move in cell.moves],
        "timestamps": cell.stamps,
        "verdict": cell.verdict,
    }
    if cell.why:
        told["why"] = cell.why
    if cell.difference is not None:
        told["observed"] = cell.difference.observed
        told["expected"] = cell.difference.expected
        told["requirement"] = cell.difference.requirement
        told["run"] = [
            {
                "move": str(event.move),
                "state": event.state,
                "segments": [
                    {"sent": bool(p.outbound), "segment": shown(p)} for p in event.packets
                ],
            }
            for event in cell.events
        ]
    return told


def junit(table: DriveTable) -> str:
    """A suite for each state, a case for each kind of event (junit-10.xsd)."""
    root = Element("testsuites", {"name": f"tcpmc drive: {legal(table.name)}"})
    total: Counter[str] = Counter()
    for place in situations():
        cells = [cell for cell in table.cells if cell.place == place]
        suite = SubElement(root, "testsuite", {"name": str(place)})
        kinds = list(dict.fromkeys(cell.kind for cell in cells))
        counts = Counter(_case(suite, kind, [c for c in cells if c.kind == kind]) for kind in kinds)
        for name, count in (
            ("tests", len(kinds)),
            ("failures", counts["failure"]),
            ("errors", 0),
            ("skipped", counts["skipped"]),
        ):
            suite.set(name, str(count))
            total[name] += count
    for name in ("tests", "failures", "errors"):
        root.set(name, str(total[name]))
    return document(root)


def _case(suite: Element, kind: str, cells: list[Cell]) -> str:
    """Add a case; how it ends."""
    case = SubElement(suite, "testcase", name=kind, classname=f"tcpmc.drive.{suite.get('name')}")
    wrong = [cell for cell in cells if cell.difference is not None]
    if wrong:
        first = wrong[0]
        assert first.difference is not None
        message = f"{len(wrong)} of {len(cells)} differ: {headline(first)}"
        text = [f"expected: {first.difference.expected}", *steps(first.events)]
        told = {"type": first.difference.requirement, "message": legal(message)}
        SubElement(case, "failure", told).text = legal("\n".join(text))
        return "failure"
    if all(cell.verdict == "not reachable" for cell in cells):
        SubElement(case, "skipped", message=legal(cells[0].why))
        return "skipped"
    SubElement(case, "system-out").text = f"{len(cells)} experiments agree"
    return ""


def sarif(table: DriveTable) -> str:
    """A result for each way of differing (SARIF 2.1.0). A real stack has no source line here: the
    place is the state."""
    found = groups(table.cells)
    names = sorted({_requirement(group.first) for group in found})
    rules = [{"id": name, "shortDescription": {"text": f"RFC 9293: {name}"}} for name in names]
    driver = {"name": "tcpmc", "version": __version__, "rules": rules}
    results = []
    for group in found:
        cell = group.first
        difference = cell.difference
        assert difference is not None
        lines = [headline(cell), f"tried: {tried(group)}", f"expected: {difference.expected}"]
        identity = f"{table.name} {cell.place} {cell.kind} {difference.requirement}"
        results.append(
            {
                "ruleId": difference.requirement,
                "ruleIndex": names.index(difference.requirement),
                "level": "error",
                "message": {"text": plain("\n".join([*lines, *steps(cell.events)]))},
                "locations": [
                    {
                        "logicalLocations": [
                            {"name": str(cell.place), "fullyQualifiedName": identity}
                        ]
                    }
                ],
                "partialFingerprints": {"difference/v1": sha256(identity.encode()).hexdigest()},
            }
        )
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return dumped({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _requirement(cell: Cell) -> str:
    assert cell.difference is not None
    return cell.difference.requirement


def pcapng(table: DriveTable) -> bytes:
    """The packets of the first run of each way of differing, or of the shortest ones, as they went
    over the wire, with what differs as a comment."""
    cells = table.shortest or [group.first for group in groups(table.cells)]
    name = f"tcpmc drive: {table.name} against {table.stack.name}"
    blocks = [wire.section([(wire.APPLICATION, b"tcpmc"), wire.comment(name)])]
    resolution = (wire.RESOLUTION, NANOSECONDS)
    blocks.append(wire.interface(wire.RAW_IP, [(wire.NAME, b"wire"), resolution]))
    for run, cell in enumerate(cells):
        for event in cell.events:
            told = f"{event.move}" + (f" [{event.state}]" if event.state else "")
            for packet, raw in zip(event.packets, event.raw, strict=True):
                options = [wire.direction(bool(packet.outbound)), wire.comment(told)]
                time = run * BETWEEN_RUNS + (packet.time or 0)
                blocks.append(wire.packet(0, time, raw, options))
                told = headline(cell) if event == cell.events[-1] else ""
    return b"".join(blocks)
