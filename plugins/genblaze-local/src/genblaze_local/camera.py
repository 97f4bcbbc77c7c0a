"""A slow camera over a still picture: it begins with all of it and moves closer."""

from __future__ import annotations

from collections.abc import Iterator
from math import cos, pi
from random import Random

from PIL import Image

#: How much closer the last frame is.
_CLOSEST = 1.16


def film(source: Image.Image, size: tuple[int, int], count: int, *, seed: str, fade: int = 0) -> Iterator[bytes]:
    """The frames, as RGB bytes.

    Args:
        source: The picture; what does not fit the frame's proportions is cut off evenly.
        size: Width and height of the frames in pixels.
        count: How many frames.
        seed: Chooses where the camera moves to.
        fade: Frames that come up from black; with 0 the first one is the picture itself.
    """
    rng = Random(seed)  # noqa: S311 - a film, not a secret
    target = rng.uniform(0.3, 0.7), rng.uniform(0.35, 0.65)
    whole = _covering(source, size)
    black = Image.new("RGB", size)
    for number in range(count):
        way = number / max(count - 1, 1)
        frame = source.resize(size, Image.Resampling.BICUBIC, box=_closer(whole, target, 0.5 - 0.5 * cos(pi * way)))
        if number < fade:
            frame = Image.blend(black, frame, number / fade)
        yield frame.tobytes()


_Box = tuple[float, float, float, float]


def _covering(source: Image.Image, size: tuple[int, int]) -> _Box:
    """The largest part of the picture, from its middle, with the frame's proportions."""
    scale = min(source.width / size[0], source.height / size[1])
    width, height = size[0] * scale, size[1] * scale
    left, top = (source.width - width) / 2, (source.height - height) / 2
    return left, top, min(left + width, source.width), min(top + height, source.height)


def _closer(whole: _Box, target: tuple[float, float], share: float) -> _Box:
    left, top, right, bottom = whole
    cut = 1 - 1 / (1 + (_CLOSEST - 1) * share)
    across, down = (right - left) * cut, (bottom - top) * cut
    left, top = left + across * target[0], top + down * target[1]
    return left, top, right - across * (1 - target[0]), bottom - down * (1 - target[1])
