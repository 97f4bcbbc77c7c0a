"""Records as fields of a program's own pydantic models, and so in FastAPI: validated, dumped and described.

Pydantic asks for these schemas itself, and they are plain data: nothing here imports it.
"""

from __future__ import annotations

import inspect
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from genblaze.models.record import Dumpable

_REF = "#/$defs/{name}"


def core_schema(kind: type[Dumpable]) -> dict[str, Any]:
    """How pydantic-core validates and dumps a record."""
    return {
        "ref": f"{kind.__module__}.{kind.__qualname__}:{id(kind)}",  # so that it becomes a definition of this name
        "type": "function-plain",
        "function": {"type": "no-info", "function": kind.model_validate},
        "serialization": {"type": "function-plain", "function": _dumped, "info_arg": True},
    }


def _dumped(record: Dumpable, info: Any) -> dict[str, Any]:
    options = {name: getattr(info, name) for name in ("include", "exclude", "exclude_none", "exclude_defaults")}
    return record.model_dump(mode=info.mode, **options)


def json_schema(kind: type[Dumpable], ref_template: str) -> dict[str, Any]:
    """The JSON Schema of a record, those of its parts in `$defs`."""
    defined = _defined(kind, ref_template.replace("{model}", "{name}"))
    own = defined.pop(kind.__name__)
    return {**own, "$defs": defined} if defined else own


def flat_schema(kind: type[Dumpable]) -> dict[str, Any]:
    """The JSON Schema of a record with its parts in their places: definitions are pydantic's to name."""
    defined = _defined(kind, _REF)
    flat: dict[str, Any] = _resolved(defined[kind.__name__], defined)
    return flat


def _defined(kind: type[Dumpable], ref_template: str) -> dict[str, dict[str, Any]]:
    _, defined = msgspec.json.schema_components([kind], ref_template=ref_template)
    for schema in defined.values():
        if "description" in schema:
            schema["description"] = inspect.cleandoc(schema["description"]).split("\n\n", 1)[0]
    return defined


def _resolved(schema: Any, defined: dict[str, dict[str, Any]]) -> Any:
    resolve = partial(_resolved, defined=defined)
    if isinstance(schema, list):
        return [resolve(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return resolve(defined[schema["$ref"].rpartition("/")[2]])
    return {name: resolve(part) for name, part in schema.items()}
