"""The record of an embedding: what is long is hashed while the file is written, not before."""

from __future__ import annotations

from threading import Event
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from genblaze.embedding.edits import ContentDigest, FileReader, digest_plan
from genblaze.layout import EditPlan

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

__all__ = ["RecordDigests"]

_Digest: TypeAlias = "ContentDigest | Future[ContentDigest]"
_NOTHING = ContentDigest("", 0)
_OWN_THREAD_FROM = 1024 * 1024


class RecordDigests:
    """Takes the digests that a record holds; in threads of its own where that is worth it, for hashing lets others run.

    Use it as a context manager; leaving it waits for the threads, which stop early when it is left by an error.
    """

    def __init__(
        self, file: FileReader, pristine: EditPlan, essence: EditPlan, content: ContentDigest | None = None
    ) -> None:
        """Begin to hash.

        Args:
            file: What the plans read.
            pristine: Gives the content without any manifest.
            essence: Gives the coded media alone; empty where a format knows none.
            content: Digest of the content, if it is known.
        """
        self._file = file
        self._unknown = ContentDigest("0" * 64, pristine.size)
        self._threads: ThreadPoolExecutor | None = None
        self._stop = Event()
        self._content: _Digest = content or self._digest(pristine)
        self._essence: _Digest = self._digest(essence) if essence.size else _NOTHING

    def _digest(self, plan: EditPlan) -> _Digest:
        if plan.size < _OWN_THREAD_FROM:
            return digest_plan(self._file, plan)
        if self._threads is None:
            from concurrent.futures import ThreadPoolExecutor

            self._threads = ThreadPoolExecutor(2, "genblaze-digest")
        return self._threads.submit(digest_plan, self._file, plan, self._stop)

    @property
    def under_way(self) -> bool:
        """Whether something is still being hashed."""
        return None in (_so_far(self._content), _so_far(self._essence))

    @property
    def content(self) -> ContentDigest:
        """Digest of the content, once it is hashed."""
        return _at_last(self._content)

    def draft(self) -> dict[str, Any]:
        """The record as far as it is known: what is still being hashed stands there as zeros of the same length."""
        return _record(_so_far(self._content) or self._unknown, _so_far(self._essence) or self._unknown)

    def record(self) -> dict[str, Any]:
        """The record, once everything is hashed."""
        return _record(self.content, _at_last(self._essence))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._stop.set()
        if self._threads is not None:
            self._threads.shutdown(cancel_futures=True)


def _so_far(digest: _Digest) -> ContentDigest | None:
    return digest if isinstance(digest, ContentDigest) else digest.result() if digest.done() else None


def _at_last(digest: _Digest) -> ContentDigest:
    return digest if isinstance(digest, ContentDigest) else digest.result()


def _record(content: ContentDigest, essence: ContentDigest) -> dict[str, Any]:
    return {
        "v": 1,
        "content_sha256": content.sha256,
        "content_size": content.size,
        "essence_sha256": essence.sha256 or None,
    }
