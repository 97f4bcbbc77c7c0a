"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.pipeline.ingest import ingest_assets

__all__ = ["ingest_assets"]
