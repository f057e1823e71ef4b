"""What there is to ask and to write: as `tcpmc list` prints it."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import indent

from tcpmc.cli.output_formats import RUN_FORMATS, TRACE_FORMATS
from tcpmc.model.network.scope import SCOPES
from tcpmc.model.properties.catalogue import PROPERTIES
from tcpmc.model.variants.bugs import BUGS
from tcpmc.model.variants.shipped import VARIANTS
from tcpmc.reports.layout import wrapped

KINDS = ("properties", "variants", "scopes", "formats")


def listing(kinds: tuple[str, ...] = KINDS, width: int = 80) -> str:
    """The lists of these kinds, in at most `width` columns."""
    parts = {
        "properties": _properties,
        "variants": _variants,
        "scopes": _scopes,
        "formats": _formats,
    }
    sections = []
    for kind in kinds:
        lines = [kind.upper()]
        for name, texts in parts[kind]():
            lines.append(f"  {name}")
            for text in texts:
                lines += indent("\n".join(wrapped(text, width - 6)), " " * 6).split("\n")
        sections.append("\n".join(lines))
    return "\n\n".join(sections) + "\n"


def _properties() -> Iterator[tuple[str, list[str]]]:
    for prop in PROPERTIES.values():
        expected = ", ".join(f"{word} on {name}" for name, word in prop.expected.items())
        yield prop.name, [f"{prop.kind}: {prop.meaning} ({prop.citation})", f"expected {expected}"]


def _variants() -> Iterator[tuple[str, list[str]]]:
    for variant in VARIANTS.values():
        bug = BUGS.get(variant.name)
        more = [] if bug is None else [f"{bug.stack}, {bug.report}; caught by {bug.caught_by}"]
        yield variant.name, [variant.title, *more]
    yield "./FILE.py", ["your own: a Python file that defines variant = Variant(...)"]


def _scopes() -> Iterator[tuple[str, list[str]]]:
    for scope in SCOPES.values():
        more = (
            f"sequence numbers of {scope.bits} bits, ISS {scope.iss[0]} and {scope.iss[1]}; "
            f"where a property turns time on: MSL {scope.msl}, TIME-WAIT {scope.time_wait}, "
            f"RTO {scope.rto} ticks"
        )
        yield scope.name, [scope.describe(), more]


def _formats() -> Iterator[tuple[str, list[str]]]:
    for form in RUN_FORMATS.values():
        yield form.name, [form.about]
    for form in TRACE_FORMATS.values():
        if form.name not in RUN_FORMATS:
            yield form.name, [f"one trace: {form.about}"]
