"""What a file is, by its first bytes: vendors' own statements about their outputs are often wrong."""

from __future__ import annotations

from mimetypes import guess_extension
from typing import NamedTuple

from genblaze.capabilities import UNKNOWN_MEDIA_TYPE, parse_magic


class Kind(NamedTuple):
    """A media type, and the suffix of its files, with the dot."""

    media_type: str
    suffix: str


#: Media type, suffix, and how such files begin.
_TABLE = (
    (Kind("image/png", ".png"), ("89504e470d0a1a0a",)),
    (Kind("image/jpeg", ".jpg"), ("ffd8ff",)),
    (Kind("image/webp", ".webp"), ("52494646????????57454250",)),
    (Kind("image/gif", ".gif"), ("474946383761", "474946383961")),
    (Kind("image/svg+xml", ".svg"), ("3c737667",)),
    (Kind("image/avif", ".avif"), ("????????6674797061766966",)),
    (Kind("audio/mp4", ".m4a"), ("????????667479704d344120",)),
    (Kind("video/quicktime", ".mov"), ("????????6674797071742020",)),
    (Kind("video/mp4", ".mp4"), ("????????66747970",)),
    (Kind("video/webm", ".webm"), ("1a45dfa3",)),
    (Kind("audio/wav", ".wav"), ("52494646????????57415645",)),
    (Kind("audio/flac", ".flac"), ("664c6143",)),
    (Kind("audio/ogg", ".ogg"), ("4f676753",)),
    (Kind("audio/aac", ".aac"), ("fff1", "fff9")),
    (Kind("audio/mpeg", ".mp3"), ("494433", "fffb", "fffa", "fff3", "fff2")),
)
#: Suffixes of media types that have no beginning of their own, or that Python calls otherwise.
_SUFFIXES = {kind.media_type: kind.suffix for kind, _ in _TABLE} | {"audio/pcm": ".pcm", "audio/opus": ".opus"}


def kind_of(head: bytes, stated: str | None = None) -> Kind:
    """The kind of a file.

    Args:
        head: Its first bytes, 64 are enough.
        stated: The media type that its source states, believed where the bytes tell nothing.
    """
    for kind, beginnings in _TABLE:
        if any(parse_magic(pattern).matches(head) for pattern in beginnings):
            return kind
    media_type = stated or UNKNOWN_MEDIA_TYPE
    return Kind(media_type, _SUFFIXES.get(media_type) or guess_extension(media_type) or ".bin")
