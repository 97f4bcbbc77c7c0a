"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.embedding.handlers import MAX_XMP_BYTES, XMP_NS, JpegHandler

__all__ = ["MAX_XMP_BYTES", "XMP_NS", "JpegHandler"]
