"""`tcpmc drive`: its exit codes, and its formats."""

import json
from pathlib import Path

import pytest
from junitparser import JUnitXml

from command_line import tcpmc as run
from stacks_under_test import example
from tcpmc.captures import read

STATES = ("--state", "LAST-ACK", "--state", "CLOSED")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drive")
    outputs = [f"{name}={folder / name}" for name in ("text", "json", "junit", "sarif", "pcapng")]
    asked = [word for output in outputs for word in ("-o", output)]
    done = run("drive", "--on", example("any-ack-closes"), "--shrink", *asked, *STATES)
    assert done.returncode == 1, done.stderr
    return folder


@pytest.mark.exhaustive
def test_text_has_the_table_and_the_difference(written: Path) -> None:
    text = (written / "text").read_text()
    assert "example against the rules of rfc9293" in text
    assert "LAST-ACK, ACK" in text
    assert "Shortest run of LAST-ACK" in text


def test_json_has_every_cell(written: Path) -> None:
    told = json.loads((written / "json").read_text())
    assert told["agree"] + told["differ"] + told["not_reachable"] == len(told["cells"])
    assert told["differ"] > 0
    wrong = [cell for cell in told["cells"] if cell["verdict"] == "differs"]
    assert {cell["state"] for cell in wrong} == {"LAST-ACK"}


def test_junit_fails_where_it_differs(written: Path) -> None:
    suites = JUnitXml.fromfile(str(written / "junit"))
    failed = {suite.name for suite in suites if suite.failures}
    assert failed == {"LAST-ACK"}


def test_pcapng_is_read_again(written: Path) -> None:
    packets = list(read([str(written / "pcapng")]))
    assert packets[0].SYN
    assert {packet.checksum for packet in packets} == {"good"}


def test_sarif_has_a_result_for_each_way_of_differing(written: Path) -> None:
    (found,) = json.loads((written / "sarif").read_text())["runs"]
    assert {result["level"] for result in found["results"]} == {"error"}


@pytest.mark.parametrize("name", ["beos", "command:"])
def test_an_unknown_stack(name: str) -> None:
    done = run("drive", "--on", name)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_what_the_machine_lacks() -> None:
    done = run("drive", "--on", "command:/no/such/adapter")
    assert done.returncode == 3
    assert len(done.stderr.splitlines()) == 1 and "cannot be started" in done.stderr
