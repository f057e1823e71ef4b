"""An install without the heavy packages: what works, and what says what it needs."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from checkout import ROOT
from command_line import PACKAGE, assert_one_line, tcpmc
from tcpmc.errors import PACKAGES, missing_package

EXPLICIT = ("--engine", "explicit", "--scope", "small", "--capacity", "1", "--quiet")


@pytest.fixture
def without(tmp_path: Path) -> dict[str, str]:
    """The environment of a process that finds none of the packages that may be left out."""
    for name in PACKAGES:
        code = f"raise ModuleNotFoundError('No module named {name}', name={name!r})\n"
        (tmp_path / f"{name}.py").write_text(code, encoding="utf-8")
    return {"PYTHONPATH": os.pathsep.join([str(tmp_path), PACKAGE]), "TCPMC_CACHE": "off"}


def test_safety_properties_are_decided(without: dict[str, str]) -> None:
    done = tcpmc("check", "graceful-close", "closing", *EXPLICIT, folder=None, **without)
    assert (done.returncode, done.stderr) == (0, "")
    assert "PROVED" in done.stdout and "WITNESS" in done.stdout


@pytest.mark.parametrize(
    ("words", "package"),
    [
        (("check", "close-completes", *EXPLICIT), "scipy"),
        (("check", "closing", "--engine", "z3", "--scope", "small", "--quiet"), "z3-solver"),
        (("prove", "no-deadlock", "--quiet"), "z3-solver"),
        (("trace", "closing", *EXPLICIT, "-o", "svg"), "graphviz"),
        (("check", "closing", *EXPLICIT, "-o", "html"), "jinja2"),
    ],
)
def test_what_needs_more_says_so_in_one_line(
    words: tuple[str, ...], package: str, without: dict[str, str]
) -> None:
    told = f"{package} is not installed, and this needs it: pip install {package}"
    assert_one_line(tcpmc(*words, folder=None, **without), told)


def test_another_module_that_is_missing_is_a_bug() -> None:
    assert missing_package(ModuleNotFoundError(name="tcpmc.nowhere")) == ""
    assert missing_package(ImportError(name="scipy")) == ""


def test_the_page_names_every_dependency() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    names = re.findall(r'"([\w-]+)[^"]*"', project.split("dependencies = [")[1].split("]")[0])
    page = (ROOT / "docs/install.md").read_text(encoding="utf-8")
    assert len(names) > 5
    assert [name for name in names if not re.search(rf"\b{name}\b", page)] == []
