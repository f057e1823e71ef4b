"""Rules of a user are asked again: what they return may hang on their arguments only.

Each call is made twice, on copies of the arguments. Of all calls a sample is kept, and at every
`OFTEN`-th call, on average, one of the sample is asked once more, at a random moment; all of it
is at the end, before a verdict is given. So a rule that changes its mind after some number of
calls is found out. What a rule keeps from one call to the next, in a list or a dict that it
names, is looked at too: before the first call and at the end it has to be the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from random import Random
from typing import Any

from tcpmc.checks.own_rules.hangs_on import hangs_on
from tcpmc.checks.own_rules.kept_values import Kept
from tcpmc.errors import BadInput
from tcpmc.model.endpoint.rules import Rules
from tcpmc.model.endpoint.segment import Segment
from tcpmc.model.endpoint.sequence import Seq
from tcpmc.model.endpoint.tcb import Step, Tcb
from tcpmc.model.variants.pair import Stacks

SAMPLE, OFTEN = 64, 8
"""Calls of a rule that are kept; and of so many calls one is followed by another one again."""

Arguments = tuple[Any, ...]


class AskedAgain:
    """A sample of the calls of one rule, and what it returned each time."""

    def __init__(
        self, call: Callable[..., object], name: str, place: str, rule: Callable[..., Any]
    ) -> None:
        self.name, self.told, self._call = name, f"{place}: rule {name}", call
        self._rule, self._kept = rule, Kept(rule)
        self._sample: list[tuple[Arguments, Step]] = []
        self._random, self._calls = Random(0), 0

    def again(self, arguments: Arguments, step: Step) -> None:
        """Ask once more on copies of the arguments, and perhaps on some of another call. Raises
        BadInput where the rule returns something else than it did."""
        self._ask(arguments, step)
        self._calls += 1
        if len(self._sample) < SAMPLE:
            self._sample.append((_copied(arguments), step))
        elif self._random.random() < SAMPLE / self._calls:  # each call is as likely to be in it
            self._sample[self._random.randrange(SAMPLE)] = _copied(arguments), step
        if self._random.randrange(OFTEN) == 0:
            self._ask(*self._random.choice(self._sample))

    def once_more(self) -> None:
        """Ask on the whole sample. Raises BadInput."""
        for arguments, step in self._sample:
            self._ask(arguments, step)

    @property
    def unsteady(self) -> str:
        """What the rule hangs on besides its arguments, or has kept since the first call; "" if
        nothing is known of the kind."""
        kept = self._kept.changed()
        return hangs_on(self._rule) or (kept and f"it keeps {kept} from one call to the next")

    def _ask(self, arguments: Arguments, step: Step) -> None:
        if self._call(*_copied(arguments)) != step:
            raise BadInput(
                f"{self.told} is not pure: called again with equal arguments it returns "
                "another Step"
            )


def ask_again(stacks: Stacks) -> None:
    """Ask each rule of the user's, of a variant or of both in a pair, on a sample of the calls so
    far. Raises BadInput for one that is not pure, or may not be: then no verdict can be given."""
    for asked in (one for stack in {stacks.at(0), stacks.at(1)} for one in asked_of(stack.rules)):
        asked.once_more()
        if asked.unsteady:
            raise BadInput(f"{asked.told} is not pure: {asked.unsteady}")


def asked_of(rules: Rules) -> Iterator[AskedAgain]:
    """The samples of the calls of the user's own rules."""
    for entry in fields(rules):
        record = getattr(getattr(rules, entry.name), "asked", None)
        if isinstance(record, AskedAgain):
            yield record


def _copied(arguments: Arguments) -> Arguments:
    """The arguments as values of their own, that share nothing that can be changed."""
    return tuple(map(_copy, arguments))


def _copy(value: Any) -> Any:
    if isinstance(value, Seq):
        return Seq(value.value, value.bits)
    if isinstance(value, Tcb | Segment):
        return replace(value, **{f.name: _copy(getattr(value, f.name)) for f in fields(value)})
    return value
