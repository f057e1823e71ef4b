"""A stack for each end, as the command line and programs name it: `A=linux` and `B=./mine.py`.

The text of a pair is `A=linux,B=./mine.py`: it is what a `--variant` may be given, and what tells
another process which pair is asked about.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from os import PathLike, fspath

from tcpmc.checks.labels import ENDS
from tcpmc.checks.running.loading import find_variant, own_variant
from tcpmc.checks.running.middlebox_loading import find_stack, parts_of
from tcpmc.errors import BadInput
from tcpmc.model.variants.pair import StackPair, Stacks
from tcpmc.model.variants.variant import Variant

OF_AN_END = re.compile(r"(\w+)=(.*)", re.DOTALL)
BETWEEN_ENDS = re.compile(r",(?=\w+=)")

AskedStack = str | PathLike[str] | Variant
"""The name of a variant, a Python file that defines one, or the variant itself."""
AskedStacks = AskedStack | StackPair | Mapping[str, AskedStack]
"""A stack for both ends, or one for each: `{"A": "linux", "B": "lwip"}`."""


def find_stacks(text: str) -> Stacks:
    """The variant of that name or file, or the pair that the text names. Raises BadInput."""
    ends = ends_in(text)
    if not ends:
        return find_stack(text)
    stack_of = {source: find_stack(source) for source in dict.fromkeys(ends.values())}
    return _pair(*(stack_of[ends[end]] for end in ENDS))


def stacks_of(asked: AskedStacks) -> tuple[str, Stacks]:
    """What a program asks about: its name, file or text as a pair, and the stacks. Raises
    BadInput."""
    if isinstance(asked, str | PathLike):
        (source,) = joined([fspath(asked)])
        return source, find_stacks(source)
    if isinstance(asked, Mapping):
        for end in asked:
            _check_end(str(end))
        texts = {end: fspath(one) for end, one in asked.items() if isinstance(one, str | PathLike)}
        if len(texts) == len(asked):
            return stacks_of(_text(texts))
        _check_both(asked)
        asked = StackPair(*(_one(asked[end]) for end in ENDS))
    found = (
        _pair(own_variant(asked.a), own_variant(asked.b)) if isinstance(asked, StackPair) else None
    )
    stacks: Stacks = found or own_variant(asked)  # type: ignore[arg-type]
    return stacks.name, stacks


def ends_in(text: str) -> dict[str, str]:
    """The name or file for each end, where the text is of a pair; empty for a single variant.
    Raises BadInput."""
    found: dict[str, str] = {}
    if not OF_AN_END.fullmatch(text):
        return found
    for part in BETWEEN_ENDS.split(text):
        _add(found, part)
    _check_both(found)
    return found


def joined(sources: Sequence[str]) -> list[str]:
    """The names and files, one for A and one for B joined to the text of a pair, in the place of
    the first of them. Raises BadInput for an end that is missing, unknown, or named twice."""
    ends: dict[str, str] = {}
    texts: list[str] = []
    for source in sources:
        if not OF_AN_END.fullmatch(source):
            texts.append(source)
        elif BETWEEN_ENDS.search(source):
            texts.append(_text(ends_in(source)))
        else:
            texts += [""] * (not ends)
            _add(ends, source)
    if ends:
        texts[texts.index("")] = _text(ends)
    return list(dict.fromkeys(texts))


def between(source: str, boxes: Sequence[str]) -> str:
    """The text of the stacks, beside whose ends these middleboxes stand: each a name or file, and
    `@A`, `@B` (where it stands if nothing is said) or `@both`. Raises BadInput."""
    ends = ends_in(source) or dict.fromkeys(ENDS, source)
    found = dict(ends)
    for text in boxes:
        box, at, end = text.rpartition("@")
        if not at:
            box, end = text, "B"
        if end not in (*ENDS, "both"):
            raise BadInput(f"{text}: a middlebox stands at A, B or both, as {box or 'nat'}@B")
        for one in ENDS if end == "both" else (end,):
            if found[one] != ends[one]:
                raise BadInput(f"{text}: another middlebox stands beside {one} already")
            found[one] = f"{ends[one]}+{box}"
    return found["A"] if found["A"] == found["B"] else _text(found)


def files_in(text: str) -> list[str]:
    """The user's files that are named, one for each end of a pair."""
    named = [parts_of(source)[0] for source in ends_in(text).values() or [text]]
    return [source for source in dict.fromkeys(named) if source.endswith(".py")]


def with_files(text: str, change: Callable[[str], str]) -> str:
    """The text with each file in it changed."""

    def changed(source: str) -> str:
        parts = [part for part in parts_of(source) if part is not None]
        return "+".join(change(part) if part.endswith(".py") else part for part in parts)

    ends = {end: changed(source) for end, source in ends_in(text).items()}
    return _text(ends) if ends else changed(text)


def _add(ends: dict[str, str], part: str) -> None:
    end, _, source = part.partition("=")
    _check_end(end)
    if not source:
        raise BadInput(f"{part}: no variant is named for end {end}")
    if ends.get(end, source) != source:
        raise BadInput(f"end {end} is {ends[end]} and {source}: name one variant for each end")
    ends[end] = source


def _check_end(end: str) -> None:
    if end not in ENDS:
        raise BadInput(f"unknown end {end!r}: the ends are A and B, as in --variant A=linux")


def _check_both(ends: Mapping[str, object]) -> None:
    for end in ENDS:
        if end not in ends:
            raise BadInput(f"no variant for end {end}: name both, as A=linux and B=lwip")


def _text(ends: Mapping[str, str]) -> str:
    _check_both(ends)
    return ",".join(f"{end}={ends[end]}" for end in ENDS)


def _one(asked: object) -> Variant:
    if isinstance(asked, str | PathLike):
        return find_variant(fspath(asked))
    return own_variant(asked)  # type: ignore[arg-type]


def _pair(a: Variant, b: Variant) -> StackPair:
    """Raises BadInput where two variants have one name: nobody could tell the ends apart."""
    if a.name == b.name and a != b:
        raise BadInput(f"the variants of A and B differ, and both are named {a.name!r}")
    return StackPair(a, b)
