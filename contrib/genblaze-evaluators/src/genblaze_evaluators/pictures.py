"""Judges of pictures: sharpness, exposure, and whether they show anything at all."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image, UnidentifiedImageError

from genblaze import Asset
from genblaze_evaluators.judging import FileJudge, Judgement, UnreadableError, share

__all__ = ["Blank", "Exposure", "Sharpness", "brightness", "decoded"]

SIDE: Final = 1024
"""Pictures are measured at this many pixels along the longer side, so that the measures mean the same for all sizes."""
DARK, BRIGHT = 2.0 / 255, 253.0 / 255


@contextmanager
def decoded(path: Path) -> Iterator[Image.Image]:
    """A whole picture.

    Raises:
        UnreadableError: It is none, is damaged, or claims more pixels than Pillow allows.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as picture:
                picture.load()
                yield picture
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
        msg = f"the picture cannot be decoded ({error})"
        raise UnreadableError(msg) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        msg = f"the picture is too large to be judged ({error})"
        raise UnreadableError(msg) from error


def brightness(path: Path, side: int = SIDE) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Brightness of each pixel, from 0.0 to 1.0, of a picture no larger than `side`; rows first.

    Raises:
        UnreadableError: It cannot be decoded.
    """
    with decoded(path) as picture:
        grey = picture.convert("L")
    grey.thumbnail((side, side))
    return np.asarray(grey, dtype=np.float64) / 255


class Sharpness(FileJudge):
    """Refuses blurred pictures, by the variance of the Laplacian: how much brightness bends from pixel to pixel.

    Args:
        least: The variance that passes, for brightness from 0 to 1. Photographs have some 0.001 to 0.02.
    """

    kinds = ("image",)

    def __init__(self, least: float = 0.0005) -> None:
        self.least = least

    def judge(self, path: Path, asset: Asset) -> Judgement:  # noqa: ARG002 - the file says it all
        """Measure the edges."""
        grey = brightness(path)
        if min(grey.shape) < 3:
            msg = "the picture is too small to be sharp or blurred"
            raise UnreadableError(msg)
        middle = grey[1:-1, 1:-1]
        bends = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * middle
        found = float(bends.var())
        feedback = (
            f"the picture is blurred (sharpness {found:.2g}, wanted {self.least:g}): ask for sharp focus and detail"
        )
        return Judgement(found >= self.least, share(found, self.least), feedback, {"sharpness": found})


class Exposure(FileJudge):
    """Refuses pictures that are too dark or too bright, in the mean or because large parts are black or white.

    Args:
        darkest: Least mean brightness that passes, from 0 (black) to 1 (white).
        brightest: Greatest mean brightness that passes.
        most_lost: Greatest share of pixels that may be black or white.
    """

    kinds = ("image",)

    def __init__(self, darkest: float = 0.12, brightest: float = 0.88, most_lost: float = 0.5) -> None:
        self.darkest = darkest
        self.brightest = brightest
        self.most_lost = most_lost

    def judge(self, path: Path, asset: Asset) -> Judgement:  # noqa: ARG002 - the file says it all
        """Measure brightness."""
        grey = brightness(path)
        mean, black, white = float(grey.mean()), float((grey <= DARK).mean()), float((grey >= BRIGHT).mean())
        measured = {"brightness": mean, "black": black, "white": white}
        score = (1 - abs(2 * mean - 1)) * (1 - max(black, white))
        if mean < self.darkest or black > self.most_lost:
            return Judgement(passed=False, score=score, feedback=_too("dark", "more", mean, black), measured=measured)
        if mean > self.brightest or white > self.most_lost:
            return Judgement(passed=False, score=score, feedback=_too("bright", "less", mean, white), measured=measured)
        return Judgement(passed=True, score=score, feedback="", measured=measured)


class Blank(FileJudge):
    """Refuses pictures that show nothing: of one colour, or nearly; and such as cannot be decoded.

    Args:
        least: Least standard deviation of brightness or of a colour that passes, from 0 to 0.5.
    """

    kinds = ("image",)

    def __init__(self, least: float = 0.02) -> None:
        self.least = least

    def judge(self, path: Path, asset: Asset) -> Judgement:  # noqa: ARG002 - the file says it all
        """Measure how far the pixels differ."""
        with decoded(path) as picture:
            colours = picture.convert("RGB")
        colours.thumbnail((SIDE, SIDE))
        found = float((np.asarray(colours, dtype=np.float64) / 255).std(axis=(0, 1)).max())
        feedback = "the picture shows nothing: it is nearly of one colour"
        return Judgement(found >= self.least, share(found, self.least), feedback, {"contrast": found})


def _too(what: str, wanted: str, mean: float, lost: float) -> str:
    return f"the picture is too {what} (mean {mean:.0%}, {lost:.0%} beyond recovery): ask for {wanted} light"
