"""Answers kept from earlier runs, so that the same question is not worked out twice.

An answer is kept under a digest of all that it hangs on: the source of model/ and checks/, the
versions of Python and the solvers, the source of the variant, the property with its fairness, the
scope and the engines. Only settled answers are kept, and only of variants of which the file is all
there is. What is read is held against its digest, and each trace is replayed; what does not pass is
worked out anew.
"""

from __future__ import annotations

import ast
import os
import platform
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

from msgspec import DecodeError, json

from tcpmc.checks.labels import ENDS
from tcpmc.checks.running.jobs import Job, Outcome, Result
from tcpmc.checks.running.loading import source_of
from tcpmc.checks.running.stacks_of_ends import ends_in
from tcpmc.checks.trace import ReplayError, replay, shows
from tcpmc.checks.verdict import DISAGREE, INCONCLUSIVE, Answer, merged
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.network.system import Model
from tcpmc.model.properties.kinds import Eventually, Lemma
from tcpmc.model.variants.pair import StackPair
from tcpmc.model.variants.shipped import VARIANTS
from tcpmc.model.variants.variant import Variant

if TYPE_CHECKING:
    from tcpmc.checks.explicit.settings import Exploring

Answers = Mapping[str, Answer]
"""What each engine says."""

ELSEWHERE = "TCPMC_CACHE"
"""The environment variable that names another folder; `off` keeps nothing."""

LIBRARIES = ("msgspec", "networkx", "numpy", "scipy", "z3-solver")
PURE = (
    "__future__", "collections", "collections.abc", "dataclasses", "enum", "functools", "itertools",
    "math", "operator", "typing",
)  # fmt: skip
"""What a variant's file may import, besides the model, and still be all there is of it."""

IMPURE = frozenset(
    {"breakpoint", "compile", "delattr", "eval", "exec", "getattr", "globals", "hash", "id",
     "input", "locals", "object", "open", "print", "setattr", "type", "vars"}
)  # fmt: skip
"""Names by which a file comes to what is not in it, or to what another process has otherwise."""

MOST_FILES = 5_000
DIGITS = 64
"""Of a digest."""


class AnswerCache:
    """Answers in a folder, each in a file of its own, which is whole or not there."""

    def __init__(self, folder: Path, exploring: Exploring) -> None:
        self.folder = folder
        self._settings = (exploring.thorough, exploring.next_capacity)

    def get(self, job: Job) -> Answers | None:
        """The answers to the question, if they were kept and are still what they say."""
        key = self._key(job)
        if key is None:
            return None
        try:
            data = self._path(key).read_bytes()
            if data[:DIGITS] != _digest(key.encode() + data[DIGITS:]):
                return None
            answers = json.decode(data[DIGITS:], type=dict[str, Answer], dec_hook=_read)
            return (
                answers if all(_is_evidence(job, answer) for answer in answers.values()) else None
            )
        except (OSError, ValueError, DecodeError, ReplayError):
            return None

    def put(self, job: Job, answers: Answers) -> None:
        """Keep the answers, if they settle the question. What cannot be written is not kept."""
        key = self._key(job)
        words = {answer.word for answer in answers.values()} | {merged([*answers.values()])}
        if key is None or words & {INCONCLUSIVE, DISAGREE} or not _settled(answers):
            return
        with suppress(OSError, TypeError):
            body = json.encode(dict(answers), enc_hook=_written)
            self.folder.mkdir(parents=True, exist_ok=True)
            self._make_room()
            path = self._path(key)
            beside = path.with_name(f"{path.name}.{token_hex(4)}")
            beside.write_bytes(_digest(key.encode() + body) + body)
            beside.replace(path)

    def _key(self, job: Job) -> str | None:
        """All that the answers hang on; None for a variant that hangs on more than its file."""
        variant = _source_of(job)
        if variant is None:
            return None
        fair = job.prop.fair if isinstance(job.prop, Eventually) else ()
        engines = tuple(map(str, job.engines))
        parts = (job.prop.name, tuple(map(str, fair)), repr(job.scope), engines, self._settings)
        return repr((_digest_of_package(), job.variant.name, variant, *parts))

    def _path(self, key: str) -> Path:
        return self.folder / f"{sha256(key.encode()).hexdigest()[:32]}.json"

    def _make_room(self) -> None:
        """Once there are many, remove the half that was written first."""
        there = [*self.folder.glob("*.json*")]
        if len(there) > MOST_FILES:
            there.sort(key=lambda path: path.stat().st_mtime)
            for path in there[: len(there) // 2]:
                path.unlink(missing_ok=True)


def decided(
    jobs: Sequence[Job],
    kept: AnswerCache | None,
    decide: Callable[[Sequence[Job]], Outcome],
    follow: Callable[[Result], None],
) -> Outcome:
    """What is kept of the jobs, and what `decide` says of the others, which is kept for the next
    run. `follow` is called with each result that was kept."""
    if kept is None:
        return decide(jobs)
    found = {number: kept.get(job) for number, job in enumerate(jobs)}
    known = {
        number: Result(jobs[number], jobs[number].verdict(answers), kept=True)
        for number, answers in found.items()
        if answers is not None
    }
    for result in known.values():
        follow(result)
    if len(known) == len(jobs):
        return Outcome([*known.values()])
    outcome = decide([job for number, job in enumerate(jobs) if number not in known])
    for result in outcome.results:
        kept.put(result.job, result.verdict.answers)
    fresh = iter(outcome.results)
    outcome.results = [
        known[number] if number in known else next(fresh) for number in range(len(jobs))
    ]
    return outcome


def default_folder() -> Path | None:
    """The folder for what is kept, by the conventions of the system; None if nothing is to be."""
    named = os.environ.get(ELSEWHERE)
    if named:
        return None if named == "off" else Path(named)
    from platformdirs import user_cache_path

    return user_cache_path("tcpmc", appauthor=False)


def _written(value: object) -> object:
    """What JSON has of a sequence number."""
    if not isinstance(value, Seq):
        raise TypeError(f"a {type(value).__name__} is not kept")
    return value.value, value.bits


def _read(kind: type, value: object) -> object:
    """A sequence number of what JSON has of it; and nothing, where no middlebox stands."""
    match value:
        case None if kind == Hashable:
            return None
        case [int(number), int(bits)] if kind is Seq:
            return Seq(number, bits)
    raise ValueError(f"{value!r:.60} is no {kind.__name__}")


def _settled(answers: Answers) -> bool:
    """Whether a limit of time or memory has no part in the answers."""
    return bool(answers) and all(answer.definite or answer.narrower for answer in answers.values())


def _is_evidence(job: Job, answer: Answer) -> bool:
    """Whether the trace of an answer, if it has one, is a run of the model and shows what it says.
    Raises ReplayError."""
    trace = answer.trace
    if trace is None:
        return True
    if isinstance(job.prop, Lemma):  # one step, from any state
        return shows(Model(job.variant, job.scope.with_(bits=32)), job.prop, trace)
    model = Model(job.variant, job.scope)
    return replay(model, trace.events, trace.loop) == trace and shows(model, job.prop, trace)


def _source_of(job: Job) -> str | None:
    """What tells the variant from others of its name: nothing of a shipped one, which is in the
    package, or a digest of the file that it was loaded from. None where there may be more to it."""
    if not isinstance(job.variant, StackPair):
        return _source_of_one(job.source, job.variant)
    ends = ends_in(job.source)
    if not ends:
        return None
    stacks = zip(ENDS, (job.variant.a, job.variant.b), strict=True)
    a, b = (_source_of_one(ends[end], stack) for end, stack in stacks)
    return None if a is None or b is None else f"A={a},B={b}"


def _source_of_one(name: str, variant: Variant) -> str | None:
    """The same of one variant."""
    if VARIANTS.get(name) == variant:
        return ""
    source = source_of(variant)
    alone = source is not None and _stands_alone(ast.parse(source))
    return _digest(source).decode() if source is not None and alone else None


def _stands_alone(tree: ast.AST) -> bool:
    """Whether a file is all there is of a variant: it imports the model and what is always the
    same, and uses nothing that comes from elsewhere or changes from call to call."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names) if not all(_is_pure(alias.name) for alias in names):
                return False
            case ast.ImportFrom(module=module, level=level) if level or not _is_pure(module or ""):
                return False
            case ast.Global() | ast.Nonlocal():
                return False
            case ast.Name(id=name) if name in IMPURE or name.startswith("__"):
                return False
            case ast.Attribute(attr=name) if name.startswith("__"):
                return False
            case ast.Attribute(ctx=ast.Store() | ast.Del()):
                return False
            case _:
                continue
    return True


def _is_pure(module: str) -> bool:
    return module in PURE or module == "tcpmc.model" or module.startswith("tcpmc.model.")


@cache
def _digest_of_package() -> str:
    """A digest of all that decides: the source of the model and the checks, and versions."""
    import tcpmc.checks
    import tcpmc.model

    parts = [platform.python_version(), platform.machine(), *map(_version, LIBRARIES)]
    digest = sha256(repr(parts).encode())
    for package in (tcpmc.model, tcpmc.checks):
        for path in _sources(Path(str(package.__file__)).parent):
            digest.update(f"\n{path.name}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def _sources(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".py", ".so", ".pyd", ".txt"):
            yield path


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"


def _digest(data: bytes) -> bytes:
    return sha256(data).hexdigest().encode()
