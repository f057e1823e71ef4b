"""[tool.tcpmc] of a stack's pyproject.toml: what `tcpmc check` is asked there without options."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from command_line import assert_one_line, tcpmc

TABLE = """
[tool.tcpmc]
variant = "stack.py"
scope = "small"
properties = ["clos*", "graceful-close"]
expectations = {{ graceful-close = "{word}" }}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    (tmp_path / "stack.py").write_text(
        "from tcpmc.model import RFC9293, Variant\nvariant = Variant('mine', rules=RFC9293)\n"
    )
    return tmp_path


def verdicts(folder: Path, *words: str) -> tuple[int, dict[tuple[str, str], object]]:
    done = tcpmc("check", *words, "--engine", "explicit", "--format", "json", folder=folder)
    rows = json.loads(done.stdout)["results"]
    return done.returncode, {(row["property"], row["variant"]): row["expected"] for row in rows}


def test_what_the_table_says_is_asked(project: Path) -> None:
    (project / "pyproject.toml").write_text(TABLE.format(word="PROVED"))
    code, expected = verdicts(project / "sub")
    assert code == 0
    assert expected["graceful-close", "mine"] == "PROVED"
    assert {prop for prop, _ in expected} > {"closing", "graceful-close"}
    assert all(prop.startswith("clos") or prop == "graceful-close" for prop, _ in expected)


def test_an_expectation_that_is_not_met_fails(project: Path) -> None:
    (project / "pyproject.toml").write_text(TABLE.format(word="REFUTED"))
    assert verdicts(project, "graceful-close") == (1, {("graceful-close", "mine"): "REFUTED"})


def test_the_command_line_comes_first(project: Path) -> None:
    (project / "pyproject.toml").write_text(TABLE.format(word="REFUTED"))
    asked = ("graceful-close", "--variant", "rfc9293", "--scope", "small")
    assert verdicts(project, *asked) == (0, {("graceful-close", "rfc9293"): "PROVED"})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[tool.tcpmc]\nvariants = 'a.py'", "unknown field `variants`"),
        ("[tool.tcpmc]\nvariant = 3", "Expected `str | array`"),
        ("[tool.tcpmc]\nexpectations = { closing = 'TRUE' }", "Invalid enum value 'TRUE'"),
        ("[tool.tcpmc]\nexpectations = { closin = 'WITNESS' }", "nearest: closing"),
        ("[tool.tcpmc]\nproperties = ['zz*']", "no property matches 'zz*'"),
        ("[tool.tcpmc", "invalid TOML"),
        ("tool = 3", "invalid TOML"),
        ("\x00", "invalid TOML"),
    ],
)
def test_a_table_that_says_nothing_sensible(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert_one_line(tcpmc("check", "--quiet", folder=tmp_path), told)


def test_a_pyproject_without_the_table_is_of_no_interest(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'other'\n")
    code, expected = verdicts(tmp_path, "closing", "--scope", "small")
    assert (code, [*expected]) == (0, [("closing", "rfc9293")])
