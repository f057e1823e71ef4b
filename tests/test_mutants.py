"""Errors put into the rules on purpose: each is noticed, and each property notices one.

So no property holds by accident, and none is there for show.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tcpmc.checks.explicit import ExplicitEngine
from tcpmc.checks.explore import Graph, TooLarge
from tcpmc.checks.run import decides
from tcpmc.checks.solver import SolverEngine
from tcpmc.model import RFC9293, VARIANTS, Host, Rules, Segment, State, Step, Tcb, Variant, ack
from tcpmc.model.properties import PROPERTIES
from tcpmc.model.property import Lemma, Property, Reachable
from tcpmc.model.scope import SCOPES, Scope
from tcpmc.model.segment import reset
from tcpmc.model.system import Model
from tcpmc.model.user_calls import send_fin

RULES: dict[str, Rules] = {"none": RFC9293}


def mutates(rule: str) -> Callable[[Callable[..., Step]], Callable[..., Step]]:
    """The function is RFC 9293's rule of that name with an error in it."""

    def keep(wrong: Callable[..., Step]) -> Callable[..., Step]:
        RULES[wrong.__name__] = replace(RFC9293, **{rule: wrong})
        return wrong

    return keep


# --- opening --------------------------------------------------------------------------------------


@mutates("segment_in_listen")
def listen_drops_syn(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """LISTEN ignores everything."""
    return Step("mutant", tcb)


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


@mutates("segment_in_syn_sent")
def syn_sent_ignores_syn(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """No simultaneous open: SYN-SENT takes a SYN with an ACK only."""
    if seg.SYN and not seg.ACK:
        return Step("mutant", tcb)
    return RFC9293.segment_in_syn_sent(host, tcb, seg)


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
def last_ack_leaves_on_any_ack(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """LAST-ACK goes to CLOSED whatever is acknowledged."""
    if tcb.state == State.LAST_ACK and seg.ACK:
        return Step("mutant", closed(tcb))
    return RFC9293.check_ack(host, tcb, seg)


@mutates("check_ack")
def last_ack_keeps_tcb(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """LAST-ACK goes to CLOSED and remembers its numbers."""
    step = RFC9293.check_ack(host, tcb, seg)
    if tcb.state != State.LAST_ACK or step.tcb.state != State.CLOSED:
        return step
    return replace(step, tcb=replace(tcb, state=State.CLOSED, snd_una=tcb.snd_nxt))


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
def close_wait_enters_closing(host: Host, tcb: Tcb) -> Step:
    """RFC 793's error: CLOSE in CLOSE-WAIT enters CLOSING."""
    if tcb.state == State.CLOSE_WAIT:
        return send_fin("mutant", tcb, State.CLOSING)
    return RFC9293.close(host, tcb)


@mutates("close")
def close_sends_nothing(host: Host, tcb: Tcb) -> Step:
    """CLOSE in ESTABLISHED just forgets the connection."""
    return Step("mutant", closed(tcb)) if tcb.state == State.ESTABLISHED else RFC9293.close(host, tcb)


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
        return Step("mutant", closed(tcb), signals=("error: connection reset",))
    return RFC9293.check_sequence(host, tcb, seg)


@mutates("segment_in_closed")
def closed_host_is_silent(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """A closed host answers nothing."""
    return Step("mutant", tcb)


@mutates("segment_in_closed")
def resets_draw_resets(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """A closed host answers everything."""
    return Step("mutant", tcb, send=(reset(seg),))


@mutates("segment_in_syn_sent")
def unacceptable_ack_is_dropped(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """SYN-SENT does not reset a connection that its peer only believes in."""
    step = RFC9293.segment_in_syn_sent(host, tcb, seg)
    return replace(step, send=()) if any(one.RST for one in step.send) else step


def closed(tcb: Tcb) -> Tcb:
    return RFC9293.time_wait_timeout(Host(VARIANTS["rfc9293"].profile, tcb.iss), tcb).tcb


# --- what notices them ----------------------------------------------------------------------------

TOO_MANY = 300_000
TEXT = Scope("text", capacity=1)
UNTIMED = [p for p in PROPERTIES.values() if decides("explicit", p, TEXT) and not p.setting(TEXT).clock]
TIMED = [
    PROPERTIES[name]
    for name in ("2msl-sufficient", "2msl-tight", "2msl-last-ack-lost", "2msl-reset-left")
]


def noticed_by(mutant: str) -> set[str]:
    """The properties whose verdict is another one with these rules."""
    asked: dict[tuple[str, Scope], list[Property]] = {}
    for scope, props in ((SCOPES["small"], UNTIMED), (TEXT, UNTIMED), (SCOPES["small"], TIMED)):
        for prop in props:
            if "rfc9293" in prop.expected and prop.name != "time-wait-not-assassinated":
                if prop.name != "half-close-data" or scope is TEXT:
                    asked.setdefault(("rfc9293", prop.setting(scope)), []).append(prop)
    asked["rfc1337", SCOPES["small"]] = [PROPERTIES["time-wait-not-assassinated"]]
    found = set()
    for (variant, scope), props in asked.items():
        mutated = Variant(mutant, profile=VARIANTS[variant].profile, rules=RULES[mutant])
        answers = ExplicitEngine(Model(mutated, scope), stop_when_large).decide(props)
        found |= {p.name for p in props if answers[p.name].word != p.expected[variant]}
    return found


def stop_when_large(graph: Graph) -> None:
    if graph.states > TOO_MANY:
        raise TooLarge(f"more than {TOO_MANY:,} states")


if __name__ == "__main__":
    import time
    for name in RULES:
        t=time.time()
        print(f'    "{name}": {sorted(noticed_by(name))},', round(time.time()-t,1), flush=True)
