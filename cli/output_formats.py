"""The formats in which a result can be written, each in one line.

A writer is named as "module:function" and imported when it writes, so that the list costs nothing.
To add a format, add its line, in order of names, and its writer in `reports/formats/`, `diagrams/`
or `web/`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

Content = str | bytes


@dataclass(frozen=True)
class Format:
    """One format: its name on the command line, one line about it, the ending of its files and its
    writer ("" where the command has its own). `binary` content is not written to a terminal."""

    name: str
    about: str
    suffix: str
    writer: str = ""
    binary: bool = False
    streams: bool = False
    parts: tuple[str, ...] = ()

    def write(self, subject: Any) -> Content:
        """The content for an `Outcome` or `Result`."""
        return self._function()(subject)  # type: ignore[no-any-return]

    def write_parts(self, subject: Any) -> Mapping[str, Content]:
        """The content of each part; of a format in one piece, that of its only part, ""."""
        content = self._function()(subject)
        return content if self.parts else {"": content}

    def _function(self) -> Callable[[Any], Any]:
        module, _, function = self.writer.partition(":")
        return getattr(import_module(module), function)  # type: ignore[no-any-return]


def _by_name(*formats: Format) -> dict[str, Format]:
    return {form.name: form for form in formats}


# fmt: off
RUN_FORMATS = _by_name(
    Format("html", "a page for the browser, with every trace to step through", ".html", "tcpmc.web.verdict_page:html"),
    Format("json", "everything, for programs (docs/verdicts.schema.json)", ".json", "tcpmc.reports.verdict_json:as_json"),
    Format("junit", "for the test report of a CI server", ".xml", "tcpmc.reports.formats.junit:junit"),
    Format("markdown", "for a job summary or pull request on GitHub", ".md", "tcpmc.reports.formats.markdown:markdown"),
    Format("ndjson", "a line a verdict, as soon as it is there (docs/verdict.schema.json)", ".ndjson", "tcpmc.reports.verdict_json:as_line", streams=True),
    Format("sarif", "for code scanning: what is not as expected, by source line", ".sarif", "tcpmc.reports.formats.sarif:sarif"),
    Format("text", "for people, as on the terminal", ".txt", "tcpmc.reports.formats.text:run"),
)
TRACE_FORMATS = _by_name(
    Format("dot", "the ladder for Graphviz", ".dot", "tcpmc.diagrams.trace_pictures:dot"),
    Format("itf", "the Informal Trace Format of Apalache and Quint", ".itf.json", "tcpmc.reports.formats.itf:itf"),
    Format("mermaid", "a sequence diagram for Markdown on GitHub", ".mmd", "tcpmc.reports.formats.mermaid:mermaid"),
    Format("packetdrill", "a script for each end", ".pkt", "tcpmc.reports.formats.packetdrill_writer:packetdrill", parts=("-A", "-B")),
    Format("pcapng", "a capture for Wireshark", ".pcapng", "tcpmc.reports.formats.pcapng_writer:pcapng", binary=True),
    Format("pdf", "the ladder as a picture", ".pdf", "tcpmc.diagrams.trace_pictures:pdf", binary=True),
    Format("plantuml", "a sequence diagram", ".puml", "tcpmc.reports.formats.plantuml:plantuml"),
    Format("png", "the ladder as a picture", ".png", "tcpmc.diagrams.trace_pictures:png", binary=True),
    Format("rfc", "a figure in the style of RFC 9293", ".txt", "tcpmc.reports.formats.rfc:rfc"),
    Format("svg", "the ladder as a picture", ".svg", "tcpmc.diagrams.trace_pictures:svg"),
    Format("text", "for people, as on the terminal", ".txt", "tcpmc.reports.formats.text:trace"),
)
CONFORM_FORMATS = _by_name(
    Format("html", "a page for the browser, to step through by packet", ".html", "tcpmc.reports.conform.conform_html:html"),
    Format("json", "everything, for programs (docs/conform.schema.json)", ".json", "tcpmc.reports.conform.formats:json"),
    Format("junit", "for the test report of a CI server", ".xml", "tcpmc.reports.conform.formats:junit"),
    Format("markdown", "for a job summary, pull request or issue on GitHub", ".md", "tcpmc.reports.conform.formats:markdown"),
    Format("mermaid", "a sequence diagram for Markdown on GitHub", ".mmd", "tcpmc.reports.conform.formats:mermaid"),
    Format("packetdrill", "a script of the end that deviates, up to there", ".pkt", "tcpmc.reports.conform.conform_packetdrill:packetdrill"),
    Format("pcapng", "the capture with states and rules as comments, for Wireshark", ".pcapng", "tcpmc.reports.conform.formats:pcapng", binary=True),
    Format("sarif", "for code scanning: what breaks a rule", ".sarif", "tcpmc.reports.conform.formats:sarif"),
    Format("svg", "the ladder of the first connection as a picture", ".svg", "tcpmc.diagrams.capture_ladder:svg"),
    Format("text", "for people, as on the terminal", ".txt", "tcpmc.reports.conform.formats:text"),
)
AUDIT_FORMATS = _by_name(
    Format("json", "everything, for programs", ".json", "tcpmc.reports.audit:as_json"),
    Format("junit", "a case for each rule of 3.10, for the test report of a CI server", ".xml", "tcpmc.reports.formats.audit_junit:junit"),
    Format("markdown", "a table, for the job summary or a pull request of GitHub", ".md", "tcpmc.reports.formats.audit_markdown:markdown"),
    Format("sarif", "for code scanning: each difference at its source line", ".sarif", "tcpmc.reports.formats.audit_sarif:sarif"),
    Format("smt2", "the proof, for another solver: each check has to be unsat", ".smt2", "tcpmc.checks.audit.certificate:certificate"),
    Format("text", "for people, as on the terminal", ".txt", "tcpmc.reports.formats.text:audited"),
)
DRIVE_FORMATS = _by_name(
    Format("json", "everything, for programs", ".json", "tcpmc.reports.drive.drive_formats:json"),
    Format("junit", "a case for each state and kind of event, for a CI server", ".xml", "tcpmc.reports.drive.drive_formats:junit"),
    Format("markdown", "a page, with what is known of each difference", ".md", "tcpmc.reports.drive.drive_page:markdown"),
    Format("pcapng", "the packets of what differs, for Wireshark", ".pcapng", "tcpmc.reports.drive.drive_formats:pcapng", binary=True),
    Format("sarif", "for code scanning: each way of differing", ".sarif", "tcpmc.reports.drive.drive_formats:sarif"),
    Format("text", "for people, as on the terminal", ".txt", "tcpmc.reports.drive.drive_text:text"),
)
SUITE_FORMATS = _by_name(
    Format("json", "everything, for programs", ".json", "tcpmc.reports.suite.suite_formats:json"),
    Format("junit", "a case for each script, for a CI server", ".xml", "tcpmc.reports.suite.suite_formats:junit"),
    Format("markdown", "a page, for a job summary", ".md", "tcpmc.reports.suite.suite_formats:markdown"),
    Format("sarif", "for code scanning: each fault at its line of the script", ".sarif", "tcpmc.reports.suite.suite_formats:sarif"),
    Format("text", "for people, as on the terminal", ".txt", "tcpmc.reports.suite.suite_text:text"),
)
LEARN_FORMATS = _by_name(
    Format("dot", "the machine for Graphviz", ".dot", "tcpmc.reports.drive.learn_text:dot"),
    Format("text", "for people, as on the terminal", ".txt", "tcpmc.reports.drive.learn_text:text"),
)
REPLAY_FORMATS = _by_name(
    Format("json", "everything, for programs", ".json", "tcpmc.reports.drive.replay_text:json"),
    Format("pcapng", "what the stacks sent, for Wireshark", ".pcapng", "tcpmc.reports.drive.replay_text:pcapng", binary=True),
    Format("text", "for people, as on the terminal", ".txt", "tcpmc.reports.drive.replay_text:text"),
)
CLAIM_FORMATS = _by_name(
    Format("json", "everything, for programs", ".json"),
    Format("markdown", "a page with diagrams, for GitHub", ".md"),
    Format("text", "for people, as on the terminal", ".txt"),
)
GRAPH_FORMATS = _by_name(
    Format("gexf", "the graph for Gephi", ".gexf"),
    Format("graphml", "the graph for Gephi, yEd and networkx", ".graphml"),
    Format("json", "the graph for networkx.node_link_graph", ".json"),
)
STUDY_FORMATS = _by_name(
    Format("json", "everything, for programs", ".json"),
    Format("text", "for people, as on the terminal", ".txt"),
)
MATRIX_FORMATS = _by_name(
    Format("json", "everything, for programs", ".json"),
    Format("markdown", "a table, for GitHub", ".md"),
    Format("svg", "a picture", ".svg"),
    Format("text", "for people, as on the terminal", ".txt"),
)
PROOF_FORMATS = _by_name(
    Format("smt2", "the proof, for `tcpmc verify` and other solvers", ".smt2"),
    Format("text", "for people, as on the terminal", ".txt"),
)
LIST_FORMATS = _by_name(
    Format("markdown", "a page with a heading for each name", ".md"),
    Format("text", "for people, as on the terminal", ".txt"),
)
TEXT_FORMATS = _by_name(Format("text", "for people, as on the terminal", ".txt"))
PICTURE_FORMATS = _by_name(
    Format("dot", "for Graphviz", ".dot", "tcpmc.diagrams.render:dot"),
    Format("pdf", "a picture", ".pdf", "tcpmc.diagrams.render:pdf", binary=True),
    Format("png", "a picture", ".png", "tcpmc.diagrams.render:png", binary=True),
    Format("svg", "a picture", ".svg", "tcpmc.diagrams.render:svg"),
)
TIMED_PICTURE_FORMATS = _by_name(Format("svg", "a picture, time to scale", ".svg"))
# fmt: on
ALL_FORMATS = {**RUN_FORMATS, **TRACE_FORMATS}
"""What one trace can be written in: its own formats, and those of a run, as a run of one result."""
