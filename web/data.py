"""A run as the page's data: its summary, every verdict with what it rests on, and every trace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tcpmc import __version__
from tcpmc.checks.running.jobs import Outcome, Result
from tcpmc.model.network.system import Model
from tcpmc.model.properties.catalogue import PROPERTIES
from tcpmc.model.properties.kinds import Lemma
from tcpmc.reports.evidence import shown
from tcpmc.reports.report import summary
from tcpmc.reports.verdict_json import result_json
from tcpmc.web.trace_data import Json, trace_data

LEMMA_SCOPE = "one step, for all numbers of 32 bits"
KEPT = ("property", "kind", "meaning", "citation", "variant", "verdict", "expected", "command")


@dataclass(frozen=True)
class Entry:
    """A result as `--format json` writes it, and what the page shows besides."""

    result: Json
    title: str
    scope: str
    trace: Json | None


def run_data(outcome: Outcome) -> Json:
    """What the page shows of a run: plain data, the same for the same outcome."""
    return page_data([_entry(result) for result in outcome.results], summary(outcome))


def page_data(entries: Sequence[Entry], lines: Sequence[str] = ()) -> Json:
    """The page's data. Assumptions and scopes, which many results share, are there once."""
    notes = list(dict.fromkeys(note for entry in entries for note in entry.result["assumptions"]))
    scopes = list(dict.fromkeys(entry.scope for entry in entries))
    return {
        "version": __version__,
        "summary": list(lines),
        "results": [_row(entry, notes, scopes) for entry in entries],
        "notes": notes,
        "scopes": scopes,
        "properties": [{"name": p.name, "meaning": p.meaning} for p in PROPERTIES.values()],
        "traces": {identifier(entry.result): entry.trace for entry in entries if entry.trace},
    }


def identifier(result: Json) -> str:
    """What names a trace in the page's addresses: "closing", "closing@freertos-1303"."""
    name, variant = result["property"], result["variant"]
    return str(name) if variant == "rfc9293" else f"{name}@{variant}"


def _entry(result: Result) -> Entry:
    job, trace = result.job, result.verdict.trace
    lemma = isinstance(job.prop, Lemma)
    scope = LEMMA_SCOPE if lemma else scope_text(Model(job.variant, job.scope))
    shows = None
    if trace is not None:
        model = Model(job.variant, job.scope)
        shows = {"shows": shown(result, trace)} | trace_data(model, trace, lemma)
    return Entry(result_json(result), job.variant.title, scope, shows)


def scope_text(model: Model) -> str:
    """The scope in words."""
    return f"{model.scope.name}: {model.scope.describe()}"


def _row(entry: Entry, notes: list[str], scopes: list[str]) -> Json:
    result = entry.result
    return {name: result[name] for name in KEPT} | {
        "title": entry.title,
        "odd": result["as_expected"] is False,
        "answers": [{"engine": name, **answer} for name, answer in result["engines"].items()],
        "notes": [notes.index(note) for note in result["assumptions"]],
        "scope": scopes.index(entry.scope),
        "trace": identifier(result) if entry.trace else None,
    }
