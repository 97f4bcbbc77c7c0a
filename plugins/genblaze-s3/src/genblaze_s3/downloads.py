"""How content comes down: a broken connection goes on where it broke, and the whole is compared with its digest."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Final, TypeVar, cast

from genblaze import StorageError
from genblaze.models.enums import StorageErrorCode
from genblaze_s3.uploads import DIGEST_NAME

if TYPE_CHECKING:
    from collections.abc import Callable

    from genblaze.storing import ReadOptions
    from genblaze_s3.client import Client

__all__ = ["once_more", "open_object", "read_object"]

T = TypeVar("T")

BLOCK: Final = 1 << 20
PAST_THE_END: Final = 416


def open_object(client: Client, key: str, options: ReadOptions) -> BinaryIO:
    """An object, or a range of it, as a file to read once from front to back.

    Reading raises `StorageError`; that the content has another digest than it was stored with is told at its end.
    """
    if options.length == 0:
        _ask(client, key, _Range(0, 1), options)["Body"].close()  # a missing object is told all the same
        return io.BytesIO()
    wanted = _Range(options.offset, options.length)
    try:
        answer = _ask(client, key, wanted, options)
    except StorageError as error:
        if error.status_code == PAST_THE_END:
            return io.BytesIO()
        raise
    return cast("BinaryIO", io.BufferedReader(_Download(client, key, options, answer), BLOCK))


def read_object(client: Client, key: str, options: ReadOptions) -> bytes:
    """An object, or a range of it, in memory; read once more where it came damaged."""

    def read() -> bytes:
        with open_object(client, key, options) as file:
            return file.read()

    return once_more(read)


def once_more(read: Callable[[], T]) -> T:
    """Read, and read again from the start where the content came damaged."""
    try:
        return read()
    except DamagedError:
        return read()


class DamagedError(StorageError):
    """What came is not what was stored."""


@dataclass(frozen=True)
class _Range:
    offset: int
    length: int | None

    @property
    def header(self) -> dict[str, str]:
        """The argument of GetObject; none for the whole object, as an empty one has no first byte."""
        if self.offset == 0 and self.length is None:
            return {}
        last = "" if self.length is None else self.offset + self.length - 1
        return {"Range": f"bytes={self.offset}-{last}"}


def _ask(client: Client, key: str, wanted: _Range, options: ReadOptions) -> dict[str, Any]:
    arguments = _arguments(client, key, wanted, options)
    answer: dict[str, Any] = client.call("get", key, lambda s3: s3.get_object(**arguments))
    return answer


def _arguments(client: Client, key: str, wanted: _Range, options: ReadOptions) -> dict[str, Any]:
    """Of GetObject."""
    encryption = {} if options.encryption is None else options.encryption.to_get_extra_args()
    return {"Bucket": client.settings.bucket, "Key": key, **wanted.header, **encryption}


class _Download(io.RawIOBase):
    """The body of an answer, and of those that continue it."""

    def __init__(self, client: Client, key: str, options: ReadOptions, answer: dict[str, Any]) -> None:
        self._client, self._key, self._options = client, key, options
        self._body, self._etag = answer["Body"], answer["ETag"]
        self._size, self._at = answer["ContentLength"], 0
        self._digest = hashlib.sha256()
        self._expected = answer["Metadata"].get(DIGEST_NAME) if options.whole else None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Read on; a failure is repeated from where it happened."""
        if self._at >= self._size:
            return 0
        piece = self._client.repeat(lambda: self._read(len(buffer)))
        buffer[: len(piece)] = piece
        self._at += len(piece)
        if self._expected is not None:
            self._check(piece, self._expected)
        return len(piece)

    def close(self) -> None:
        if not self.closed and self._body is not None:
            self._body.close()
        super().close()

    def _read(self, length: int) -> bytes:
        if self._body is None:
            self._resume()
        try:
            piece: bytes = self._client.run("get", self._key, lambda: self._body.read(length))
        except StorageError:
            self._drop()
            raise
        if not piece:
            self._drop()
            msg = f"S3: get {self._key!r} ended after {self._at} of {self._size} bytes."
            raise StorageError(msg, error_code=StorageErrorCode.NETWORK, is_retriable=True, operation="get")
        return piece

    def _resume(self) -> None:
        """Ask for the rest of the same version."""
        rest = _Range(self._options.offset + self._at, self._size - self._at)
        arguments = _arguments(self._client, self._key, rest, self._options) | {"IfMatch": self._etag}
        boto = self._client.boto()
        self._body = self._client.run("get", self._key, lambda: boto.get_object(**arguments)["Body"])

    def _drop(self) -> None:
        self._body.close()
        self._body = None

    def _check(self, piece: bytes, expected: str) -> None:
        self._digest.update(piece)
        if self._at == self._size and self._digest.hexdigest() != expected:
            msg = (
                f"S3: get {self._key!r} delivered content with the SHA-256 {self._digest.hexdigest()}, but it was"
                f" stored with {expected}."
            )
            raise DamagedError(msg, error_code=StorageErrorCode.NETWORK, is_retriable=True, operation="get")
