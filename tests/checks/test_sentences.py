"""For each sentence of the catalogue about steps, changes of the rules that break just what it
says: each is refuted. (What one word of a sentence promises, one mutant takes away.)"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tcpmc.checks.explicit.explicit_engine import ExplicitEngine
from tcpmc.checks.symbolic.onestep import OneStep
from tcpmc.model import RFC9293, SCOPES, Model, Rules, Segment, State, Step, Tcb, Variant, empty_tcb
from tcpmc.model.endpoint.tcb import CONNECTION_CLOSING, CONNECTION_RESET
from tcpmc.model.properties.catalogue import PROPERTIES
from tcpmc.model.properties.kinds import Lemma, Reachable
from tcpmc.model.properties.lemmas import LEMMAS
from tcpmc.model.properties.recovery import RECOVERY
from tcpmc.model.properties.step import STEPS

S = State
Change = Callable[[Tcb, Step], Step]


def spoiled(
    entry: str, change: Change, *states: State, bit: str = "", to: State | None = None
) -> Rules:
    """RFC 9293 with one rule's steps changed: those in these states, on a segment with that bit,
    that lead to that state."""
    rule: Any = getattr(RFC9293, entry)

    def wrong(host: Any, tcb: Tcb, *more: Any) -> Step:
        step: Step = rule(host, tcb, *more)
        here = not states or tcb.state in states
        there = to is None or step.tcb.state == to
        carried = not bit or getattr(more[0], bit)
        return change(tcb, step) if here and there and carried else step

    return replace(RFC9293, **{entry: wrong})


def silently(tcb: Tcb, step: Step) -> Step:
    """Nothing is sent."""
    return replace(step, send=())


def untold(tcb: Tcb, step: Step) -> Step:
    """Nobody is told."""
    return replace(step, signals=())


def not_at_all(tcb: Tcb, step: Step) -> Step:
    """It is ignored."""
    return Step("spoiled", tcb)


def into(state: State) -> Change:
    """The state is another one, and TIME-WAIT has its timer."""
    return lambda tcb, step: replace(step, tcb=replace(step.tcb, state=state))


def deleting(tcb: Tcb, step: Step) -> Step:
    """The TCB is deleted."""
    return replace(step, tcb=empty_tcb(S.CLOSED, tcb.iss.bits), done=True)


def with_tcb(**numbers: int) -> Change:
    """Numbers of the TCB are moved on, or back."""

    def change(tcb: Tcb, step: Step) -> Step:
        moved = {name: getattr(step.tcb, name) + by for name, by in numbers.items()}
        return replace(step, tcb=replace(step.tcb, **moved))

    return change


def sending(**numbers: int) -> Change:
    """Numbers of what is sent are moved."""

    def change(tcb: Tcb, step: Step) -> Step:
        def moved(seg: Any) -> Any:
            return replace(seg, **{name: getattr(seg, name) + by for name, by in numbers.items()})

        return replace(step, send=tuple(map(moved, step.send)))

    return change


def without_timer(tcb: Tcb, step: Step) -> Step:
    """The timer of TIME-WAIT is not started."""
    return replace(step, starts_time_wait=False)


def telling(signal: Any) -> Change:
    """The user is told this, too."""
    return lambda tcb, step: replace(step, signals=(*step.signals, signal))


def remembering(tcb: Tcb, step: Step) -> Step:
    """The ISS is kept."""
    return replace(step, tcb=replace(step.tcb, iss=tcb.iss))


def unacknowledged(tcb: Tcb, step: Step) -> Step:
    """SND.UNA stays."""
    return replace(step, tcb=replace(step.tcb, snd_una=tcb.snd_una))


def unqueued(tcb: Tcb, step: Step) -> Step:
    """What waits is forgotten."""
    return replace(step, tcb=replace(step.tcb, queued=0, close_queued=False))


def answering(tcb: Tcb, step: Step) -> Step:
    """An ACK is sent."""
    return replace(step, send=(*step.send, Segment(step.tcb.snd_nxt, step.tcb.rcv_nxt, ACK=True)))


def restarting(tcb: Tcb, step: Step) -> Step:
    """The timer of TIME-WAIT begins anew."""
    return replace(step, starts_time_wait=True)


def resetting(tcb: Tcb, step: Step) -> Step:
    """A reset is sent."""
    return replace(step, send=(Segment(tcb.snd_nxt, tcb.rcv_nxt, RST=True),))


def passively(tcb: Tcb, step: Step) -> Step:
    """It is remembered that the connection was opened passively."""
    return replace(step, tcb=replace(step.tcb, passive=True))


def believing(host: Any, tcb: Tcb, seg: Any) -> Step:
    """An ACK of what was not sent counts as one of what was."""
    unsent = tcb.snd_nxt < seg.ack
    return RFC9293.check_ack(host, tcb, replace(seg, ack=tcb.snd_nxt) if unsent else seg)


BROKEN: dict[str, list[Rules]] = {
    "lemma-established-needs-ack": [
        spoiled("segment_in_listen", into(S.ESTABLISHED), to=S.SYN_RECEIVED),
        spoiled("segment_in_syn_sent", into(S.ESTABLISHED), to=S.SYN_RECEIVED),
        spoiled("open_active", into(S.ESTABLISHED), to=S.SYN_SENT),
        spoiled("close", into(S.ESTABLISHED), S.CLOSE_WAIT),
    ],
    "lemma-closed-forgets": [
        spoiled("check_ack", remembering, to=S.CLOSED),
        spoiled("close", remembering, to=S.CLOSED),
        spoiled("abort", remembering, to=S.CLOSED),
        spoiled("time_wait_timeout", remembering),
        spoiled("user_timeout", passively),
    ],
    "lemma-no-reset-for-reset": [
        spoiled("segment_in_closed", resetting, bit="RST"),
        spoiled("check_reset", resetting, bit="RST"),
    ],
    "lemma-closing-needs-fin": [
        spoiled("close", into(S.CLOSING), S.ESTABLISHED),
        spoiled("check_ack", into(S.CLOSING), S.FIN_WAIT_1, to=S.FIN_WAIT_2),
        spoiled("check_fin", into(S.CLOSING), S.ESTABLISHED, to=S.CLOSE_WAIT),
        spoiled("retransmission_timeout", into(S.CLOSING), S.FIN_WAIT_1),
    ],
    "lemma-reset-refuses": [
        spoiled("segment_in_syn_sent", not_at_all, bit="RST"),
        spoiled("segment_in_syn_sent", untold, bit="RST"),
        spoiled("segment_in_syn_sent", remembering, to=S.CLOSED),
    ],
    "lemma-fin-ack-time-wait": [
        spoiled("check_fin", into(S.CLOSING), to=S.TIME_WAIT),
        spoiled("check_fin", without_timer, to=S.TIME_WAIT),
        spoiled("check_ack", not_at_all, S.FIN_WAIT_1, bit="FIN"),
    ],
    "lemma-closing-ack-time-wait": [
        spoiled("check_ack", not_at_all, S.CLOSING),
        spoiled("check_ack", without_timer, S.CLOSING),
        spoiled("check_ack", deleting, S.CLOSING),
    ],
    "lemma-time-wait-entered": [
        spoiled("abort", into(S.TIME_WAIT), S.ESTABLISHED),
        spoiled("close", into(S.TIME_WAIT), S.CLOSE_WAIT),
        spoiled("user_timeout", into(S.TIME_WAIT)),
        spoiled("check_ack", into(S.TIME_WAIT), S.LAST_ACK, to=S.CLOSED),
    ],
    "lemma-time-wait-answers-fin": [
        spoiled("check_sequence", silently, S.TIME_WAIT, bit="FIN"),
        spoiled("check_sequence", without_timer, S.TIME_WAIT),
        spoiled("check_sequence", sending(ack=1), S.TIME_WAIT),
        spoiled("check_sequence", deleting, S.TIME_WAIT, bit="FIN"),
    ],
    "lemma-numbers-advance": [
        spoiled("process_text", with_tcb(rcv_nxt=-1), S.ESTABLISHED),
        spoiled("check_ack", with_tcb(snd_una=-1), S.FIN_WAIT_2),
        spoiled("close", with_tcb(rcv_nxt=-1), S.ESTABLISHED),
        spoiled("retransmission_timeout", with_tcb(snd_una=-1)),
    ],
    "lemma-reset-is-obeyed": [
        spoiled("check_reset", not_at_all, S.ESTABLISHED, bit="RST"),
        spoiled("check_reset", not_at_all, S.TIME_WAIT, bit="RST"),
        spoiled("check_reset", untold, S.CLOSE_WAIT, bit="RST"),
    ],
    "lemma-reset-elsewhere": [
        spoiled("check_reset", deleting, S.ESTABLISHED, bit="RST"),
        spoiled("check_sequence", deleting, S.FIN_WAIT_2, bit="RST"),
        spoiled("check_reset", silently, S.CLOSING, bit="RST"),
    ],
    "lemma-syn-is-challenged": [
        spoiled("check_syn", silently, S.ESTABLISHED, bit="SYN"),
        spoiled("check_syn", deleting, S.LAST_ACK, bit="SYN"),
    ],
    "figure-5": [
        spoiled("close", into(S.CLOSING), S.ESTABLISHED),
        spoiled("check_ack", into(S.CLOSED), S.FIN_WAIT_1, to=S.FIN_WAIT_2),
        spoiled("retransmission_timeout", deleting, S.SYN_SENT),
        spoiled("segment_in_syn_sent", into(S.ESTABLISHED), to=S.SYN_RECEIVED),
    ],
    "closed-answers": [
        spoiled("segment_in_closed", silently),
        spoiled("segment_in_closed", sending(seq=1)),
        spoiled("segment_in_closed", into(S.LISTEN)),
    ],
    "listen-answers": [
        spoiled("segment_in_listen", silently, bit="ACK"),
        spoiled("segment_in_listen", deleting, bit="RST"),
        spoiled("segment_in_listen", with_tcb(rcv_nxt=1), bit="SYN"),
        spoiled("segment_in_listen", with_tcb(snd_una=1), bit="SYN", to=S.SYN_RECEIVED),
    ],
    "syn-sent-answers": [
        spoiled("segment_in_syn_sent", silently, bit="ACK"),
        spoiled("segment_in_syn_sent", not_at_all, bit="RST"),
        spoiled("segment_in_syn_sent", untold, bit="RST"),
        spoiled("segment_in_syn_sent", with_tcb(irs=1), to=S.ESTABLISHED),
    ],
    "syn-received-answers": [
        spoiled("check_reset", not_at_all, S.SYN_RECEIVED, bit="RST"),
        spoiled("check_ack", not_at_all, S.SYN_RECEIVED, bit="ACK"),
        spoiled("check_reset", deleting, S.SYN_RECEIVED, bit="RST"),
    ],
    "window-guards": [
        spoiled("check_sequence", silently, S.ESTABLISHED),
        spoiled("check_sequence", sending(seq=1), S.CLOSE_WAIT),
        spoiled("check_sequence", sending(ack=1), S.LAST_ACK),
    ],
    "reset-is-obeyed": [
        spoiled("check_reset", not_at_all, S.ESTABLISHED, bit="RST"),
        spoiled("check_reset", not_at_all, S.FIN_WAIT_2, bit="RST"),
        spoiled("check_reset", untold, S.CLOSE_WAIT, bit="RST"),
    ],
    "reset-elsewhere": [
        spoiled("check_reset", deleting, S.ESTABLISHED, bit="RST"),
        spoiled("check_reset", silently, S.ESTABLISHED, bit="RST"),
    ],
    "syn-is-challenged": [
        spoiled("check_syn", silently, S.ESTABLISHED, bit="SYN"),
        spoiled("check_syn", deleting, S.ESTABLISHED, bit="SYN"),
    ],
    "data-in-order": [
        spoiled("process_text", with_tcb(rcv_nxt=1), S.ESTABLISHED, bit="length"),
        spoiled("check_fin", untold, S.ESTABLISHED, bit="FIN"),
        spoiled("check_ack", telling(CONNECTION_CLOSING), S.ESTABLISHED),
        spoiled("close", with_tcb(rcv_nxt=1), S.ESTABLISHED),
    ],
    "data-is-taken": [
        spoiled("process_text", not_at_all, S.ESTABLISHED),
        spoiled("check_fin", silently, S.ESTABLISHED, bit="FIN"),
        spoiled("check_fin", not_at_all, S.FIN_WAIT_2, bit="FIN"),
    ],
    "fin-leads-on": [
        spoiled("check_fin", into(S.ESTABLISHED), S.ESTABLISHED, to=S.CLOSE_WAIT),
        spoiled("check_fin", into(S.TIME_WAIT), S.FIN_WAIT_1, to=S.CLOSING),
        spoiled("check_fin", without_timer, S.FIN_WAIT_2, to=S.TIME_WAIT),
    ],
    "ack-leads-on": [
        spoiled("check_ack", into(S.FIN_WAIT_1), to=S.FIN_WAIT_2),
        spoiled("check_ack", deleting, S.CLOSING),
        spoiled("check_ack", remembering, S.LAST_ACK, to=S.CLOSED),
        spoiled("check_ack", without_timer, S.CLOSING),
    ],
    "una-follows-ack": [
        spoiled("check_ack", with_tcb(snd_una=1), S.ESTABLISHED, bit="length"),
        spoiled("send", with_tcb(snd_una=1), S.ESTABLISHED),
    ],
    "ack-is-taken": [spoiled("check_ack", unacknowledged, S.FIN_WAIT_1)],
    "numbers-what-it-sends": [
        spoiled("check_fin", sending(seq=1), S.ESTABLISHED),
        spoiled("close", with_tcb(snd_nxt=-1), S.ESTABLISHED),
        spoiled("send", sending(seq=1), S.ESTABLISHED),
        spoiled("retransmission_timeout", sending(seq=1), S.LAST_ACK),
    ],
    "acknowledges-what-it-received": [
        spoiled("check_fin", sending(ack=-1), S.ESTABLISHED),
        spoiled("close", sending(ack=1), S.ESTABLISHED),
    ],
    "front-is-sent-again": [
        spoiled("retransmission_timeout", sending(ack=1), S.LAST_ACK),
        spoiled("retransmission_timeout", sending(length=1), S.LAST_ACK),
        spoiled("retransmission_timeout", deleting),
    ],
    "open-calls": [
        spoiled("open_active", sending(seq=1)),
        spoiled("open_active", with_tcb(snd_nxt=-1)),
        spoiled("open_passive", into(S.SYN_RECEIVED)),
        spoiled("open_passive", passively),
    ],
    "text-is-sent": [
        spoiled("send", silently, S.ESTABLISHED),
        spoiled("send", sending(length=1), S.CLOSE_WAIT),
        spoiled("send", unqueued, S.SYN_SENT, S.SYN_RECEIVED),
        spoiled("send", into(S.CLOSE_WAIT), S.ESTABLISHED),
    ],
    "queue-is-sent": [
        spoiled("check_ack", unqueued, S.SYN_RECEIVED),
        spoiled("segment_in_syn_sent", unqueued, to=S.ESTABLISHED),
    ],
    "gap-is-acknowledged": [spoiled("process_text", silently, S.ESTABLISHED, bit="FIN")],
    "ack-draws-nothing": [
        spoiled("check_ack", answering, S.CLOSE_WAIT),
        spoiled("process_text", answering, S.ESTABLISHED),
    ],
    "close-sends-fin": [
        spoiled("close", silently, S.ESTABLISHED),
        spoiled("close", deleting, S.ESTABLISHED),
        spoiled("close", into(S.FIN_WAIT_1), S.CLOSE_WAIT),
        spoiled("close", remembering, S.SYN_SENT),
    ],
    "abort-resets": [
        spoiled("abort", silently, S.ESTABLISHED),
        spoiled("abort", into(S.LISTEN), S.FIN_WAIT_1),
        spoiled("abort", sending(seq=1), S.CLOSE_WAIT),
    ],
    "timeouts-delete": [
        spoiled("user_timeout", untold),
        spoiled("user_timeout", remembering),
        spoiled("time_wait_timeout", into(S.LISTEN)),
        spoiled("time_wait_timeout", telling(CONNECTION_RESET)),
    ],
    "closed-forgets": [
        spoiled("check_ack", remembering, to=S.CLOSED),
        spoiled("open_passive", passively, to=S.LISTEN),
    ],
    "closer-is-told": [
        spoiled("check_reset", untold, S.FIN_WAIT_1, bit="RST"),
        spoiled("check_ack", deleting, S.FIN_WAIT_1),
        spoiled("user_timeout", untold),
    ],
    "time-wait-restarts": [
        spoiled("check_sequence", without_timer, S.TIME_WAIT),
        spoiled("check_sequence", silently, S.TIME_WAIT),
        spoiled("check_sequence", restarting, S.TIME_WAIT),
    ],
    "ack-range": [replace(RFC9293, check_ack=believing)],
    "data-complete": [
        spoiled("process_text", with_tcb(rcv_nxt=1), S.ESTABLISHED, bit="length"),
        spoiled("check_fin", with_tcb(rcv_nxt=-1), S.ESTABLISHED, bit="FIN"),
        spoiled("check_ack", with_tcb(snd_una=1), S.ESTABLISHED, bit="length"),
    ],
    "established-not-reset": [
        spoiled("check_ack", deleting, S.FIN_WAIT_1),
        spoiled("send", deleting, S.ESTABLISHED),
        spoiled("check_fin", telling(CONNECTION_RESET), S.ESTABLISHED, bit="FIN"),
    ],
    "half-open-discovered": [
        spoiled("check_reset", not_at_all, S.ESTABLISHED, bit="RST"),
        spoiled("segment_in_closed", silently),
        spoiled("segment_in_syn_sent", silently, bit="ACK"),
        spoiled("check_sequence", silently, S.ESTABLISHED),
    ],
}  # fmt: skip
WIDE = ("ack-range", "data-complete", "gap-is-acknowledged", "time-wait-restarts")
"""What only shows where segments overtake each other."""


CASES = [(name, number) for name, rules in BROKEN.items() for number in range(len(rules))]


@pytest.mark.exhaustive
@pytest.mark.parametrize(("name", "number"), CASES)
def test_a_sentence_is_refuted_where_it_is_broken(name: str, number: int) -> None:
    prop, variant = PROPERTIES[name], Variant("spoiled", rules=BROKEN[name][number])
    if isinstance(prop, Lemma):
        trace = OneStep(variant).broken(prop)
        assert trace is not None and len(trace) == 1
        return
    scope = prop.scope_for(SCOPES["default"])
    model = Model(variant, scope if name in WIDE else scope.with_(capacity=1))
    assert ExplicitEngine(model).decide([prop])[name].word == "REFUTED"


def test_each_sentence_is_broken_by_something() -> None:
    names = {prop.name for prop in (*STEPS, *LEMMAS, *RECOVERY) if not isinstance(prop, Reachable)}
    assert names == BROKEN.keys()
