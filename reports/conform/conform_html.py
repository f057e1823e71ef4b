"""A report as a page for the browser: one file that loads nothing, to step through by packet."""

from __future__ import annotations

from html import escape

from tcpmc.checks.conform.conform import ConnectionReport
from tcpmc.reports.conform.held import Held
from tcpmc.reports.conform.sentences import closing, next_lines, verdict_lines, waits
from tcpmc.reports.conform.table import rows, states

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem;
  color: #1a1a1a; background: #fff; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .2rem .6rem; }
tr { border-bottom: 1px solid #ccc; } tr:focus { outline: 3px solid #0b57d0; }
code, pre { font: 14px/1.4 ui-monospace, monospace; } pre { white-space: pre-wrap; }
.refused { background: #ffe0d6; } .rules { color: #444; font-size: .85rem; }
@media (prefers-color-scheme: dark) { body { color: #eee; background: #161616; }
  .rules { color: #bbb; } .refused { background: #5a2415; } tr { border-color: #444; } }
"""
SCRIPT = """
addEventListener("keydown", event => {
  const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
  if (!step) return;
  const all = [...document.querySelectorAll("tbody tr")];
  const here = all.indexOf(document.activeElement);
  const next = all[Math.max(0, Math.min(all.length - 1, here + step))];
  if (next) { next.focus(); event.preventDefault(); }
});
"""


def html(held: Held) -> str:
    """The whole report. Names and labels are shown as text, and never interpreted."""
    report = held.report
    parts = "".join(_connection(connection, held) for connection in report.connections)
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>tcpmc conform: {escape(report.stack.name)}</title>\n<style>{STYLE}</style>\n"
        f"<main>\n<h1>Held against {escape(report.stack.name)}</h1>\n"
        f"<p>Arrow keys step through the packets.</p>\n{parts}</main>\n"
        f"<script>{SCRIPT}</script>\n</html>\n"
    )


def _connection(connection: ConnectionReport, held: Held) -> str:
    stack = held.report.stack
    left, right = (escape(str(end)) for end in connection.conversation.ends)
    refused = {
        id(end.judgement.best.told[end.judgement.refused].seen.packet)
        for end in connection.ends
        if end.judgement.refused is not None
        and end.judgement.refused < len(end.judgement.best.told)
    }
    body = ""
    for row in rows(connection):
        arrow = "→" if row.packet.source == connection.conversation.ends[0] else "←"
        cells = [
            f"{escape(states(told).replace('|', ' or '))}"
            f'<div class="rules">{escape("; ".join(told.rules if told else ()))}</div>'
            for told in row.told
        ]
        mark = ' class="refused"' if id(row.packet) in refused else ""
        body += (
            f'<tr tabindex="0"{mark}><td>{row.packet.number}</td><td>{cells[0]}</td>'
            f"<td>{arrow}</td><td><code>{escape(row.text)}</code></td><td>{cells[1]}</td></tr>\n"
        )
    said = [line for end in connection.ends for line in verdict_lines(end, stack)]
    said += ["", closing(connection)]
    said += [line for end in connection.ends for line in waits(end, stack)]
    said += [line for end in connection.ends for line in next_lines(end, stack, held.then)]
    head = f"<th>packet</th><th>{left}</th><th></th><th>segment</th><th>{right}</th>"
    return (
        f"<section>\n<h2>Connection {connection.number}: {left} and {right}</h2>\n"
        f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>\n"
        f"<pre>{escape(chr(10).join(said))}</pre>\n</section>\n"
    )
