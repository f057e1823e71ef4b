"""This explorer with each of its backends, as a contestant."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.measure import Run, Size
from bench.measure import run as run_process

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Ours:
    """The explorer with one of its backends."""

    backend: str
    threads: int = 1

    @property
    def name(self) -> str:
        """numpy, kernel or kernel on 2 cores."""
        return self.backend if self.threads == 1 else f"{self.backend} on {self.threads} cores"

    def run(self, size: Size, directory: Path, goal: bool = False) -> Run:
        return self.explore(["tcp", *map(str, size), *(["--goal"] if goal else [])])

    def explore(self, system: list[str]) -> Run:
        """The system explored in a process of its own."""
        command = [sys.executable, "-m", "bench.worker", *system]
        command += ["--backend", self.backend, "--threads", f"{self.threads}"]
        process = run_process(command, ROOT)
        said = json.loads(process.output)
        return Run(
            search=said["search"],
            process=process.wall,
            cpu=said["cpu"],
            tables=said["tables"],
            trace=said["trace"],
            peak=process.peak,
            states=said["states"],
            transitions=f"{said['transitions']}",
            depth=said["depth"],
        )


NUMPY, KERNEL, TWO_THREADS = Ours("numpy"), Ours("kernel"), Ours("kernel", 2)
