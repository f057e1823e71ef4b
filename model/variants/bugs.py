"""The bug gallery: bugs seen in real stacks, each with its report and the property that catches it.

A bug is told from a sound variant by one verdict: that of `caught_by` is the opposite on it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from tcpmc.model.endpoint.profile import Profile
from tcpmc.model.network.scope import SCOPES, Scope
from tcpmc.model.variants import bug_rules as rules
from tcpmc.model.variants.variant import RFC9293, Variant

SMALL = SCOPES["small"]


@dataclass(frozen=True)
class Bug:
    """A bug: the variant that has it, the stack and the report, and what catches it.

    caught_by
        The property whose verdict on this variant is the opposite of the one on `sound`: REFUTED
        for PROVED, UNREACHABLE for WITNESS.
    sound
        The variant without the bug: `rfc9293`, unless the bug is one of practice and not against
        the RFC.
    scope
        Bounds within which it is caught quickly.
    """

    variant: Variant
    stack: str
    report: str
    caught_by: str
    sound: str = "rfc9293"
    scope: Scope = SMALL


BUGS: dict[str, Bug] = {
    row.variant.name: row
    for row in (
        Bug(
            Variant(
                "smoltcp-470",
                "LAST-ACK goes to CLOSED on any ACK",
                rules=replace(RFC9293, check_ack=rules.any_ack_closes_last_ack),
            ),
            "smoltcp",
            "smoltcp-rs/smoltcp issue 470",
            caught_by="no-deadlock",
        ),
        Bug(
            Variant(
                "smoltcp-279",
                "FIN-WAIT-1 goes to CLOSING without ever having sent FIN",
                rules=replace(
                    RFC9293,
                    close=rules.fin_left_for_later,
                    retransmission_timeout=rules.closing_transmits_nothing,
                ),
            ),
            "smoltcp",
            "smoltcp-rs/smoltcp pull request 279",
            caught_by="closing-only-simultaneous",
        ),
        Bug(
            Variant(
                "smoltcp-1001",
                "a SYN without ACK in SYN-SENT is dropped",
                rules=replace(RFC9293, segment_in_syn_sent=rules.bare_syn_dropped),
            ),
            "smoltcp",
            "smoltcp-rs/smoltcp pull request 1001",
            caught_by="simultaneous-open",
        ),
        Bug(
            Variant(
                "freertos-1303",
                "FIN in FIN-WAIT-1 and FIN-WAIT-2 leads to CLOSE-WAIT and LAST-ACK",
                rules=replace(RFC9293, check_fin=rules.fin_to_last_ack),
            ),
            "FreeRTOS+TCP",
            "FreeRTOS/FreeRTOS-Plus-TCP issue 1303",
            caught_by="closing",
        ),
        Bug(
            Variant(
                "zephyr-46407",
                "TIME-WAIT does not acknowledge a retransmitted FIN",
                rules=replace(RFC9293, check_sequence=rules.repeated_fin_ignored),
            ),
            "Zephyr",
            "zephyrproject-rtos/zephyr pull request 46407",
            caught_by="peer-leaves-last-ack",
        ),
        Bug(
            Variant(
                "zephyr-728",
                "the active closer drops the connection at once",
                rules=replace(RFC9293, close=rules.close_drops_connection),
            ),
            "Zephyr",
            "zephyrproject-rtos/zephyr issue 728",
            caught_by="graceful-close",
        ),
        Bug(
            Variant(
                "gvisor-3106",
                "TIME-WAIT is ended early by the application's close",
                profile=Profile(time_wait="any-moment"),
                rules=replace(RFC9293, time_wait_timeout=rules.close_ends_time_wait),
            ),
            "gVisor",
            "google/gvisor issue 3106",
            caught_by="graceful-close",
        ),
        Bug(
            Variant(
                "demikernel-1537",
                "CLOSING retransmits its FIN without the FIN bit",
                rules=replace(RFC9293, retransmission_timeout=rules.closing_repeats_without_fin),
            ),
            "Demikernel",
            "microsoft/demikernel issue 1537",
            caught_by="close-completes",
        ),
        Bug(
            Variant(
                "utcp-24",
                "no retransmission timer in CLOSE-WAIT",
                rules=replace(RFC9293, retransmission_timeout=rules.close_wait_repeats_nothing),
            ),
            "uTCP",
            "robur-coop/utcp issue 24",
            caught_by="sent-is-acknowledged",
            scope=SMALL.with_(data=1, duplication=False),
        ),
        Bug(
            Variant(
                "utcp-28",
                "FIN-WAIT-2 has no timeout, as in RFC 9293",
            ),
            "uTCP",
            "robur-coop/utcp issue 28",
            caught_by="close-survives-crash",
            sound="fin-wait-2-timer",
        ),
        Bug(
            Variant(
                "tricep-27",
                "FIN is never retransmitted",
                rules=replace(RFC9293, retransmission_timeout=rules.fin_never_repeated),
            ),
            "Tricep",
            "ausimian/tricep issue 27",
            caught_by="close-completes",
        ),
        Bug(
            Variant(
                "inet-92",
                "SYN-RECEIVED refuses SYN,ACK and does not acknowledge it",
                rules=replace(RFC9293, check_sequence=rules.syn_ack_refused),
            ),
            "INET",
            "inet-framework/inet issue 92",
            caught_by="sent-is-acknowledged",
        ),
        Bug(
            Variant(
                "lwip-simopen",
                "a SYN without ACK in SYN-SENT is ignored",
                rules=replace(RFC9293, segment_in_syn_sent=rules.bare_syn_dropped),
            ),
            "lwIP",
            "lwIP, src/core/tcp_in.c, tcp_process, SYN_SENT",
            caught_by="simultaneous-open",
        ),
        Bug(
            Variant(
                "rfc793-close-wait",
                "CLOSE in CLOSE-WAIT enters CLOSING",
                rules=replace(RFC9293, close=rules.close_wait_to_closing),
            ),
            "RFC 793",
            "RFC 793, 3.9, CLOSE call; RFC 1122, 4.2.2.20 (a)",
            caught_by="closing-only-simultaneous",
        ),
        Bug(
            Variant(
                "tlaplus-closed-tcb",
                "CLOSED keeps the TCB after LAST-ACK and can still send RST",
                rules=replace(
                    RFC9293, check_ack=rules.closed_keeps_tcb, abort=rules.reset_from_closed
                ),
            ),
            "TLA+ Examples",
            "tlaplus/Examples specifications/tcp/tcp.tla, LastAck and Note3",
            caught_by="lemma-closed-forgets",
        ),
    )
}
