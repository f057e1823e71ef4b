"""`tcpmc verify`: certificates checked again, by solvers that did not find them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tcpmc.checks.guard import BadInput
from tcpmc.checks.loading import find_variant
from tcpmc.checks.options import VARIANT_NAMES
from tcpmc.checks.output import opened
from tcpmc.checks.prove_command import catalogue, certificate_file, proof_as_file
from tcpmc.checks.timed_commands import certificate_of
from tcpmc.checks.verdict import EXIT_AS_EXPECTED, EXIT_INCONCLUSIVE, EXIT_UNEXPECTED
from tcpmc.model.closing import THEOREMS

if TYPE_CHECKING:
    from tcpmc.checks.certificates.verify import Checked

SOLVER_NAMES = ("z3", "cvc5")


@click.command(short_help="Re-check certificates with z3 and cvc5.")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--all", "every", is_flag=True,
              help="Prove what of the catalogue has a proof, and check it.")  # fmt: skip
@click.option("--variant", metavar="NAME|FILE", shell_complete=VARIANT_NAMES,
              help="Of --all.  [default: rfc9293]")  # fmt: skip
@click.option("--certificates", metavar="DIR", help="With --all, write the certificates there.")
@click.option("--solver", "solvers", multiple=True, type=click.Choice(SOLVER_NAMES),
              help="[default: both]")  # fmt: skip
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), default=300.0,
              metavar="SECONDS", help="For each obligation, and each proof.")  # fmt: skip
@click.option("--statement/--no-statement", default=True,
              help="Compare its statement with the model.  [default: yes]")  # fmt: skip
@click.option("--debug", is_flag=True, help="Traceback for an internal error.")
def verify(files: tuple[str, ...], every: bool, variant: str | None, **rest: Any) -> int:
    r"""Check the proofs in FILE..., written by prove or threshold --certificate, from scratch.

    \b
      tcpmc prove graceful-close --certificate graceful.smt2
      tcpmc verify graceful.smt2
      tcpmc verify --all
    """
    if every == bool(files):
        raise BadInput("verify: name one or more files, or --all")
    if not every and (variant or rest["certificates"]):
        raise BadInput("--variant and --certificates go with --all: a file names its variant")
    with opened(None) as output:
        if every:
            rows = list(_rows(variant or "rfc9293", rest))
            output.write(_table(rows))
            return max(row.code for row in rows)
        failed = False
        for name in files:
            found = _check(_read(name), rest)
            failed |= not found.accepted
            output.write(_checked(name, found))
    return EXIT_UNEXPECTED if failed else EXIT_AS_EXPECTED


def _read(name: str) -> str:
    try:
        return Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{name}: {getattr(error, 'strerror', None) or error}") from error


def _check(text: str, options: Mapping[str, Any]) -> Checked:
    from tcpmc.checks.certificates.ask import Missing
    from tcpmc.checks.certificates.origin import regenerated
    from tcpmc.checks.certificates.verify import check

    model = regenerated if options["statement"] else None
    try:
        return check(text, model, options["solvers"] or SOLVER_NAMES, options["timeout"])
    except Missing as error:
        raise BadInput(str(error)) from error


def _checked(name: str, found: Checked) -> str:
    if found.accepted:
        return f"accepted  {name}  {found.theorem}, by {' and '.join(found.solvers)}\n"
    return f"REJECTED  {name}  {_why(found)}"


def _why(found: Checked) -> str:
    state = "".join(f"\n    {one}" for one in found.state)
    return f"{found.obligation}: {found.reason}{state}\n"


@dataclass(frozen=True)
class Row:
    """One line of the table of --all: what was proved, and the check of its certificate if there
    is one."""

    name: str
    word: str
    clauses: int
    seconds: float
    where: str
    found: Checked | None = None

    @property
    def code(self) -> int:
        """The exit code that it alone would give."""
        if self.found is not None:
            return EXIT_AS_EXPECTED if self.found.accepted else EXIT_UNEXPECTED
        return EXIT_INCONCLUSIVE if self.word == "INCONCLUSIVE" else EXIT_AS_EXPECTED


def _rows(variant: str, options: Mapping[str, Any]) -> Iterator[Row]:
    from tcpmc.checks.unbounded.prove import Prover

    prover = Prover(find_variant(variant), seconds=options["timeout"])
    for prop in catalogue():
        began = time.monotonic()
        proof = prover.prove(prop)
        took = time.monotonic() - began
        text = proof_as_file(prover, prop, proof, variant) if proof.proved else ""
        row = Row(prop.name, proof.word, proof.clauses, took, str(proof.where))
        yield _with_check(row, text, options)
    for name, theorem in THEOREMS.items():
        if variant in theorem.holds:
            yield _threshold(name, variant, options)


def _threshold(name: str, variant: str, options: Mapping[str, Any]) -> Row:
    from tcpmc.checks.dense.threshold import Finder, Question

    began, theorem = time.monotonic(), THEOREMS[name]
    question = Question(name, theorem.claim, find_variant(variant), theorem.assume)
    finder = Finder(question, lambda line: None, options["timeout"])
    answer = finder.find()
    took = time.monotonic() - began
    text = certificate_of(finder, answer, variant) if answer.proof is not None else ""
    clauses = len(answer.proof) if answer.proof is not None else 0
    row = Row(name, answer.word, clauses, took, str(answer.condition))
    return _with_check(row, text, options)


def _with_check(row: Row, text: str, options: Mapping[str, Any]) -> Row:
    """The row with the check of its certificate, if there is a proof to be one."""
    if not text:
        return row
    if options["certificates"]:
        certificate_file(options["certificates"], row.name, text)
    return replace(row, found=_check(text, options))


def _table(rows: list[Row]) -> str:
    """The table; below it what was rejected."""
    lines = [f"  {'verdict':12} {'property':29} clauses     found        z3      cvc5  if"]
    for row in rows:
        start = f"  {row.word:12} {row.name:29}"
        if row.found is None:
            lines.append(f"{start} {'':7} {row.seconds:7.1f} s  no proof to check")
            continue
        times = "".join(f" {_seconds(row.found, solver):>9}" for solver in SOLVER_NAMES)
        start += f" {row.clauses:7,} {row.seconds:7.1f} s{times}"
        lines.append(f"{start}  {row.where if row.found.accepted else 'REJECTED'}")
    rejected = [row for row in rows if row.found is not None and not row.found.accepted]
    checked = sum(row.found is not None for row in rows)
    lines.append(f"\n{checked - len(rejected)} of {checked} certificates accepted.")
    lines += [f"REJECTED  {row.name}  {_why(row.found)}".rstrip() for row in rejected if row.found]
    return "\n".join(lines) + "\n"


def _seconds(found: Checked, solver: str) -> str:
    times = [took for (by, _), took in found.seconds.items() if by == solver]
    return f"{sum(times):.1f} s" if times else "-"
