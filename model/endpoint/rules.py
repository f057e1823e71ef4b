"""The rules of an endpoint, as a record whose entries a variant can replace."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import reduce
from types import ModuleType

from tcpmc.model.endpoint import reopening, timeouts, timestamps, user_calls
from tcpmc.model.endpoint import segment_arrives as arrives
from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.profile import Host
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.tcb import State, Step, Tcb, continue_processing

OnCall = Callable[[Host, Tcb], Step]
OnSend = Callable[[Host, Tcb, int], Step]
OnSegment = Callable[[Host, Tcb, Segment], Step]

CHECKS = (
    "check_reopening",
    "check_timestamp",
    "check_sequence",
    "note_timestamp",
    "check_reset",
    "check_syn",
    "check_order",
    "check_ack",
    "process_text",
    "check_fin",
)
"""The checks of 3.10.7.4, with those of RFC 7323, in the order in which they are made."""

ENTRIES = {
    EventKind.ACTIVE_OPEN: "open_active",
    EventKind.PASSIVE_OPEN: "open_passive",
    EventKind.SEND: "send",
    EventKind.CLOSE: "close",
    EventKind.ABORT: "abort",
    EventKind.RETRANSMISSION_TIMEOUT: "retransmission_timeout",
    EventKind.TIME_WAIT_TIMEOUT: "time_wait_timeout",
    EventKind.USER_TIMEOUT: "user_timeout",
}
"""The entry of `Rules` for each user call and timeout that a run has."""


@dataclass(frozen=True)
class Rules:
    """One function for each call, check and timeout of RFC 9293, 3.10; the default is the RFC's."""

    open_active: OnCall = user_calls.open_active
    open_passive: OnCall = user_calls.open_passive
    send: OnSend = user_calls.send
    receive: OnCall = user_calls.receive
    close: OnCall = user_calls.close
    abort: OnCall = user_calls.abort
    segment_in_closed: OnSegment = arrives.segment_in_closed
    segment_in_listen: OnSegment = arrives.segment_in_listen
    segment_in_syn_sent: OnSegment = arrives.segment_in_syn_sent
    check_reopening: OnSegment = reopening.check_reopening
    check_timestamp: OnSegment = timestamps.check_timestamp
    check_sequence: OnSegment = arrives.check_sequence
    note_timestamp: OnSegment = timestamps.note_timestamp
    check_reset: OnSegment = arrives.check_reset
    check_syn: OnSegment = arrives.check_syn
    check_order: OnSegment = arrives.check_order
    check_ack: OnSegment = arrives.check_ack
    process_text: OnSegment = arrives.process_text
    check_fin: OnSegment = arrives.check_fin
    send_queued: OnCall = arrives.send_queued
    retransmission_timeout: OnCall = timeouts.retransmission_timeout
    time_wait_timeout: OnCall = timeouts.time_wait_timeout
    user_timeout: OnCall = timeouts.user_timeout

    def call(self, event: EventKind, host: Host, tcb: Tcb, octets: int = 1) -> Step:
        """A user call or a timeout, by the name of its event; `octets` are those of a SEND."""
        if event not in ENTRIES:
            raise ValueError(f"{event!r} is neither a user call nor a timeout")
        given = (octets,) if event == EventKind.SEND else ()
        return getattr(self, ENTRIES[event])(host, tcb, *given)  # type: ignore[no-any-return]

    def segment_arrives(self, host: Host, tcb: Tcb, seg: Segment) -> Step:
        """SEGMENT ARRIVES (RFC 9293, 3.10.7), in any state."""
        match tcb.state:
            case State.CLOSED:
                return self.segment_in_closed(host, tcb, seg)
            case State.LISTEN:
                return self.segment_in_listen(host, tcb, seg)
            case State.SYN_SENT:
                return self._with_queue(host, self.segment_in_syn_sent(host, tcb, seg))
            case State.SYN_RECEIVED:
                return self._with_queue(host, self._checks(host, tcb, seg))
            case _:
                return self._checks(host, tcb, seg)

    def _with_queue(self, host: Host, step: Step) -> Step:
        """The step, and what waited for the connection to be open."""
        return arrives.followed_by_queue(step, self.send_queued(host, step.tcb))

    def _checks(self, host: Host, tcb: Tcb, seg: Segment) -> Step:
        """The checks, each on what the ones before it left, until one is done."""
        checks: list[OnSegment] = [getattr(self, name) for name in CHECKS]
        step = reduce(
            lambda step, check: step if step.done else step.then(check(host, step.tcb, seg)),
            checks,
            continue_processing(tcb),
        )
        return step if step.rules else replace(step, rules=("3.10.7.4: nothing new",))


def rule_modules() -> tuple[ModuleType, ...]:
    """The modules in which the RFC's rules and their labels are written."""
    names = {getattr(Rules, entry.name).__module__ for entry in fields(Rules)} | {__name__}
    return tuple(sys.modules[name] for name in sorted(names))
