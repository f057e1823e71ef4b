"""What `-o` and `--format` ask for: formats, and where each goes."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from tcpmc.checks.running.jobs import Result
from tcpmc.cli.command_settings import OutputSettings
from tcpmc.cli.output_files import Output, opened
from tcpmc.cli.output_formats import (
    ALL_FORMATS,
    PROOF_FORMATS,
    RUN_FORMATS,
    TRACE_FORMATS,
    Content,
    Format,
)
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
    settings: OutputSettings, formats: Mapping[str, Format] = RUN_FORMATS, default: str = "text"
) -> list[Request]:
    """The values of `-o`: FORMAT=PATH, FORMAT, or a FILE in the format of `--format`, or else that
    of its ending, or else the default; and standard output for `--format` where no FILE takes it.
    Raises BadInput for what cannot be, or not together."""
    wanted = [_request(text, settings.format, formats, default) for text in settings.output]
    files = [text for text in settings.output if not named_format(text, formats)]
    if not wanted or (settings.format and not files):
        wanted.append(Request(formats[settings.format or default]))
    _check(wanted)
    return wanted


def proof_requests(settings: OutputSettings, certificate: str | None) -> list[Request]:
    """The requests of a command that proves: `--certificate FILE` is `-o smt2=FILE` besides."""
    wanted = requests(settings, PROOF_FORMATS)
    if certificate:
        wanted.append(Request(PROOF_FORMATS["smt2"], certificate))
        _check(wanted)
    return wanted


def writes_proof(wanted: Sequence[Request]) -> bool:
    """Whether a proof is to be written."""
    return any(request.format.name == "smt2" for request in wanted)


def _request(text: str, form: str | None, formats: Mapping[str, Format], default: str) -> Request:
    """One value of `-o`."""
    name, equals, path = text.partition("=")
    if not named_format(text, formats):
        path = "" if text == "-" else text
        return Request(formats[form] if form else _by_ending(path, formats, default), path or None)
    if name in TRACE_FORMATS and formats == RUN_FORMATS and name not in formats:
        raise BadInput(
            f"-o {text}: {name} shows one trace; see tcpmc trace, or --traces {name}=FOLDER"
        )
    if name not in formats:
        raise BadInput(
            f"unknown format {name!r}{_nearest(name, formats)} (a file of that name: -o ./{text})"
        )
    if equals and not path:
        raise BadInput(f"-o {text}: a path is missing after '='")
    return Request(formats[name], None if path in ("", "-") else path)


def _by_ending(path: str, formats: Mapping[str, Format], default: str) -> Format:
    """The format whose files end like the path: the default if that is one of them, or none is.
    Where nothing can be written as text, another ending is refused."""
    fitting = [form for form in formats.values() if path.lower().endswith(form.suffix)]
    if not fitting and path and "text" not in formats and Path(path).suffix:
        raise BadInput(f"{path}: choose -o FORMAT=FILE, with one of {', '.join(formats)}")
    if not fitting or formats[default] in fitting:
        return formats[default]
    return max(fitting, key=lambda form: len(form.suffix))


def named_format(text: str, formats: Mapping[str, Format] = ALL_FORMATS) -> bool:
    """Whether a value of `-o` begins with the name of a format, known or, before "=", not."""
    name, equals, _ = text.partition("=")
    return name in formats or name in ALL_FORMATS or bool(equals and FORMAT_NAME.fullmatch(name))


def _nearest(name: str, formats: Mapping[str, Format]) -> str:
    near = get_close_matches(name, formats, n=3, cutoff=0.5)
    return f"; nearest: {', '.join(near)}" if near else f"; one of {', '.join(formats)}"


def _check(wanted: Sequence[Request]) -> None:
    """Raise BadInput for two outputs to one place, and for what no terminal can show."""
    taken: dict[object, str] = {}
    for request in wanted:
        form = request.format
        if "\0" in (request.path or ""):
            raise BadInput(f"-o {form.name}: a path has no character 0")
        if request.path is None and form.parts:
            raise BadInput(f"{form.name} writes several files: choose -o {form.name}=PATH")
        if request.path is None and form.binary and sys.stdout.isatty():
            raise BadInput(f"refusing to write {form.name} to the terminal: -o {form.name}=FILE")
        for path in request.paths().values():
            place = _place(path)
            described = f"{form.name}={path or '-'}"
            if place in taken:
                raise BadInput(
                    f"two outputs have the same destination: {taken[place]} and {described}"
                )
            taken[place] = described


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
        self._opened, self._text = opened, ""

    def write(self, outcome: Any) -> None:
        """Write the outcome to each, at the end of the run."""
        for destination in self._opened:
            destination.write(outcome)

    def write_by(self, writers: Mapping[str, Callable[[], Content]]) -> None:
        """Write to each what the writer of its format makes."""
        for destination in self._opened:
            destination.outputs[""].write(writers[destination.request.format.name]())

    def write_pieces(self, pieces: Callable[[str], Iterator[str]]) -> None:
        """Write to each the pieces of its format, which are never all in memory."""
        for destination in self._opened:
            destination.outputs[""].write_pieces(pieces(destination.request.format.name))

    def add(self, text: str) -> None:
        """A piece of what is written as text: shown now, or kept until `write_added`."""
        self._text += text
        for destination in self._opened:
            if destination.request.path is None and destination.request.format.name == "text":
                destination.outputs[""].write(text)

    def write_added(self, proof: Callable[[], Content]) -> None:
        """Write the pieces to the files of text, and the proof to those of a proof."""
        for destination in self._opened:
            if destination.request.format.name != "text":
                destination.outputs[""].write(proof())
            elif destination.request.path is not None:
                destination.outputs[""].write(self._text)

    def follow(self, result: Result) -> None:
        """Write the result to those that take it while the run goes on."""
        for destination in self._opened:
            destination.follow(result)


@contextmanager
def opening(wanted: Sequence[Request], force: bool = False) -> Iterator[Destinations]:
    """The requests with their outputs open. Raises BadInput now for one that cannot be written."""
    with ExitStack() as stack:
        destinations = []
        for request in wanted:
            outputs = {
                part: stack.enter_context(
                    opened(path, request.format.suffix, force, request.format.streams)
                )
                for part, path in request.paths().items()
            }
            destinations.append(Destination(request, outputs))
        yield Destinations(destinations)
