"""An explanation as text and as JSON: one type for what is written and for the published schema
(docs/explanation.schema.json)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType, to_builtins

from tcpmc import __version__
from tcpmc.reports.ladder import ladder
from tcpmc.reports.layout import hanging, wrapped
from tcpmc.reports.scope_arguments import as_options
from tcpmc.reports.verdict_json import dumped, trace_object
from tcpmc.reports.verdict_objects import JsonObject, TraceObject
from tcpmc.studies.explain.explain import Explained

PAGE, LADDER = 80, 100
SCHEMA: Literal["tcpmc/explanation/1"] = "tcpmc/explanation/1"


Part = list[str] | UnsetType
"""Lines of text that only some kinds of explanation have."""


class ExplanationObject(JsonObject, frozen=True, kw_only=True):
    """What a state, a rule or a property means."""

    schema: Literal["tcpmc/explanation/1"] = SCHEMA
    version: Annotated[str, Meta(description="of tcpmc")] = __version__
    name: str
    kind: Literal["state", "rule", "property", "word"]
    citation: str
    means: list[str]
    labels: Annotated[
        Part,
        Meta(description="of a rule: its labels that match; '...' stands for what is filled in"),
    ] = UNSET
    must_act: Annotated[
        Part, Meta(description="of a state and a rule: who causes the next step, or the rule's")
    ] = UNSET
    in_this_trace: Annotated[
        Part, Meta(description="of a rule: the effect of the last step of the trace")
    ] = UNSET
    ends: Annotated[Part, Meta(description="of a state: when it ends")] = UNSET
    entered: Annotated[
        Part, Meta(description="of a state: the states before it, with event and action")
    ] = UNSET
    left: Annotated[
        Part, Meta(description="of a state: the states after it, with event and action")
    ] = UNSET
    in_ss: Annotated[Part, Meta(description="of a state: what to look for in the output of ss")] = (
        UNSET
    )
    properties: Annotated[
        Part, Meta(description="of a state and a rule: the properties that mention it")
    ] = UNSET
    written_in: Annotated[Part, Meta(description="of a rule: functions and source lines")] = UNSET
    assumes: Annotated[Part, Meta(description="of a property")] = UNSET
    expected: Annotated[Part, Meta(description="of a property: the verdict on each variant")] = (
        UNSET
    )
    states: Annotated[Part, Meta(description="of a property: the states that it mentions")] = UNSET
    decide_it: Annotated[Part, Meta(description="of a property: the command")] = UNSET
    see_it: Annotated[Part, Meta(description="of a property: the commands that show a trace")] = (
        UNSET
    )
    scope: Annotated[list[str] | None, Meta(description="the options of the scope of the trace")]
    trace: Annotated[TraceObject | None, Meta(description="a shortest trace in that scope")]


def as_text(explanation: Explained, width: int | None = None) -> str:
    """The parts in at most 80 columns, or `width`, and the ladder of the run in at most 100."""
    page = min(PAGE, width or PAGE)
    heading = max(map(len, explanation.parts)) + 2
    cited = f"  ({explanation.citation})" if explanation.citation else ""
    lines = [*wrapped(explanation.name + cited, page), ""]
    for title, texts in explanation.parts.items():
        column = [line for text in texts for line in hanging(text, page - heading)]
        titles = [title] + [""] * len(column)
        lines += [f"{left:<{heading}}{line}" for left, line in zip(titles, column, strict=False)]
    run = explanation.run
    if run is not None and len(run.trace):
        steps = f"{len(run.trace)} step{'s' * (len(run.trace) != 1)}"
        scope = " ".join(as_options(run.scope)) or "--scope default"
        lines += ["", f"The shortest trace (explicit, {steps}, {scope}):"]
        lines += ladder(run.trace, min(LADDER, width or LADDER))
    elif run is not None:
        lines += ["", "Every run begins there."]
    elif explanation.no_run:
        lines += ["", *wrapped(f"No trace: {explanation.no_run}.", page)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def as_json(explanation: Explained) -> str:
    """The explanation as one JSON object, with a line feed at the end."""
    run = explanation.run
    parts: dict[str, Any] = {
        title.replace(" ", "_"): texts for title, texts in explanation.parts.items()
    }
    document = ExplanationObject(
        name=explanation.name,
        kind=explanation.kind,
        citation=explanation.citation,
        **parts,
        scope=None if run is None else as_options(run.scope),
        trace=None if run is None else trace_object(run.trace),
    )
    return dumped(to_builtins(document), indent=2)
