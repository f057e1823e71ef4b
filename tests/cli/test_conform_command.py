"""`tcpmc conform`: what is printed, and how it exits."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

import tcpmc
from schemas_of_ours import schema
from tcpmc.cli.main import cli
from tcpmc.errors import BadInput

FOLDER = Path(__file__).parents[1] / "captures"


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(cli, ["conform", *arguments], standalone_mode=False)
    assert result.return_value == code, result.output
    return result.stdout


def test_conform_simultaneous_close() -> None:
    text = run(str(FOLDER / "truth" / "simul_close.A.pcap"))
    assert "CLOSING" in text
    assert "10.0.0.1:4000 (captured here): CONFORMS for rfc9293" in text
    assert "10.0.0.1:4000 closed first (packet 4)." in text
    assert max(map(len, text.splitlines())) <= 80


def test_conform_deviation_has_packet_requirement_and_what_was_expected() -> None:
    text = run(str(FOLDER / "truth" / "tw_buckets0.A.pcap"), code=3)
    assert "strictly DEVIATES for rfc9293 at packet 8" in text
    assert "MUST-13: TIME-WAIT for 2 MSL" in text
    assert "excused, INCOMPLETE" in text


def test_conform_then() -> None:
    text = run(
        str(FOLDER / "truth" / "normal_close.A.pcap"), "--then", "<SEQ=700><ACK=1><CTL=FIN,ACK>"
    )
    assert "10.0.0.1:4000, on <SEQ=700><ACK=1><CTL=FIN,ACK>: ACK" in text


def test_conform_json() -> None:
    document = json.loads(
        run(str(FOLDER / "reports" / "rst-obeyed-late.txt"), "--format", "json", code=1)
    )
    schema("conform.schema.json").validate(document)
    (connection,) = document["connections"]
    client, server = connection["ends"]
    assert (server["vantage"], server["verdict"], server["strict"]) == (
        *("near", "DEVIATES", "DEVIATES"),
    )
    assert server["deviations"][0]["packet"] == 6
    assert client["packets"][0] == {
        "number": 1,
        "direction": "sent",
        "states": ["SYN-SENT"],
        "state": "SYN-SENT",
        "rules": ["3.10.1: active OPEN"],
        "segment": "<SEQ=100><CTL=SYN>",
    }


def test_conform_all_stacks() -> None:
    text = run(str(FOLDER / "truth" / "tw_reuse_delay10.A.pcap"), "--stack", "all")
    rows = [line.split() for line in text.splitlines() if "10.0.0.1:4000" in line]
    strict = {row[0]: row[2] for row in rows}
    assert strict["rfc9293"] == "DEVIATES"
    assert strict["linux"] == "CONFORMS"
    assert "OPEN in TIME-WAIT (3.10.1)" in text


def test_conform_html_shows_packets_and_sentences() -> None:
    page = run(str(FOLDER / "truth" / "tw_buckets0.A.pcap"), "--format", "html", code=3)
    assert "<code>&lt;SEQ=1&gt;&lt;ACK=2&gt;&lt;CTL=FIN,ACK&gt;</code>" in page
    assert "MUST-13: TIME-WAIT for 2 MSL" in page
    assert "src=" not in page
    assert "href=" not in page


@pytest.mark.parametrize("then", ["SYN", "<SEQ=1>", "<SEQ=99999999999><CTL=SYN>"])
def test_conform_then_that_is_no_segment(then: str) -> None:
    result = CliRunner().invoke(
        cli, ["conform", str(FOLDER / "truth" / "hs.A.pcap"), "--then", then]
    )
    assert result.exception is not None
    assert "--then" in str(result.exception) or "--then" in result.output


def test_folder_has_a_line_for_each_capture(tmp_path: Path) -> None:
    for name in ("simul_close.A.pcap", "tw_reuse_delay10.A.pcap"):
        shutil.copy(FOLDER / "truth" / name, tmp_path / name)
    (tmp_path / "notes.txt").write_text("no capture", encoding="utf-8")
    text = run(str(tmp_path), "-q", code=3)
    lines = [line for line in text.splitlines() if line.startswith(str(tmp_path))]
    assert [line.split(": ")[1] for line in lines] == [
        "2 CONFORMS",
        "1 CONFORMS, 1 INCOMPLETE (strictly DEVIATES)",
    ]
    assert "OPEN in TIME-WAIT" in text


def test_folder_without_captures_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["conform", str(tmp_path)], standalone_mode=False)
    assert isinstance(result.exception, BadInput)
    assert "no capture" in str(result.exception)


def test_from_python() -> None:
    report = tcpmc.conform(FOLDER / "truth" / "simul_close.A.pcap")
    (connection,) = report.connections
    assert [end.judgement.verdict for end in connection.ends] == ["CONFORMS", "CONFORMS"]
