"""Mermaid sequence diagrams, which GitHub and GitLab draw in Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tcpmc.checks.running.jobs import Result
from tcpmc.reports.formats.sequence_diagram import Language, diagram

CHARACTERS, ARROWS = 50_000, 500
"""What GitHub draws: `maxTextSize` and `maxEdges` of Mermaid as it is delivered."""

NAMED = {"<": "#lt;", ">": "#gt;", "&": "#amp;", '"': "#quot;"}
SPECIAL = re.compile(r"[^\w .,:()/=+'-]")


def mermaid(result: Result) -> str:
    """The trace of a result as a sequence diagram: states and rules as notes, a segment that is
    lost with a cross, a lasso as a loop. Below GitHub's limits: steps in the middle of a longer
    one are left out."""
    return diagram(result, MERMAID, CHARACTERS, ARROWS)


def escaped(text: str) -> str:
    """The text as Mermaid shows it: whatever could mean something to it as an entity code."""
    return SPECIAL.sub(lambda match: NAMED.get(match[0], f"#{ord(match[0])};"), text)


def _begin(title: str) -> list[str]:
    peers = [f"    participant {end} as TCP Peer {end}" for end in "AB"]
    return ["sequenceDiagram", f"    title {escaped(title)}", *peers]


def _arrow(sender: str, receiver: str, text: str, arrives: bool) -> str:
    return f"    {sender}{'->>' if arrives else '-x'}{receiver}: {escaped(text)}"


def _note(over: str, lines: Sequence[str]) -> str:
    return f"    Note over {over}: {'<br/>'.join(map(escaped, lines))}"


MERMAID = Language(
    begin=_begin, arrow=_arrow, note=_note, loop="    loop for ever", end_of_loop="    end"
)
