"""`tcpmc conform`: captures held against the rules."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any

import click

from tcpmc.checks.running.loading import find_variant
from tcpmc.checks.verdict import EXIT_AS_EXPECTED, EXIT_INCONCLUSIVE, EXIT_UNEXPECTED
from tcpmc.cli.options import VARIANT_NAMES
from tcpmc.cli.output_files import opened
from tcpmc.cli.output_formats import CONFORM_FORMATS
from tcpmc.cli.outputs import Destination, requests
from tcpmc.cli.run_options import say
from tcpmc.errors import BadInput

if TYPE_CHECKING:
    from tcpmc.captures import Capture
    from tcpmc.captures.summary import Summary
    from tcpmc.checks.conform.conform import ConnectionReport, Report
    from tcpmc.checks.conform.stacks import Stack
    from tcpmc.checks.conform.stream import Progress, Settings
    from tcpmc.model.endpoint.segment import Segment

BAD = ("DEVIATES", "UNEXPLAINED")
EVERY_SECONDS = 2.0
NEEDS_PACKETS = ("html", "json", "mermaid", "pcapng")
"""Formats that show the packets of every connection."""


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
@click.option("--filter", "expression", metavar="EXPRESSION",
              help='Only: "host 192.0.2.1 and port 80", "verdict DEVIATES".')  # fmt: skip
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS",
              help="For each end.  [default: 4, and 0.1 for each packet]")  # fmt: skip
@click.option("--jobs", type=click.IntRange(1), metavar="N", help="Processes. [default: all]")
@click.option("--format", type=click.Choice(list(CONFORM_FORMATS)), help="[default: text]")
@click.option("-o", "--output", multiple=True, metavar="[FORMAT=]FILE",
              help=f"Write it there; may be repeated. {', '.join(CONFORM_FORMATS)}.")  # fmt: skip
@click.option("-q", "--quiet", is_flag=True, help="Say nothing of what was left out.")
@click.option("--debug", is_flag=True, help="Traceback for an internal error.")
def conform(files: tuple[str, ...], stack: str, at: str | None, **rest: Any) -> int:
    """Say for each end of each connection in FILE... what state it was in after each packet, by
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
    """  # noqa: D301
    from tcpmc.captures import read

    then = _segments(rest["then"])
    if stack == "all":
        return _all_stacks(files, at, rest)
    asked = requests(rest["output"], rest["format"], CONFORM_FORMATS)
    if "-" in files and any(request.format.name == "pcapng" for request in asked):
        raise BadInput("-o pcapng writes the file again, with comments: give a file, not -")
    capture = read(files)
    settings = _settings(stack, at, rest)
    with ExitStack() as open_:
        outputs = [
            Destination(
                request,
                {"": open_.enter_context(opened(request.path, False, request.format.suffix))},
            )
            for request in asked
        ]
        exact = any(request.format.name in NEEDS_PACKETS for request in asked)
        found, stopped = _found(capture, settings, rest, exact)
        _tell(files, capture, rest["quiet"])
        report = _chosen(found, settings.stack, rest)
        from tcpmc.reports.conform.held import Held

        command = shlex.join(["tcpmc", *sys.argv[1:]]) if sys.argv[1:2] == ["conform"] else ""
        told = tuple(rest["numbers"]) or None
        held = Held(report, files, then, told, command or "tcpmc conform")
        for output in outputs:
            output.outputs[""].write(output.request.format.write(held))
    return EXIT_INCONCLUSIVE if stopped else _exit_code(report)


def _segments(texts: Sequence[str]) -> tuple[tuple[str, Segment], ...]:
    """What `--then` asks for."""
    from tcpmc.captures.notation import segment

    try:
        return tuple((text, segment(text)) for text in texts)
    except ValueError as error:
        raise BadInput(f"--then: {error}") from error


def _all_stacks(files: tuple[str, ...], at: str | None, rest: dict[str, Any]) -> int:
    """Which stacks explain the capture."""
    from tcpmc.captures import read
    from tcpmc.reports.conform.stacks_table import as_stacks

    asked = requests(rest["output"], rest["format"], CONFORM_FORMATS)
    if any(request.format.name != "text" for request in asked):
        raise BadInput("--stack all is a table of stacks: it is written as text only")
    capture = read(files)
    packets = list(capture)
    _tell(files, capture, rest["quiet"])
    with opened(asked[0].path) as output:
        output.write(as_stacks(packets, at))
    return EXIT_AS_EXPECTED


def _stack(name: str, time_wait: float | None) -> Stack:
    from tcpmc.checks.conform.stacks import stack_of

    found = stack_of(find_variant(name))
    return found if time_wait is None else replace(found, time_wait=time_wait)


def _settings(stack: str, at: str | None, rest: dict[str, Any]) -> Settings:
    """How the capture is to be held against the stack, and which connections."""
    from tcpmc.captures.choose import asks_for_verdicts, chosen
    from tcpmc.checks.conform.stream import Settings

    expression, numbers = rest["expression"], set(rest["numbers"])
    wanted = chosen(expression) if expression is not None else None

    def choose(summary: Summary) -> bool:
        if numbers and summary.number not in numbers:
            return False
        return wanted is None or asks_for_verdicts(expression) or wanted(summary, ())

    jobs = rest["jobs"] or len(os.sched_getaffinity(0))
    find = partial(_stack, stack, rest["time_wait"])
    return Settings(find(), at, rest["timeout"], choose, jobs, find)


def _found(
    capture: Capture, settings: Settings, rest: dict[str, Any], exact: bool
) -> tuple[list[ConnectionReport], bool]:
    """The reports on the connections, by number, and whether it was interrupted before the end."""
    from tcpmc.checks.conform.stream import Progress, by_itself, reports
    from tcpmc.reports.conform.conform_text import MANY

    if exact or rest["numbers"]:
        settings = replace(settings, compare=False)
    progress = Progress()
    found: list[ConnectionReport] = []
    show = _progress(progress, found, rest["quiet"])
    stopped = False
    try:
        for report in reports(capture, settings, progress):
            found.append(report)
            show()
    except KeyboardInterrupt:
        if not found:
            raise
        stopped = True
        say(f"interrupted: {len(found):,} connections are done, the others are left out")
    if len(found) <= MANY:  # all are told in full
        found = [by_itself(report, settings, progress) for report in found]
    return sorted(found, key=lambda report: report.number), stopped


def _progress(progress: Progress, found: list[ConnectionReport], quiet: bool) -> Callable[[], None]:
    """What tells on a terminal how far it is."""
    begun = last = monotonic()

    def show() -> None:
        nonlocal last
        now = monotonic()
        if now - last > EVERY_SECONDS and sys.stderr.isatty() and not quiet:
            last = now
            rate = progress.packets / (now - begun)
            say(f"{progress.packets:,} packets, {rate:,.0f} a second, {len(found):,} connections")

    return show


def _chosen(found: list[ConnectionReport], stack: Stack, rest: dict[str, Any]) -> Report:
    """The report on the connections that are asked for; BadInput if there is none."""
    from tcpmc.captures.choose import chosen
    from tcpmc.checks.conform.conform import Report

    if rest["expression"] is not None:
        wanted = chosen(rest["expression"])
        found = [
            one
            for one in found
            if any(
                wanted(line, [end.judgement.verdict for end in one.ends])
                for line in one.incarnations
            )
        ]
    if not found:
        how = [f"--connection {n}" for n in rest["numbers"]]
        how += [f"--filter {rest['expression']!r}"] * (rest["expression"] is not None)
        raise BadInput(f"no connection is left by {' and '.join(how)}")
    return Report(stack, tuple(found))


def _tell(files: Sequence[str], capture: Capture, quiet: bool) -> None:
    """Say what was left out."""
    if quiet:
        return
    for path, told in zip(files, capture.told, strict=True):
        for reason in told.reasons():
            say(f"{path}: {reason}")


def _exit_code(report: Report) -> int:
    verdicts = {end.judgement.verdict for one in report.connections for end in one.ends}
    if verdicts & set(BAD):
        return EXIT_UNEXPECTED
    if verdicts & {"INCOMPLETE", "INCONCLUSIVE"}:
        return EXIT_INCONCLUSIVE
    return EXIT_AS_EXPECTED
