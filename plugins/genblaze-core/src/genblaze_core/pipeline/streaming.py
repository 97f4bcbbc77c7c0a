"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.models.step import UPSTREAM_ID_KEY
from genblaze.pipeline.queue_emitter import QueueEmitter

__all__ = ["UPSTREAM_ID_KEY", "QueueEmitter"]
