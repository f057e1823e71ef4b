"""The named variants: readings of the RFC, profiles, and the seeded bugs."""

from __future__ import annotations

from dataclasses import replace

from tcpmc.model.endpoint.profile import Host, Profile
from tcpmc.model.endpoint.segment import Segment, reset
from tcpmc.model.endpoint.segment_arrives import check_sequence, check_syn
from tcpmc.model.endpoint.tcb import State, Step, Tcb
from tcpmc.model.variants.bugs import BUGS
from tcpmc.model.variants.variant import RFC9293, Variant


def fin_wait_2_timed(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """Fifth, check the ACK field, where FIN-WAIT-2 has a timer: once its FIN is acknowledged a
    closed connection is kept in TIME-WAIT, which still takes the other's FIN. So does Linux
    (`tcp_fin_timeout`) with a socket that no process has open any more."""
    step = RFC9293.check_ack(host, tcb, seg)
    if step.tcb.state != State.FIN_WAIT_2 or tcb.state == State.FIN_WAIT_2:
        return step
    tcb = replace(step.tcb, state=State.TIME_WAIT)
    rule = "FIN-WAIT-2 timer: FIN acknowledged, TIME-WAIT"
    return replace(step, rules=(rule,), tcb=tcb, starts_time_wait=True)


def syn_in_time_wait_refused(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """lwIP, tcp_in.c, tcp_timewait_input: a SYN in the window of TIME-WAIT is answered by RST."""
    if tcb.state == State.TIME_WAIT and seg.SYN:
        return Step("lwIP: SYN in TIME-WAIT, RST sent", tcb, send=(reset(seg),))
    return check_syn(host, tcb, seg)


def check_sequence_without_restart(host: Host, tcb: Tcb, seg: Segment) -> Step:
    """A retransmitted FIN is acknowledged in TIME-WAIT, but does not restart the timer."""
    step = check_sequence(host, tcb, seg)
    return replace(step, starts_time_wait=False)


LINUX_DEFAULT = Profile(
    timestamps=True,
    reopening="timestamps",
    time_wait_restart="any",
    out_of_order="hold",
    abort_reset="ack",
)
"""Linux as it comes: tcp_timestamps=1, tcp_rfc1337=0, tcp_tw_reuse=2 (loopback only)."""

STACKS = (
    *("rfc793", "rfc9293", "rfc1337", "may-2", "rfc6191"),
    *("linux", "linux-no-timestamps", "linux-rfc1337", "linux-tw-reuse", "freebsd", "lwip"),
)
"""The names of the variants that are readings of a standard, or a stack as it comes."""

VARIANTS = {
    variant.name: variant
    for variant in (
        Variant("rfc9293", "the rules of RFC 9293"),
        Variant(
            "no-time-wait",
            "TIME-WAIT is skipped; the closed host answers RST",
            Profile(time_wait="none"),
        ),
        Variant(
            "no-time-wait-silent",
            "TIME-WAIT is skipped and the closed host stays silent",
            Profile(time_wait="none", closed_replies="silent"),
        ),
        Variant(
            "hasty-time-wait",
            "TIME-WAIT may end at any moment",
            Profile(time_wait="any-moment"),
        ),
        Variant(
            "two-way-handshake",
            "LISTEN enters ESTABLISHED as soon as a SYN arrives",
            Profile(handshake="two-way"),
        ),
        Variant("rfc1337", "RST in TIME-WAIT is ignored (F1)", Profile(rst_in_time_wait="ignore")),
        Variant(
            "time-wait-restart-any",
            "any old segment that TIME-WAIT acknowledges restarts its timer",
            Profile(time_wait_restart="any"),
        ),
        Variant(
            "no-restart",
            "a retransmitted FIN does not restart the timer of TIME-WAIT",
            rules=replace(RFC9293, check_sequence=check_sequence_without_restart),
        ),
        Variant(
            "rfc1337-f2",
            "timestamps and PAWS (F2)",
            Profile(timestamps=True),
        ),
        Variant(
            "rfc793",
            "RST and SYN anywhere in the window reset the connection, as RFC 793 had it",
            Profile(challenge_acks=False),
        ),
        Variant(
            "linux",
            "Linux by default: timestamps, a new SYN reopens, any old segment restarts TIME-WAIT "
            "(net/ipv4/tcp_minisocks.c, tcp_timewait_state_process; tcp_rfc1337=0, tcp_tw_reuse=2)",
            # It does not return to TIME-WAIT when the SYN turns out to be old, as this model does.
            LINUX_DEFAULT,
        ),
        Variant(
            "linux-no-timestamps",
            "Linux without timestamps: a SYN with a higher number reopens (tcp_timestamps=0; "
            "net/ipv4/tcp_minisocks.c, tcp_timewait_state_process)",
            replace(LINUX_DEFAULT, timestamps=False),
        ),
        Variant(
            "linux-rfc1337",
            "Linux that ignores RST in TIME-WAIT (tcp_rfc1337=1; Documentation/networking/"
            "ip-sysctl.rst; net/ipv4/tcp_minisocks.c, tcp_timewait_state_process)",
            replace(LINUX_DEFAULT, rst_in_time_wait="ignore"),
        ),
        Variant(
            "linux-tw-reuse",
            "Linux whose client takes TIME-WAIT over (tcp_tw_reuse=1; "
            "net/ipv4/tcp_ipv4.c, tcp_twsk_unique)",
            replace(LINUX_DEFAULT, tw_reuse="timestamps"),
        ),
        Variant(
            "freebsd",
            "FreeBSD by default: timestamps, TIME-WAIT ignores RST, a SYN with a higher number "
            "reopens (netinet/tcp_timewait.c, tcp_twcheck; net.inet.tcp.rfc1323=1)",
            Profile(
                timestamps=True,
                reopening="sequence",
                rst_in_time_wait="ignore",
                out_of_order="hold",
            ),
        ),
        Variant(
            "lwip",
            "lwIP by default: no timestamps, TIME-WAIT ignores RST and answers a SYN in the window "
            "by RST (core/tcp_in.c, tcp_timewait_input; LWIP_TCP_TIMESTAMPS=0)",
            Profile(rst_in_time_wait="ignore", out_of_order="hold"),
            rules=replace(RFC9293, check_syn=syn_in_time_wait_refused),
        ),
        Variant(
            "may-2",
            "a SYN with a higher number reopens from TIME-WAIT, which ignores RST",
            Profile(reopening="sequence", rst_in_time_wait="ignore"),
        ),
        Variant(
            "rfc6191",
            "a SYN with a later timestamp reopens from TIME-WAIT, which ignores RST",
            Profile(timestamps=True, reopening="timestamps", rst_in_time_wait="ignore"),
        ),
        Variant(
            "tw-reuse",
            "an active OPEN takes TIME-WAIT over, with timestamps (Linux tcp_tw_reuse=1)",
            Profile(timestamps=True, tw_reuse="timestamps", rst_in_time_wait="ignore"),
        ),
        Variant(
            "tw-reuse-always",
            "an active OPEN takes TIME-WAIT over, without timestamps and RFC 5961",
            Profile(tw_reuse="always", rst_in_time_wait="ignore", challenge_acks=False),
        ),
        Variant(
            "tw-recycle",
            "TIME-WAIT ends early, and timestamps are remembered by address (tcp_tw_recycle=1)",
            Profile(timestamps=True, tw_recycle=True, time_wait="any-moment"),
        ),
        Variant(
            "no-quiet-time",
            "after a crash connections are opened at once; RST in TIME-WAIT is ignored",
            Profile(quiet_time=False, rst_in_time_wait="ignore"),
        ),
        Variant(
            "figure-7",
            "SYN,ACK establishes a simultaneous open by itself, as Figure 7 draws it",
            Profile(syn_ack_in_syn_received="figure-7"),
        ),
        Variant(
            "hold-out-of-order",
            "text and FIN beyond RCV.NXT are held until what is before them has come (SHLD-31)",
            Profile(out_of_order="hold"),
        ),
        Variant(
            "drop-out-of-order",
            "a segment beyond RCV.NXT is dropped with its ACK field",
            Profile(out_of_order="drop"),
        ),
        Variant(
            "fin-wait-2-timer",
            "FIN-WAIT-2 is kept as TIME-WAIT, whose timer ends it",
            rules=replace(RFC9293, check_ack=fin_wait_2_timed),
        ),
        *(bug.variant for bug in BUGS.values()),
    )
}
