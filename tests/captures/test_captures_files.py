"""Capture files: byte orders, clocks, link types, IPv4 and IPv6, damage; held against tshark."""

from __future__ import annotations

import gzip
import io
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

import frames
from frames import ethernet, interface, ipv4, ipv6, option, packet, pcap, section, tcp
from tcpmc.captures import Capture, Endpoint, Packet, read
from tcpmc.errors import BadInput

TRUTH = sorted((Path(__file__).parent / "truth").glob("*.pcap"))
FOREIGN = sorted((Path(__file__).parents[3] / "shared/captures/foreign").glob("*.pcap"))
SECOND = 10**9


def packets(tmp_path: Path, content: bytes) -> tuple[list[Packet], Capture]:
    path = tmp_path / "capture"
    path.write_bytes(content)
    capture = read([str(path)])
    return list(capture), capture


def only(tmp_path: Path, content: bytes) -> Packet:
    found, _ = packets(tmp_path, content)
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(
    ("magic", "part"), [(0xA1B2C3D4, 250_000), (0xA1B23C4D, 250)], ids=["microseconds", "nano"]
)
def test_pcap_in_both_byte_orders_and_units(
    tmp_path: Path, order: str, magic: int, part: int
) -> None:
    seen = only(tmp_path, pcap([ipv4(tcp("S", 1000))], order=order, magic=magic))
    assert seen.time == SECOND + part
    assert (seen.source, seen.destination) == (Endpoint(frames.A, 4000), Endpoint(frames.B, 80))
    assert (seen.number, seen.seq, seen.ack, seen.length, seen.SYN) == (1, 1000, None, 0, True)
    assert (seen.window, seen.ttl, seen.checksum, seen.truncated) == (65535, 64, "good", False)


@pytest.mark.parametrize("order", "<>")
def test_pcapng_in_both_byte_orders(tmp_path: Path, order: str) -> None:
    flags = option(2, struct.pack(order + "I", 2), order)
    content = section(order) + interface(order=order)
    content += packet(ipv4(tcp("S.", 5, 6)), 2**33 + 7, options=flags, order=order)
    seen = only(tmp_path, content)
    assert (seen.seq, seen.ack, seen.controls) == (5, 6, "SYN,ACK")
    assert (seen.time, seen.outbound) == ((2**33 + 7) * 1000, True)


@pytest.mark.parametrize(
    ("resolution", "stamp", "time"),
    [
        (9, 5, 5),
        (3, 5, 5 * 10**6),
        (12, 5000, 5),
        (0x80 | 1, 3, SECOND * 3 // 2),
        (0x80 | 33, 3 << 32, SECOND * 3 // 2),
        (0x80 | 40, 3 << 39, SECOND * 3 // 2),
    ],
)
def test_pcapng_clocks_of_any_resolution(
    tmp_path: Path, resolution: int, stamp: int, time: int
) -> None:
    options = option(9, bytes([resolution])) + option(14, struct.pack("<q", 100))
    content = section() + interface(options=options) + packet(ipv4(tcp()), stamp)
    assert only(tmp_path, content).time == 100 * SECOND + time


def test_pcapng_packets_of_several_interfaces_and_sections_stay_in_order(tmp_path: Path) -> None:
    content = section() + interface() + interface(frames.ETHERNET)
    content += packet(ipv4(tcp(seq=1))) + packet(ethernet(ipv4(tcp(seq=2))), index=1)
    content += packet(ipv4(tcp(seq=3))) + section(">") + interface(order=">")
    content += packet(ipv4(tcp(seq=4)), order=">")
    found, _ = packets(tmp_path, content)
    assert [(p.number, p.seq, p.interface) for p in found] == [
        (1, 1, 0),
        (2, 2, 1),
        (3, 3, 0),
        (4, 4, 2),
    ]


def test_pcapng_simple_and_obsolete_packet_blocks(tmp_path: Path) -> None:
    frame = ipv4(tcp(seq=9))
    simple = frames.block(3, struct.pack("<I", len(frame)) + frame)
    old = struct.pack("<HHIIII", 0, 0, 0, 3, len(frame), len(frame)) + frame
    found, _ = packets(tmp_path, section() + interface() + simple + frames.block(2, old))
    assert [(p.seq, p.time) for p in found] == [(9, None), (9, 3000)]


VLAN, QINQ, OLD_QINQ = (bytes.fromhex(x) for x in ("81000001", "88a80002", "91000003"))
PPPOE = bytes.fromhex("8864110000010000")


@pytest.mark.parametrize(
    ("link", "before"),
    [
        (0, b"\2\0\0\0"),
        (0, b"\0\0\0\2"),
        (108, b"\0\0\0\2"),
        (12, b""),
        (101, b""),
        (228, b""),
        (9, b"\0\x21"),
        (9, b"\xff\3\0\x21"),
        (9, b"\x21"),
        (50, b"\xff\3\0\x21"),
        (51, PPPOE[2:] + b"\0\x21"),
        (113, bytes(14) + b"\x08\0"),
        (276, b"\x08\0" + bytes(18)),
        (1, bytes(12) + b"\x08\0"),
        (1, bytes(12) + VLAN + b"\x08\0"),
        (1, bytes(12) + QINQ + VLAN + b"\x08\0"),
        (1, bytes(12) + OLD_QINQ + VLAN + b"\x08\0"),
        (1, bytes(12) + PPPOE + b"\0\x21"),
        (1, bytes(12) + VLAN + PPPOE + b"\0\x21"),
        (1, bytes(12) + b"\x88\x47" + bytes.fromhex("0001003f" + "0002013f")),
    ],
)
def test_link_types(tmp_path: Path, link: int, before: bytes) -> None:
    seen = only(tmp_path, pcap([before + ipv4(tcp("P.", 7, 8, b"text"))], link))
    assert (seen.seq, seen.ack, seen.length, seen.checksum) == (7, 8, 4, "good")


@pytest.mark.parametrize(
    ("link", "before"),
    [
        (0, b"\x1e\0\0\0"),
        (108, b"\0\0\0\x1c"),
        (229, b""),
        (9, b"\0\x57"),
        (1, bytes(12) + VLAN + b"\x86\xdd"),
        (1, bytes(12) + PPPOE + b"\0\x57"),
        (113, bytes(14) + b"\x86\xdd"),
    ],
)
def test_link_types_with_ipv6(tmp_path: Path, link: int, before: bytes) -> None:
    seen = only(tmp_path, pcap([before + ipv6(tcp("F.", 7, 8))], link))
    assert (seen.source.address, seen.destination.address) == (frames.A6, frames.B6)
    assert (seen.seq, seen.FIN, seen.ttl, seen.checksum) == (7, True, 63, "good")


def test_cooked_captures_tell_the_direction(tmp_path: Path) -> None:
    received, sent = (struct.pack(">H", kind) + bytes(12) + b"\x08\0" for kind in (0, 4))
    found, _ = packets(tmp_path, pcap([received + ipv4(tcp()), sent + ipv4(tcp())], 113))
    assert [p.outbound for p in found] == [False, True]


HOP, DESTINATION, ATOMIC = (0, b"\0" + bytes(6)), (60, b"\1" + bytes(14)), (44, b"\0" + bytes(6))


def test_ipv6_extension_headers(tmp_path: Path) -> None:
    authentication = (51, b"\4" + bytes(22))
    seen = only(tmp_path, pcap([ipv6(tcp("S", 3), [HOP, DESTINATION, ATOMIC, authentication])]))
    assert (seen.seq, seen.length, seen.checksum) == (3, 0, "good")


def test_fragments_are_told_and_left_out(tmp_path: Path) -> None:
    first = (44, b"\0" + struct.pack(">HI", 1, 5))
    content = [ipv4(tcp()), ipv4(tcp(), fragment=0x2000), ipv4(tcp(), fragment=3)]
    found, capture = packets(tmp_path, pcap([*content, ipv6(tcp(), [first])]))
    assert [p.number for p in found] == [1]
    assert capture.told[0].left_out == {"fragments of datagrams": 3}


def test_headers_that_are_cut_off_are_told_and_left_out(tmp_path: Path) -> None:
    whole = ipv4(tcp("P.", text=b"x" * 100))
    for longest in range(1, 40):
        with pytest.raises(
            BadInput, match="1 packet left out: with a header that is not all captured"
        ):
            packets(tmp_path, pcap([whole], longest=longest))
    seen = only(tmp_path, pcap([whole], longest=40))
    assert (seen.length, seen.truncated, seen.checksum) == (100, True, "absent")


def test_what_is_not_tcp_is_told_and_left_out(tmp_path: Path) -> None:
    arp, udp = bytes(12) + b"\x08\x06" + bytes(28), ethernet(ipv4(bytes(20), protocol=17))
    found, capture = packets(tmp_path, pcap([arp, udp, ethernet(ipv4(tcp()))], 1))
    assert [p.number for p in found] == [3]
    assert capture.told[0].left_out == {"not IP": 1, "IP, but not TCP": 1}


def test_padding_of_ethernet_is_no_text(tmp_path: Path) -> None:
    seen = only(tmp_path, pcap([ethernet(ipv4(tcp())) + bytes(6)], 1))
    assert (seen.length, seen.truncated, seen.checksum) == (0, False, "good")


def test_a_segment_for_offload_has_the_length_of_its_frame(tmp_path: Path) -> None:
    seen = only(tmp_path, pcap([ipv4(tcp("P.", text=b"x" * 5000), total=0)]))
    assert (seen.length, seen.checksum) == (5000, "good")


def test_checksums(tmp_path: Path) -> None:
    good = ipv4(tcp("P.", text=b"abc"))
    source, destination = good[12:16], good[16:20]
    pseudo = frames.checksum(source + destination + struct.pack(">HH", 6, 23)) ^ 0xFFFF
    half = good[:36] + struct.pack(">H", pseudo) + good[38:]
    bad = good[:-1] + b"d"
    found, _ = packets(tmp_path, pcap([good, bad, half]))
    assert [p.checksum for p in found] == ["good", "bad", "offloaded"]


def test_options(tmp_path: Path) -> None:
    usual = bytes.fromhex("020405b4 0402 080a0000000b00000016 01 030307".replace(" ", ""))
    stamps = bytes.fromhex("0101080a0000000b00000016")
    sack = stamps + bytes.fromhex("0101050a0000000100000002")
    odd = bytes.fromhex("fe04abcd 0300 0000".replace(" ", ""))
    content = [ipv4(tcp(options=o)) for o in (usual, stamps, sack, odd)]
    found, _ = packets(tmp_path, pcap(content))
    told = [(p.mss, p.wscale, p.sack_permitted, p.tsval, p.tsecr) for p in found]
    bare = (None, None, None, 11, 22)
    assert told == [(1460, 7, True, 11, 22), bare, bare, (None,) * 5]


def test_gzip(tmp_path: Path) -> None:
    content = gzip.compress(pcap([ipv4(tcp(seq=1))] * 50))
    found, _ = packets(tmp_path, content)
    assert len(found) == 50
    _, capture = packets(tmp_path, gzip.compress(pcap([ipv4(tcp())] * 50), 0)[:-300])
    assert any("cut off" in note for note in capture.told[0].notes)


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(pcap([ipv4(tcp(seq=1))])))
    monkeypatch.setattr(sys, "stdin", stream)
    assert [p.seq for p in read(["-"])] == [1]


def test_several_files_are_one_capture_by_time(tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    a.write_bytes(pcap([ipv4(tcp(seq=seq)) for seq in (1, 3, 5)]))
    b.write_bytes(
        section()
        + interface()
        + b"".join(
            packet(ipv4(tcp(seq=seq)), stamp) for seq, stamp in ((2, 1_500_000), (4, 2_500_000))
        )
    )
    assert [(p.seq, p.file) for p in read([str(a), str(b)])] == [
        (1, 0),
        (2, 1),
        (3, 0),
        (4, 1),
        (5, 0),
    ]


def test_a_file_that_is_cut_off_gives_what_it_has(tmp_path: Path) -> None:
    content = pcap([ipv4(tcp())] * 3)
    found, capture = packets(tmp_path, content[:-1])
    assert len(found) == 2
    assert capture.told[0].notes == ["the file ends inside packet 3"]


def test_a_length_that_is_forged_ends_the_file(tmp_path: Path) -> None:
    content = bytearray(pcap([ipv4(tcp())] * 3))
    content[24 + 56 + 8 : 24 + 56 + 12] = b"\xff\xff\xff\x7f"
    found, capture = packets(tmp_path, bytes(content))
    assert len(found) == 1
    assert "damaged after packet 1" in capture.told[0].notes[0]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"snoop\0\0\0" + bytes(40), "a snoop file"),
        (pcap([]), "no TCP segment was found"),
        (pcap([ipv4(tcp())], link=127), "1 packet left out: link type 127"),
        (section() + packet(ipv4(tcp())), "of the undefined interface 0"),
    ],
    ids=["empty", "snoop", "no packets", "link type", "no interface"],
)
def test_what_is_no_capture_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        packets(tmp_path, content)


def test_a_file_that_is_not_there_is_refused() -> None:
    with pytest.raises(BadInput, match="No such file"):
        list(read(["/does/not/exist.pcap"]))


FIELDS = """
frame.number frame.time_epoch ip.src tcp.srcport ip.dst tcp.dstport tcp.seq_raw tcp.ack_raw tcp.len
tcp.flags tcp.window_size_value tcp.options.mss_val tcp.options.wscale.shift
tcp.options.timestamp.tsval tcp.options.timestamp.tsecr ip.ttl tcp.checksum.status
"""
BITS = {"FIN": 1, "SYN": 2, "RST": 4, "PSH": 8, "ACK": 16, "URG": 32}


@pytest.mark.exhaustive
@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
@pytest.mark.parametrize("path", [*TRUTH, *FOREIGN], ids=lambda path: path.name)
def test_tshark_sees_the_same(path: Path) -> None:
    command = ["tshark", "-r", str(path), "-T", "fields", "-o", "tcp.check_checksum:TRUE"]
    done = subprocess.run(
        [*command, *(word for name in FIELDS.split() for word in ("-e", name))],
        capture_output=True,
        text=True,
        check=True,
    )
    expected = [line.split("\t") for line in done.stdout.splitlines()]
    if expected:
        assert list(map(as_tshark, read([str(path)]))) == expected
    else:
        with pytest.raises(BadInput, match="no TCP segment"):
            list(read([str(path)]))


def as_tshark(seen: Packet) -> list[str]:
    assert seen.time is not None
    flags = sum(bit for name, bit in BITS.items() if getattr(seen, name))
    status = {"good": "1", "bad": "0"}.get(seen.checksum, "")
    numbers = (seen.mss, seen.wscale, seen.tsval, seen.tsecr, seen.ttl)
    return [
        str(seen.number),
        f"{seen.time // SECOND}.{seen.time % SECOND:09}",
        seen.source.address,
        str(seen.source.port),
        seen.destination.address,
        str(seen.destination.port),
        str(seen.seq),
        str(seen.ack or 0),
        str(seen.length),
        f"0x{flags:04x}",
        str(seen.window),
        *("" if number is None else str(number) for number in numbers),
        status,
    ]
