"""Carrying out edit plans in constant memory: look at the result without making it, hash it, or write it."""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
import struct
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Self

from msgspec import Struct

from genblaze.errors import EmbeddingError
from genblaze.layout import Copy, EditPlan, LayoutError, Literal, Reader, Segment, build_plan

if TYPE_CHECKING:
    from threading import Event

__all__ = [
    "ContentDigest",
    "FileReader",
    "PlanReader",
    "amend",
    "compose",
    "digest_plan",
    "equivalent",
    "is_identity",
    "reproduces",
    "whole",
    "write_and_digest",
    "write_plan",
]

# A walk over headers that lie close together reads through; one over distant headers jumps, and reads no more than it
# must: filling a large window for eight bytes costs more than the call.
_WINDOW = 64 * 1024
_PAGE = 4 * 1024
_NEAR = 16 * 1024
_CHUNK = 256 * 1024
_BLOCK = 64 * 1024  # a multiple of the block size of every file system that shares blocks
_SHARE_RANGE = 0x4020940D  # Linux's FICLONERANGE


class ContentDigest(Struct, frozen=True):
    """Identity of a content: its SHA-256 (64 lowercase hex digits) and its size in bytes."""

    sha256: str
    size: int


class FileReader:
    """A `Reader` over a file on disk, with a little read-ahead, so that walking it costs few calls.

    Use it as a context manager. It holds the file that was opened, whatever is renamed over its path later.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open `path`.

        Raises:
            EmbeddingError: It cannot be opened, or is not a regular file.
        """
        self.path = Path(path)
        try:
            # Non-blocking: opening a pipe that nobody writes would wait for ever.
            self._descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as error:
            msg = f"cannot open {self.path}: {error.strerror}"
            raise EmbeddingError(msg) from error
        self._status = os.fstat(self._descriptor)
        self._start, self._window, self._last = 0, b"", 0
        if not stat.S_ISREG(self._status.st_mode):
            self.close()
            msg = f"{self.path} is not a regular file"
            raise EmbeddingError(msg)

    @property
    def size(self) -> int:
        """Length in bytes when the file was opened."""
        return self._status.st_size

    def read_at(self, offset: int, length: int) -> bytes:
        """`length` bytes from `offset` on; fewer only at the end."""
        length = min(length, self.size - offset)
        if length <= 0:
            return b""
        begin = offset - self._start
        if begin < 0 or begin + length > len(self._window):
            if length >= _WINDOW:
                return self._pread(length, offset)
            window = _WINDOW if 0 <= offset - self._last < _NEAR else max(length, _PAGE)
            self._start, self._window = offset, self._pread(window, offset)
            begin = 0
        self._last = offset
        return self._window[begin : begin + length]

    def _pread(self, length: int, offset: int) -> bytes:
        try:
            return os.pread(self._descriptor, length, offset)
        except OSError as error:
            msg = f"cannot read {self.path} at byte {offset}: {error.strerror}"
            raise EmbeddingError(msg) from error

    def chunks(self, segment: Copy, buffer: memoryview) -> Iterator[memoryview]:
        """The bytes of a range, in views of `buffer` that hold until the next step."""
        offset, end = segment.offset, segment.offset + segment.length
        while offset < end:
            view = buffer[: min(len(buffer), end - offset)]
            try:
                count = os.preadv(self._descriptor, [view], offset)
            except OSError as error:
                msg = f"cannot read {self.path} at byte {offset}: {error.strerror}"
                raise EmbeddingError(msg) from error
            if count == 0:
                msg = f"{self.path} became shorter while it was read"
                raise EmbeddingError(msg)
            yield view[:count]
            offset += count

    def share_with(self, descriptor: int, segment: Copy, at: int) -> bool:
        """Let another file have a range at `at` by sharing its blocks, where the file system can do that."""
        arguments = struct.pack("qQQQ", self._descriptor, segment.offset, segment.length, at)
        try:
            fcntl.ioctl(descriptor, _SHARE_RANGE, arguments)
        except OSError:
            return False
        return True

    def check_unchanged(self) -> None:
        """Raise `EmbeddingError` when somebody wrote into the file since it was opened."""
        now, then = os.fstat(self._descriptor), self._status
        if (now.st_size, now.st_mtime_ns) != (then.st_size, then.st_mtime_ns):
            msg = f"{self.path} was changed by another program while it was read; try again"
            raise EmbeddingError(msg)

    def close(self) -> None:
        """Close the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class PlanReader:
    """What a plan makes of a file, as a `Reader`, without making it."""

    def __init__(self, reader: Reader, plan: EditPlan) -> None:
        """Present `plan`, whose ranges refer to `reader`.

        Raises:
            LayoutError: The plan copies bytes that `reader` does not have.
        """
        check_plan(plan, reader.size)
        self._reader = reader
        self._segments = plan.segments
        self._starts = _starts(plan.segments)
        self._run: tuple[int, int, int] = (0, 0, 0)
        self.size = plan.size

    def read_at(self, offset: int, length: int) -> bytes:
        """`length` bytes from `offset` on; fewer only at the end."""
        start, end, shift = self._run
        if start <= offset and offset + length <= end:  # most reads stay in the range that the last one was in
            return self._reader.read_at(offset + shift, length)
        self._run = self._copied_range(offset)
        pieces = [
            self._reader.read_at(piece.offset, piece.length) if isinstance(piece, Copy) else piece.data
            for piece in _slice(self._segments, self._starts, offset, min(length, self.size - offset))
        ]
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _copied_range(self, offset: int) -> tuple[int, int, int]:
        """Where the copied range around `offset` begins and ends, and how far it was moved; empty for a literal."""
        index = max(0, bisect_right(self._starts, offset) - 1)
        segment = self._segments[index] if index < len(self._segments) else None
        if not isinstance(segment, Copy):
            return (0, 0, 0)
        start = self._starts[index]
        return (start, start + segment.length, segment.offset - start)


def whole(reader: Reader) -> EditPlan:
    """The plan that copies everything."""
    return build_plan([Copy(0, reader.size)])


def is_identity(plan: EditPlan, size: int) -> bool:
    """Whether a plan gives a file of `size` bytes back as it is, as far as its structure tells."""
    return plan.segments == ((Copy(0, size),) if size else ())


def check_plan(plan: EditPlan, size: int) -> None:
    """Refuse a plan that reaches outside a file of `size` bytes.

    Raises:
        LayoutError: It does; a format plugin computed it wrongly.
    """
    for segment in plan.segments:
        if isinstance(segment, Copy) and (
            segment.offset < 0 or segment.length < 0 or segment.offset + segment.length > size
        ):
            msg = f"the edit plan copies bytes {segment.offset}+{segment.length} of a file that ends at {size}"
            raise LayoutError(msg)


def compose(outer: EditPlan, inner: EditPlan) -> EditPlan:
    """One plan for the file that `inner` reads, doing `inner` and then `outer`.

    Raises:
        LayoutError: `outer` copies bytes that `inner` does not produce.
    """
    check_plan(outer, inner.size)
    starts = _starts(inner.segments)
    segments: list[Segment] = []
    for segment in outer.segments:
        if isinstance(segment, Copy):
            segments += _slice(inner.segments, starts, segment.offset, segment.length)
        else:
            segments.append(segment)
    return build_plan(segments, sidecar=outer.sidecar)


def _starts(segments: Sequence[Segment]) -> list[int]:
    return list(accumulate((_length(segment) for segment in segments), initial=0))[:-1]


def _length(segment: Segment) -> int:
    return segment.length if isinstance(segment, Copy) else len(segment.data)


def _slice(segments: Sequence[Segment], starts: Sequence[int], offset: int, length: int) -> Iterator[Segment]:
    """The pieces that make up `length` bytes of the segments' result from `offset` on."""
    index = max(0, bisect_right(starts, offset) - 1)
    while length > 0 and index < len(segments):
        segment, skip = segments[index], offset - starts[index]
        count = min(length, _length(segment) - skip)
        if count > 0:
            if isinstance(segment, Copy):
                yield Copy(segment.offset + skip, count)
            else:
                yield Literal(segment.data[skip : skip + count])
        offset, length, index = offset + count, length - count, index + 1


def equivalent(first: EditPlan, second: EditPlan, reader: Reader) -> bool:
    """Whether two plans over `reader` give the same bytes, without reading what both copy from one place.

    Only literals are compared byte for byte, so the answer costs no more than they are long. Plans that copy
    equal bytes from different places count as different.
    """
    if first.size != second.size:
        return False
    cuts = sorted({*_starts(first.segments), *_starts(second.segments), first.size})
    sides = [(plan.segments, _starts(plan.segments)) for plan in (first, second)]
    for start, end in pairwise(cuts):
        one, other = (next(_slice(*side, start, end - start)) for side in sides)
        if one != other and ((isinstance(one, Copy) and isinstance(other, Copy)) or not _same(one, other, reader)):
            return False
    return True


def _same(one: Segment, other: Segment, reader: Reader) -> bool:
    left, right = (
        reader.read_at(each.offset, each.length) if isinstance(each, Copy) else each.data for each in (one, other)
    )
    return left == right


def reproduces(plan: EditPlan, reader: Reader) -> bool:
    """Whether a plan gives exactly the file it reads; what it copies must land where it came from."""
    return equivalent(plan, whole(reader), reader)


def digest_plan(file: FileReader, plan: EditPlan, stop: Event | None = None) -> ContentDigest:
    """Digest of what `plan` makes of `file`, without writing it.

    Raises:
        EmbeddingError: The file cannot be read, or another thread set `stop`.
    """
    digest = hashlib.sha256()
    for view in _stream(file, plan):
        digest.update(view)
        if stop is not None and stop.is_set():
            msg = f"nobody wants the digest of {file.path} any more"
            raise EmbeddingError(msg)
    return ContentDigest(digest.hexdigest(), plan.size)


def write_and_digest(file: FileReader, plan: EditPlan, output: BinaryIO) -> ContentDigest:
    """Write what `plan` makes of `file` to `output`, and hash it in the same pass."""
    digest = hashlib.sha256()
    for view in _stream(file, plan):
        output.write(view)
        digest.update(view)
    file.check_unchanged()
    return ContentDigest(digest.hexdigest(), plan.size)


def write_plan(file: FileReader, plan: EditPlan, output: BinaryIO) -> None:
    """Write what `plan` makes of `file` to `output`; ranges share their blocks on file systems that allow it."""
    check_plan(plan, file.size)
    for start, segment in zip(_starts(plan.segments), plan.segments, strict=True):
        rest = _share_blocks(file, segment, start, output) if isinstance(segment, Copy) else segment
        for view in _stream(file, EditPlan((rest,))):
            output.write(view)
    file.check_unchanged()


def amend(file: FileReader, draft: EditPlan, plan: EditPlan, output: BinaryIO) -> None:
    """Turn what `draft` has written to `output` into what `plan` makes of `file`.

    Where the two differ in nothing but new bytes of the same length, as they do when a draft had to guess a digest,
    these alone are written.
    """
    if plan == draft:
        return
    if [_outline(segment) for segment in plan.segments] != [_outline(segment) for segment in draft.segments]:
        output.seek(0)
        output.truncate()
        write_plan(file, plan, output)
        return
    for start, segment in zip(_starts(plan.segments), plan.segments, strict=True):
        if isinstance(segment, Literal):
            output.seek(start)
            output.write(segment.data)


def _outline(segment: Segment) -> Copy | int:
    return segment if isinstance(segment, Copy) else len(segment.data)


def _stream(file: FileReader, plan: EditPlan) -> Iterator[bytes | memoryview]:
    """The result of a plan in pieces, each valid until the next one is asked for."""
    check_plan(plan, file.size)
    longest = max((segment.length for segment in plan.segments if isinstance(segment, Copy)), default=0)
    buffer = memoryview(bytearray(min(_CHUNK, longest)))
    for segment in plan.segments:
        if isinstance(segment, Copy):
            yield from file.chunks(segment, buffer)
        else:
            yield segment.data


def _share_blocks(file: FileReader, segment: Copy, start: int, output: BinaryIO) -> Copy:
    """What is left of a range to be copied after as many whole blocks of it as can be were shared.

    Only sharing is asked of the system: its own copying goes page by page, and is slower than reading and writing.
    """
    at_end = segment.offset + segment.length == file.size
    length = segment.length if at_end else segment.length - segment.length % _BLOCK
    if length < _BLOCK or segment.offset % _BLOCK or start % _BLOCK:
        return segment
    output.flush()
    if not file.share_with(output.fileno(), Copy(segment.offset, length), start):
        return segment
    output.seek(start + length)
    return Copy(segment.offset + length, segment.length - length)
