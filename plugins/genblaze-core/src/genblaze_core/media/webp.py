"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.handlers import MAX_XMP_BYTES, WebpHandler

__all__ = ["MAX_XMP_BYTES", "WebpHandler"]
