"""The default screen: its sentences follow from the verdicts, and it fits a small terminal."""

from collections.abc import Mapping

import pytest

from results import found
from tcpmc.checks.running.jobs import ENGINES, Job, Outcome, Result
from tcpmc.checks.verdict import Answer, Verdict
from tcpmc.model import PROPERTIES, SCOPES, VARIANTS
from tcpmc.reports.screen import screen

EXPECTED = {
    ("closing", "rfc9293"): "WITNESS",
    ("closing-only-simultaneous", "rfc9293"): "PROVED",
    ("no-deadlock", "no-time-wait"): "PROVED",
    ("graceful-close", "no-time-wait"): "REFUTED",
    ("no-deadlock", "no-time-wait-silent"): "REFUTED",
    ("2msl-sufficient", "rfc9293"): "PROVED",
    ("2msl-tight", "rfc9293"): "WITNESS",
    ("2msl-last-ack-lost", "rfc9293"): "WITNESS",
}


def outcome(words: Mapping[tuple[str, str], str]) -> Outcome:
    results = []
    for (name, variant), word in words.items():
        job = Job(PROPERTIES[name], VARIANTS[variant], variant, SCOPES["default"], ENGINES)
        answers = {"explicit": Answer(word, "told")}
        results.append(Result(job, Verdict(job.prop, job.variant, job.scope, answers)))
    return Outcome(results)


def shown(changed: Mapping[tuple[str, str], str] | None = None) -> str:
    return " ".join(screen(outcome(EXPECTED | dict(changed or {}))).split())


def test_the_three_questions_are_answered() -> None:
    text = shown()
    assert "Can an end come to CLOSING? Yes, and only when each end sent its FIN before" in text
    assert "Does a connection deadlock without TIME-WAIT? No: every run" in text
    assert "Are 2 MSL of TIME-WAIT enough? Yes, if no bare ACK is lost; less than 2 MSL" in text


@pytest.mark.parametrize(
    ("asked", "word", "sentence"),
    [
        (("closing", "rfc9293"), "UNREACHABLE", "No: no run comes to it"),
        (("closing", "rfc9293"), "INCONCLUSIVE", "Not decided"),
        (("closing-only-simultaneous", "rfc9293"), "REFUTED", "even when no FINs crossed"),
        (("no-deadlock", "no-time-wait"), "REFUTED", "without TIME-WAIT? Yes"),
        (("no-deadlock", "no-time-wait"), "DISAGREE", "without TIME-WAIT? Not decided"),
        (("graceful-close", "no-time-wait"), "PROVED", "no connection is cut short"),
        (("2msl-sufficient", "rfc9293"), "REFUTED", "enough? No, not even if"),
        (("2msl-tight", "rfc9293"), "UNREACHABLE", "less would do"),
        (("2msl-last-ack-lost", "rfc9293"), "UNREACHABLE", "Also if the last ACK is lost"),
    ],
)
def test_another_verdict_gives_another_sentence(
    asked: tuple[str, str], word: str, sentence: str
) -> None:
    assert sentence not in shown()
    assert sentence in shown({asked: word})


def test_what_is_not_as_expected_comes_first() -> None:
    lines = screen(outcome(EXPECTED | {("closing", "rfc9293"): "UNREACHABLE"})).splitlines()
    assert lines[0].startswith("! UNREACHABLE  closing on rfc9293: told (expected WITNESS)")
    assert sum(line.startswith("!") for line in lines) == 1


def test_a_trace_names_its_length_and_its_command() -> None:
    text = screen(Outcome([found("closing")]))
    assert "Yes, after " in text and "$ tcpmc trace closing" in text


def test_of_another_stack_the_questions_are_about_it() -> None:
    words = {("closing", "linux"): "WITNESS", ("no-deadlock", "linux"): "PROVED"}
    text = screen(outcome(words))
    assert "Can an end come to CLOSING? (linux)" in text
    assert "Does a connection deadlock? (linux)" in text
    assert "2 MSL" not in text


def test_a_question_that_was_not_asked_is_not_answered() -> None:
    assert "CLOSING" not in screen(outcome({("2msl-tight", "rfc9293"): "WITNESS"}))


@pytest.mark.parametrize("width", [None, 80, 50])
def test_it_fits(width: int | None) -> None:
    lines = screen(outcome(EXPECTED), width).splitlines()
    assert max(map(len, lines)) <= (width or 80)
    assert width == 50 or len(lines) <= 24
