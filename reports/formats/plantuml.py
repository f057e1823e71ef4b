"""PlantUML sequence diagrams."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tcpmc.checks.running.jobs import Result
from tcpmc.reports.formats.sequence_diagram import Language, diagram

CHARACTERS, ARROWS = 500_000, 2_000
SPECIAL = re.compile(r"[^\w .,:()=+'-]|:(?! )|(?<=[-.,_'])[-.,_']")


def plantuml(result: Result) -> str:
    """The trace of a result as a sequence diagram: states and rules as notes, a segment that is
    lost with a cross, a lasso as a loop."""
    return diagram(result, PLANTUML, CHARACTERS, ARROWS)


def escaped(text: str) -> str:
    """The text as PlantUML shows it: what could mean something to its preprocessor or to Creole,
    its markup, as a code point."""
    return SPECIAL.sub(lambda match: f"<U+{ord(match[0]):04X}>", text)


def _begin(title: str) -> list[str]:
    peers = [f'participant "TCP Peer {end}" as {end}' for end in "AB"]
    return ["@startuml", f"title {escaped(title)}", *peers]


def _arrow(sender: str, receiver: str, text: str, arrives: bool) -> str:
    return f"{sender} {'->' if arrives else '->x'} {receiver} : {escaped(text)}"


def _note(over: str, lines: Sequence[str]) -> str:
    return f"note over {over.replace(',', ', ')} : " + r"\n".join(map(escaped, lines))


PLANTUML = Language(
    begin=_begin,
    arrow=_arrow,
    note=_note,
    loop="loop for ever",
    end_of_loop="end",
    end=("@enduml",),
)
