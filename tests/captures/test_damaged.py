"""Damaged files and random text: packets or one clear error, nothing else."""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import frames
from checkout import TESTS
from frames import ethernet, interface, ipv4, ipv6, option, packet, pcap, section, tcp
from tcpmc.captures import connections, read
from tcpmc.captures.choose import chosen
from tcpmc.captures.notation import segment
from tcpmc.captures.summary import summed
from tcpmc.errors import BadInput

HERE = TESTS / "captures"
STAMPS = bytes.fromhex("0101080a0000000b00000016")
EXTENSIONS = [(0, b"\0" + bytes(6)), (60, b"\1" + bytes(14)), (44, b"\0" + bytes(6))]
SEGMENT = ipv4(tcp("P.", 7, 8, b"text", STAMPS))
BEFORE = {
    0: b"\2\0\0\0",
    1: bytes(12) + bytes.fromhex("88a80002810000018864110000010000") + b"\0\x21",
    9: b"\xff\3\0\x21",
    51: bytes.fromhex("1100000100000021"),
    101: b"",
    113: bytes(14) + b"\x08\0",
    276: b"\x08\0" + bytes(18),
}
NEXT_GENERATION = b"".join(
    [
        section(),
        interface(options=option(9, b"\x89") + option(14, b"12345678")),
        interface(frames.ETHERNET),
        packet(SEGMENT, 5, options=option(2, b"\1\0\0\0")),
        packet(ethernet(ipv6(tcp("S", 3), EXTENSIONS)), 6, index=1),
    ]
)
FILES = [
    *(pcap([before + SEGMENT] * 3, link) for link, before in BEFORE.items()),
    pcap([ipv6(tcp("F."), EXTENSIONS)] * 2),
    NEXT_GENERATION,
    NEXT_GENERATION + section(">") + interface(order=">") + packet(SEGMENT, order=">"),
    gzip.compress(pcap([SEGMENT] * 3), 0),
    (HERE / "truth/simul_close.A.pcap").read_bytes(),
]
FORGED = [b"\0", b"\xff", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0" * 4]
TEXT = """
IP 192.0.2.1.80 > 198.51.100.2.4000: Flags [S.], [F] seq 1:3, ack 5, win 9, length 2 options
[mss 1460,TS val 1 ecr 2] <SEQ=100><CTL=SYN> <SEQ=1><ACK=2><CTL=ACK> --> <-- ... A B 1 0.5 TCP
[SYN] Seq=0 Ack=1 Win=5 +0 < S. 0:0(0) ack 1 win 5 <mss 5> 10:00:00.123 SRC=192.0.2.1 DST=a
PROTO=TCP SPT=1 DPT=2 0x0012 :: 2001:db8::1 → 99999999999 -1 tcp.flags ip.src ip.dst tcp.srcport
tcp.dstport client -> server: SYN-ACK IP6 (tos 0x0, proto TCP (6), length 40)
"""
WORDS = TEXT.split()


def looked_at(content: bytes) -> None:
    """Everything that is done with a capture; BadInput is one line."""
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(content)
        capture = read([file.name])
        said = ""
        try:
            for connection in connections(capture.tables()):
                summed(connection)
        except BadInput as error:
            said = str(error)
        assert "\n" not in said
        for told in capture.told:
            assert all(reason.isprintable() for reason in told.reasons())


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_damaged_files(data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(FILES), "file"))
    for _ in range(data.draw(st.integers(1, 4), "times")):
        place = data.draw(st.integers(0, max(len(content) - 1, 0)), "place")
        how = data.draw(st.sampled_from(["flip", "forge", "cut", "drop", "double"]), "how")
        if how == "flip" and content:
            content[place] ^= 1 << data.draw(st.integers(0, 7), "bit")
        elif how == "forge":
            forged = data.draw(st.sampled_from(FORGED), "forged")
            content[place : place + len(forged)] = forged
        elif how == "cut":
            del content[place:]
        elif how == "drop":
            del content[place : place + data.draw(st.integers(1, 40), "octets")]
        elif how == "double":
            content[place:place] = content[place : place + 60]
    looked_at(bytes(content))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join), max_size=12))
def test_random_lines_of_words_that_mean_something(lines: list[str]) -> None:
    looked_at("\n".join(lines).encode())


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300) | st.binary(max_size=300))
def test_random_text(text: str | bytes) -> None:
    looked_at(text if isinstance(text, bytes) else text.encode(errors="replace"))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([*WORDS, "(", ")", "not", "and", "or", "port", "host"])))
def test_random_filters_and_segments(words: list[str]) -> None:
    with pytest.raises((BadInput, ValueError)):  # noqa: PT012
        chosen(" ".join(words))
        segment("".join(words))
        raise ValueError
