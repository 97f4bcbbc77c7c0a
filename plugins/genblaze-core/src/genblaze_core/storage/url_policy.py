"""A published import path. Generated from published_names.txt by tools/facade.py."""

from typing import TYPE_CHECKING

from genblaze.errors import URLPolicyError
from genblaze.models.enums import URLPolicy

__all__: list[str] = ["URLPolicy", "URLPolicyError"]

if not TYPE_CHECKING:  # published programs import many a name from where it was merely used
    from genblaze_core import __getattr__ as __getattr__
