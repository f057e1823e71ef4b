"""Dense time: the table of the rules, the slice of the channel, thresholds, and their replay."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
import z3

from tcpmc.checks.certificates.smtlib import certificate_of_threshold
from tcpmc.checks.certificates.verifier import check
from tcpmc.checks.timed import copies
from tcpmc.checks.timed.copies import STEPS, represents
from tcpmc.checks.timed.counterexample import TimedSearch
from tcpmc.checks.timed.encoding import TimedFormulas
from tcpmc.checks.timed.fourier_motzkin import projected, readable
from tcpmc.checks.timed.phases import Ending, NotFinite, table
from tcpmc.checks.timed.threshold import Finder, Threshold, ThresholdQuestion
from tcpmc.checks.timed.timed_replay import Replay, TimedEvent, replayed
from tcpmc.checks.timed.timed_system import TimedSystem
from tcpmc.checks.trace import ReplayError
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.profile import Host
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.segment_arrives import check_ack
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import State, Step, Tcb
from tcpmc.model.timed.assumptions import circumstances
from tcpmc.model.timed.figures import LINUX_KEEPALIVE, keepalive_detection
from tcpmc.model.timed.linear import comparison, condition, linear
from tcpmc.model.timed.theorems import EVERY_SEGMENT, THEOREMS
from tcpmc.model.variants.shipped import VARIANTS
from tcpmc.model.variants.variant import RFC9293, Variant
from tcpmc.reports.timed.run_story import told, trace_of

RFC = VARIANTS["rfc9293"]


def found(name: str, variant: str = "rfc9293", *assume: str) -> Threshold:
    theorem = THEOREMS[name]
    question = ThresholdQuestion(name, theorem.claim, VARIANTS[variant], (*theorem.assume, *assume))
    return Finder(question).find()


# --- sums and comparisons -------------------------------------------------------------------------


def test_a_comparison_is_read_and_printed() -> None:
    assert str(comparison("T>=2*MSL + R - 30")) == "T >= 2 MSL + R - 30"
    assert str(condition("T > R and (T >= MSL or R < 2)")) == "T > R and (T >= MSL or R < 2)"
    assert comparison("T < 2 MSL").at({"T": 5, "MSL": 3})
    assert not comparison("T < 2 MSL").at({"T": 6, "MSL": 3})


@pytest.mark.parametrize("text", ["T", "T > ", "T > 2 2", "T > MSL +", "T > é"])
def test_what_is_no_comparison_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"write|empty"):
        comparison(text)


def test_an_assumption_about_no_parameter_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown parameter R; choose one of MSL, T"):
        circumstances(("T > R",))
    with pytest.raises(ValueError, match="unknown assumption 'acks'"):
        circumstances(("acks",))


def test_elimination_leaves_the_shadow_of_a_polyhedron() -> None:
    found = {comparison(text) for text in ("x >= 0", "x < MSL", "T <= x + MSL")}
    assert [str(readable(one)) for one in projected(found, ("T", "MSL"))] == [
        "T < 2 MSL",
        "MSL > 0",
    ]


# --- the table ------------------------------------------------------------------------------------


def test_the_table_has_every_state_from_established_on() -> None:
    states = {phase.state for phase in table(RFC).phases}
    assert states == set(State) - {State.LISTEN, State.SYN_SENT, State.SYN_RECEIVED}
    how = {phase.how for phase in table(RFC).phases if phase.state == State.CLOSED}
    assert how == {Ending.EXPIRED, Ending.ACKNOWLEDGED, Ending.ABORTED}


@pytest.mark.parametrize("iss", [(0, 0), (2**32 - 1, 7), (2**31, 2**31 - 1)])
def test_the_table_is_what_the_rules_do_on_numbers(iss: tuple[int, int]) -> None:
    host = Host(RFC.profile, Seq(0))

    def numbered(tcb: Tcb) -> Tcb:
        if tcb.state == State.CLOSED:
            return tcb
        a, b = iss
        return replace(
            tcb, iss=tcb.iss + a, irs=tcb.irs + b, snd_una=tcb.snd_una + a,
            snd_nxt=tcb.snd_nxt + a, rcv_nxt=tcb.rcv_nxt + b,
        )  # fmt: skip

    def sent(seg: Segment, a: int, b: int) -> Segment:
        return replace(seg, seq=seg.seq + a, ack=seg.ack + b if seg.ACK else seg.ack)

    arrivals = [move for move in table(RFC).moves if move.arriving is not None]
    assert len(arrivals) == len(table(RFC).phases) * len(table(RFC).segments)
    for move in arrivals:
        assert move.arriving is not None
        arriving = sent(move.arriving, iss[1], iss[0])
        step = RFC.rules.segment_arrives(host, numbered(move.before.tcb), arriving)
        assert step.tcb == numbered(move.after.tcb)
        assert step.send == tuple(sent(one, *iss) for one in move.sends)
        assert (step.rule, step.starts_time_wait) == (move.rule, move.restarts)


def test_a_rule_that_depends_on_the_iss_is_refused() -> None:
    def odd(host: Host, tcb: Tcb, seg: Segment) -> Step:
        return Step("odd", tcb) if tcb.iss < tcb.irs else check_ack(host, tcb, seg)

    with pytest.raises(NotFinite, match="initial sequence numbers"):
        table(Variant("odd", rules=replace(RFC9293, check_ack=odd)))


# --- the slice of the channel ---------------------------------------------------------------------


def possible(*formulas: object) -> bool:
    solver = z3.Solver()
    solver.add(*formulas)
    return bool(solver.check() == z3.sat)


def test_the_slice_follows_each_step_of_the_full_channel_and_what_is_left_in_it() -> None:
    assert [name for name, formula in copies.obligations().items() if possible(formula)] == []


def test_a_channel_can_be_represented_and_each_step_be_made() -> None:
    """Else the obligations would be about nothing."""
    for step in STEPS.values():
        full, able, then = step(copies.BEFORE, copies.AFTER, copies.MOMENT)
        for owed in (copies.BEFORE.owed, z3.Not(copies.BEFORE.owed)):
            assert possible(represents(copies.BEFORE), copies.LIFE > 0, owed, full, able, then)


@pytest.mark.parametrize(
    ("operation", "wrong", "fails"),
    [
        ("deliverable", lambda youngest, life, t: t < youngest + life, {"copies-deliver"}),
        ("left", lambda youngest, life, t: t < youngest, {"copies-left"}),
        ("in_time", lambda owed, first, life, t: t <= first + life, {"copies-wait"}),
        ("in_time", lambda owed, first, life, t: z3.Not(owed), {"copies-wait"}),
        ("first_sent", lambda owed, first, t: t, set()),  # a later bound: more runs
        ("first_sent", lambda owed, first, t: first, {"copies-send"}),
    ],
)
def test_a_slice_that_cannot_follow_fails_an_obligation(
    monkeypatch: pytest.MonkeyPatch, operation: str, wrong: object, fails: set[str]
) -> None:
    monkeypatch.setattr(copies, operation, wrong)
    found = {name for name, formula in copies.obligations().items() if possible(formula)}
    assert found == fails


def test_a_segment_that_lives_for_no_time_is_no_segment_of_a_proof() -> None:
    assumed = replace(circumstances(()), lifetime=lambda sender, segment: linear("T"))
    formulas = TimedFormulas(TimedSystem(RFC, assumed))
    assert possible(formulas.sensible(), formulas.without_life)
    usual = TimedFormulas(TimedSystem(RFC, circumstances(())))
    assert not possible(usual.sensible(), usual.without_life)


def test_names_tell_all_phases_and_segments_apart() -> None:
    """Two with one name would be one flag, and a step that sets both of its values none."""
    for variant in VARIANTS.values():
        try:
            system = TimedSystem(variant, circumstances(("acks-arrive",)))
        except NotFinite:
            continue
        names = [*system.flags, *system.moments]
        assert len(set(names)) == len(names)


def test_a_phase_is_named_after_all_that_it_remembers() -> None:
    phase = table(RFC).phases[0]
    other = replace(phase, tcb=replace(phase.tcb, passive=True, queued=2))
    assert str(phase) == "ESTABLISHED(1,1,1)"
    assert str(other) == "ESTABLISHED(1,1,1,passive True,queued 2)"


@pytest.mark.exhaustive
def test_a_claim_that_never_says_anything_is_not_proved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TimedSearch, "premise", lambda *_: None)
    answer = found("fin-wait-2-lasts")
    assert answer.word == "INCONCLUSIVE"
    assert "FIN-WAIT-2 ends in no run of" in answer.how


def test_a_theorem_is_not_asked_under_what_it_excludes() -> None:
    with pytest.raises(ValueError, match="is about runs without 'acks-arrive'"):
        THEOREMS["old-segments-for-ever"].under(("acks-arrive",))
    with pytest.raises(ValueError, match="'acks-arrive' is assumed already"):
        THEOREMS["old-segments"].under(("acks-arrive",))
    assert THEOREMS["old-segments"].under(("T < 5",)) == ("acks-arrive", "T < 5")


# --- thresholds -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["old-segments-for-ever", "peer-done-for-ever"])
def test_without_the_last_ack_no_finite_t_is_enough(name: str) -> None:
    answer = found(name)
    assert (answer.word, str(answer.condition)) == ("REFUTED", "never")
    assert answer.run is not None
    theorem = THEOREMS[name]
    trace = trace_of(RFC, theorem.assume, theorem.claim, answer.run)
    assert trace.over - trace.happened[-1].event.moment >= 0
    assert "TIME-WAIT ends, but" in told(trace)[-1]


def test_contradictory_assumptions_are_named() -> None:
    answer = found("old-segments", "rfc9293", "T = 60", "T > 2 MSL", "MSL > 30", "T < 100")
    assert answer.word == "VACUOUS"
    assert answer.how.endswith("contradict each other: T = 60, T > 2 MSL, MSL > 30")


def test_without_time_wait_the_claim_is_vacuous() -> None:
    assert found("old-segments", "no-time-wait").how == "TIME-WAIT is never entered"


def test_a_time_limit_leaves_what_was_established() -> None:
    theorem = THEOREMS["old-segments"]
    question = ThresholdQuestion("old-segments", theorem.claim, RFC, theorem.assume)
    answer = Finder(question, seconds=1e-6).find()
    assert answer.word == "INCONCLUSIVE"
    assert "the time limit of 1e-06 s; necessary so far" in answer.how


NEVER_DUE = ("fin-wait-2-cuts-off-no-loss",)
"""The condition is just what keeps the timer from ending: the claim is broken outside of it, so it
says something."""


@pytest.mark.exhaustive
def test_an_assumption_that_keeps_the_timer_from_ending_leaves_nothing_to_prove() -> None:
    answer = found("fin-wait-2-cuts-off-no-loss", "rfc9293", "F > C + MSL")
    assert (answer.word, answer.how) == ("VACUOUS", "FIN-WAIT-2 never ends")


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("name", "variant"),
    [
        (name, variant)
        for name, theorem in THEOREMS.items()
        for variant in theorem.holds
        if theorem.holds[variant] not in ("never", "vacuous")
    ],
)
def test_the_threshold_is_found_and_proved_and_its_certificate_accepted(
    name: str, variant: str
) -> None:
    theorem = THEOREMS[name]
    finder = Finder(ThresholdQuestion(name, theorem.claim, VARIANTS[variant], theorem.assume))
    answer = finder.find()
    assert answer.word == "PROVED"
    assert answer.meets(theorem.holds[variant])
    assert ("where it holds FIN-WAIT-2 never ends" in answer.how) == (name in NEVER_DUE)
    assert answer.run is not None
    assert trace_of(VARIANTS[variant], theorem.assume, theorem.claim, answer.run)
    pytest.importorskip("cvc5")
    assert check(certificate_of_threshold(finder, answer, variant).encode()).accepted


def test_keepalive_on_linux_is_an_instance() -> None:
    """2 h 11 min 15 s after the last segment, which arrived at most MSL after it was sent."""
    idle, interval, probes = LINUX_KEEPALIVE
    ((bound,),) = condition(THEOREMS["keepalive-notices"].holds["rfc9293"]).clauses
    values = {"IDLE": idle, "INTVL": interval, "MSL": 60}
    assert bound.right.at(values) == keepalive_detection(idle, interval, probes) + 60


@pytest.mark.parametrize("probes", [1, 2])
def test_keepalive_takes_idle_and_each_interval(probes: int) -> None:
    claim = THEOREMS["keepalive-notices"].claim
    answer = Finder(
        ThresholdQuestion("", claim, RFC, (f"keepalive-{probes}", "IDLE >= MSL"))
    ).find()
    number = "" if probes == 1 else f"{probes} "
    assert (answer.word, str(answer.condition)) == (
        "PROVED",
        f"D > IDLE + {number}INTVL + MSL",
    )


# --- the replay -----------------------------------------------------------------------------------

PARAMETERS = {"MSL": Fraction(60), "T": Fraction(119)}
FIN_A = Segment(Seq(101), Seq(301), ACK=True, FIN=True)


def replay_of(*events: TimedEvent, assume: tuple[str, ...] = ()) -> None:
    run = Replay(RFC, circumstances(assume), PARAMETERS)
    replayed(run, events, Fraction(500), EVERY_SEGMENT)


def test_replay_refuses_a_segment_that_is_too_old() -> None:
    with pytest.raises(ReplayError, match="in flight at 61"):
        replay_of(
            TimedEvent(Fraction(0), 0, EventKind.CLOSE),
            TimedEvent(Fraction(61), 1, EventKind.DELIVER, FIN_A),
        )


def test_replay_refuses_an_ack_that_never_arrives() -> None:
    with pytest.raises(ReplayError, match="has to be delivered before"):
        replay_of(
            TimedEvent(Fraction(0), 0, EventKind.CLOSE),
            TimedEvent(Fraction(1), 1, EventKind.DELIVER, FIN_A),
            TimedEvent(Fraction(61), 1, EventKind.CLOSE),
            assume=("acks-arrive",),
        )


def test_replay_refuses_a_run_that_shows_nothing() -> None:
    with pytest.raises(ReplayError, match="does not break the claim"):
        replay_of(TimedEvent(Fraction(0), 0, EventKind.CLOSE))
