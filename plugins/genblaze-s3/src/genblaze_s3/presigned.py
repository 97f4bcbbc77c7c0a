"""URLs that carry their own permission, and do not show it by accident."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["PresignedURL"]

#: The parts of a query that give access, of both versions of the signature.
SECRET: Final = re.compile(
    r"(?i)\b(X-Amz-Signature|X-Amz-Credential|X-Amz-Security-Token|Signature|AWSAccessKeyId)=[^&#]*"
)


@dataclass(frozen=True, slots=True, repr=False)
class PresignedURL:
    """A signed URL. Its repr and its text leave out what gives access; `url` has everything.

    Attributes:
        url: To be handed to whoever may use it.
        method: The HTTP method that it is signed for.
        key: The object.
        bucket: Where the object is.
        expires_in: Seconds that it lasts.
    """

    url: str
    method: Literal["GET", "PUT", "POST"]
    key: str
    bucket: str
    expires_in: int

    def __str__(self) -> str:
        return SECRET.sub(r"\1=[REDACTED]", self.url)

    def __repr__(self) -> str:
        return (
            f"PresignedURL(url={str(self)!r}, method={self.method!r}, key={self.key!r}, bucket={self.bucket!r},"
            f" expires_in={self.expires_in})"
        )
