"""SARIF, held against its schema; locations are lines that a reader can open."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from checkout import TESTS
from results import LASSO, LOST, STACK, TIGHT, found, hostile, unexpected
from tcpmc.checks.running.jobs import Outcome, Result, select, with_expectations_of
from tcpmc.checks.running.run import run
from tcpmc.checks.verdict import Answer
from tcpmc.reports.formats.sarif import plain, sarif
from tcpmc.reports.places import blamed, places

SCHEMA = json.loads((TESTS / "schemas" / "sarif-2.1.0-rtm.4.json").read_text(encoding="utf-8"))


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    Path("src").mkdir()
    Path("src/my stack.py").write_text(STACK, encoding="utf-8")
    return "src/my stack.py"


def checked(stack: str, *names: str) -> Outcome:
    return run(with_expectations_of(select(names, [stack], TIGHT, ["explicit"]), "rfc9293"))


def log(outcome: Outcome) -> dict[str, Any]:
    document = json.loads(sarif(outcome))
    jsonschema.Draft4Validator(SCHEMA).validate(document)
    (only,) = document["runs"]
    assert isinstance(only, dict)
    return only


def test_what_is_as_expected_is_a_rule_and_no_result() -> None:
    told = log(Outcome([LOST, found("closing")]))
    assert [rule["id"] for rule in told["tool"]["driver"]["rules"]] == ["graceful-close", "closing"]
    assert told["results"] == []


def test_a_refuted_property_is_an_error_at_the_line_of_the_users_rule(stack: str) -> None:
    (result,) = log(checked(stack, "graceful-close"))["results"]
    assert (result["ruleId"], result["level"]) == ("graceful-close", "error")
    (place,) = result["locations"]
    physical = place["physicalLocation"]
    assert physical["artifactLocation"] == {"uri": "src/my%20stack.py", "uriBaseId": "%SRCROOT%"}
    assert STACK.splitlines()[physical["region"]["startLine"] - 1].startswith("    return replace")
    assert place["logicalLocations"] == [{"name": "check_fin", "kind": "function"}]


def test_the_steps_of_the_trace_are_the_code_flow(stack: str) -> None:
    outcome = checked(stack, "graceful-close")
    (result,) = log(outcome)["results"]
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    trace = outcome.results[0].verdict.trace
    assert trace is not None and len(steps) == len(trace)
    assert steps[0]["location"]["message"]["text"].startswith("1. passive OPEN at B; 3.10.1: ")
    uris = {s["location"]["physicalLocation"]["artifactLocation"]["uri"] for s in steps}
    assert uris == {
        "model/endpoint/user_calls.py",
        "model/endpoint/segment_arrives.py",
        "model/endpoint/timeouts.py",
        "src/my%20stack.py",
    }


def test_a_verdict_without_a_trace_is_at_the_variant(stack: str) -> None:
    result = unexpected(checked(stack, "synchronized").results[0])
    (told,) = log(Outcome([result]))["results"]
    line = told["locations"][0]["physicalLocation"]["region"]["startLine"]
    assert STACK.splitlines()[line - 1].startswith('variant = Variant("mine"')
    assert "codeFlows" not in told


def test_the_line_of_a_built_in_variant_is_that_of_its_last_rule() -> None:
    place = blamed(LOST)
    line = Path(place.file).read_text(encoding="utf-8").splitlines()[place.line - 1]
    assert '"3.10.7.4 second: reset"' in line


def test_every_label_of_a_trace_has_a_place() -> None:
    for result in (LOST, LASSO, found("closing"), found("established")):
        trace = result.verdict.trace
        assert trace is not None
        for step, labels in zip(trace.steps, places(result), strict=True):
            assert [*labels] == ([] if step is None else step.rule.split(" + "))


def test_what_is_not_settled_is_a_warning_and_what_only_differs_a_note(stack: str) -> None:
    first = checked(stack, "graceful-close").results[0]
    stopped = replace(first.verdict, answers={"explicit": Answer("INCONCLUSIVE", "timeout")})
    judged_by_nobody = replace(first.verdict, expected_override=None)
    told = log(Outcome([Result(first.job, stopped), Result(first.job, judged_by_nobody)]))
    assert [result["level"] for result in told["results"]] == ["warning", "note"]


def test_a_run_that_ended_early_says_so() -> None:
    (told,) = log(Outcome([LOST], reason="interrupted"))["invocations"]
    assert told["executionSuccessful"] is False
    assert "interrupted" in told["toolExecutionNotifications"][0]["message"]["text"]


def test_hostile_text_is_text() -> None:
    (result,) = log(Outcome([unexpected(hostile())]))["results"]
    assert result["properties"]["variant"].startswith("</text><script>")
    assert plain("[link](https://x) {0}") == r"\[link\](https://x) {{0}}"
    assert "\x1b" not in sarif(Outcome([unexpected(hostile())]))
