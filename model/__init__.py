"""WHAT TCP does: the rules of RFC 9293 for connection management, once, as pure functions.

Two rules for this package. Everything that decides what an endpoint or the network does lives
here. Nothing here knows of an engine, and nothing here imports anything but this package and the
standard library.

Reading order: `endpoint/` (one end: the RFC's 3.10), `network/` (two ends and the channels between
them), `properties/` (what is asked), `variants/` (stacks that differ), `timed/` (what is asked of
TIME-WAIT for all parameters).

What a variant file of a user needs can be imported from here: `from tcpmc.model import Variant`.

Out of the model: security and compartment, urgent data, congestion control, options, and window
management (RCV.WND is a constant; SND.WND is taken to be large enough).
"""

from tcpmc.model.endpoint.profile import Host, Profile
from tcpmc.model.endpoint.rules import Rules
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import (
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

register()
