"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.providers.discovery import ValidationOutcome, ValidationResult, ValidationSource

__all__ = ["ValidationOutcome", "ValidationResult", "ValidationSource"]
