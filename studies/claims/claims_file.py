"""A claims file: what it claims, on whose word, and the questions that decide it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from tcpmc.checks.running.loading import find_property, find_variant
from tcpmc.checks.verdict import PROVED, REFUTED, UNREACHABLE, WITNESS
from tcpmc.errors import BadInput
from tcpmc.model.timed.figures import FIGURES, Figure

BUILT_IN = Path(__file__).with_name("claims.toml")
HOLDS, FAILS = "holds", "fails"
WORDS = (PROVED, REFUTED, WITNESS, UNREACHABLE)
NAME = re.compile(r"[\w.-]+")
ASK = re.compile(r"(?P<name>[^\s@]+)(@(?P<variant>\S+))?\s+(?P<says>[A-Z]+)")
NUMBER = re.compile(r"figure\s+(?P<name>\S+)\s+(?P<says>holds|fails)")
TEXTS = ("id", "text", "expected")
LISTS = ("sources", "stated")
OPTIONAL = ("condition", "exact")


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
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: invalid TOML: {' '.join(str(error).split())}") from error
    sources, entries = data.get("sources", {}), data.get("claims", [])
    if not isinstance(sources, dict):
        raise BadInput(f"{path}: expected a [sources] table")
    if not isinstance(entries, list) or not entries:
        raise BadInput(f"{path}: no claims; each begins with a line [[claims]]")
    claims: dict[str, TextClaim] = {}
    for number, entry in enumerate(entries, 1):
        try:
            claim = _claim(entry)
        except BadInput as error:
            named = entry.get("id") if isinstance(entry, dict) else None
            name = named if NAME.fullmatch(str(named)) and named else f"number {number}"
            raise BadInput(f"{path}: claim {name}: {error}") from error
        if claim.name in claims:
            raise BadInput(f"{path}: claim {claim.name} is there twice")
        claims[claim.name] = claim
    return Book({key: printable(str(value)) for key, value in sources.items()}, claims)


def _claim(entry: Any) -> TextClaim:
    if not isinstance(entry, dict):
        raise BadInput("no table")
    for key in (*TEXTS, *LISTS):
        if key not in entry:
            raise BadInput(f"{key!r} is missing")
    for key, value in entry.items():
        if key not in (*TEXTS, *LISTS, *OPTIONAL):
            raise BadInput(f"unknown key {key!r}")
        if key in (*TEXTS, "condition") and not isinstance(value, str):
            raise BadInput(f"{key!r} is no text")
        if key in (*LISTS, "exact") and not _texts(value):
            raise BadInput(f"{key!r} is no list of texts")
    if not entry["stated"]:
        raise BadInput("'stated' asks nothing")
    if not NAME.fullmatch(entry["id"]):
        raise BadInput("'id' is no name: choose letters, digits, '_', '.' and '-'")
    if entry["expected"] not in (PROVED, REFUTED):
        raise BadInput(f"'expected' is {entry['expected']!r}: choose {PROVED} or {REFUTED}")
    if bool(entry.get("condition")) != bool(entry.get("exact")):
        raise BadInput("'condition' and 'exact' go together: words, and what proves them")
    return TextClaim(
        entry["id"].upper(),
        printable(entry["text"]),
        tuple(map(printable, entry["sources"])),
        tuple(map(_question, entry["stated"])),
        entry["expected"],
        printable(entry.get("condition", "")),
        tuple(map(_question, entry.get("exact", ()))),
    )


def printable(text: str) -> str:
    """The text without characters that steer a terminal."""
    return "".join(char if char.isprintable() or char in "\n\t" else "�" for char in text)


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _question(text: str) -> Question:
    if found := NUMBER.fullmatch(text.strip()):
        if found["name"] not in FIGURES:
            raise BadInput(f"unknown figure {found['name']!r}: choose of {', '.join(FIGURES)}")
        return FigureQuestion(FIGURES[found["name"]], found["says"])
    if (found := ASK.fullmatch(text.strip())) and found["says"] in WORDS:
        find_property(found["name"])
        variant = found["variant"] or "rfc9293"
        find_variant(variant)
        return Ask(found["name"], variant, found["says"])
    raise BadInput(
        f"invalid question {text!r}; expected 'PROPERTY[@VARIANT] VERDICT' or 'figure NAME holds'"
    )
