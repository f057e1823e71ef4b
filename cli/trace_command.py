"""Traces in files of their own, so that a big run stays readable: `--traces [FORMAT=]FOLDER`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from tcpmc.checks.explicit.settings import writable_folder
from tcpmc.checks.running.jobs import Outcome, Result
from tcpmc.checks.verdict import Standing
from tcpmc.cli.output_formats import ALL_FORMATS, Format
from tcpmc.cli.outputs import Request, named_format, opening
from tcpmc.errors import BadInput

USUAL = ("text", "json")
UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
LONGEST = 80


@dataclass(frozen=True)
class Folder:
    """A folder that is there, and a format for the traces in it."""

    format: Format
    path: Path


def folders(values: Sequence[str]) -> list[Folder]:
    """The values of `--traces`: FORMAT=FOLDER, or FOLDER for text and JSON. Makes the folders;
    raises BadInput for one that cannot be written to."""
    writable = []
    for text in values:
        name, equals, path = text.partition("=")
        if equals and named_format(text):
            formats = [_known(name)]
        else:
            formats, path = [ALL_FORMATS[usual] for usual in USUAL], text
        writable += [Folder(form, writable_folder(path)) for form in formats]
    return writable


def _known(name: str) -> Format:
    if name not in ALL_FORMATS:
        raise BadInput(f"unknown format {name!r}; one of {', '.join(ALL_FORMATS)}")
    return ALL_FORMATS[name]


def write_traces(outcome: Outcome, wanted: Sequence[Folder], force: bool = False) -> int:
    """Write the trace of each verdict that has one and is not as expected; how many there are."""
    results = [
        result
        for result in outcome.results
        if result.verdict.trace is not None and result.verdict.standing != Standing.AS_EXPECTED
    ]
    for result in results:
        for folder in wanted:
            path = folder.path / (file_name(result) + folder.format.suffix)
            with opening([Request(folder.format, str(path))], force) as destinations:
                destinations.follow(result)
                destinations.write(Outcome([result]))
    return len(results)


def file_name(result: Result) -> str:
    """A name for the files of this trace that is safe in every file system, and its own: a
    variant's name with other characters gets a few of its hash."""
    variant = result.job.variant.name
    safe = UNSAFE.sub("_", variant).strip("._")[:LONGEST]
    if safe != variant:
        safe += "-" + sha256(variant.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{result.job.prop.name}-{safe.strip('-')}"
