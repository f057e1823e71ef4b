"""The command about dense time: `threshold`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from tcpmc.checks.running.loading import find_theorem, find_variant
from tcpmc.checks.verdict import (
    EXIT_AS_EXPECTED,
    EXIT_INCONCLUSIVE,
    EXIT_UNEXPECTED,
    INCONCLUSIVE,
    REFUTED,
    VACUOUS,
)
from tcpmc.cli.options import FORCE, VARIANT_NAMES, completing
from tcpmc.cli.output_files import opened
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
    help="Besides those of the theorem; may be repeated.",
)  # fmt: skip


@click.command(short_help="Find how long TIME-WAIT has to be, for all parameters.")
@click.argument("names", nargs=-1, metavar="[THEOREM]...", shell_complete=THEOREM_NAMES)
@ASSUME
@click.option("--variant", default="rfc9293", metavar="NAME|FILE", shell_complete=VARIANT_NAMES)
@click.option("--all", "every", is_flag=True, help="Every theorem, in a table.")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N",
              help="Processes of --all.  [default: one per processor]")  # fmt: skip
@click.option("--certificate", metavar="FILE", help="Write the proof there, as SMT-LIB 2.")
@FORCE
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS",
              help="For each theorem.")  # fmt: skip
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
@click.option("--debug", is_flag=True, help="Traceback for an internal error.")
def threshold(names: tuple[str, ...], assume: tuple[str, ...], **rest: Any) -> int:
    r"""Find the exact condition on the parameters under which THEOREM holds.

    It is proved where the condition is met, and refuted by a run just outside of it. Without
    THEOREM: list them.

    \b
      tcpmc threshold old-segments
      tcpmc threshold old-segments --variant no-restart
      tcpmc threshold old-segments --assume "T = 60"
      tcpmc threshold peer-done --certificate peer-done.smt2
      tcpmc threshold --all
    """
    if rest["every"] and (names or assume or rest["certificate"]):
        raise BadInput("--all takes no theorem, --assume or --certificate")
    with opened(None) as output:
        if rest["every"]:
            text, code = _all(rest)
            output.write(text)
            return code
        if not names:
            output.write(_theorems())
            return EXIT_AS_EXPECTED
        if rest["certificate"] and len(names) > 1:
            raise BadInput("--certificate takes one theorem at a time")
        codes = []
        for name in names:
            text, code = _found(name, assume, rest)
            output.write(text)
            codes.append(code)
    return max(codes)


def _all(options: Mapping[str, Any]) -> tuple[str, int]:
    """The table of the theorems, and the exit code."""
    from tcpmc.checks.certificates.proving import ProofRequest, rows, theorems

    variant = options["variant"]
    groups = theorems(find_variant(variant).name)
    asked = [ProofRequest(names, variant, options["timeout"]) for names in groups]
    found = rows(asked, options["jobs"], tell=progress_of(options))
    lines = [f"  {'verdict':12} {'theorem':30}    found  exactly if"]
    for row in found.rows:
        told = f"  {row.word:12} {row.name:30} {row.seconds:6.1f} s  {row.where}{row.remark}"
        lines.append(told)
    return "\n".join(lines) + "\n" + found.ending, found.code


def _found(name: str, assume: tuple[str, ...], rest: dict[str, Any]) -> tuple[str, int]:
    with opened(rest["certificate"], suffix=".smt2") as file:
        finder = _finder(name, find_variant(rest["variant"]), rest | {"assume": assume})
        question, answer = finder.question, finder.find()
        if rest["certificate"]:
            file.write(_proof(finder, answer, rest["variant"]))
    code = EXIT_INCONCLUSIVE if answer.word == INCONCLUSIVE else EXIT_AS_EXPECTED
    expected = THEOREMS[name].holds.get(question.variant.name)
    if not assume and code == EXIT_AS_EXPECTED and expected and not answer.meets(expected):
        code = EXIT_UNEXPECTED
    return _report(question, answer), code


def _proof(finder: Finder, answer: Threshold, variant: str) -> str:
    """The proof as a file. Raises BadInput where there is none."""
    from tcpmc.checks.certificates.smtlib import certificate_of_threshold

    if answer.proof is None:
        raise BadInput(f"{answer.word}: there is no proof to write")
    return certificate_of_threshold(finder, answer, variant)


def counterexample(name: str, variant: Variant, options: Mapping[str, Any]) -> TimedTrace | None:
    """A replayed run that breaks a theorem, with time between its events; None if none is found.
    Raises BadInput."""
    from tcpmc.reports.timed.run_story import trace_of

    finder = _finder(name, variant, options)
    run, question = finder.counterexample(), finder.question
    if run is None:
        return None
    return trace_of(question.variant, question.assume, question.claim, run)


def _finder(name: str, variant: Variant, options: Mapping[str, Any]) -> Finder:
    """What finds the threshold of a theorem. Raises BadInput."""
    from tcpmc.checks.timed.phases import NotFinite
    from tcpmc.checks.timed.threshold import Finder, ThresholdQuestion

    theorem = find_theorem(name)
    try:
        question = ThresholdQuestion(name, theorem.claim, variant, theorem.under(options["assume"]))
        return Finder(question, progress_of(options), options["timeout"])
    except (ValueError, NotFinite) as error:
        raise BadInput(str(error)) from error


def _report(question: ThresholdQuestion, answer: Threshold) -> str:
    from tcpmc.reports.timed.run_story import told, trace_of

    claim = THEOREMS[question.name]
    lines = [f"{answer.word}  {question.name} on {question.variant.name}", f"  {claim.meaning}"]
    if answer.word == INCONCLUSIVE:
        lines.append(f"  necessary: {answer.condition} ({answer.how})")
    elif answer.word == VACUOUS:
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
    lines += [f"  {one.name}\n      {one.meaning}" for one in ASSUMPTIONS.values()]
    return "\n".join(lines) + "\n"
