"""The middlebox that a name or file asks for, and the stack beside whose end it stands.

The text of a stack with a middlebox is `linux+conntrack`, or `./mine.py+./box.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tcpmc.checks.own_rules.rule_guard import contained
from tcpmc.checks.running.loading import defined_in, find_named, find_variant, source_in
from tcpmc.errors import BadInput
from tcpmc.model.middleboxes.middlebox import Entry, Middlebox, Passage, Transit
from tcpmc.model.middleboxes.shipped_middleboxes import MIDDLEBOXES
from tcpmc.model.variants.shipped import VARIANTS
from tcpmc.model.variants.variant import Variant


def find_stack(text: str) -> Variant:
    """The variant of that name or file, with the middlebox that the text names beside it. Raises
    BadInput."""
    source, box = parts_of(text)
    stack = find_variant(source)
    return stack if box is None else beside(stack, find_middlebox(box))


def beside(stack: Variant, box: Middlebox) -> Variant:
    """The stack at an end beside which the middlebox stands."""
    title = f"{stack.title or stack.name}; beside it {box.title or box.name}"
    return replace(stack, name=f"{stack.name}+{box.name}", title=title, middlebox=box)


def parts_of(text: str) -> tuple[str, str | None]:
    """The name or file of the stack, and that of the middlebox, or None."""
    stack, plus, box = text.rpartition("+")
    if plus and (stack in VARIANTS or stack.endswith(".py")):
        return stack, box
    return text, None


def find_middlebox(text: str) -> Middlebox:
    """The middlebox of that name, or the one that a Python file defines. Raises BadInput."""
    if not text.endswith(".py"):
        return find_named("middlebox", MIDDLEBOXES, text)
    place, box = defined_in(text, source_in(text), "middlebox", "Middlebox(...)")
    if not isinstance(box, Middlebox):
        raise BadInput(f"{place}: `middlebox` is a {type(box).__name__}, not a Middlebox")
    for name, kind in (("name", str), ("title", str)):
        if not isinstance(getattr(box, name), kind):
            raise BadInput(f"{place}: the middlebox's {name} is not a str")
    if not box.name.isidentifier() and not box.name.replace("-", "_").isidentifier():
        raise BadInput(f"{place}: the middlebox's name {box.name!r} is not a word")
    if box.name in MIDDLEBOXES:
        raise BadInput(f"{place}: the name {box.name!r} is taken; choose another for your own")
    for name in ("sees", "forgets", "established", "is_empty"):
        if not callable(getattr(box, name)):
            raise BadInput(f"{place}: the middlebox's {name} is not a function")
    return _guarded(text, box)


def _guarded(path: str, box: Middlebox) -> Middlebox:
    """The middlebox, whose functions raise BadInput where they raise, are not pure, or return what
    they may not."""

    def sees(entry: Entry, seen: Transit) -> Passage:
        passage = _pure(path, "sees", box.sees, entry, seen)
        if not isinstance(passage, Passage):
            raise BadInput(f"{path}: sees returns a {type(passage).__name__}, not a Passage")
        _check_entry(path, "sees", passage.entry)
        return passage

    def forgets(entry: Entry) -> Entry:
        after: Entry = _pure(path, "forgets", box.forgets, entry)
        _check_entry(path, "forgets", after)
        return after

    return replace(
        box,
        sees=sees,
        forgets=forgets,
        established=lambda entry: bool(_pure(path, "established", box.established, entry)),
        is_empty=lambda entry: bool(_pure(path, "is_empty", box.is_empty, entry)),
    )


def _pure(path: str, name: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """What the function returns, twice the same. Raises BadInput."""
    first = contained(path, name, function, *arguments)
    if contained(path, name, function, *arguments) != first:
        raise BadInput(f"{path}: {name} is not pure: called again it returns something else")
    return first


def _check_entry(path: str, name: str, entry: object) -> None:
    try:
        hash(entry)
    except TypeError as error:
        raise BadInput(
            f"{path}: {name} returns an entry that cannot be remembered: {error}; use a frozen "
            "dataclass or a tuple"
        ) from error
