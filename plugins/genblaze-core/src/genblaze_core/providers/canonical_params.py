"""A published import path. Generated from published_names.txt by tools/facade.py."""

from typing import TYPE_CHECKING

from genblaze.providers.canonical_params import (
    ASPECT_RATIO,
    ASPECT_RATIOS,
    AUDIO,
    CANONICAL_NAMES,
    DURATION,
    FPS,
    IMAGE,
    IMAGE_END,
    NEGATIVE_PROMPT,
    OUTPUT_FORMAT,
    PROMPT,
    QUALITY,
    RESOLUTION,
    RESOLUTIONS_TIERED,
    SEED,
    VIDEO,
    VOICE,
    N,
)

__all__: list[str] = [
    "ASPECT_RATIO",
    "ASPECT_RATIOS",
    "AUDIO",
    "CANONICAL_NAMES",
    "DURATION",
    "FPS",
    "IMAGE",
    "IMAGE_END",
    "NEGATIVE_PROMPT",
    "OUTPUT_FORMAT",
    "PROMPT",
    "QUALITY",
    "RESOLUTION",
    "RESOLUTIONS_TIERED",
    "SEED",
    "VIDEO",
    "VOICE",
    "N",
]

if not TYPE_CHECKING:  # published programs import many a name from where it was merely used
    from genblaze_core import __getattr__ as __getattr__
