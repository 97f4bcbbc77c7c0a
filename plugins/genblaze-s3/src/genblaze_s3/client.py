"""One boto3 client per bucket: made when it is first needed, its failures mapped, its requests repeated."""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING, Any, Final, TypeVar

from genblaze import StorageError
from genblaze.models.enums import StorageErrorCode
from genblaze.storing import classify_botocore_error
from genblaze_s3.connecting import connect
from genblaze_s3.regions import region_of_bucket

if TYPE_CHECKING:
    from collections.abc import Callable

    from genblaze_s3.settings import Settings

__all__ = ["Client"]

T = TypeVar("T")

FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 20.0

#: How servers say that the bucket is not where it was looked for.
ELSEWHERE: Final = frozenset({StorageErrorCode.REGION_REDIRECT, StorageErrorCode.ACCESS_DENIED})

#: How they say that they know neither the bucket nor the key, as those of another region do.
STRANGERS: Final = ELSEWHERE | {StorageErrorCode.AUTH_FAILURE}


class Client:
    """Sends requests about one bucket. It may be used from several threads at once.

    Args:
        settings: Where the bucket is.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._looking = threading.Lock()
        self._looked = False
        self._found: str | None = None
        self._boto: Any = None

    @property
    def settings(self) -> Settings:
        """Where the bucket is, as far as it is known by now."""
        return self._settings

    def call(self, operation: str, key: str, send: Callable[[Any], T]) -> T:
        """Send a request until it works, is refused, or the time is over.

        Args:
            operation: What is being done, for errors.
            key: To which object.
            send: Sends the request with the boto3 client that it is given; it is called anew for each attempt.

        Raises:
            StorageError: The last failure.
        """
        return self.repeat(lambda: self._send(operation, key, send))

    def repeat(self, attempt: Callable[[], T]) -> T:
        """Do something until it works or fails for good, pausing in between as the server asks."""
        ends = time.monotonic() + self._settings.deadline
        for number in range(self._settings.config.retries):
            try:
                return attempt()
            except StorageError as error:
                pause = _pause(error, number)
                if not error.is_retriable or time.monotonic() + pause > ends:
                    raise
            time.sleep(pause)
        return attempt()

    def run(self, operation: str, key: str, work: Callable[[], T]) -> T:
        """Do something with botocore's objects, once; what fails is a `StorageError`."""
        try:
            return work()
        except StorageError:
            raise
        except Exception as error:
            raise classify_botocore_error(error, operation=operation, key=key) from error

    def boto(self) -> Any:
        """The boto3 client."""
        with self._lock:
            if self._boto is None:
                self._boto = connect(self._settings)
            return self._boto

    def close(self) -> None:
        """Close the connections; a later request opens new ones."""
        with self._lock:
            boto, self._boto = self._boto, None
        if boto is not None:
            boto.close()

    def _send(self, operation: str, key: str, send: Callable[[Any], T]) -> T:
        """One attempt, or two where the first one learns in which region the bucket is."""
        asked = self._settings.signing_region
        try:
            return self.run(operation, key, lambda: send(self.boto()))
        except StorageError as error:
            region = _told_region(error) or self._found_region(error)
            if region is None or region == asked:
                raise
        self._move(region)
        return self.run(operation, key, lambda: send(self.boto()))

    def _found_region(self, error: StorageError) -> str | None:
        """The region of the bucket, looked for once when a server that names none does not let us in."""
        if not _may_be_elsewhere(error):
            return None
        with self._looking:
            if not self._looked:
                self._looked = True
                self._found = region_of_bucket(self._settings)
            return self._found

    def _move(self, region: str) -> None:
        """Ask in another region from now on."""
        with self._lock:
            if region != self._settings.signing_region:
                # The old client is left to the requests that other threads still have under way.
                self._settings = self._settings.in_region(region)
                self._boto = None


def _pause(error: StorageError, number: int) -> float:
    """Seconds before the next attempt: what the server asks for, else growing ones, jittered."""
    if error.retry_after is not None:
        return error.retry_after
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2**number)
    return random.uniform(longest / 2, longest)  # noqa: S311 - spreads load, guards nothing


def _may_be_elsewhere(error: StorageError) -> bool:
    response = getattr(error.__cause__, "response", None) or {}
    return error.error_code in STRANGERS or response.get("Error", {}).get("Code") == "NoSuchBucket"


def _told_region(error: StorageError) -> str | None:
    """The region that the server names in a refusal."""
    response = getattr(error.__cause__, "response", None)
    if error.error_code not in ELSEWHERE or not isinstance(response, dict):
        return None
    headers = response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    region: str | None = headers.get("x-amz-bucket-region") or response.get("Error", {}).get("Region")
    return region
