"""WHAT TCP does: the rules of RFC 9293 for connection management, once, as pure functions.

Two rules for this package. Everything that decides what an endpoint or the network does lives
here. Nothing here knows of an engine, and nothing here imports anything but this package and the
standard library.

Reading order: `sequence`, `segment`, `tcb`; `user_calls`, `segment_arrives`, `timeouts` (the RFC's
3.10); `rules`, `profile`, `variant` (what can be exchanged); `scope`, `channel`, `product`,
`system` (both ends together); `history` and `properties` (what is asked of it); `closing` (what is
asked of TIME-WAIT for all parameters).

What a variant file of a user needs can be imported from here: `from tcpmc.model import Variant`.

Out of the model: security and compartment, urgent data, congestion control, options, and window
management (RCV.WND is a constant; SND.WND is taken to be large enough).
"""

from tcpmc.model.product import Event, System
from tcpmc.model.profile import Host, Profile
from tcpmc.model.properties import PROPERTIES
from tcpmc.model.rules import Rules
from tcpmc.model.scope import SCOPES, Scope
from tcpmc.model.segment import Segment
from tcpmc.model.sequence import Seq
from tcpmc.model.system import Model
from tcpmc.model.tcb import (
    CONNECTION_CLOSING,
    CONNECTION_REFUSED,
    CONNECTION_RESET,
    Signal,
    State,
    Step,
    Tcb,
    ack,
    blank,
    closed,
    go_on,
    transmit,
)
from tcpmc.model.variant import RFC9293, Variant
from tcpmc.model.variants import VARIANTS

__all__ = [
    "CONNECTION_CLOSING",
    "CONNECTION_REFUSED",
    "CONNECTION_RESET",
    "PROPERTIES",
    "RFC9293",
    "SCOPES",
    "VARIANTS",
    "Event",
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
    "ack",
    "blank",
    "closed",
    "go_on",
    "transmit",
]
