"""A published import path. Generated from published_names.txt by tools/facade.py."""

from typing import TYPE_CHECKING

from genblaze.providers.schemas import (
    ArraySchema,
    BoolSchema,
    EnumSchema,
    FloatSchema,
    IntSchema,
    ParamSchema,
    StringSchema,
)
from genblaze.providers.spec import FALLBACK_SPEC, ModelSpec

__all__: list[str] = [
    "FALLBACK_SPEC",
    "ArraySchema",
    "BoolSchema",
    "EnumSchema",
    "FloatSchema",
    "IntSchema",
    "ModelSpec",
    "ParamSchema",
    "StringSchema",
]

if not TYPE_CHECKING:  # published programs import many a name from where it was merely used
    from genblaze_core import __getattr__ as __getattr__
