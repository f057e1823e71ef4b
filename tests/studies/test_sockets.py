"""Listings of sockets, as they come from every system and its tools, and as rubbish.

tests/studies/sockets/ has the same twelve sockets as each tool lists them.
"""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkout import TESTS
from command_line import PACKAGE, tcpmc
from fuzzing import ended
from golden_files import assert_golden
from schemas_of_ours import schema
from tcpmc.model import State
from tcpmc.studies.explain.meanings import MEANINGS
from tcpmc.studies.sockets.socket_entry import SocketEntry
from tcpmc.studies.sockets.socket_groups import SocketGroups
from tcpmc.studies.sockets.socket_lines import lines_of
from tcpmc.studies.sockets.socket_listing import Listing, read
from tcpmc.studies.sockets.sockets_json import as_json
from tcpmc.studies.sockets.sockets_text import as_text
from tcpmc.studies.sockets.unusual import CAUSES

FOLDER = TESTS / "studies" / "sockets"
FORMATS = sorted(path.name for path in FOLDER.iterdir())
LISTING = """\
LISTEN     0      128          0.0.0.0:8080         0.0.0.0:*     users:(("java",pid=812,fd=5))
LISTEN     129    128             [::]:22              [::]:*
ESTAB      0      0           10.0.0.5:22          10.0.0.9:51234 timer:(keepalive,119min,0)
ESTAB      0      900         10.0.0.5:22          10.0.0.4:51234 timer:(on,1min2sec,12)
ESTAB      0      900         10.0.0.5:22          10.0.0.3:51234 timer:(persist,1min,11)
ESTAB      0      0          127.0.0.1:40000      127.0.0.1:40000
ESTAB      0      0          127.0.0.1:40001      127.0.0.1:5432
CLOSE-WAIT 1      0           10.0.0.5:50001       10.0.0.7:443   users:(("java",pid=812,fd=8))
CLOSE-WAIT 1      0           10.0.0.5:50002       10.0.0.7:443   users:(("java",pid=812,fd=9),("x",pid=9,fd=9))
CLOSE-WAIT 6      0           10.0.0.5:8080        10.0.0.7:50000
TIME-WAIT  0      0           10.0.0.5:8080        10.0.0.8:40001 timer:(timewait,50sec,0)
SYN-SENT   0      1           10.0.0.5:50004      10.0.0.99:25    timer:(on,1min2sec,5)
SYN-RECV   0      0           10.0.0.5:8080       10.0.0.88:1024
FIN-WAIT-1 0      1         [2001:db8::5]:8080  [2001:db8::9]:40001 timer:(on,200ms,2)
FIN-WAIT-1 0      5001        10.0.0.5:8080        10.0.0.6:40002
FIN-WAIT-2 0      0    [::ffff:10.0.0.5]:8080 [::ffff:10.0.0.6]:40001
LAST-ACK   0      1      [fe80::1]%eth0:22    [fe80::2]%eth0:40000
CLOSING    0      1           10.0.0.5:50009      10.0.0.10:80
"""  # noqa: E501
HEADER = "State      Recv-Q Send-Q Local Address:Port    Peer Address:Port Process"


def listing_of(name: str) -> Listing:
    return read(lines_of(io.BytesIO((FOLDER / name).read_bytes())))


def addresses(listing: Listing) -> set[tuple[object, ...]]:
    return {(entry.state, entry.local, entry.peer) for entry in listing.table}


def groups(listing: Listing) -> list[tuple[object, ...]]:
    """The table that a user is shown, without what only some tools list."""
    return [
        (group.state, group.cause.word, group.to, group.service, group.count)
        for group in SocketGroups(listing.table).in_order()
    ]


def one(line: str) -> SocketEntry:
    listing = read([line])
    assert listing.unread == {}
    (entry,) = listing.table
    return entry


def text_of(*lines: str) -> str:
    return " ".join(as_text(read(lines)).split())


# -- formats ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_table_that_ss_gives(name: str) -> None:
    listing, by_ss = listing_of(name), listing_of("ss.txt")
    assert listing.unread == {}
    assert len(listing.table) == 12
    assert addresses(listing) == addresses(by_ss)
    assert groups(listing) == groups(by_ss)


def test_there_are_all_formats() -> None:
    assert len(FORMATS) >= 15
    assert {*(name for file in FORMATS for name in listing_of(file).formats)} == {
        "ss",
        "netstat",
        "/proc/net/tcp",
        "lsof",
        "sockstat",
        "netstat of Solaris",
        "Get-NetTCPConnection",
    }


@pytest.mark.parametrize("name", [name for name in FORMATS if "proc" not in name])
@pytest.mark.parametrize(
    "changed",
    [
        lambda line, _: f"> {line}",
        lambda line, _: f"    {line}",
        lambda line, number: f"{number:>5}  {line}",
        lambda line, number: f"{number}:{line}",
        lambda line, _: f"\x1b[01;32m{line}\x1b[0m",
        lambda line, _: line.replace("ESTAB", "\x1b[32mESTAB\x1b[K"),
        lambda line, _: f"{line}\r",
        lambda line, _: line.replace("  ", " \xa0"),
        lambda line, number: f"> {number}\t{line}",
        lambda line, _: f"| {line}",
    ],
    ids=[
        *("quoted", "indented", "numbered", "grep", "coloured", "word", "crlf", "nbsp"),
        *("both", "boxed"),
    ],
)
def test_marks_before_lines_change_nothing(name: str, changed: Callable[[str, int], str]) -> None:
    plain = list(lines_of(io.BytesIO((FOLDER / name).read_bytes())))
    listing = read(changed(line, number) for number, line in enumerate(plain, 1))
    assert listing.unread == {}
    assert addresses(listing) == addresses(listing_of("ss.txt"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_redirected_by_powershell(encoding: str) -> None:
    text = (FOLDER / "netstat-windows.txt").read_text(encoding="utf-8")
    listing = read(lines_of(io.BytesIO(text.encode(encoding))))
    assert addresses(listing) == addresses(listing_of("ss.txt"))


def test_formats_are_mixed_and_a_socket_is_counted_once() -> None:
    texts = [(FOLDER / name).read_text(encoding="utf-8") for name in FORMATS if "power" not in name]
    listing = read("\n".join(texts).splitlines())
    assert listing.unread == {}
    assert len(listing.table) == 12
    assert addresses(listing) == addresses(listing_of("ss.txt"))


def test_a_session_with_prompts_and_fences() -> None:
    lines = ["```console", "root@web:~# ss -tan", HEADER, "ESTAB 0 0 1.2.3.4:22 5.6.7.8:99", "```"]
    listing = read(lines)
    assert listing.unread == {}
    assert len(listing.table) == 1


def test_a_queue_of_freebsd() -> None:
    lines = ["Current listen queue sizes (qlen/incqlen/maxqlen)", "Proto Listen Local Address"]
    listing = read([*lines, "tcp4  193/0/128        *.80"])
    (group,) = SocketGroups(listing.table).in_order()
    assert (group.cause.word, group.service) == ("full queue", "0.0.0.0:80")


def test_windows_names_the_program_below() -> None:
    line = "  TCP    192.0.2.1:50001   192.0.2.2:443   CLOSE_WAIT   812"
    (entry,) = read([line, " [java.exe]"]).table
    assert entry.processes == ("java.exe (pid 812)",)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("0 0 10.0.0.5:8080 10.0.0.8:40001", "it names no state: leave the filter `state ...` out"),
        ("root sshd 812 3 tcp4 192.0.2.1:22 192.0.2.2:99", "sockstat -46s -P tcp"),
        ("tcp4 0 0 192.0.2.1.22 192.0.2.2.99", "netstat -an shows it"),
        ("sshd 812 root 3u IPv4 123 0t0 TCP 192.0.2.1:22->192.0.2.2:99", "lsof -nP -iTCP shows it"),
        ("  TCP    192.0.2.1:22    192.0.2.2:99    HERGESTELLT   812", "Get-NetTCPConnection"),
        ("tcp6 0 0 2001:db8:4009:8.443 2001:db8::1.99 ESTABLISHED", "netstat with -W"),
        ("2001:db8:4380:14b7:e9ed:2362:72... 52538 2001:db8::1 80 TimeWait", "Format-Table"),
        ("rubbish", "it is no line of a listing of sockets (ss -tan, netstat -an, lsof -nP -iTCP"),
        ("WAITING 0 0 1.2.3.4:22 5.6.7.8:99", "WAITING is no state of TCP"),
        ("ESTAB 0 0 nowhere 5.6.7.8:99", "it has no two addresses with ports"),
        ("ESTAB x 0 1.2.3.4:22 5.6.7.8:99", "it is no line of a listing"),
        ("x" * 500, "x" * 80 + "..."),
        ("x" * 50_000, "more than 20,000 characters"),
        ("a\x1b[31m\u202eb", "a�b"),
    ],
)
def test_what_cannot_be_read_is_told_with_the_command_that_helps(line: str, told: str) -> None:
    listing = read([HEADER, line])
    assert len(listing.table) == 0
    assert told in listing.unread[2]


# -- what was misread -------------------------------------------------------------------------


def test_indented_lines_are_sockets_too() -> None:
    lines = """\
CLOSE-WAIT 1 0 192.0.2.10:443 198.51.100.8:50123
    FIN-WAIT-2 0 0 192.0.2.10:443 198.51.100.8:50124
    LAST-ACK 0 1 192.0.2.10:443 198.51.100.8:50125
"""
    states = [entry.state for entry in read(lines.splitlines()).table]
    assert states == [State.CLOSE_WAIT, State.FIN_WAIT_2, State.LAST_ACK]


def test_indented_rubbish_is_not_swallowed() -> None:
    listing = read(["ESTAB 0 0 1.2.3.4:22 5.6.7.8:99", "    something else"])
    assert 2 in listing.unread


def test_lines_with_details_belong_to_the_socket_before() -> None:
    lines = ["ESTAB 0 0 1.2.3.4:22 5.6.7.8:99", '\t cubic rto:204 users:(("sshd",pid=7,fd=3))']
    listing = read(lines)
    assert listing.unread == {}
    assert listing.table[0].processes == ("sshd (pid 7)",)


def test_probes_of_a_window_are_not_retransmissions() -> None:
    told = text_of("FIN-WAIT-1 0 900 1.2.3.4:80 5.6.7.8:9999 timer:(persist,1min,11)")
    assert "the peer's window is 0; probed up to 11 times" in told
    assert "sent again up to" not in told


def test_a_server_on_an_ephemeral_port_is_one_service() -> None:
    lines = [f"TIME-WAIT 0 0 10.0.0.5:60000 10.0.0.{n}:{40000 + n}" for n in range(1, 9)]
    assert "8 x TIME-WAIT at 10.0.0.5:60000" in text_of(*lines)


@pytest.mark.parametrize(
    ("local", "peer", "service", "to"),
    [
        ("10.0.0.5:50001", "10.0.0.7:443", "10.0.0.7:443", True),
        ("10.0.0.5:443", "10.0.0.7:50001", "10.0.0.5:443", False),
        ("10.0.0.5:60000", "10.0.0.7:443", "10.0.0.5:60000", False),  # it listens there
        ("10.0.0.5:50001", "10.0.0.7:8443", "10.0.0.7:8443", True),
        ("host:ssh", "other:51234", "host:ssh", False),
        ("host:51234", "other:ssh", "other:ssh", True),
    ],
)
def test_the_service_is_where_somebody_listens(
    local: str, peer: str, service: str, to: bool
) -> None:
    lines = ["LISTEN 0 9 0.0.0.0:60000 0.0.0.0:*", f"TIME-WAIT 0 0 {local} {peer}"]
    found = list(SocketGroups(read(lines).table).in_order())
    (group,) = (group for group in found if group.state == State.TIME_WAIT)
    assert (group.service, group.to) == (service, to)


def test_sockets_of_udp_are_not_counted_as_tcp() -> None:
    lines = ["UNCONN 0 0 127.0.0.1:323 0.0.0.0:*", "ESTAB 0 0 10.0.0.5:68 10.0.0.1:67"]
    listing = read([HEADER, *lines])
    assert len(listing.table) == 0
    assert listing.others == {"udp": 2}
    assert "ss -tan" in listing.unread[2]
    both = read([HEADER, *lines, HEADER, *LISTING.splitlines()])
    assert len(both.table) == 18


def test_processes_in_the_form_of_old_versions() -> None:
    assert one('ESTAB 0 0 1.2.3.4:5 6.7.8.9:10 users:(("java",4242,77))').processes == (
        "java (pid 4242)",
    )


def test_no_advice_about_what_the_list_does_not_show() -> None:
    told = text_of("tcp 0 0 192.0.2.1:80 192.0.2.2:9999 LAST_ACK -")
    assert "timer:" not in told
    assert "timers and what was sent again: netstat -tano (Linux)" in told
    with_timer = text_of("LAST-ACK 0 1 1.2.3.4:80 5.6.7.8:9999 timer:(on,1sec,7)")
    assert "timer:(on,...,N): FIN was sent again N times." in with_timer
    assert "sent again up to 7 times" in with_timer
    windows = text_of("  TCP  192.0.2.1:80  192.0.2.2:9999  CLOSE_WAIT  812")
    assert "Recv-Q" not in windows


# -- what is unusual --------------------------------------------------------------------------

TIMER = "timer:(on,1min,12)"


@pytest.mark.parametrize(
    ("lines", "word"),
    [
        ([f"ESTAB 0 900 1.2.3.4:80 5.6.7.8:9999 {TIMER}"], "text sent again"),
        (["ESTAB 0 900 1.2.3.4:80 5.6.7.8:9999 timer:(persist,1min,2)"], "zero window"),
        (["ESTAB 0 900 1.2.3.4:80 5.6.7.8:9999", "\t cubic snd_wnd:0"], "zero window"),
        (["192.0.2.1.80 192.0.2.2.999 0 100 49640 0 ESTABLISHED"], "zero window"),
        (["tcp 0 9 1.2.3.4:80 5.6.7.8:999 ESTABLISHED 1/x probe (1.20/0/4)"], "zero window"),
        (["tcp 0 9 1.2.3.4:80 5.6.7.8:999 ESTABLISHED 1/x on (1.20/4/0)"], "text sent again"),
        (["LISTEN 129 128 0.0.0.0:80 0.0.0.0:*"], "full queue"),
        (["ESTAB 0 0 127.0.0.1:4000 127.0.0.1:4000"], "connected to itself"),
        (["ESTAB 0 0 127.0.0.1:4000 127.0.0.1:5432"], "half-open"),
        (["LISTEN 0 9 [::1]:80 [::]:*", "ESTAB 0 0 [::1]:4000 [::1]:80"], "half-open"),
        (["FIN-WAIT-1 0 5000 1.2.3.4:80 5.6.7.8:999"], "text before FIN"),
    ],
)
def test_what_is_unusual_has_its_cause(lines: list[str], word: str) -> None:
    listing = read(lines)
    found = [group.cause.word for group in SocketGroups(listing.table).in_order()]
    assert word in found
    told = as_text(listing)
    assert "Who: " in told and "Ends: " in told and "Trace: tcpmc " in told
    assert "Nothing unusual" not in told


@pytest.mark.parametrize(
    "lines",
    [
        ["ESTAB 0 900 1.2.3.4:80 5.6.7.8:9999 timer:(on,1sec,1)"],
        ["LISTEN 3 128 0.0.0.0:80 0.0.0.0:*"],
        ["tcp 3 0 0.0.0.0:80 0.0.0.0:* LISTEN"],
        ["ESTAB 0 0 127.0.0.1:4000 127.0.0.1:80", "ESTAB 0 0 127.0.0.1:80 127.0.0.1:4000"],
        ["ESTAB 0 0 1.2.3.4:4000 1.2.3.4:80", "ESTAB 0 0 1.2.3.4:80 1.2.3.4:4000"],
        ["192.0.2.1.80 192.0.2.2.999 64128 100 49640 0 ESTABLISHED"],
    ],
)
def test_what_is_not_unusual(lines: list[str]) -> None:
    assert "Nothing unusual." in as_text(read(lines))


@pytest.mark.exhaustive
@pytest.mark.parametrize("cause", CAUSES.values(), ids=lambda cause: cause.word)
def test_the_command_of_a_cause_shows_a_trace(cause: object) -> None:
    command = cause.trace.split(" ", 2)  # type: ignore[attr-defined]
    done = tcpmc(command[1], command[2].strip("'"))
    assert done.returncode == 0
    assert "<CTL=" in done.stdout


# -- what is said -----------------------------------------------------------------------------


def test_a_whole_listing() -> None:
    listing = read([HEADER, *LISTING.splitlines()])
    assert listing.unread == {}
    assert_golden("from-sockets.txt", as_text(listing))


def test_every_state_of_the_listing_is_told_what_it_waits_for() -> None:
    told = text_of(*LISTING.splitlines())
    for state, about in MEANINGS.items():
        if not about.usual:
            assert f"x {state} " in told and about.waits in told and about.acts in told


def test_equal_ones_are_counted() -> None:
    told = text_of(*(f"CLOSE-WAIT 1 0 10.0.0.5:{n} 10.0.0.7:443" for n in range(50000, 51204)))
    assert told.startswith("1,204 x CLOSE-WAIT to 10.0.0.7:443: the peer has closed")
    assert told.endswith("1,204 TCP sockets: 1,204 CLOSE-WAIT.")


def test_many_services_are_summed_up() -> None:
    lines = [f"TIME-WAIT 0 0 10.0.0.5:50000 10.0.0.{n}:443" for n in range(1, 31)]
    told = as_text(read(lines))
    assert told.count("1 x TIME-WAIT to") == 10
    assert "20 x TIME-WAIT with 20 other services: the same" in told
    assert len(json.loads(as_json(read(lines)))["groups"]) == 30


def test_nothing_unusual() -> None:
    assert as_text(read([HEADER])) == "0 TCP sockets: none. Nothing unusual.\n"
    told = as_text(read(["ESTAB 0 0 1.2.3.4:22 5.6.7.8:99"]))
    assert told == "1 TCP socket: 1 ESTABLISHED. Nothing unusual.\n"


def test_json_has_every_group() -> None:
    found = json.loads(as_json(read([*LISTING.splitlines(), "rubbish", "udp UNCONN 0 0 a:1 b:2"])))
    schema("sockets.schema.json").validate(found)
    assert found["sockets"] == sum(found["states"].values()) == 18
    assert sum(group["count"] for group in found["groups"]) == 18
    assert [line["line"] for line in found["unread"]] == [19]
    assert found["others"] == {"udp": 1}
    (waiting,) = [g for g in found["groups"] if g["service"] == "10.0.0.7:443"]
    assert (waiting["count"], waiting["service_at"]) == (2, "peer")
    assert waiting["processes"] == {"java (pid 812)": 2, "x (pid 9)": 1}


def test_a_table_gives_back_what_was_put_in() -> None:
    entries = [one(line) for line in LISTING.splitlines()]
    assert list(read(LISTING.splitlines()).table) == entries


# -- rubbish ----------------------------------------------------------------------------------

WORDS = st.one_of(
    st.sampled_from(("ESTAB", "CLOSE-WAIT", "State", "Recv-Q", "Send-Q", "tcp", "udp", "0", "1")),
    st.sampled_from(("999999999999", "10.0.0.1:80", "[::1]:*", "*", ":", "\\", "\t", "\x00", "ü")),
    st.sampled_from(('users:(("a",pid=1,fd=2))', '("",pid=', "timer:(on,,9)", "timer:(")),
    st.sampled_from(("TCP", "tcp4", "*.22", "::1.5", "LISTENING", "(LISTEN)", "IPv4", "٣", "²")),
)
FILES = [line for name in FORMATS for line in lines_of(io.BytesIO((FOLDER / name).read_bytes()))]
SCHEMA = schema("sockets.schema.json")
LINES = st.one_of(
    st.text(st.characters(exclude_characters="\n"), max_size=60),
    st.lists(WORDS, max_size=8).map(" ".join),
    st.sampled_from([*LISTING.splitlines(), *FILES]),
)


@given(st.lists(LINES, max_size=12))
def test_no_input_is_an_error_and_no_line_is_swallowed(lines: list[str]) -> None:
    listing = read(lines)
    text, document = as_text(listing), json.loads(as_json(listing))
    SCHEMA.validate(document)
    assert all(char == "\n" or char.isprintable() for char in text)
    assert document["sockets"] == len(listing.table)
    for line in lines:
        alone = read([line])
        assert len(alone.table) + alone.unread_count <= 2


def test_a_listing_is_not_shared() -> None:
    assert Listing().table is not Listing().table


def test_many_sockets_take_little_memory() -> None:
    """Columns: about 60 octets for each socket, so that a million take less than 200 MB."""
    table = read(f"ESTAB 0 0 10.0.0.5:443 10.{n}.{n}.9:50{n:03}" for n in range(250)).table
    columns = (table.local, table.peer, table.receive, table.send, table.times)
    assert sum(np.frombuffer(column, np.uint8).nbytes for column in columns) == 250 * 40


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


@pytest.mark.parametrize("option", ["--from-sockets", "--from-ss"])
def test_the_command_reads_standard_input(option: str) -> None:
    done = explain(f"{HEADER}\n{LISTING}rubbish\n".encode(), option)
    assert done.returncode == 0
    assert done.stdout.decode() == as_text(read(LISTING.splitlines()))
    assert done.stderr.startswith(b"tcpmc: line 20 is left out: it is no line of a listing")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"", b"standard input lists no socket: ss -tan"),
        (b" \n", b"standard input lists no socket"),
        (b"\xff\x00\x1b\n", b"no TCP socket on standard input; line 1"),
        (b"0 0 1.2.3.4:5 6.7.8.9:10\n", b"leave the filter `state ...` out"),
        (b"udp UNCONN 0 0 a:1 b:2\n", b"1 udp: ss -tan lists those of TCP"),
    ],
)
def test_wrong_input_is_one_line_and_exit_2(text: bytes, told: bytes, tmp_path: Path) -> None:
    code, said = ended("sockets", ["explain", "--from-sockets"], text, tmp_path)
    assert code == 2
    assert told.decode() in said
    assert said.count("\n") == 1 and "\x1b" not in said


@pytest.mark.parametrize(
    "words", [(), ("CLOSE-WAIT", "--from-sockets"), ("--from-sockets", "--variant", "rfc9293")]
)
def test_what_does_not_go_together(words: tuple[str, ...], tmp_path: Path) -> None:
    code, said = ended("sockets", ["explain", *words], b"", tmp_path)
    assert code == 2
    assert said.startswith("tcpmc: ")


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("CLOS", ["CLOSED", "CLOSE-WAIT", "CLOSING"]), ("grace", ["graceful-close"])],
)
def test_states_and_properties_are_completed(typed: str, offered: list[str]) -> None:
    done = tcpmc(
        _TCPMC_COMPLETE="bash_complete", COMP_WORDS=f"tcpmc explain {typed}", COMP_CWORD="2"
    )
    assert done.stdout.splitlines() == [f"plain,{name}" for name in offered]
