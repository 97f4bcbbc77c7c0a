"""`data:` URLs (RFC 2397): content that stands in the URL itself."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import unquote_to_bytes

from genblaze.errors import URLPolicyError

__all__ = ["content_of", "data_url", "is_data_url"]


def is_data_url(url: str) -> bool:
    """Whether a URL holds its content."""
    return url[:5].lower() == "data:"


def data_url(content: bytes, media_type: str) -> str:
    """The URL that holds this content."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode('ascii')}"


def content_of(url: str) -> bytes:
    """The content that a `data:` URL holds.

    Raises:
        URLPolicyError: It is no such URL, or is malformed; the text never repeats the content.
    """
    header, comma, body = url.partition(",")
    if not is_data_url(url) or not comma:
        msg = "A data: URL is written data:<media type>;base64,<content> or data:<media type>,<percent-encoded content>"
        raise URLPolicyError(msg)
    content = unquote_to_bytes(body)
    if not header.lower().endswith(";base64"):
        return content
    try:
        return base64.b64decode(content, validate=True)
    except binascii.Error as error:
        msg = f"The content of the data: URL ({header[5:60]}) is no base64: {error}"
        raise URLPolicyError(msg) from None
