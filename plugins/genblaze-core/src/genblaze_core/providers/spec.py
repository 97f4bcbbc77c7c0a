"""A published import path. Generated from published_names.txt by tools/facade.py."""

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

__all__ = [
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
