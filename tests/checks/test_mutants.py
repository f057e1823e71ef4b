"""Errors put into the rules on purpose: each is noticed, and each property notices one.

So no property holds by accident, and none is there for show.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tcpmc.checks.explicit.explicit_engine import ExplicitEngine
from tcpmc.checks.running.jobs import decides
from tcpmc.checks.smt.smt_engine import SolverEngine
from tcpmc.model import RFC9293, VARIANTS, Host, Rules, Segment, State, Step, Tcb, Variant, ack
from tcpmc.model.endpoint.profile import Profile
from tcpmc.model.endpoint.segment import reset
from tcpmc.model.endpoint.tcb import Signal, continue_processing
from tcpmc.model.network.scope import SCOPES, Scope
from tcpmc.model.network.system import Model
from tcpmc.model.properties.catalogue import PROPERTIES, UNTIMED
from tcpmc.model.properties.clocked import TIMED
from tcpmc.model.properties.closing import CLOSING
from tcpmc.model.properties.kinds import Property, Reachable
from tcpmc.model.properties.opening import OPENING
from tcpmc.model.properties.recovery import RECOVERY
from tcpmc.model.properties.step import STEPS

SEEDED = ("lwip-simopen", "rfc793-close-wait", "smoltcp-470", "tlaplus-closed-tcb")
RULES: dict[str, Rules] = {"none": RFC9293} | {name: VARIANTS[name].rules for name in SEEDED}


def mutates(rule: str) -> Callable[[Callable[..., Step]], Callable[..., Step]]:
    """The function is RFC 9293's rule of that name with an error in it."""

    def keep(wrong: Callable[..., Step]) -> Callable[..., Step]:
        RULES[wrong.__name__] = replace(RFC9293, **{rule: wrong})
        return wrong

    return keep


# --- opening --------------------------------------------------------------------------------------


@mutates("segment_in_listen")
def listen_establishes(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """A SYN alone establishes: the two-way handshake."""
    step = RFC9293.segment_in_listen(host, tcb, seg)
    if step.tcb.state != State.SYN_RECEIVED:
        return step
    return replace(step, tcb=replace(step.tcb, state=State.ESTABLISHED, passive=False))


@mutates("segment_in_listen")
def listen_forgets_irs(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """The initial receive sequence number is not recorded."""
    step = RFC9293.segment_in_listen(host, tcb, seg)
    return replace(step, tcb=replace(step.tcb, irs=tcb.irs))


@mutates("open_active")
def syn_takes_no_number(host: Host, tcb: Tcb) -> Step:
    """SND.NXT does not advance over the SYN."""
    step = RFC9293.open_active(host, tcb)
    return replace(step, tcb=replace(step.tcb, snd_nxt=step.tcb.iss)) if step.send else step


@mutates("segment_in_listen")
def syn_ack_acknowledges_the_syn_itself(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """SYN,ACK carries the number of the SYN, and not the one after it."""
    step = RFC9293.segment_in_listen(host, tcb, seg)
    return replace(step, send=tuple(replace(s, ack=seg.seq) if s.SYN else s for s in step.send))


@mutates("segment_in_syn_sent")
def ack_takes_a_number(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """The third segment of the handshake consumes a sequence number."""
    step = RFC9293.segment_in_syn_sent(host, tcb, seg)
    if step.tcb.state != State.ESTABLISHED:
        return step
    return replace(step, tcb=replace(step.tcb, snd_nxt=step.tcb.snd_nxt + 1))


@mutates("segment_in_syn_sent")
def syn_sent_ignores_resets(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """Nobody is ever refused."""
    return Step("mutant", tcb) if seg.RST else RFC9293.segment_in_syn_sent(host, tcb, seg)


@mutates("segment_in_syn_sent")
def syn_sent_believes_any_ack(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """A SYN in SYN-SENT establishes whatever it acknowledges, and if it acknowledges nothing."""
    step = RFC9293.segment_in_syn_sent(host, tcb, seg)
    if step.tcb.state != State.SYN_RECEIVED:
        return step
    tcb = replace(step.tcb, state=State.ESTABLISHED, snd_una=step.tcb.snd_nxt)
    return replace(step, tcb=tcb)


@mutates("check_ack")
def syn_received_does_not_check_ack(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """SYN-RECEIVED goes to ESTABLISHED on every segment, an ACK or not."""
    if tcb.state != State.SYN_RECEIVED:
        return RFC9293.check_ack(host, tcb, seg)
    tcb = replace(tcb, state=State.ESTABLISHED, snd_una=tcb.snd_nxt, passive=False)
    return Step("mutant", tcb, done=False)


# --- closing --------------------------------------------------------------------------------------


@mutates("check_ack")
def last_ack_waits(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """The passive closer, too, goes to TIME-WAIT."""
    step = RFC9293.check_ack(host, tcb, seg)
    if tcb.state != State.LAST_ACK or step.tcb.state != State.CLOSED:
        return step
    tcb = replace(tcb, state=State.TIME_WAIT, snd_una=seg.ack)
    return replace(step, tcb=tcb, starts_time_wait=True)


@mutates("check_ack")
def fin_wait_1_believes_any_ack(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """Every ACK in FIN-WAIT-1 counts as that of the FIN."""
    if tcb.state == State.FIN_WAIT_1 and seg.ACK:
        return Step("mutant", replace(tcb, state=State.FIN_WAIT_2, snd_una=tcb.snd_nxt), done=False)
    return RFC9293.check_ack(host, tcb, seg)


@mutates("check_ack")
def closing_is_never_left(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """CLOSING ignores the ACK of its FIN."""
    return Step("mutant", tcb) if tcb.state == State.CLOSING else RFC9293.check_ack(host, tcb, seg)


@mutates("check_fin")
def fin_wait_1_goes_to_time_wait(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """A FIN in FIN-WAIT-1 leads to TIME-WAIT though our own is not acknowledged."""
    step = RFC9293.check_fin(host, tcb, seg)
    if step.tcb.state != State.CLOSING or tcb.state == State.CLOSING:
        return step
    tcb = replace(step.tcb, state=State.TIME_WAIT, snd_una=step.tcb.snd_nxt)
    return replace(step, tcb=tcb, starts_time_wait=True)


@mutates("check_fin")
def fin_wait_2_skips_time_wait(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """A FIN in FIN-WAIT-2 closes at once."""
    step = RFC9293.check_fin(host, tcb, seg)
    if tcb.state != State.FIN_WAIT_2 or step.tcb.state != State.TIME_WAIT:
        return step
    return replace(step, tcb=closed(tcb), starts_time_wait=False)


@mutates("check_fin")
def established_goes_to_closing(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """A FIN in ESTABLISHED leads to CLOSING."""
    step = RFC9293.check_fin(host, tcb, seg)
    if step.tcb.state != State.CLOSE_WAIT:
        return step
    return replace(step, tcb=replace(step.tcb, state=State.CLOSING))


@mutates("check_fin")
def fin_is_not_acknowledged(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """The FIN is taken without a word."""
    return replace(RFC9293.check_fin(host, tcb, seg), send=())


@mutates("check_fin")
def fin_takes_no_number(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """RCV.NXT does not advance over the FIN."""
    step = RFC9293.check_fin(host, tcb, seg)
    if not step.signals:
        return step
    after = replace(step.tcb, rcv_nxt=tcb.rcv_nxt)
    return replace(step, tcb=after, send=(ack(after),))


@mutates("close")
def close_sends_nothing(host: Host, tcb: Tcb) -> Step:
    """CLOSE in ESTABLISHED just forgets the connection."""
    return (
        Step("mutant", closed(tcb)) if tcb.state == State.ESTABLISHED else RFC9293.close(host, tcb)
    )


@mutates("send")
def text_after_fin(host: Host, tcb: Tcb, octets: int) -> Step:
    """SEND is taken in FIN-WAIT-1: text follows the FIN."""
    if tcb.state != State.FIN_WAIT_1:
        return RFC9293.send(host, tcb, octets)
    step = RFC9293.send(host, replace(tcb, state=State.ESTABLISHED), octets)
    return replace(step, tcb=replace(step.tcb, state=State.FIN_WAIT_1))


@mutates("process_text")
def no_text_in_fin_wait_2(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """FIN-WAIT-2 takes no text."""
    if tcb.state == State.FIN_WAIT_2 and seg.length:
        return Step("mutant", tcb)
    return RFC9293.process_text(host, tcb, seg)


@mutates("process_text")
def old_text_is_taken_again(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """RCV.NXT becomes the end of the text, wherever that is."""
    step = RFC9293.process_text(host, tcb, seg)
    return replace(step, tcb=replace(step.tcb, rcv_nxt=seg.seq + seg.length))


# --- timers ---------------------------------------------------------------------------------------


@mutates("retransmission_timeout")
def fin_is_not_retransmitted(host: Host, tcb: Tcb) -> Step:
    """A lost FIN stays lost."""
    step = RFC9293.retransmission_timeout(host, tcb)
    return Step("mutant", tcb) if any(seg.FIN for seg in step.send) else step


@mutates("retransmission_timeout")
def fin_is_retransmitted_without_fin(host: Host, tcb: Tcb) -> Step:
    """What is sent again for a FIN is a bare ACK."""
    step = RFC9293.retransmission_timeout(host, tcb)
    return replace(step, send=tuple(replace(seg, FIN=False) for seg in step.send))


@mutates("retransmission_timeout")
def syn_is_not_retransmitted(host: Host, tcb: Tcb) -> Step:
    """A lost SYN stays lost."""
    step = RFC9293.retransmission_timeout(host, tcb)
    return Step("mutant", tcb) if any(seg.SYN for seg in step.send) else step


@mutates("check_sequence")
def time_wait_does_not_repeat_its_ack(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """A retransmitted FIN in TIME-WAIT is dropped."""
    step = RFC9293.check_sequence(host, tcb, seg)
    return replace(step, send=()) if tcb.state == State.TIME_WAIT else step


@mutates("check_sequence")
def time_wait_is_not_restarted(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """A retransmitted FIN is acknowledged, and the timer goes on."""
    return replace(RFC9293.check_sequence(host, tcb, seg), starts_time_wait=False)


@mutates("check_sequence")
def old_segments_end_time_wait(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """TIME-WAIT ends with the first old segment that it acknowledges."""
    step = RFC9293.check_sequence(host, tcb, seg)
    return replace(step, tcb=closed(tcb)) if step.done and tcb.state == State.TIME_WAIT else step


# --- resets ---------------------------------------------------------------------------------------


@mutates("check_sequence")
def any_reset_is_taken(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """A reset is not checked for being in the window."""
    if seg.RST:
        return Step("mutant", closed(tcb), signals=(Signal.CONNECTION_RESET,))
    return RFC9293.check_sequence(host, tcb, seg)


@mutates("segment_in_closed")
def closed_host_is_silent(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """A closed host answers nothing."""
    return Step("mutant", tcb)


@mutates("segment_in_closed")
def resets_draw_resets(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """A closed host answers everything."""
    return Step("mutant", tcb, send=(reset(seg),))


def closed(tcb: Tcb) -> Tcb:
    return RFC9293.time_wait_timeout(Host(VARIANTS["rfc9293"].profile, tcb.iss), tcb).tcb


# --- what notices them ----------------------------------------------------------------------------

SMALL = SCOPES["small"].with_(msl=3)
"""With an MSL of 2 ticks all that is sent before 2 MSL is also gone by then: a TIME-WAIT that is
not restarted is noticed from 3 on."""
TEXT = Scope("text", capacity=1)


NEEDS_MORE = ("close-passes-time-wait-aborts",)
"""What is shown in larger scopes only."""


def asked() -> dict[tuple[str, Scope], list[Property]]:
    """The properties of one connection by variant and scope. In one segment each way there is no
    simultaneous open, so that the scope with text is asked for what holds always and for text."""
    found: dict[tuple[str, Scope], list[Property]] = {}
    for prop in (*UNTIMED, *OPENING, *CLOSING, *TIMED):
        if prop.name in NEEDS_MORE:
            continue
        text = prop.name == "half-close-data" or not isinstance(prop, Reachable)
        for scope in (SMALL, TEXT):
            setting = prop.scope_for(scope)
            untimed_text = text and not setting.clock
            if decides("explicit", prop, setting) and (
                untimed_text if scope is TEXT else not setting.data
            ):
                variant = "rfc1337" if prop.name == "time-wait-not-assassinated" else "rfc9293"
                found.setdefault((variant, setting), []).append(prop)
    return found


def noticed_by(mutant: str) -> set[str]:
    """The properties whose verdict is another one with these rules. One whose segments never fit
    into the channel of a scope is INCONCLUSIVE there, and tells nothing."""
    changed = set()
    for (variant, scope), props in asked().items():
        mutated = Variant(mutant, profile=VARIANTS[variant].profile, rules=RULES[mutant])
        answers = ExplicitEngine(Model(mutated, scope)).decide(props)
        told = [p for p in props if answers[p.name].definite]
        changed |= {p.name for p in told if answers[p.name].word != p.expected[variant]}
    return changed


NOTICED = {
    "none": set(),
    "listen_establishes": {
        "no-phantom-connection",
    },
    "listen_forgets_irs": {
        "synchronized",
        "text-taken-when-both-open",
    },
    "lwip-simopen": {
        "sent-is-acknowledged",
        "simultaneous-open",
    },
    "syn_sent_believes_any_ack": {
        "no-phantom-connection",
        "sent-is-acknowledged",
        "simultaneous-open",
    },
    "syn_received_does_not_check_ack": set(),
    "smoltcp-470": {
        "close-completes",
        "graceful-close",
        "no-deadlock",
        "no-deadlock-giving-up",
    },
    "tlaplus-closed-tcb": set(),
    "last_ack_waits": {
        "passive-closer-first",
        "time-wait-active-closer",
    },
    "fin_wait_1_believes_any_ack": {
        "close-completes",
        "closing",
        "closing-awaits-ack",
        "closing-both",
        "closing-only-simultaneous",
        "no-deadlock",
        "no-deadlock-giving-up",
        "time-wait-from-closing",
    },
    "closing_is_never_left": {
        "2msl-sufficient",
        "close-completes",
        "sent-is-acknowledged",
        "time-wait-both",
        "time-wait-from-closing",
    },
    "fin_wait_1_goes_to_time_wait": {
        "close-completes",
        "closing",
        "closing-awaits-ack",
        "closing-both",
        "closing-only-simultaneous",
        "no-deadlock",
        "no-deadlock-giving-up",
        "time-wait-from-closing",
    },
    "fin_wait_2_skips_time_wait": {
        "2msl-reset-left",
        "a-closes-first",
        "b-closes-first",
        "close-passes-time-wait",
        "first-ack-repaired",
        "first-fin-repaired",
        "graceful-close",
        "last-ack-lost",
        "last-ack-repaired",
        "orderly-close",
        "passive-closer-first",
        "second-fin-repaired",
        "time-wait-from-fin-wait-2",
    },
    "established_goes_to_closing": {
        "2msl-reset-left",
        "a-closes-first",
        "active-opener-in-last-ack",
        "b-closes-first",
        "close-completes",
        "close-wait-left",
        "closing-awaits-ack",
        "closing-only-simultaneous",
        "first-ack-lost",
        "first-ack-repaired",
        "first-fin-lost",
        "first-fin-repaired",
        "last-ack-from-active-closer",
        "last-ack-lost",
        "last-ack-passive-closer",
        "last-ack-repaired",
        "no-deadlock",
        "no-deadlock-giving-up",
        "orderly-close",
        "passive-closer-first",
        "peer-leaves-last-ack",
        "second-fin-lost",
        "second-fin-repaired",
        "time-wait-active-closer",
    },
    "fin_is_not_acknowledged": {
        "2msl-sufficient",
    },
    "fin_takes_no_number": {
        "2msl-ack-lost-segment-left",
        "2msl-last-ack-lost",
        "2msl-late-fin-reset",
        "2msl-reset-left",
        "2msl-sufficient",
        "2msl-tight",
        "a-closes-first",
        "active-opener-in-last-ack",
        "b-closes-first",
        "close-completes",
        "close-passes-time-wait",
        "close-survives-crash",
        "close-takes-four",
        "closing-only-simultaneous",
        "fin-consumes-one",
        "first-ack-lost",
        "first-ack-repaired",
        "first-fin-lost",
        "first-fin-repaired",
        "half-close-data",
        "half-close-takes-four",
        "last-ack-lost",
        "last-ack-repaired",
        "no-deadlock",
        "no-deadlock-giving-up",
        "orderly-close",
        "passive-closer-first",
        "peer-leaves-last-ack",
        "second-fin-lost",
        "second-fin-repaired",
        "sent-is-acknowledged",
        "three-segment-close",
        "time-wait-active-closer",
        "time-wait-both",
        "time-wait-from-closing",
        "time-wait-from-fin-wait-2",
        "time-wait-sends-nothing-again",
    },
    "rfc793-close-wait": {
        "active-opener-in-last-ack",
        "closing-only-simultaneous",
        "last-ack-from-active-closer",
        "last-ack-lost",
        "last-ack-passive-closer",
        "orderly-close",
        "passive-closer-first",
        "peer-leaves-last-ack",
        "second-fin-lost",
        "time-wait-active-closer",
    },
    "close_sends_nothing": {
        "2msl-ack-lost-segment-left",
        "2msl-last-ack-lost",
        "2msl-late-fin-reset",
        "2msl-reset-left",
        "2msl-sufficient",
        "2msl-tight",
        "closing-awaits-ack",
        "closing-only-simultaneous",
        "first-ack-lost",
        "first-ack-repaired",
        "first-fin-lost",
        "first-fin-repaired",
        "graceful-close",
        "last-ack-lost",
        "last-ack-repaired",
        "orderly-close",
        "second-fin-lost",
        "second-fin-repaired",
    },
    "text_after_fin": {
        "close-passes-time-wait",
        "closing-only-simultaneous",
        "graceful-close",
    },
    "no_text_in_fin_wait_2": {
        "close-completes",
        "half-close-data",
        "no-deadlock",
        "no-deadlock-giving-up",
        "peer-leaves-last-ack",
        "sent-is-acknowledged",
    },
    "old_text_is_taken_again": {
        "close-completes",
        "first-ack-repaired",
        "first-fin-repaired",
        "graceful-close",
        "last-ack-repaired",
        "no-deadlock",
        "no-deadlock-giving-up",
        "second-fin-repaired",
    },
    "fin_is_not_retransmitted": {
        "2msl-ack-lost-segment-left",
        "close-completes",
        "first-fin-lost",
        "last-ack-lost",
        "last-ack-repaired",
        "no-deadlock",
        "no-deadlock-giving-up",
        "peer-leaves-last-ack",
        "second-fin-lost",
        "second-fin-repaired",
        "sent-is-acknowledged",
    },
    "fin_is_retransmitted_without_fin": {
        "2msl-sufficient",
        "close-completes",
        "first-fin-lost",
        "no-deadlock",
        "no-deadlock-giving-up",
        "peer-leaves-last-ack",
        "second-fin-lost",
        "second-fin-repaired",
        "sent-is-acknowledged",
    },
    "syn_is_not_retransmitted": {
        "close-completes",
        "no-deadlock",
        "no-deadlock-giving-up",
        "sent-is-acknowledged",
    },
    "time_wait_does_not_repeat_its_ack": {
        "2msl-reset-left",
        "close-completes",
        "last-ack-lost",
        "last-ack-repaired",
        "no-deadlock",
        "no-deadlock-giving-up",
        "peer-leaves-last-ack",
        "sent-is-acknowledged",
    },
    "time_wait_is_not_restarted": {
        "2msl-sufficient",
    },
    "old_segments_end_time_wait": {
        "2msl-reset-left",
        "graceful-close",
        "last-ack-repaired",
        "passive-closer-first",
        "time-wait-not-assassinated",
    },
    "any_reset_is_taken": {
        "close-completes",
        "close-passes-time-wait",
        "first-ack-repaired",
        "first-fin-repaired",
        "graceful-close",
        "last-ack-repaired",
        "no-deadlock",
        "no-deadlock-giving-up",
        "passive-closer-first",
        "second-fin-repaired",
        "time-wait-not-assassinated",
    },
    "closed_host_is_silent": {
        "2msl-late-fin-reset",
        "2msl-reset-left",
        "no-deadlock-giving-up",
        "refused",
        "sent-is-acknowledged",
    },
    "resets_draw_resets": set(),
    "syn_takes_no_number": {
        "a-closes-first",
        "ack-consumes-nothing",
        "active-opener-in-last-ack",
        "b-closes-first",
        "close-completes",
        "close-passes-time-wait",
        "close-survives-crash",
        "close-takes-four",
        "close-wait-left",
        "closing",
        "closing-awaits-ack",
        "closing-both",
        "closing-only-simultaneous",
        "established",
        "established-alone",
        "fin-consumes-one",
        "graceful-close",
        "handshake",
        "last-ack-from-active-closer",
        "last-ack-passive-closer",
        "no-deadlock",
        "no-deadlock-giving-up",
        "passive-closer-first",
        "peer-leaves-last-ack",
        "sent-is-acknowledged",
        "simultaneous-open",
        "syn-ack-acknowledges-syn",
        "syn-consumes-one",
        "synchronized",
        "three-segment-close",
        "time-wait-active-closer",
        "time-wait-both",
        "time-wait-from-closing",
        "time-wait-from-fin-wait-2",
        "time-wait-not-assassinated",
        "time-wait-sends-nothing-again",
    },
    "syn_ack_acknowledges_the_syn_itself": {"syn-ack-acknowledges-syn"},
    "ack_takes_a_number": {"ack-consumes-nothing", "fin-consumes-one"},
    "syn_sent_ignores_resets": {"sent-is-acknowledged"},
}
BY_A_LEMMA = {
    "lemma-established-needs-ack": "syn_received_does_not_check_ack",
    "lemma-closed-forgets": "tlaplus-closed-tcb",
    "lemma-no-reset-for-reset": "resets_draw_resets",
    "lemma-closing-needs-fin": "established_goes_to_closing",
    "lemma-numbers-advance": "old_ack_is_taken",
    "lemma-reset-refuses": "syn_sent_ignores_resets",
    "lemma-fin-ack-time-wait": "fin_wait_2_skips_time_wait",
    "lemma-closing-ack-time-wait": "closing_is_never_left",
    "lemma-time-wait-entered": "last_ack_waits",
    "lemma-time-wait-answers-fin": "time_wait_is_not_restarted",
}


def anything_is_in_the_window(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """No check of the sequence number."""
    return continue_processing(tcb)


def any_text_is_taken(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """Text is delivered wherever its number is."""
    step = RFC9293.process_text(host, tcb, seg)
    if step.send or not seg.length or tcb.state != State.ESTABLISHED:
        return step
    taken = replace(tcb, rcv_nxt=tcb.rcv_nxt + seg.length)
    return Step("mutant", taken, send=(ack(taken),))


def silent_to_syn(rule: Callable[[Host, Tcb, Segment], Step]) -> Callable[..., Step]:
    """The rule, which sends nothing when a SYN arrives."""

    def silent(host: Host, tcb: Tcb, seg: Segment) -> Step:
        step = rule(host, tcb, seg)
        return replace(step, send=()) if seg.SYN else step

    return silent


DEAF = replace(
    RFC9293,
    check_sequence=silent_to_syn(RFC9293.check_sequence),
    check_syn=silent_to_syn(RFC9293.check_syn),
)
CARELESS = replace(
    RFC9293, check_sequence=anything_is_in_the_window, process_text=any_text_is_taken
)
BY_A_SECOND_CONNECTION = {
    "no-old-data-clock-isn": Variant(
        "careless", "", Profile(time_wait="none", challenge_acks=False), CARELESS
    ),
    "no-old-data-reopening": Variant(
        "careless", "", Profile(reopening="sequence", challenge_acks=False), CARELESS
    ),
    "reopening-answered": Variant("deaf", rules=DEAF),
    "reopening-not-mistaken": Variant("careless", "", Profile(challenge_acks=False), CARELESS),
    "same-incarnation": Variant(
        "believing", rules=replace(RFC9293, segment_in_syn_sent=syn_sent_believes_any_ack)
    ),
}
"""For properties of a second connection that hold on all variants: one on which they do not."""


def old_ack_is_taken(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """SND.UNA becomes SEG.ACK, wherever that is."""
    step = RFC9293.check_ack(host, tcb, seg)
    return replace(step, tcb=replace(step.tcb, snd_una=seg.ack)) if seg.ACK else step


LEMMA_RULES = RULES | {"old_ack_is_taken": replace(RFC9293, check_ack=old_ack_is_taken)}


@pytest.mark.exhaustive
@pytest.mark.parametrize("mutant", RULES)
def test_a_mutant_changes_just_these_verdicts(mutant: str) -> None:
    assert noticed_by(mutant) == NOTICED[mutant]


@pytest.mark.parametrize(("lemma", "mutant"), BY_A_LEMMA.items())
def test_a_lemma_is_refuted_by_one_step_of_its_mutant(lemma: str, mutant: str) -> None:
    model = Model(Variant(mutant, rules=LEMMA_RULES[mutant]), SMALL)
    answer = SolverEngine(model).decide([PROPERTIES[lemma]])[lemma]
    assert answer.word == "REFUTED"
    assert answer.trace is not None and len(answer.trace) == 1


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", BY_A_SECOND_CONNECTION)
def test_a_second_connection_suffers_from_careless_rules(name: str) -> None:
    prop = PROPERTIES[name]
    model = Model(BY_A_SECOND_CONNECTION[name], prop.scope_for(SCOPES["default"]))
    assert ExplicitEngine(model).decide([prop])[name].word == "REFUTED"


def test_every_mutant_is_noticed_and_the_rules_without_an_error_are_not() -> None:
    unnoticed = {mutant for mutant, names in NOTICED.items() if not names}
    assert unnoticed - set(BY_A_LEMMA.values()) == {"none"}
    assert NOTICED.keys() == RULES.keys()


def test_every_property_that_has_to_hold_notices_a_mutant() -> None:
    noticing = set().union(*NOTICED.values()) | BY_A_LEMMA.keys() | BY_A_SECOND_CONNECTION.keys()
    words = {name: set(prop.expected.values()) for name, prop in PROPERTIES.items()}
    holding = {name for name in words if "PROVED" in words[name]}
    elsewhere = {prop.name for prop in (*STEPS, *RECOVERY)}  # test_sentences has theirs
    unnoticed = holding - noticing - elsewhere
    assert {name for name in unnoticed if "REFUTED" not in words[name]} == set()
