"""`tcpmc conform`: captures held against the rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import click

from tcpmc.checks.running.loading import find_variant
from tcpmc.checks.verdict import EXIT_AS_EXPECTED, EXIT_INCONCLUSIVE, EXIT_UNEXPECTED
from tcpmc.cli.options import VARIANT_NAMES
from tcpmc.cli.output_files import opened
from tcpmc.cli.run_options import say
from tcpmc.errors import BadInput

BAD = ("DEVIATES", "UNEXPLAINED")


@click.command(short_help="Hold a capture, or its text, against the rules, for each end.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--stack", default="rfc9293", show_default=True, metavar="NAME|FILE|all",
    shell_complete=VARIANT_NAMES, help="Whose rules: rfc9293, linux, freebsd, lwip, any variant.",
)  # fmt: skip
@click.option("--at", metavar="ADDRESS|both|middle", help="Where it was captured. [default: guess]")
@click.option("--time-wait", type=click.FloatRange(min=0), metavar="SECONDS",
              help="The least that TIME-WAIT lasts.  [default: 60]")  # fmt: skip
@click.option("--connection", "numbers", type=int, multiple=True, metavar="N", help="Only this.")
@click.option("--then", multiple=True, metavar="SEGMENT",
              help='What a further segment is answered with: "<SEQ=700><CTL=SYN>".')  # fmt: skip
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS",
              default=60, show_default=True, help="For each end.")  # fmt: skip
@click.option("--format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("-o", "--output", metavar="FILE", help="Write it there.")
@click.option("--debug", is_flag=True, help="Traceback for an internal error.")
def conform(files: tuple[str, ...], stack: str, at: str | None, **rest: Any) -> int:
    r"""Say for each end of each connection in FILE... what state it was in after each packet, by
    which rule, and which packet the rules cannot explain.

    FILE is pcap, pcapng, or text: tcpdump, tshark, packetdrill, the RFC's notation. "-" is
    standard input. Several files are one capture by time.

    \b
      tcpmc conform trouble.pcap
      tcpdump -n -r trouble.pcap | tcpmc conform -
      tcpmc conform trouble.pcap --stack linux
      tcpmc conform client.pcap server.pcap
      tcpmc conform trouble.pcap --then "<SEQ=700><CTL=SYN>"

    \b
    Exit codes: 0 explained; 1 an end DEVIATES or is UNEXPLAINED; 2 usage or
    unreadable; 3 an end is INCOMPLETE: explained only by packets not captured.
    """
    from tcpmc.captures import read
    from tcpmc.captures.notation import segment
    from tcpmc.checks.conform.conform import conform as held
    from tcpmc.checks.conform.stacks import stack_of

    try:
        then = [(text, segment(text)) for text in rest["then"]]
    except ValueError as error:
        raise BadInput(f"--then: {error}") from error
    capture = read(files)
    packets = list(capture)
    for path, told in zip(files, capture.told, strict=True):
        for reason in told.reasons():
            say(f"{path}: {reason}")
    if stack == "all":
        from tcpmc.reports.conform.stacks_table import as_stacks

        with opened(rest["output"]) as output:
            output.write(as_stacks(packets, at))
        return EXIT_AS_EXPECTED
    chosen = stack_of(find_variant(stack))
    if rest["time_wait"] is not None:
        chosen = replace(chosen, time_wait=rest["time_wait"])
    report = held(packets, chosen, at, rest["timeout"])
    if rest["numbers"]:
        report = _only(report, rest["numbers"])
    with opened(rest["output"]) as output:
        if rest["format"] == "json":
            from tcpmc.reports.conform.conform_json import as_json

            output.write(as_json(report))
        else:
            from tcpmc.reports.conform.text import as_text

            output.write(as_text(report, then, rest["numbers"] or None))
    return _exit_code(report)


def _only(report: Any, numbers: Sequence[int]) -> Any:
    """The report on the connections that are asked for."""
    known = {c.number for c in report.connections}
    for number in numbers:
        if number not in known:
            raise BadInput(f"--connection {number}: there are {len(known)}")
    return replace(report, connections=tuple(c for c in report.connections if c.number in numbers))


def _exit_code(report: Any) -> int:
    verdicts = {end.judgement.verdict for c in report.connections for end in c.ends}
    if verdicts & set(BAD):
        return EXIT_UNEXPECTED
    if verdicts & {"INCOMPLETE", "INCONCLUSIVE"}:
        return EXIT_INCONCLUSIVE
    return EXIT_AS_EXPECTED
