"""The named middleboxes, each from its documentation."""

from __future__ import annotations

from tcpmc.model.middleboxes.conntrack import conntrack
from tcpmc.model.middleboxes.filters import (
    drops_resets,
    drops_reused_syn,
    established,
    first_packet_is_syn,
    outbound_first,
    resets_unknown,
)
from tcpmc.model.middleboxes.middlebox import Middlebox

MIDDLEBOXES = {
    box.name: box
    for box in (
        conntrack(
            "conntrack",
            "Linux connection tracking by default, INVALID is dropped "
            "(nf_conntrack_tcp_loose=1, nf_conntrack_tcp_be_liberal=0)",
        ),
        conntrack(
            "conntrack-strict",
            "Linux connection tracking that picks up no connection (nf_conntrack_tcp_loose=0)",
            loose=False,
        ),
        conntrack(
            "conntrack-liberal",
            "Linux connection tracking without windows (nf_conntrack_tcp_be_liberal=1)",
            liberal=True,
        ),
        conntrack(
            "conntrack-idle",
            "Linux connection tracking whose timeout ends while the connection is silent",
            forgets=True,
        ),
        conntrack(
            "conntrack-idle-strict",
            "Linux connection tracking whose timeout ends while the connection is silent, and that "
            "picks up no connection (nf_conntrack_tcp_loose=0)",
            loose=False,
            forgets=True,
        ),
        Middlebox(
            "firewall",
            "a stateful firewall: without an entry only a SYN passes; RST or both FINs end it",
            first_packet_is_syn,
            established=established,
        ),
        Middlebox(
            "firewall-idle",
            "a stateful firewall whose idle time ends while the connection is silent",
            first_packet_is_syn,
            lambda entry: None,
            established,
        ),
        Middlebox(
            "firewall-reset",
            "a stateful firewall whose idle time ends, and that answers what it does not know by "
            "RST",
            resets_unknown,
            lambda entry: None,
            established,
        ),
        Middlebox(
            "nat",
            "a NAT by RFC 5382 and RFC 7857: mappings are made from inside",
            outbound_first,
            established=established,
        ),
        Middlebox(
            "nat-idle",
            "a NAT whose mapping ends while the connection is silent (RFC 5382, REQ-5)",
            outbound_first,
            lambda entry: None,
            established,
        ),
        Middlebox(
            "balancer",
            "a load balancer that drops the first SYN on reuse of a connection",
            drops_reused_syn,
            established=established,
        ),
        Middlebox("drop-rst", "a filter that drops each RST from inside", drops_resets),
    )
}
