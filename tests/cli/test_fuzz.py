"""Damaged inputs of every kind: the command ends with a documented exit code, without a traceback,
and leaves no file half written or behind.

`TCPMC_FUZZ=100000` asks for that many; without it there are few.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzzing import COMMAND, KINDS, ended, samples, wrong
from tcpmc.errors import BadInput
from tcpmc.reports.saved import read_traces
from tcpmc.reports.timed.recorded import recorded

FEW = {"variant": 100, "capture": 60, "text": 60, "script": 100, "certificate": 6, "words": 300}
WHOLE = {"variant": (3,), "claims": (2,), "capture": (0, 1, 3), "text": (0, 1, 3)}
"""The exit codes of inputs without damage: tiny limits stop an exploration, and no claim has the
name that is asked for."""
ASKED = int(os.environ.get("TCPMC_FUZZ", "0"))


TOGETHER = sum(FEW.get(kind, 250) for kind in KINDS)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "words"])
def test_an_input_that_is_whole_is_understood(kind: str, tmp_path: Path) -> None:
    for content in samples(kind):
        code, told = ended(kind, COMMAND.get(kind, "").split(), content, tmp_path)
        assert code in WHOLE.get(kind, (0,)), told


@pytest.mark.parametrize("kind", KINDS)
def test_no_damaged_input_breaks_the_command(kind: str, tmp_path: Path) -> None:
    many = ASKED * FEW.get(kind, 250) // TOGETHER if ASKED else FEW.get(kind, 250)
    found = {}
    for number in range(many):
        try:
            told = wrong(kind, number, tmp_path)
        except BaseException as error:
            told = f"{type(error).__name__}: {error}"
        if told:
            found[number] = told
    assert not found


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
SLOW = settings(
    max_examples=ASKED or 60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document."""
    inner: list[tuple[Any, Any]] = [*value.items()] if isinstance(value, dict) else []
    inner += enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, part in inner for place in places(part, (*path, key)))]


def replaced(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    copy = document.copy()
    copy[path[0]] = replaced(document[path[0]], path[1:], value)
    return copy


def refused(read: Callable[[], object]) -> None:
    told = ""
    try:
        read()
    except BadInput as error:
        told = str(error)
    assert "\n" not in told


@SLOW
@given(data=st.data())
def test_a_trace_with_something_else_in_any_place(data: st.DataObject, tmp_path: Path) -> None:
    document = json.loads(data.draw(st.sampled_from(samples("trace"))))
    path = data.draw(st.sampled_from(places(document)))
    text = json.dumps(replaced(document, path, data.draw(VALUES)))
    (tmp_path / "x.json").write_text(text)
    refused(lambda: read_traces(str(tmp_path / "x.json")))


MOMENTS = st.one_of(st.integers(-10, 200), st.floats().map(str), st.sampled_from(['"1/2"', '"x"']))
ACTIONS = st.sampled_from(
    [
        "CLOSE",
        "receives 1",
        "receives 0",
        "receives x",
        "lose",
        "",
        "deliver",
        "active OPEN",
        "SEND",
    ]
)


@SLOW
@given(st.lists(st.tuples(MOMENTS, st.sampled_from("ABC"), ACTIONS), max_size=6), MOMENTS)
def test_a_run_of_any_events(events: list[tuple[Any, str, str]], over: Any) -> None:
    lines = ", ".join(f'[{moment}, "{end}", "{what}"]' for moment, end, what in events)
    text = 'theorem = "old-segments"\nparameters = { MSL = 60, T = 100 }\n'
    refused(lambda: recorded(f"{text}happens = [{lines}]\nover = {over}\n"))
