"""`tcpmc suite`: its exit codes, and its formats."""

import json
from pathlib import Path

import pytest
from junitparser import JUnitXml

from command_line import tcpmc as run

LISTENS = """\
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0 < S 0:0(0) win 65535 <mss 1000>
+0 > S. 0:0(0) ack {ack} <...>
"""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("suite")
    (folder / "good.pkt").write_text(LISTENS.format(ack=1))
    (folder / "bad.pkt").write_text(LISTENS.format(ack=2))
    (folder / "simultaneous-close.pkt").write_text(LISTENS.format(ack=1))
    (folder / "other.pkt").write_text("+0 < udp (1)\n")
    (folder / "broken.pkt").write_text("nothing\n")
    outputs = [f"{n}={folder / n}" for n in ("text", "json", "junit", "sarif", "markdown")]
    asked = [word for output in outputs for word in ("-o", output)]
    done = run("suite", str(folder), "--generate", str(folder / "missing"), *asked)
    assert done.returncode == 1, done.stderr
    return folder


def test_text_names_each_script_that_does_not_simply_pass(written: Path) -> None:
    text = (written / "text").read_text()
    assert "5 scripts against the rules of rfc9293: 2 pass, 1 forbidden, 1 not judged" in text
    assert "bad.pkt:5" in text
    assert "CLOSING is never reached" in text
    assert "98 of 99" in text


def test_json_has_every_script_and_cell(written: Path) -> None:
    told = json.loads((written / "json").read_text())
    assert len(told["scripts"]) == 5
    assert len(told["cells"]) == 99
    assert len(told["written"]) == 98
    assert all(Path(path).exists() for path in told["written"])


def test_junit_fails_what_is_forbidden_or_vacuous(written: Path) -> None:
    (suite,) = JUnitXml.fromfile(str(written / "junit"))
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (5, 2, 1, 1)


def test_sarif_has_the_line_of_each_fault(written: Path) -> None:
    (found,) = json.loads((written / "sarif").read_text())["runs"]
    places = [r["locations"][0]["physicalLocation"]["region"] for r in found["results"]]
    assert {"startLine": 5} in places


def test_markdown_has_the_table(written: Path) -> None:
    assert "## Vacuous" in (written / "markdown").read_text()


def test_the_scripts_that_were_written_pass(written: Path) -> None:
    done = run("suite", str(written / "missing"))
    assert done.returncode == 0, done.stdout
    again = run("suite", str(written / "good.pkt"), "--generate", str(written / "missing"))
    assert again.returncode == 2
    assert "exists" in again.stderr


def test_nothing_that_could_be_judged(written: Path) -> None:
    assert run("suite", str(written / "other.pkt")).returncode == 3
    assert run("suite", str(written / "broken.pkt")).returncode == 3
