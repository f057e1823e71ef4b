"""What `-o` and `--format` ask for: formats, and where each goes."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from tcpmc.checks.running.jobs import Result
from tcpmc.cli.output_files import Output, opened
from tcpmc.cli.output_formats import ALL_FORMATS, RUN_FORMATS, TRACE_FORMATS, Format
from tcpmc.errors import BadInput

FORMAT_NAME = re.compile(r"[a-z][a-z0-9-]*")


@dataclass(frozen=True)
class Request:
    """A format and the path that it goes to; without one, to standard output."""

    format: Format
    path: str | None = None

    @property
    def shows_trace(self) -> bool:
        """Whether the format is one of a trace, not of a run."""
        return self.format == TRACE_FORMATS.get(self.format.name)

    def paths(self) -> dict[str, str | None]:
        """The path of each part; "x.pkt" is "x-A.pkt" for the part "-A"."""
        if not self.format.parts or self.path is None:
            return {"": self.path}
        path = Path(self.path)
        named = {part: path.with_name(path.stem + part + path.suffix) for part in self.format.parts}
        return {part: str(path) for part, path in named.items()}


def requests(
    outputs: Sequence[str], form: str | None, known: Mapping[str, Format] = RUN_FORMATS
) -> list[Request]:
    """The values of `-o` (FORMAT=PATH, FORMAT, or a FILE in the format `form`), and standard output
    for `form` where no FILE takes it. Raises BadInput for what cannot be, or not together."""
    default = known[form or "text"]
    asked = [_request(text, default, known) for text in outputs]
    files = [text for text in outputs if not named_format(text)]
    if not asked or (form and not files):
        asked.append(Request(default))
    _check(asked)
    return asked


def _request(text: str, default: Format, known: Mapping[str, Format]) -> Request:
    """One value of `-o`."""
    name, equals, path = text.partition("=")
    if not named_format(text):
        return Request(default, None if text == "-" else text)
    if name not in known and name in ALL_FORMATS:
        raise BadInput(
            f"-o {text}: {name} shows one trace; see tcpmc trace, or --traces {name}=FOLDER"
        )
    if name not in known:
        raise BadInput(
            f"unknown format {name!r}{_nearest(name, known)} (a file of that name: -o ./{text})"
        )
    if equals and not path:
        raise BadInput(f"-o {text}: a path is missing after '='")
    return Request(known[name], None if path in ("", "-") else path)


def named_format(text: str) -> bool:
    """Whether a value of `-o` begins with the name of a format, known or, before "=", not."""
    name, equals, _ = text.partition("=")
    return name in ALL_FORMATS or bool(equals and FORMAT_NAME.fullmatch(name))


def _nearest(name: str, known: Mapping[str, Format]) -> str:
    near = get_close_matches(name, known, n=3, cutoff=0.5)
    return f"; nearest: {', '.join(near)}" if near else f"; one of {', '.join(known)}"


def _check(asked: Sequence[Request]) -> None:
    """Raise BadInput for two outputs to one place, and for what no terminal can show."""
    taken: dict[object, str] = {}
    for request in asked:
        form = request.format
        if request.path is None and form.parts:
            raise BadInput(f"{form.name} is several files: choose -o {form.name}=PATH")
        if request.path is None and form.binary and sys.stdout.isatty():
            raise BadInput(f"refusing to write {form.name} to the terminal: -o {form.name}=FILE")
        for path in request.paths().values():
            place = _place(path)
            told = f"{form.name}={path or '-'}"
            if place in taken:
                raise BadInput(f"two outputs to one place: {taken[place]} and {told}")
            taken[place] = told


def _place(path: str | None) -> object:
    """What two paths to the same file, however spelled, have in common."""
    try:
        if path is None:
            status = os.fstat(sys.stdout.fileno())
        elif path == os.devnull:
            return object()
        else:
            status = Path(path).stat()
    except (OSError, ValueError):
        return os.path.realpath(path) if path is not None else None
    return status.st_dev, status.st_ino


@dataclass(frozen=True)
class Destination:
    """A request whose outputs are open, by part."""

    request: Request
    outputs: Mapping[str, Output]

    def write(self, outcome: Any) -> None:
        """Write the outcome, or in a format of a trace its only result, if that has a trace."""
        form = self.request.format
        if self.request.shows_trace:
            (subject,) = outcome.results
            if subject.verdict.trace is not None:
                for part, content in form.write_parts(subject).items():
                    self.outputs[part].write(content)
        elif not form.streams:
            self.outputs[""].write(form.write(outcome))

    def follow(self, result: Result) -> None:
        """Write the next result, in a format that streams."""
        if self.request.format.streams:
            self.outputs[""].write(self.request.format.write(result))


class Destinations:
    """The places that a run writes to."""

    def __init__(self, opened: Sequence[Destination]) -> None:
        self._opened = opened

    def write(self, outcome: Any) -> None:
        """Write the outcome to each, at the end of the run."""
        for destination in self._opened:
            destination.write(outcome)

    def follow(self, result: Result) -> None:
        """Write the result to those that take it while the run goes on."""
        for destination in self._opened:
            destination.follow(result)


@contextmanager
def opening(asked: Sequence[Request]) -> Iterator[Destinations]:
    """The requests with their outputs open. Raises BadInput now for one that cannot be written."""
    with ExitStack() as stack:
        found = []
        for request in asked:
            outputs = {
                part: stack.enter_context(
                    opened(path, request.format.streams, request.format.suffix)
                )
                for part, path in request.paths().items()
            }
            found.append(Destination(request, outputs))
        yield Destinations(found)
