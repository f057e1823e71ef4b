"""Properties decided on a machine: only what its alphabet allows to say.

Twice: once where the user is told of resets and of the other end's FIN, and once where he never is,
for a machine does not show that. A verdict that depends on it is none, nor is one where a segment
can arrive to which the machine has no answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tcpmc.checks.drive.machine_rules import MachineRules, is_lost, lost
from tcpmc.checks.explicit.explicit_engine import ExplicitEngine, Progress
from tcpmc.checks.explicit.settings import Exploring
from tcpmc.checks.trace import Trace
from tcpmc.checks.verdict import INCONCLUSIVE, REFUTED, UNREACHABLE, WITNESS, Answer
from tcpmc.model.network.scope import Scope
from tcpmc.model.network.system import Model
from tcpmc.model.properties.kinds import Lemma, Property, Reachable
from tcpmc.model.variants.variant import Variant

BEYOND = Reachable(
    name="machine-has-no-answer",
    meaning="A segment arrives to which the machine has no answer.",
    citation="",
    goals=(lost,),
    expected={},
)


def is_machine(variant: Variant) -> bool:
    """Whether the variant is a machine."""
    return isinstance(variant.rules, MachineRules)


def answers_on_machine(
    variant: Variant, scope: Scope, props: Sequence[Property], progress: Progress
) -> dict[str, Answer]:
    """The answers, by name: INCONCLUSIVE, with the reason, where the alphabet allows none."""
    cannot = {prop.name: why for prop in props if (why := undecidable(prop, scope))}
    found = {name: Answer(INCONCLUSIVE, why) for name, why in cannot.items()}
    left = [prop for prop in props if prop.name not in cannot]
    if not left:
        return found
    both = [_decided(variant, tells, scope, left, progress) for tells in (False, True)]
    for prop in left:
        silent, told = (answers[prop.name] for answers in both)
        found[prop.name] = silent
        if silent.word != told.word:
            why = f"{silent.word} if the user is told nothing, {told.word} if he is told of resets"
            found[prop.name] = Answer(INCONCLUSIVE, f"a machine does not show that: {why}")
    return found


def undecidable(prop: Property, scope: Scope) -> str:
    """Why no machine can decide a property; "" where it may."""
    if isinstance(prop, Lemma):
        return "it asks about one step from every TCB: a machine has its own states only"
    if scope.start != "closed":
        return "it begins in ESTABLISHED: a machine begins at its start"
    if scope.clock:
        return "it counts time: a machine has no timers"
    if scope.channel != "fifo" or scope.loss != "none" or scope.duplication:
        return "segments are lost, repeated or reordered: a machine knows those in order only"
    if scope.crashes or scope.attacks:
        return "a host crashes, or segments are forged: a machine knows of neither"
    return ""


def _decided(
    variant: Variant, tells: bool, scope: Scope, props: Sequence[Property], progress: Progress
) -> dict[str, Answer]:
    rules = variant.rules
    assert isinstance(rules, MachineRules)
    there = replace(variant, rules=replace(rules, tells=tells))
    engine = ExplicitEngine(Model(there, scope), progress, Exploring())
    answers = engine.decide([*props, BEYOND])
    beyond = answers.pop(BEYOND.name)
    return {name: _allowed(rules, answer, beyond) for name, answer in answers.items()}


def _allowed(rules: MachineRules, answer: Answer, beyond: Answer) -> Answer:
    """The answer, if it does not rest on a step that the machine does not tell."""
    if answer.trace is not None:
        if answer.word == REFUTED and _waits_for_timer(answer.trace):
            why = "it waits for a retransmission in the end: a machine has no timers"
            return Answer(INCONCLUSIVE, why)
        if not _is_lost_in(rules, answer.trace):
            return answer
    elif not answer.definite or beyond.word == UNREACHABLE:
        return answer
    if beyond.word != WITNESS or beyond.trace is None:
        return Answer(INCONCLUSIVE, f"whether a segment is no letter is open: {beyond.method}")
    event = beyond.trace.events[-1]
    segment = event.flight.segment if event.flight else event.kind
    state = beyond.trace.states[-2].ends[event.end].state
    told = f"the machine has no answer to {segment} in {state}, after {len(beyond.trace)} steps"
    return Answer(INCONCLUSIVE, told)


def _waits_for_timer(trace: Trace) -> bool:
    """Whether something is not acknowledged in the end, which a timer would send again."""
    return any(end.tcb.snd_una != end.tcb.snd_nxt for end in trace.states[-1].ends)


def _is_lost_in(rules: MachineRules, trace: Trace) -> bool:
    return any(is_lost(rules, end.tcb) for state in trace.states for end in state.ends)
