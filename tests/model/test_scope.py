"""The bounds of a scope: what they may be, how they are told, and as options."""

import re
from typing import Any

import pytest

from command_line import assert_one_line, tcpmc
from tcpmc.cli.command_settings import ScopeBounds
from tcpmc.cli.scope_options import scope_with
from tcpmc.model.network.scope import SCOPES, Scope
from tcpmc.model.properties.catalogue import PROPERTIES
from tcpmc.reports.scope_arguments import as_options, option, overridden

LAST_ACK = "<SEQ=102><ACK=302><CTL=ACK>"


@pytest.mark.parametrize(
    ("bounds", "told"),
    [
        ({"isn": "random"}, "isn='random': choose one of same, clock, new, any"),
        ({"sender": "C"}, "sender='C': choose one of both, A, B"),
        ({"closer": "a"}, "closer='a': choose one of both, A, B"),
        ({"shared_address": 1}, "shared_address=1: choose True or False"),
        ({"attacks": -1}, "attacks=-1: choose 0 to 3"),
        ({"attacks": 4}, "attacks=4: choose 0 to 3"),
        ({"attacks": True}, "attacks=True: choose 0 to 3"),
        ({"opens": 0}, "opens=0: choose 1 to 3"),
        (
            {"loss": "some"},
            "loss=some: choose one of any, not-acks, none, or a segment, "
            "as <SEQ=102><ACK=302><CTL=ACK>",
        ),
        ({"loss": "<SEQ=1>"}, "loss=<SEQ=1>: choose one of any, not-acks, none"),
        ({"loss": "<CTL=ACK><SEQ=1>"}, "choose one of any, not-acks, none"),
        ({"loss": f"{LAST_ACK} "}, "choose one of any, not-acks, none"),
        ({"loss": "<SEQ=102><ACK=302><CTL=ACK,FIN>"}, "or a segment"),  # never written so
        ({"loss": "<SEQ=0102><ACK=302><CTL=ACK>"}, "or a segment"),
        ({"bits": 6, "iss": (1, 2), "opens": 3, "data": 8}, "live numbers must stay within half"),
    ],
)
def test_a_bound_that_makes_no_sense(bounds: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        Scope("test", **bounds)


@pytest.mark.parametrize(
    "loss",
    [
        LAST_ACK,
        "<SEQ=100><CTL=SYN>",
        "<SEQ=101><ACK=301><DATA=1><CTL=FIN,ACK>",
        "<SEQ=300><ACK=101><CTL=SYN,ACK>",
        "<SEQ=302><CTL=RST>",
        "<SEQ=0><ACK=1><CTL=RST,ACK><TSval=3>",
    ],
)
def test_one_given_segment_can_be_the_only_one_that_is_lost(loss: str) -> None:
    assert Scope("test", loss=loss).loss == loss


def test_describe_says_nothing_of_a_second_connection_where_there_is_none() -> None:
    assert SCOPES["small"].describe() == (
        "bag channel, 2 in flight each way, loss any, duplication on, reordering on, "
        "0 octets each way, 1 OPEN each, retransmission for ever, from CLOSED, time off"
    )


@pytest.mark.parametrize(
    ("bounds", "told"),
    [
        ({"opens": 2}, "2 OPEN each"),
        ({"opens": 2}, "ISS of a new connection: same"),
        ({"opens": 2, "isn": "clock"}, "ISS of a new connection: clock"),
        (
            {"opens": 2, "isn": "clock", "crashes": 1},
            "ISS of a new connection: a clock that a crash sets back",
        ),
        (
            {"opens": 2, "isn": "new", "crashes": 1},
            "ISS of a new connection: a clock that survives",
        ),
        ({"sender": "B"}, "only B sends"),
        ({"closer": "A"}, "A closes first"),
        ({"shared_address": True}, "two hosts behind A's address"),
        ({"attacks": 2}, "2 forged segment(s) each way"),
        ({"crashes": 1}, "1 crash(es) each"),
        ({"loss": LAST_ACK}, f"loss {LAST_ACK}"),
    ],
)
def test_describe_names_what_is_bounded(bounds: dict[str, Any], told: str) -> None:
    assert told in Scope("test", **bounds).describe().split(", ")
    assert "\n" not in Scope("test", **bounds).describe()


@pytest.mark.parametrize(
    ("bound", "value", "words"),
    [
        ("isn", "clock", ["--isn", "clock"]),
        ("sender", "B", ["--sender", "B"]),
        ("closer", "A", ["--closer", "A"]),
        ("shared_address", True, ["--shared-address"]),
        ("attacks", 2, ["--attacks", "2"]),
        ("loss", LAST_ACK, ["--loss", LAST_ACK]),
    ],
)
def test_a_bound_as_an_option_and_back(bound: str, value: Any, words: list[str]) -> None:
    scope = SCOPES["default"].with_(**{bound: value})
    assert as_options(scope) == option(bound, value) == words
    assert scope_with(SCOPES["default"], ScopeBounds(**{bound: value})) == scope


def test_the_scope_of_a_property_is_told_by_options() -> None:
    scope = PROPERTIES["no-old-data"].scope_for(SCOPES["default"])
    words = "--opens 2 --sender B --closer A --start established"
    assert sorted(as_options(scope)) == sorted(words.split())


@pytest.mark.parametrize("name", ["no-old-data", "no-livelock", "no-blind-reset"])
def test_a_second_connection_is_asked_over_a_channel_that_forgets(name: str) -> None:
    """A sent-set holds an old segment for ever: no TIME-WAIT would be long enough."""
    asked = SCOPES["default"].with_(channel="sent-set")
    used = PROPERTIES[name].scope_for(asked)
    assert used.channel == "bag"
    assert overridden(asked, used, {"channel": "sent-set"}) == ["--channel sent-set"]
    fifo = SCOPES["default"].with_(channel="fifo")
    assert PROPERTIES[name].scope_for(fifo).channel == "fifo"


# As a user types them.


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--isn random", "'random' is not one of 'same', 'clock', 'new', 'any'"),
        ("--sender C", "'C' is not one of 'both', 'A', 'B'"),
        ("--closer C", "'C' is not one of 'both', 'A', 'B'"),
        ("--attacks 4", "impossible bounds: attacks=4: choose 0 to 3"),
        ("--attacks x", "'x' is not a valid integer"),
        ("--opens 0", "impossible bounds: opens=0: choose 1 to 3"),
        ("--loss <SEQ=1>", "impossible bounds: loss=<SEQ=1>: choose one of any, not-acks, none"),
        ("--fairness luck", "'luck' is not one of 'delivery', 'timers', 'users', 'none'"),
    ],
)
def test_wrong_bounds_are_one_line_and_exit_2(words: str, told: str) -> None:
    assert_one_line(tcpmc("check", "closing", *words.split()), told)


def test_a_property_of_attacks_brings_its_own_and_says_so() -> None:
    """Neither no attack nor one connection can empty a question of its meaning."""
    words = ("--scope", "small", "--capacity", "1", "--attacks", "0")
    done = tcpmc("check", "no-blind-reset", *words, "--engine", "explicit")
    assert (done.returncode, "PROVED" in done.stdout) == (0, True)
    assert "tcpmc: note: --attacks 0 does not apply to no-blind-reset" in done.stderr


def test_a_property_of_two_connections_brings_its_own_and_says_so() -> None:
    words = ("--scope", "small", "--capacity", "1", "--opens", "1")
    done = tcpmc("check", "no-old-data", "--variant", "rfc1337", *words)
    assert "tcpmc: note: --opens 1 does not apply to no-old-data" in done.stderr
    assert done.returncode == 0


def test_a_command_with_a_segment_can_be_typed_again() -> None:
    """`<` and `>` mean something to a shell."""
    done = tcpmc("trace", "closing", "--scope", "small", "--loss", LAST_ACK)
    assert done.returncode == 0
    assert f"--loss '{LAST_ACK}'" in " ".join(done.stdout.split())
