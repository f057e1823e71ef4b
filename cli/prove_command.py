"""`tcpmc prove`: safety properties for an unbounded channel and every 32-bit ISS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from tcpmc.checks.explicit.settings import writable_folder
from tcpmc.checks.running.loading import find_property, find_variant
from tcpmc.checks.verdict import (
    DISAGREE,
    EXIT_AS_EXPECTED,
    EXIT_DISAGREE,
    EXIT_INCONCLUSIVE,
    EXIT_UNEXPECTED,
    INCONCLUSIVE,
    expected_on,
)
from tcpmc.cli.command_settings import OutputSettings, typed
from tcpmc.cli.options import DEBUG, PROPERTY_NAMES, QUIET, RFC_OR_VARIANT, Amount, result_options
from tcpmc.cli.output_files import opened
from tcpmc.cli.output_formats import PROOF_FORMATS
from tcpmc.cli.outputs import opening, proof_requests, writes_proof
from tcpmc.cli.run_options import progress_of
from tcpmc.errors import BadInput
from tcpmc.model.properties.kinds import Always, Lemma, Property, Reachable
from tcpmc.model.variants.variant import Variant
from tcpmc.reports.terminal import width

if TYPE_CHECKING:
    from tcpmc.checks.parametric.prover import Proof, Prover


@dataclass(frozen=True)
class ProofSettings:
    """What is proved for: a variant, octets of text each way, seconds for each property; and where
    the certificates go."""

    variant: str
    data: int
    timeout: float | None
    quiet: bool
    certificate: str | None
    certificates: str | None
    show: bool


@click.command(short_help="Prove safety properties for every 32-bit ISS.")
@click.argument("names", nargs=-1, metavar="[PROPERTY]...", shell_complete=PROPERTY_NAMES)
@RFC_OR_VARIANT
@click.option("--data", type=click.IntRange(0, 2), default=0, show_default=True,
              help="Octets of data per direction; with 1 or 2 a proof takes minutes.")  # fmt: skip
@click.option(
    "--show",
    is_flag=True,
    help="Show the invariant in words, as short as it is found; certificates are of it.",
)
@click.option("--certificate", metavar="FILE", help="Write the proof to FILE, as SMT-LIB 2.")
@click.option("--certificates", metavar="DIR", help="Write each proof to a file in DIR.")
@click.option("--timeout", type=Amount(), metavar="SECONDS",
              help="Time limit per property, in seconds.")  # fmt: skip
@QUIET
@DEBUG
@result_options(PROOF_FORMATS)
@typed
def prove(names: tuple[str, ...], settings: ProofSettings, outputs: OutputSettings) -> int:
    r"""Prove PROPERTY for a network that loses, duplicates and reorders without bound, and for
    every 32-bit ISS. If it fails for some ISSs, print them, and prove it for all others.

    Without PROPERTY, every safety property and lemma of the catalogue is proved.

    \b
      tcpmc prove
      tcpmc prove graceful-close --show
      tcpmc prove no-deadlock --variant no-time-wait
      tcpmc prove graceful-close --certificate graceful-close.smt2
    """
    from tcpmc.checks.certificates.smtlib import certificate_of_proof
    from tcpmc.checks.parametric.prover import Prover, catalogue

    wanted = proof_requests(outputs, settings.certificate)
    if writes_proof(wanted) and len(names) != 1:
        raise BadInput("--certificate takes one property; use --certificates DIR for several")
    props = [_safety(name) for name in names] or list(catalogue())
    variant = settings.variant
    prover = Prover(find_variant(variant), settings.data, settings.timeout)
    proofs, text, tell = [], "", progress_of(settings.quiet)
    with opening(wanted, outputs.force) as destinations:
        for prop in props:
            tell(f"{prop.name} ...")
            proof = prover.prove(prop)
            if settings.show and isinstance(prop, Always | Reachable):
                proof = prover.shortened(prop, proof)
            proofs.append((prop, proof))
            if writes_proof(wanted):
                if not proof.proved:
                    problem = f"{proof.word} {prop.name}: there is no proof to write ({proof.how})"
                    raise BadInput(problem)
                text = certificate_of_proof(prover, prop, proof, variant)
            if settings.certificates and proof.proved:
                own = certificate_of_proof(prover, prop, proof, variant)
                certificate_file(settings.certificates, prop.name, own, outputs.force)
            if names:
                destinations.add(_told(prover, prop, proof))
                if settings.show:
                    destinations.add(_invariant(proof))
        if not names:
            destinations.add(_table(prover, proofs))
        destinations.write_added(lambda: text)
    return max(_code(prover.variant, prop, proof) for prop, proof in proofs)


def _safety(name: str) -> Property:
    from tcpmc.checks.parametric.prover import provable

    prop = find_property(name)
    if not provable(prop):
        raise BadInput(
            f"{name} is not a safety property of a single connection from CLOSED without time: "
            "see tcpmc check"
        )
    return prop


def certificate_file(folder: str, name: str, text: str, force: bool = False) -> None:
    """Write a certificate to the folder, which is made. Raises BadInput."""
    with opened(str(writable_folder(folder) / f"{name}.smt2"), ".smt2", force) as file:
        file.write(text)


def _code(variant: Variant, prop: Property, proof: Proof) -> int:
    if proof.word == DISAGREE:
        return EXIT_DISAGREE
    if proof.word == INCONCLUSIVE:
        return EXIT_INCONCLUSIVE
    expected = expected_on(prop, variant.name)
    return EXIT_AS_EXPECTED if expected in (None, proof.word) else EXIT_UNEXPECTED


def _told(prover: Prover, prop: Property, proof: Proof) -> str:
    from tcpmc.checks.parametric.prover import assumed
    from tcpmc.reports.ladder import ladder
    from tcpmc.reports.layout import hanging

    lines = [f"{proof.word}  {prop.name} on {prover.variant.name}", f"  {prop.meaning}"]
    if proof.proved:
        lines.append(f"  for {_iss(proof)}")
    lines.append(f"  {proof.how}")
    run = proof.trace
    if proof.outside is not None:
        run = proof.outside.trace
        a, b = proof.outside.iss
        lines.append(f"  outside: with ISS {a} of A and {b} of B:")
    if run is not None:
        lines += [f"    {line}".rstrip() for line in ladder(run, (width() or 100) - 4)]
    for text in assumed(prop, prover.variant, prover.data):
        lines += hanging(f"assumed: {text}", width() or 100, 2)
    return "\n".join(lines) + "\n"


def _invariant(proof: Proof) -> str:
    """The invariant of a proof in words."""
    from tcpmc.checks.parametric.short_invariant import ShortInvariant
    from tcpmc.reports.invariant_text import LEGEND, statements
    from tcpmc.reports.layout import hanging

    if not isinstance(proof.invariant, ShortInvariant):
        why = "there is no proof" if not proof.proved else "a single step, or no short invariant"
        return f"no invariant to show: {why}\n"
    told, columns = statements(proof.invariant), width() or 100
    lines = [f"invariant: each end is in one of its states, and {len(told)} statements"]
    for number, text in enumerate(told, 1):
        lines += hanging(f"{number:4}  {text}", columns, 6)
    lines += hanging(LEGEND, columns, 2)
    return "\n".join(lines) + "\n"


def _iss(proof: Proof) -> str:
    """The ISSs that a proof is about."""
    left = {who: n for who, n in (("A", proof.where.a), ("B", proof.where.b)) if n}
    if not left:
        return "every 32-bit ISS"
    if proof.where.a == proof.where.b:
        return f"every 32-bit ISS but {_listed(proof.where.a)}"
    return f"every 32-bit ISS but {', '.join(f'{_listed(n)} of {w}' for w, n in left.items())}"


def _listed(numbers: tuple[int, ...]) -> str:
    return " and ".join(map(str, numbers))


def _table(prover: Prover, proofs: list[tuple[Property, Proof]]) -> str:
    from tcpmc.checks.parametric.prover import assumed
    from tcpmc.reports.layout import wrapped

    lines = [f"  {'verdict':12} {'property':29} clauses  for"]
    for prop, proof in proofs:
        start = f"  {proof.word:12} {prop.name:29}"
        if proof.proved:
            lines.append(f"{start} {proof.clauses:7,}  {_iss(proof)}")
        else:
            lines.append(f"{start} {'':7}  {proof.how}")
    first = next(prop for prop, _ in proofs if not isinstance(prop, Lemma))
    scope = assumed(first, prover.variant, prover.data)[-1]
    about = f"on {prover.variant.name}, over an unbounded channel; {scope}."
    lines += ["", *wrapped(about, width() or 100)]
    return "\n".join(lines) + "\n"
