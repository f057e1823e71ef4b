"""The JSON schemas that docs/ publishes, made from the types that are written and read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from msgspec.json import schema_components

from tcpmc.reports.timed.recorded import RunFile
from tcpmc.reports.verdict_objects import VERSIONED, VerdictObject, VerdictsObject
from tcpmc.studies.claims.claims_file import ClaimEntry, ClaimsFile
from tcpmc.studies.explain.explained import ExplanationObject
from tcpmc.studies.sockets.sockets_json import SocketsObject

Json = dict[str, Any]
DRAFT = "https://json-schema.org/draft/2020-12/schema"


def verdicts() -> Json:
    """A run in one document."""
    return _schema(
        VerdictsObject,
        "tcpmc/verdicts/1",
        "The results of tcpmc check and tcpmc trace, with -o json",
        VERSIONED,
    )


def verdict() -> Json:
    """One line of a run."""
    return _schema(
        VerdictObject,
        "tcpmc/verdict/1",
        "One line of tcpmc check and tcpmc trace, with -o ndjson",
        VERSIONED,
    )


def timed_run() -> Json:
    """A timed run that a user writes."""
    return _schema(RunFile, "tcpmc/run", "A timed run, in TOML: tcpmc diagram run FILE")


def claims_file() -> Json:
    """Claims that a user writes."""
    title = "Claims, in TOML: tcpmc claims --file FILE"
    return _schema(ClaimsFile, "tcpmc/claims-file", title, parts=(ClaimEntry,))


def sockets() -> Json:
    """The sockets of a host."""
    title = "The output of tcpmc explain --from-sockets -o json"
    return _schema(SocketsObject, "tcpmc/sockets/2", title, VERSIONED)


def explanation() -> Json:
    """What a state, a rule or a property means."""
    title = "The output of tcpmc explain NAME -o json"
    return _schema(ExplanationObject, "tcpmc/explanation/1", title, VERSIONED)


def _schema(
    kind: type[Any],
    identifier: str,
    title: str,
    description: str = "",
    parts: Sequence[type[Any]] = (),
) -> Json:
    """The schema of a type, complete in itself: it refers to no other file. `parts` are further
    types that it refers to."""
    (top, *_), found = schema_components([kind, *parts], ref_template="#/$defs/{name}")
    whole = found.pop(top["$ref"].rpartition("/")[2])
    about = {"$schema": DRAFT, "$id": identifier, "title": title}
    about |= {"description": description} if description else {}
    return about | {key: part for key, part in whole.items() if key not in about} | {"$defs": found}


SCHEMAS: dict[str, Callable[[], Json]] = {
    "verdicts.schema.json": verdicts,
    "verdict.schema.json": verdict,
    "run.schema.json": timed_run,
    "claims.schema.json": claims_file,
    "sockets.schema.json": sockets,
    "explanation.schema.json": explanation,
}
