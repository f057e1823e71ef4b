"""What is in flight and what can happen to it, for each kind of channel; and the scope's bounds."""

import re
from collections.abc import Iterable
from typing import Any

import pytest

from harness import segment
from tcpmc.model.network.channel import Channel, Contents, Flight
from tcpmc.model.network.scope import Scope

SYN = segment("<SEQ=100><CTL=SYN>")
ACK = segment("<SEQ=101><ACK=301><CTL=ACK>")
FIN = segment("<SEQ=101><ACK=301><CTL=FIN,ACK>")

BAG_AND_FIFO = pytest.mark.parametrize("kind", ["bag", "fifo"])
ALL = pytest.mark.parametrize("kind", ["bag", "fifo", "sent-set"])


def channel(kind: Any, **bounds: Any) -> Channel:
    return Channel(Scope("test", bits=32, channel=kind, **bounds))


def put(wire: Channel, contents: Contents, *segments: Any) -> Contents:
    """Send where there is room."""
    after = wire.put(contents, segments)
    assert after is not None
    return after


def aged(wire: Channel, contents: Contents, ticks: int = 1) -> Contents:
    """Let time pass where nothing has to happen first."""
    for _ in range(ticks):
        older = wire.tick(contents)
        assert older is not None
        contents = older
    return contents


def outcomes(choices: Iterable[tuple[Flight, Contents]]) -> list[tuple[Any, list[Any]]]:
    """Each segment that something can happen to, with the segments in flight afterwards."""
    return [(flight.segment, [f.segment for f in rest]) for flight, rest in choices]


# Sending.


@ALL
def test_put_nothing(kind: str) -> None:
    wire = channel(kind, capacity=1)
    full = put(wire, (), SYN)
    assert wire.put(full, ()) == full


@BAG_AND_FIFO
def test_put_up_to_the_capacity(kind: str) -> None:
    wire = channel(kind, capacity=2)
    one = put(wire, (), SYN)
    assert wire.put(one, (ACK,)) is not None
    assert wire.put(one, (ACK, FIN)) is None
    assert wire.put(put(wire, one, ACK), (FIN,)) is None


@BAG_AND_FIFO
def test_put_counts_copies(kind: str) -> None:
    assert len(put(channel(kind), (), SYN, SYN)) == 2


def test_bag_put_forgets_the_order() -> None:
    wire = channel("bag", capacity=3)
    assert put(wire, (), SYN, ACK, FIN) == put(wire, (), FIN, SYN, ACK)


def test_fifo_put_keeps_the_order() -> None:
    wire = channel("fifo")
    assert put(wire, (), FIN, SYN) == (Flight(FIN), Flight(SYN))


def test_sent_set_put_is_unbounded_and_idempotent() -> None:
    wire = channel("sent-set", capacity=1)
    contents = put(wire, (), SYN, ACK, FIN)
    assert len(contents) == 3
    assert put(wire, contents, ACK) == contents == put(wire, (), FIN, ACK, SYN)


# Delivery.


def test_bag_delivers_any_segment() -> None:
    wire = channel("bag", capacity=3)
    contents = put(wire, (), SYN, ACK)
    assert outcomes(wire.deliveries(contents)) == [(SYN, [ACK]), (ACK, [SYN])]


def test_bag_delivers_equal_copies_one_at_a_time() -> None:
    wire = channel("bag", capacity=3)
    contents = put(wire, (), ACK, SYN, ACK)
    assert outcomes(wire.deliveries(contents)) == [(SYN, [ACK, ACK]), (ACK, [SYN, ACK])]


def test_fifo_delivers_the_first_segment() -> None:
    wire = channel("fifo", capacity=3)
    contents = put(wire, (), FIN, SYN, ACK)
    assert outcomes(wire.deliveries(contents)) == [(FIN, [SYN, ACK])]


def test_sent_set_delivers_any_segment_and_keeps_it() -> None:
    wire = channel("sent-set")
    contents = put(wire, (), SYN, ACK)
    assert outcomes(wire.deliveries(contents)) == [(SYN, [SYN, ACK]), (ACK, [SYN, ACK])]


@ALL
def test_empty_channel(kind: str) -> None:
    wire = channel(kind, clock=True)
    assert not [*wire.deliveries(()), *wire.losses(()), *wire.duplicates(()), *wire.expiries(())]
    assert wire.tick(()) == ()


# Loss.


@BAG_AND_FIFO
def test_loss_of_any_segment(kind: str) -> None:
    wire = channel(kind)
    contents = put(wire, (), SYN, ACK)
    assert outcomes(wire.losses(contents)) == [(SYN, [ACK]), (ACK, [SYN])]


@BAG_AND_FIFO
def test_loss_of_equal_copies_one_at_a_time(kind: str) -> None:
    wire = channel(kind)
    assert outcomes(wire.losses(put(wire, (), SYN, SYN))) == [(SYN, [SYN])]


@BAG_AND_FIFO
def test_loss_of_everything_but_acks(kind: str) -> None:
    """A FIN carries an ACK as well, and can be lost."""
    wire = channel(kind, loss="not-acks", capacity=3)
    contents = put(wire, (), SYN, ACK, FIN)
    assert [lost for lost, _ in outcomes(wire.losses(contents))] == [SYN, FIN]


@BAG_AND_FIFO
def test_loss_of_nothing(kind: str) -> None:
    wire = channel(kind, loss="none")
    assert not [*wire.losses(put(wire, (), SYN, ACK))]


def test_sent_set_loses_by_not_delivering() -> None:
    wire = channel("sent-set")
    assert not [*wire.losses(put(wire, (), SYN))]


# Duplication.


@BAG_AND_FIFO
def test_duplication(kind: str) -> None:
    wire = channel(kind, capacity=3)
    contents = put(wire, (), SYN, ACK)
    assert outcomes(wire.duplicates(contents)) == [(SYN, [SYN, SYN, ACK]), (ACK, [SYN, ACK, ACK])]


@BAG_AND_FIFO
def test_duplication_needs_room(kind: str) -> None:
    wire = channel(kind, capacity=2)
    assert not [*wire.duplicates(put(wire, (), SYN, ACK))]


@BAG_AND_FIFO
def test_duplication_off(kind: str) -> None:
    wire = channel(kind, duplication=False)
    assert not [*wire.duplicates(put(wire, (), SYN))]


def test_sent_set_duplicates_by_delivering_again() -> None:
    wire = channel("sent-set")
    assert not [*wire.duplicates(put(wire, (), SYN))]


# Time. With MSL 2 a segment is deliverable at the ages 0 and 1, and gone at 2.


@ALL
def test_without_a_clock_nothing_gets_too_old(kind: str) -> None:
    wire = channel(kind, msl=1)
    contents = put(wire, (), SYN)
    assert not [*wire.expiries(contents)]
    assert outcomes(wire.deliveries(contents))


@ALL
def test_age(kind: str) -> None:
    wire = channel(kind, clock=True, msl=2)
    young = put(wire, (), SYN)
    old = aged(wire, young)
    assert [f.age for f in old] == [1]
    assert outcomes(wire.deliveries(old))
    last = aged(wire, old)
    assert outcomes(wire.deliveries(last))
    assert [rest for _, rest in wire.expiries(last)] == [()]
    assert not [*wire.expiries(old)]


@ALL
def test_tick_waits_for_what_is_too_old(kind: str) -> None:
    wire = channel(kind, clock=True, msl=2)
    assert wire.tick(aged(wire, put(wire, (), SYN), 2)) is None


@BAG_AND_FIFO
def test_duplicate_is_as_old_as_its_original(kind: str) -> None:
    wire = channel(kind, clock=True, msl=3)
    contents = aged(wire, put(wire, (), SYN))
    assert [[f.age for f in rest] for _, rest in wire.duplicates(contents)] == [[1, 1]]


def test_bag_tells_copies_of_different_ages_apart() -> None:
    wire = channel("bag", clock=True, msl=3)
    contents = put(wire, aged(wire, put(wire, (), SYN)), SYN)
    assert [flight.age for flight, _ in wire.deliveries(contents)] == [0, 1]


def test_fifo_expiry_unblocks_what_is_behind() -> None:
    wire = channel("fifo", clock=True, msl=2)
    contents = aged(wire, put(wire, aged(wire, put(wire, (), SYN)), ACK))
    ((_, rest),) = wire.expiries(contents)
    assert outcomes(wire.deliveries(rest)) == [(ACK, [])]


def test_sent_set_age_is_that_of_the_youngest_copy() -> None:
    wire = channel("sent-set", clock=True, msl=3)
    contents = aged(wire, put(wire, (), SYN), 2)
    assert [f.age for f in put(wire, contents, SYN)] == [0]


# What must arrive within MSL. Each of these is at the age 2 of MSL 2: it is gone before the next
# tick if it need not.


@BAG_AND_FIFO
@pytest.mark.parametrize(
    ("loss", "sent", "passes"),
    [
        ("any", SYN, True),
        ("any", ACK, True),
        ("not-acks", SYN, True),
        ("not-acks", FIN, True),
        ("not-acks", ACK, False),
        ("none", SYN, False),
        ("none", ACK, False),
    ],
)
def test_tick_waits_for_what_must_arrive(kind: str, loss: str, sent: Any, passes: bool) -> None:
    wire = channel(kind, clock=True, msl=2, loss=loss)
    contents = aged(wire, put(wire, (), sent), 2)
    assert wire.tick(contents) is None
    assert bool([*wire.expiries(contents)]) is passes
    assert wire.must_arrive(contents[0]) is not passes


@pytest.mark.parametrize(
    ("loss", "sent", "passes"),
    [("any", ACK, True), ("not-acks", FIN, True), ("not-acks", ACK, False)],
)
def test_sent_set_tick_waits_for_what_must_arrive(loss: str, sent: Any, passes: bool) -> None:
    wire = channel("sent-set", clock=True, msl=2, loss=loss)
    contents = aged(wire, put(wire, (), sent), 2)
    assert wire.tick(contents) is None
    assert bool([*wire.expiries(contents)]) is passes


def test_sent_set_delivery_settles_what_must_arrive() -> None:
    """The copies that stay behind may be delivered again, or not."""
    wire = channel("sent-set", clock=True, msl=2, loss="not-acks")
    contents = aged(wire, put(wire, (), ACK), 2)
    ((_, rest),) = wire.deliveries(contents)
    assert [*wire.expiries(rest)] and not [*wire.expiries(contents)]
    assert outcomes(wire.deliveries(rest)) == [(ACK, [ACK])]


def test_sent_set_sending_again_does_not_put_off_what_must_arrive() -> None:
    wire = channel("sent-set", clock=True, msl=2, loss="not-acks")
    contents = put(wire, aged(wire, put(wire, (), ACK), 2), ACK)
    assert [f.age for f in contents] == [0]
    assert wire.tick(contents) is None


def test_sent_set_sending_again_after_delivery_must_arrive_again() -> None:
    wire = channel("sent-set", clock=True, msl=2, loss="not-acks")
    ((_, rest),) = wire.deliveries(put(wire, (), ACK))
    contents = aged(wire, put(wire, rest, ACK), 2)
    assert wire.tick(contents) is None and not [*wire.expiries(contents)]


# The scope.


@pytest.mark.parametrize(
    ("bounds", "error"),
    [
        ({"bits": 4}, "bits=4: choose 5 to 32"),
        ({"bits": 33}, "bits=33: choose 5 to 32"),
        ({"iss": (100, 1024)}, "iss=1024: choose 0 to 1023"),
        ({"iss": (-1, 0)}, "iss=-1: choose 0 to 1023"),
        ({"iss": (1, 2, 3)}, "iss=(1, 2, 3): choose two numbers, one for each end"),
        ({"iss": 100}, "iss=100: choose two numbers, one for each end"),
        ({"clock": 1}, "clock=1: choose True or False"),
        ({"duplication": "off"}, "duplication='off': choose True or False"),
        ({"aborts": None}, "aborts=None: choose True or False"),
        ({"opens": True}, "opens=True: choose 1 to 3"),
        ({"channel": "pipe"}, "channel='pipe': choose one of bag, fifo, sent-set"),
        ({"capacity": 0}, "capacity=0: choose 1 to 8"),
        ({"data": 9}, "data=9: choose 0 to 8"),
        ({"opens": 0}, "opens=0: choose 1 to 3"),
        ({"crashes": 3}, "crashes=3: choose 0 to 2"),
        ({"retransmissions": -1}, "retransmissions=-1: choose 0 to 8"),
        ({"start": "listen"}, "start='listen': choose one of closed, established"),
        ({"msl": 0}, "msl=0: choose 1 to 8"),
        ({"time_wait": 65}, "time-wait=65: choose 1 to 64"),
        ({"rto": 1.5}, "rto=1.5: choose 1 to 8"),
        (
            {"channel": "sent-set", "loss": "none"},
            "channel=sent-set loses, duplicates and reorders: leave them on",
        ),
        (
            {"channel": "sent-set", "duplication": False},
            "channel=sent-set loses, duplicates and reorders: leave them on",
        ),
        (
            {"bits": 5, "iss": (0, 0), "data": 5},
            "bits=5: live numbers must stay within half of 2**bits",
        ),
    ],
)
def test_scope_names_the_bound_and_what_is_allowed(bounds: dict[str, Any], error: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(error)}$"):
        Scope("test", **bounds)


@pytest.mark.parametrize("bits", [5, 32])
def test_scope_allows_the_smallest_and_the_largest_space(bits: int) -> None:
    assert Scope("test", bits=bits, iss=(0, 2**bits - 1)).with_(data=0).bits == bits


def test_scope_describes_itself_in_one_line() -> None:
    scope = Scope("test", channel="fifo", capacity=2, data=2, duplication=False, retransmissions=3)
    assert scope.describe() == (
        "fifo channel, 2 in flight each way, loss any, duplication off, reordering off,"
        " 2 octets each way, 1 OPEN each, retransmission 3 times, from CLOSED, time off"
    )
    more = scope.with_(start="established", data=1, crashes=1, aborts=True, retransmissions=None)
    assert more.with_(clock=True, msl=2, time_wait=4, rto=1).describe() == (
        "fifo channel, 2 in flight each way, loss any, duplication off, reordering off,"
        " 1 octet each way, 1 OPEN each, retransmission for ever, from ESTABLISHED,"
        " 1 crash(es) each, ABORT, ticks: MSL 2, TIME-WAIT 4, RTO 1"
    )
    assert "sent-set channel, unbounded," in Scope("test", channel="sent-set").describe()
