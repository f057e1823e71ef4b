"""A capture with comments on its packets, as pcapng."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pcapng
import pytest

from checkout import TESTS
from frames import ethernet, ipv4, pcap, tcp
from tcpmc.captures import Packet, read
from tcpmc.captures.annotate import Comments, annotated

HERE = TESTS / "captures"
SAME = tuple(name for name in Packet._fields if name not in ("file", "interface"))


def written(tmp_path: Path, paths: Sequence[str], comments: Comments) -> tuple[Path, list[Packet]]:
    path = tmp_path / "annotated.pcapng"
    packets = list(read(paths))
    path.write_bytes(b"".join(annotated(paths, comments, packets, ["about"])))
    return path, packets


def comments_in(path: Path) -> list[str | None]:
    with path.open("rb") as stream:
        blocks = [b for b in pcapng.FileScanner(stream) if hasattr(b, "packet_data")]
    return [block.options.get("opt_comment") for block in blocks]


def test_the_capture_is_the_same_with_comments(tmp_path: Path) -> None:
    source = str(HERE / "truth/hs.A.pcap")
    path, packets = written(tmp_path, [source], {(0, 2, 0): ["A is ESTABLISHED"]})
    again = list(read([str(path)]))
    assert [[getattr(p, n) for n in SAME] for p in again] == [
        [getattr(p, n) for n in SAME] for p in packets
    ]
    assert comments_in(path) == [None, "A is ESTABLISHED", None]


def test_frames_that_are_not_tcp_stay(tmp_path: Path) -> None:
    source = tmp_path / "mixed.pcap"
    arp = bytes(12) + b"\x08\x06" + bytes(28)
    source.write_bytes(pcap([arp, ethernet(ipv4(tcp()))], 1))
    path, _ = written(tmp_path, [str(source)], {(0, 2, 0): ["a", "b"]})
    assert [p.number for p in read([str(path)])] == [2]
    assert len(comments_in(path)) == 2


def test_both_ends_have_an_interface_each(tmp_path: Path) -> None:
    sources = [str(HERE / f"truth/hs.{end}.pcap") for end in "AB"]
    path, packets = written(tmp_path, sources, {})
    again = list(read([str(path)]))
    assert [p.time for p in again] == [p.time for p in packets]
    assert {p.interface for p in again} == {0, 1}


@pytest.mark.parametrize("name", ["idle-close", "half-open", "flags-only"])
def test_a_text_becomes_a_capture(tmp_path: Path, name: str) -> None:
    path, packets = written(tmp_path, [str(HERE / f"reports/{name}.txt")], {(0, 1, 0): ["SYN"]})
    for seen, told in zip(read([str(path)]), packets, strict=True):
        for field in ("source", "destination", "controls", "mss", "wscale", "tsval", "tsecr"):
            assert getattr(seen, field) == getattr(told, field)
        assert told.seq is None or seen.seq == told.seq
        assert seen.checksum == "good"
    assert comments_in(path)[0] == "SYN"


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_tshark_shows_the_comments(tmp_path: Path) -> None:
    path, _ = written(tmp_path, [str(HERE / "truth/hs.A.pcap")], {(0, 3, 0): ["ESTABLISHED"]})
    command = ["tshark", "-r", str(path), "-T", "fields", "-e", "frame.comment"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "\n\nESTABLISHED\n"
