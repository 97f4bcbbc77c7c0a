"""A published import path. Generated from published_names.txt by tools/facade.py."""

from typing import TYPE_CHECKING

from genblaze.credentials import sanitize_error
from genblaze.file_urls import local_file_url
from genblaze.models.asset import compute_sha256
from genblaze.models.record import new_id, utc_now

__all__: list[str] = ["compute_sha256", "local_file_url", "new_id", "sanitize_error", "utc_now"]

if not TYPE_CHECKING:  # published programs import many a name from where it was merely used
    from genblaze_core import __getattr__ as __getattr__
