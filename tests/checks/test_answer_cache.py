"""What an earlier run has decided is not decided again, unless anything that it hangs on is new."""

from dataclasses import replace
from pathlib import Path

import pytest

from command_line import TIGHT, tcpmc
from tcpmc.checks.explicit.settings import Exploring
from tcpmc.checks.running import answer_cache
from tcpmc.checks.running.answer_cache import AnswerCache, decided
from tcpmc.checks.running.jobs import Job, Result, select, with_fairness
from tcpmc.checks.running.monitor import Limits
from tcpmc.checks.running.run import run
from tcpmc.checks.verdict import INCONCLUSIVE, PROVED, WITNESS, Answer
from tcpmc.model.network.scope import SCOPES

SCOPE = SCOPES["small"].with_(capacity=1)
MINE = """
from dataclasses import replace
from tcpmc.model import RFC9293, Variant, RFC9293 as rules
{more}
variant = Variant("mine", rules=replace(RFC9293, close=lambda host, tcb: RFC9293.close(host, tcb)))
"""


def job(name: str = "closing", variant: str = "rfc9293", engine: str = "explicit") -> Job:
    return select([name], [variant], SCOPE, [engine])[0]


def result(kept: AnswerCache, asked: Job, limits: Limits | None = None) -> Result:
    outcome = decided([asked], kept, lambda rest: run(rest, limits), lambda one: None)
    return outcome.results[0]


@pytest.fixture
def kept(tmp_path: Path) -> AnswerCache:
    return AnswerCache(tmp_path / "cache", Exploring())


@pytest.fixture
def filled(kept: AnswerCache) -> AnswerCache:
    """With the answer to whether CLOSING is reached."""
    assert not result(kept, job()).kept
    return kept


def test_the_same_question_is_not_explored_again(filled: AnswerCache) -> None:
    outcome = decided([job()], filled, lambda rest: pytest.fail("decided"), lambda one: None)
    (again,) = outcome.results
    assert again.kept and again.verdict.word == WITNESS
    assert again.verdict.trace is not None and len(again.verdict.trace) == 9


@pytest.mark.parametrize(
    "other",
    [
        job("closing-both"),
        job(variant="no-time-wait"),
        replace(job(), engines=("explicit", "z3")),
        replace(job(), asked=SCOPE.with_(bits=9)),
        replace(job(), asked=SCOPE.with_(duplication=False)),
    ],
    ids=["property", "variant", "engines", "bits", "duplication"],
)
def test_another_question_is_decided(filled: AnswerCache, other: Job) -> None:
    assert filled.get(other) is None


def test_another_fairness_is_another_question(kept: AnswerCache) -> None:
    asked = job("close-completes")
    kept.put(asked, {"explicit": Answer(PROVED, "as it was")})
    assert kept.get(asked) is not None
    (without,) = with_fairness([asked], ["none"])
    assert kept.get(without) is None


@pytest.mark.parametrize("exploring", [Exploring(thorough=True), Exploring(next_capacity=True)])
def test_other_settings_are_another_question(filled: AnswerCache, exploring: Exploring) -> None:
    assert AnswerCache(filled.folder, exploring).get(job()) is None


def test_a_change_of_the_package_decides_anew(
    filled: AnswerCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer_cache, "_digest_of_package", lambda: "another")
    assert filled.get(job()) is None


def test_each_octet_that_is_altered_is_noticed(filled: AnswerCache) -> None:
    (path,) = filled.folder.iterdir()
    whole = path.read_bytes()
    for place in range(0, len(whole), max(1, len(whole) // 200)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert filled.get(job()) is None
    for damaged in (b"", whole[:70], whole[:-1], whole + b"\n"):
        path.write_bytes(damaged)
        assert filled.get(job()) is None
    path.write_bytes(whole)
    assert filled.get(job()) is not None


def test_a_trace_that_is_no_run_is_not_taken(filled: AnswerCache) -> None:
    answers = filled.get(job())
    assert answers is not None
    trace = answers["explicit"].trace
    assert trace is not None
    shorter = replace(trace, states=trace.states[:-1], events=trace.events[:-1])
    for wrong in (shorter, replace(trace, events=trace.events[::-1])):
        filled.put(job(), {"explicit": replace(answers["explicit"], trace=wrong)})
        assert filled.get(job()) is None


def test_what_a_limit_ended_is_not_kept(kept: AnswerCache) -> None:
    stopped = result(kept, job("no-deadlock"), Limits(states=5))
    assert stopped.verdict.word == INCONCLUSIVE
    assert not kept.folder.exists()


def test_an_answer_within_narrower_bounds_is_kept_beside_one_that_settles(
    kept: AnswerCache,
) -> None:
    narrower = Answer(PROVED, "induction", narrower="no text is sent")
    kept.put(job("no-deadlock"), {"z3": narrower})
    assert kept.get(job("no-deadlock")) is None
    kept.put(job("no-deadlock"), {"explicit": Answer(PROVED, "exhaustive"), "z3": narrower})
    assert kept.get(job("no-deadlock")) is not None


def test_where_nothing_can_be_written_the_answer_is_there_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    kept = AnswerCache(tmp_path / "file" / "cache", Exploring())
    assert result(kept, job()).verdict.word == WITNESS


def test_a_variant_in_a_file_is_kept_by_its_source(kept: AnswerCache, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(MINE.format(more=""))
    mine = job(variant=str(path))
    kept.put(mine, {"explicit": Answer(PROVED, "as it was")})
    assert kept.get(mine) is not None
    path.write_text(MINE.format(more="# another"))
    assert kept.get(mine) is not None, "it is what was loaded that is asked"
    assert kept.get(job(variant=str(path))) is None


@pytest.mark.parametrize(
    "more",
    [
        "import random",
        "import os.path",
        "from time import time",
        "from tcpmc.checks import trace",
        "settings = lambda: open('settings.txt')",
        "count = 0\ndef more():\n    global count\n    count += 1",
        "more = ().__class__",
        "seed = hash('seed')",
        "more = __file__",
        "from tcpmc.model import tcb\ntcb.more = 1",
    ],
)
def test_a_variant_that_hangs_on_more_than_its_file_is_never_kept(
    kept: AnswerCache, tmp_path: Path, more: str
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(MINE.format(more=more))
    mine = job(variant=str(path))
    kept.put(mine, {"explicit": Answer(PROVED, "as it was")})
    assert not kept.folder.exists()


def test_the_command_says_what_it_did_not_decide_anew(tmp_path: Path) -> None:
    asked = ("check", "closing", *TIGHT, "--quiet")
    first, again = (tcpmc(*asked, TCPMC_CACHE=str(tmp_path)) for _ in range(2))
    told = "1 decided by an earlier run (--no-cache decides anew).\n"
    assert told not in first.stdout
    assert again.stdout.replace(told, "") == first.stdout and told in again.stdout
    assert tcpmc(*asked, "--no-cache", TCPMC_CACHE=str(tmp_path)).stdout == first.stdout
    assert (
        tcpmc(*asked, "--max-states", "1000000", TCPMC_CACHE=str(tmp_path)).stdout == first.stdout
    )
