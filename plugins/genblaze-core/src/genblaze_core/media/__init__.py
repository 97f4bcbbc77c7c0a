"""A published import path. Generated from published_names.txt by tools/facade.py."""

from typing import TYPE_CHECKING

from genblaze.embedding import EmbedResult
from genblaze.embedding.handlers import (
    AacHandler,
    BaseMediaHandler,
    FlacHandler,
    JpegHandler,
    MediaCapability,
    Mp3Handler,
    Mp4Handler,
    PngHandler,
    SidecarHandler,
    SmartEmbedder,
    WavHandler,
    WebpHandler,
    get_handler,
    guess_mime,
    sniff_mime,
)

__all__: list[str] = [
    "AacHandler",
    "BaseMediaHandler",
    "EmbedResult",
    "FlacHandler",
    "JpegHandler",
    "MediaCapability",
    "Mp3Handler",
    "Mp4Handler",
    "PngHandler",
    "SidecarHandler",
    "SmartEmbedder",
    "WavHandler",
    "WebpHandler",
    "get_handler",
    "guess_mime",
    "sniff_mime",
]

if not TYPE_CHECKING:  # published programs import many a name from where it was merely used
    from genblaze_core import __getattr__ as __getattr__
