"""What GitHub Actions reads: annotations, and nothing else that looks like a command."""

from dataclasses import replace
from pathlib import Path

import pytest

from results import HOSTILE, LOST, STACK, TIGHT, hostile, unexpected
from tcpmc.checks.running.jobs import Outcome, Result, select, with_expectations_of
from tcpmc.checks.running.run import run
from tcpmc.checks.verdict import Answer
from tcpmc.cli.output_files import Standard
from tcpmc.cli.run_options import say
from tcpmc.reports.github import annotated
from tcpmc.reports.terminal import no_command


def test_an_unexpected_verdict_is_an_error_on_the_line_of_the_rule(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    file = tmp_path / "stack, mine.py"
    file.write_text(STACK, encoding="utf-8")
    jobs = select(["graceful-close"], [str(file)], TIGHT, ["explicit"])
    outcome = run(with_expectations_of(jobs, "rfc9293"))
    (line,) = annotated(outcome)
    number = 1 + [*STACK.splitlines()].index(
        "    return replace(step, tcb=replace(step.tcb, state=State.CLOSED))"
    )
    title = "tcpmc%3A REFUTED graceful-close on mine"
    assert line.startswith(f"::error file=stack%2C mine.py,line={number},title={title}::when both ")


def test_a_line_outside_of_the_workspace_is_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_WORKSPACE", "/nowhere")
    (line,) = annotated(Outcome([unexpected(LOST)]))
    assert line.startswith("::error title=tcpmc%3A REFUTED graceful-close on no-time-wait::")


def test_what_is_not_settled_is_a_warning_and_what_is_as_expected_nothing() -> None:
    stopped = replace(LOST.verdict, answers={"explicit": Answer("INCONCLUSIVE", "timeout: 50%\n")})
    (line,) = annotated(Outcome([LOST, Result(LOST.job, stopped)]))
    assert line.startswith("::warning ")
    assert "timeout: 50%25%0A" in line


@pytest.mark.parametrize(("count", "shown"), [(10, 10), (11, 10), (100, 10)])
def test_there_are_at_most_ten(count: int, shown: int) -> None:
    lines = annotated(Outcome([unexpected(LOST)] * count))
    assert len(lines) == shown
    assert ("more verdicts are not as expected" in lines[-1]) == (count > shown)
    if count == 100:
        assert lines[-1] == "::error title=tcpmc::91 more verdicts are not as expected"


def test_hostile_text_makes_no_line_and_no_property_of_its_own() -> None:
    (line,) = annotated(Outcome([unexpected(hostile())]))
    assert "\n" not in line and "\r" not in line
    properties = line.removeprefix("::error ").partition("::")[0]
    names = [part.partition("=")[0] for part in properties.split(",")]
    assert names in (["title"], ["file", "line", "title"])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("::error::x", ": :error::x"),
        ("a\n  ::error file=x::y", "a\n  : :error file=x::y"),
        ("a\r::debug::y", "a\r: :debug::y"),
        ("text ##[error]x", "text # #[error]x"),
        ("std::vector a::b", "std::vector a::b"),
    ],
)
def test_text_is_no_command(text: str, told: str) -> None:
    assert no_command(text) == told


def test_what_is_printed_is_no_command_on_github(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    Standard().write(HOSTILE)
    say(HOSTILE + "\n##[error]forged")
    told = capsys.readouterr()
    for line in (told.out + told.err).splitlines():
        assert not line.lstrip().startswith("::")
        assert "##[" not in line
    assert len(told.err.splitlines()) == 1
    monkeypatch.delenv("GITHUB_ACTIONS")
    Standard().write("::error::x")
    assert capsys.readouterr().out == "::error::x"
