"""What `tcpmc explain` says of a state, a rule or a property: prose from `meanings`, and the rest
computed from the rules and the catalogue."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from tcpmc.checks.explicit.reach import TRIED, ShortestRun, follows, run_to_rule, run_to_state
from tcpmc.checks.rule_labels import labels, written_in
from tcpmc.checks.symbolic.transitions import Arrow, state_changes
from tcpmc.checks.verdict import REFUTED, WITNESS
from tcpmc.errors import BadInput
from tcpmc.model.endpoint.rules import Rules, rule_modules
from tcpmc.model.endpoint.tcb import State
from tcpmc.model.properties.catalogue import PROPERTIES
from tcpmc.model.properties.kinds import Property
from tcpmc.model.variants.variant import RFC9293, Variant
from tcpmc.reports.layout import printable
from tcpmc.reports.scope_arguments import as_options
from tcpmc.studies.explain.meanings import MEANINGS
from tcpmc.studies.explain.searched_words import WordMeaning, word_named
from tcpmc.studies.explain.states import near_states, state_named

SECTION = re.compile(r"(?P<number>\d+(?:\.\d+)+)(?: (?P<check>[a-z]+))?")


@dataclass(frozen=True)
class Explained:
    """What there is to say of one thing: `parts` by heading, in order, and the shortest run that
    comes to it, or why none is shown."""

    name: str
    kind: Literal["state", "rule", "property", "word"]
    citation: str
    parts: dict[str, list[str]]
    run: ShortestRun | None = None
    no_run: str = ""


def explain(name: str, variant: Variant) -> Explained:
    """The explanation of a state in any spelling, a property, a word that people search for, or a
    rule label or section, such as "3.10.7.4 eighth". Raises BadInput with the nearest names."""
    state = state_named(name)
    if state is not None:
        return _state(state, variant)
    if name in PROPERTIES:
        return _property(PROPERTIES[name])
    word = word_named(name)
    if word is not None:
        return _word(word)
    found = _labels(name, variant)
    if found:
        return _rule(name, found, variant)
    raise BadInput(_unknown(name, variant))


def _word(word: WordMeaning) -> Explained:
    parts = {
        "means": [word.means],
        "must act": [word.acts],
        "properties": _told(PROPERTIES[name] for name in word.properties),
        "see it": list(word.shown),
    }
    return Explained(word.names[0], "word", word.citation, parts)


def _state(state: State, variant: Variant) -> Explained:
    about, changes = MEANINGS[state], state_changes(variant)
    parts = {
        "means": [about.meaning],
        "must act": [about.acts],
        "ends": [about.ends],
        "entered": [f"from {c.source}: {_cause(c)}" for c in changes if c.target == state],
        "left": [f"to {c.target}: {_cause(c)}" for c in changes if c.source == state],
        "in ss": [" ".join(hint.text for hint in about.look)],
        "properties": _told(prop for prop in PROPERTIES.values() if _names(prop, state))
        or ["none names it"],
    }
    run = run_to_state(variant, state)
    return Explained(
        str(state), "state", about.citation, parts, run, "no run in scope default comes to it"
    )


def _cause(change: Arrow) -> str:
    action = change.action.replace("\n", ", ")
    return change.event if action == "x" else f"{change.event} / {action}"


def _names(prop: Property, state: State) -> bool:
    """Whether the name or the meaning of a property has the state's name in it."""
    in_meaning = re.search(rf"(?<![\w-]){state}(?![\w-])", prop.meaning)
    in_name = re.search(rf"(?<!\w){state.value.lower()}(?!\w)", prop.name)
    return bool(in_meaning or in_name)


def _told(props: Iterator[Property]) -> list[str]:
    return [f"{prop.name}: {prop.meaning}" for prop in props]


def _property(prop: Property) -> Explained:
    shown = [name for name, word in prop.expected.items() if word in (REFUTED, WITNESS)]
    see = [f"tcpmc trace {prop.name} --variant {name}" for name in shown]
    parts = {
        "means": [f"{prop.kind}: {prop.meaning}"],
        "assumes": list(prop.all_assumptions),
        "expected": [f"{word} on {name}" for name, word in prop.expected.items()],
        "states": [str(state) for state in State if _names(prop, state)],
        "decide it": [f"tcpmc check {prop.name}"],
        "see it": see,
    }
    return Explained(prop.name, "property", prop.citation, parts)


def _rule(name: str, found: set[str], variant: Variant) -> Explained:
    run = run_to_rule(variant, found)
    functions = [rule for rule in _functions(variant) if written_in(rule) & found]
    parts = {
        "means": [_first_paragraph(rule) for rule in functions],
        "labels": [printable(label) for label in sorted(found)],
        "must act": [] if run is None else [_actor(run)],
        "in this trace": [] if run is None else _effect(run, found),
        "properties": _told(prop for prop in PROPERTIES.values() if _cites(prop, name)),
        "written in": [_place(rule) for rule in functions],
    }
    tried = "; ".join(" ".join(as_options(scope)) for scope in TRIED)
    return Explained(
        printable(name), "rule", "RFC 9293" if SECTION.match(name) else "", parts, run,
        f"no run comes to it in the scopes tried ({tried}); another --variant may",
    )  # fmt: skip


def _labels(name: str, variant: Variant) -> set[str]:
    """The labels that are named: one whole, or all that begin so, as far as a word ends."""
    known = labels(variant)
    whole = {label for label in known if label == name or follows((name,), {label})}
    if whole or not name.strip():
        return whole
    begin = re.compile(rf"{re.escape(name.strip().rstrip(':'))}(?![\w.]*\w)", re.IGNORECASE)
    deeper = re.compile(rf"{re.escape(name.strip())}(?=\.\d)")
    return {label for label in known if begin.match(label) or deeper.match(label)}


def _functions(variant: Variant) -> Iterator[Callable[..., Any]]:
    """Every function of the RFC's rules, and what the variant has in place of some."""
    for module in rule_modules():
        for _, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__:
                yield function
    yield Rules._checks
    for field in fields(Rules):
        rule = getattr(variant.rules, field.name)
        if rule != getattr(RFC9293, field.name):
            yield rule


def _first_paragraph(rule: Callable[..., Any]) -> str:
    text = inspect.getdoc(rule) or rule.__name__
    return printable(" ".join(text.partition("\n\n")[0].split()))


def _place(rule: Callable[..., Any]) -> str:
    code = inspect.unwrap(rule).__code__
    return printable(f"{rule.__name__}, {Path(code.co_filename).name}:{code.co_firstlineno}")


def _actor(run: ShortestRun) -> str:
    """Who brings the last step of a run about."""
    event = run.trace.events[-1]
    if event.flight is not None:
        return "The peer, by the segment that arrives."
    if event.kind.endswith("timeout"):
        return f"Nobody: the {event.kind} does."
    return f"The user, by {event.kind}."


def _effect(run: ShortestRun, found: set[str]) -> list[str]:
    """What the last step of a run does."""
    event, step = run.trace.events[-1], run.trace.steps[-1]
    assert step is not None
    assert follows(step.rules, found)
    was, now = (system.ends[event.end].state for system in run.trace.states[-2:])
    told = [f"{was} remains" if was == now else f"{was} becomes {now}"]
    told += [f"sends {segment}" for segment in step.send]
    return told + [f'the user is told "{signal}"' for signal in step.signals]


def _cites(prop: Property, name: str) -> bool:
    """Whether a property's citation names the section, and no other check of it."""
    section = SECTION.match(name)
    if section is None:
        return False
    number, check = section["number"], section["check"]
    for part in map(str.strip, re.split("[,;]", prop.citation)):
        words = part.split()
        if words and words[0] == number:
            return check is None or check in words or len(words) == 1
    return False


def _unknown(name: str, variant: Variant) -> str:
    """What to say of a name that is nothing, with the nearest ones."""
    sections = {found[0] for label in labels(variant) if (found := SECTION.match(label))}
    near: Sequence[str] = get_close_matches(name, [*PROPERTIES, *sections], n=3, cutoff=0.6)
    near = [*map(str, near_states(name)), *near][:3]
    hint = f"; nearest: {', '.join(near)}" if near else ""
    return f"{name!r} is no state, property, rule or section{hint} (see: tcpmc list)"
