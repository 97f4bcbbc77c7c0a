"""The published backend for programs that run in an event loop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Self

from genblaze_s3.backend import S3StorageBackend

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from genblaze.storing import ListPage

__all__ = ["AsyncS3StorageBackend"]


class AsyncS3StorageBackend(S3StorageBackend):
    """A backend whose connections are closed with its `async with`, and whose listings and streams can be awaited.

    All of its asynchronous methods run their counterpart in a thread.
    """

    @classmethod
    def from_sync(cls, sync_backend: S3StorageBackend) -> Self:
        """The same bucket over the same connections."""
        backend = cls.__new__(cls)
        backend._store = sync_backend._store
        return backend

    @property
    def sync(self) -> S3StorageBackend:
        """The backend for plain calls, which this one is as well."""
        return self

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self.close)

    async def alist(self, prefix: str = "", **kwargs: Any) -> ListPage:
        """`list`, in a thread."""
        return await asyncio.to_thread(self.list, prefix, **kwargs)

    async def astream(self, key: str, **kwargs: Any) -> AsyncGenerator[bytes, None]:
        """`stream`, each piece in a thread."""
        chunks = self.stream(key, **kwargs)
        try:
            while piece := await asyncio.to_thread(next, chunks, b""):
                yield piece
        finally:
            await asyncio.to_thread(chunks.close)
