"""Fixtures that several tests share, and the campaigns, which are asked for by TCPMC_CAMPAIGNS."""

import os

import pytest

from browser import browser

__all__ = ["browser"]

os.environ["TCPMC_CACHE"] = "off"  # each test decides what it asks

CAMPAIGNS = (
    "test_drive",
    "test_explored_steps",
    "test_linux_table",
    "test_mechanical_audit",
    "test_mechanical_mutants",
    "test_random_variants_z3",
    "test_sentences",
)
"""Their exhaustive tests take many minutes each, or the kernel's own time."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the campaigns, unless they are asked for."""
    if "TCPMC_CAMPAIGNS" in os.environ:
        return
    skipped = pytest.mark.skip(reason="a campaign of many minutes: set TCPMC_CAMPAIGNS=1")
    for item in items:
        if item.path.stem in CAMPAIGNS and item.get_closest_marker("exhaustive"):
            item.add_marker(skipped)
