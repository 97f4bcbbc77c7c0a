"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.sinks import AssetTransfer

__all__ = ["AssetTransfer"]
