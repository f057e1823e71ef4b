"""Packets as text: tcpdump, tshark, packetdrill, the RFC's notation, ladders, logs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from checkout import TESTS
from tcpmc.captures import Capture, Packet, read
from tcpmc.captures.notation import segment
from tcpmc.errors import BadInput

HERE = TESTS / "captures"
TRUTH = sorted((HERE / "truth").glob("*.pcap"))
SECOND = 10**9
DAY = 86_400 * SECOND


def packets(tmp_path: Path, text: str) -> tuple[list[Packet], Capture]:
    path = tmp_path / "text"
    path.write_text(text, encoding="utf-8")
    capture = read([str(path)])
    return list(capture), capture


def told(packet: Packet) -> str:
    """The packet in a few words: who, control bits, numbers, octets of text."""
    who = packet.source.address, packet.controls, packet.seq, packet.ack, packet.length
    return " ".join("-" if value is None else str(value) for value in who)


def lines(tmp_path: Path, text: str) -> list[str]:
    return list(map(told, packets(tmp_path, text)[0]))


TCPDUMP = """
tcpdump: listening on eth0, link-type EN10MB (Ethernet), snapshot length 262144 bytes
10:00:00.000000 IP 198.51.100.7.42458 > 192.0.2.21.21: Flags [S], seq 1000, win 14600, options \
[mss 1460,sackOK,TS val 11 ecr 0,nop,wscale 7], length 0
10:00:00.000030 IP 192.0.2.21.21 > 198.51.100.7.42458: Flags [S.], seq 700000, ack 1001, win 9
23:59:59.000000 IP 198.51.100.7.42458 > 192.0.2.21.21: Flags [.], ack 1, win 115, length 0
00:00:01.000000 IP 198.51.100.7.42458 > 192.0.2.21.21: Flags [P.], seq 1:11, ack 1, win 115, \
length 10: HTTP: GET /seq 77, ack 88, length 99
00:00:02.000000 IP 192.0.2.21.21 > 198.51.100.7.42458: Flags [R], seq 700001, win 0, length 0
3 packets captured
"""


def test_tcpdump_numbers_are_relative_after_the_syn(tmp_path: Path) -> None:
    found, capture = packets(tmp_path, TCPDUMP)
    assert list(map(told, found)) == [
        "198.51.100.7 SYN 1000 - 0",
        "192.0.2.21 SYN,ACK 700000 1001 0",
        "198.51.100.7 ACK - 700001 0",
        "198.51.100.7 PSH,ACK 1001 700001 10",
        "192.0.2.21 RST 700001 - 0",
    ]
    first = found[0]
    assert (first.mss, first.sack_permitted, first.tsval, first.tsecr, first.wscale) == (
        1460,
        True,
        11,
        0,
        7,
    )
    assert [p.time for p in found][0::3] == [36_000 * SECOND, DAY + SECOND]
    assert (capture.told[0].kinds, capture.told[0].unread) == (["tcpdump"], 0)


def test_tcpdump_numbers_are_absolute_with_dash_capital_s(tmp_path: Path) -> None:
    assert lines(tmp_path, TCPDUMP.replace("ack 1,", "ack 700001,").replace("1:11", "1001:1011"))[
        2:4
    ] == ["198.51.100.7 ACK - 700001 0", "198.51.100.7 PSH,ACK 1001 700001 10"]


def test_tcpdump_from_the_middle_shows_the_first_numbers_as_they_are(tmp_path: Path) -> None:
    text = """
    IP 192.0.2.1.80 > 198.51.100.2.4000: Flags [P.], seq 5000:5010, ack 9000, win 9, length 10
    IP 198.51.100.2.4000 > 192.0.2.1.80: Flags [F.], seq 1, ack 10, win 9, length 0
    IP 192.0.2.1.80 > 198.51.100.2.4000: Flags [F.], seq 10, ack 2, win 9, length 0
    """
    assert lines(tmp_path, text) == [
        "192.0.2.1 PSH,ACK 5000 9000 10",
        "198.51.100.2 FIN,ACK 9000 5010 0",
        "192.0.2.1 FIN,ACK 5010 9001 0",
    ]


def test_tcpdump_with_v_has_two_lines_for_a_packet(tmp_path: Path) -> None:
    text = """\
12:00:00.5 IP (tos 0x0, ttl 63, id 5, offset 0, flags [DF], proto TCP (6), length 40)
    192.0.2.1.80 > 198.51.100.2.4000: Flags [S.], cksum 0x2c7e (incorrect -> 0x1), seq 5, ack 6
\t0x0000:  4500 002c e7f8 4000 4006 3ed1 0a00 0001
12:00:00.6 IP6 (flowlabel 0x1, hlim 7, next-header TCP (6) payload length: 20) \
2001:db8::1.80 > 2001:db8:0::2.4000: Flags [.], cksum 0x1 (correct), seq 1:3, ack 1, length 2
12:00:00.7 IP (tos 0x0, ttl 63, id 5, offset 0, flags [+], proto TCP (6), length 40)
    192.0.2.1.80 > 198.51.100.2.4000: Flags [.], seq 1:3, ack 1, length 2
12:00:00.8 IP (tos 0x0, ttl 63, id 5, offset 0, flags [DF], proto UDP (17), length 40)
    192.0.2.1.53 > 198.51.100.2.4000: 1234 A? example.org. (30)
"""
    found, capture = packets(tmp_path, text)
    assert [(p.number, p.ttl, p.checksum) for p in found] == [(1, 63, "bad"), (2, 7, "good")]
    assert found[1].destination.address == "2001:db8::2"
    assert capture.told[0].unread == 0
    assert capture.told[0].left_out["fragments of datagrams"] == 1


def test_tcpdump_before_version_4(tmp_path: Path) -> None:
    text = """
    0.0 svr4.1037 > bsdi.discard: S 1415531521:1415531521(0) win 4096 <mss 1024>
    0.2 bsdi.discard > svr4.1037: S 1823083521:1823083521(0) ack 1415531522 win 4096 <mss 1024>
    0.3 svr4.1037 > bsdi.discard: . ack 1 win 4096 (DF)
    0.4 svr4.1037 > bsdi.discard: F 1:1(0) ack 1 win 4096
    """
    assert lines(tmp_path, text) == [
        "svr4 SYN 1415531521 - 0",
        "bsdi SYN,ACK 1823083521 1415531522 0",
        "svr4 ACK - 1823083522 0",
        "svr4 FIN,ACK 1415531522 1823083522 0",
    ]


def test_an_excerpt_of_tcpdump_may_be_relative_to_what_it_leaves_out(tmp_path: Path) -> None:
    text = """
    10:34:17.0 IP 192.0.2.1.20 > 192.0.2.2.800: Flags [S], seq 123456, win 8192, length 0
    10:34:17.1 IP 192.0.2.2.800 > 192.0.2.1.20: Flags [R.], seq 0, ack 1, win 0, length 0
    """
    assert lines(tmp_path, text)[1] == "192.0.2.2 RST,ACK 0 123457 0"


def test_text_that_was_quoted_escaped_or_sent_as_a_patch(tmp_path: Path) -> None:
    shown = "> > 10.0.0.1.5 &gt; 10.0.0.2.80: Flags [S], seq 5, length 0\n"
    assert lines(tmp_path, shown) == ["10.0.0.1 SYN 5 - 0"]
    patch = "> ++0 < S 0:0(0) win 32792 <mss 1000>\n> +  +.1 > S. 0:0(0) ack 1 <...>\n"
    assert lines(tmp_path, patch) == ["script SYN 0 - 0", "kernel SYN,ACK 0 1 0"]


def test_times_from_line_to_line_add_up(tmp_path: Path) -> None:
    text = "".join(
        f" 00:00:0{s}.000000 IP 192.0.2.1.80 > 192.0.2.2.9: Flags [S], seq 5\n" for s in (0, 5, 1)
    )
    found, _ = packets(tmp_path, text)
    assert [p.time for p in found] == [0, 5 * SECOND, 6 * SECOND]


def test_a_gap_is_told_with_the_packet_behind_it(tmp_path: Path) -> None:
    line = "IP 192.0.2.1.80 > 192.0.2.2.9: Flags [S], seq 5\n"
    for gap in ("...", "[...]", "…", "<snip>"):
        found, _ = packets(tmp_path, line + gap + "\n" + line)
        assert [p.after_gap for p in found] == [False, True]


TSHARK = """
    1   0.000000     10.0.0.1 → 10.0.0.2     TCP 74 4000 → 5000 [SYN] Seq=0 Win=29200 Len=0 \
MSS=1460 SACK_PERM TSval=9 TSecr=0 WS=128
    2   0.000500     10.0.0.2 → 10.0.0.1     TCP 74 5000 → 4000 [SYN, ACK] Seq=0 Ack=1 Win=20960 \
Len=0 MSS=1060 WS=512
    3   0.001096     10.0.0.1 -> 10.0.0.2     TCP 40 [TCP Window Update] 4000 > 5000 [ACK] Seq=1 \
Ack=1 Win=64256 Len=0
    4   0.002000     10.0.0.1 → 10.0.0.2     TLSv1.2 583 Client Hello
    5   0.003000     10.0.0.1 → 10.0.0.2     TCP 40 4000 → 5000 [FIN, ACK] Seq=518 Ack=1 Win=64256
    6   0.004000     10.0.0.9 → 10.0.0.2     DNS 40 Standard query
"""


def test_tshark_one_line(tmp_path: Path) -> None:
    found, capture = packets(tmp_path, TSHARK)
    assert list(map(told, found)) == [
        "10.0.0.1 SYN 0 - 0",
        "10.0.0.2 SYN,ACK 0 1 0",
        "10.0.0.1 ACK 1 1 0",
        "10.0.0.1 FIN,ACK 518 1 -",
    ]
    assert [p.number for p in found] == [1, 2, 3, 5]
    assert [p.window for p in found] == [29200, 20960, 502, 502]
    assert (found[0].wscale, found[0].tsval, found[0].sack_permitted) == (7, 9, True)
    assert [p.after_gap for p in found] == [False, False, False, True]
    assert sum(capture.told[0].left_out.values()) == 2


def test_tshark_fields_with_a_header(tmp_path: Path) -> None:
    text = """\
tcp.dstport\ttcp.srcport\tip.dst\tip.src\ttcp.flags\ttcp.ack_raw\ttcp.seq_raw\ttcp.len\tframe.number
80\t4000\t10.0.0.2\t10.0.0.1\t0x0018\t9000\t5000\t10\t7
"""
    found, _ = packets(tmp_path, text)
    assert list(map(told, found)) == ["10.0.0.1 PSH,ACK 5000 9000 10"]
    assert (found[0].number, found[0].source.port, found[0].destination.port) == (7, 4000, 80)


@pytest.mark.parametrize(
    "text",
    [
        "7\t1700000000.5\t10.0.0.1\t4000\t10.0.0.2\t80\t0x0018\t5000\t9000\t10\t502",
        "7,1700000000.5,10.0.0.1,10.0.0.2,4000,80,0x0018,5000,9000,10,502",
        "7 1700000000.5 10.0.0.1 10.0.0.2 4000 80 ·······AP··· 5000 9000 10 502",
    ],
)
def test_tshark_fields_without_a_header(tmp_path: Path, text: str) -> None:
    found, _ = packets(tmp_path, text + "\n")
    assert list(map(told, found)) == ["10.0.0.1 PSH,ACK 5000 9000 10"]
    assert (found[0].number, found[0].time, found[0].window) == (7, 1_700_000_000_500_000_000, 502)


def test_packetdrill_scripts(tmp_path: Path) -> None:
    text = """
// A script.
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 < S 0:0(0) win 32792 <mss 1000,sackOK,nop,nop,nop,wscale 7>
+0 > S. 0:0(0) ack 1 <...>
+.1 < P. 1:11(10) ack 1 win 257
+0.05~+0.1 > . 1:1(0) ack 11
"""
    found, capture = packets(tmp_path, text)
    assert list(map(told, found)) == [
        "script SYN 0 - 0",
        "kernel SYN,ACK 0 1 0",
        "script PSH,ACK 1 1 10",
        "kernel ACK 1 11 0",
    ]
    assert [p.outbound for p in found] == [False, True, False, True]
    assert found[2].time == SECOND // 10
    assert capture.told[0].unread == 0


def test_figures_show_a_segment_at_each_end(tmp_path: Path) -> None:
    text = """
       TCP Peer A                                       TCP Peer B
   1.  CLOSED                                           CLOSED
   2.  SYN-SENT     --> <SEQ=100><CTL=SYN>              ...
   3.  SYN-RECEIVED <-- <SEQ=300><CTL=SYN>              <-- SYN-SENT
   4.               ... <SEQ=100><CTL=SYN>              --> SYN-RECEIVED
   5.  ESTABLISHED  --> <SEQ=101><ACK=301><CTL=ACK><DATA> --> ESTABLISHED
"""
    found, _ = packets(tmp_path, text)
    assert [(told(p), p.interface) for p in found] == [
        ("A SYN 100 - 0", 0),
        ("B SYN 300 - 0", 1),
        ("B SYN 300 - 0", 0),
        ("A SYN 100 - 0", 1),
        ("A ACK 101 301 -", 0),
        ("A ACK 101 301 -", 1),
    ]


LADDER = """
     A                                                  B             rule
  1  (active OPEN)                                                    3.10.1: active OPEN
     SYN-SENT      --- <SEQ=100><CTL=SYN> -->
  2                         1-- <SEQ=100><CTL=SYN> --> x2
  3                         1-- <SEQ=100><CTL=SYN> -->  SYN-RECEIVED  3.10.7.2 third: SYN,
                <-- <SEQ=300><ACK=101><CTL=SYN,ACK> ---                SYN,ACK sent
  4              lost X- <SEQ=300><ACK=101><CTL=SYN,ACK> --3
"""


def test_ladders_show_what_leaves_and_what_arrives(tmp_path: Path) -> None:
    found, _ = packets(tmp_path, LADDER)
    assert [(told(p), p.interface) for p in found] == [
        ("A SYN 100 - 0", 0),
        ("A SYN 100 - 0", 1),
        ("B SYN,ACK 300 101 0", 1),
    ]


def test_logs_with_flags_only(tmp_path: Path) -> None:
    text = """
12:00:01.047 192.0.2.5:41286 -> 198.51.100.20:1524 TCP [ACK, PSH]
12:00:01.048 192.0.2.5:41286 <- 198.51.100.20:1524 TCP [ACK, FIN]
client -> server: SYN seq=100
server → client: SYN-ACK seq=300 ack=101
[2001:db8::1]:5 > [2001:db8::2]:80 RST
2.5 port1 in 192.0.2.5.41 -> 192.0.2.6.80: syn 7 ack 8
2.6 port1 out 192.0.2.6.80 -> 192.0.2.5.41: ack 9
Nov 27 10:00:00 fw kernel: IN=eth0 SRC=192.0.2.5 DST=198.51.100.20 LEN=40 PROTO=TCP SPT=5 DPT=80 \
SEQ=7 ACK=8 WINDOW=9 RES=0x00 ACK FIN URGP=0
"""
    assert lines(tmp_path, text) == [
        "192.0.2.5 PSH,ACK - - -",
        "198.51.100.20 FIN,ACK - - -",
        "client SYN 100 - -",
        "server SYN,ACK 300 101 -",
        "2001:db8::1 RST - - -",
        "192.0.2.5 SYN,ACK 7 8 -",
        "192.0.2.6 ACK - 9 -",
        "192.0.2.5 FIN,ACK 7 8 -",
    ]


def test_lines_that_cannot_be_read_are_counted_and_the_first_is_shown(tmp_path: Path) -> None:
    text = "Dear all,\nhere it is:\n" + TCPDUMP + "Flags [S], seq 5\n"
    _, capture = packets(tmp_path, text)
    assert capture.told[0].reasons() == [
        "3 lines could not be read; the first is line 1: Dear all,"
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Dear all,\n", "the first is line 1: Dear all,"),
        (" \n\n", "no TCP segment was found"),
        (
            "IP 192.0.2.1.80 > 192.0.2.2.9: Flags [S], seq 99999999999, length 0\n",
            "99999999999 is too large",
        ),
        ("192.0.2.1.80 > 192.0.2.2.70000: Flags [S], seq 5\n", "70000 is too large"),
    ],
)
def test_a_text_without_packets_is_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        packets(tmp_path, text)


def test_text_in_utf_16(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_bytes(TCPDUMP.encode("utf-16"))
    assert len(list(read([str(path)]))) == 5


@pytest.mark.parametrize(
    "path", sorted((HERE / "reports").glob("*.txt")), ids=lambda path: path.stem
)
def test_every_line_of_a_report_is_read(path: Path) -> None:
    capture = read([str(path)])
    assert len(list(capture)) == len(path.read_text().splitlines())
    assert capture.told[0].unread == 0


def test_a_segment_in_the_notation_of_the_rfc() -> None:
    text = "<SEQ=300><ACK=101><DATA=5><CTL=FIN,ACK><TSval=7>"
    assert str(segment(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<CTL=SYN>",
        "<SEQ=1>",
        "<SEQ=x><CTL=SYN>",
        "<SEQ=1><CTL=SIN>",
        "a<SEQ=1><CTL=>",
        "<SEQ=4294967296><CTL=SYN>",
        "<SEQ=1><CTL=ACK><DATA>",
        "<SEQ=1><LEN=4><CTL=ACK>",
    ],
)
def test_what_is_no_segment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="<"):
        segment(text or "<")


TELLS = (
    "number",
    "source",
    "destination",
    "ack",
    "length",
    "SYN",
    "ACK",
    "FIN",
    "RST",
    "PSH",
    "window",
    "mss",
    "wscale",
    "tsval",
    "tsecr",
)


@pytest.mark.exhaustive
@pytest.mark.skipif(shutil.which("tcpdump") is None, reason="tcpdump is not installed")
@pytest.mark.parametrize("path", TRUTH, ids=lambda path: path.name)
def test_what_tcpdump_prints_has_the_packets_of_the_capture(path: Path, tmp_path: Path) -> None:
    for options in ([], ["-S"], ["-v"], ["-tttt"], ["-e", "-X"]):
        command = ["tcpdump", "-n", "-r", str(path), *options]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        if not done.stdout:
            continue
        shown, _ = packets(tmp_path, done.stdout)
        for line, packet in zip(shown, read([str(path)]), strict=True):
            for name in TELLS:
                assert getattr(line, name) == getattr(packet, name), (options, name, packet)
            untold = line.seq is None and packet.controls == "ACK" and not packet.length
            assert untold or line.seq == packet.seq
            assert line.time is not None
            assert packet.time is not None
            assert (line.time - packet.time) // 1000 % (86_400 * 10**6) == 0
