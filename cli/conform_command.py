"""`tcpmc conform`: captures held against the rules."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import click

from tcpmc.checks.running.loading import find_variant
from tcpmc.checks.verdict import EXIT_AS_EXPECTED, EXIT_INCONCLUSIVE, EXIT_UNEXPECTED
from tcpmc.cli.command_settings import OutputSettings, typed
from tcpmc.cli.options import DEBUG, VARIANT_NAMES, Amount, result_options
from tcpmc.cli.output_formats import CONFORM_FORMATS
from tcpmc.cli.outputs import Request, opening, requests
from tcpmc.cli.run_options import say
from tcpmc.errors import BadInput

if TYPE_CHECKING:
    from tcpmc.captures import Capture
    from tcpmc.captures.summary import Summary
    from tcpmc.checks.conform.conform import ConnectionReport, Report
    from tcpmc.checks.conform.judge import Judgement
    from tcpmc.checks.conform.stacks import Stack
    from tcpmc.checks.conform.stream import Progress, Settings
    from tcpmc.model.endpoint.segment import Segment

BAD = ("DEVIATES", "UNEXPLAINED", "DISAGREE")
CAPTURES = re.compile(r"\.(pcap|pcapng|cap)(\.gz)?$")
EVERY_SECONDS = 2.0
NEEDS_PACKETS = ("html", "json", "mermaid", "pcapng")
"""Formats that show the packets of every connection."""


@dataclass(frozen=True)
class ConformSettings:
    """How captures are held against the rules: whose, from where (None: find out), which
    connections, and for how long (`time_wait` and `timeout` in seconds)."""

    stack: str
    at: str | None
    time_wait: float | None
    numbers: tuple[int, ...]
    expression: str | None
    timeout: float | None
    jobs: int | None
    quiet: bool


@click.command(short_help="Hold a capture, or its text, against the rules, for each end.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--stack", default="rfc9293", show_default=True, metavar="NAME|FILE|all",
    shell_complete=VARIANT_NAMES, help="Whose rules: rfc9293, linux, freebsd, lwip, any variant.",
)  # fmt: skip
@click.option("--at", metavar="ADDRESS|both|middle", help="Where it was captured. [default: guess]")
@click.option("--time-wait", type=click.FloatRange(min=0, max=10**9), metavar="SECONDS",
              help="The least that TIME-WAIT lasts.  [default: 60]")  # fmt: skip
@click.option("--connection", "numbers", type=int, multiple=True, metavar="N", help="Only this.")
@click.option("--then", multiple=True, metavar="SEGMENT",
              help='What a further segment is answered with: "<SEQ=700><CTL=SYN>".')  # fmt: skip
@click.option("--filter", "expression", metavar="EXPRESSION",
              help='Only: "host 192.0.2.1 and port 80", "verdict DEVIATES".')  # fmt: skip
@click.option("--timeout", type=Amount(), metavar="SECONDS",
              help="For each end.  [default: 4, and 0.1 for each packet]")  # fmt: skip
@click.option("--jobs", type=click.IntRange(1), metavar="N", help="Processes. [default: all]")
@click.option("-q", "--quiet", is_flag=True, help="Print no progress and no notes on stderr.")
@DEBUG
@result_options(CONFORM_FORMATS)
@typed
def conform(
    files: tuple[str, ...],
    then: tuple[str, ...],
    settings: ConformSettings,
    outputs: OutputSettings,
) -> int:
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

    segments = _segments(then)
    asked = requests(outputs, CONFORM_FORMATS)
    if settings.stack == "all":
        return _all_stacks(files, settings, asked, outputs.force)
    if "-" in files and any(request.format.name == "pcapng" for request in asked):
        raise BadInput("-o pcapng writes the file again, with comments: give a file, not -")
    how = _how(settings)
    if any(Path(path).is_dir() for path in files):
        if any(request.format.name != "text" for request in asked) or settings.numbers:
            raise BadInput("a folder is told as text, a line for each capture in it")
        return _folders(files, how, settings)
    capture = read(files)
    with opening(asked, outputs.force) as destinations:
        exact = any(request.format.name in NEEDS_PACKETS for request in asked)
        found, stopped = _found(capture, how, settings, exact)
        _tell(files, capture, settings.quiet)
        report = _chosen(found, how.stack, settings)
        from tcpmc.reports.conform.held import Held

        command = shlex.join(["tcpmc", *sys.argv[1:]]) if sys.argv[1:2] == ["conform"] else ""
        told = settings.numbers or None
        destinations.write(Held(report, files, segments, told, command or "tcpmc conform"))
    return EXIT_INCONCLUSIVE if stopped else _exit_code(report)


def _folders(paths: Sequence[str], how: Settings, settings: ConformSettings) -> int:
    """Tell of each capture in some folders, and below, by itself."""
    from tcpmc.captures import read
    from tcpmc.checks.conform.conform import Report
    from tcpmc.reports.conform.conform_text import as_bad_sections

    codes = []
    for path in _captures_in(paths):
        try:
            found, _ = _found(read([path]), how, settings, exact=False)
        except BadInput as error:
            say(str(error))
            codes.append(EXIT_INCONCLUSIVE)
            continue
        report = Report(how.stack, tuple(found))
        verdicts = Counter(_in_words(end.judgement) for one in found for end in one.ends)
        counts = ", ".join(f"{count:,} {verdict}" for verdict, count in sorted(verdicts.items()))
        click.echo(f"{path}: {counts}")
        click.echo(as_bad_sections(report), nl=False)
        codes.append(_exit_code(report))
    return next((code for code in (EXIT_UNEXPECTED, EXIT_INCONCLUSIVE) if code in codes), 0)


def _in_words(judgement: Judgement) -> str:
    best, strict = judgement.verdict, judgement.strict.verdict
    return best if best == strict else f"{best} (strictly {strict})"


def _captures_in(paths: Sequence[str]) -> list[str]:
    """The files that are given, and those in folders that are named as captures are."""
    found: list[str] = []
    for path in paths:
        if Path(path).is_dir():
            inside = sorted(p for p in Path(path).rglob("*") if p.is_file())
            found += [str(p) for p in inside if CAPTURES.search(p.name)]
        else:
            found.append(path)
    if not found:
        raise BadInput(f"no capture (*.pcap, *.pcapng, *.cap) is in {', '.join(paths)}")
    return found


def _segments(texts: Sequence[str]) -> tuple[tuple[str, Segment], ...]:
    """What `--then` asks for."""
    from tcpmc.captures.notation import segment

    try:
        return tuple((text, segment(text)) for text in texts)
    except ValueError as error:
        raise BadInput(f"--then: {error}") from error


def _all_stacks(
    files: tuple[str, ...], settings: ConformSettings, asked: list[Request], force: bool
) -> int:
    """Which stacks explain the capture."""
    from tcpmc.captures import read
    from tcpmc.reports.conform.stacks_table import as_stacks

    if any(request.format.name != "text" for request in asked):
        raise BadInput("--stack all is a table of stacks: it is written as text only")
    capture = read(files)
    packets = list(capture)
    _tell(files, capture, settings.quiet)
    with opening(asked, force) as destinations:
        text = as_stacks(packets, settings.at)
        destinations.write_by({"text": lambda: text})
    return EXIT_AS_EXPECTED


def _stack(name: str, time_wait: float | None) -> Stack:
    from tcpmc.checks.conform.stacks import stack_of

    found = stack_of(find_variant(name))
    return found if time_wait is None else replace(found, time_wait=time_wait)


def _how(settings: ConformSettings) -> Settings:
    """How the capture is to be held against the stack, and which connections."""
    from tcpmc.captures.choose import asks_for_verdicts, chosen
    from tcpmc.checks.conform.stream import Settings

    expression, numbers = settings.expression, set(settings.numbers)
    wanted = chosen(expression) if expression is not None else None

    def choose(summary: Summary) -> bool:
        if numbers and summary.number not in numbers:
            return False
        return wanted is None or asks_for_verdicts(expression or "") or wanted(summary, ())

    jobs = settings.jobs or len(os.sched_getaffinity(0))
    find = partial(_stack, settings.stack, settings.time_wait)
    return Settings(find(), settings.at, settings.timeout, choose, jobs, find)


def _found(
    capture: Capture, how: Settings, asked: ConformSettings, exact: bool
) -> tuple[list[ConnectionReport], bool]:
    """The reports on the connections, by number, and whether it was interrupted before the end."""
    from tcpmc.checks.conform.stream import Progress, by_itself, reports
    from tcpmc.reports.conform.conform_text import MANY

    if exact or asked.numbers:
        how = replace(how, compare=False)
    progress = Progress()
    found: list[ConnectionReport] = []
    show = _progress(progress, found, asked.quiet)
    stopped = False
    try:
        for report in reports(capture, how, progress):
            found.append(report)
            show()
    except KeyboardInterrupt:
        if not found:
            raise
        stopped = True
        say(f"interrupted: {len(found):,} connections are done, the others are left out")
    if len(found) <= MANY:  # all are told in full
        found = [by_itself(report, how, progress) for report in found]
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


def _chosen(found: list[ConnectionReport], stack: Stack, settings: ConformSettings) -> Report:
    """The report on the connections that are asked for; BadInput if there is none."""
    from tcpmc.captures.choose import chosen
    from tcpmc.checks.conform.conform import Report

    if settings.expression is not None:
        wanted = chosen(settings.expression)
        found = [
            one
            for one in found
            if any(
                wanted(line, [end.judgement.verdict for end in one.ends])
                for line in one.incarnations
            )
        ]
    if not found:
        how = [f"--connection {n}" for n in settings.numbers]
        how += [f"--filter {settings.expression!r}"] * (settings.expression is not None)
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
