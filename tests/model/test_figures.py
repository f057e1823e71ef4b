"""The figures of RFC 9293, 3.5 and 3.6, segment by segment, with the figures' own numbers.

Each quoted line is the figure's, and `replay` does what it says. A line with remarks or without a
segment is written out as code, with its number.
"""

from harness import Peer, replay, socket_in
from tcpmc.model.endpoint.profile import Profile
from tcpmc.model.endpoint.tcb import Signal, State, delete_tcb


def established(send: int, receive: int, iss: int = 0) -> Peer:
    """A peer of an open connection: "(send 300, receive 100)" in the figures."""
    return Peer(iss, tcb=socket_in(State.ESTABLISHED, iss=send - 1, irs=receive - 1))


def test_figure_6_three_way_handshake() -> None:
    a, b = Peer(iss=100), Peer(iss=300)
    b.call("open_passive")
    assert (a.state, b.state) == (State.CLOSED, State.LISTEN)  # line 1
    a.call("open_active")
    replay(
        a,
        b,
        """
        SYN-SENT    --> <SEQ=100><CTL=SYN>               --> SYN-RECEIVED
        ESTABLISHED <-- <SEQ=300><ACK=101><CTL=SYN,ACK>  <-- SYN-RECEIVED
        ESTABLISHED --> <SEQ=101><ACK=301><CTL=ACK>      --> ESTABLISHED
        """,
    )
    assert a.outbox == b.outbox == []
    a.call("send", 1)
    # Line 5 of the figure says <DATA> where Figure 10 says <DATA=10>.
    replay(a, b, "ESTABLISHED --> <SEQ=101><ACK=301><DATA=1><CTL=ACK> --> ESTABLISHED")


SIMULTANEOUS_OPEN = """
    SYN-RECEIVED <-- <SEQ=300><CTL=SYN>              <-- SYN-SENT
                 ... <SEQ=100><CTL=SYN>              --> SYN-RECEIVED
    SYN-RECEIVED --> <SEQ=100><ACK=301><CTL=SYN,ACK> ...
"""


def simultaneous_open(profile: Profile) -> tuple[Peer, Peer]:
    """Figure 7 up to line 5, where the readings of it do not differ."""
    a, b = Peer(iss=100, profile=profile), Peer(iss=300, profile=profile)
    assert (a.state, b.state) == (State.CLOSED, State.CLOSED)  # line 1
    a.call("open_active")
    replay(a, b, "SYN-SENT --> <SEQ=100><CTL=SYN> ...")
    b.call("open_active")
    replay(a, b, SIMULTANEOUS_OPEN)
    return a, b


def test_figure_7_simultaneous_open_as_drawn() -> None:
    a, b = simultaneous_open(Profile(syn_ack_in_syn_received="figure-7"))
    replay(
        a,
        b,
        """
        ESTABLISHED <-- <SEQ=300><ACK=101><CTL=SYN,ACK>  <-- SYN-RECEIVED
                    ... <SEQ=100><ACK=301><CTL=SYN,ACK>  --> ESTABLISHED
        """,
    )
    assert a.outbox == b.outbox == []


def test_figure_7_simultaneous_open_by_the_letter() -> None:
    """The SYN,ACKs of lines 6 and 7 are outside the window; the ACKs that answer them establish."""
    a, b = simultaneous_open(Profile(syn_ack_in_syn_received="letter"))
    replay(
        a,
        b,
        """
        SYN-RECEIVED <-- <SEQ=300><ACK=101><CTL=SYN,ACK> <-- SYN-RECEIVED
                     ... <SEQ=100><ACK=301><CTL=SYN,ACK> --> SYN-RECEIVED
        SYN-RECEIVED --> <SEQ=101><ACK=301><CTL=ACK>     --> ESTABLISHED
        ESTABLISHED  <-- <SEQ=301><ACK=101><CTL=ACK>     <-- ESTABLISHED
        """,
    )
    assert a.outbox == b.outbox == []


def test_figure_8_old_duplicate_syn() -> None:
    a, b = Peer(iss=100), Peer(iss=300)
    b.call("open_passive")
    assert (a.state, b.state) == (State.CLOSED, State.LISTEN)  # line 1
    a.call("open_active")
    a.delayed.append("<SEQ=90><CTL=SYN>")
    replay(
        a,
        b,
        """
        SYN-SENT    --> <SEQ=100><CTL=SYN>               ...
        (duplicate) ... <SEQ=90><CTL=SYN>                --> SYN-RECEIVED
        SYN-SENT    <-- <SEQ=300><ACK=91><CTL=SYN,ACK>   <-- SYN-RECEIVED
        SYN-SENT    --> <SEQ=91><CTL=RST>                --> LISTEN
        """,
    )
    b.iss = 400
    replay(
        a,
        b,
        """
                    ... <SEQ=100><CTL=SYN>               --> SYN-RECEIVED
        ESTABLISHED <-- <SEQ=400><ACK=101><CTL=SYN,ACK>  <-- SYN-RECEIVED
        ESTABLISHED --> <SEQ=101><ACK=401><CTL=ACK>      --> ESTABLISHED
        """,
    )
    assert a.outbox == b.outbox == a.delayed == []
    assert a.told == b.told == []


def test_figure_9_half_open_connection_discovered_by_syn() -> None:
    a, b = established(send=100, receive=300), established(send=300, receive=100)
    a.tcb, a.iss = delete_tcb(a.tcb), 400  # line 1: reboot
    assert (a.state, b.state) == (State.CLOSED, State.ESTABLISHED)  # line 2
    a.call("open_active")
    replay(
        a,
        b,
        """
        SYN-SENT --> <SEQ=400><CTL=SYN>              --> (??)
        (!!)     <-- <SEQ=300><ACK=100><CTL=ACK>     <-- ESTABLISHED
        SYN-SENT --> <SEQ=100><CTL=RST>              --> (Abort!!)
        """,
    )
    assert (a.state, b.state) == (State.SYN_SENT, State.CLOSED)  # line 6
    assert (a.told, b.told) == ([], [Signal.CONNECTION_RESET])
    a.call("retransmission_timeout")
    replay(a, b, "SYN-SENT --> <SEQ=400><CTL=SYN> -->")


def test_figure_10_half_open_connection_discovered_by_data() -> None:
    a, b = established(send=100, receive=300), established(send=300, receive=100)
    a.tcb = delete_tcb(a.tcb)  # line 1: reboot
    b.call("send", 10)
    replay(
        a,
        b,
        """
        (??)    <-- <SEQ=300><ACK=100><DATA=10><CTL=ACK> <-- ESTABLISHED
                --> <SEQ=100><CTL=RST>                   --> (ABORT!!)
        """,
    )
    assert (a.state, b.state) == (State.CLOSED, State.CLOSED)
    assert b.told == [Signal.CONNECTION_RESET]


def test_figure_11_old_duplicate_syn_on_two_passive_sockets() -> None:
    """With X = 300 and Z = 90."""
    a, b = Peer(iss=100), Peer(iss=300)
    a.call("open_passive")
    b.call("open_passive")
    assert (a.state, b.state) == (State.LISTEN, State.LISTEN)  # line 1
    a.delayed.append("<SEQ=90><CTL=SYN>")
    replay(
        a,
        b,
        """
             ... <SEQ=90><CTL=SYN>                 -->  SYN-RECEIVED
        (??) <-- <SEQ=300><ACK=91><CTL=SYN,ACK>    <--  SYN-RECEIVED
             --> <SEQ=91><CTL=RST>                 -->  (return to LISTEN!)
        """,
    )
    assert (a.state, b.state) == (State.LISTEN, State.LISTEN)  # line 5
    assert a.told == b.told == []


def test_figure_12_normal_close() -> None:
    a, b = established(send=100, receive=300), established(send=300, receive=100)
    a.call("close")
    replay(
        a,
        b,
        """
        FIN-WAIT-1  --> <SEQ=100><ACK=300><CTL=FIN,ACK>  --> CLOSE-WAIT
        FIN-WAIT-2  <-- <SEQ=300><ACK=101><CTL=ACK>      <-- CLOSE-WAIT
        """,
    )
    b.call("close")
    replay(
        a,
        b,
        """
        TIME-WAIT   <-- <SEQ=300><ACK=101><CTL=FIN,ACK>  <-- LAST-ACK
        TIME-WAIT   --> <SEQ=101><ACK=301><CTL=ACK>      --> CLOSED
        """,
    )
    a.call("time_wait_timeout")
    assert a.state == State.CLOSED  # line 6
    assert a.outbox == b.outbox == []
    assert a.told == b.told == [Signal.CONNECTION_CLOSING]


def test_figure_13_simultaneous_close() -> None:
    a, b = established(send=100, receive=300), established(send=300, receive=100)
    a.call("close")
    b.call("close")
    replay(
        a,
        b,
        """
        FIN-WAIT-1  --> <SEQ=100><ACK=300><CTL=FIN,ACK>  ... FIN-WAIT-1
                    <-- <SEQ=300><ACK=100><CTL=FIN,ACK>  <--
                    ... <SEQ=100><ACK=300><CTL=FIN,ACK>  -->
        CLOSING     --> <SEQ=101><ACK=301><CTL=ACK>      ... CLOSING
                    <-- <SEQ=301><ACK=101><CTL=ACK>      <--
                    ... <SEQ=101><ACK=301><CTL=ACK>      -->
        """,
    )
    assert (a.state, b.state) == (State.TIME_WAIT, State.TIME_WAIT)  # line 4
    a.call("time_wait_timeout")
    b.call("time_wait_timeout")
    assert (a.state, b.state) == (State.CLOSED, State.CLOSED)
    assert a.outbox == b.outbox == []
