"""Small copies of pictures, as `data:` URLs; and small files as they are."""

from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING

from genblaze.data_urls import data_url

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["LONGEST_SIDE", "EmbeddedMedia", "excerpt", "thumbnail"]

LONGEST_SIDE = 480
"""Pixels: twice the width of a card."""

MOST_PIXELS = 100_000_000
_QUALITY = 72
_EXCERPT = 600


def thumbnail(path: Path) -> str | None:
    """A small copy of a picture as a WebP in a `data:` URL; None of what is no picture, or cannot be read.

    The same file gives the same text with the same Pillow.
    """
    from PIL import Image, ImageOps

    try:
        with Image.open(path, formats=_formats()) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                return None
            picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            shown = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None  # Pillow says so of damaged files, each decoder in its own words
    target = io.BytesIO()
    shown.save(target, "WEBP", quality=_QUALITY, method=2)
    return data_url(target.getvalue(), "image/webp")


@cache
def _formats() -> tuple[str, ...]:
    """What Pillow is asked to read: for others it may start programs, and not every build has all of these."""
    from PIL import Image

    Image.init()
    return tuple(name for name in ("PNG", "JPEG", "WEBP", "GIF", "AVIF", "BMP", "TIFF") if name in Image.OPEN)


def excerpt(path: Path) -> str:
    """The beginning of a text."""
    with path.open(encoding="utf-8", errors="replace") as file:
        text = file.read(_EXCERPT + 1)
    return text if len(text) <= _EXCERPT else f"{text[:_EXCERPT]}…"


class EmbeddedMedia:
    """Puts sound and films into the page, as long as there is room.

    Args:
        per_file: Bytes that one file may have.
        in_all: Bytes that all of them may have together.
    """

    def __init__(self, per_file: int, in_all: int) -> None:
        self._per_file = per_file
        self._left = in_all

    def url(self, path: Path, media_type: str) -> str | None:
        """The file in a `data:` URL; None when it is too large, or gone."""
        try:
            size = path.stat().st_size
            if size > min(self._per_file, self._left):
                return None
            content = path.read_bytes()
        except OSError:
            return None
        self._left -= size
        return data_url(content, media_type)
