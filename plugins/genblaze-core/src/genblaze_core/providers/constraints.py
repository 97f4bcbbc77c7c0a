"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.providers.constraints import implies, mutually_exclusive, required_one_of, requires_together

__all__ = ["implies", "mutually_exclusive", "required_one_of", "requires_together"]
