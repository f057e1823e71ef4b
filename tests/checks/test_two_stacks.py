"""A stack for each end: the model, its engines, and how a pair is named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

import tcpmc
from tcpmc.checks.explicit.explicit_engine import ExplicitEngine
from tcpmc.checks.explicit.tabulate import TabulatedModel
from tcpmc.checks.networkx_engine.graph_engine import NetworkxEngine
from tcpmc.checks.running.stacks_of_ends import find_stacks, joined, stacks_of
from tcpmc.checks.smt.smt_engine import SolverEngine
from tcpmc.checks.statespace import explore
from tcpmc.errors import BadInput
from tcpmc.model import PROPERTIES, VARIANTS, Profile, Variant
from tcpmc.model.network.scope import SCOPES, Scope
from tcpmc.model.network.system import Model
from tcpmc.model.variants.pair import StackPair, Stacks
from tcpmc.reports.saved import read_traces

TIGHT = SCOPES["small"].with_(capacity=1, duplication=False)
MIRRORED = TIGHT.with_(iss=TIGHT.iss[::-1])
ASKED = ("graceful-close", "closing", "close-completes", "no-deadlock")
"""Properties that tell neither end apart from the other."""


def pair(a: str, b: str) -> StackPair:
    """The variants of these names, at A and at B."""
    return StackPair(VARIANTS[a], VARIANTS[b])


def states(stacks: Stacks, scope: Scope = TIGHT) -> int:
    """How many states can be reached."""
    return explore(TabulatedModel(Model(stacks, scope))).states


def words(stacks: Stacks, scope: Scope = TIGHT, names: Sequence[str] = ASKED) -> dict[str, str]:
    """The verdict of the explicit engine on each property, with the length of its trace."""
    props = [PROPERTIES[name] for name in names]
    answers = ExplicitEngine(Model(stacks, scope)).decide(props)
    return {
        name: f"{answer.word} {len(answer.trace) if answer.trace else ''}"
        for name, answer in answers.items()
    }


@pytest.mark.parametrize("name", ["rfc9293", "linux", "lwip", "no-time-wait", "smoltcp-470"])
def test_a_pair_of_equal_stacks_is_the_single_one(name: str) -> None:
    assert states(pair(name, name)) == states(VARIANTS[name])
    assert words(pair(name, name)) == words(VARIANTS[name])


@pytest.mark.parametrize(
    ("a", "b"), [("no-time-wait", "rfc9293"), ("freertos-1303", "linux"), ("rfc793", "utcp-24")]
)
def test_swapping_the_ends_mirrors_the_verdicts(a: str, b: str) -> None:
    assert states(pair(a, b)) == states(pair(b, a), MIRRORED)
    assert words(pair(a, b)) == words(pair(b, a), MIRRORED)


def test_two_stacks_are_not_as_one_of_them() -> None:
    counts = {states(pair(a, b)) for a in ("rfc9293", "lwip") for b in ("rfc9293", "no-time-wait")}
    assert len(counts) == 4


@pytest.mark.parametrize(("a", "b"), [("no-time-wait", "rfc9293"), ("linux", "freertos-1303")])
def test_networkx_agrees_on_a_pair(a: str, b: str) -> None:
    props = [PROPERTIES[name] for name in ASKED]
    explicit = ExplicitEngine(Model(pair(a, b), TIGHT)).decide(props)
    by_networkx = NetworkxEngine(Model(pair(a, b), TIGHT)).decide(props)
    assert {name: answer.word for name, answer in explicit.items()} == {
        name: answer.word for name, answer in by_networkx.items()
    }


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("a", "b", "word"),
    [("rfc9293", "freertos-1303", "WITNESS"), ("freertos-1303", "freertos-1303", "UNREACHABLE")],
)
def test_z3_follows_the_rules_of_each_end(a: str, b: str, word: str) -> None:
    """CLOSING is there where one of the two has it."""
    prop = PROPERTIES["closing"]
    scope = SCOPES["small"].with_(capacity=1)
    answer = SolverEngine(Model(pair(a, b), scope)).decide([prop])["closing"]
    assert answer.word == word


def test_each_end_follows_its_own_rules_in_a_trace() -> None:
    result = tcpmc.check(
        "graceful-close",
        variant={"A": "no-time-wait", "B": "rfc9293"},
        scope=TIGHT,
        engine="explicit",
    )
    assert result.trace is not None
    ends = {
        event.end
        for event, step in zip(result.trace.events, result.trace.steps, strict=True)
        if step is not None and any("TIME-WAIT skipped" in rule for rule in step.rules)
    }
    assert ends == {0}


def test_timestamps_are_used_where_both_have_them() -> None:
    ends = [pair("linux", "rfc1337-f2").at(which).profile.timestamps for which in (0, 1)]
    assert ends == [True, True]
    for one in (pair("linux", "lwip"), pair("lwip", "linux")):
        assert [one.at(which).profile.timestamps for which in (0, 1)] == [False, False]


def test_all_but_the_timestamps_is_each_ends_own() -> None:
    one = pair("linux", "lwip")
    assert one.at(0) == replace(
        VARIANTS["linux"], profile=replace(VARIANTS["linux"].profile, timestamps=False)
    )
    assert one.at(1) == VARIANTS["lwip"]


def test_each_host_is_offered_the_window_of_the_other() -> None:
    small, large = Variant("s", profile=Profile(window=2)), Variant("l", profile=Profile(window=8))
    a, b = Model(StackPair(small, large), TIGHT).hosts
    assert (a.profile.window, a.max_snd_wnd) == (2, 8)
    assert (b.profile.window, b.max_snd_wnd) == (8, 2)
    assert Model(small, TIGHT).hosts[0].max_snd_wnd is None


def test_a_window_that_is_too_large_at_one_end_is_refused() -> None:
    wide = Variant("wide", profile=Profile(window=2**9))
    with pytest.raises(ValueError, match="window=512"):
        Model(StackPair(VARIANTS["rfc9293"], wide), TIGHT)


def test_a_pair_is_named_by_text_or_mapping() -> None:
    expected = pair("linux", "lwip")
    assert find_stacks("A=linux,B=lwip") == find_stacks("B=lwip,A=linux") == expected
    assert stacks_of({"A": "linux", "B": "lwip"}) == ("A=linux,B=lwip", expected)
    assert stacks_of({"A": VARIANTS["linux"], "B": "lwip"}) == ("A=linux,B=lwip", expected)
    assert stacks_of(expected) == ("A=linux,B=lwip", expected)
    assert stacks_of("linux") == ("linux", VARIANTS["linux"])


def test_options_for_the_ends_are_one_pair_among_other_variants() -> None:
    assert joined(["rfc793", "B=lwip", "freebsd", "A=linux"]) == [
        "rfc793",
        "A=linux,B=lwip",
        "freebsd",
    ]
    assert joined(["lwip", "lwip"]) == ["lwip"]
    assert joined(["A=linux,B=lwip", "B=linux,A=lwip"]) == ["A=linux,B=lwip", "A=lwip,B=linux"]


@pytest.mark.parametrize(
    ("sources", "told"),
    [
        (["A=linux"], "no variant for end B"),
        (["B=linux", "rfc9293"], "no variant for end A"),
        (["A=linux", "A=lwip", "B=lwip"], "end A is linux and lwip"),
        (["A=linux,A=lwip", "B=lwip"], "end A is linux and lwip"),
        (["C=linux", "A=lwip"], "unknown end 'C'"),
        (["A=", "B=lwip"], "no variant is named for end A"),
    ],
)
def test_a_pair_that_is_none_is_refused(sources: Sequence[str], told: str) -> None:
    with pytest.raises(BadInput, match=told):
        joined(sources)


def test_what_is_asked_of_one_stack_refuses_a_pair() -> None:
    both = {"A": "linux", "B": "lwip"}
    for ask in (
        lambda: tcpmc.prove("no-deadlock", "A=linux,B=lwip"),
        lambda: tcpmc.threshold("old-segments", pair("linux", "lwip")),  # type: ignore[arg-type]
    ):
        with pytest.raises(BadInput, match=r"A=linux,B=lwip: .*not of a pair"):
            ask()
    with pytest.raises(BadInput, match="one step of one stack"):
        tcpmc.check("lemma-closed-forgets", variant=both)


def test_two_stacks_of_one_name_are_refused(tmp_path: Path) -> None:
    text = (
        'from tcpmc.model import Profile, Variant\nvariant = Variant("mine", profile=Profile({}))'
    )
    for name, switch in (("a", "window=3"), ("b", "window=5")):
        (tmp_path / f"{name}.py").write_text(text.format(switch))
    with pytest.raises(BadInput, match="both are named 'mine'"):
        find_stacks(f"A={tmp_path / 'a.py'},B={tmp_path / 'b.py'}")
    same = find_stacks(f"A={tmp_path / 'a.py'},B={tmp_path / 'a.py'}")
    assert same.at(0) == same.at(1)


def test_a_saved_trace_of_a_pair_is_read_again(tmp_path: Path) -> None:
    from tcpmc.checks.running.jobs import select
    from tcpmc.checks.running.run import run
    from tcpmc.reports.verdict_json import as_json

    jobs = select(["closing"], ["A=linux", "B=lwip"], TIGHT, ["explicit"])
    path = tmp_path / "closing.json"
    path.write_text(as_json(run(jobs)))
    (saved,) = read_traces(str(path), None)
    assert saved.model.variant == pair("linux", "lwip")
    assert saved.result["variant"] == "A=linux,B=lwip"
