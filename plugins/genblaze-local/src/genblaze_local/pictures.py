"""Reads pictures that a step is given: files on this machine, in formats that Pillow decodes by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageOps

from genblaze.errors import ProviderError
from genblaze.file_urls import local_file
from genblaze.models import Asset, ProviderErrorCode

#: No others: Pillow hands some to foreign programs.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
LARGEST_PIXELS = 50_000_000


def picture_file(asset: Asset, provider: str) -> Path:
    """The file of an input.

    Raises:
        ProviderError: It is no picture, or not on this machine.
    """
    if not asset.media_type.startswith("image/"):
        raise _refusal(provider, f"the input is {asset.media_type}, not a picture. Give it an image step's output.")
    path = local_file(asset.url)
    if path is None or not path.is_file():
        scheme = asset.url.partition(":")[0]
        where = f"is at {scheme}:…, and only files on this machine are read" if path is None else f"is gone: {path}"
        raise _refusal(provider, f"the input picture {where}. Save it first and give its file:// URL.")
    return path


def picture_size(path: Path, provider: str) -> tuple[int, int]:
    """Width and height in pixels, as the picture is shown.

    Raises:
        ProviderError: It cannot be read, or is too large.
    """
    with _opened(path, provider) as picture:
        turned = picture.getexif().get(0x0112, 1) in (5, 6, 7, 8)  # EXIF orientation: lies on its side
        return (picture.height, picture.width) if turned else picture.size


def load_picture(path: Path, provider: str) -> Image.Image:
    """The picture, upright and in RGB.

    Raises:
        ProviderError: It cannot be read, or is too large.
    """
    with _opened(path, provider) as picture:
        upright = ImageOps.exif_transpose(picture)
        if not upright.has_transparency_data:
            return upright.convert("RGB")
        pixels = upright.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", pixels.size, "white"), pixels).convert("RGB")


@contextmanager
def _opened(path: Path, provider: str) -> Iterator[Image.Image]:
    try:
        with Image.open(path, formats=FORMATS) as picture:
            if picture.width * picture.height > LARGEST_PIXELS:
                most = LARGEST_PIXELS // 1_000_000
                raise _refusal(
                    provider, f"{path.name} has {picture.width}x{picture.height} pixels, at most {most} million fit."
                )
            yield picture
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _refusal(provider, f"{path.name} cannot be read as a picture: {error}") from error


def _refusal(provider: str, problem: str) -> ProviderError:
    return ProviderError(f"{provider}: {problem}", error_code=ProviderErrorCode.INVALID_INPUT)
