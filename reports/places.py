"""Where in the source a verdict comes from: the line that made each rule label of a trace.

Each step of the trace is taken once more while the makers of `Step` are noted. So it is exact for
labels that are computed, for helpers and for whole files of a user's own; nothing has to be written
in a certain way for it.
"""

from __future__ import annotations

import ast
import dataclasses
import os
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os.path import normpath, realpath
from pathlib import Path
from types import FrameType

from tcpmc.checks.labels import ENDS
from tcpmc.checks.running.jobs import Job, Result
from tcpmc.checks.running.stacks_of_ends import ends_in
from tcpmc.checks.trace import Trace, move_of
from tcpmc.model.endpoint.tcb import Step
from tcpmc.model.network.system import Model
from tcpmc.model.variants import shipped as variants

MADE, JOINED = Step.__init__.__code__, Step.then.__code__


@dataclass(frozen=True)
class Place:
    """A line of a source file, and the function that it is in ("" for none)."""

    file: str
    line: int
    function: str = ""

    def within(self, folder: Path) -> str | None:
        """The path of the file from that folder, with "/"; None where it is not in there."""
        for where in (normpath, realpath):  # a link counts as where it is, else where it leads
            file, root = (Path(where(path.absolute())) for path in (Path(self.file), folder))
            if file.is_relative_to(root):
                return file.relative_to(root).as_posix()
        return None


def workspace() -> Path:
    """The folder that paths are told from: the checkout in GitHub Actions, else where we are."""
    return Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd())


def places(result: Result) -> list[dict[str, Place]]:
    """For each step of the result's trace, its rule labels with the line that made each: the first
    one, or in a user's variant the last one in its file."""
    trace, job = result.verdict.trace, result.job
    if trace is None:
        return []
    model, own = Model(job.variant, job.scope), set(_own_files(job))
    return [
        _labels(model, trace, number, own) if step is not None else {}
        for number, step in enumerate(trace.steps)
    ]


def blamed(result: Result) -> Place:
    """The place to look at for this verdict: in a user's variant the last line of its file that
    the trace comes through, or the one that defines it; else the last rule of the trace, or what
    says of the variant how it differs."""
    passed = [place for step in places(result) for place in step.values()]
    own = _own_files(result.job)
    inside = [place for place in passed if Path(place.file).resolve() in own]
    if inside or (passed and not own):
        return inside[-1] if inside else passed[-1]
    for file, name in own.items():
        return definition(file, name)
    return definition(Path(variants.__file__), result.job.variant.name)


def _own_files(job: Job) -> dict[Path, str]:
    """The files of a user's variants, and the name of each."""
    names = ends_in(job.source) or dict.fromkeys(ENDS, job.source)
    return {
        Path(source).resolve(): job.variant.at(ENDS.index(end)).name
        for end, source in names.items()
        if source.endswith(".py")
    }


def _labels(model: Model, trace: Trace, number: int, own: Collection[Path]) -> dict[str, Place]:
    """The labels of one step, in order, with their places."""
    step = trace.steps[number]
    assert step is not None
    with noting() as made:
        event = trace.events[number]
        move_of(model, event.end, trace.states[number].ends[event.end], event)
    found = {}
    for label in step.rules:
        makers = [place for rules, place in made if label in rules]
        inside = [place for place in makers if Path(place.file).resolve() in own]
        if makers:
            found[label] = inside[-1] if inside else makers[0]
    return found


@contextmanager
def noting() -> Iterator[list[tuple[tuple[str, ...], Place]]]:
    """Note each `Step` that is made, by its labels and the line that made it."""
    made: list[tuple[tuple[str, ...], Place]] = []

    def note(frame: FrameType, event: str, argument: object) -> None:
        if event == "return" and frame.f_code == MADE:
            place = _maker(frame)
            if place is not None:
                made.append((getattr(frame.f_locals["self"], "rules", ()), place))

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield made
    finally:
        sys.setprofile(before)


def _maker(frame: FrameType) -> Place | None:
    """Who made the `Step` that is being initialised: not `replace`, but its caller; None where two
    are only joined."""
    maker = frame.f_back
    while maker is not None and maker.f_code.co_filename == dataclasses.__file__:
        maker = maker.f_back
    if maker is None or maker.f_code == JOINED:
        return None
    return Place(maker.f_code.co_filename, maker.f_lineno, maker.f_code.co_name)


def definition(file: Path, name: str) -> Place:
    """The line of the file that names the variant, else its first."""
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError):  # it has changed since it was loaded
        return Place(str(file), 1)
    lines = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value == name
    ]
    return Place(str(file), min(lines, default=1))
