"""The pytest plugin, as the author of a stack uses it, on the demonstration repository."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from checkout import TESTS
from command_line import environment, tcpmc

DEMO = TESTS / "demo"


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DEMO, tmp_path / "demo"))


def pytested(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--color=no", *words],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=folder,
        env=environment(),
        check=False,
    )


def one(demo: Path, body: str, *words: str) -> subprocess.CompletedProcess[str]:
    """The run of one test file with this body."""
    text = f"import pytest\nTIGHT = dict(scope='small', capacity=1, engine='explicit')\n{body}\n"
    (demo / "test_one.py").write_text(text, encoding="utf-8")
    return pytested(demo, "test_one.py", *words)


def assert_shown_again(done: subprocess.CompletedProcess[str], demo: Path) -> None:
    """The command that is shown shows the trace again."""
    (command,) = re.findall("^Again: tcpmc (.*)$", done.stdout, re.M)
    again = tcpmc(*shlex.split(command), folder=demo)
    assert again.returncode == 0
    for line in again.stdout.splitlines()[1:]:
        assert line in done.stdout


def test_a_broken_stack_fails_with_the_trace_and_no_python(demo: Path) -> None:
    done = pytested(demo)
    assert done.returncode == 1
    assert "= 1 failed, 3 passed in " in done.stdout
    told = done.stdout.partition("= FAILURES =")[2]
    assert "REFUTED graceful-close on demo-stack: shortest trace, 14 steps (expected PR" in told
    assert "stack.c: FIN in" in told and "-X lost" in told
    assert "Traceback" not in done.stdout
    assert not re.search(r"(checks|model)/\w+\.py", done.stdout)
    assert not [line for line in told.splitlines() if line.startswith(("E ", ">"))]
    assert_shown_again(done, demo)


def test_one_property_is_chosen_by_name(demo: Path) -> None:
    done = pytested(demo, "-k", "established or synchronized", "-v")
    assert done.returncode == 0
    assert "test_stack.py::test_stack[established-stack] PASSED" in done.stdout
    assert "1 passed, 3 deselected" in done.stdout


@pytest.mark.exhaustive
def test_it_works_in_parallel(demo: Path) -> None:
    done = pytested(demo, "-n", "2")
    assert done.returncode == 1
    assert "1 failed, 3 passed in " in done.stdout
    assert "stack.c: FIN in" in done.stdout


def test_the_verdict_is_returned_and_another_can_be_expected(demo: Path) -> None:
    body = """
def test_known_deviation(tcpmc_check):
    verdict = tcpmc_check("graceful-close", variant="stack.py", verdict="REFUTED", **TIGHT)
    assert verdict.word == "REFUTED" and len(verdict.trace) == 14
@pytest.mark.tcpmc("closing", variant="freertos-1303", **TIGHT)
class TestMarkedClass:
    def test_body_runs_too(self): self.ran = True
@pytest.mark.tcpmc("closing", **TIGHT)
@pytest.mark.parametrize("number", [1, 2])
def test_parametrized(number): assert number
"""
    done = one(demo, body)
    assert "= 4 passed in " in done.stdout


@pytest.mark.exhaustive
def test_the_explicit_engine_is_asked_and_both_by_auto(demo: Path) -> None:
    body = """
def test_engines(tcpmc_check):
    asked = dict(scope="small", capacity=1)
    assert [*tcpmc_check("established", **asked).answers] == ["explicit"]
    assert [*tcpmc_check("established", engine="auto", **asked).answers] == ["explicit", "z3"]
"""
    assert one(demo, body).returncode == 0


def test_what_is_asked_of_the_same_states_is_decided_once(demo: Path) -> None:
    body = """
import importlib
module = importlib.import_module("tcpmc.checks.running.run")
runs, true = [], module.run
module.run = lambda jobs, *rest: runs.append(len(jobs)) or true(jobs, *rest)
@pytest.mark.tcpmc("closing", "established", scope="small", capacity=1)
def test_two(): ...
@pytest.mark.tcpmc("synchronized", scope="small", capacity=1)
class TestThird:
    def test_it(self): assert runs == [3]
"""
    assert "= 3 passed in " in one(demo, body).stdout


WRONG = {
    "'clsing'": "tcpmc: unknown property 'clsing'; nearest: closing",
    "'closing', variant='no.py'": "tcpmc: no.py: No such file or directory",
    "'closing', scope='smal'": "tcpmc: unknown scope 'smal'; nearest: small",
    "'closing', capacity=0": "tcpmc: impossible bounds: capacity=0: choose 1 to 8",
    "'closing', colour=1": "tcpmc: unknown bound 'colour'; one of aborts, ",
    "'closing', verdict='FINE'": "tcpmc: verdict='FINE': one of PROVED, ",
    "'closing', expect='PROVED'": "tcpmc: expect='PROVED': expect is a variant, as --expect",
    "'closing', expect='rfc929'": "tcpmc: unknown variant 'rfc929'; nearest: rfc9293",
    "'closing', engine='spin'": "tcpmc: unknown engine 'spin'; one of auto, explicit, z3",
}


def test_wrong_input_fails_with_one_line(demo: Path) -> None:
    tests = (f"@pytest.mark.tcpmc({call})\ndef test_{i}(): ..." for i, call in enumerate(WRONG))
    done = one(demo, "\n".join(tests))
    assert done.returncode == 1
    failures = re.findall(r"^_+ test_.*_+\n(.*)\n(?=_|=)", done.stdout, re.M)
    for failure, told in zip(failures, WRONG.values(), strict=True):
        assert failure.startswith(told)


def test_what_is_wrong_with_one_property_of_a_marker_is_not_said_of_another(demo: Path) -> None:
    done = one(
        demo, "@pytest.mark.tcpmc('closing', 'lemma-closed-forgets', **TIGHT)\ndef test_it(): ..."
    )
    assert "= 1 failed, 1 passed in " in done.stdout
    assert "tcpmc: lemma-closed-forgets is not decided by --engine explicit" in done.stdout


def test_a_marker_without_a_property_is_an_error(demo: Path) -> None:
    done = one(demo, "@pytest.mark.tcpmc\ndef test_it(): ...")
    assert done.returncode == 2
    assert "test_one.py::test_it: the marker tcpmc names no property" in done.stdout


def test_a_question_that_is_not_settled_in_time_fails(demo: Path) -> None:
    done = one(demo, "def test_it(tcpmc_check): tcpmc_check('synchronized', timeout=0.1)")
    assert done.returncode == 1
    assert "INCONCLUSIVE synchronized on rfc9293: timeout of 0.1 s" in done.stdout


def test_starting_pytest_loads_no_engine() -> None:
    code = """
import sys, tcpmc.pytest_plugin
print(sorted(name for name in sys.modules if name.startswith("tcpmc")))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=environment(),
        check=True,
    )
    assert done.stdout == "['tcpmc', 'tcpmc.pytest_plugin']\n"


def test_without_pytest_nothing_else_misses_it() -> None:
    code = """
import sys
sys.modules["pytest"] = None
sys.argv = ["tcpmc", "check", "closing", "--scope", "small", "--capacity", "1",
            "--engine", "explicit", "-o", "junit"]
from tcpmc.cli.main import main
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
    )
    assert done.returncode == 0
    assert 'testcase name="closing"' in done.stdout
