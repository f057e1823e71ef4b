"""The page as one file: template, styles, scripts and data, and nothing from anywhere else.

Styles, scripts and the embedded data are put in as they are (`Markup`): the policy names their
digests, and `embedded` lets no data end its element.
"""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha256

from tcpmc.reports.templates import filled, text_of_part
from tcpmc.web.state_figure import figure_svg, view_box
from tcpmc.web.trace_data import Json

STYLES = ("page.css", "verdicts.css", "trace.css", "print.css")
SCRIPTS = ("dom.js", "verdicts.js", "ladder.js", "figure.js", "step.js", "trace.js")
LIVE_STYLES, LIVE_SCRIPTS = ("explore.css",), ("explore.js",)
START = ("main.js",)


def document(data: Json, live: bool = False) -> str:
    """The whole page, the same bytes for the same data. A `live` one may speak to its own server;
    any other may load nothing at all, by its content security policy."""
    from markupsafe import Markup

    style = _parts((*STYLES, *(LIVE_STYLES if live else ())))
    script = _parts((*SCRIPTS, *(LIVE_SCRIPTS if live else ()), *START))
    return filled(
        "tcpmc.web",
        "parts/page.html.jinja",
        policy=Markup(policy(style, script, live)),
        style=Markup(style),
        script=Markup(script),
        data=Markup(embedded(data)),
        figure=Markup(figure_svg()),
        view_box=view_box(),
    )


def policy(style: str, script: str, live: bool) -> str:
    """The content security policy: this style, this script, and no other source of anything."""
    rules = [
        "default-src 'none'",
        f"script-src '{_digest(script)}'",
        f"style-src '{_digest(style)}'",
        "img-src data:",  # the empty icon, without which a browser asks the server for one
        "base-uri 'none'",
        "form-action 'none'",
        *["connect-src 'self'"] * live,
    ]
    return "; ".join(rules)


def embedded(data: Json) -> str:
    """The data as JSON that ends no script element and begins no comment, whatever it holds."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=True)
    for char in "<>&":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def _parts(names: tuple[str, ...]) -> str:
    return "\n".join(text_of_part("tcpmc.web", f"parts/{name}") for name in names)


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
