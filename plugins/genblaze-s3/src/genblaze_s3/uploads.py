"""How content goes up: small objects in one request, large ones in parts, never a whole large file in memory."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from genblaze import StorageError
from genblaze.models.enums import StorageErrorCode
from genblaze.storing import check_digest

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from genblaze.storing import StorageConfig
    from genblaze_s3.bodies import Body
    from genblaze_s3.client import Client

__all__ = ["DIGEST_NAME", "Upload", "goes_in_parts"]

DIGEST_NAME: Final = "genblaze-sha256"
"""The user metadata in which every object says what its content's SHA-256 was, in lowercase hexadecimal."""

MIB: Final = 1 << 20
MAX_PARTS: Final = 9000  # S3 takes 10 000
AT_ONCE: Final = 16 * MIB
"""Bytes of an object in parts that are in memory at once, on their way up."""

#: Arguments of PutObject that describe its one body; a multipart upload has none of them.
OF_ONE_BODY: Final = frozenset({"ChecksumSHA256", "ContentMD5", "IfNoneMatch"})
CUSTOMER_KEY: Final = ("SSECustomerAlgorithm", "SSECustomerKey", "SSECustomerKeyMD5")


@dataclass(frozen=True)
class Upload:
    """One object on its way up. What is sent is what was hashed: it is read once, into memory, block by block.

    Attributes:
        client: Sends the requests.
        key: The object.
        body: Its content.
        arguments: Of PutObject, without the body.
        sha256: What its digest must be.
        checksums: Whether the server takes checksums in headers; else it gets MD5.
        trusting: Leave it to the server to compare the digest of what comes in one request.
        progress: Called with the number of bytes that are up, and how many it will be.
    """

    client: Client
    key: str
    body: Body
    arguments: dict[str, Any]
    sha256: str
    checksums: bool
    trusting: bool
    progress: Callable[[int, int], None]

    def send(self) -> bool:
        """Send it.

        Returns:
            Whether the server says that it has compared the digest.
        """
        in_parts = goes_in_parts(self.body, self.client.settings.config)
        checked = self._send_in_parts() if in_parts else self._send_at_once()
        self.progress(self.body.size, self.body.size)
        return checked

    def _send_at_once(self) -> bool:
        content = b"".join(self.body.blocks(max(1, self.body.size)))
        checksum = _base64(bytes.fromhex(self.sha256))
        guard = {"ChecksumSHA256": checksum} if self.checksums else _md5(content)
        attempts = count()

        def attempt(s3: Any) -> Any:
            if next(attempts) or not self.trusting:  # the server may have refused it for its digest
                check_digest(hashlib.sha256(content).hexdigest(), self.sha256)
            return s3.put_object(Bucket=self._bucket, Key=self.key, Body=content, **self.arguments | guard)

        return bool(self.client.call("put", self.key, attempt).get("ChecksumSHA256") == checksum)

    def _send_in_parts(self) -> bool:
        shared = {name: value for name, value in self.arguments.items() if name not in OF_ONE_BODY}
        if self.checksums:
            shared["ChecksumAlgorithm"] = "CRC32"
        upload_id = self._call("create_multipart_upload", **shared)["UploadId"]
        try:
            self._complete(upload_id, self._parts(upload_id))
        except BaseException as error:
            self._abandon(upload_id, error)
            raise
        return False

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
        """Send the parts, some at a time, hashing them on the way; a failure keeps the rest from starting."""
        length = part_length(self.body.size, self.client.settings.config.multipart_chunk_size)
        workers = max(2, AT_ONCE // length)
        found = hashlib.sha256()
        parts: list[dict[str, Any]] = []
        under_way: deque[Future[dict[str, Any]]] = deque()

        def await_one() -> None:
            parts.append(under_way.popleft().result())
            if len(parts) * length < self.body.size:
                self.progress(len(parts) * length, self.body.size)

        with ThreadPoolExecutor(workers, thread_name_prefix="genblaze-s3") as pool:
            try:
                for block in self.body.blocks(length):
                    under_way.append(pool.submit(self._part, upload_id, len(parts) + len(under_way) + 1, block))
                    found.update(block)
                    del block  # a part is in memory until it is up, and no longer
                    if len(under_way) == workers:
                        await_one()
                while under_way:
                    await_one()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        check_digest(found.hexdigest(), self.sha256)
        return parts

    def _part(self, upload_id: str, number: int, content: bytes) -> dict[str, Any]:
        crc = {"ChecksumCRC32": _base64(zlib.crc32(content).to_bytes(4, "big"))} if self.checksums else {}
        guard = crc or _md5(content)
        named = {"UploadId": upload_id, "PartNumber": number, "Body": content, **guard, **self._customer_key}
        return {"PartNumber": number, "ETag": self._call("upload_part", **named)["ETag"], **crc}

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


def goes_in_parts(body: Body, config: StorageConfig) -> bool:
    """Whether content is too large for one request."""
    return body.size > config.multipart_threshold


def part_length(size: int, least: int) -> int:
    """Bytes of a part: a whole number of MiB, so many that the parts stay within what S3 takes."""
    return max(least, -(-size // MAX_PARTS // MIB) * MIB)


def _md5(content: bytes) -> dict[str, str]:
    """What a server that knows no other checksums compares content with."""
    return {"ContentMD5": _base64(hashlib.md5(content, usedforsecurity=False).digest())}


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()
