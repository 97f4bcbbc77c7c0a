"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.pipeline.builder import Pipeline

__all__ = ["Pipeline"]
