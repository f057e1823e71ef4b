"""The catalogue: what every step of every end has to obey, as RFC 9293, 3.10, says it.

Each is one sentence of the RFC, written with distances between numbers, and not with the functions
of the rules. It is asked of every step in the runs of a scope in which users abort, hosts crash and
retransmission is given up; forged segments arrive; or segments of an earlier connection do.
"""

from __future__ import annotations

from typing import Any

from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.tcb import (
    FIN_UNACKNOWLEDGED,
    SYNCHRONIZED,
    TAKES_TEXT,
    State,
)
from tcpmc.model.network.scope import Scope
from tcpmc.model.properties.kinds import (
    PROVED,
    REFUTED,
    EveryStep,
    StepPredicate,
)
from tcpmc.model.properties.second_connection import reopened
from tcpmc.model.properties.step_conditions import (
    CLOSED,
    LISTEN,
    SYN_RECEIVED,
    SYN_SENT,
    acknowledged_only,
    ahead,
    any_of,
    arrives_in,
    beyond,
    in_order,
    in_window,
    is_blank,
    may_reopen,
    not_old,
    on,
    overlapping,
)
from tcpmc.model.properties.step_sentences import (
    aborts,
    ack_is_taken,
    ack_leads_on,
    ack_out_of_range,
    acknowledges_received,
    as_in_figure_5,
    closed_answers,
    closes,
    data_in_order,
    draws_nothing,
    fin_leads_on,
    is_taken,
    is_told,
    listen_answers,
    numbered_in_order,
    only_a_fin_restarts,
    opens,
    out_of_range_is_not_processed,
    outside_is_answered,
    queue_is_sent,
    reset_is_not_taken,
    reset_is_taken,
    same_connection,
    sends_text,
    sent_again,
    syn_received_answers,
    syn_sent_answers,
    times_out,
    una_follows_ack,
)

# --- the catalogue --------------------------------------------------------------------------------


def everything(scope: Scope) -> Scope:
    """Users abort, hosts crash, and retransmission is given up."""
    return scope.with_(aborts=True, crashes=1, retransmissions=1, clock=False, opens=1)


def attacked(scope: Scope) -> Scope:
    """A forged segment arrives at each end: RST and SYN in the window, but not at its edge."""
    return scope.with_(aborts=True, attacks=1, retransmissions=1, data=0, clock=False, opens=1)


def ticking(scope: Scope) -> Scope:
    """With the clock on, so that TIME-WAIT lasts, and MSL at least 3 ticks."""
    msl = max(3, scope.msl)
    bounds: dict[str, Any] = {"start": "established", "data": 0, "time_wait": 2 * msl}
    return scope.with_(clock=True, msl=msl, opens=1, **bounds)


def forgotten(scope: Scope) -> Scope:
    """Two connections one after the other, and a crash: old segments meet a new opening."""
    return reopened(start="closed", crashes=1, isn="new", data=0, sender="both", closer="both")(
        scope.with_(capacity=1)
    )


def every(
    name: str,
    meaning: str,
    citation: str,
    premise: StepPredicate,
    claim: StepPredicate,
    **more: Any,
) -> EveryStep:
    """What every step under the RFC's rules obeys."""
    settings: dict[str, Any] = {"expected": {"rfc9293": PROVED}, "scope_for": everything}
    return EveryStep(
        **settings | more,
        name=name, meaning=meaning, citation=citation, premise=premise, claim=claim,
    )  # fmt: skip


def but_not_on(variant: str) -> dict[str, str]:
    """Proved on the RFC's rules, and refuted on a variant."""
    return {"rfc9293": PROVED, variant: REFUTED}


STEPS: tuple[EveryStep, ...] = (
    every(
        "figure-5",
        "every change of state is an arrow of Figure 5, and has its cause",
        "RFC 9293, 3.3.2, Figure 5",
        lambda step: step.after.state != step.tcb.state,
        as_in_figure_5,
        expected=but_not_on("two-way-handshake"),
    ),
    every(
        "closed-answers",
        "a closed host discards RST, and answers all else by a reset that is accepted",
        "RFC 9293, 3.10.7.1",
        arrives_in(CLOSED),
        closed_answers,
        scope_for=forgotten,
        expected=but_not_on("no-time-wait-silent"),
    ),
    every(
        "listen-answers",
        "LISTEN answers SYN by SYN,ACK, ACK by a reset, and nothing else",
        "RFC 9293, 3.10.7.2",
        arrives_in(LISTEN),
        listen_answers,
        scope_for=forgotten,
        expected=but_not_on("two-way-handshake"),
    ),
    every(
        "syn-sent-answers",
        "SYN-SENT takes a SYN, and an RST whose ACK is acceptable; a wrong ACK draws a reset",
        "RFC 9293, 3.10.7.3",
        arrives_in(SYN_SENT),
        syn_sent_answers,
        scope_for=forgotten,
    ),
    every(
        "syn-received-answers",
        "SYN-RECEIVED takes the ACK of its SYN; RST and SYN lead back, to LISTEN or to CLOSED",
        "RFC 9293, 3.10.7.4 second, fourth and fifth, note 1",
        lambda step: arrives_in(SYN_RECEIVED)(step) and ahead(step) == 0 and in_window(step),
        syn_received_answers,
        scope_for=forgotten,
    ),
    every(
        "window-guards",
        "a segment outside the window changes nothing; unless it is RST, it is answered by an ACK",
        "RFC 9293, 3.10.7.4 first, Table 6",
        lambda step: (
            arrives_in(SYN_RECEIVED, *SYNCHRONIZED)(step)
            and not may_reopen(step)
            and not in_window(step)
        ),
        outside_is_answered,
        expected=but_not_on("figure-7"),
    ),
    every(
        "reset-is-obeyed",
        "an RST at RCV.NXT ends the connection in each synchronized state, and the user is told",
        "RFC 9293, 3.10.7.4 second",
        lambda step: arrives_in(*SYNCHRONIZED)(step) and step.segment.RST and ahead(step) == 0,
        reset_is_taken,
        expected=but_not_on("rfc1337"),
    ),
    every(
        "reset-elsewhere",
        "an RST that is not at RCV.NXT ends no connection; in the window it draws a challenge ACK",
        "RFC 9293, 3.10.7.4 first and second; RFC 5961, 3",
        lambda step: (
            arrives_in(SYN_RECEIVED, *SYNCHRONIZED)(step) and step.segment.RST and ahead(step) != 0
        ),
        reset_is_not_taken,
        scope_for=attacked,
        expected=but_not_on("rfc793"),
    ),
    every(
        "syn-is-challenged",
        "a SYN in the window of a synchronized state draws a challenge ACK, and changes nothing",
        "RFC 9293, 3.10.7.4 fourth; RFC 5961, 4",
        lambda step: (
            arrives_in(*SYNCHRONIZED)(step)
            and step.segment.SYN
            and not step.segment.RST
            and not may_reopen(step)
            and in_window(step)
        ),
        acknowledged_only,
        scope_for=attacked,
        expected=but_not_on("rfc793"),
    ),
    every(
        "ack-range",
        "a segment that has no ACK, or one out of range, is not processed",
        "RFC 9293, 3.10.7.4 fifth; RFC 5961, 5",
        lambda step: (
            arrives_in(*SYNCHRONIZED)(step)
            and not step.segment.SYN
            and not step.segment.RST
            and in_window(step)
            and not_old(step)
            and ack_out_of_range(step)
        ),
        out_of_range_is_not_processed,
        scope_for=reopened(),
    ),
    every(
        "data-in-order",
        "RCV.NXT advances over what the arriving segment carries there, and over nothing else; the "
        "user is told of the FIN when all before it is taken",
        "RFC 9293, 3.4, 3.10.7.4 seventh and eighth",
        same_connection,
        data_in_order,
    ),
    every(
        "data-is-taken",
        "text and FIN that are in order and in the window are taken and acknowledged",
        "RFC 9293, 3.10.7.4 seventh and eighth",
        lambda step: arrives_in(*TAKES_TEXT)(step) and overlapping(step),
        is_taken,
    ),
    every(
        "gap-is-acknowledged",
        "text and FIN beyond RCV.NXT are answered by an ACK of what was received",
        "RFC 9293, 3.10.7.4 first and seventh, MAY-13",
        lambda step: arrives_in(*SYNCHRONIZED)(step) and beyond(step) and step.segment.len != 0,
        lambda step: len(step.step.send) == 1 and step.step.send[0].ack == step.after.rcv_nxt,
    ),
    every(
        "ack-draws-nothing",
        "a bare ACK in the window and in range is not answered",
        "RFC 9293, 3.10.7.4 fifth",
        lambda step: (
            arrives_in(*SYNCHRONIZED)(step)
            and (in_order(step) or beyond(step))
            and step.segment.len == 0
        ),
        draws_nothing,
    ),
    every(
        "fin-leads-on",
        "the other's FIN leads to CLOSE-WAIT, CLOSING or TIME-WAIT",
        "RFC 9293, 3.10.7.4 eighth, note 2",
        lambda step: arrives_in(*TAKES_TEXT)(step) and in_order(step) and step.segment.FIN,
        fin_leads_on,
        expected=but_not_on("no-time-wait"),
    ),
    every(
        "ack-leads-on",
        "the ACK of the own FIN leads to FIN-WAIT-2, TIME-WAIT or CLOSED, and no other ACK does",
        "RFC 9293, 3.10.7.4 fifth",
        lambda step: (
            arrives_in(*FIN_UNACKNOWLEDGED)(step) and in_order(step) and not step.segment.FIN
        ),
        ack_leads_on,
        expected=but_not_on("no-time-wait"),
    ),
    every(
        "una-follows-ack",
        "SND.UNA advances only to the ACK of a segment that acknowledges what is outstanding",
        "RFC 9293, 3.4, 3.10.7.4 fifth",
        same_connection,
        una_follows_ack,
    ),
    every(
        "ack-is-taken",
        "an ACK in order that acknowledges what is outstanding is taken",
        "RFC 9293, 3.4, 3.10.7.4 fifth",
        lambda step: arrives_in(SYN_RECEIVED, *SYNCHRONIZED)(step) and in_order(step),
        ack_is_taken,
    ),
    every(
        "numbers-what-it-sends",
        "what is sent begins at SND.NXT, which advances over it, and over nothing else",
        "RFC 9293, 3.4",
        same_connection,
        numbered_in_order,
    ),
    every(
        "acknowledges-what-it-received",
        "all that is sent, but resets, acknowledges RCV.NXT",
        "RFC 9293, 3.4, 3.10.7.4",
        lambda step: same_connection(step) and len(step.step.send) > 0,
        acknowledges_received,
    ),
    every(
        "front-is-sent-again",
        "what is sent again is the front of what is not acknowledged",
        "RFC 9293, 3.10.8",
        on(EventKind.RETRANSMISSION_TIMEOUT),
        sent_again,
    ),
    every(
        "open-calls",
        "an active OPEN sends a SYN at the ISS; after a passive one the end listens",
        "RFC 9293, 3.10.1",
        lambda step: (
            (step.event == EventKind.ACTIVE_OPEN and step.tcb.state in (CLOSED, LISTEN))
            or (step.event == EventKind.PASSIVE_OPEN and step.tcb.state == CLOSED)
        ),
        opens,
    ),
    every(
        "text-is-sent",
        "SEND queues text before the connection is ready, and sends it at once when it is",
        "RFC 9293, 3.10.2",
        lambda step: step.event == EventKind.SEND and step.tcb.state != CLOSED,
        sends_text,
    ),
    every(
        "queue-is-sent",
        "what waited for the connection is sent when it is ready, text first, then FIN",
        "RFC 9293, 3.10.2, 3.10.4",
        lambda step: (
            arrives_in(SYN_SENT, SYN_RECEIVED)(step)
            and step.after.state not in (CLOSED, LISTEN, SYN_SENT, SYN_RECEIVED, State.TIME_WAIT)
        ),
        queue_is_sent,
    ),
    every(
        "close-sends-fin",
        "CLOSE deletes what has not begun, and sends a FIN otherwise",
        "RFC 9293, 3.10.4",
        on(EventKind.CLOSE),
        closes,
    ),
    every(
        "abort-resets",
        "ABORT deletes the TCB, and resets the other end where a FIN is still to come",
        "RFC 9293, 3.10.5",
        on(EventKind.ABORT),
        aborts,
    ),
    every(
        "timeouts-delete",
        "the user timeout and that of TIME-WAIT delete the TCB; of the first the user is told",
        "RFC 9293, 3.10.8",
        any_of(on(EventKind.USER_TIMEOUT), on(EventKind.TIME_WAIT_TIMEOUT)),
        times_out,
    ),
    every(
        "closed-forgets",
        "in CLOSED and LISTEN nothing of a connection is left",
        "RFC 9293, 3.3.2",
        lambda step: step.after.state in (CLOSED, LISTEN),
        lambda step: is_blank(step.after),
    ),
    every(
        "closer-is-told",
        "a user who called CLOSE is told how the connection ended, before or when it is gone, "
        "unless another call of theirs ends it",
        "RFC 9293, 3.9.1, 3.10.7.4, MUST-12",
        lambda step: (
            step.history.closed
            and not step.history.gave_up
            and step.tcb.state != CLOSED
            and step.after.state == CLOSED
            and step.event not in (EventKind.ABORT, EventKind.CLOSE, EventKind.CRASH)
        ),
        is_told,
    ),
    every(
        "time-wait-restarts",
        "a retransmitted FIN is acknowledged in TIME-WAIT, and restarts its timer; another old "
        "segment does not restart it",
        "RFC 9293, 3.10.7.4 fifth and eighth",
        arrives_in(State.TIME_WAIT),
        only_a_fin_restarts,
        scope_for=ticking,
        expected=but_not_on("no-restart") | but_not_on("time-wait-restart-any"),
    ),
)
