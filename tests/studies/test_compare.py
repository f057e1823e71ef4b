"""Two variants compared: rules, switches, state changes and verdicts, each with its trace."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from results import LOST, found, unexpected
from tcpmc.checks.running.jobs import Outcome, select
from tcpmc.checks.running.run import run
from tcpmc.checks.statespace import Graph
from tcpmc.checks.trace import Trace
from tcpmc.checks.verdict import Answer
from tcpmc.model import RFC9293, SCOPES, VARIANTS, Host, Profile, State, Step, Tcb, Variant
from tcpmc.reports.story import trace_of
from tcpmc.studies.compare import Difference, Side, _verdicts, differences, explored, same
from tcpmc.studies.compare_report import StackComparison, as_json, as_text, exit_code

TIGHT = SCOPES["small"].with_(capacity=1)


def quietly(graph: Graph) -> None:
    """No progress."""


def side(variant: Variant) -> Side:
    return explored(variant, TIGHT, quietly)


def compared(name: str, *properties: str) -> list[Difference]:
    """What differs between rfc9293 and the variant, with the verdicts of these properties."""
    outcome = Outcome([])
    if properties:
        outcome = run(select(properties, ["rfc9293", name], TIGHT, ["explicit"]))
    return differences(side(VARIANTS["rfc9293"]), side(VARIANTS[name]), outcome)


def told(some: list[Difference], kind: str) -> dict[str, tuple[str, str, str]]:
    return {one.name: (one.a, one.b, one.shown_on) for one in some if one.kind == kind}


def last_states(trace: Trace | None) -> tuple[State, State]:
    """The state, before and after the last step, of the end at which it happens."""
    assert trace is not None
    end = trace.events[-1].end
    before, after = (system.ends[end].state for system in trace.states[-2:])
    return before, after


@pytest.fixture(scope="module")
def freertos() -> list[Difference]:
    return compared("freertos-1303", "closing", "synchronized")


@pytest.mark.exhaustive
def test_a_replaced_rule_is_shown_where_its_result_is_another(freertos: list[Difference]) -> None:
    (one,) = (one for one in freertos if one.kind == "rule")
    assert one.name == "check_fin"
    assert one.a == "Eighth, check the FIN bit (RFC 9293, 3.10.7.4)."
    assert one.b.startswith("fin_to_last_ack: FreeRTOS+TCP issue 1303: FIN in")
    assert one.shown_on == "rfc9293"
    assert last_states(one.trace)[0] in (State.FIN_WAIT_1, State.FIN_WAIT_2)


@pytest.mark.exhaustive
def test_a_state_change_is_shown_by_the_run_that_makes_it(freertos: list[Difference]) -> None:
    changes = [one for one in freertos if one.kind == "state change"]
    shown = {one.name: one for one in changes if one.trace is not None}
    there = shown["FIN-WAIT-2 to LAST-ACK: rcv FIN / snd ACK"]
    assert (there.a, there.b, there.shown_on) == ("no", "yes", "freertos-1303")
    assert last_states(there.trace) == (State.FIN_WAIT_2, State.LAST_ACK)
    here = shown["FIN-WAIT-2 to TIME-WAIT: rcv FIN / snd ACK"]
    assert (here.a, here.b, here.shown_on) == ("yes", "no", "rfc9293")
    assert last_states(here.trace) == (State.FIN_WAIT_2, State.TIME_WAIT)
    for name, one in shown.items():
        source, _, target = name.partition(":")[0].partition(" to ")
        assert tuple(map(str, last_states(one.trace))) == (source, target)


def test_a_state_change_beyond_the_scope_has_no_trace(freertos: list[Difference]) -> None:
    (abort,) = (one for one in freertos if one.name.startswith("CLOSING to CLOSED: ABORT"))
    assert abort.trace is None


def test_verdicts_that_are_the_same_are_left_out(freertos: list[Difference]) -> None:
    assert told(freertos, "verdict") == {"closing": ("WITNESS", "UNREACHABLE", "rfc9293")}


def test_a_switch_is_shown_where_it_matters() -> None:
    (one,) = (one for one in compared("rfc1337") if one.kind == "switch")
    assert (one.name, one.a, one.b) == ("rst_in_time_wait", "accept", "ignore")
    assert last_states(one.trace) == (State.TIME_WAIT, State.CLOSED)


def test_a_permission_that_differs_is_seen() -> None:
    """The step is the same; the one may come only when the network is quiet."""
    (one,) = (one for one in compared("hasty-time-wait") if one.kind == "switch")
    assert one.name == "time_wait"
    assert one.trace is not None and one.trace.events[-1].kind == "TIME-WAIT timeout"


def test_what_only_the_second_variant_does_is_shown_on_it() -> None:
    """The first does nothing at that point, so no run of it shows the difference."""

    def retransmits_nothing(host: Host, tcb: Tcb) -> Step:
        """Nothing is sent again."""
        return Step("mine: nothing", tcb)

    rules = replace(RFC9293, retransmission_timeout=retransmits_nothing)
    mine = side(Variant("mine", rules=rules))
    (one,) = differences(mine, side(VARIANTS["rfc9293"]), Outcome([]))
    assert (one.name, one.shown_on) == ("retransmission_timeout", "rfc9293")
    assert one.a == "retransmits_nothing: Nothing is sent again."


def test_same_rules_under_two_names() -> None:
    assert same(VARIANTS["lwip-simopen"], VARIANTS["smoltcp-1001"])
    assert not same(VARIANTS["rfc9293"], VARIANTS["rfc1337"])
    assert not same(Variant("a", profile=Profile(window=2)), Variant("b"))


# -- as it is printed -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def comparison(freertos: list[Difference]) -> StackComparison:
    a, b = VARIANTS["rfc9293"], VARIANTS["freertos-1303"]
    return StackComparison(a, b, TIGHT, freertos, Outcome([]))


def test_a_trace_that_shows_several_differences_is_printed_once(
    comparison: StackComparison,
) -> None:
    text = as_text(comparison)
    assert text.count("\nTrace 1: rfc9293, ") == 1
    assert "\n  check_fin (trace 1, " in text
    assert text.count("\nTrace ") == len(comparison.traces) < len(comparison.differences)


@pytest.mark.parametrize("width", [None, 80, 60])
def test_no_line_is_wider_than_the_screen(comparison: StackComparison, width: int | None) -> None:
    assert max(map(len, as_text(comparison, width).splitlines())) <= (width or 100)


def test_without_traces(comparison: StackComparison) -> None:
    assert "\nTrace " not in as_text(comparison, traces=False)
    assert "no run of this scope shows it" in " ".join(as_text(comparison, traces=False).split())


def test_a_comparison_as_json(comparison: StackComparison) -> None:
    found = json.loads(as_json(comparison))
    assert (found["a"]["name"], found["b"]["name"]) == ("rfc9293", "freertos-1303")
    rule = found["differences"][0]
    assert (rule["kind"], rule["name"], rule["shown_on"]) == ("rule", "check_fin", "rfc9293")
    assert rule["trace"]["steps"][-1]["segment"]["controls"] == ["FIN", "ACK"]


def nothing(a: str, b: str) -> str:
    return as_text(StackComparison(VARIANTS[a], VARIANTS[b], TIGHT))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (lambda: nothing("rfc9293", "rfc9293"), "Nothing differs: this is rfc9293 twice."),
        (lambda: nothing("lwip-simopen", "smoltcp-1001"), "have the same rules and switches."),
    ],
)
def test_nothing_differs(text: Callable[[], str], words: str) -> None:
    assert words in " ".join(text().split())


def test_differences_are_no_failure() -> None:
    odd = Outcome([unexpected(found("closing"))])
    a, b = VARIANTS["rfc9293"], VARIANTS["rfc1337"]
    assert odd.exit_code != 0
    assert exit_code(StackComparison(a, b, TIGHT, (), odd)) == 0
    assert exit_code(StackComparison(a, b, TIGHT, (), Outcome([], reason="interrupted"))) != 0


def test_a_run_that_is_only_shorter_is_a_difference() -> None:
    trace = trace_of(LOST)
    short = replace(trace, states=trace.states[:-1], events=trace.events[:-1])
    a, b = VARIANTS["rfc9293"], VARIANTS[LOST.job.variant.name]
    results = [
        replace(LOST, verdict=replace(LOST.verdict, variant=variant, answers={"explicit": answer}))
        for variant, answer in (
            (a, Answer("REFUTED", "", trace)),
            (b, Answer("REFUTED", "", short)),
        )
    ]
    (one,) = _verdicts(a, b, Outcome(results))
    length = len(trace)
    assert (one.a, one.b) == (f"REFUTED in {length} steps", f"REFUTED in {length - 1} steps")
    assert (one.shown_on, one.trace) == (b.name, short)
    alike = [results[0], replace(results[0], verdict=replace(results[0].verdict, variant=b))]
    assert list(_verdicts(a, b, Outcome(alike))) == []
