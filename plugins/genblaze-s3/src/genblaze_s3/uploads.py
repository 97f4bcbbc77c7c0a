"""How content goes up: small objects in one request, large ones in parts, never a whole file in memory."""

from __future__ import annotations

import base64
import hashlib
import io
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from genblaze import StorageError
from genblaze.models.enums import StorageErrorCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from genblaze.storing.store import Content
    from genblaze_s3.client import Client

__all__ = ["DIGEST_NAME", "Body", "Upload", "opened"]

DIGEST_NAME: Final = "genblaze-sha256"
"""The user metadata in which every object says what its content's SHA-256 was, in lowercase hexadecimal."""

MIB: Final = 1 << 20
MAX_PARTS: Final = 9000  # S3 takes 10 000
WORKERS: Final = 4
BLOCK: Final = MIB // 4

#: Arguments of PutObject that describe its one body; a multipart upload has none of them.
OF_ONE_BODY: Final = frozenset({"ChecksumSHA256", "ContentMD5", "IfNoneMatch"})
CUSTOMER_KEY: Final = ("SSECustomerAlgorithm", "SSECustomerKey", "SSECustomerKeyMD5")


class Body:
    """Content to send: an open file, of which several threads may read sections at once.

    Args:
        file: A seekable file; its content begins where it stands.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._start = file.tell()
        self.size = file.seek(0, io.SEEK_END) - self._start

    def read_at(self, offset: int, length: int) -> bytes:
        """Bytes of the content."""
        with self._lock:
            self._file.seek(self._start + offset)
            return self._file.read(length)

    def section(self, offset: int, length: int) -> Section:
        """A part of the content as a file of its own."""
        return Section(self, offset, min(length, self.size - offset))

    def whole(self) -> Section:
        """All of the content as a file of its own."""
        return self.section(0, self.size)


class Section(io.RawIOBase):
    """A part of a body, read from the body when it is needed."""

    def __init__(self, body: Body, offset: int, length: int) -> None:
        self._body, self._offset, self._length = body, offset, length
        self._at = 0

    def __len__(self) -> int:
        return self._length

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True, as it is signed before it is sent."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Read from the body, without the copies that a raw file makes."""
        left = self._length - self._at
        length = left if size < 0 else min(size, left)
        found = self._body.read_at(self._offset + self._at, length)
        if len(found) < length:
            msg = "put: the file became shorter while it was sent."
            raise StorageError(msg, error_code=StorageErrorCode.INVALID_INPUT, operation="put")
        self._at += length
        return found

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer from the body."""
        found = self.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Stand elsewhere within the section."""
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._length}[whence]
        self._at = min(max(0, origin + offset), self._length)
        return self._at

    def tell(self) -> int:
        """Where it stands."""
        return self._at

    def digest(self, algorithm: str) -> bytes:
        """A digest of the section, which stands at its beginning afterwards."""
        found = hashlib.new(algorithm, usedforsecurity=False)
        self.seek(0)
        while block := self.read(BLOCK):
            found.update(block)
        self.seek(0)
        return found.digest()


@contextmanager
def opened(data: Content) -> Iterator[Body]:
    """Content of any kind as a body; a stream that cannot be rewound is kept in a temporary file meanwhile."""
    if isinstance(data, Path):
        with _reading(data) as file:
            yield Body(file)
    elif isinstance(data, bytes | bytearray | memoryview):
        yield Body(io.BytesIO(data))
    elif data.seekable():
        yield Body(data)
    else:
        with tempfile.TemporaryFile() as file:
            while block := data.read(BLOCK):
                file.write(block)
            file.seek(0)
            yield Body(file)


def _reading(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        msg = f"put: {path} cannot be read: {error.strerror or error}."
        raise StorageError(msg, error_code=StorageErrorCode.INVALID_INPUT, operation="put") from error


@dataclass(frozen=True)
class Upload:
    """One object on its way up.

    Attributes:
        client: Sends the requests.
        key: The object.
        body: Its content.
        arguments: Of PutObject, without the body.
        progress: Called with the number of bytes that are up.
    """

    client: Client
    key: str
    body: Body
    arguments: dict[str, Any]
    progress: Callable[[int], None] = lambda _: None

    def send(self) -> None:
        """Send it, in parts where it is large."""
        self.progress(0)
        if self.body.size <= self.client.settings.config.multipart_threshold:
            self._send_at_once()
        else:
            self._send_in_parts()
        self.progress(self.body.size)

    def _send_at_once(self) -> None:
        section = self.body.whole()

        def attempt(s3: Any) -> None:
            section.seek(0)
            s3.put_object(Bucket=self._bucket, Key=self.key, Body=section, **self.arguments)

        self.client.call("put", self.key, attempt)

    def _send_in_parts(self) -> None:
        shared = {name: value for name, value in self.arguments.items() if name not in OF_ONE_BODY}
        upload_id = self._call("create_multipart_upload", **shared)["UploadId"]
        try:
            self._complete(upload_id, self._parts(upload_id))
        except BaseException as error:
            self._abandon(upload_id, error)
            raise

    def _complete(self, upload_id: str, parts: list[dict[str, Any]]) -> None:
        """Make the parts one object. Where the first answer got lost, a second request finds no upload any more."""
        condition = {name: self.arguments[name] for name in ("IfNoneMatch",) if name in self.arguments}
        arguments = {"MultipartUpload": {"Parts": parts}, **condition, **self._customer_key}
        try:
            self._call("complete_multipart_upload", UploadId=upload_id, **arguments)
        except StorageError as error:
            if error.error_code is not StorageErrorCode.NOT_FOUND or not self._is_there():
                raise

    def _is_there(self) -> bool:
        """Whether the object has our content."""
        try:
            found = self._call("head_object", **self._customer_key)
        except StorageError:
            return False
        return bool(
            found["ContentLength"] == self.body.size
            and found["Metadata"].get(DIGEST_NAME) == self.arguments["Metadata"][DIGEST_NAME]
        )

    def _parts(self, upload_id: str) -> list[dict[str, Any]]:
        """Send the parts, some at a time; the first failure keeps the rest from starting."""
        length = part_length(self.body.size, self.client.settings.config.multipart_chunk_size)
        count = -(-self.body.size // length)
        with ThreadPoolExecutor(min(WORKERS, count), thread_name_prefix="genblaze-s3") as pool:
            sending = [pool.submit(self._part, upload_id, number, length) for number in range(count)]
            try:
                parts = []
                for each in sending:
                    parts.append(each.result())
                    self.progress(min(len(parts) * length, self.body.size))
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return parts

    def _part(self, upload_id: str, number: int, length: int) -> dict[str, Any]:
        section = self.body.section(number * length, length)
        md5 = base64.b64encode(section.digest("md5")).decode()

        def attempt(s3: Any) -> Any:
            section.seek(0)
            return s3.upload_part(
                Bucket=self._bucket,
                Key=self.key,
                UploadId=upload_id,
                PartNumber=number + 1,
                Body=section,
                ContentMD5=md5,
                **self._customer_key,
            )

        answer = self.client.call("put", self.key, attempt)
        return {"PartNumber": number + 1, "ETag": answer["ETag"]}

    def _abandon(self, upload_id: str, error: BaseException) -> None:
        """Free the parts. That this fails as well adds nothing: the bucket's lifecycle sweeps them."""
        try:
            self._call("abort_multipart_upload", UploadId=upload_id)
        except StorageError as second:
            error.add_note(f"Its parts could not be removed: {second}")

    @property
    def _customer_key(self) -> dict[str, Any]:
        return {name: self.arguments[name] for name in CUSTOMER_KEY if name in self.arguments}

    @property
    def _bucket(self) -> str:
        return self.client.settings.bucket

    def _call(self, method: str, **arguments: Any) -> Any:
        return self.client.call(
            "put", self.key, lambda s3: getattr(s3, method)(Bucket=self._bucket, Key=self.key, **arguments)
        )


def part_length(size: int, least: int) -> int:
    """Bytes of a part: a whole number of MiB, so many that the parts stay within what S3 takes."""
    return max(least, -(-size // MAX_PARTS // MIB) * MIB)
