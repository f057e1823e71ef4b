"""The report of a run as text: the table of verdicts, its footnotes, traces and the summary."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tcpmc.checks.running.jobs import Engine, Outcome, Result
from tcpmc.checks.verdict import (
    DEFINITE,
    EXIT_DISAGREE,
    EXIT_INCONCLUSIVE,
    EXIT_UNEXPECTED,
    INCONCLUSIVE,
    VACUOUS,
    Verdict,
)
from tcpmc.model.network.scope import Scope
from tcpmc.model.properties.kinds import Lemma
from tcpmc.reports.evidence import evidence
from tcpmc.reports.layout import folded, hanging, wrapped
from tcpmc.reports.scope_arguments import FLAGS, option

TABLE = 80
WORD, LEAST_HOW = 13, 24
LETTERS = "abcdefghijklmnopqrstuvwxyz"
EXIT_MEANINGS = {
    EXIT_UNEXPECTED: "some verdict is not the expected one",
    EXIT_INCONCLUSIVE: "some question is not settled",
    EXIT_DISAGREE: "the engines disagree, which is a bug in tcpmc",
}


def report(
    outcome: Outcome, width: int | None = None, traces: bool = False, extra: Sequence[str] = ()
) -> str:
    """The whole report, in at most 80 columns, or `width`; with `traces`, the ladder of each trace
    follows the table, in at most 100. `extra` lines come before the summary."""
    results, narrow = outcome.results, min(TABLE, width or TABLE)
    lines = list(_table(results, narrow, methods=traces))
    if traces:
        for result in results:
            if result.verdict.trace is not None:
                lines += ["", *evidence(result, width)]
    elif any(result.verdict.trace is not None for result in results):
        lines += ["", *wrapped("tcpmc trace NAME [--variant V] shows a trace.", narrow)]
    if extra:
        lines += ["", *extra]
    lines += ["", *folded(summary(outcome), narrow)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _table(results: Sequence[Result], width: int, methods: bool) -> Iterator[str]:
    notes = list(dict.fromkeys(note for result in results for note in result.all_assumptions))
    name = max([8, *(len(_name(result)) for result in results)])
    marks = max(len(_letters(result, notes)) for result in results)
    how = width - 2 - WORD - name - 1 - 6 - marks
    wide = how >= LEAST_HOW
    heading = f"  {'verdict':<{WORD}}{'property':<{name}}"
    yield heading + (f" {'how':<{how}} by" if wide else "")
    last = ""
    for result in results:
        prop, verdict = result.job.prop, result.verdict
        if result.job.variant.name != "rfc9293" and prop.name != last:
            yield " " * (2 + WORD) + prop.name
        last = prop.name
        mark = " " if verdict.as_expected else "!"
        row = f"{mark} {verdict.word:<{WORD}}{_name(result):<{name}} "
        first, *more = wrapped(basis(verdict), how if wide else width - 4)
        by = _by(verdict)
        letters = _letters(result, notes)
        if wide:
            yield f"{row}{first:<{how}} {by:<4} {letters}"
            yield from (" " * len(row) + line for line in more)
        else:
            yield from wrapped(f"{row}{by} {letters}", width)
            yield from (f"    {line}" for line in (first, *more))
        if methods:
            yield from _details(result, width)
    yield ""
    yield from _legend(results, notes, width)


def _name(result: Result) -> str:
    variant = result.job.variant.name
    return result.job.prop.name if variant == "rfc9293" else f"  on {variant}"


def _by(verdict: Verdict) -> str:
    """The engines that answered; a star for an answer within narrower bounds."""
    return "+".join(f"{name[0]}{'*' * bool(a.narrower)}" for name, a in verdict.answers.items())


def _letters(result: Result, notes: Sequence[str]) -> str:
    """The letters of what the verdict rests on."""
    return "".join(letter(index) for index in sorted(map(notes.index, result.all_assumptions)))


def letter(index: int) -> str:
    """The letter of a footnote, by its index."""
    return LETTERS[index] if index < len(LETTERS) else f"({index + 1})"


def basis(verdict: Verdict) -> str:
    """The method of the first engine that has the verdict, and what is odd about it."""
    best = [answer for answer in verdict.answers.values() if answer.word == verdict.word]
    answers = best or list(verdict.answers.values())
    text = answers[0].method if answers else "no engine answered"
    if not best:
        text = "; ".join(f"{name} {answer.word}" for name, answer in verdict.answers.items())
    if not verdict.as_expected:
        text += f" (expected {verdict.expected})"
    return text


def _details(result: Result, width: int) -> Iterator[str]:
    """What the property says, and what each engine says of it."""
    prop, verdict = result.job.prop, result.verdict
    texts = [f"{prop.kind}: {prop.meaning} ({prop.citation})"]
    if len(verdict.answers) > 1:
        texts += [
            f"{name}: {a.word}, {a.method}{f' ({a.narrower})' if a.narrower else ''}"
            for name, a in verdict.answers.items()
        ]
    for text in texts:
        yield from (f"    {line}" for line in wrapped(text, width - 4))


def _legend(results: Sequence[Result], notes: list[str], width: int) -> Iterator[str]:
    third = any(Engine.NETWORKX in result.verdict.answers for result in results)
    texts = [
        "A row without a variant is rfc9293. by: e explicit engine, z Z3"
        f"{', n networkx' if third else ''}."
    ]
    narrower = {a.narrower for r in results for a in r.verdict.answers.values() if a.narrower}
    if narrower:
        texts[0] += f" *: proved there only for the runs in which {' or '.join(sorted(narrower))}."
    if any(result.verdict.cut is not None for result in results):
        texts[0] += " Capacity N: with at most N segments in flight each way."
    if any(not result.verdict.as_expected for result in results):
        texts[0] += " !: not as expected."
    texts += [f"{letter(number)}  {note}" for number, note in enumerate(notes)]
    texts += _scopes(results)
    for text in texts:
        yield from hanging(text, width, hang=3)


def _scopes(results: Sequence[Result]) -> list[str]:
    """The scope asked for, and for each property that needs another what is different in it."""
    common = results[0].job.asked
    texts = [f"scope {common.name}: {common.describe()}"]
    others: dict[Scope, list[str]] = {}
    for result in results:
        scope, prop = result.job.scope, result.job.prop
        names = others.setdefault(scope, [])
        if scope != common and not isinstance(prop, Lemma) and prop.name not in names:
            names.append(prop.name)
    for scope, names in others.items():
        if names:
            changed = [
                " ".join(option(name, getattr(scope, name)))
                for name in FLAGS
                if getattr(scope, name) != getattr(common, name)
            ]
            texts.append(f"scope of {', '.join(names)}: the same with {' '.join(changed)}")
    lemmas = [result.job.prop for result in results if isinstance(result.job.prop, Lemma)]
    if lemmas:
        texts.append("scope of lemmas: one step, for all numbers of 32 bits")
    return texts


def summary(outcome: Outcome) -> list[str]:
    """How the run went: what is as expected, what differs, and the notes on the outcome."""
    verdicts = [result.verdict for result in outcome.results]
    judged = [verdict for verdict in verdicts if verdict.expected is not None]
    fine = sum(verdict.as_expected for verdict in judged)
    lines = [f"{fine} of {len(judged)} verdicts as expected."] if judged else []
    differing = [
        f"{v.prop.name} {v.word} (there {v.prop.expected['rfc9293']})"
        for v in verdicts
        if v.differs
    ]
    if len(judged) < len(verdicts):
        count = f"{len(verdicts) - len(judged)} verdicts on variants without an expected one"
        different = "; ".join(differing) or "nothing"
        lines.append(f"{count}; different from what rfc9293 is expected to give: {different}.")
    vacuous = [verdict.prop.name for verdict in verdicts if verdict.word == VACUOUS]
    if vacuous:
        lines.append(f"Vacuous, the premise never happens: {', '.join(dict.fromkeys(vacuous))}.")
    if any(v.word in DEFINITE and not v.as_expected for v in verdicts) and _small(outcome):
        lines.append("The expected verdicts are those of the scope default; this one is smaller.")
    kept = sum(result.kept for result in outcome.results)
    if kept:
        lines.append(f"{kept} decided by an earlier run (--no-cache decides anew).")
    return [*lines, *_capacity(verdicts), *outcome_notes(outcome, outcome.exit_code)]


def _capacity(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """How many verdicts are those of a capacity, and for which the next larger one was tried."""
    cuts = [(v.prop.name, v.cut) for v in verdicts if v.word in DEFINITE]
    met = [(name, cut) for name, cut in cuts if cut is not None]
    if not met:
        return
    capacities = " or ".join(str(number) for number in sorted({cut.capacity for _, cut in met}))
    tried = dict.fromkeys(name for name, cut in met if cut.larger is not None)
    names = ", ".join(tried) or "none (--next-capacity tries it)"
    yield (
        f"Verdicts at capacity {capacities}, beyond which steps were cut off: {len(met)}; "
        f"the next larger capacity was tried for {names}."
    )


def outcome_notes(outcome: Outcome, code: int) -> list[str]:
    """What to do about what is not settled, why the run ended early, what the exit code means."""
    lines = []
    stuck = [r.verdict for r in outcome.results if r.verdict.word == INCONCLUSIVE]
    if any(verdict.cut is not None for verdict in stuck):
        lines.append("INCONCLUSIVE for want of room in the channels: choose a larger --capacity.")
    if outcome.reason != "interrupted" and any(verdict.cut is None for verdict in stuck):
        lines.append(
            "INCONCLUSIVE: choose a smaller scope (tcpmc list scopes), or raise --timeout, "
            "--max-states or --max-memory; "
            "what --checkpoint DIR keeps, --resume DIR goes on with."
        )
    if outcome.reason:
        lines.append(f"The run ended early: {outcome.reason}.")
    broken = outcome.audits is not None and outcome.audits.fails
    if broken:
        lines.append("A requirement of RFC 9293 is broken in one step (tcpmc audit).")
    if code and not (broken and code == EXIT_UNEXPECTED):
        lines.append(f"Exit code {code}: {EXIT_MEANINGS.get(code, 'nothing was asked')}.")
    elif code:
        lines.append(f"Exit code {code}: not all of it is as expected.")
    return lines


def _small(outcome: Outcome) -> bool:
    return any(result.job.asked.name == "small" for result in outcome.results)
