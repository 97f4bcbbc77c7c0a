"""A published import path. Generated from published_names.txt by tools/facade.py."""

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

__all__ = [
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
