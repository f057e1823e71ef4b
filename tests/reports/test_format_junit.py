"""JUnit XML, held against the schema of the Jenkins plugin and read by an independent reader."""

from collections.abc import Sequence
from dataclasses import replace

import junitparser
import pytest
import xmlschema

from checkout import TESTS
from results import LOST, found, hostile
from tcpmc.checks.running.jobs import Job, Outcome, Result
from tcpmc.checks.verdict import Answer, Verdict
from tcpmc.model import PROPERTIES, VARIANTS
from tcpmc.reports.formats.junit import junit, legal

SCHEMA = xmlschema.XMLSchema(TESTS / "schemas" / "junit-10.xsd")


def answered(name: str, *answers: Answer, variant: str = "rfc9293") -> Result:
    job = Job(PROPERTIES[name], VARIANTS[variant], variant, LOST.job.scope, ("explicit",))
    by_engine = dict(zip(("explicit", "z3"), answers, strict=False))
    return Result(job, Verdict(job.prop, job.variant, job.scope, by_engine))


def suites(results: Sequence[Result]) -> list[junitparser.TestSuite]:
    text = junit(Outcome([*results]))
    SCHEMA.validate(text)
    return list(junitparser.JUnitXml.fromstring(text.encode()))


def case(result: Result) -> junitparser.TestCase:
    ((only,),) = map(list, suites([result]))
    assert isinstance(only, junitparser.TestCase)
    return only


def test_a_suite_a_variant_and_a_case_a_property() -> None:
    results = [found("closing"), LOST, found("graceful-close")]
    first, second = suites(results)
    assert (first.name, [one.name for one in first]) == ("rfc9293", ["closing", "graceful-close"])
    assert (second.name, [one.name for one in second]) == ("no-time-wait", ["graceful-close"])
    assert first.tests == 2 and first.failures == 0


def test_a_case_has_its_seconds_and_a_suite_their_sum() -> None:
    results = [replace(found(name), seconds=1.5) for name in ("closing", "graceful-close")]
    (suite,) = suites(results)
    assert (suite.time, [one.time for one in suite]) == (3.0, [1.5, 1.5])


def test_an_expected_verdict_passes_and_shows_its_trace() -> None:
    passed = case(LOST)
    assert passed.is_passed and passed.classname == "tcpmc.no-time-wait"
    assert "-X lost" in passed.system_out


def test_an_unexpected_verdict_fails_with_the_ladder() -> None:
    wrong = answered("graceful-close", Answer("REFUTED", "shortest trace", LOST.verdict.trace))
    (failure,) = case(wrong).result
    assert isinstance(failure, junitparser.Failure)
    assert failure.type == "REFUTED"
    assert failure.message == "REFUTED: shortest trace (expected PROVED)"
    assert "-X lost" in failure.text and "Again: tcpmc trace graceful-close" in failure.text


@pytest.mark.parametrize("word", ["INCONCLUSIVE", "HOLDS<=7"])
def test_what_is_not_settled_is_an_error(word: str) -> None:
    (error,) = case(answered("closing", Answer(word, "timeout of 1 s"))).result
    assert isinstance(error, junitparser.Error)
    assert error.type == word


def test_engines_that_disagree_fail() -> None:
    two = answered("synchronized", Answer("PROVED", "one"), Answer("REFUTED", "other"))
    (failure,) = case(two).result
    assert failure.type == "DISAGREE"


def test_hostile_text_is_text() -> None:
    (suite,) = suites([hostile()])
    assert suite.name.startswith("</text><script>alert(1)</script>")
    assert r"\x1b[31m\x00" in suite.name
    text = junit(Outcome([hostile()]))
    assert "<script>" not in text and "::error" not in text and "\x1b" not in text


@pytest.mark.parametrize("char", ["\x00", "\x08", "\x1f", "\ud800", "\ufffe", "\uffff"])
def test_what_xml_cannot_hold_is_spelled_out(char: str) -> None:
    assert legal(f"a{char}b").isascii()
    assert legal("tab\tline\nnext\U0001f600") == "tab\tline\nnext\U0001f600"
