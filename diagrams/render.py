"""Pictures from DOT text, by the Graphviz that pygraphviz carries: no `dot` program is needed."""

from __future__ import annotations

import atexit
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from html import escape
from pathlib import Path
from tempfile import mkdtemp

from tcpmc.temporary import PATHS, remove

FORMATS = ("svg", "png", "pdf", "dot")
FONTS = Path(__file__).resolve().parent / "fonts"
CONFIGURATION = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{folder}</dir><cachedir>{folder}</cachedir></fontconfig>
"""


def render(dot: str, format: str) -> bytes:
    """The picture in one of FORMATS; "dot" is the text itself, unchanged.

    The same text gives the same bytes on every machine: the fonts are ours, and the date in a PDF
    is fixed. The text says itself if its layout is not that of `dot` (`layout="neato"`).
    """
    if format not in FORMATS:
        raise ValueError(f"format {format!r}: choose one of {', '.join(FORMATS)}")
    if format == "dot":
        return dot.encode()
    with _own_fonts(), _silenced():
        import pygraphviz

        drawn = bytes(pygraphviz.AGraph(string=dot).draw(format=format, prog="dot"))
    if format == "pdf":
        drawn = re.sub(rb"(/CreationDate \(D:)\d{14}", rb"\g<1>20000101000000", drawn)
    return drawn


def dot(text: str) -> str:
    """The text itself."""
    return text


def svg(dot: str) -> bytes:
    """The picture as SVG."""
    return render(dot, "svg")


def png(dot: str) -> bytes:
    """The picture as PNG."""
    return render(dot, "png")


def pdf(dot: str) -> bytes:
    """The picture as PDF."""
    return render(dot, "pdf")


@cache
def _font_folder() -> str:
    """A folder with our fonts alone, for as long as the process lives: Fontconfig writes into the
    folders that it reads."""
    folder = mkdtemp(prefix="tcpmc-fonts-")
    PATHS.add(Path(folder))
    atexit.register(remove, Path(folder))
    for font in sorted(FONTS.glob("*.ttf")):
        shutil.copy(font, folder)
    text = CONFIGURATION.format(folder=escape(folder))
    Path(folder, "fonts.conf").write_text(text, encoding="utf-8")
    return folder


@contextmanager
def _own_fonts() -> Iterator[None]:
    """Have Fontconfig, which looks once, find the fonts of this package and no others."""
    before = os.environ.get("FONTCONFIG_FILE")
    os.environ["FONTCONFIG_FILE"] = str(Path(_font_folder(), "fonts.conf"))
    try:
        yield
    finally:
        if before is None:
            del os.environ["FONTCONFIG_FILE"]
        else:
            os.environ["FONTCONFIG_FILE"] = before


@contextmanager
def _silenced() -> Iterator[None]:
    """Keep off stderr what Fontconfig says there about the machine's own set-up."""
    sys.stderr.flush()
    stderr, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(nowhere)
