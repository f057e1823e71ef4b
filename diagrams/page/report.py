"""The page of a run: `-o html=FILE`."""

from __future__ import annotations

from tcpmc.checks.jobs import Outcome
from tcpmc.diagrams.page.data import run_data
from tcpmc.diagrams.page.document import document


def html(outcome: Outcome) -> str:
    """The whole run as one HTML file."""
    return document(run_data(outcome))
