"""An exploration that is cut off goes on from its checkpoint, and ends as it would have."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tcpmc.checks.explicit.explicit_engine import ExplicitEngine
from tcpmc.checks.explicit.settings import Exploring
from tcpmc.checks.statespace import checkpoint as module
from tcpmc.checks.statespace.checkpoint import Foreign
from tcpmc.checks.verdict import Answer
from tcpmc.model.network.scope import Scope
from tcpmc.model.network.system import Model
from tcpmc.model.properties.catalogue import PROPERTIES
from tcpmc.model.variants.shipped import VARIANTS

SCOPE = Scope("tiny", capacity=1, data=0)
NAMES = ("closing-both", "no-deadlock", "graceful-close")


class Cut(KeyboardInterrupt):
    pass


def decided(
    folder: Path | None, stop_at: int | None = None, scope: Scope = SCOPE, backend: str = "auto"
) -> tuple[dict[str, Answer], tuple[int, int, int], list[str]]:
    """The answers, the size of the graph, and what the user was told."""
    notes: list[str] = []
    exploring = Exploring(backend, 1, folder, note=notes.append)
    engine = ExplicitEngine(Model(VARIANTS["rfc9293"], scope), exploring=exploring)

    def progress(graph: object) -> None:
        if stop_at is not None and engine.graph is not None and engine.graph.depth == stop_at:
            raise Cut

    engine.progress = progress
    answers = engine.decide([PROPERTIES[name] for name in NAMES])
    assert engine.graph is not None
    return answers, (engine.graph.states, engine.graph.edges, engine.graph.depth), notes


@pytest.fixture(scope="module")
def whole() -> tuple[dict[str, Answer], tuple[int, int, int], list[str]]:
    return decided(None)


@pytest.mark.parametrize("level", [0, 5, 11])
@pytest.mark.parametrize("backend", ["auto", "numpy"])
def test_a_run_that_was_cut_off_goes_on(
    tmp_path: Path, level: int, backend: str, whole: object
) -> None:
    answers, _, _ = decided(tmp_path, stop_at=level)
    assert "complete to depth" in answers["no-deadlock"].method
    assert decided(tmp_path, backend=backend) == whole


def test_a_run_that_was_killed_goes_on(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tcpmc", "check", "closing-both", "no-deadlock", "--quiet"]
    command += ["--engine", "explicit", "--scope", "small", "--format", "json"]
    running = subprocess.Popen([*command, "--checkpoint", str(tmp_path)], stdout=subprocess.DEVNULL)
    while running.poll() is None and len(list(tmp_path.glob("*/level-????"))) < 6:
        pass
    running.send_signal(signal.SIGKILL)
    running.wait()
    resumed = subprocess.run([*command, "--resume", str(tmp_path)], capture_output=True, check=True)
    assert resumed.stdout == subprocess.run(command, capture_output=True, check=True).stdout


def test_damage_is_mended_by_any_backend(tmp_path: Path, whole: object) -> None:
    """The levels after it are written again, perhaps in another form."""
    decided(tmp_path)
    (third,) = tmp_path.glob("*/level-0003")
    third.unlink()
    decided(tmp_path, backend="numpy", stop_at=5)
    assert len(list(tmp_path.glob("*/level-*"))) == 6
    assert decided(tmp_path) == whole


@pytest.mark.parametrize("seed", range(8))
def test_damage_anywhere_costs_levels_but_changes_nothing(
    tmp_path: Path, seed: int, whole: tuple[dict[str, Answer], tuple[int, int, int], list[str]]
) -> None:
    decided(tmp_path)
    choose = random.Random(seed)
    path = choose.choice(sorted(tmp_path.glob("*/level-*"))[1:])
    content = bytearray(path.read_bytes())
    at = choose.randrange(len(content))
    if seed % 2:
        content[at] ^= 1 << choose.randrange(8)
    else:
        del content[at:]
    path.write_bytes(content)
    answers, size, notes = decided(tmp_path)
    assert (answers, size) == whole[:2]
    assert "is damaged" in notes[0] and len(notes) == 1


def test_nothing_is_taken_from_a_checkpoint_whose_first_level_is_damaged(tmp_path: Path) -> None:
    decided(tmp_path)
    (first,) = tmp_path.glob("*/level-0000")
    first.write_bytes(first.read_bytes()[:-1])
    with pytest.raises(Foreign, match=r"level-0000 is damaged \(its checksum is wrong\)"):
        decided(tmp_path)


def test_levels_of_two_runs_do_not_mix(tmp_path: Path) -> None:
    decided(tmp_path / "one", stop_at=4)
    decided(tmp_path / "two", scope=SCOPE.with_(aborts=True), stop_at=6)
    (one,), (two,) = tmp_path.glob("one/*"), tmp_path.glob("two/*")
    (one / "level-0003").write_bytes((two / "level-0003").read_bytes())
    with pytest.raises(Foreign, match="aborts=True"):
        decided(tmp_path / "one")


def test_a_checkpoint_of_other_rules_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a user has changed the file of a variant since."""
    decided(tmp_path)
    monkeypatch.setitem(VARIANTS, "rfc9293", VARIANTS["no-time-wait"])
    (folder,) = tmp_path.iterdir()
    renamed = Exploring(folder=tmp_path).checkpoint_for(Model(VARIANTS["rfc9293"], SCOPE))
    assert renamed is not None
    mine = renamed.identity.replace("no-time-wait", "rfc9293")
    engine = ExplicitEngine(Model(VARIANTS["rfc9293"], SCOPE))
    found = module.Checkpoint(folder, mine)
    with pytest.raises(Foreign, match="made by other rules"):
        list(found.load(Exploring().backend_for(engine.table).tables))


def test_a_full_disk_is_told_and_nothing_half_written(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    whole: tuple[dict[str, Answer], tuple[int, int, int], list[str]],
) -> None:
    synced = os.fsync
    calls = iter(range(1000))

    def full(descriptor: int) -> None:
        if next(calls) in (6, 9):
            raise OSError(28, "No space left on device")
        synced(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    answers, size, notes = decided(tmp_path)
    assert (answers, size) == whole[:2]
    assert len(notes) == 2 and "No space left on device" in notes[0]
    monkeypatch.undo()
    assert not list(tmp_path.glob("*/*.new"))
    levels = len(list(tmp_path.glob("*/level-*")))
    assert levels == size[2] + 1, "what could not be written was written later"
    assert decided(tmp_path) == whole


def test_a_disk_that_stays_full_is_told_once(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    whole: tuple[dict[str, Answer], tuple[int, int, int], list[str]],
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    answers, size, notes = decided(tmp_path)
    assert (answers, size) == whole[:2]
    assert len(notes) == 1 and "each level tries again" in notes[0]
    assert not list(tmp_path.glob("*/level-*"))
