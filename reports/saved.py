"""Traces in files: what `tcpmc trace --format json` wrote read back and replayed, and a path that
was chosen step by step written in the same form."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec import ValidationError, convert, to_builtins
from msgspec.structs import asdict

from tcpmc.checks.running.jobs import Job, Outcome, Result
from tcpmc.checks.running.stacks_of_ends import find_stacks
from tcpmc.checks.trace import ReplayError, Trace, replay
from tcpmc.checks.verdict import WITNESS, Answer, Verdict
from tcpmc.errors import BadInput
from tcpmc.model.network.scope import Scope
from tcpmc.model.network.system import Model
from tcpmc.model.properties.kinds import Reachable
from tcpmc.model.variants.pair import Stacks
from tcpmc.reports.verdict_json import SCHEMA, as_json, dumped, state_object, step_object
from tcpmc.reports.verdict_objects import ResultObject, StepObject, VerdictsObject

Json = dict[str, Any]
LONGEST = 500
"""Steps of a path: enough for any trace, and little work to replay."""


@dataclass(frozen=True)
class SavedTrace:
    """A result from a file, as it stands there, with its trace replayed by this model; `path` has
    the place of each event among the successors of its state."""

    result: Json
    model: Model
    trace: Trace
    path: tuple[int, ...]


def read_traces(name: str, source: str | None = None) -> list[SavedTrace]:
    """The traces of runs in a file that `--format json` wrote, replayed; a lemma's begins in no
    state of a run. `source` names the variant's file, where it is not one of the catalogue.

    Raises BadInput for a file that is not one, is of another version, or does not replay.
    """
    try:
        data = Path(name).read_bytes()
        document = json.loads(data)
    except OSError as error:
        raise BadInput(f"{name}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{name}: invalid JSON: {error}") from error
    schema = document.get("schema") if isinstance(document, dict) else None
    if schema != SCHEMA:
        raise BadInput(f"{name}: unknown schema {schema!r:.60}; expected {SCHEMA!r}")
    try:
        results = convert(document, VerdictsObject).results
        having = [result for result in results if result.trace and result.scope]
        found = [_replayed(result, source) for result in having]
    except ReplayError as error:
        raise BadInput(f"{name}: a trace does not replay: {error}") from error
    except (ValidationError, ValueError) as error:
        told = " ".join(str(error).split())
        raise BadInput(f"{name}: not the output of --format json: {told:.120}") from error
    if not found:
        raise BadInput(f"{name}: it contains no trace of a run")
    return found


def _replayed(result: ResultObject, source: str | None) -> SavedTrace:
    bounds, recorded = result.scope, result.trace
    assert bounds is not None
    assert recorded is not None
    model = Model(_variant(result.variant, source), Scope(**asdict(bounds)))
    told, length = f"{result.property} on {result.variant}", len(recorded.steps)
    if length > LONGEST:
        raise ReplayError(f"{told}: {length} steps, and at most {LONGEST} can be shown")
    state = model.initial()
    if state_object(state) != recorded.initial:
        raise ReplayError(f"{told}: it does not start in the initial state of its scope")
    path, events = [], []
    for number, step in enumerate(recorded.steps, 1):
        for index, (event, how, after) in enumerate(model.successors(state)):
            found = step_object(event, how, after)
            if _happens(found) == _happens(step) and found.state == step.state:
                path.append(index)
                events.append(event)
                state = after
                break
        else:
            raise ReplayError(f"{told}: step {number} is not possible in this model")
    shown: Json = to_builtins(result)
    return SavedTrace(shown, model, replay(model, events, recorded.loop), tuple(path))


def _happens(step: StepObject) -> tuple[object, ...]:
    return step.event, step.end, step.segment, step.iss_offset


def _variant(name: str, source: str | None) -> Stacks:
    if source is None:
        try:
            return find_stacks(name)
        except BadInput as error:
            hint = "give the file of a variant of your own by --variant"
            raise BadInput(f"{error}; {hint}") from error
    variant = find_stacks(source)
    if variant.name != name:
        raise BadInput(f"--variant {source} is {variant.name}, and the trace is of {name}")
    return variant


def walked(model: Model, path: Sequence[int]) -> Trace:
    """The run that takes, from each state, the successor in that place; replayed.

    Raises BadInput where there is no such place, or the path is too long.
    """
    if len(path) > LONGEST:
        raise BadInput(f"a path has at most {LONGEST} steps")
    state, events = model.initial(), []
    for number, index in enumerate(path, 1):
        successors = list(model.successors(state))
        if not 0 <= index < len(successors):
            raise BadInput(f"step {number} of the path is not possible")
        event, _, state = successors[index]
        events.append(event)
    return replay(model, events)


def path_of(model: Model, trace: Trace) -> tuple[int, ...]:
    """The path of a run of the model: in which place of its state's successors each event is."""
    found = []
    for before, event, after in zip(trace.states, trace.events, trace.states[1:], strict=False):
        successors = ((one, state) for one, _, state in model.successors(before))
        found.append(next(i for i, one in enumerate(successors) if one == (event, after)))
    return tuple(found)


def as_saved(model: Model, source: str, trace: Trace) -> str:
    """A path as `tcpmc trace --format json` would write it: as the witness of the state that it
    leads to, which nobody asked for by a name."""
    end = trace.states[-1]
    prop = Reachable(
        name="path",
        meaning="the last state of a path that was chosen step by step",
        citation="tcpmc explore",
        expected={},
        goals=(lambda model, state: state == end,),
    )
    job = Job(prop, model.variant, source, model.scope, ("hand",))
    answers = {"hand": Answer(WITNESS, f"chosen by hand, {len(trace)} steps", trace)}
    verdict = Verdict(prop, model.variant, model.scope, answers)
    document = json.loads(as_json(Outcome([Result(job, verdict)])))
    document["results"][0]["command"] = "tcpmc explore --trace FILE"
    return dumped(document, indent=2)
