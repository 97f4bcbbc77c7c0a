"""A published import path. Generated from published_names.txt by tools/facade.py."""

from typing import TYPE_CHECKING

from genblaze.models.step import UPSTREAM_ID_KEY
from genblaze.pipeline.queue_emitter import QueueEmitter

__all__: list[str] = ["UPSTREAM_ID_KEY", "QueueEmitter"]

if not TYPE_CHECKING:  # published programs import many a name from where it was merely used
    from genblaze_core import __getattr__ as __getattr__
