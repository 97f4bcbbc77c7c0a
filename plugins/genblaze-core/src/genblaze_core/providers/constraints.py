"""A published import path. Generated from published_names.txt by tools/facade.py."""

from typing import TYPE_CHECKING

from genblaze.providers.constraints import implies, mutually_exclusive, required_one_of, requires_together

__all__: list[str] = ["implies", "mutually_exclusive", "required_one_of", "requires_together"]

if not TYPE_CHECKING:  # published programs import many a name from where it was merely used
    from genblaze_core import __getattr__ as __getattr__
