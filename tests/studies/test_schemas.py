"""The schemas in docs/ are those of the types that are written and read.

`TCPMC_GOLDEN=write` writes them.
"""

import json
import os
import tomllib
from dataclasses import fields

import pytest

from checkout import ROOT
from results import EVENTFUL, LASSO, LOST
from tcpmc.checks.running.jobs import ENGINES, Outcome, Result
from tcpmc.model import Scope
from tcpmc.model.endpoint.tcb import State
from tcpmc.reports.verdict_json import as_json
from tcpmc.reports.verdict_objects import ScopeObject, StateName
from tcpmc.studies.schemas import SCHEMAS


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_published_schema_is_that_of_the_type(name: str) -> None:
    path, text = ROOT / "docs" / name, json.dumps(SCHEMAS[name](), indent=2) + "\n"
    if os.environ.get("TCPMC_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_refers_to_no_other_file(name: str) -> None:
    text = json.dumps(SCHEMAS[name]())
    assert text.count('"$ref": "') == text.count('"$ref": "#/$defs/')


def test_a_scope_in_json_has_the_bounds_of_a_scope() -> None:
    assert ScopeObject.__struct_fields__ == tuple(field.name for field in fields(Scope))


def test_every_engine_and_state_has_a_name_in_the_schema() -> None:
    assert {*StateName.__args__} == {state.value for state in State}  # type: ignore[attr-defined]
    told = json.dumps(SCHEMAS["verdicts.schema.json"]())
    assert f"^({'|'.join((*ENGINES, 'hand'))})$" in told or all(name in told for name in ENGINES)


@pytest.mark.parametrize("result", [EVENTFUL, LASSO, LOST], ids=["eventful", "lasso", "lost"])
def test_a_plain_validator_reads_the_schema_of_a_line(result: Result) -> None:
    import jsonschema

    line = {
        "schema": "tcpmc/verdict/1",
        "version": "1",
        "result": json.loads(as_json(Outcome([result])))["results"][0],
    }
    schema = json.loads((ROOT / "docs" / "verdict.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(line, schema)
    line["more"] = 1
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(line, schema)


def test_the_claims_and_runs_of_ours_follow_their_schemas() -> None:
    import jsonschema

    for name, path in (
        ("claims.schema.json", ROOT / "studies" / "claims" / "claims.toml"),
        ("run.schema.json", ROOT / "docs" / "runs" / "two-msl.toml"),
    ):
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        jsonschema.validate(document, SCHEMAS[name]())
