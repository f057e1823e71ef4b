"""What `tcpmc explain` says of states, rules and properties."""

import json
from dataclasses import replace

import pytest

from golden_files import assert_golden
from schemas_of_ours import schema
from tcpmc.checks.explicit.reach import follows, run_to_rule
from tcpmc.checks.rule_labels import labels
from tcpmc.errors import BadInput
from tcpmc.model import PROPERTIES, RFC9293, VARIANTS, Host, Segment, State, Step, Tcb, Variant
from tcpmc.studies.explain.explain import Explained, explain
from tcpmc.studies.explain.explained import as_json, as_text
from tcpmc.studies.explain.meanings import MEANINGS

RFC = VARIANTS["rfc9293"]
# What leads from state to state is found by symbolic execution, and a run by exploration.
pytestmark = pytest.mark.exhaustive


def about(name: str, variant: str = "rfc9293") -> Explained:
    return explain(name, VARIANTS[variant])


@pytest.mark.parametrize("state", State, ids=str)
def test_every_state_has_a_meaning_ways_in_and_out_and_a_trace_that_ends_in_it(
    state: State,
) -> None:
    found = about(str(state))
    for part in ("means", "must act", "entered", "left", "in ss", "properties"):
        assert all(found.parts[part]) and found.parts[part]
    assert "RFC 9293, 3.3.2" in found.citation
    assert found.run is not None
    *before, last = found.run.trace.states
    assert any(end.state == state for end in last.ends)
    assert not any(end.state == state for system in before for end in system.ends)


def test_close_wait() -> None:
    assert_golden("explain-close-wait.txt", as_text(about("TCP_CLOSE_WAIT")))


def test_a_state_that_a_variant_does_not_have() -> None:
    found = about("TIME-WAIT", "no-time-wait")
    assert found.run is None
    assert found.parts["entered"] == []
    assert "No trace: no run in scope default comes to it." in as_text(found)


def test_the_properties_of_a_state_are_those_that_name_it() -> None:
    named = [text.partition(":")[0] for text in about("LAST-ACK").parts["properties"]]
    assert named[:3] == ["peer-leaves-last-ack", "2msl-sufficient", "2msl-last-ack-lost"]
    assert "last-ack-passive-closer" in named and "closing" not in named
    told = about("CLOSE-WAIT").parts["properties"]
    assert "close-wait-left: CLOSE-WAIT is left, if the user closes" in told
    assert all("CLOSE-WAIT" in text for text in told)


def test_a_section_has_its_labels_its_function_and_a_trace() -> None:
    assert_golden("explain-eighth.txt", _without_lines(as_text(about("3.10.7.4 eighth"))))


def _without_lines(text: str) -> str:
    """The text without numbers of source lines."""
    return "\n".join(line.partition(".py:")[0] for line in text.split("\n"))


def test_a_rule_by_its_whole_label_and_with_what_is_filled_in() -> None:
    found = about("3.10.7.4 eighth: FIN, CLOSING")
    assert found.parts["labels"] == ["3.10.7.4 eighth: FIN, CLOSING"]
    assert found.parts["in this trace"][0] == "FIN-WAIT-1 becomes CLOSING"
    assert found.run is not None and found.run.trace.steps[-1] is not None
    assert "3.10.7.4 eighth: FIN, CLOSING" in found.run.trace.steps[-1].rule
    filled = about("3.10.7.4 eighth: FIN, remain in LAST-ACK")
    assert filled.parts["labels"] == ["3.10.7.4 eighth: FIN, remain in ..."]


def test_who_acts_is_whoever_brings_the_last_step_about() -> None:
    assert about("3.10.4: CLOSE in ESTABLISHED").parts["must act"] == ["The user, by CLOSE."]
    expires = about("3.10.8: TIME-WAIT expires").parts["must act"]
    assert expires == ["Nobody: the TIME-WAIT timeout does."]
    assert about("3.10.7.2 third").parts["must act"] == ["The peer, by the segment that arrives."]


@pytest.mark.parametrize("name", ["3.10.7", "3.10.7.4", "3.10.7.4 first", "3.10.8", "rfc 1337 f1"])
def test_a_section_is_the_labels_that_begin_so(name: str) -> None:
    found = about(name).parts["labels"]
    assert found == sorted(
        label
        for label in labels(RFC)
        if label.lower().startswith((f"{name}:", f"{name} ", f"{name}."))
    )
    assert found


@pytest.mark.parametrize("name", PROPERTIES)
def test_every_property_that_is_no_state(name: str) -> None:
    found = about(name)
    if found.kind == "state":
        assert name in ("closing", "established")
        assert any(text.startswith(f"{name}: ") for text in found.parts["properties"])
    else:
        assert found.parts["decide it"] == [f"tcpmc check {name}"]
        assert PROPERTIES[name].meaning in found.parts["means"][0]


def test_json_has_the_same_parts_and_the_trace() -> None:
    found = json.loads(as_json(about("close-wait")))
    schema("explanation.schema.json").validate(found)
    assert (found["schema"], found["kind"]) == ("tcpmc/explanation/1", "state")
    assert found["must_act"] == [MEANINGS[State.CLOSE_WAIT].acts]
    assert found["trace"]["steps"][-1]["state"]["A"]["state"] == "CLOSE-WAIT"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("CLOSEWIAT", "nearest: CLOSE-WAIT"),
        ("graceful-clos", "nearest: graceful-close"),
        ("3.10.7.4 ninth", "nearest: 3.10.7.4"),
        ("", r"'' is no state, property, rule or section \(see"),
        ("3.10.7.4 eig", "is no state"),
        ("\n::error::", r"'\\n::error::' is no state"),
    ],
)
def test_what_there_is_not(name: str, told: str) -> None:
    with pytest.raises(BadInput, match=told):
        about(name)


def hostile_fin(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """A label <b>and</b> a docstring\x1b[31m from somewhere."""
    step = RFC9293.check_fin(host, tcb, seg)
    return replace(step, rules=("mine: <script> \x1b[31m ::error:: \u202e",)) if seg.FIN else step


@pytest.mark.parametrize("name", ["3.10.1", "3.10.3: refused", "graceful-close"])
def test_json_of_rules_and_properties_is_what_its_schema_says(name: str) -> None:
    schema("explanation.schema.json").validate(json.loads(as_json(about(name))))


def test_hostile_labels_are_shown_as_text() -> None:
    variant = Variant("mine", rules=replace(RFC9293, check_fin=hostile_fin))
    told = as_text(explain("mine", variant))
    assert "mine: <script> �[31m ::error:: �" in told
    assert "A label <b>and</b> a docstring�[31m" in told
    assert all(char == "\n" or char.isprintable() for char in told)


@pytest.mark.parametrize(
    "label",
    [
        "3.10.2: queued text sent",
        "3.10.5: ABORT sends RST",
        "3.10.7.1: no connection, RST sent",
        "3.10.7.3 second: reset",
        "3.10.7.4 seventh: text delivered",
        "3.10.8: user timeout",
        "3.10.7.4 fourth: SYN, challenge ACK",
    ],
)
def test_a_run_to_a_rule_follows_it_in_its_last_step_only(label: str) -> None:
    run = run_to_rule(RFC, {label})
    assert run is not None
    rules = [step.rules for step in run.trace.steps if step is not None]
    assert [follows(rule, {label}) for rule in rules] == [False] * (len(rules) - 1) + [True]


def test_a_rule_of_another_profile_is_not_come_to() -> None:
    found = about("two-way handshake: SYN establishes")
    assert "No trace: no run comes to it in the scopes tried (--scope small;" in as_text(found)
    assert about("two-way handshake", "two-way-handshake").run is not None


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("3.6.1 MAY-2", "check_reopening"),
        ("RFC 7323 5.3 R1", "check_timestamp"),
        ("Linux tcp_tw_reuse", "reuse"),
    ],
)
def test_a_label_beside_the_rfcs_own_sections_is_explained(name: str, function: str) -> None:
    written = explain(name, VARIANTS["linux"]).parts["written in"]
    assert any(place.startswith(f"{function}, ") for place in written)


def test_every_label_that_a_trace_can_print_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    """All but the trace, which other tests look for."""
    monkeypatch.setattr("tcpmc.studies.explain.explain.run_to_rule", lambda variant, labels: None)
    written_by = {label: variant for variant in VARIANTS.values() for label in labels(variant)}
    filled_in = {label: label.replace("...", "FIN-WAIT-2") for label in written_by}
    found = {label: explain(filled_in[label], written_by[label]) for label in written_by}
    told = {label: one.parts["means"] and one.parts["written in"] for label, one in found.items()}
    assert [label for label in told if not told[label]] == []
