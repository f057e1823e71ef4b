"""Whether a user's own rule has ever answered in another way than the RFC's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from tcpmc.model.endpoint.rules import Rules
from tcpmc.model.endpoint.tcb import Step
from tcpmc.model.variants.variant import RFC9293


@dataclass
class ComparedWithRfc:
    """A rule beside the RFC's of that name; `differs` once it has answered in another way. Labels
    are the rule's own affair."""

    name: str
    differs: bool = False

    def on(self, arguments: tuple[Any, ...], step: Step) -> None:
        """Compare what the rule answered to these arguments."""
        if not self.differs:
            rfc: Callable[..., Step] = getattr(RFC9293, self.name)
            other = rfc(*arguments)
            told = (step.tcb, step.send, step.signals, step.done)
            self.differs = told != (other.tcb, other.send, other.signals, other.done)


def never_differed(rules: Rules) -> list[str]:
    """The user's own rules, by name, that have answered as the RFC's do whenever they were asked,
    or were never asked."""
    functions = [getattr(rules, entry.name) for entry in fields(rules)]
    compared = [vars(rule).get("compared") for rule in functions if hasattr(rule, "__dict__")]
    return [record.name for record in compared if record is not None and not record.differs]
