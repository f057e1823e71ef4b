"""The command as a user runs it: what goes where, exit codes, and wrong input."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from command_line import RULE, TIGHT, assert_one_line, environment, tcpmc
from golden_files import assert_golden
from tcpmc.cli.main import _unraisable

# -- what a user asks for ---------------------------------------------------------------------


def test_version_and_help() -> None:
    assert tcpmc("--version").stdout.startswith("tcpmc, version ")
    told = tcpmc("--help").stdout
    for words in ("tcpmc check closing --variant freertos-1303", "_TCPMC_COMPLETE", "Exit codes"):
        assert words in told
    told = tcpmc("check", "--help").stdout
    assert "(tcpmc audit):\n    tcpmc check --variant my_stack.py" in told
    assert "\\b" not in told and "\b" not in told


def test_check_prints_the_verdicts_and_nothing_on_stderr() -> None:
    done = tcpmc("check", "closing", "closing-both", "--variant", "freertos-1303", *TIGHT)
    assert done.returncode == 0
    assert "UNREACHABLE    on freertos-1303" in done.stdout
    assert done.stderr == ""


def test_check_with_names_shows_the_traces() -> None:
    done = tcpmc("check", "graceful-close", "--variant", "no-time-wait", *TIGHT)
    assert done.returncode == 0
    assert "REFUTED  graceful-close on no-time-wait" in done.stdout
    assert "-X lost" in done.stdout
    assert 'user told "error: connection reset"' in " ".join(done.stdout.split())
    assert "\x1b" not in done.stdout


def test_the_verdicts_of_another_variant_can_be_expected(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(RULE.format(body="return RFC9293.open_passive(host, tcb)"))
    words = ("check", "closing", "synchronized", "--variant", "./mine.py", *TIGHT)
    assert tcpmc(*words, folder=tmp_path).returncode == 0
    done = tcpmc(*words, "--expect", "rfc9293", folder=tmp_path)
    assert done.returncode == 1
    assert "(expected WITNESS)" in " ".join(done.stdout.split())
    assert "1 of 2 verdicts as expected." in done.stdout


@pytest.mark.exhaustive
def test_check_without_names_decides_the_catalogue_and_says_what_it_leaves_out() -> None:
    assert "Can an end come to CLOSING?" in tcpmc("check", *TIGHT).stdout
    done = tcpmc("check", "--table", *TIGHT)
    assert "closing-only-simultaneous" in done.stdout
    assert "on no-time-wait-silent" in done.stdout
    assert "tcpmc trace NAME" in done.stdout
    assert "properties are left out" in done.stderr


def test_the_columns_of_the_screen_are_respected() -> None:
    done = tcpmc("check", "established", "synchronized", *TIGHT, COLUMNS="60")
    assert max(map(len, done.stdout.splitlines())) <= 60


def test_trace_goes_to_the_variant_where_there_is_one() -> None:
    done = tcpmc("trace", "no-phantom-connection", "--scope", "small", "--capacity", "1")
    assert done.returncode == 0
    assert_golden("trace-no-phantom-connection.txt", done.stdout)
    command = done.stdout.splitlines()[-1].removeprefix("Again: tcpmc ")
    assert tcpmc(*command.split()).stdout == done.stdout


def test_trace_of_what_has_none() -> None:
    words = ("trace", "graceful-close", "--variant", "rfc9293", "--scope", "small", "--capacity")
    done = tcpmc(*words, "1")
    assert done.returncode == 5
    assert done.stdout == ""
    assert "PROVED graceful-close on rfc9293: there is no trace" in done.stderr


def test_list_prints_every_scope_with_its_numbers() -> None:
    done = tcpmc("list", "scopes")
    for scope in ("small", "default", "large"):
        assert f"  {scope}\n" in done.stdout
    assert "2 in flight each way" in done.stdout
    assert tcpmc("list").stdout.count("\n  rfc9293\n") == 1


def test_json_to_a_file_which_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "verdicts.json"
    path.touch(mode=0o640)
    done = tcpmc("check", "closing", *TIGHT, "--format", "json", "-o", str(path))
    assert done.returncode == 0
    assert done.stdout == ""
    assert done.stderr == "tcpmc: 1 of 1 verdicts as expected.\n"
    assert json.loads(path.read_text())["results"][0]["property"] == "closing"
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_coverage_names_what_was_reached_and_what_was_not() -> None:
    done = tcpmc("check", "close-completes", *TIGHT, "--coverage")
    reached, _, missed = done.stdout.partition("Rules not reached")
    assert "  3.10.7.4 eighth: FIN, CLOSING\n" in reached
    assert "  RFC 1337 F1: RST in TIME-WAIT ignored\n" in missed


def test_a_bound_that_the_property_sets_itself_is_said_to_have_no_effect() -> None:
    done = tcpmc("check", "2msl-tight", *TIGHT, "--time-wait", "7", "--no-clock")
    assert done.returncode == 0
    assert "tcpmc: note: --time-wait 7 does not apply to 2msl-tight" in done.stderr
    assert "tcpmc: note: --no-clock does not apply to 2msl-tight" in done.stderr


@pytest.mark.exhaustive
def test_both_engines_answer_side_by_side() -> None:
    pytest.importorskip("tcpmc.checks.smt.smt_engine")
    names = ("established", "synchronized", "lemma-closed-forgets")
    done = tcpmc("check", *names, "--scope", "small", "--capacity", "1", "--format", "json")
    assert done.returncode == 0
    established, synchronized, lemma = json.loads(done.stdout)["results"]
    assert [*established["engines"]] == ["explicit"], "its trace was replayed"
    assert [*synchronized["engines"]] == ["explicit", "z3"]
    assert [*lemma["engines"]] == ["z3"]


@pytest.mark.exhaustive
def test_every_engine_is_asked_of_what_has_a_trace_if_that_is_wanted() -> None:
    done = tcpmc("check", "established", *TIGHT[:-2], "--engine", "all", "--format", "json")
    (established,) = json.loads(done.stdout)["results"]
    assert [*established["engines"]][:2] == ["explicit", "z3"]


def test_every_bound_can_be_set() -> None:
    bounds = (
        "--bits 8 --channel bag --capacity 1 --loss none --no-duplication --reordering --data 0 "
        "--opens 1 --crashes 1 --aborts --retransmissions forever --start established --clock "
        "--msl 1 --time-wait 3 --rto 2"
    )
    done = tcpmc("check", "closing", "--engine", "explicit", *bounds.split(), "--format", "json")
    scope = json.loads(done.stdout)["results"][0]["scope"]
    assert scope["bits"] == 8 and scope["capacity"] == 1 and scope["loss"] == "none"
    assert scope["crashes"] == 1 and scope["aborts"] and not scope["duplication"]
    assert scope["clock"] and (scope["msl"], scope["time_wait"], scope["rto"]) == (1, 3, 2)


def test_no_reordering_is_a_fifo() -> None:
    done = tcpmc("check", "closing", *TIGHT, "--no-reordering", "--format", "json")
    assert json.loads(done.stdout)["results"][0]["scope"]["channel"] == "fifo"


def test_gallery_prints_the_bug_what_catches_it_and_the_command(tmp_path: Path) -> None:
    done = tcpmc("gallery", "freertos-1303", "rfc793-close-wait", "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    assert "  UNREACHABLE      -  freertos-1303\n" in done.stdout
    assert "  REFUTED          7  rfc793-close-wait\n" in done.stdout
    assert "REFUTED  closing-only-simultaneous on rfc793-close-wait" in done.stdout
    path = tmp_path / "gallery.json"
    done = tcpmc("gallery", "freertos-1303", "--format", "json", "-o", str(path))
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.endswith("tcpmc: 1 of 1 bugs caught.\n")
    assert json.loads(path.read_text())["bugs"][0]["stack"] == "FreeRTOS+TCP"


def test_the_command_of_a_row_shows_the_bug() -> None:
    row = json.loads(tcpmc("gallery", "zephyr-728", "--format", "json", "--quiet").stdout)["bugs"][
        0
    ]
    done = tcpmc(*row["command"].split()[1:], "--quiet")
    assert done.returncode == 0
    assert "REFUTED  graceful-close on zephyr-728  (as expected, " in done.stdout


def test_compare_says_what_a_limit_kept_open() -> None:
    done = tcpmc("compare", "rfc9293", "rfc1337", "--timeout", "0.5", "--quiet")
    assert done.returncode == 3
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("module", "said"), [("z3.z3", False), ("tcpmc.model", True)])
def test_only_what_z3_left_half_made_is_deleted_in_silence(
    module: str, said: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class HalfMade:
        def __del__(self) -> None:
            raise AttributeError("ctx")

    monkeypatch.setattr(HalfMade.__del__, "__module__", module)
    monkeypatch.setattr(sys, "unraisablehook", _unraisable)
    HalfMade()
    assert ("HalfMade" in capsys.readouterr().err) == said


def test_compare_a_variant_with_itself() -> None:
    done = tcpmc("compare", "rfc9293", "rfc9293")
    assert done.returncode == 0
    assert "Nothing differs: this is rfc9293 twice." in done.stdout


def test_names_are_completed() -> None:
    done = tcpmc(_TCPMC_COMPLETE="bash_complete", COMP_WORDS="tcpmc check clos", COMP_CWORD="2")
    assert "plain,closing\n" in done.stdout
    done = tcpmc(_TCPMC_COMPLETE="bash_complete", COMP_WORDS="tcpmc gallery smol", COMP_CWORD="2")
    assert "plain,smoltcp-470\n" in done.stdout
    words = "tcpmc compare rfc9293 rfc1"
    done = tcpmc(_TCPMC_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD="3")
    assert "plain,rfc1337\n" in done.stdout


def test_a_reader_who_leaves_is_no_error() -> None:
    shell = f'"{sys.executable}" -m tcpmc list | head -1; exit ${{PIPESTATUS[0]}}'
    done = subprocess.run(
        ["bash", "-c", shell], capture_output=True, text=True, env=environment(), check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "PROPERTIES\n", "")


def test_pictures(tmp_path: Path) -> None:
    tight = ("--scope", "small", "--capacity", "1")
    assert tcpmc("diagram", "endpoint").stdout.startswith("digraph")
    assert tcpmc("diagram", "product", "closing", *tight).stdout.startswith("digraph")
    done = tcpmc("diagram", "trace", "closing", *tight, "-o", "closing.svg", folder=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert "<svg" in (tmp_path / "closing.svg").read_text(encoding="utf-8")


# -- limits -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "reason"),
    [
        (("--max-states", "1000"), "limit of 1,000 states"),
        (("--timeout", "0.01"), "timeout of 0.01 s"),
        (("--max-memory", "0.001"), "memory limit of 0.001 GB"),
    ],
)
def test_a_limit_ends_the_run_as_inconclusive(limit: tuple[str, str], reason: str) -> None:
    done = tcpmc("check", "graceful-close", "--engine", "explicit", *limit)
    assert done.returncode == 3
    assert reason in " ".join(done.stdout.split())
    assert "INCONCLUSIVE" in done.stdout
    assert "choose a smaller scope" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
def test_ctrl_c_prints_what_is_known_so_far() -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "tcpmc", "check", "closing", "close-completes", "--engine"]
        + ["explicit", "--scope", "large", "--capacity", "3"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    assert running.stderr is not None
    levels = (re.search(r"level (\d+), .*/s\), frontier ", line) for line in running.stderr)
    assert any(found is not None and int(found[1]) >= 8 for found in levels)
    running.send_signal(signal.SIGINT)
    started = time.monotonic()
    out, err = running.communicate(timeout=60)
    assert running.returncode == 3
    assert time.monotonic() - started < 20
    assert "WITNESS      closing" in out
    assert "INCONCLUSIVE close-completes" in out
    assert "The run ended early: interrupted." in out
    assert "Traceback" not in err


# -- wrong input ------------------------------------------------------------------------------


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("check clsing", "unknown property 'clsing'; nearest: closing"),
        ("trace clsing", "nearest: closing"),
        ("check closing --variant no-time-wat", "nearest: no-time-wait"),
        ("check closing --scope smal", "nearest: small"),
        ("check closing --bits 3", "impossible bounds: bits=3: choose 5 to 32"),
        ("check closing --capacity 0", "capacity=0: choose 1 to 8"),
        ("check closing --data x", "'x' is not a valid integer"),
        ("check closing --loss some", "loss=some: choose one of any, not-acks, none, or a segment"),
        ("check closing --retransmissions often", "neither a number nor 'forever'"),
        ("check closing --no-reordering --channel bag", "contradicts --channel bag"),
        ("check closing --reordering --channel fifo", "contradicts --channel fifo"),
        ("check closing --channel sent-set --loss none", "leave them on"),
        ("check closing --bits 5 --opens 3", "live numbers must stay within half"),
        ("check closing --engine all -o /no/such/folder/x", "cannot write /no/such/folder/x: No"),
        ("check closing -o .", "cannot write .: Is a directory"),
        ("check lemma-closed-forgets --engine explicit", "use z3"),
        ("check close-completes --engine z3", "use explicit"),
        ("check closing --expect rfc929", "nearest: rfc9293"),
        ("check --coverage --engine z3", "omit --engine z3"),
        ("check closing --timeout 0", "not in the range"),
        ("check --nonsense", "No such option"),
        ("chek", "No such command"),
        ("list things", "is not one of"),
        ("diagram endpoint --variant rfc929", "nearest: rfc9293"),
        (
            "diagram endpoint -o states.gif",
            "states.gif: choose -o FORMAT=FILE, with one of dot, pdf, png, svg",
        ),
        ("diagram product --raw --scope small --capacity 1", "draw it grouped by the two states"),
        ("check closing --variant ./nowhere.py", "./nowhere.py: No such file or directory"),
        ("gallery smoltcp-47", "unknown bug 'smoltcp-47'; nearest: smoltcp-470"),
        ("compare rfc9293 freertos", "unknown variant 'freertos'; nearest: freertos-1303"),
        ("compare ./nowhere.py rfc9293", "./nowhere.py: No such file or directory"),
        ("compare rfc9293", "Missing argument 'B'"),
    ],
)
def test_wrong_input_is_one_line_and_exit_2(words: str, told: str, tmp_path: Path) -> None:
    assert_one_line(tcpmc(*words.split(), folder=tmp_path), told)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("variant = (\n", "./mine.py:1: syntax error"),
        ("x = 1 / 0\n", "./mine.py:1: ZeroDivisionError"),
        ("x = 1\n", "./mine.py: defines no `variant`"),
        ("variant = 3\n", "./mine.py:1: `variant` is a int, not a Variant"),
        (RULE.format(body="return None"), "./mine.py:5: rule close returns a NoneType, not a Step"),
        (RULE.format(body="return 1 / 0"), "./mine.py:6: in rule close: ZeroDivisionError"),
    ],
)
def test_a_wrong_variant_file_is_one_line_and_exit_2(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(text)
    done = tcpmc("check", "closing", "--variant", "./mine.py", *TIGHT, folder=tmp_path)
    assert_one_line(done, told)


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 0)() == 0, reason="root may write anywhere")
def test_a_file_that_may_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "closed").touch(mode=0o400)
    done = tcpmc("check", "closing", *TIGHT, "-o", "closed", folder=tmp_path)
    assert_one_line(done, "cannot write closed: Permission denied")
