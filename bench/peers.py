"""SPIN and Murphi (rumur), each at its best on the benchmark's model."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bench.measure import Failed, Process, Run, Size, run
from bench.murphi import murphi
from bench.promela import goal as promela_goal
from bench.promela import promela
from bench.sizes import SIZES

# No partial order reduction (it does not apply: one process), safety only, no check of indices, no
# state compression, no fairness: the fastest exact search that SPIN has.
SPIN_FLAGS = ("-DNOREDUCE", "-DSAFETY", "-DNOBOUNDCHECK", "-DNOCOMP", "-DNOFAIR")
DEPTH = 2000  # of the depth-first stack: more than any size needs


def missing(*programs: str) -> list[str]:
    """Which of the programs are not installed."""
    return [program for program in programs if shutil.which(program) is None]


def versions() -> list[str]:
    """What the peers and the compiler call themselves."""
    asked = (("spin", "-V"), ("rumur", "--version"), ("gcc", "--version"))
    found = []
    for program, option in asked:
        if not missing(program):
            said = subprocess.run([program, option], capture_output=True, text=True, check=False)
            found.append((said.stdout or said.stderr).splitlines()[0])
    return found


@dataclass(frozen=True)
class Spin:
    """SPIN with the flags of its verifier; `parallel` and breadth-first search take no hidden
    variables. The hash table has as many places as states, or up to twice as many."""

    name: str
    flags: tuple[str, ...] = ()
    optimise: str = "-O3"
    hidden: bool = True

    def run(self, size: Size, directory: Path, goal: bool = False) -> Run:
        bad = promela_goal(size[1]) if goal else ""
        (directory / "model.pml").write_text(promela(*size, bad=bad, hidden=self.hidden))
        build = run(["spin", "-a", "model.pml"], directory).wall
        flags = (*SPIN_FLAGS, *self.flags)
        build += run(["gcc", self.optimise, *flags, "-o", "pan", "pan.c"], directory).wall
        table = f"-w{SIZES[size][0].bit_length()}"
        return self._parsed(run(["./pan", table, f"-m{DEPTH}"], directory), build)

    def _parsed(self, process: Process, build: float) -> Run:
        def said(pattern: str) -> str:
            found = re.search(pattern, process.output)
            if found is None:
                raise Failed(f"{self.name}: {process.output[-500:]}")
            return found[1]

        errors = int(said(r"errors: (\d+)"))
        return Run(
            search=float(said(r"elapsed time ([\d.e+]+) seconds")),
            process=process.wall,
            cpu=process.cpu,
            build=build,
            peak=process.peak,
            states=int(float(said(r"([\d.e+]+) states, stored"))),
            transitions=said(r"([\d.e+]+) transitions"),
            depth=int(said(r"depth reached (\d+)")) if errors else None,
        )

    @staticmethod
    def expected(size: Size) -> str:
        """What it must print for transitions: the initial state is one, and 8 digits are shown."""
        return f"{SIZES[size][1] + 1:.8g}"


@dataclass(frozen=True)
class Rumur:
    """Murphi's search as rumur compiles it, without its packing of states."""

    name: str = "murphi"
    threads: int = 1

    def run(self, size: Size, directory: Path, goal: bool = False) -> Run:
        (directory / "model.m").write_text(murphi(*size))
        options = ["--deadlock-detection", "off", "--pack-state", "off", "--quiet"]
        options += ["--output-format", "machine-readable", "--threads", f"{self.threads}"]
        build = run(["rumur", *options, "-o", "murphi.c", "model.m"], directory).wall
        flags = ["-O3", "-march=native", "-mcx16", "-o", "murphi", "murphi.c", "-lpthread", "-lm"]
        build += run(["gcc", *flags], directory).wall
        process = run(["./murphi"], directory)
        summary = re.search(r'<summary states="(\d+)" rules_fired="(\d+)"', process.output)
        if summary is None:
            raise Failed(f"{self.name}: {process.output[-500:]}")
        return Run(
            search=process.wall,
            process=process.wall,
            cpu=process.cpu,
            build=build,
            peak=process.peak,
            states=int(summary[1]),
            transitions=summary[2],
        )

    @staticmethod
    def expected(size: Size) -> str:
        """What it must print for transitions."""
        return f"{SIZES[size][1]}"


TUNED = Spin("spin")
QUICKLY_BUILT = Spin("spin, compiled by -O0", optimise="-O0")
TWO_CORES = Spin("spin on 2 cores", ("-DBFS_PAR", "-DNCORE=2"), hidden=False)
BREADTH_FIRST = Spin("spin, breadth first", ("-DBFS",), hidden=False)
MURPHI = Rumur()
