"""Connections in a capture: incarnations, their end, one line about each, and filters."""

from __future__ import annotations

from pathlib import Path

import pytest

from checkout import TESTS
from tcpmc.captures import Connection, connections, conversations, read
from tcpmc.captures.choose import chosen
from tcpmc.captures.connections import Connections
from tcpmc.captures.summary import summed
from tcpmc.errors import BadInput

TRUTH = TESTS / "captures/truth"
A, B = "198.51.100.2.4000", "192.0.2.1.80"
HANDSHAKE = f"""
IP {A} > {B}: Flags [S], seq 100, win 9, length 0
IP {B} > {A}: Flags [S.], seq 300, ack 101, win 9, length 0
IP {A} > {B}: Flags [.], seq 101, ack 301, win 9, length 0
"""
CLOSE = f"""
IP {A} > {B}: Flags [F.], seq 101, ack 301, win 9, length 0
IP {B} > {A}: Flags [F.], seq 301, ack 102, win 9, length 0
IP {A} > {B}: Flags [.], seq 102, ack 302, win 9, length 0
"""
NEW_SYN = f"IP {A} > {B}: Flags [S], seq 9000, win 9, length 0\n"
TAKEN = f"IP {B} > {A}: Flags [S.], seq 7000, ack 9001, win 9, length 0\n"
REFUSED = f"IP {B} > {A}: Flags [R.], seq 0, ack 9001, win 9, length 0\n"
CHALLENGED = f"IP {B} > {A}: Flags [.], seq 302, ack 102, win 9, length 0\n"


def found(tmp_path: Path, text: str) -> list[Connection]:
    path = tmp_path / "text"
    path.write_text(text)
    return list(connections(read([str(path)]).tables()))


def sizes(tmp_path: Path, text: str) -> list[tuple[int, int]]:
    return [(c.incarnation, len(c.packets)) for c in found(tmp_path, text)]


@pytest.mark.parametrize("answer", [TAKEN, REFUSED, ""])
def test_a_new_syn_after_the_end_begins_a_new_incarnation(tmp_path: Path, answer: str) -> None:
    both = found(tmp_path, HANDSHAKE + CLOSE + NEW_SYN + answer)
    assert [len(c.packets) for c in both] == [6, 1 + bool(answer)]
    assert [c.incarnation for c in both] == [1, 2]


def test_a_new_syn_that_time_wait_answers_belongs_to_the_old_one(tmp_path: Path) -> None:
    text = HANDSHAKE + CLOSE + NEW_SYN + CHALLENGED
    assert sizes(tmp_path, text) == [(1, 8)]
    assert sizes(tmp_path, text + NEW_SYN + TAKEN) == [(1, 8), (2, 2)]


def test_a_new_syn_before_the_end_belongs_to_the_old_one(tmp_path: Path) -> None:
    assert sizes(tmp_path, HANDSHAKE + NEW_SYN + CHALLENGED) == [(1, 5)]


def test_a_syn_sent_again_after_the_end_begins_nothing(tmp_path: Path) -> None:
    old = HANDSHAKE.splitlines()[1] + "\n"
    assert sizes(tmp_path, HANDSHAKE + CLOSE + old) == [(1, 7)]


def test_connections_that_an_end_may_remember_are_told_together(tmp_path: Path) -> None:
    line = "00:0{} IP " + f"{A} > {B}: "
    path = tmp_path / "text"
    for minute, chains in ((1, [2]), (7, [1, 1])):
        syn = line.format("0:00") + "Flags [S], seq 100, length 0\n"
        reset = line.format("0:01") + "Flags [R], seq 101, length 0\n"
        path.write_text(syn + reset + line.format(f"{minute}:00") + NEW_SYN[NEW_SYN.index("Fl") :])
        assert [len(chain) for chain in conversations(read([str(path)]).tables())] == chains


def test_the_end_that_sent_the_syn_comes_first(tmp_path: Path) -> None:
    text = HANDSHAKE.strip().partition("\n")[2]
    assert found(tmp_path, text)[0].ends[0].address == "198.51.100.2"


def test_pieces_hold_every_packet_once() -> None:
    paths = [str(TRUTH / f"half_open.{end}.pcap") for end in "AB"]
    pieces = list(Connections().pieces(read(paths).tables()))
    seen = [(p.file, p.number) for piece in pieces for p in piece.packets]
    assert sorted(seen) == sorted((p.file, p.number) for p in read(paths))
    assert sum(piece.over for piece in pieces) == 1


@pytest.mark.parametrize(
    ("text", "state", "history", "ended", "closed"),
    [
        (HANDSHAKE + CLOSE, "SF", "ShAFf", "closed", 0),
        (HANDSHAKE, "S1", "ShA", "open", None),
        (NEW_SYN, "S0", "S", "no answer", None),
        (NEW_SYN + REFUSED, "REJ", "Sr", "refused", 1),
        (HANDSHAKE + CLOSE.strip().partition("\n")[0], "S2", "ShAF", "half closed", 0),
        (HANDSHAKE + f"IP {B} > {A}: Flags [R], seq 301, length 0", "RSTR", "ShAr", "reset", 1),
        (HANDSHAKE + f"IP {A} > {B}: Flags [R], seq 101, length 0", "RSTO", "ShAR", "reset", 0),
        (CHALLENGED, "OTH", "A", "open", None),
        (
            HANDSHAKE + f"IP {A} > {B}: Flags [P.], seq 101:103, ack 301, length 2\n" * 2,
            "S1",
            "ShADT",
            "open",
            None,
        ),
    ],
)
def test_a_connection_on_one_line(
    tmp_path: Path, text: str, state: str, history: str, ended: str, closed: int | None
) -> None:
    line = summed(found(tmp_path, text)[0])
    assert (line.conn_state, line.history, line.ended, line.closed_first) == (
        state,
        history,
        ended,
        closed,
    )


def test_a_simultaneous_open_has_two_openers() -> None:
    line = summed(next(connections(read([str(TRUTH / "simul_open.A.pcap")]).tables())))
    assert (line.opened, line.both_opened) == (0, True)


@pytest.mark.parametrize(
    ("expression", "chooses"),
    [
        ("host 192.0.2.1", True),
        ("host 192.0.2.2", False),
        ("net 198.51.100.0/24 and port 80", True),
        ("not (port 22 or 80-90)", False),
        ("port 22 or 80", True),
        ("state SF && ended closed", True),
        ("! state SF", False),
        ("verdict DEVIATES", True),
        ("verdict conforms and not verdict crossing", False),
    ],
)
def test_filters(tmp_path: Path, expression: str, chooses: bool) -> None:
    line = summed(found(tmp_path, HANDSHAKE + CLOSE)[0])
    assert chosen(expression)(line, ("DEVIATES", "CROSSING")) == chooses


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "80",
        "port",
        "port 80 and",
        "port x",
        "port 9-2",
        "net x",
        "(port 80",
        "port 80)",
        "ended badly",
        "not",
        "(" * 99,
    ],
)
def test_what_is_no_filter_is_refused(expression: str) -> None:
    with pytest.raises(BadInput, match="filter"):
        chosen(expression)
