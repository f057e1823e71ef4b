"""The bug gallery: every seeded bug is caught, by the verdict that its row says, and replayed."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import pytest

from tcpmc.checks.rule_labels import labels
from tcpmc.checks.trace import Trace, shows
from tcpmc.checks.verdict import DEFINITE, OPPOSITE, VACUOUS
from tcpmc.errors import BadInput
from tcpmc.model import PROPERTIES, RFC9293, VARIANTS, Model, Profile, State
from tcpmc.model.variants.bugs import BUGS
from tcpmc.studies.gallery import Caught, Gallery, as_json, as_text, gallery

LENGTHS = {  # of the shortest trace, or of the lasso with the index to which it returns
    "smoltcp-470": (12, None),
    "smoltcp-279": (8, None),
    "smoltcp-1001": None,
    "freertos-1303": None,
    "zephyr-46407": (13, 11),
    "zephyr-728": (6, None),
    "gvisor-3106": (12, None),
    "demikernel-1537": (12, 10),
    "utcp-24": (9, 9),
    "utcp-28": (9, 9),
    "tricep-27": (9, 9),
    "inet-92": (8, 4),
    "lwip-simopen": None,
    "rfc793-close-wait": (7, None),
    "tlaplus-closed-tcb": (1, None),
}

NOT_DONE = ("utcp-24", "utcp-28", "tricep-27")
"""The bugs that are something not done, which has no label in a trace."""


@cache
def found() -> Gallery:
    return gallery()


def row(name: str) -> Caught:
    return next(row for row in found().rows if row.bug.variant.name == name)


def trace(name: str) -> Trace:
    trace = row(name).seeded.verdict.trace
    assert trace is not None
    return trace


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", BUGS)
def test_a_bug_is_caught_and_the_sound_variant_is_not(name: str) -> None:
    one = row(name)
    words = one.sound.verdict.word, one.seeded.verdict.word
    assert one.caught
    assert words[0] == PROPERTIES[one.bug.caught_by].expected[one.bug.sound]
    assert words[1] == OPPOSITE[words[0]]


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", LENGTHS)
def test_a_trace_is_as_short_as_it_was_and_shows_the_bug(name: str) -> None:
    one = row(name)
    found = one.seeded.verdict.trace
    assert (None if found is None else (len(found), found.loop)) == LENGTHS[name]
    if found is not None:
        job = one.seeded.job
        assert shows(Model(job.variant, job.scope), job.prop, found)


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", [n for n in LENGTHS if LENGTHS[n] and n not in NOT_DONE])
def test_the_rule_with_the_bug_is_applied_in_its_trace(name: str) -> None:
    applied = {label for step in trace(name).steps if step for label in step.rule.split(" + ")}
    assert applied - labels(VARIANTS["rfc9293"])


@pytest.mark.exhaustive
def test_utcp_28_waits_in_fin_wait_2_for_a_host_that_has_crashed() -> None:
    last = trace("utcp-28").states[-1]
    assert sorted(str(end.state) for end in last.ends) == ["CLOSED", "FIN-WAIT-2"]
    assert sum(end.history.crashes for end in last.ends) == 1


@pytest.mark.exhaustive
def test_utcp_24_is_stuck_in_close_wait_with_text_outstanding() -> None:
    last = trace("utcp-24").states[-1]
    (stuck,) = (end for end in last.ends if end.state == State.CLOSE_WAIT)
    assert stuck.tcb.snd_una != stuck.tcb.snd_nxt


def test_every_bug_has_its_length_here() -> None:
    assert LENGTHS.keys() == BUGS.keys()


@pytest.mark.parametrize("name", BUGS)
def test_a_bug_is_a_variant_with_a_report(name: str) -> None:
    bug = BUGS[name]
    assert VARIANTS[name] is bug.variant
    assert bug.stack and bug.report and bug.variant.title
    assert PROPERTIES[bug.caught_by].expected[bug.sound] in DEFINITE
    assert name not in PROPERTIES[bug.caught_by].expected


def test_a_bug_differs_from_its_sound_variant() -> None:
    for bug in BUGS.values():
        sound = VARIANTS[bug.sound]
        assert (bug.variant.rules, bug.variant.profile) != (sound.rules, sound.profile)


def test_only_utcp_28_is_not_against_the_rfc() -> None:
    faithful = {name for name, bug in BUGS.items() if bug.variant.rules == RFC9293}
    assert faithful == {name for name, bug in BUGS.items() if bug.sound != "rfc9293"}
    assert faithful == {"utcp-28"}
    assert BUGS["utcp-28"].variant.profile == Profile()


def test_named_bugs_are_shown_with_their_traces_in_the_order_of_the_gallery() -> None:
    some = gallery(["rfc793-close-wait", "smoltcp-279"])
    assert [one.bug.variant.name for one in some.rows] == ["smoltcp-279", "rfc793-close-wait"]
    assert len(some.outcome.results) == 3  # rfc9293 is asked once
    text = as_text(some, traces=True)
    assert "2 of 2 bugs caught." in text
    assert "REFUTED  closing-only-simultaneous on smoltcp-279" in text
    assert max(map(len, as_text(some, 60).splitlines())) <= 60


def test_the_gallery_as_json() -> None:
    (one,) = json.loads(as_json(gallery(["freertos-1303"])))["bugs"]
    assert (one["variant"], one["caught_by"], one["caught"]) == ("freertos-1303", "closing", True)
    assert one["steps"] is None
    assert one["command"] == "tcpmc check closing --variant freertos-1303 --scope small"
    assert (one["sound"]["verdict"], one["seeded"]["verdict"]) == ("WITNESS", "UNREACHABLE")


def test_a_bug_that_is_not_caught_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here: one whose rules are the RFC's after all."""
    bug = BUGS["freertos-1303"]
    mended = replace(bug.variant, rules=RFC9293)
    monkeypatch.setitem(VARIANTS, "freertos-1303", mended)
    some = gallery(["freertos-1303"])
    text = " ".join(as_text(some).split())
    assert not some.rows[0].caught
    assert "! WITNESS 7 freertos-1303" in text
    assert "not caught: WITNESS on freertos-1303 where UNREACHABLE is expected" in text
    assert "0 of 1 bugs caught." in text
    assert some.outcome.exit_code == 1


def test_an_unknown_bug() -> None:
    with pytest.raises(BadInput, match="unknown bug 'smoltcp-47'; nearest: smoltcp-470"):
        gallery(["smoltcp-47"])


@pytest.mark.exhaustive
def test_no_row_is_vacuous() -> None:
    for one in found().rows:
        assert VACUOUS not in (one.sound.verdict.word, one.seeded.verdict.word)
