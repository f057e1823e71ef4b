"""Rules of a user's variant that end the process, print, or depend on more than their arguments."""

from pathlib import Path

import pytest

from command_line import RULE, TIGHT, assert_one_line, tcpmc

ENGINES = ("explicit", "z3")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("raise SystemExit(0)", "stack.py:6: in rule close: SystemExit: 0"),
        ("raise GeneratorExit", "stack.py:6: in rule close: GeneratorExit:"),
        (
            "raise type('Bad', (BaseException,), {'__str__': lambda self: 1 / 0})",
            "in rule close: Bad:",
        ),
        (
            "raise type('Stop', (KeyError,), {'__str__': lambda self: 1 / 0})",
            "in rule close: Stop:",
        ),
    ],
)
def test_a_rule_that_ends_the_process_is_named(
    tmp_path: Path, engine: str, body: str, told: str
) -> None:
    (tmp_path / "stack.py").write_text(RULE.format(body=body))
    words = ("--variant", "stack.py", "--scope", "small", "--engine", engine, "--quiet")
    done = tcpmc("check", "no-deadlock", *words, "-o", "junit=out.xml", folder=tmp_path)
    assert_one_line(done, told)
    assert not (tmp_path / "out.xml").exists()


def test_a_rule_that_counts_its_calls_is_not_pure(tmp_path: Path) -> None:
    body = "globals()['n'] = globals().get('n', 0) + 1\n    step = RFC9293.close(host, tcb)\n"
    body += "    return replace(step, rule=f'{step.rule} {n}')"
    (tmp_path / "stack.py").write_text(RULE.format(body=body))
    done = tcpmc("check", "closing", "--variant", "stack.py", *TIGHT, folder=tmp_path)
    assert_one_line(done, "stack.py:5: rule close is not pure")


def test_what_a_rule_prints_does_not_get_into_the_result(tmp_path: Path) -> None:
    body = "print('noise')\n    __import__('os').chdir('/')\n    return RFC9293.close(host, tcb)"
    (tmp_path / "stack.py").write_text(RULE.format(body=body))
    words = (
        "--variant",
        "stack.py",
        *TIGHT,
        "--quiet",
        "-o",
        "json=out/verdicts.json",
        "-o",
        "text",
    )
    (tmp_path / "out").mkdir()
    done = tcpmc("check", "closing", *words, folder=tmp_path)
    assert "noise" not in done.stdout and "noise" in done.stderr
    assert (tmp_path / "out" / "verdicts.json").exists()


@pytest.mark.parametrize("output", ["json=stack.py", "junit=stack.py", "text=stack.py", "stack.py"])
def test_an_output_does_not_replace_a_file_of_another_kind(tmp_path: Path, output: str) -> None:
    source = RULE.format(body="return RFC9293.close(host, tcb)")
    (tmp_path / "stack.py").write_text(source)
    done = tcpmc("check", "closing", "--variant", "stack.py", *TIGHT, "-o", output, folder=tmp_path)
    assert_one_line(done, "stack.py is an input of this command")
    assert (tmp_path / "stack.py").read_text() == source


def test_with_force_it_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("mine")
    done = tcpmc("check", "closing", *TIGHT, "--force", "-o", "json=notes.md", folder=tmp_path)
    assert done.returncode == 0
    assert (tmp_path / "notes.md").read_text().startswith("{")


def test_a_checkpoint_that_cannot_be_saved_is_told_even_with_quiet(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    words = ("--checkpoint", "file/levels", "--quiet", "-o", "text=out.txt")
    done = tcpmc("check", "closing", *TIGHT, *words, folder=tmp_path)
    assert "file/levels" in done.stderr


UNREAD = """if tcb.state == "ESTABLISHED" and tcb.rcv_nxt != tcb.irs + 1:
        return replace(RFC9293.abort(host, tcb), rules=("unread text: RST",))
    return RFC9293.close(host, tcb)"""


def test_a_difference_outside_of_the_scope_is_told_and_fails(tmp_path: Path) -> None:
    """Without text no CLOSE leaves any unread."""
    (tmp_path / "stack.py").write_text(RULE.format(body=UNREAD))
    words = ("--variant", "stack.py", "--expect", "rfc9293", *TIGHT)
    done = tcpmc("check", "closing", *words, folder=tmp_path)
    assert done.returncode == 1
    assert "rules of mine did not differ from the RFC's: close" in done.stderr
    assert "unread text: RST" in done.stdout


def test_a_difference_in_the_scope_is_what_the_verdict_is_about(tmp_path: Path) -> None:
    (tmp_path / "stack.py").write_text(RULE.format(body=UNREAD))
    words = ("--variant", "stack.py", "--expect", "rfc9293", *TIGHT, "--data", "1")
    done = tcpmc("check", "closing", *words, folder=tmp_path)
    assert done.returncode == 0
    assert "did not differ" not in done.stderr


def test_a_rule_that_is_the_rfcs_in_other_words_does_not_fail(tmp_path: Path) -> None:
    (tmp_path / "stack.py").write_text(RULE.format(body="return RFC9293.close(host, tcb)"))
    words = ("--variant", "stack.py", "--expect", "rfc9293", *TIGHT)
    done = tcpmc("check", "closing", *words, folder=tmp_path)
    assert done.returncode == 0
    assert "PROVED for every TCB" in done.stdout
