"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.builders import RunBuilder, StepBuilder

__all__ = ["RunBuilder", "StepBuilder"]
