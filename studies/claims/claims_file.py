"""A claims file: what it claims, on whose word, and the questions that decide it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta, Struct, ValidationError, convert

from tcpmc.checks.running.loading import find_property, find_variant
from tcpmc.checks.verdict import PROVED, REFUTED, UNREACHABLE, WITNESS
from tcpmc.errors import BadInput
from tcpmc.model.timed.figures import FIGURES, Figure
from tcpmc.reports.layout import printable

BUILT_IN = Path(__file__).with_name("claims.toml")
HOLDS, FAILS = "holds", "fails"
WORDS = (PROVED, REFUTED, WITNESS, UNREACHABLE)
NAME = re.compile(r"[\w.-]+")
ASK = re.compile(r"(?P<name>[^\s@]+)(@(?P<variant>\S+))?\s+(?P<says>[A-Z]+)")
NUMBER = re.compile(r"figure\s+(?P<name>\S+)\s+(?P<says>holds|fails)")


class ClaimEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """A claim as its file has it."""

    id: Annotated[str, Meta(extra_json_schema={"pattern": r"^[\w.-]+$"})]
    text: str
    sources: Annotated[tuple[str, ...], Meta(description="short names, as in [sources]")]
    stated: Annotated[
        tuple[str, ...],
        Meta(
            min_length=1,
            description="what has to hold: PROPERTY[@VARIANT] VERDICT, or figure NAME holds|fails",
        ),
    ]
    expected: Annotated[str, Meta(extra_json_schema={"enum": [PROVED, REFUTED]})]
    condition: Annotated[str, Meta(description="when it holds, or what it leaves out")] = ""
    exact: Annotated[tuple[str, ...], Meta(description="what proves the condition")] = ()


class ClaimsFile(Struct, frozen=True):
    """The whole file."""

    claims: Annotated[
        list[Any], Meta(extra_json_schema={"items": {"$ref": "#/$defs/ClaimEntry"}})
    ] = []
    sources: dict[str, Any] = {}


@dataclass(frozen=True)
class Ask:
    """A property on a variant, and the verdict that speaks for the claim."""

    property: str
    variant: str
    says: str

    def __str__(self) -> str:
        where = "" if self.variant == "rfc9293" else f"@{self.variant}"
        return f"{self.property}{where}"


@dataclass(frozen=True)
class FigureQuestion:
    """A figure of the timers, and whether it has to hold."""

    figure: Figure
    says: str

    def __str__(self) -> str:
        return f"figure {self.figure.name}"


Question = Ask | FigureQuestion


@dataclass(frozen=True)
class TextClaim:
    """One claim: PROVED as stated if all questions in `stated` are answered as they say. The
    questions in `exact` prove the `condition`."""

    name: str
    text: str
    sources: tuple[str, ...]
    stated: tuple[Question, ...]
    expected: str
    condition: str = ""
    exact: tuple[Question, ...] = ()


@dataclass(frozen=True)
class Book:
    """All claims of a file, by identifier, and the sources by their short names."""

    sources: dict[str, str]
    claims: dict[str, TextClaim]

    def chosen(self, names: Sequence[str]) -> list[TextClaim]:
        """The claims named, in the book's order; all of them where none is. Raises BadInput."""
        wanted = {name.upper(): name for name in names}
        for upper, name in wanted.items():
            if upper not in self.claims:
                near = get_close_matches(upper, self.claims, n=3, cutoff=0.5)
                hint = f"; nearest: {', '.join(near)}" if near else ""
                raise BadInput(f"unknown claim {name!r}{hint} (see: tcpmc claims)")
        return [claim for name, claim in self.claims.items() if not names or name in wanted]


def load(path: Path = BUILT_IN) -> Book:
    """The claims of a TOML file. Raises BadInput with the place of what is wrong with it."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits is a ValueError
        raise BadInput(f"{path}: invalid TOML: {' '.join(str(error).split())}") from error
    try:
        whole = convert(data, ClaimsFile)
    except ValidationError as error:
        raise BadInput(f"{path}: {error}") from error
    if not whole.claims:
        raise BadInput(f"{path}: no claims; each begins with a line [[claims]]")
    claims: dict[str, TextClaim] = {}
    for number, entry in enumerate(whole.claims, 1):
        try:
            claim = _claim(entry)
        except (BadInput, ValidationError) as error:
            named = entry.get("id") if isinstance(entry, dict) else None
            name = named if NAME.fullmatch(str(named)) and named else f"number {number}"
            raise BadInput(f"{path}: claim {name}: {error}") from error
        if claim.name in claims:
            raise BadInput(f"{path}: claim {claim.name} appears twice")
        claims[claim.name] = claim
    sources = {key: _readable(str(value)) for key, value in whole.sources.items()}
    return Book(sources, claims)


def _claim(entry: object) -> TextClaim:
    """One entry. Raises BadInput, and ValidationError where a key or its type is wrong."""
    said = convert(entry, ClaimEntry)
    if not NAME.fullmatch(said.id):
        raise BadInput("invalid 'id': use letters, digits, '_', '.' and '-'")
    if said.expected not in (PROVED, REFUTED):
        raise BadInput(f"'expected' is {said.expected!r}: choose {PROVED} or {REFUTED}")
    if bool(said.condition) != bool(said.exact):
        raise BadInput("'condition' and 'exact' must be given together")
    return TextClaim(
        said.id.upper(),
        _readable(said.text),
        tuple(map(_readable, said.sources)),
        tuple(map(_question, said.stated)),
        said.expected,
        _readable(said.condition),
        tuple(map(_question, said.exact)),
    )


def _readable(text: str) -> str:
    """The text without characters that steer a terminal."""
    return printable(text, keep="\n\t")


def _question(text: str) -> Question:
    if match := NUMBER.fullmatch(text.strip()):
        if match["name"] not in FIGURES:
            raise BadInput(f"unknown figure {match['name']!r}: choose one of {', '.join(FIGURES)}")
        return FigureQuestion(FIGURES[match["name"]], match["says"])
    if (match := ASK.fullmatch(text.strip())) and match["says"] in WORDS:
        find_property(match["name"])
        variant = match["variant"] or "rfc9293"
        find_variant(variant)
        return Ask(match["name"], variant, match["says"])
    raise BadInput(
        f"invalid question {text!r}; expected 'PROPERTY[@VARIANT] VERDICT' or 'figure NAME holds'"
    )
