"""The schemas that docs/ publishes."""

from __future__ import annotations

import json

import jsonschema
from referencing import Registry, Resource

from checkout import ROOT

DOCS = ROOT / "docs"


def schema(name: str) -> jsonschema.Draft202012Validator:
    """The validator of the schema in that file."""
    documents = {
        path.name: json.loads(path.read_text(encoding="utf-8"))
        for path in DOCS.glob("*.schema.json")
    }
    registry: Registry[object] = Registry().with_resources(
        [(path, Resource.from_contents(document)) for path, document in documents.items()]
    )
    return jsonschema.Draft202012Validator(documents[name], registry=registry)
