"""The capture, read back by another library, packet by packet, and by tshark where it is there."""

import shutil
import struct
import subprocess
from collections import Counter
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import pcapng.blocks
import pytest
from pcapng import FileScanner

from results import EVENTFUL, LOST, NAMES, case, hostile, played, shown_by
from tcpmc.checks.running.jobs import Result
from tcpmc.model import Scope, Segment, Seq
from tcpmc.reports.formats.pcapng_writer import TIME_WAIT
from tcpmc.reports.formats.pcapng_writer import pcapng as written
from tcpmc.reports.packets import ADDRESSES, LONGEST, absolute, datagram
from tcpmc.reports.story import copies_of, trace_of

TEXT_AND_WRAP = played(
    Scope("wrap", bits=5, iss=(31, 14), data=2, duplication=False),
    *("B passive", "A active", "B deliver", "A deliver", "B deliver", "A SEND", "A SEND"),
    *("B deliver", "A lose", "A retransmission", "B deliver"),
)


@dataclass(frozen=True)
class Seen:
    """A packet as the reader gives it, taken apart here."""

    interface: str
    leaves: bool
    time: float
    comments: tuple[str, ...]
    source: bytes
    sequence: int
    acknowledgment: int
    flags: int
    text: bytes


def seen(result: Result) -> list[Seen]:
    blocks = list(FileScanner(BytesIO(written(result))))
    packets = [b for b in blocks if isinstance(b, pcapng.blocks.EnhancedPacket)]
    assert len(blocks) == 3 + len(packets) + 2  # when each interface ended
    return [_taken_apart(packet) for packet in packets]


def _taken_apart(packet: pcapng.blocks.EnhancedPacket) -> Seen:
    data: bytes = packet.packet_data
    assert packet.captured_len == packet.packet_len == len(data)
    version, total, protocol = data[0], struct.unpack("!H", data[2:4])[0], data[9]
    assert (version, total, protocol) == (0x45, len(data), 6)
    assert folded(data[:20]) == 0xFFFF
    assert folded(data[12:20] + struct.pack("!HH", 6, len(data) - 20) + data[20:]) == 0xFFFF
    sequence, acknowledgment, offset, flags = struct.unpack("!IIBB", data[24:34])
    assert offset == 0x50
    comments = tuple(map(_text, packet.options.get_all("opt_comment")))
    direction = packet.options["epb_flags"].inout
    return Seen(
        packet.interface.options["if_name"],
        direction == "outbound",
        packet.timestamp,
        comments,
        data[12:16],
        sequence,
        acknowledgment,
        flags,
        data[40:],
    )


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode()


def folded(data: bytes) -> int:
    """The ones' complement sum, which a right checksum makes all ones."""
    total = sum(data[::2]) * 256 + sum(data[1::2])
    while total > 0xFFFF:
        total = total // 0x10000 + total % 0x10000
    return total


def test_an_interface_for_each_end() -> None:
    section, a, b, *_ = FileScanner(BytesIO(written(LOST)))
    assert [i.options["if_name"] for i in (a, b)] == ["A", "B"]
    assert [i.options["if_description"] for i in (a, b)] == ["TCP Peer A", "TCP Peer B"]
    assert [i.link_type for i in (a, b)] == [101, 101]
    assert [i.timestamp_resolution for i in (a, b)] == [1e-6, 1e-6]
    comments = section.options.get_all("opt_comment")
    assert comments[0] == "REFUTED graceful-close on no-time-wait"
    assert "tcpmc trace graceful-close" in comments[-1]


def test_a_run_whose_numbers_wrap_is_whole_too() -> None:
    times = [packet.time for packet in seen(TEXT_AND_WRAP)]
    assert times == sorted(set(times))


@pytest.mark.parametrize("name", NAMES)
def test_each_packet_is_whole_has_a_comment_and_comes_later_than_the_last(name: str) -> None:
    packets = seen(case(name))
    assert packets
    for packet in packets:
        assert all(packet.comments)
        assert packet.source == ADDRESSES["AB".index(packet.interface) ^ (not packet.leaves)].packed
    times = [packet.time for packet in packets]
    assert times == sorted(set(times))


@pytest.mark.parametrize("name", NAMES)
def test_every_step_is_told_in_order(name: str) -> None:
    told = [comment for packet in seen(case(name)) for comment in packet.comments]
    steps = [int(c.split()[1].rstrip(":")) for c in told if c.startswith("step ")]
    assert steps == sorted(steps)
    assert set(steps) == set(range(1, len(trace_of(case(name))) + 1))


@pytest.mark.parametrize("name", NAMES)
def test_what_is_sent_is_at_its_sender_and_what_arrives_at_its_receiver(name: str) -> None:
    expected: Counter[tuple[str, bool]] = Counter()
    copies = copies_of(case(name))
    sent = {(f.sender, f.sent, f.lane) for f in copies if f.fate != "forged"}
    for sender, _, _ in sent:
        expected["AB"[sender], True] += 1
    for flow in copies:
        expected["BA"[flow.sender], False] += flow.fate in ("delivered", "forged")
    assert Counter((p.interface, p.leaves) for p in seen(case(name))) == +expected


def test_a_lost_segment_is_at_its_sender_only_and_says_so() -> None:
    packets = seen(LOST)
    lost = [packet for packet in packets if any("| LOST in step" in c for c in packet.comments)]
    assert len(lost) == 3
    for packet in lost:
        assert packet.leaves
        same = [p for p in packets if not p.leaves and p.sequence == packet.sequence]
        assert not [p for p in same if p.time > packet.time and p.flags == packet.flags][1:]


def test_the_last_packet_carries_the_violation() -> None:
    *before, last = seen(LOST)
    assert last.comments[-1].startswith("VIOLATION: The last state, A CLOSED, B CLOSED")
    assert not any("VIOLATION" in comment for p in before for comment in p.comments)
    assert seen(EVENTFUL)[-1].comments[-1].startswith("WITNESS: ")


def test_the_numbers_are_the_models_and_go_on_where_those_wrap() -> None:
    sent = [packet for packet in seen(TEXT_AND_WRAP) if packet.leaves]
    assert [packet.sequence for packet in sent] == [31, 14, 32, 32, 33, 15, 32, 15]
    assert [packet.acknowledgment for packet in sent] == [0, 32, 15, 15, 15, 33, 15, 34]


def test_text_has_its_octets_and_the_same_ones_when_it_is_sent_again() -> None:
    texts = [packet.text for packet in seen(TEXT_AND_WRAP) if packet.leaves and packet.text]
    assert texts == [b"a", b"b", b"ab"]


def test_with_the_clock_on_time_wait_is_a_minute() -> None:
    times = [packet.time for packet in seen(EVENTFUL)]
    tick = -(-TIME_WAIT // EVENTFUL.job.scope.time_wait)
    assert [int(time) // tick for time in times] == [0, 0, 0, 0, 0, 0, 0, 1, 1, 1]


def test_hostile_text_is_in_comments_without_control_characters() -> None:
    told = [comment for packet in seen(hostile()) for comment in packet.comments]
    assert any("<script>alert(1)</script>" in comment for comment in told)
    assert all(comment.isprintable() for comment in told)


def test_a_label_longer_than_an_option_is_cut_off() -> None:
    trace = trace_of(LOST)
    step = replace(trace.steps[0], rule="ü" * 70_000)  # type: ignore[type-var]
    longer = replace(trace, steps=(step, *trace.steps[1:]))
    (comment, *_) = seen(shown_by(longer, LOST.job.scope, LOST.job.variant.at(0)))[0].comments
    assert 65_000 < len(comment.encode()) <= 65_535


def test_a_segment_too_long_for_a_datagram_is_cut() -> None:
    segment = Segment(Seq(1), Seq(2), 65_535, ACK=True)
    assert len(datagram(segment, 0, (0, 0), 4, 1)) == 65_535 == LONGEST + 40


def test_absolute_numbers_keep_their_distance() -> None:
    assert absolute(Seq(0, 10), 100) == 0
    assert absolute(Seq(3, 5), 31) == 35
    assert absolute(Seq(2**32 - 1), 5) == 2**32 - 1


@pytest.mark.skipif(shutil.which("tshark") is None, reason="needs tshark")
@pytest.mark.parametrize("name", NAMES)
def test_tshark_reads_it(name: str, tmp_path: Path) -> None:
    (tmp_path / "trace.pcapng").write_bytes(written(case(name)))
    shown = ("frame.interface_name", "ip.checksum.status", "tcp.checksum.status", "_ws.malformed")
    words = [word for one in (*shown, "frame.comment") for word in ("-e", one)]
    checked = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]
    done = subprocess.run(
        ["tshark", "-n", "-r", "trace.pcapng", *checked, "-T", "fields", "-E", "aggregator=\x1f"]
        + words,
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=120,
    )
    packets = seen(case(name))
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert [line[:4] for line in lines] == [[p.interface, "1", "1", ""] for p in packets]
    assert [line[4].split("\x1f") for line in lines] == [[*p.comments] for p in packets]
