"""The page as one file: template, styles, scripts and data, and nothing from anywhere else."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from hashlib import sha256
from importlib.resources import files

from tcpmc.web.state_figure import figure_svg, view_box
from tcpmc.web.trace_data import Json

STYLES = ("page.css", "verdicts.css", "trace.css", "print.css")
SCRIPTS = ("dom.js", "verdicts.js", "ladder.js", "figure.js", "step.js", "trace.js")
LIVE_STYLES, LIVE_SCRIPTS = ("explore.css",), ("explore.js",)
START = ("main.js",)


def document(data: Json, live: bool = False) -> str:
    """The whole page, the same bytes for the same data. A `live` one may speak to its own server;
    any other may load nothing at all, by its content security policy."""
    style = _parts((*STYLES, *(LIVE_STYLES if live else ())))
    script = _parts((*SCRIPTS, *(LIVE_SCRIPTS if live else ()), *START))
    filled = {
        "POLICY": policy(style, script, live),
        "STYLE": style,
        "SCRIPT": script,
        "DATA": embedded(data),
        "FIGURE": figure_svg(),
        "VIEWBOX": view_box(),
    }
    return re.sub("%([A-Z]+)%", lambda place: filled[place[1]], _part("page.html"))


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
    return "\n".join(_part(name) for name in names)


def _part(name: str) -> str:
    return files("tcpmc.web").joinpath("parts", name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
