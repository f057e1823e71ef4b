"""An explanation as text and as JSON."""

from __future__ import annotations

from tcpmc import __version__
from tcpmc.reports.ladder import ladder
from tcpmc.reports.layout import hanging, wrapped
from tcpmc.reports.scope_arguments import as_options
from tcpmc.reports.verdict_json import dumped, trace_json
from tcpmc.studies.explain.explain import Explained

PAGE, LADDER = 80, 100
SCHEMA = "tcpmc/explanation/1"


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
    document = {
        "schema": SCHEMA,
        "version": __version__,
        "name": explanation.name,
        "kind": explanation.kind,
        "citation": explanation.citation,
        **{title.replace(" ", "_"): texts for title, texts in explanation.parts.items()},
        "scope": None if run is None else as_options(run.scope),
        "trace": None if run is None else trace_json(run.trace),
    }
    return dumped(document, indent=2)
