"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.storing import DeleteError, DeleteResult, FileEntry, ListPage, ObjectMetadata, TransferProgress

__all__ = ["DeleteError", "DeleteResult", "FileEntry", "ListPage", "ObjectMetadata", "TransferProgress"]
