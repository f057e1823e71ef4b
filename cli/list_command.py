"""What there is to ask and to write: for the terminal, and as pages of the reference."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from inspect import cleandoc, getdoc
from textwrap import indent
from typing import get_args, get_type_hints

from tcpmc.checks.verdict import EXIT_CODES
from tcpmc.cli.output_formats import RUN_FORMATS, TRACE_FORMATS
from tcpmc.model.endpoint.profile import Profile
from tcpmc.model.endpoint.rules import Rules
from tcpmc.model.middleboxes.shipped_middleboxes import MIDDLEBOXES
from tcpmc.model.network.scope import SCOPES
from tcpmc.model.properties.catalogue import PROPERTIES
from tcpmc.model.variants.bugs import BUGS
from tcpmc.model.variants.shipped import VARIANTS
from tcpmc.reports.layout import wrapped
from tcpmc.reports.markdown_text import escaped, prose

Entries = Iterator[tuple[str, list[str]]]


def listing(kinds: tuple[str, ...] = (), width: int = 80) -> str:
    """The lists of these kinds, in at most `width` columns."""
    sections = []
    for kind in kinds or KINDS:
        lines = [kind.upper()]
        for name, texts in LISTS[kind][1]():
            lines.append(f"  {name}")
            for text in texts:
                lines += indent("\n".join(wrapped(text, width - 6)), " " * 6).split("\n")
        sections.append("\n".join(lines))
    return "\n\n".join(sections) + "\n"


def markdown(kinds: tuple[str, ...] = ()) -> str:
    """The same as a page in Markdown: a heading for each name, so that it can be linked to."""
    blocks = []
    for kind in kinds or KINDS:
        title, entries = LISTS[kind]
        blocks.append(f"# {title}\n\nThis page is what `tcpmc list {kind} -o markdown` prints.")
        for name, texts in entries():
            blocks += [f"## {escaped(name)}", *map(prose, texts)]
    return "\n\n".join(blocks) + "\n"


def _properties() -> Entries:
    for prop in PROPERTIES.values():
        expected = ", ".join(f"{word} on {name}" for name, word in prop.expected.items())
        yield prop.name, [f"{prop.kind}: {prop.meaning} ({prop.citation})", f"expected {expected}"]


def _variants() -> Entries:
    for variant in VARIANTS.values():
        bug = BUGS.get(variant.name)
        more = [] if bug is None else [f"{bug.stack}, {bug.report}; caught by {bug.caught_by}"]
        yield variant.name, [variant.title, *more]
    yield "./FILE.py", ["your own: a Python file that defines variant = Variant(...)"]


def _middleboxes() -> Entries:
    for box in MIDDLEBOXES.values():
        yield box.name, [box.title]
    yield "./FILE.py", ["your own: a Python file that defines middlebox = Middlebox(...)"]


def _scopes() -> Entries:
    for scope in SCOPES.values():
        more = (
            f"sequence numbers of {scope.bits} bits, ISS {scope.iss[0]} and {scope.iss[1]}; "
            f"where a property turns time on: MSL {scope.msl}, TIME-WAIT {scope.time_wait}, "
            f"RTO {scope.rto} ticks"
        )
        yield scope.name, [scope.describe(), more]


def _formats() -> Entries:
    for form in RUN_FORMATS.values():
        yield form.name, [form.about]
    for form in TRACE_FORMATS.values():
        if form.name not in RUN_FORMATS:
            yield form.name, [f"one trace: {form.about}"]


def _rules() -> Entries:
    """The entries of `Rules`, each with its arguments and the labels it is written with."""
    from tcpmc.checks.rule_labels import written_in

    for field in fields(Rules):
        rule = getattr(Rules, field.name)
        arguments = ", ".join(name for name in get_type_hints(rule) if name != "return")
        labels = sorted(written_in(rule))
        more = [f"in traces: {'; '.join(labels)}"] if labels else []
        meaning = (getdoc(rule) or "").split("\n\n")[0]
        yield field.name, [" ".join(meaning.split()), f"arguments: {arguments}", *more]


def _switches() -> Entries:
    """The switches of `Profile`: their values, and what the docstring says of each."""
    types = get_type_hints(Profile)
    for name, meaning in _described(Profile).items():
        values = ", ".join(get_args(types[name])) or types[name].__name__
        yield name, [meaning, f"one of {values}" if get_args(types[name]) else values]


def _described(record: type) -> dict[str, str]:
    """The fields of a record that its docstring describes, each in a block below its name."""
    found: dict[str, str] = {}
    name = ""
    for line in cleandoc(record.__doc__ or "").splitlines():
        if line in get_type_hints(record):
            name = line
        elif name and line.startswith(" "):
            found[name] = f"{found.get(name, '')} {line.strip()}".strip()
    return found


def _exit_codes() -> Entries:
    for code, meaning in EXIT_CODES.items():
        yield str(code), [meaning]


LISTS: dict[str, tuple[str, Callable[[], Entries]]] = {
    "properties": ("The properties", _properties),
    "variants": ("The variants", _variants),
    "middleboxes": ("The middleboxes", _middleboxes),
    "scopes": ("The scopes", _scopes),
    "formats": ("The formats of results and traces", _formats),
    "rules": ("The rules that a variant can replace", _rules),
    "switches": ("The switches of a profile", _switches),
    "exit-codes": ("The exit codes", _exit_codes),
}
"""The title of each list, and its entries: a name, and a line or more about it."""
KINDS = tuple(LISTS)
