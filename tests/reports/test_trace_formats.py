"""What holds of every format of a trace."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from command_line import assert_one_line, tcpmc
from results import NAMES, case, hostile
from tcpmc.cli.output_formats import TRACE_FORMATS

TEXTS = [name for name, form in TRACE_FORMATS.items() if not form.binary]


@pytest.mark.parametrize("name", TRACE_FORMATS)
@pytest.mark.parametrize("trace", NAMES)
def test_every_trace_can_be_written_and_the_same_again(name: str, trace: str) -> None:
    result, form = case(trace), TRACE_FORMATS[name]
    parts = form.write_parts(result)
    assert [*parts] == list(form.parts or ("",))
    assert all(parts.values())
    assert all(isinstance(content, bytes) for content in parts.values()) or not form.binary
    assert form.write_parts(result) == parts


@pytest.mark.parametrize("name", TEXTS)
def test_hostile_text_brings_no_control_characters(name: str) -> None:
    for content in TRACE_FORMATS[name].write_parts(hostile()).values():
        text = content.decode() if isinstance(content, bytes) else content
        lines = [line.lstrip("\t") for line in text.split("\n")]  # DOT is indented by tabs
        assert all(line.isprintable() for line in lines)
        assert not any(line.lstrip().startswith("::") for line in text.split("\n"))


def test_hostile_text_is_text_in_the_picture() -> None:
    (svg,) = TRACE_FORMATS["svg"].write_parts(hostile()).values()
    root = ET.fromstring(svg)
    assert not [element for element in root.iter() if element.tag.endswith("script")]
    assert "<script>alert(1)</script>" in "".join(root.itertext()).replace("\u00a0", " ")


def test_several_formats_of_one_trace(tmp_path: Path) -> None:
    tight = ("--scope", "small", "--capacity", "1", "--quiet")
    words = [f"-o{name}=closing{form.suffix}" for name, form in TRACE_FORMATS.items()]
    words = [word for word in words if not word.startswith("-orfc")]
    done = tcpmc("trace", "closing", *tight, *words, "-orfc=figure.txt", folder=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    there = {path.name for path in tmp_path.iterdir()}
    assert {"closing-A.pkt", "closing-B.pkt", "closing.pcapng", "closing.itf.json"} <= there
    assert len(there) == len(TRACE_FORMATS) + 1
    assert (tmp_path / "figure.txt").read_text(encoding="utf-8").lstrip().startswith("TCP Peer A")


def test_scripts_are_two_files_and_nothing_for_standard_output() -> None:
    done = tcpmc("trace", "closing", "-o", "packetdrill")
    assert_one_line(done, "packetdrill writes several files: choose -o packetdrill=PATH")
