"""The page of a run: `-o html=FILE`."""

from __future__ import annotations

from tcpmc.checks.running.jobs import Outcome
from tcpmc.web.data import run_data
from tcpmc.web.document import document


def html(outcome: Outcome) -> str:
    """The whole run as one HTML file."""
    return document(run_data(outcome))
