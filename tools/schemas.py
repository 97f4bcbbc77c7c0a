"""Writes the JSON Schemas of events (as they go over the wire) and manifests to docs/reference/schemas.

`python tools/schemas.py` writes them; with `--check` it only says which are out of step (exit 1). Needs genblaze
installed.
"""

from __future__ import annotations

import argparse
import inspect
import json
import sys
from pathlib import Path
from typing import Any, get_args

import msgspec

from genblaze.models.event import AnyStreamEvent, StreamEvent
from genblaze.models.manifest import Manifest

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference" / "schemas"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def events() -> dict[str, Any]:
    """Returns the schema of an event: exactly one of its kinds, told apart by `type`."""
    kinds: tuple[type[StreamEvent], ...] = get_args(AnyStreamEvent)
    _, defined = msgspec.json.schema_components(kinds)
    return {
        "$schema": DIALECT,
        "title": "An event of genblaze, as StreamEvent.to_dict gives it",
        "oneOf": [{"$ref": f"#/$defs/{kind.__name__}"} for kind in kinds],
        "$defs": {kind.__name__: on_the_wire(kind, defined[kind.__name__]) for kind in kinds},
    }


def on_the_wire(kind: type[StreamEvent], schema: dict[str, Any]) -> dict[str, Any]:
    """Returns the schema of one kind of event without what stays in the process, and without null."""
    fields = {name: without_null(field) for name, field in schema["properties"].items() if name not in kind._in_process}
    required = ["type", "timestamp", *schema.get("required", ())]
    return {
        "title": kind.__name__,
        "description": paragraph(schema["description"]),
        "type": "object",
        "properties": {**fields, "timestamp": {"type": "string", "format": "date-time"}},
        "required": sorted(dict.fromkeys(required), key=list(fields).index),
    }


def without_null(field: dict[str, Any]) -> dict[str, Any]:
    """Returns the schema of a field that is left out when it is None."""
    kept = {key: value for key, value in field.items() if key != "default"}
    choices = [choice for choice in kept.pop("anyOf", []) if choice != {"type": "null"}]
    return {**kept, **(choices[0] if len(choices) == 1 else {"anyOf": choices} if choices else {})}


def manifest() -> dict[str, Any]:
    """Returns the schema of a manifest."""
    (root,), defined = msgspec.json.schema_components([Manifest])
    for schema in defined.values():
        if "description" in schema:
            schema["description"] = paragraph(schema["description"])
    title = "A manifest of genblaze, schema 1.5 of the published format"
    return {"$schema": DIALECT, "title": title, **root, "$defs": defined}


def paragraph(docstring: str) -> str:
    """Returns the first paragraph of a docstring on one line."""
    return " ".join(inspect.cleandoc(docstring).split("\n\n", 1)[0].split())


def main() -> int:
    """Writes or checks the schemas; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="change nothing, fail if a schema is out of step")
    check = parser.parse_args().check
    wanted = {
        FOLDER / f"{make.__name__}.json": json.dumps(make(), indent=2, ensure_ascii=False) + "\n"
        for make in (events, manifest)
    }
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text("utf-8") != text]
    for path in stale:
        print("out of step:" if check else "wrote", f"docs/reference/schemas/{path.name}")
        if not check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(wanted[path], "utf-8")
    if check:
        print("Run: python tools/schemas.py" if stale else "schemas in step")
    return bool(check and stale)


if __name__ == "__main__":
    sys.exit(main())
