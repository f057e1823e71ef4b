"""A variant: a profile, or a profile with some rules replaced."""

from __future__ import annotations

from dataclasses import dataclass

from tcpmc.model.endpoint.profile import Profile
from tcpmc.model.endpoint.rules import Rules
from tcpmc.model.middleboxes.middlebox import Middlebox

RFC9293 = Rules()


@dataclass(frozen=True)
class Variant:
    """A stack: its name, what is different in it (one line), its switches and its rules; and the
    middlebox that stands beside its end, if one does."""

    name: str
    title: str = ""
    profile: Profile = Profile()
    rules: Rules = RFC9293
    middlebox: Middlebox | None = None

    def at(self, which: int) -> Variant:
        """The stack of that end (0 is A, 1 is B): this one, at both. (A `StackPair` has two.)"""
        return self
