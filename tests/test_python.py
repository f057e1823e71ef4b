"""tcpmc from Python: what it offers, what it gives, and that the pages about it are true."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

import tcpmc
from checkout import ROOT
from tcpmc.model import Profile, Rules

TIGHT: dict[str, Any] = {"scope": "small", "capacity": 1, "engine": "explicit"}
HEAVY = ["networkx", "numpy", "scipy", "z3", "jinja2", "msgspec", "graphviz", "pygraphviz", "click"]


def python(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What a script prints."""
    script = folder / "script.py"
    script.write_text(code, encoding="utf-8")
    return subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=300, check=False
    )


@pytest.mark.parametrize("page", ["docs/python.md", "docs/explorer.md"])
def test_every_example_of_the_page_does_what_it_shows(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    monkeypatch.chdir(tmp_path)
    text = re.sub("^```.*$", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.M)
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    test = doctest.DocTestParser().get_doctest(text, {}, page, page, 0)
    told: list[str] = []
    failed, tried = doctest.DocTestRunner(optionflags=options).run(test, out=told.append)
    assert tried > 5
    assert not failed, "".join(told)


def test_importing_it_imports_nothing_heavy(tmp_path: Path) -> None:
    done = python(
        f"import sys, tcpmc\nprint({{*{HEAVY}}} & {{*sys.modules}}, dir(tcpmc))", tmp_path
    )
    assert done.stdout.startswith("set() [")
    assert "'check'" in done.stdout


def test_each_name_that_it_offers_is_there() -> None:
    for name in tcpmc.__all__:
        assert getattr(tcpmc, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'chekc'"):
        tcpmc.chekc  # noqa: B018


def test_a_script_without_a_main_guard_is_not_run_again_in_our_processes(tmp_path: Path) -> None:
    code = """
from tcpmc.checks.running.parallel import side_by_side
print("once", *side_by_side(len, ["ab"], 1))
"""
    done = python(code, tmp_path)
    assert (done.stdout, done.stderr) == ("once ('ab', 2)\n", "")


def test_one_name_gives_a_result_and_several_a_list_in_catalogue_order() -> None:
    one = tcpmc.check("closing", **TIGHT)
    assert isinstance(one, tcpmc.Result) and one.verdict == "WITNESS" and one.as_expected
    two = tcpmc.check(["no-deadlock", "closing"], **TIGHT)
    assert [result.prop.name for result in two] == ["closing", "no-deadlock"]
    assert two[0].trace == one.trace and two[1].trace is None


def test_a_result_shows_itself_in_a_notebook_with_its_trace() -> None:
    shown = tcpmc.check("closing", **TIGHT)._repr_html_()
    assert shown.startswith("<div><b>WITNESS closing on rfc9293: ")
    picture = ET.fromstring(shown[shown.index("<svg") :])
    assert any("CLOSING" in (element.text or "") for element in picture.iter())


def test_a_variant_made_on_the_spot_is_guarded() -> None:
    def broken(host: object, tcb: object) -> object:
        raise RuntimeError("not today")

    mine = tcpmc.Variant("mine", rules=Rules(close=broken))  # type: ignore[arg-type]
    with pytest.raises(tcpmc.BadInput, match=r"test_python.py:\d+: in rule close: .*not today"):
        tcpmc.check("no-deadlock", variant=mine, **TIGHT)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"properties": "closin"}, "unknown property 'closin'; nearest: closing"),
        ({"variant": "linus"}, "unknown variant 'linus'; nearest: linux"),
        ({"scope": "smal"}, "unknown scope 'smal'; nearest: small"),
        ({"engine": "z4"}, "unknown engine 'z4'"),
        ({"capacity": 99}, "impossible bounds: capacity=99"),
        ({"capacities": 1}, "unknown bound 'capacities'"),
        ({"properties": 7}, "a property is a name or a Property, not a int"),
        (
            {"variant": tcpmc.Variant("linux", profile=Profile(window=7))},
            "the name 'linux' is taken",
        ),
        ({"variant": tcpmc.Variant("own"), "engine": "z3"}, "closing on own is not decided here"),
    ],
)
def test_what_cannot_be_asked_is_told_in_one_line(asked: dict[str, Any], told: str) -> None:
    with pytest.raises(tcpmc.Error) as error:
        tcpmc.check(**{"properties": ["closing"], **asked})
    assert told in str(error.value) and "\n" not in str(error.value)


def test_states_are_numbered_by_how_far_they_are() -> None:
    space = tcpmc.explore(scope="small", capacity=1)
    last = space.path_to(len(space) - 1)
    assert last is not None and len(last) == space.depth
    assert last.states[-1] == list(space.level(space.depth))[-1]
    closing = space.path_to(lambda system: system.ends[0].state == "CLOSING")
    assert closing is not None and len(closing) == 9
    assert space.path_to(lambda system: False) is None
    with pytest.raises(tcpmc.BadInput, match="are numbered 0 to"):
        space.path_to(len(space))


def test_ctrl_c_ends_an_exploration(monkeypatch: pytest.MonkeyPatch) -> None:
    import signal

    from tcpmc.checks.explicit.tabulate import TabulatedModel

    made = TabulatedModel.system

    def interrupting(table: TabulatedModel, key: int) -> object:
        os.kill(os.getpid(), signal.SIGINT)
        return made(table, key)

    monkeypatch.setattr(
        "tcpmc.api.watcher", lambda *_: lambda graph: interrupting(graph.machine, 0)
    )
    with pytest.raises(KeyboardInterrupt):
        tcpmc.explore(scope="small", capacity=1)
