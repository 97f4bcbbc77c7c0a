"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.tracing import StructuredLogger

__all__ = ["StructuredLogger"]
