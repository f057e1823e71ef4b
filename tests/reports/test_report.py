"""The table of verdicts, the summary, JSON and coverage."""

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from checkout import ROOT
from golden_files import assert_golden
from tcpmc.checks.explicit.explicit_engine import ExplicitEngine
from tcpmc.checks.rule_labels import coverage, labels
from tcpmc.checks.running.jobs import ENGINES, Job, Outcome, Result, grouped, select
from tcpmc.checks.running.run import run
from tcpmc.checks.verdict import Answer, Verdict
from tcpmc.model import PROPERTIES, SCOPES, VARIANTS, Model, Scope
from tcpmc.reports.report import report, summary
from tcpmc.reports.scope_arguments import as_options
from tcpmc.reports.verdict_json import as_json

TIGHT = SCOPES["small"].with_(capacity=1)
SCHEMA = ROOT / "docs" / "verdicts.schema.json"


@pytest.fixture(scope="module")
def catalogue() -> Outcome:
    return run(select([], [], TIGHT, ["explicit"]))


def answered(name: str, *words: str, variant: str = "rfc9293", method: str = "told") -> Result:
    """A result with these answers, and no trace."""
    job = Job(PROPERTIES[name], VARIANTS[variant], variant, SCOPES["default"], ENGINES)
    answers = zip(("explicit", "z3"), (Answer(word, method) for word in words), strict=False)
    return Result(job, Verdict(job.prop, job.variant, job.scope, dict(answers)))


def told(*results: Result) -> str:
    return report(Outcome([*results]))


def test_report_of_a_few() -> None:
    names = ["closing", "no-deadlock", "graceful-close", "2msl-tight"]
    outcome = run(select(names, ["rfc9293", "no-time-wait"], TIGHT, ["explicit"]))
    assert_golden("report.txt", report(outcome))


def test_report_with_the_traces() -> None:
    outcome = run(select(["established", "synchronized"], [], TIGHT, ["explicit"]))
    assert_golden("report-traces.txt", report(outcome, traces=True))


@pytest.mark.exhaustive
def test_results_are_in_catalogue_order(catalogue: Outcome) -> None:
    order = list(PROPERTIES)
    places = [order.index(result.job.prop.name) for result in catalogue.results]
    assert places == sorted(places)


@pytest.mark.exhaustive
@pytest.mark.parametrize("width", [None, 80, 60, 40])
def test_no_line_is_wider_than_the_screen(catalogue: Outcome, width: int | None) -> None:
    for line in report(catalogue, width).splitlines():
        assert len(line) <= (width or 80)
        assert line == line.rstrip()


def test_every_assumption_and_scope_is_printed_once(catalogue: Outcome) -> None:
    text = " ".join(report(catalogue).split())
    for result in catalogue.results:
        for assumption in result.job.prop.assumptions:
            assert text.count(f" {assumption} ") == 1
    assert text.count("scope small: bag channel, 1 in flight each way") == 1


def test_what_is_not_as_expected_is_marked() -> None:
    text = told(answered("closing", "UNREACHABLE"))
    assert "\n! UNREACHABLE  closing" in text
    assert "(expected WITNESS)" in text
    assert "0 of 1 verdicts as expected." in text
    assert "Exit code 1: some verdict is not the expected one." in text


def test_engines_that_disagree_are_both_shown() -> None:
    text = told(answered("synchronized", "PROVED", "REFUTED"))
    assert "explicit PROVED; z3 REFUTED" in text
    assert "Exit code 4" in text


def test_a_vacuous_property_is_named() -> None:
    text = told(answered("synchronized", "VACUOUS"))
    assert "Vacuous, the premise never happens: synchronized." in text


def test_what_is_inconclusive_says_what_to_do() -> None:
    text = told(answered("synchronized", "INCONCLUSIVE", method="timeout of 3 s: not begun"))
    assert "timeout of 3 s: not begun" in " ".join(text.split())
    assert "raise --timeout" in text
    assert "Exit code 3" in text


def test_an_interrupted_run_is_no_success() -> None:
    outcome = Outcome([answered("closing", "WITNESS")], reason="interrupted")
    assert outcome.exit_code == 3
    assert "The run ended early: interrupted." in summary(outcome)


def test_a_variant_without_expected_verdicts_is_compared_with_the_rfc() -> None:
    text = told(answered("closing", "UNREACHABLE", variant="rfc1337"))
    assert "closing UNREACHABLE (there WITNESS)" in " ".join(text.split())
    assert "Exit code" not in text


def test_json_follows_its_schema(catalogue: Outcome) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    covered = replace(catalogue, coverage=coverage({VARIANTS["rfc9293"]}, catalogue.rules))
    document: dict[str, Any] = json.loads(as_json(covered))
    jsonschema.validate(document, schema)
    assert len(document["results"]) == len(catalogue.results)
    lemma = Outcome([answered("lemma-closed-forgets", "PROVED")])
    jsonschema.validate(json.loads(as_json(lemma)), schema)


def test_json_of_a_trace() -> None:
    outcome = run(select(["established"], [], TIGHT, ["explicit"]))
    (result,) = json.loads(as_json(outcome))["results"]
    assert result["verdict"] == result["expected"] == "WITNESS"
    assert result["as_expected"] is True
    assert result["engines"]["explicit"]["verdict"] == "WITNESS"
    steps = result["trace"]["steps"]
    assert [step["event"] for step in steps[:3]] == ["passive OPEN", "active OPEN", "deliver"]
    assert steps[1]["sends"] == [{"seq": 100, "ack": None, "length": 0, "controls": ["SYN"]}]
    assert steps[2]["state"]["B"]["state"] == "SYN-RECEIVED"
    assert result["trace"]["initial"]["A"]["state"] == "CLOSED"


def test_the_command_of_a_result_names_what_differs() -> None:
    assert as_options(SCOPES["default"]) == []
    scope = SCOPES["small"].with_(loss="none", duplication=False, retransmissions=2)
    words = "--scope small --loss none --no-duplication --retransmissions 2"
    assert " ".join(as_options(scope)) == words
    assert as_options(scope.with_(retransmissions=None))[-1] == "--no-duplication"


def test_jobs_on_the_same_variant_and_scope_share_a_graph() -> None:
    jobs = select(["closing", "graceful-close", "2msl-tight"], ["rfc9293", "no-time-wait"], TIGHT)
    groups = grouped(jobs)
    assert [(group.variant.name, len(group.jobs)) for group in groups] == [
        ("rfc9293", 2),
        ("no-time-wait", 2),
        ("rfc9293", 1),
        ("no-time-wait", 1),
    ]


@pytest.mark.exhaustive
@pytest.mark.parametrize("variant", VARIANTS)
def test_every_label_that_is_reached_is_one_that_the_source_has(variant: str) -> None:
    scope = Scope("test", capacity=1, data=1, aborts=True, retransmissions=1)
    engine = ExplicitEngine(Model(VARIANTS[variant], scope))
    engine.decide([PROPERTIES["close-completes"]])
    found = coverage({VARIANTS[variant]}, engine.table.rules)
    known = labels(VARIANTS[variant])
    for label in found["reached"]:
        written = label.removesuffix(" skipped")
        assert written in known or any("..." in one for one in known), label
    assert not set(found["reached"]) & set(found["not_reached"])
    assert len(found["reached"]) > 30
