"""Module names of version 0.1.0, so that variant files written for it can still be imported.

`tcpmc.model.tcb` is `tcpmc.model.endpoint.tcb`, and so on. New files import from `tcpmc.model`.
"""

from __future__ import annotations

import sys
from types import ModuleType

from tcpmc.model.endpoint import (
    profile,
    reopening,
    rules,
    segment,
    segment_arrives,
    sequence,
    tcb,
    timeouts,
    timestamps,
    user_calls,
)
from tcpmc.model.network import channel, history, product, scope, system
from tcpmc.model.properties import kinds
from tcpmc.model.variants import variant

FORMER: dict[str, ModuleType] = {
    "channel": channel,
    "history": history,
    "product": product,
    "profile": profile,
    "property": kinds,
    "reopening": reopening,
    "rules": rules,
    "scope": scope,
    "segment": segment,
    "segment_arrives": segment_arrives,
    "sequence": sequence,
    "system": system,
    "tcb": tcb,
    "timeouts": timeouts,
    "timestamps": timestamps,
    "user_calls": user_calls,
    "variant": variant,
}


def register() -> None:
    """Make the former names importable."""
    for name, module in FORMER.items():
        sys.modules.setdefault(f"tcpmc.model.{name}", module)
