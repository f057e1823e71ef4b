"""HTML by Jinja2: values are shown as text, and never interpreted, unless they are `Markup`."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Template


def filled(package: str, name: str, **values: object) -> str:
    """The template of that name in the package, with these values. A value that the template asks
    for and that is not given is an error."""
    return _template(package, name).render(values)


def text_of_part(package: str, name: str) -> str:
    """A file that comes with the package."""
    return files(package).joinpath(*name.split("/")).read_text(encoding="utf-8")


@cache
def _template(package: str, name: str) -> Template:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.from_string(text_of_part(package, name))
