"""WHAT TCP does: the rules of RFC 9293 for connection management, once, as pure functions.

Two rules for this package. Everything that decides what an endpoint or the network does lives
here. Nothing here knows of an engine, and nothing here imports anything but this package and the
standard library.

Reading order: `endpoint/` (one end: the RFC's 3.10), `network/` (two ends and the channels between
them), `properties/` (what is asked), `variants/` (stacks that differ), `middleboxes/` (what can
stand beside an end), `timed/` (what is asked of TIME-WAIT for all parameters).

What a variant file of a user needs can be imported from here: `from tcpmc.model import Variant`.
That is everything that a rule of 3.10 uses, and the rules themselves as entries of `RFC9293`.

Out of the model: security and compartment, urgent data, congestion control, options, and window
management (RCV.WND is a constant; SND.WND is taken to be large enough).
"""

from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.profile import (
    Host,
    Profile,
)
from tcpmc.model.endpoint.reassembly import (
    advance,
    advance_over_held,
    fills_gap,
    hold,
    is_fin_due,
)
from tcpmc.model.endpoint.reopening import (
    is_new_syn,
    may_reuse,
    next_iss,
    recycled_out,
    reuse,
)
from tcpmc.model.endpoint.rules import (
    Rules,
)
from tcpmc.model.endpoint.segment import (
    Segment,
    is_pure_ack,
    reset,
)
from tcpmc.model.endpoint.segment_arrives import (
    acceptable,
    after_ack,
    confirms_simultaneous_open,
    enter_time_wait,
    exceeds_zero_window,
    followed_by_queue,
    is_ack_out_of_range,
    is_text_after_close,
    passes_zero_window,
    restarts_time_wait,
)
from tcpmc.model.endpoint.sequence import (
    Seq,
    acknowledges,
    within,
)
from tcpmc.model.endpoint.tcb import (
    CONNECTION_CLOSING,
    CONNECTION_REFUSED,
    CONNECTION_RESET,
    FIN_SENT_STATES,
    FIN_UNACKNOWLEDGED,
    Signal,
    State,
    Step,
    Tcb,
    ack,
    blank,
    closed,
    continue_processing,
    delete_tcb,
    empty_tcb,
    fin_acknowledged,
    go_on,
    transmit,
)
from tcpmc.model.endpoint.timeouts import (
    fin_wait_2_timeout,
    keepalive_probe,
    keepalive_timeout,
)
from tcpmc.model.endpoint.timestamps import (
    is_older,
    stamped,
)
from tcpmc.model.endpoint.user_calls import (
    flushed,
    issue_syn,
    send_fin,
)
from tcpmc.model.former_names import register
from tcpmc.model.network.product import Event, System
from tcpmc.model.network.scope import SCOPES, Scope
from tcpmc.model.network.system import Model
from tcpmc.model.properties.catalogue import PROPERTIES
from tcpmc.model.variants.shipped import VARIANTS
from tcpmc.model.variants.variant import RFC9293, Variant

__all__ = [
    "CONNECTION_CLOSING",
    "CONNECTION_REFUSED",
    "CONNECTION_RESET",
    "FIN_SENT_STATES",
    "FIN_UNACKNOWLEDGED",
    "PROPERTIES",
    "RFC9293",
    "SCOPES",
    "VARIANTS",
    "Event",
    "EventKind",
    "Host",
    "Model",
    "Profile",
    "Rules",
    "Scope",
    "Segment",
    "Seq",
    "Signal",
    "State",
    "Step",
    "System",
    "Tcb",
    "Variant",
    "acceptable",
    "ack",
    "acknowledges",
    "advance",
    "advance_over_held",
    "after_ack",
    "blank",
    "closed",
    "confirms_simultaneous_open",
    "continue_processing",
    "delete_tcb",
    "empty_tcb",
    "enter_time_wait",
    "exceeds_zero_window",
    "fills_gap",
    "fin_acknowledged",
    "fin_wait_2_timeout",
    "flushed",
    "followed_by_queue",
    "go_on",
    "hold",
    "is_ack_out_of_range",
    "is_fin_due",
    "is_new_syn",
    "is_older",
    "is_pure_ack",
    "is_text_after_close",
    "issue_syn",
    "keepalive_probe",
    "keepalive_timeout",
    "may_reuse",
    "next_iss",
    "passes_zero_window",
    "recycled_out",
    "reset",
    "restarts_time_wait",
    "reuse",
    "send_fin",
    "send_queued",
    "stamped",
    "transmit",
    "within",
]


def send_queued(step: Step) -> Step:
    """The step, and what waited for ESTABLISHED, as the RFC's rules send it in place of a bare ACK:
    for rules that replace SEGMENT ARRIVES as a whole. (The entry of `Rules` of this name sends just
    what waited.)"""
    return followed_by_queue(step, RFC9293.send_queued(Host(Profile(), step.tcb.iss), step.tcb))


register()
