"""Variants beside RFC 9293, in one step: every difference, once, with what the RFC says."""

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pytest

from tcpmc.model import (
    CONNECTION_RESET,
    RFC9293,
    VARIANTS,
    Host,
    Profile,
    Segment,
    State,
    Step,
    Tcb,
    Variant,
    ack,
    delete_tcb,
)
from tcpmc.model.endpoint.alternatives import CHOICES, FREE
from tcpmc.model.endpoint.rule_requirements import RequirementLevel
from tcpmc.model.endpoint.rules import CHECKS

pytest.importorskip("z3")

from tcpmc.checks.audit.cases import NAMES
from tcpmc.checks.audit.variant_audit import Audit, audit
from tcpmc.checks.running.loading import find_variant

FORBIDDEN = ("closed_replies", "rst_in_time_wait", "handshake", "tw_reuse", "tw_recycle")
"""Switches that are there for what stacks do, and the RFC does not allow."""
Changed = Callable[[Host, Tcb, Segment, Step], Step]


def audited(variant: Variant) -> Audit:
    return audit(variant, variant.name)


def changed(rule: str, change: Changed, name: str = "mine") -> Variant:
    """The RFC's rules, with what one of them does changed."""
    original = getattr(RFC9293, rule)

    def own(host: Host, tcb: Tcb, seg: Segment) -> Step:
        return change(host, tcb, seg, original(host, tcb, seg))

    return Variant(name, rules=replace(RFC9293, **{rule: own}))  # type: ignore[arg-type]


def in_state(state: State, change: Callable[[Step], Step]) -> Changed:
    """The change, in that state only."""
    return lambda host, tcb, seg, step: change(step) if tcb.state == state else step


def test_every_field_of_a_tcb_is_compared() -> None:
    assert {"state", *NAMES} == {field.name for field in fields(Tcb)}


def test_every_switch_is_free_or_has_its_choices() -> None:
    told = {choice.switch for choice in CHOICES} | set(FREE) | set(FORBIDDEN)
    assert told == {field.name for field in fields(Profile)}


# -- what is the same ---------------------------------------------------------------------------


def test_the_rfc_is_equal_to_itself() -> None:
    found = audited(VARIANTS["rfc9293"])
    assert (found.word, found.rows, found.choices) == ("PROVED", (), ())
    assert not found.fails(RequirementLevel.MAY)


def test_rules_written_anew_are_equal_by_proof() -> None:
    found = audited(
        changed("check_fin", lambda host, tcb, seg, step: replace(step, tcb=replace(step.tcb)))
    )
    assert found.rows == ()


def test_switches_that_are_left_open_are_choices() -> None:
    found = audited(VARIANTS["linux"])
    assert found.rows == ()
    told = {choice.name for choice in found.choices}
    assert told >= {"3.10.7.4 fifth", "RFC 7323", "SHLD-4", "SHLD-31"}
    assert found.worst == RequirementLevel.MAY


# -- what differs -------------------------------------------------------------------------------


def test_reset_ignored_in_established_is_two_rows() -> None:
    def ignored(host: Host, tcb: Tcb, seg: Segment, step: Step) -> Step:
        return Step("RST ignored", tcb) if seg.RST and tcb.state == State.ESTABLISHED else step

    found = audited(changed("check_reset", ignored))
    assert found.fails(RequirementLevel.MUST)
    told = [(row.rule, row.states, row.where.words, row.where.exact) for row in found.rows]
    assert told == [
        ("check_reset", [State.ESTABLISHED], ("SEG.SEQ is not RCV.NXT, acceptable",), True),
        ("check_reset", [State.ESTABLISHED], ("SEG.SEQ = RCV.NXT",), True),
    ]
    assert all(row.where.controls == ("RST set",) for row in found.rows)


def test_a_fin_ignored_the_same_way_twice_is_the_same_row() -> None:
    def same(host: Host, tcb: Tcb, seg: Segment, step: Step) -> Step:
        ignored = tcb.state == State.FIN_WAIT_2 and seg.FIN
        return Step("FIN ignored", tcb) if ignored else step

    def copied(host: Host, tcb: Tcb, seg: Segment, step: Step) -> Step:
        ignored = tcb.state == State.FIN_WAIT_2 and seg.FIN
        return Step("FIN ignored", replace(tcb)) if ignored else step

    one, other = (audited(changed("check_fin", rule)).rows for rule in (same, copied))
    assert len(one) == 1
    (mine,), (theirs,) = one, other
    assert (mine.states, mine.where) == (theirs.states, theirs.where)
    assert one[0].requirement_name == "MUST-13"


def test_time_wait_not_restarted_differs_in_the_timer_only() -> None:
    (row,) = audited(VARIANTS["no-restart"]).rows
    assert row.states == [State.TIME_WAIT]
    assert all(gap.parts == {"timer"} for gap in row.gaps)
    assert row.where.words == ("SEG.SEQ+SEG.LEN = RCV.NXT",)


def test_a_drop_that_goes_on_instead_is_seen_by_what_follows() -> None:
    def on(host: Host, tcb: Tcb, seg: Segment, step: Step) -> Step:
        dropped = step.rule == "3.10.7.4 first: unacceptable, RST dropped"
        return replace(step, done=False) if dropped and tcb.state == State.ESTABLISHED else step

    found = audited(changed("check_sequence", on))
    assert (found.word, found.tried) == ("PROVED", ())
    assert {row.requirement_name for row in found.broken} == {"3.10.7.4 first"}


def test_an_untold_user_breaks_must_12() -> None:
    variant = changed(
        "check_reset", in_state(State.CLOSE_WAIT, lambda step: replace(step, signals=()))
    )
    (row,) = audited(variant).rows
    assert (row.requirement_name, row.level) == ("MUST-12", RequirementLevel.MUST)


def test_skipping_time_wait_breaks_must_13() -> None:
    found = audited(VARIANTS["no-time-wait"])
    assert {row.requirement_name for row in found.rows} == {"MUST-13"}


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("hasty-time-wait", RequirementLevel.MUST),  # no rule shows it
        ("no-quiet-time", RequirementLevel.MUST),
        ("drop-out-of-order", RequirementLevel.SHLD),
        ("rfc793", RequirementLevel.MAY),
        ("figure-7", RequirementLevel.MAY),
        ("freebsd", RequirementLevel.MUST),
    ],
)
def test_shipped_variants_are_judged(name: str, level: RequirementLevel) -> None:
    assert audited(VARIANTS[name]).worst == level


def test_a_reading_written_as_a_rule_is_permitted_too() -> None:
    def restarts(host: Host, tcb: Tcb, seg: Segment) -> Step:
        profile = replace(host.profile, time_wait_restart="any")
        return RFC9293.check_sequence(replace(host, profile=profile), tcb, seg)

    (row,) = audited(Variant("mine", rules=replace(RFC9293, check_sequence=restarts))).rows
    assert row.allowed is not None
    assert (row.level, row.requirement_name) == (RequirementLevel.MAY, "3.10.7.4 fifth")


@pytest.mark.exhaustive
@pytest.mark.parametrize("rule", CHECKS[2:3] + CHECKS[4:])
def test_no_check_can_be_left_out(rule: str) -> None:
    left_out = changed(rule, lambda host, tcb, seg, step: Step("", tcb, done=False))
    if rule == "check_order":  # with `take-ack` it does nothing
        assert audited(left_out).rows == ()
    else:
        assert audited(left_out).fails(RequirementLevel.MUST)


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    "rule", ["open_active", "close", "abort", "retransmission_timeout", "time_wait_timeout"]
)
def test_no_call_or_timeout_can_be_left_out(rule: str) -> None:
    def nothing(host: Host, tcb: Tcb) -> Step:
        return Step("nothing", tcb)

    rules = replace(RFC9293, **{rule: nothing})  # type: ignore[arg-type]
    found = audited(Variant("mine", rules=rules))
    assert found.fails(RequirementLevel.MUST)
    assert {row.rule for row in found.rows} == {rule}


# -- what nobody can observe ----------------------------------------------------------------------


@pytest.mark.exhaustive
def test_the_passive_flag_kept_in_established_is_never_seen() -> None:
    def kept(host: Host, tcb: Tcb, seg: Segment, step: Step) -> Step:
        if step.tcb.state != State.ESTABLISHED:
            return step
        return replace(step, tcb=replace(step.tcb, passive=tcb.passive))

    found = audited(changed("check_ack", kept))
    assert [row.unseen for row in found.rows] == [
        "nobody can observe it: in that state nothing hangs on passive"
    ]
    assert found.worst is None


@pytest.mark.exhaustive
def test_a_tcb_left_in_closed_is_seen_by_its_timer() -> None:
    def kept(step: Step) -> Step:
        gone = step.tcb.state == State.CLOSED
        return replace(step, tcb=replace(step.tcb, snd_nxt=step.tcb.snd_nxt + 1)) if gone else step

    found = audited(changed("check_ack", in_state(State.LAST_ACK, kept)))
    assert [row.unseen for row in found.rows] == [""]


def test_a_timer_that_does_not_run_cannot_expire() -> None:
    def elsewhere(host: Host, tcb: Tcb) -> Step:
        if tcb.state != State.TIME_WAIT:
            return Step("no timer", tcb)
        return RFC9293.time_wait_timeout(host, tcb)

    found = audited(Variant("mine", rules=replace(RFC9293, time_wait_timeout=elsewhere)))
    assert found.rows
    assert found.worst is None


# -- examples -----------------------------------------------------------------------------------


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", ["lwip", "no-time-wait", "smoltcp-470", "zephyr-728"])
def test_an_example_is_a_step_of_both(name: str) -> None:
    variant = VARIANTS[name]
    rows = audited(variant).rows
    assert rows
    for row in rows:
        one = row.example
        host = Host(variant.profile, one.tcb.iss)
        if one.segment is not None:
            own = variant.rules.segment_arrives(host, one.tcb, one.segment)
            assert (own.tcb, own.send, own.signals) == (one.own.tcb, one.own.send, one.own.signals)
            rfc = RFC9293.segment_arrives(replace(host, profile=Profile()), one.tcb, one.segment)
            assert (rfc.tcb, rfc.send, rfc.signals) == (one.rfc.tcb, one.rfc.send, one.rfc.signals)
            assert own != rfc


def test_a_burst_is_a_row_however_many_are_sent() -> None:
    def burst(host: Host, tcb: Tcb, seg: Segment, step: Step) -> Step:
        if step.tcb.state != State.CLOSING or tcb.state == State.CLOSING:
            return step
        sent = (ack(step.tcb),) * 3
        return Step("dropped", delete_tcb(tcb), send=sent, signals=(CONNECTION_RESET,))

    (row,) = audited(changed("check_fin", burst)).rows
    assert row.states == [State.FIN_WAIT_1]
    assert "RCV.NXT+1" in row.own_does[1]


# -- rules that want numbers ----------------------------------------------------------------------


@pytest.mark.exhaustive
def test_a_rule_with_a_loop_holds_and_is_not_proved() -> None:
    def counting(host: Host, tcb: Tcb, seg: Segment, step: Step) -> Step:
        octets = sum(1 for _ in range(seg.length))
        ignored = octets == 1 and seg.RST and tcb.state == State.ESTABLISHED
        return Step("RST with one octet ignored", tcb) if ignored else step

    found = audited(changed("check_reset", counting))
    assert found.word == "HOLDS"
    assert dict(found.tried).keys() == {"check_reset"}
    assert {(row.rule, *row.states) for row in found.rows} == {("check_reset", State.ESTABLISHED)}


def test_the_rules_of_a_file_are_guarded_and_run_on_symbols_all_the_same() -> None:
    found = audited(find_variant(str(Path(__file__).parents[2] / "docs" / "my_stack.py")))
    assert (found.word, [row.rule for row in found.rows]) == ("PROVED", ["check_fin"])


@pytest.mark.exhaustive
def test_a_rule_that_tells_numbers_from_symbols_is_found_out() -> None:
    def sneaky(host: Host, tcb: Tcb, seg: Segment, step: Step) -> Step:
        ignored = type(seg.length) is int and seg.FIN and tcb.state == State.ESTABLISHED
        return Step("FIN ignored", tcb) if ignored else step

    found = audited(changed("check_fin", sneaky))
    assert (found.word, found.fails(RequirementLevel.MUST)) == ("HOLDS", True)


def test_numbers_below_zero_are_what_they_are_in_python() -> None:
    def signed(host: Host, tcb: Tcb, seg: Segment, step: Step) -> Step:
        behind = seg.seq.value - tcb.rcv_nxt.value < 0
        ignored = behind and seg.FIN and tcb.state == State.ESTABLISHED
        return Step("FIN ignored", tcb) if ignored else step

    found = audited(changed("check_fin", signed))
    assert (found.word, found.fails(RequirementLevel.MUST)) == ("PROVED", True)


# -- runs -----------------------------------------------------------------------------------------


def test_a_difference_is_shown_by_a_run() -> None:
    (row,) = audited(VARIANTS["zephyr-728"]).rows
    assert row.trace is not None
    assert row.trace.events[-1].kind == "CLOSE"
    assert row.reached_in == "between two such stacks"
