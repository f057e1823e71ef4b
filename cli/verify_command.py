"""`tcpmc verify`: certificates checked again, by solvers that did not find them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tcpmc.checks.certificates.solvers import SOLVERS, Missing
from tcpmc.checks.running.loading import find_variant
from tcpmc.checks.verdict import EXIT_AS_EXPECTED, EXIT_UNEXPECTED, INCONCLUSIVE
from tcpmc.cli.command_settings import OutputSettings, typed
from tcpmc.cli.options import DEBUG, QUIET, VARIANT_NAMES, Amount, one_variant, result_options
from tcpmc.cli.output_formats import TEXT_FORMATS
from tcpmc.cli.outputs import opening, requests
from tcpmc.cli.prove_command import certificate_file
from tcpmc.cli.run_options import progress_of
from tcpmc.errors import BadInput
from tcpmc.reports.terminal import width

if TYPE_CHECKING:
    from tcpmc.checks.certificates.proving import ProofOutcome, Proved
    from tcpmc.checks.certificates.verifier import Checked, Named


@dataclass(frozen=True)
class VerifySettings:
    """How certificates are checked; `timeout` is in seconds, `jobs` are processes."""

    certificates: str | None
    solvers: tuple[str, ...]
    timeout: float
    jobs: int | None
    quiet: bool


@click.command(short_help="Re-check certificates with z3 and cvc5.")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--all", "every", is_flag=True,
              help="Prove what can be proved of the catalogue, and check the proofs.")  # fmt: skip
@click.option("--variant", multiple=True, callback=one_variant, metavar="NAME|FILE",
              shell_complete=VARIANT_NAMES,
              help="The variant that the certificates are about. A file is run only if it is named "
              "here.  [default for --all: rfc9293]")  # fmt: skip
@click.option(
    "--certificates", metavar="DIR", help="With --all, write the certificates to this folder."
)
@click.option("--solver", "solvers", multiple=True, type=click.Choice(SOLVERS),
              help="[default: both]")  # fmt: skip
@click.option("--timeout", type=Amount(), default=300,
              metavar="SECONDS", show_default=True,
              help="Time limit per obligation and per proof, in seconds.")  # fmt: skip
@click.option("--jobs", type=click.IntRange(min=1), metavar="N",
              help="Processes for --all.  [default: one per processor]")  # fmt: skip
@QUIET
@DEBUG
@result_options(TEXT_FORMATS)
@typed
def verify(
    files: tuple[str, ...],
    every: bool,
    variant: str | None,
    settings: VerifySettings,
    outputs: OutputSettings,
) -> int:
    r"""Check proofs that prove or threshold wrote with --certificate.

    Only the invariant is taken from a file. The statement is generated again from the model, and
    the solvers are asked for each proof obligation.

    \b
      tcpmc prove graceful-close --certificate graceful.smt2
      tcpmc verify graceful.smt2
      tcpmc verify mine.smt2 --variant ./my_stack.py
      tcpmc verify --all
    """
    if every == bool(files):
        raise BadInput("verify: name one or more files, or --all")
    if not every and settings.certificates:
        raise BadInput("--certificates goes with --all")
    code, named = EXIT_AS_EXPECTED, None if every else _named(variant)
    with opening(requests(outputs, TEXT_FORMATS), outputs.force) as destinations:
        if every:
            table = _all(variant or "rfc9293", settings, outputs.force)
            destinations.add(_table(table.rows) + table.ending)
            code = table.code
        for name in files:
            checked = _check(_data_of(name), named, settings)
            code = code if checked.accepted else EXIT_UNEXPECTED
            destinations.add(_checked(name, checked))
        destinations.write_added(str)
    return code


def _named(variant: str | None) -> Named | None:
    """The variant that the user names."""
    from tcpmc.checks.certificates.verifier import Named

    return None if variant is None else Named(variant, find_variant(variant))


def _data_of(name: str) -> bytes:
    """What is in a file, and of one that is too large no more than shows it. Raises BadInput."""
    from tcpmc.checks.certificates.verifier import LARGEST

    try:
        with Path(name).open("rb") as file:
            return file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        raise BadInput(f"{name}: {getattr(error, 'strerror', None) or error}") from error


def _check(data: bytes, named: Named | None, settings: VerifySettings) -> Checked:
    from tcpmc.checks.certificates.verifier import check

    try:
        return check(data, named, settings.solvers or SOLVERS, settings.timeout)
    except Missing as error:
        raise BadInput(str(error)) from error


def _checked(name: str, checked: Checked) -> str:
    """The verdict on a file, and what it proves."""
    from tcpmc.reports.layout import hanging

    if not checked.accepted:
        return f"REJECTED  {name}  {_why(checked)}"
    lines = [f"accepted  {name}  by {' and '.join(checked.solvers)}"]
    for text in checked.proved:
        lines += hanging(text, width() or 100, 2)
    return "\n".join(lines) + "\n"


def _why(checked: Checked) -> str:
    state = "".join(f"\n    {value}" for value in checked.state)
    return f"{checked.obligation}: {checked.reason}{state}\n"


def _all(variant: str, settings: VerifySettings, force: bool) -> ProofOutcome:
    """The catalogue, proved and checked."""
    from tcpmc.checks.certificates.proving import ProofRequest, rows, safety, theorems

    solvers = settings.solvers or SOLVERS
    limit = settings.timeout
    groups = [safety(), *theorems(find_variant(variant).name)]
    proofs = [ProofRequest(names, variant, limit, solvers, limit) for names in groups]

    def keep(row: Proved) -> None:
        if settings.certificates and row.certificate:
            certificate_file(settings.certificates, row.name, row.certificate, force)

    try:
        return rows(proofs, settings.jobs, keep, progress_of(settings.quiet))
    except Missing as error:
        raise BadInput(str(error)) from error


def _table(rows: list[Proved]) -> str:
    """The table; below it what was rejected."""
    lines = [f"  {'verdict':12} {'property':29} clauses     found        z3      cvc5  if"]
    for row in rows:
        start = f"  {row.word:12} {row.name:29}"
        if row.checked is None:
            what = row.where if row.word == INCONCLUSIVE else "no proof to check"
            lines.append(f"{start} {'':7} {row.seconds:7.1f} s  {what}{row.remark}")
            continue
        times = "".join(f" {_seconds(row.checked, solver):>9}" for solver in SOLVERS)
        start += f" {row.clauses:7,} {row.seconds:7.1f} s{times}"
        lines.append(f"{start}  {row.where if row.checked.accepted else 'REJECTED'}{row.remark}")
    rejected = [row for row in rows if row.checked is not None and not row.checked.accepted]
    checked = sum(row.checked is not None for row in rows)
    lines.append(f"\n{checked - len(rejected)} of {checked} certificates accepted.")
    for row in rejected:
        assert row.checked is not None
        lines.append(f"REJECTED  {row.name}  {_why(row.checked)}".rstrip())
    return "\n".join(lines) + "\n"


def _seconds(checked: Checked, solver: str) -> str:
    times = [took for (by, _), took in checked.seconds.items() if by == solver]
    return f"{sum(times):.1f} s" if times else "-"
