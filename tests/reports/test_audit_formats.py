"""An audit as JUnit, SARIF and JSON, held against schemas; locations are lines of the file."""

import json
from typing import Any
from xml.etree.ElementTree import fromstring

import jsonschema
import pytest

from checkout import TESTS
from tcpmc.checks.running.loading import find_variant
from tcpmc.model.endpoint.rule_requirements import RequirementLevel

pytest.importorskip("z3")

from tcpmc.checks.audit.cases import RULES
from tcpmc.checks.audit.variant_audit import Audits, audit
from tcpmc.reports.audit import as_json, as_text
from tcpmc.reports.formats.audit_junit import junit
from tcpmc.reports.formats.audit_markdown import markdown
from tcpmc.reports.formats.audit_sarif import sarif

SCHEMA = json.loads((TESTS / "schemas" / "sarif-2.1.0-rtm.4.json").read_text(encoding="utf-8"))
STACK = """\
from dataclasses import replace

from tcpmc.model import RFC9293, State, Step, Variant


def check_reset(host, tcb, seg):
    if seg.RST and tcb.state == State.CLOSING:
        return Step("mine: RST ignored", tcb)
    return RFC9293.check_reset(host, tcb, seg)


def close(host, tcb):
    step = RFC9293.close(host, tcb)
    if tcb.state == State.FIN_WAIT_2:
        return replace(step, signals=())
    return step


variant = Variant("mine", rules=replace(RFC9293, check_reset=check_reset, close=close))
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Audits:
    path = tmp_path_factory.mktemp("stack") / "my_stack.py"
    path.write_text(STACK, encoding="utf-8")
    return Audits([audit(find_variant(str(path)), str(path))])


def test_junit_has_a_case_for_each_rule(found: Audits) -> None:
    root = fromstring(junit(found))
    cases = {case.attrib["name"]: case for case in root.iter("testcase")}
    assert set(cases) == {*RULES, "switches"}
    failed = [name for name, case in cases.items() if case.find("failure") is not None]
    assert failed == ["check_reset"]
    (suite,) = root
    assert (suite.attrib["tests"], suite.attrib["failures"]) == (str(len(cases)), "1")
    printed = cases["close"].findtext("system-out")
    assert printed is not None and "MAY 3.10.4" in printed


def test_markdown_is_a_table_with_each_row_in_full(found: Audits) -> None:
    page = markdown(found)
    table = [line for line in page.splitlines() if line.startswith("| M")]
    assert len(table) == len(found.audits[0].rows)
    assert all(line.count(" | ") == 6 for line in table)
    assert "CLOSING | segment (RST set)" in table[0]
    assert page.count("because ") == len(table)


def test_no_line_of_the_text_is_wider_than_80_columns(found: Audits) -> None:
    lines = as_text(found, 80).splitlines()
    assert max(map(len, lines)) <= 80
    labels = [line[6:16].strip() for line in lines if line.startswith("      ")]
    assert {"when", "RFC 9293", "variant", "because", "such as", "run"} <= set(labels)


def test_sarif_is_at_the_line_of_the_rule(found: Audits) -> None:
    document = json.loads(sarif(found))
    jsonschema.Draft4Validator(SCHEMA).validate(document)
    results = document["runs"][0]["results"]
    told = [(one["ruleId"], one["level"], line_of(one)) for one in results]
    assert told == [
        ("check_reset", "error", 8),
        ("check_reset", "error", 8),
        ("close", "note", 15),
    ]


def line_of(result: dict[str, Any]) -> int:
    line = result["locations"][0]["physicalLocation"]["region"]["startLine"]
    assert isinstance(line, int)
    return line


def test_json_has_the_step_and_the_run(found: Audits) -> None:
    document = json.loads(as_json(found))
    assert (document["fails"], document["level"]) == (True, "MUST")
    (one,) = document["audits"]
    first = one["differences"][0]
    assert first["states"] == ["CLOSING"]
    assert first["example"]["rfc"]["rule"] != first["example"]["variant"]["rule"]
    assert first["trace"] is None or first["trace"]["steps"]


def test_should_fails_only_where_it_is_asked_for(found: Audits) -> None:
    assert found.fails
    assert not Audits([audit(find_variant("drop-out-of-order"), "drop-out-of-order")]).fails
    warned = Audits(
        [audit(find_variant("drop-out-of-order"), "drop-out-of-order")], RequirementLevel.SHLD
    )
    assert warned.fails


def test_text_ends_with_what_it_comes_to(found: Audits) -> None:
    told = " ".join(as_text(found).split())
    assert told.endswith("PROVED for every TCB and event, 32-bit numbers)")
    assert "mine: differs from RFC 9293: 2 MUST, 1 MAY" in told
