"""What the rules of a variant do, worked out once for equal arguments, in all scopes explored.

A rule is a pure function of the host, the TCB and the segment, and the history after a step one of
the history before and the step: what they come to in one scope they come to in each. The engine's
tables ask a model with a memory; a trace is replayed by the model itself.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, fields, replace
from operator import attrgetter
from typing import TypeVar
from weakref import WeakKeyDictionary

from tcpmc.model.endpoint.event_kinds import EventKind
from tcpmc.model.endpoint.profile import Host
from tcpmc.model.endpoint.rules import Rules
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.tcb import Step, Tcb
from tcpmc.model.network.history import History
from tcpmc.model.network.scope import Scope
from tcpmc.model.network.system import Model
from tcpmc.model.variants.pair import Stacks
from tcpmc.model.variants.variant import Variant

MOST = 1 << 16
"""Values that a memory keeps. What comes after them is worked out each time, so that the memory
stays small where there are many ends."""

OF_HOST = attrgetter(*(entry.name for entry in fields(Host) if entry.name != "profile"))
"""What a rule may consult of its host besides the profile, of which a variant has one."""

Value = TypeVar("Value")


def _remembered(
    memory: dict[Hashable, Value], key: Hashable, work_out: Callable[[], Value]
) -> Value:
    value = memory.get(key)
    if value is None:
        value = work_out()
        if len(memory) < MOST:
            memory[key] = value
    return value


@dataclass(frozen=True)
class RememberedRules(Rules):
    """Rules with a memory of their steps, for one profile and one width of the numbers (numbers of
    two widths can be equal); and the histories after these. `own` are asked, for they may be of a
    class of the user's."""

    own: Rules = field(default_factory=Rules)
    steps: dict[Hashable, Step] = field(default_factory=dict, compare=False, repr=False)
    histories: dict[Hashable, History] = field(default_factory=dict, compare=False, repr=False)

    def call(self, event: EventKind, host: Host, tcb: Tcb, octets: int = 1) -> Step:
        """A user call or a timeout."""
        key = event, OF_HOST(host), tcb, octets
        return _remembered(self.steps, key, lambda: self.own.call(event, host, tcb, octets))

    def segment_arrives(self, host: Host, tcb: Tcb, seg: Segment) -> Step:
        """SEGMENT ARRIVES."""
        key = OF_HOST(host), tcb, seg
        return _remembered(self.steps, key, lambda: self.own.segment_arrives(host, tcb, seg))


class RememberingModel(Model):
    """A model of which the rules of both ends, and what they make of histories, are remembered."""

    def __init__(self, variant: Stacks, scope: Scope, hosts: tuple[Host, Host]) -> None:
        super().__init__(variant, scope, hosts)
        self._histories = _memory(self.stacks[0], scope.bits).histories
        a, b = (replace(one, rules=_memory(one, scope.bits)) for one in self.stacks)
        self.stacks = (a, b)

    def observed(
        self, history: History, event: EventKind, before: Tcb, step: Step, seg: Segment | None
    ) -> History:
        """The history after a step."""
        key = history, event, before, step, seg
        observed = super().observed
        return _remembered(
            self._histories, key, lambda: observed(history, event, before, step, seg)
        )


_known: WeakKeyDictionary[Variant, dict[int, RememberedRules]] = WeakKeyDictionary()


def _memory(stack: Variant, bits: int) -> RememberedRules:
    """The rules of a stack with their memory, which lasts as long as the stack."""
    by_width = _known.setdefault(stack, {})
    if bits not in by_width:
        plain = {entry.name: getattr(stack.rules, entry.name) for entry in fields(Rules)}
        by_width[bits] = RememberedRules(**plain, own=stack.rules)
    return by_width[bits]


def remembering(model: Model) -> Model:
    """The same model with a memory. One of another class is left as it is: what it does is its
    own."""
    if type(model) not in (Model,):
        return model
    return RememberingModel(model.variant, model.scope, model.hosts)
