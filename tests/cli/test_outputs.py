"""What `check` and `trace` write for `-o`, `--traces` and `--expect`, as a user runs them."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from checkout import TESTS
from command_line import RULE, TIGHT, assert_one_line, tcpmc
from results import TIGHT as SCOPE
from results import hostile
from schemas_of_ours import schema
from tcpmc.checks.running.jobs import Outcome, Result, select
from tcpmc.checks.running.run import run
from tcpmc.cli.output_formats import ALL_FORMATS, RUN_FORMATS
from tcpmc.cli.trace_command import file_name, folders, write_traces
from tcpmc.model import Variant
from tcpmc.model.properties.kinds import Word

DEMO = str(TESTS / "demo" / "stack.py")


def test_several_formats_from_one_run(tmp_path: Path) -> None:
    words = [f"-o{name}=out{form.suffix}" for name, form in RUN_FORMATS.items()]
    done = tcpmc("check", "closing", *TIGHT, *words, folder=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.endswith("tcpmc: 1 of 1 verdicts as expected.\n")
    assert len([*tmp_path.iterdir()]) == len(RUN_FORMATS)
    assert all(path.stat().st_size for path in tmp_path.iterdir())


def test_one_format_on_standard_output_and_another_to_a_file(tmp_path: Path) -> None:
    done = tcpmc("check", "closing", *TIGHT, "-o", "json", "-o", "text=a=b.txt", folder=tmp_path)
    assert json.loads(done.stdout)["schema"] == "tcpmc/verdicts/1"
    assert "WITNESS" in (tmp_path / "a=b.txt").read_text(encoding="utf-8")
    assert "verdicts as expected" not in done.stderr


def test_a_trace_in_formats_of_its_own_and_of_a_run(tmp_path: Path) -> None:
    tight = ("--scope", "small", "--capacity", "1")
    done = tcpmc("trace", "closing", *tight, "-o", "dot=x.dot", "-o", "ndjson", folder=tmp_path)
    assert done.returncode == 0
    assert json.loads(done.stdout)["result"]["property"] == "closing"
    assert (tmp_path / "x.dot").read_text(encoding="utf-8").startswith("digraph")


def test_without_a_trace_there_is_no_file_of_it(tmp_path: Path) -> None:
    words = ("trace", "no-deadlock", "--variant", "rfc9293", "--scope", "small", "--capacity", "1")
    done = tcpmc(*words, "-o", "dot=x.dot", "-o", "json=x.json", folder=tmp_path)
    assert done.returncode == 5
    assert "there is no trace to show" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("check closing -o jnit=x", "unknown format 'jnit'; nearest: junit"),
        ("trace closing -o sgv=x", "unknown format 'sgv'; nearest: svg"),
        ("check closing -o svg=x", "svg shows one trace; see tcpmc trace, or --traces svg=FOLDER"),
        (
            "check closing -o json=x -o junit=./x",
            "two outputs have the same destination: json=x and junit=./x",
        ),
        (
            "check closing -o json -o junit",
            "two outputs have the same destination: json=- and junit=-",
        ),
        ("check closing -o json=", "-o json=: a path is missing after '='"),
        ("check closing -o json=no/x", "cannot write no/x: No such file or directory"),
        ("check closing -o ndjson=no/x", "cannot write no/x: No such file or directory"),
        ("check closing --format jnit", "'jnit' is not one of"),
        ("check closing --traces gif=x", "unknown format 'gif'"),
        ("check closing --traces file", "cannot write to the folder file: File exists"),
        ("check closing --traces file/x", "cannot write to the folder file/x: Not a directory"),
        ("check closing --expect rfc929", "unknown variant 'rfc929'; nearest: rfc9293"),
    ],
)
def test_wrong_outputs_are_one_line_and_exit_2(words: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert_one_line(tcpmc(*words.split(), folder=tmp_path), told)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_names_of_formats_are_completed() -> None:
    done = tcpmc(
        _TCPMC_COMPLETE="bash_complete", COMP_WORDS="tcpmc check closing -o sa", COMP_CWORD="4"
    )
    assert done.stdout == "plain,sarif=\n"


# -- what is expected -------------------------------------------------------------------------


def test_a_variant_of_ones_own_is_held_against_another(tmp_path: Path) -> None:
    words = ("check", "graceful-close", "closing", *TIGHT, "--variant", DEMO)
    assert tcpmc(*words).returncode == 0
    done = tcpmc(*words, "--expect", "rfc9293")
    assert done.returncode == 1
    assert "REFUTED  graceful-close on demo-stack  (expected PROVED, " in done.stdout
    assert "1 of 2 verdicts as expected." in done.stdout
    assert tcpmc(*words, "--expect", "no-time-wait", "--quiet").returncode == 0


def test_a_built_in_variant_keeps_the_verdicts_of_the_catalogue() -> None:
    words = ("check", "graceful-close", *TIGHT, "--variant", "no-time-wait")
    assert tcpmc(*words, "--expect", "rfc9293").returncode == 0


# -- lines of JSON while the run goes on ------------------------------------------------------


@pytest.mark.exhaustive
def test_each_verdict_is_a_line_that_follows_its_schema() -> None:
    done = tcpmc("check", *TIGHT, "-o", "ndjson", "--quiet")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    for line in lines:
        schema("verdict.schema.json").validate(line)
    whole = json.loads(tcpmc("check", *TIGHT, "-o", "json", "--quiet").stdout)
    schema("verdicts.schema.json").validate(whole)
    assert len(lines) == len(whole["results"])
    for line in lines:
        assert line["result"] in whole["results"]


def test_a_result_is_passed_on_before_the_next_variant_is_explored() -> None:
    told: list[str] = []

    def follow(result: Result) -> None:
        told.append(f"{result.job.prop.name} on {result.job.variant.name}")

    jobs = select(["closing", "established"], ["rfc9293", "rfc1337"], SCOPE, ["explicit"])
    outcome = run(jobs, follow=follow)
    assert told == [
        "established on rfc9293",
        "closing on rfc9293",
        "established on rfc1337",
        "closing on rfc1337",
    ]
    assert [result.job.variant.name for result in outcome.results] == ["rfc9293", "rfc1337"] * 2


def test_lines_are_there_when_the_run_fails_later(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(RULE.format(body="return 1 / 0"))
    words = ("--variant", "rfc9293", "--variant", "./mine.py", "-o", "ndjson=x", "-o", "json=y")
    done = tcpmc("check", "closing", *TIGHT, *words, folder=tmp_path)
    assert done.returncode == 2
    (line,) = (tmp_path / "x").read_text().splitlines()
    assert json.loads(line)["result"]["variant"] == "rfc9293"
    assert not (tmp_path / "y").exists()


# -- traces in files of their own -------------------------------------------------------------


def test_traces_of_what_is_not_as_expected(tmp_path: Path) -> None:
    words = ("check", "graceful-close", "closing", *TIGHT, "--variant", DEMO, "--expect", "rfc9293")
    done = tcpmc(*words, "--traces", "new/traces", "--traces", "dot=dots", folder=tmp_path)
    assert done.returncode == 1
    assert "tcpmc: traces in new/traces and dots: 1\n" in done.stderr
    assert sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*.*")) == [
        "dots/graceful-close-demo-stack.dot",
        "new/traces/graceful-close-demo-stack.json",
        "new/traces/graceful-close-demo-stack.txt",
    ]
    document = json.loads((tmp_path / "new/traces/graceful-close-demo-stack.json").read_text())
    schema("verdicts.schema.json").validate(document)


def test_every_format_can_be_asked_for(tmp_path: Path) -> None:
    result = hostile()
    wanted = folders([f"{name}={tmp_path}/{name}" for name in ALL_FORMATS])
    expected = replace(result.verdict, expected_override=Word.WITNESS)
    assert write_traces(Outcome([Result(result.job, expected)]), wanted) == 0
    assert write_traces(Outcome([result]), wanted) == 1
    for name in ALL_FORMATS:
        assert [*(tmp_path / name).iterdir()], name


def named(name: str) -> Result:
    """A result with a trace on a variant of that name."""
    result = hostile()
    return Result(replace(result.job, variant=Variant(name)), result.verdict)


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "/abs", "..", ".", "a/b", "a\\b", "con", "x" * 300, "ü", "a:b", "-"],
)
def test_no_name_of_a_variant_leaves_the_folder(name: str, tmp_path: Path) -> None:
    told = file_name(named(name))
    assert (tmp_path / told).resolve().parent == tmp_path.resolve()
    assert told.startswith("established-") and len(told) < 120
    assert not set(told) & set('/\\:*?"<>| ')


def test_names_that_differ_have_files_that_differ() -> None:
    names = ("a/b", "a_b", "a b", "a.b", "a-b", "x" * 100, "x" * 101)
    assert len({file_name(named(name)) for name in names}) == 7


def test_a_name_that_cannot_be_printed_is_refused(tmp_path: Path) -> None:
    text = "from tcpmc.model import Variant\nvariant = Variant('a\\n::error::b')\n"
    (tmp_path / "mine.py").write_text(text)
    done = tcpmc("check", "closing", "--variant", "./mine.py", folder=tmp_path)
    assert_one_line(done, r"./mine.py:2: the variant's name 'a\n::error::b' cannot be printed")


def test_a_hostile_name_is_shown_as_text(tmp_path: Path) -> None:
    name = "</code><script>alert(1)</script>|`x` ##[error]y ../../z"
    text = f"from tcpmc.model import Variant\nvariant = Variant({name!r})\n"
    (tmp_path / "mine.py").write_text(text)
    words = ("check", "closing", "--variant", "./mine.py", "--expect", "freertos-1303", *TIGHT)
    outputs = [f"-o{form}=out.{form}" for form in RUN_FORMATS if form != "text"]
    done = tcpmc(
        *words, *outputs, "-o", "text", "--traces", "t", folder=tmp_path, GITHUB_ACTIONS="true"
    )
    assert done.returncode == 1
    assert "# #[error]y" in done.stdout and "##[" not in done.stdout
    assert "::error file=mine.py,line=2,title=" in done.stderr
    assert "<script>" not in (tmp_path / "out.junit").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "out.json").read_text())["results"][0]["variant"] == name
    assert len([*(tmp_path / "t").iterdir()]) == 2
