"""Mermaid: one statement a line, nothing that a user's text can add, and GitHub's limits."""

import re
from dataclasses import replace

from golden_files import assert_golden
from results import EVENTFUL, LASSO, LOST, endless, hostile, shown_by
from tcpmc.checks.running.jobs import Result
from tcpmc.reports.formats.mermaid import ARROWS, CHARACTERS, mermaid
from tcpmc.reports.story import trace_of

# The statements of the grammar of sequence diagrams that we use; a text has no character that
# means anything but in an entity code.
TEXT = r"(?:[\w .,:()/=+'-]|#\w+;)+"
STATEMENT = re.compile(
    rf"sequenceDiagram|    (?:title {TEXT}|participant [AB] as {TEXT}|[AB](?:->>|-x)[AB]: {TEXT}"
    rf"|Note over (?:A|B|A,B): {TEXT}(?:<br/>{TEXT})*|loop {TEXT}|end)"
)


def statements(result: Result) -> list[str]:
    lines = mermaid(result).removesuffix("\n").split("\n")
    for line in lines:
        assert STATEMENT.fullmatch(line), line
    assert sum(line.startswith("    loop ") for line in lines) == lines.count("    end")
    return lines


def test_a_refutation_with_losses() -> None:
    statements(LOST)
    assert_golden("mermaid-graceful-close.mmd", mermaid(LOST))


def test_a_lasso_is_a_loop() -> None:
    lines = statements(LASSO)
    assert lines.index("    loop for ever") < lines.index("    end")


def test_ticks_duplicates_and_expiry() -> None:
    statements(EVENTFUL)
    assert_golden("mermaid-eventful.mmd", mermaid(EVENTFUL))


def test_hostile_text_is_text() -> None:
    lines = statements(hostile())
    assert not any("script>" in line or "forged" in line.split(":")[0] for line in lines)
    assert sum("#lt;script#gt;" in line for line in lines) >= 2


def test_a_halted_run_says_so() -> None:
    trace = replace(trace_of(LOST), loop=len(trace_of(LOST)))
    lines = statements(shown_by(trace, LOST.job.scope, LOST.job.variant.at(0)))
    assert "    loop for ever" not in lines
    assert "nothing has to happen any more" in lines[-1]


def test_a_long_trace_stays_below_the_limits_of_github() -> None:
    for times in (100, 600, 3000):
        lines = statements(endless(times))
        assert len("\n".join(lines)) < CHARACTERS
        assert sum(bool(re.match(r"    [AB]-", line)) for line in lines) <= ARROWS
        assert any(re.search(r"steps \d+ to \d+ are left out", line) for line in lines) == (
            times > 100
        )
        assert lines[-1].startswith("    Note over A,B: ")
