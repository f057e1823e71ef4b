"""The site: `python -m sphinx -W docs build/site`."""

from __future__ import annotations

import re
from importlib.metadata import version as installed_version

from sphinx.application import Sphinx

project = "tcpmc"
author = "the tcpmc authors"
release = version = installed_version("tcpmc")
html_title = "tcpmc"
html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["wide.css"]
html_show_copyright = False
highlight_language = "none"
smartquotes = False  # --variant keeps both its hyphens
default_role = "code"  # `x` in a docstring is code

root_doc = "index"
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx_click",
]
exclude_patterns = ["pictures", "runs"]
myst_heading_anchors = 3

autodoc_typehints = "description"
autodoc_member_order = "bysource"


def _not_listed(app: Sphinx, page: str, source: list[str]) -> None:
    """A page that the home page does not list comes last."""
    if page == root_doc:
        listed = set(re.findall(r"^[\w./-]+$", source[0], re.M))
        others = sorted(app.env.found_docs - listed - {root_doc})
        more = ["", "```{toctree}", ":caption: More", ":hidden:", "", *others, "```", ""]
        source[0] += "\n".join(more) * bool(others)


def _for_the_site(app: Sphinx, page: str, source: list[str]) -> None:
    """Ladders are not folded. What lies outside of docs/ is a file to download, a page as well."""
    text = source[0].replace("<details>", "<details open>")
    up = "../" * (page.count("/") + 1)
    source[0] = re.sub(rf"\]\(({re.escape(up)}[\w/.-]+\.md)\)", r"](path:\1)", text)


def _as_printed(app: Sphinx, context: object, lines: list[str]) -> None:
    """The blocks of a help text that click does not wrap keep their columns here too."""
    text = re.sub(r"(?m)(^\| .*\n)+", lambda block: _literal(block[0]), "\n".join([*lines, ""]))
    lines[:] = text.splitlines()


def _literal(block: str) -> str:
    return "::\n\n" + re.sub(r"(?m)^\| ", "    ", block) + "\n"


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("source-read", _not_listed)
    app.connect("source-read", _for_the_site)
    app.connect("sphinx-click-process-description", _as_printed)
