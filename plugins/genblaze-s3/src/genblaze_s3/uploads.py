"""How content goes up: small objects in one request, large ones in parts, never a whole large file in memory."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from genblaze import StorageError
from genblaze.models.enums import StorageErrorCode
from genblaze.storing import check_digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from genblaze.storing import StorageConfig
    from genblaze_s3.bodies import Body, Section
    from genblaze_s3.client import Client

__all__ = ["DIGEST_NAME", "Upload", "goes_in_parts"]

DIGEST_NAME: Final = "genblaze-sha256"
"""The user metadata in which every object says what its content's SHA-256 was, in lowercase hexadecimal."""

MIB: Final = 1 << 20
MAX_PARTS: Final = 9000  # S3 takes 10 000
WORKERS: Final = 4
IN_MEMORY: Final = 4 * MIB
"""Bytes up to which an object is sent from memory: a file waits until the server asks for it."""

#: Arguments of PutObject that describe its one body; a multipart upload has none of them.
OF_ONE_BODY: Final = frozenset({"ChecksumSHA256", "ContentMD5", "IfNoneMatch"})
CUSTOMER_KEY: Final = ("SSECustomerAlgorithm", "SSECustomerKey", "SSECustomerKeyMD5")


@dataclass(frozen=True)
class Upload:
    """One object on its way up.

    Attributes:
        client: Sends the requests.
        key: The object.
        body: Its content.
        arguments: Of PutObject, without the body.
        sha256: What its digest must be.
        trusting: Leave it to the server to compare the digest of what comes in one request.
        progress: Called with the number of bytes that are up.
    """

    client: Client
    key: str
    body: Body
    arguments: dict[str, Any]
    sha256: str
    trusting: bool
    progress: Callable[[int], None]

    def send(self) -> bool:
        """Send it.

        Returns:
            Whether the server says that it has compared the digest.
        """
        self.progress(0)
        in_parts = goes_in_parts(self.body, self.client.settings.config)
        checked = self._send_in_parts() if in_parts else self._send_at_once()
        self.progress(self.body.size)
        return checked

    def _send_at_once(self) -> bool:
        if not self.trusting:
            self._check()
        whole = self.body.whole()
        content = whole.read() if self.body.size <= IN_MEMORY else whole
        attempts = count()

        def attempt(s3: Any) -> Any:
            if next(attempts):
                self._check()  # the server may have refused it for its digest
            whole.seek(0)
            return s3.put_object(Bucket=self._bucket, Key=self.key, Body=content, **self.arguments)

        answer = self.client.call("put", self.key, attempt)
        return bool(answer.get("ChecksumSHA256") == self.arguments.get("ChecksumSHA256", ""))

    def _check(self) -> None:
        check_digest(self.body.sha256(), self.sha256)

    def _send_in_parts(self) -> bool:
        shared = {name: value for name, value in self.arguments.items() if name not in OF_ONE_BODY}
        if self._with_checksums:
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
        """Send the parts, some at a time, and check the whole meanwhile; a failure keeps the rest from starting."""
        length = part_length(self.body.size, self.client.settings.config.multipart_chunk_size)
        number_of_parts = -(-self.body.size // length)
        with ThreadPoolExecutor(WORKERS + 1, thread_name_prefix="genblaze-s3") as pool:
            checking = pool.submit(self._check)
            sending = [pool.submit(self._part, upload_id, number, length) for number in range(number_of_parts)]
            try:
                parts = []
                for each in sending:
                    parts.append(each.result())
                    self.progress(min(len(parts) * length, self.body.size))
                checking.result()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return parts

    def _part(self, upload_id: str, number: int, length: int) -> dict[str, Any]:
        section = self.body.section(number * length, length)
        guard = self._guard(section)

        def attempt(s3: Any) -> Any:
            section.seek(0)
            return s3.upload_part(
                Bucket=self._bucket,
                Key=self.key,
                UploadId=upload_id,
                PartNumber=number + 1,
                Body=section,
                **guard,
                **self._customer_key,
            )

        answer = self.client.call("put", self.key, attempt)
        return {"PartNumber": number + 1, "ETag": answer["ETag"], **(guard if self._with_checksums else {})}

    def _guard(self, section: Section) -> dict[str, str]:
        """What the server compares a part with."""
        if self._with_checksums:
            return {"ChecksumCRC32": base64.b64encode(section.crc32()).decode()}
        return {"ContentMD5": base64.b64encode(section.digest("md5")).decode()}

    @property
    def _with_checksums(self) -> bool:
        return "ChecksumSHA256" in self.arguments

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
