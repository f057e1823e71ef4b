"""`threshold --all` and `verify --all`: the catalogue of proofs, shared out over processes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tcpmc.checks.certificates import proving
from tcpmc.checks.certificates.proving import ProofRequest, Proved, rows, safety, theorems
from tcpmc.checks.running.parallel import ProcessFailure, side_by_side
from tcpmc.checks.verdict import EXIT_INCONCLUSIVE
from tcpmc.cli.main import cli


def tcpmc(*arguments: str) -> Result:
    return CliRunner().invoke(cli, [*arguments, "--quiet"], standalone_mode=False)


def half(number: int) -> int:
    if number % 2:
        raise ValueError(f"{number} is odd")
    return number // 2


def vanish(number: int) -> int:
    os._exit(number)


# --- processes ------------------------------------------------------------------------------------


def test_each_task_has_its_result() -> None:
    assert dict(side_by_side(half, [2, 8, 4], 2)) == {2: 1, 8: 4, 4: 2}


def test_what_a_task_raises_is_raised() -> None:
    with pytest.raises(ValueError, match="3 is odd") as raised:
        list(side_by_side(half, [3], 1))
    assert "in half" in raised.value.__notes__[0]


def test_a_process_that_ends_without_a_word_is_a_failure() -> None:
    with pytest.raises(ProcessFailure, match="exit code 7"):
        list(side_by_side(vanish, [7], 1))


# --- rows -----------------------------------------------------------------------------------------


def test_the_rows_are_in_the_order_asked() -> None:
    names = ("user-timeout-notices-never", "old-segments-for-ever", "peer-done-for-ever")
    told, done = list[str](), list[str]()
    asked = [ProofRequest((name,), "rfc9293") for name in names]
    found = rows(asked, 2, lambda row: done.append(row.name), told.append)
    assert found.whole and [line[:6] for line in told] == ["1 of 3", "2 of 3", "3 of 3"]
    assert sorted(done) == sorted(names)
    assert tuple(row.name for row in found.rows) == names
    answers = {(row.word, row.where, row.as_expected) for row in found.rows}
    assert answers == {("REFUTED", "never", True)}


def test_ctrl_c_leaves_the_rows_that_are_done() -> None:
    def stop(row: Proved) -> None:
        raise KeyboardInterrupt

    asked = [ProofRequest((name,), "rfc9293") for name in ("peer-done-for-ever", "old-segments")]
    found = rows(asked, 2, stop)
    assert [row.name for row in found.rows] == ["peer-done-for-ever"] and not found.whole
    assert found.code == EXIT_INCONCLUSIVE and "interrupted" in found.ending


def test_the_catalogue_of_proofs_is_that_of_rfc9293() -> None:
    assert ("old-segments",) in list(theorems("rfc9293"))
    assert list(theorems("no-restart")) == [("old-segments",)]
    assert {"graceful-close", "lemma-numbers-advance"} <= set(safety())
    assert not {"closing", "close-completes", "2msl-sufficient"} & set(safety())


# --- commands -------------------------------------------------------------------------------------


def test_threshold_all_prints_a_line_for_each_theorem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proving, "theorems", lambda variant: [("fin-wait-2-lasts-for-ever",)])
    done = tcpmc("threshold", "--all")
    assert done.return_value == 0
    assert done.stdout.splitlines()[1].startswith("  REFUTED      fin-wait-2-lasts-for-ever ")
    assert done.stdout.endswith(" s  never\n")


@pytest.mark.exhaustive
def test_verify_all_prints_a_line_for_each_and_writes_certificates(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("cvc5")
    monkeypatch.setattr(proving, "theorems", lambda variant: [("peer-done",)])
    monkeypatch.setattr(proving, "safety", lambda: ("time-wait-not-assassinated", "no-deadlock"))
    done = tcpmc("verify", "--all", "--certificates", str(tmp_path))
    assert done.return_value == 0
    assert "T > MSL\n" in done.stdout and "no proof to check\n" in done.stdout
    assert done.stdout.endswith("2 of 2 certificates accepted.\n")
    files = sorted(map(str, tmp_path.iterdir()))
    assert [Path(file).name for file in files] == ["no-deadlock.smt2", "peer-done.smt2"]
    again = tcpmc("verify", *files, "--solver", "cvc5")
    assert again.return_value == 0 and again.stdout.count("accepted") == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("threshold", "--all", "peer-done"),
        ("threshold", "--all", "--assume", "T = 60"),
        ("verify", "--all", "file.smt2"),
        ("verify",),
    ],
)
def test_what_does_not_go_with_all_is_refused(arguments: tuple[str, ...]) -> None:
    error = tcpmc(*arguments).exception
    assert error is not None and "all" in str(error)
