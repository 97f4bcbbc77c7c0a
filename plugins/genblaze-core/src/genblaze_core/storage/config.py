"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.storing import StorageConfig

__all__ = ["StorageConfig"]
