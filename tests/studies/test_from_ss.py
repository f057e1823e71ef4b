"""The output of ss, as it comes from different versions and options, and as rubbish."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tcpmc as package
from command_line import tcpmc
from golden_files import assert_golden
from schemas_of_ours import schema
from tcpmc.model import State
from tcpmc.studies.explain.from_ss import as_json, as_text
from tcpmc.studies.explain.meanings import MEANINGS
from tcpmc.studies.explain.sockets import Listing, Socket, grouped, read

PACKAGE = str(Path(package.__file__).parent.parent)
HEADER = "State      Recv-Q Send-Q Local Address:Port    Peer Address:Port Process"
LISTING = """\
LISTEN     0      128          0.0.0.0:8080         0.0.0.0:*     users:(("java",pid=812,fd=5))
LISTEN     0      128             [::]:22              [::]:*
ESTAB      0      0           10.0.0.5:22          10.0.0.9:51234 timer:(keepalive,119min,0)
CLOSE-WAIT 1      0           10.0.0.5:50001       10.0.0.7:443   users:(("java",pid=812,fd=8))
CLOSE-WAIT 1      0           10.0.0.5:50002       10.0.0.7:443   users:(("java",pid=812,fd=9),("x",pid=9,fd=9))
CLOSE-WAIT 6      0           10.0.0.5:8080        10.0.0.7:50000
TIME-WAIT  0      0           10.0.0.5:8080        10.0.0.8:40001 timer:(timewait,50sec,0)
SYN-SENT   0      1           10.0.0.5:50004      10.0.0.99:25    timer:(on,1min2sec,5)
SYN-RECV   0      0           10.0.0.5:8080       10.0.0.88:1024
FIN-WAIT-1 0      1         [2001:db8::5]:8080  [2001:db8::9]:40001 timer:(on,200ms,2)
FIN-WAIT-2 0      0    [::ffff:10.0.0.5]:8080 [::ffff:10.0.0.6]:40001
LAST-ACK   0      1      [fe80::1]%eth0:22    [fe80::2]%eth0:40000
CLOSING    0      1           10.0.0.5:50009      10.0.0.10:80
"""  # noqa: E501


def one(line: str) -> Socket:
    listing = read([line])
    assert listing.unread == {}
    (socket,) = listing.sockets
    return socket


def test_a_whole_listing() -> None:
    listing = read([HEADER, *LISTING.splitlines()])
    assert listing.unread == {}
    assert_golden("from-ss.txt", as_text(listing))


def test_with_and_without_the_header_is_the_same() -> None:
    assert read(LISTING.splitlines()) == read([HEADER, *LISTING.splitlines()])


def test_every_state_of_the_listing_is_told_what_it_waits_for() -> None:
    told = " ".join(as_text(read(LISTING.splitlines())).split())
    for state, about in MEANINGS.items():
        if not about.usual:
            assert f"x {state} " in told and about.waits in told and about.acts in told


def test_equal_ones_are_counted() -> None:
    lines = [f"CLOSE-WAIT 1 0 10.0.0.5:{port} 10.0.0.7:443" for port in range(50000, 51204)]
    told = " ".join(as_text(read(lines)).split())
    assert told.startswith(
        "1,204 x CLOSE-WAIT to 10.0.0.7:443: the peer has closed, this host's application has not "
        "called close()"
    )
    assert told.endswith("1,204 TCP sockets: 1,204 CLOSE-WAIT.")


def test_many_services_are_summed_up() -> None:
    lines = [f"TIME-WAIT 0 0 10.0.0.5:50000 10.0.0.{n}:443" for n in range(1, 31)]
    told = as_text(read(lines))
    assert told.count("1 x TIME-WAIT to") == 10
    assert "20 x TIME-WAIT with 20 other services: the same" in told
    assert len(json.loads(as_json(read(lines)))["groups"]) == 30


@pytest.mark.parametrize(
    ("local", "peer", "service", "to"),
    [
        ("10.0.0.5:50001", "10.0.0.7:443", "10.0.0.7:443", True),
        ("10.0.0.5:443", "10.0.0.7:50001", "10.0.0.5:443", False),
        ("10.0.0.5:60000", "10.0.0.7:443", "10.0.0.5:60000", False),  # it listens there
        ("host:ssh", "other:51234", "other:51234", True),
    ],
)
def test_the_service_is_where_somebody_listens(
    local: str, peer: str, service: str, to: bool
) -> None:
    listener = Socket(State.LISTEN, "0.0.0.0:60000", "0.0.0.0:*")
    _, group = grouped([listener, Socket(State.TIME_WAIT, local, peer)])
    assert (group.service, group.to) == (service, to)


def test_processes_and_timers() -> None:
    line = 'LAST-ACK 0 1 1.2.3.4:80 5.6.7.8:99 users:(("a b",pid=1,fd=2)) timer:(on,1sec,7) ino:3'
    socket = one(line)
    assert socket.processes == ("a b (pid 1)",)
    assert socket.retried == 7
    assert "sent again up to 7 times; held by a b (pid 1) 1" in " ".join(
        as_text(read([line])).split()
    )


def test_lines_with_details_belong_to_the_socket_before() -> None:
    lines = ["ESTAB 0 0 1.2.3.4:22 5.6.7.8:99", '\t cubic rto:204 users:(("sshd",pid=7,fd=3))']
    listing = read(lines)
    assert listing.unread == {}
    assert listing.sockets[0].processes == ("sshd (pid 7)",)


def test_with_the_kind_of_socket_in_front() -> None:
    assert one("tcp   ESTAB 0 0 1.2.3.4:22 5.6.7.8:99").state == State.ESTABLISHED
    listing = read(["udp UNCONN 0 0 127.0.0.1:53 0.0.0.0:*"])
    assert listing.unread == {1: "it is a udp socket, not one of TCP"}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("0 0 10.0.0.5:8080 10.0.0.8:40001", "it names no state: leave the filter `state ...` out"),
        ("rubbish", "it is no line of ss -tan: rubbish"),
        ("WAITING 0 0 1.2.3.4:22 5.6.7.8:99", "WAITING is no state of TCP"),
        ("ESTAB 0 0 nowhere 5.6.7.8:99", "it has no two addresses with ports"),
        ("ESTAB x 0 1.2.3.4:22 5.6.7.8:99", "it is no line of ss -tan"),
        ("x" * 500, "x" * 80 + "..."),
        ("a\x1b[31m\u202eb", "it is no line of ss -tan: a�[31m�b"),
    ],
)
def test_what_cannot_be_read_is_said(line: str, why: str) -> None:
    listing = read([HEADER, line])
    assert listing.sockets == []
    assert why in listing.unread[2]


def test_nothing_unusual() -> None:
    assert as_text(read([HEADER])) == "0 TCP sockets: none. Nothing unusual.\n"
    told = as_text(read(["ESTAB 0 0 1.2.3.4:22 5.6.7.8:99"]))
    assert told == "1 TCP socket: 1 ESTABLISHED. Nothing unusual.\n"


def test_json_has_every_group() -> None:
    found = json.loads(as_json(read([*LISTING.splitlines(), "rubbish"])))
    schema("sockets.schema.json").validate(found)
    assert found["sockets"] == sum(found["states"].values()) == 13
    assert sum(group["count"] for group in found["groups"]) == 13
    assert found["unread"] == [{"line": 14, "why": "it is no line of ss -tan: rubbish"}]
    (waiting,) = [g for g in found["groups"] if g["service"] == "10.0.0.7:443"]
    assert (waiting["count"], waiting["service_at"]) == (2, "peer")
    assert waiting["processes"] == {"java (pid 812)": 2, "x (pid 9)": 1}


# -- rubbish ----------------------------------------------------------------------------------

WORDS = st.one_of(
    st.sampled_from(("ESTAB", "CLOSE-WAIT", "State", "Recv-Q", "Send-Q", "tcp", "udp", "0", "1")),
    st.sampled_from(("999999999999", "10.0.0.1:80", "[::1]:*", "*", ":", "\\", "\t", "\x00", "ü")),
    st.sampled_from(('users:(("a",pid=1,fd=2))', '("",pid=', "timer:(on,,9)", "timer:(")),
)
LINES = st.one_of(
    st.text(st.characters(exclude_characters="\n"), max_size=60),
    st.lists(WORDS, max_size=8).map(" ".join),
    st.sampled_from(LISTING.splitlines()),
)


@given(st.lists(LINES, max_size=12))
def test_no_input_is_an_error_and_no_line_is_swallowed(lines: list[str]) -> None:
    listing = read(lines)
    text, document = as_text(listing), json.loads(as_json(listing))
    assert all(char == "\n" or char.isprintable() for char in text)
    assert document["sockets"] == len(listing.sockets)
    for number, line in enumerate(lines, 1):
        alone = read([line])
        if alone.unread and not line[0].isspace():
            assert number in listing.unread
        assert len(alone.sockets) + len(alone.unread) <= 1
    counted = sum(len(read([line]).sockets) for line in lines)
    assert len(listing.sockets) == counted


def test_a_listing_is_not_shared() -> None:
    assert Listing().sockets is not Listing().sockets


# -- the command ------------------------------------------------------------------------------


def explain(text: bytes, *words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "tcpmc", "explain", *words],
        input=text,
        capture_output=True,
        env={"PYTHONPATH": PACKAGE, "PYTHONUTF8": "1"},
        check=False,
        timeout=120,
    )


def test_the_command_reads_standard_input() -> None:
    done = explain(f"{HEADER}\n{LISTING}rubbish\n".encode(), "--from-ss")
    assert done.returncode == 0
    assert done.stdout.decode() == as_text(read(LISTING.splitlines()))
    assert done.stderr == b"tcpmc: line 15 is left out: it is no line of ss -tan: rubbish\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"", b"standard input is empty"),
        (b" \n", b"standard input is empty"),
        (b"\xff\x00\x1b\n", b"no line of ss -tan on standard input; line 1"),
        (b"0 0 1.2.3.4:5 6.7.8.9:10\n", b"leave the filter `state ...` out"),
    ],
)
def test_wrong_input_is_one_line_and_exit_2(text: bytes, told: bytes) -> None:
    done = explain(text, "--from-ss")
    assert (done.returncode, done.stdout) == (2, b"")
    assert told in done.stderr
    assert done.stderr.count(b"\n") == 1 and b"\x1b" not in done.stderr


@pytest.mark.parametrize(
    "words", [(), ("CLOSE-WAIT", "--from-ss"), ("--from-ss", "--variant", "rfc9293")]
)
def test_what_does_not_go_together(words: tuple[str, ...]) -> None:
    done = explain(b"", *words)
    assert done.returncode == 2
    assert done.stderr.startswith(b"tcpmc: ")


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("CLOS", ["CLOSED", "CLOSE-WAIT", "CLOSING"]), ("grace", ["graceful-close"])],
)
def test_states_and_properties_are_completed(typed: str, offered: list[str]) -> None:
    done = tcpmc(
        _TCPMC_COMPLETE="bash_complete", COMP_WORDS=f"tcpmc explain {typed}", COMP_CWORD="2"
    )
    assert done.stdout.splitlines() == [f"plain,{name}" for name in offered]
