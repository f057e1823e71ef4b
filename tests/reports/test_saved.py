"""Traces read back from files, and paths written as such files."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from checkout import ROOT
from results import EVENTFUL, LASSO, LOST
from tcpmc.checks.running.jobs import Outcome, Result, select
from tcpmc.checks.running.run import run
from tcpmc.errors import BadInput
from tcpmc.model import SCOPES, VARIANTS, Model
from tcpmc.reports.saved import LONGEST, as_saved, read_traces, walked
from tcpmc.reports.story import trace_of
from tcpmc.reports.verdict_json import as_json

EMPTY = (
    '{"schema": "tcpmc/verdicts/1", "version": "", "exit_code": 0, "stopped": null, "results": []}'
)
SCHEMA = ROOT / "docs" / "verdicts.schema.json"


def written(folder: Path, *results: Result, **changes: Any) -> str:
    """A file with these results, and in the first of them these changes."""
    document = json.loads(as_json(Outcome([*results])))
    if document["results"]:
        document["results"][0] |= changes
    path = folder / "trace.json"
    path.write_text(json.dumps(document))
    return str(path)


@pytest.mark.parametrize("result", [EVENTFUL, LASSO, LOST], ids=["eventful", "lasso", "lost"])
def test_a_trace_comes_back_as_it_was(result: Result, tmp_path: Path) -> None:
    (saved,) = read_traces(written(tmp_path, result))
    assert saved.trace == trace_of(result)
    assert walked(saved.model, saved.path).states == saved.trace.states


@pytest.mark.exhaustive
def test_every_trace_of_the_catalogue_comes_back(tmp_path: Path) -> None:
    outcome = run(select([], [], SCOPES["small"].with_(capacity=1), ["explicit"]))
    having = [trace_of(r) for r in outcome.results if r.verdict.trace is not None]
    found = read_traces(written(tmp_path, *outcome.results))
    assert [saved.trace for saved in found] == having


def test_a_path_that_was_saved_is_valid_and_comes_back(tmp_path: Path) -> None:
    model = Model(VARIANTS["rfc9293"], SCOPES["default"])
    trace = walked(model, (0, 0, 1))
    text = as_saved(model, "rfc9293", trace)
    jsonschema.validate(json.loads(text), json.loads(SCHEMA.read_text()))
    (tmp_path / "path.json").write_text(text)
    (saved,) = read_traces(str(tmp_path / "path.json"))
    assert (saved.trace, saved.path) == (trace, (0, 0, 1))
    assert saved.result["engines"]["hand"]["method"] == "chosen by hand, 3 steps"


def refused(path: str, source: str | None = None) -> str:
    with pytest.raises(BadInput) as error:
        read_traces(path, source)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "invalid JSON"),
        ("[" * 100_000, "invalid JSON"),
        ("[]", "unknown schema None; expected 'tcpmc/verdicts/1'"),
        ('{"schema": "tcpmc/verdicts/2"}', "unknown schema 'tcpmc/verdicts/2'; expected"),
        ('{"schema": "tcpmc/verdicts/1"}', "not the output of --format json"),
        (EMPTY, "it contains no trace of a run"),
        ('{"schema": "tcpmc/verdicts/1", "results": [7]}', "not the output of --format json"),
    ],
)
def test_a_file_that_is_none_is_refused_on_one_line(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(text)
    assert told in refused(str(tmp_path / "x.json"))


def test_a_file_that_is_not_there() -> None:
    assert refused("/no/such/file.json") == "/no/such/file.json: No such file or directory"


def test_a_trace_of_another_model_does_not_replay(tmp_path: Path) -> None:
    told = refused(written(tmp_path, LOST, variant="rfc9293"))
    assert "a trace does not replay: graceful-close on rfc9293: step " in told


def test_a_trace_that_was_changed_does_not_replay(tmp_path: Path) -> None:
    trace = json.loads(as_json(Outcome([LOST])))["results"][0]["trace"]
    trace["steps"][4]["state"]["A"]["snd_nxt"] += 1
    assert "step 5 is not possible in this model" in refused(written(tmp_path, LOST, trace=trace))
    trace["initial"]["A"]["state"] = "LISTEN"
    assert "does not start in the initial state" in refused(written(tmp_path, LOST, trace=trace))


def test_a_lasso_that_does_not_close_is_refused(tmp_path: Path) -> None:
    trace = json.loads(as_json(Outcome([LASSO])))["results"][0]["trace"] | {"loop": 2}
    assert "does not return to state 2" in refused(written(tmp_path, LASSO, trace=trace))


@pytest.mark.parametrize(
    "changes",
    [{"scope": {"name": "x"}}, {"meaning": 7}, {"assumptions": 3}, {"engines": {"z3": {"a": 1}}}],
)
def test_other_things_than_expected_are_refused(changes: dict[str, Any], tmp_path: Path) -> None:
    assert "not the output of --format json" in refused(written(tmp_path, LOST, **changes))


def test_the_variant_of_a_trace_has_to_be_the_one_given(tmp_path: Path) -> None:
    assert "and the trace is of no-time-wait" in refused(written(tmp_path, LOST), "rfc9293")
    told = refused(written(tmp_path, LOST, variant="my-stack"))
    assert "give the file of a variant of your own by --variant" in told


def test_a_path_has_a_limit_and_real_places() -> None:
    model = Model(VARIANTS["rfc9293"], SCOPES["default"])
    with pytest.raises(BadInput, match=f"at most {LONGEST} steps"):
        walked(model, [0] * (LONGEST + 1))
    for place in (-1, 99):
        with pytest.raises(BadInput, match="step 2 of the path is not possible"):
            walked(model, [0, place])
