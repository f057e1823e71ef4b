"""`tcpmc conform`: which connections, which formats, how many processes."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from checkout import TESTS
from tcpmc.captures import read
from tcpmc.cli.main import cli
from tcpmc.errors import BadInput

TRUTH, REPORTS = TESTS / "captures/truth", TESTS / "captures/reports"
LATE = str(REPORTS / "rst-obeyed-late.txt")
REUSED = str(TRUTH / "half_open.A.pcap")


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["conform", *arguments], input=stdin, standalone_mode=False)


def test_a_text_on_standard_input_is_held_against_the_rules() -> None:
    result = run("-", stdin=(REPORTS / "idle-close.txt").read_text())
    assert result.return_value == 0
    assert "TIME-WAIT" in result.output


def test_the_table_of_connections_has_a_row_for_each_incarnation() -> None:
    lines = run(REUSED).output.splitlines()
    assert "SF" not in lines[1]
    assert [line.split()[0] for line in lines[1:3]] == ["1", "2"]
    assert "REJ" in lines[2]


@pytest.mark.parametrize(
    ("options", "rows"),
    [(["--connection", "1"], 1), (["--filter", "port 5000"], 1), (["--filter", "state REJ"], 1)],
)
def test_connections_are_chosen(options: list[str], rows: int) -> None:
    document = json.loads(run(REUSED, "-o", "json", *options).output)
    assert len(document["connections"]) == rows


@pytest.mark.parametrize(
    "options",
    [
        ["--connection", "7"],
        ["--filter", "port 1"],
        ["--filter", "port"],
        ["--then", "<SYN>"],
        ["-o", "dot"],
        ["-o", "pcapng=x", "-"],
    ],
)
def test_what_cannot_be_is_refused(options: list[str]) -> None:
    assert run(REUSED, *options).exception is not None


def test_each_format_is_written(tmp_path: Path) -> None:
    names = (
        "json",
        "junit",
        "markdown",
        "mermaid",
        "packetdrill",
        "pcapng",
        "sarif",
        "svg",
        "text",
    )
    outputs = [word for name in names for word in ("-o", f"{name}={tmp_path / name}")]
    assert run(LATE, "--at", "192.0.2.40", *outputs).return_value == 1
    document = json.loads((tmp_path / "json").read_text())
    ends = document["connections"][0]["ends"]
    assert [end["verdict"] for end in ends].count("DEVIATES") == 1
    suites = ElementTree.parse(tmp_path / "junit").getroot()
    assert suites.attrib["failures"] == "1"
    results = json.loads((tmp_path / "sarif").read_text())["runs"][0]["results"]
    assert results
    assert all("packet" in result["message"]["text"] for result in results)
    assert "DEVIATES" in (tmp_path / "markdown").read_text()
    assert (tmp_path / "mermaid").read_text().startswith("sequenceDiagram")
    assert len(list(read([str(tmp_path / "pcapng")]))) == 7
    picture = ElementTree.parse(tmp_path / "svg").getroot()
    assert "DEVIATES" in "".join(picture.itertext())
    script = (tmp_path / "packetdrill").read_text().splitlines()
    assert "192.0.2.40" in script[0]
    assert "DEVIATES" in script[0]
    assert any(line.startswith("// here: ") for line in script)
    assert len(list(read([str(tmp_path / "packetdrill")]))) == 5


@pytest.mark.parametrize(
    "name", ["svg", "packetdrill", "mermaid", "html", "pcapng", "junit", "json"]
)
def test_no_format_says_anything_without_a_connection(name: str, tmp_path: Path) -> None:
    empty = tmp_path / "empty.pcap"
    empty.write_bytes((TRUTH / "hs.A.pcap").read_bytes()[:24])
    result = run(str(empty), "-o", f"{name}={tmp_path / 'out'}")
    assert isinstance(result.exception, BadInput)
    assert not (tmp_path / "out").exists()


def test_lines_that_could_not_be_read_are_told() -> None:
    result = run("-", stdin="Dear all,\n" + Path(LATE).read_text())
    assert "the first is line 1: Dear all," in result.stderr


@pytest.mark.exhaustive
def test_several_processes_say_the_same(tmp_path: Path) -> None:
    lines = [
        f"IP 10.0.{n // 200}.{n % 200}.{n + 1} > 192.0.2.1.80: Flags [S], seq {n * n + 5}, length 0"
        + f"\nIP 192.0.2.1.80 > 10.0.{n // 200}.{n % 200}.{n + 1}: Flags [{flags}], seq {n}, ack"
        + f" {n * n + 6 + n % 7}, length 0"
        for n, flags in zip(range(1, 40), ["S.", "R.", "."] * 13, strict=True)
    ]
    path = tmp_path / "many"
    path.write_text("\n".join(lines) + "\n")
    one, two = (run(str(path), "--jobs", jobs, "-o", "json").output for jobs in "12")
    assert json.loads(one) == json.loads(two)
