"""Names that tell things apart: every field is in them, and two things with one name are an error.

A formula knows a segment or a state by its name only. Two that share one are one to the solver, and
what it then proves is about another system.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields
from typing import TypeVar

from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq

T = TypeVar("T")
CONTROLS = ("SYN", "ACK", "FIN", "RST")


class SameName(Exception):
    """Two things have one name: an error of tcpmc, after which nothing is proved."""


def names_of(things: Iterable[T], name: Callable[[T], str]) -> list[str]:
    """The name of each thing. Raises SameName where two have the same."""
    named: dict[str, T] = {}
    for thing in things:
        label = name(thing)
        if label in named:
            raise SameName(f"{named[label]!r:.200} and {thing!r:.200} are both named {label}")
        named[label] = thing
    return list(named)


def segment_name(segment: Segment, number: Callable[[str, Seq], str]) -> str:
    """A segment with every field of it, as `FIN,ACK(101,301)` or `ACK(1,1,length=1,stamp=2)`: what
    is not said is zero. `number` spells a sequence number, given the name of its field."""
    parts = [number("seq", segment.seq)]
    for field in fields(segment):
        value = getattr(segment, field.name)
        if field.name == "ack" and segment.ACK:
            parts.append(number("ack", value))
        elif field.name not in ("seq", *CONTROLS) and not _zero(value):
            said = number(field.name, value) if isinstance(value, Seq) else value
            parts.append(f"{field.name}={said}")
    return f"{segment.controls}({','.join(parts)})"


def _zero(value: object) -> bool:
    value = value.value if isinstance(value, Seq) else value
    return isinstance(value, int) and value == 0
