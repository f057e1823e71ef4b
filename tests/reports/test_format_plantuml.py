"""PlantUML: one statement a line, and nothing that a user's text can add; drawn where it is."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from golden_files import assert_golden
from results import EVENTFUL, LASSO, LOST, endless, hostile
from tcpmc.checks.running.jobs import Result
from tcpmc.reports.formats.plantuml import plantuml

# The statements that we use; a text has nothing that the preprocessor or Creole would read.
TEXT = r"(?:[\w .,()=+'-]|: |<U\+[0-9A-F]{4,6}>)+"
STATEMENT = re.compile(
    rf'@startuml|@enduml|title {TEXT}|participant "{TEXT}" as [AB]|loop for ever|end'
    rf"|[AB] (?:->|->x) [AB] : {TEXT}|note over (?:A|B|A, B) : {TEXT}(?:\\n{TEXT})*"
)
EVERY = {"lost": LOST, "lasso": LASSO, "eventful": EVENTFUL, "hostile": hostile()}


def statements(result: Result) -> list[str]:
    lines = plantuml(result).removesuffix("\n").split("\n")
    for line in lines:
        assert STATEMENT.fullmatch(line), line
        assert not re.search(r"--|\.\.|__|''|~|//|\*\*", line), line
    assert (lines[0], lines[-1]) == ("@startuml", "@enduml")
    assert lines.count("@enduml") == 1
    return lines


def test_a_refutation_with_losses() -> None:
    statements(LOST)
    assert_golden("plantuml-graceful-close.puml", plantuml(LOST))


def test_a_lasso_is_a_loop() -> None:
    lines = statements(LASSO)
    assert lines.index("loop for ever") < lines.index("end")


def test_ticks_duplicates_and_expiry() -> None:
    told = "\n".join(statements(EVENTFUL))
    assert "note over A, B : time 1" in told
    assert "duplicated" in told and "expired" in told


def test_hostile_text_is_text() -> None:
    assert any("<U+003C>script<U+003E>" in line for line in statements(hostile()))


def test_a_very_long_trace_is_shortened() -> None:
    assert any("are left out" in line for line in statements(endless(3000)))


@pytest.mark.exhaustive
@pytest.mark.skipif(shutil.which("plantuml") is None, reason="needs plantuml")
@pytest.mark.parametrize("name", EVERY)
def test_plantuml_draws_it(name: str, tmp_path: Path) -> None:
    (tmp_path / "trace.puml").write_text(plantuml(EVERY[name]), encoding="utf-8")
    command = ["plantuml", "-charset", "UTF-8", "-tsvg", "trace.puml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    drawn = (tmp_path / "trace.svg").read_text(encoding="utf-8")
    assert "Syntax Error" not in drawn
    assert "TCP Peer B" in drawn.replace("\u00a0", " ")
