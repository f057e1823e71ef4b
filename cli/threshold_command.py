"""The command about dense time: `threshold`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from tcpmc.checks.running.loading import find_theorem, find_variant
from tcpmc.checks.verdict import (
    DISAGREE,
    EXIT_AS_EXPECTED,
    EXIT_DISAGREE,
    EXIT_INCONCLUSIVE,
    EXIT_UNEXPECTED,
    INCONCLUSIVE,
    REFUTED,
    VACUOUS,
)
from tcpmc.cli.command_settings import OutputSettings, typed
from tcpmc.cli.options import DEBUG, QUIET, RFC_OR_VARIANT, Amount, completing, result_options
from tcpmc.cli.output_formats import PROOF_FORMATS
from tcpmc.cli.outputs import opening, proof_requests, writes_proof
from tcpmc.cli.run_options import progress_of
from tcpmc.errors import BadInput
from tcpmc.model.timed.assumptions import ASSUMPTIONS
from tcpmc.model.timed.theorems import THEOREMS
from tcpmc.model.variants.variant import Variant

if TYPE_CHECKING:
    from tcpmc.checks.timed.threshold import Finder, Threshold, ThresholdQuestion
    from tcpmc.checks.timed.timed_replay import TimedTrace

THEOREM_NAMES = completing([*THEOREMS])
ASSUME = click.option(
    "--assume", multiple=True, metavar="NAME|COMPARISON", shell_complete=completing([*ASSUMPTIONS]),
    help="Further assumption, besides those of the theorem; may be repeated.",
)  # fmt: skip


@dataclass(frozen=True)
class TimedSettings:
    """What is asked of a theorem; `timeout` is in seconds."""

    variant: str
    assume: tuple[str, ...]
    timeout: float | None
    quiet: bool


@dataclass(frozen=True)
class TableSettings:
    """Whether every theorem is asked for, in how many processes; where the proof of one goes."""

    every: bool
    jobs: int | None
    certificate: str | None


@click.command(short_help="Find how long TIME-WAIT has to be, for all parameters.")
@click.argument("names", nargs=-1, metavar="[THEOREM]...", shell_complete=THEOREM_NAMES)
@ASSUME
@RFC_OR_VARIANT
@click.option(
    "--all",
    "every",
    is_flag=True,
    help="Find the conditions of all theorems, and print them as a table.",
)
@click.option("--jobs", type=click.IntRange(min=1), metavar="N",
              help="Processes for --all.  [default: one per processor]")  # fmt: skip
@click.option("--certificate", metavar="FILE", help="Write the proof to FILE, as SMT-LIB 2.")
@click.option("--timeout", type=Amount(), metavar="SECONDS",
              help="Time limit per theorem, in seconds.")  # fmt: skip
@QUIET
@DEBUG
@result_options(PROOF_FORMATS)
@typed
def threshold(
    names: tuple[str, ...], table: TableSettings, settings: TimedSettings, outputs: OutputSettings
) -> int:
    r"""Find the exact condition on the parameters under which THEOREM holds.

    The theorem is proved where the condition is met, and refuted by a run just outside of it.
    Without THEOREM, the theorems are listed.

    \b
      tcpmc threshold old-segments
      tcpmc threshold old-segments --variant no-restart
      tcpmc threshold old-segments --assume "T = 60"
      tcpmc threshold peer-done --certificate peer-done.smt2
      tcpmc threshold --all
    """
    wanted = proof_requests(outputs, table.certificate)
    if table.every and (names or settings.assume or writes_proof(wanted)):
        raise BadInput("--all cannot be combined with a theorem, --assume or a certificate")
    if writes_proof(wanted) and len(names) != 1:
        raise BadInput("--certificate takes exactly one theorem")
    proof, codes = "", [EXIT_AS_EXPECTED]
    with opening(wanted, outputs.force) as destinations:
        if table.every:
            text, code = _all(settings, table.jobs)
            destinations.add(text)
            codes.append(code)
        elif not names:
            destinations.add(_theorems())
        for name in names:
            variant = find_variant(settings.variant)
            finder = _finder(name, variant, settings)
            answer = finder.find()
            if writes_proof(wanted):
                proof = _proof(finder, answer, settings.variant)
            destinations.add(_report(finder.question, answer))
            codes.append(_code(name, variant, answer, settings))
        destinations.write_added(lambda: proof)
    return max(codes)


def _all(settings: TimedSettings, processes: int | None) -> tuple[str, int]:
    """The table of the theorems, and the exit code."""
    from tcpmc.checks.certificates.proving import ProofRequest, rows, theorems

    groups = theorems(find_variant(settings.variant).name)
    proofs = [ProofRequest(names, settings.variant, settings.timeout) for names in groups]
    table = rows(proofs, processes, tell=progress_of(settings.quiet))
    lines = [f"  {'verdict':12} {'theorem':30}    found  exactly if"]
    for row in table.rows:
        line = f"  {row.word:12} {row.name:30} {row.seconds:6.1f} s  {row.where}{row.remark}"
        lines.append(line)
    return "\n".join(lines) + "\n" + table.ending, table.code


def _code(name: str, variant: Variant, answer: Threshold, settings: TimedSettings) -> int:
    """The exit code for one theorem; with further assumptions nothing is expected."""
    if answer.word == INCONCLUSIVE:
        return EXIT_INCONCLUSIVE
    if answer.word == DISAGREE:
        return EXIT_DISAGREE
    expected = THEOREMS[name].holds.get(variant.name)
    if not settings.assume and expected and not answer.meets(expected):
        return EXIT_UNEXPECTED
    return EXIT_AS_EXPECTED


def _proof(finder: Finder, answer: Threshold, variant: str) -> str:
    """The proof as a file. Raises BadInput where there is none."""
    from tcpmc.checks.certificates.smtlib import certificate_of_threshold

    if answer.proof is None:
        raise BadInput(f"{answer.word}: there is no proof to write")
    return certificate_of_threshold(finder, answer, variant)


def counterexample(name: str, variant: Variant, settings: TimedSettings) -> TimedTrace | None:
    """A replayed run that breaks a theorem, with time between its events; None if none is found.
    Raises BadInput."""
    from tcpmc.reports.timed.run_story import trace_of

    finder = _finder(name, variant, settings)
    run, question = finder.counterexample(), finder.question
    if run is None:
        return None
    return trace_of(question.variant, question.assume, question.claim, run)


def _finder(name: str, variant: Variant, settings: TimedSettings) -> Finder:
    """What finds the threshold of a theorem. Raises BadInput."""
    from tcpmc.checks.timed.phases import NotFinite
    from tcpmc.checks.timed.threshold import Finder, ThresholdQuestion

    theorem = find_theorem(name)
    try:
        question = ThresholdQuestion(name, theorem.claim, variant, theorem.under(settings.assume))
        return Finder(question, progress_of(settings.quiet), settings.timeout)
    except (ValueError, NotFinite) as error:
        raise BadInput(str(error)) from error


def _report(question: ThresholdQuestion, answer: Threshold) -> str:
    from tcpmc.reports.timed.run_story import told, trace_of

    claim = THEOREMS[question.name]
    lines = [f"{answer.word}  {question.name} on {question.variant.name}", f"  {claim.meaning}"]
    if answer.word == INCONCLUSIVE:
        lines.append(f"  necessary: {answer.condition} ({answer.how})")
    elif answer.word in (DISAGREE, VACUOUS):
        lines.append(f"  {answer.how}")
    elif answer.word == REFUTED:
        lines.append(f"  never: no finite {THEOREMS[question.name].claim.timer.length} is enough")
    else:
        lines += [f"  exactly if {answer.condition}", f"  inside: {answer.how}"]
    if answer.run is not None:
        story = told(trace_of(question.variant, question.assume, question.claim, answer.run))
        lines += [f"  outside: {story[0]}", *(f"    {line}" for line in story[1:])]
    lines += [f"  assumed: {text}" for text in question.assumed]
    return "\n".join(lines) + "\n"


def _theorems() -> str:
    lines = ["THEOREMS"]
    for theorem in THEOREMS.values():
        lines += [f"  {theorem.name}", f"      {theorem.meaning}"]
    lines.append("ASSUMPTIONS, and comparisons such as T < 2 MSL")
    lines += [
        f"  {assumption.name}\n      {assumption.meaning}" for assumption in ASSUMPTIONS.values()
    ]
    return "\n".join(lines) + "\n"
