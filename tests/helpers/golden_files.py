"""Texts that the tests compare byte by byte with files; TCPMC_GOLDEN=write writes the files."""

import os

from checkout import TESTS

GOLDEN = TESTS / "golden"


def assert_golden(name: str, text: str) -> None:
    """The text is what tests/golden/ has under that name."""
    path = GOLDEN / name
    if os.environ.get("TCPMC_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"{name}: is it right? TCPMC_GOLDEN=write"
