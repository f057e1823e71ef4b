"""No command replaces a file that it reads, or one that is not of the kind that it writes."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from tcpmc.cli.main import cli
from tcpmc.errors import BadInput

VARIANT = "from tcpmc.model import Variant\nvariant = Variant('mine')\n"
READING = [
    "check closing --variant {} -o json={}",
    "trace closing --variant {} -o svg={}",
    "audit {} -o sarif={}",
    "compare rfc9293 {} -o json={}",
    "explain CLOSED --variant {} -o json={}",
    "diagram endpoint --variant {} -o svg={}",
    "diagram trace closing --variant {} -o dot={}",
    "diagram threshold old-segments --variant {} -o {}",
    "diagram run {} -o svg={}",
    "prove graceful-close --variant {} --certificate {}",
    "threshold old-segments --variant {} -o smt2={}",
    "verify {} -o text={}",
    "claims --file {} -o markdown={}",
    "conform {} -o json={}",
]


@pytest.mark.parametrize("words", READING)
@pytest.mark.parametrize("force", [(), ("--force",)], ids=["", "force"])
def test_an_output_that_is_an_input_is_refused(
    words: str, force: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    mine, link = Path("mine.py"), Path("link.svg")
    mine.write_text(VARIANT)
    link.symlink_to(mine)
    answer = CliRunner().invoke(cli, [*words.format("mine.py", link).split(), *force])
    assert isinstance(answer.exception, (BadInput, SystemExit)), answer.output
    assert mine.read_text() == VARIANT
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.svg", "mine.py"]


@pytest.mark.parametrize("name", ["Makefile", "notes.txt", "stack.py", ".bashrc"])
def test_a_file_without_the_ending_is_kept(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_text("mine")
    answer = CliRunner().invoke(cli, ["explain", "CLOSED", "-o", f"json={name}"])
    assert "choose another name, or --force" in str(answer.exception)
    assert Path(name).read_text() == "mine"


@pytest.mark.parametrize(
    "words",
    [
        "explain CLOSED -o json=notes.md",
        "diagram endpoint -o svg=notes.md",
        "gallery smoltcp-470 -o json=notes.md",
        "claims C33 -o json=notes.md",
        "verify nothing.smt2 -o notes.md",
    ],
)
def test_a_file_of_another_kind_is_kept(
    words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("notes.md").write_text("mine")
    answer = CliRunner().invoke(cli, words.split())
    assert "choose another name, or --force" in str(answer.exception)
    assert Path("notes.md").read_text() == "mine"


def test_a_picture_in_several_formats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    words = "diagram endpoint -o svg=k.svg -o j.dot -o dot"
    answer = CliRunner().invoke(cli, words.split())
    assert answer.exit_code == 0, answer.exception
    assert answer.stdout == Path("j.dot").read_text()
    assert Path("k.svg").read_bytes().startswith(b"<?xml")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["j.dot", "k.svg"]
    Path("k.svg").write_text("old")
    assert CliRunner().invoke(cli, words.split()).exit_code == 0
    assert Path("k.svg").read_bytes().startswith(b"<?xml")
