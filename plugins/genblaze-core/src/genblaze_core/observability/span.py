"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze_otel import StepSpan

__all__ = ["StepSpan"]
