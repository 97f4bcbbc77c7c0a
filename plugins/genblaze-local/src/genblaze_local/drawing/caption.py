"""The caption: the prompt on a bar of frosted glass along the lower edge."""

from __future__ import annotations

import unicodedata

from PIL import Image, ImageDraw, ImageFilter, ImageFont

#: Letters beyond these are not looked at: they would not fit anyway.
_MOST_LETTERS = 600
_MOST_LINES = 3
_NO_GLYPH = "·"
_SMALLEST_WIDTH, _SMALLEST_HEIGHT = 120, 80

_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def write_caption(picture: Image.Image, prompt: str) -> Image.Image:
    """The picture with the prompt on it; without one, or where it could not be read, the picture as it is."""
    width, height = picture.size
    if width < _SMALLEST_WIDTH or height < _SMALLEST_HEIGHT:
        return picture
    letters = max(9.0, min(height * 0.034, width * 0.03))
    font = ImageFont.load_default(letters)
    margin = round(letters * 1.1)
    lines = wrap(readable(prompt, font), font, width - 2 * margin)
    if not lines:
        return picture
    leading = round(letters * 1.38)
    bar = len(lines) * leading + round(letters * 1.05)
    top = max(0, height - bar)
    glass = picture.crop((0, top, width, height)).filter(ImageFilter.GaussianBlur(letters * 0.9))
    glass = Image.blend(glass, Image.new("RGB", glass.size, (8, 9, 16)), 0.66)
    draw = ImageDraw.Draw(glass)
    draw.line(
        (0, 0, width, 0), fill=tuple(min(255, value + 46) for value in _mean(glass)), width=max(1, round(height / 512))
    )
    for number, line in enumerate(lines):
        draw.text((margin, round(letters * 0.5) + number * leading), line, font=font, fill=(246, 244, 238))
    picture.paste(glass, (0, top))
    return picture


def readable(prompt: str, font: _Font) -> str:
    """The prompt in letters that the font has; empty when too few of them are.

    Pillow's own font, the only one that is the same everywhere, has little more than ASCII: letters lose their accents,
    others become a dot, invisible ones disappear.
    """
    absent = bytes(font.getmask("\uffff"))
    shown = "".join(_shown(char, font, absent) for char in unicodedata.normalize("NFC", prompt[:_MOST_LETTERS]))
    text = " ".join(shown.split())
    if sum(char.isalnum() for char in text) <= text.count(_NO_GLYPH):
        return ""
    return text + ("…" if len(prompt) > _MOST_LETTERS else "")


def _shown(char: str, font: _Font, absent: bytes) -> str:
    kind = unicodedata.category(char)
    if char.isspace():
        return " "
    if kind[0] == "C" or kind == "Mn":
        return ""
    if kind == "Pd":
        return "-"
    if char.isascii() or bytes(font.getmask(char)) != absent:
        return char
    plain = unicodedata.normalize("NFKD", char.replace("ß", "ss"))
    return "".join(part for part in plain if part.isascii()) or _NO_GLYPH


def wrap(text: str, font: _Font, width: float) -> list[str]:
    """The text in lines no longer than `width` pixels; what does not fit ends in an ellipsis."""
    lines: list[str] = []
    rest = text
    while rest and len(lines) < _MOST_LINES:
        fitting = _fitting(rest, font, width)
        if fitting < len(rest) and len(lines) == _MOST_LINES - 1:
            fitting = _fitting(rest, font, width - font.getlength("…"))
            lines.append(rest[:fitting].rstrip() + "…")
            break
        cut = rest.rfind(" ", 0, fitting + 1) if fitting < len(rest) else fitting
        cut = cut if cut > 0 else fitting
        lines.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return lines


def _fitting(text: str, font: _Font, width: float) -> int:
    """How many of the first letters fit, at least one."""
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if font.getlength(text[:middle]) <= width else (low, middle - 1)
    return low


def _mean(picture: Image.Image) -> tuple[int, int, int]:
    pixel = picture.resize((1, 1)).getpixel((0, 0))
    red, green, blue = pixel if isinstance(pixel, tuple) else (0, 0, 0)
    return int(red), int(green), int(blue)
