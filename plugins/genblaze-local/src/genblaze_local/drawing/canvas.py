"""The canvas: a picture drawn larger than it will be, with the few operations that all layers are made of."""

from __future__ import annotations

from collections.abc import Sequence
from math import pi, sin
from random import Random
from typing import TypeAlias

from PIL import Image, ImageChops, ImageDraw

from genblaze_local.drawing.palettes import Colour

Point: TypeAlias = tuple[float, float]

#: Pictures are drawn this many times larger and then scaled down, which smooths their edges.
OVERSAMPLING = 2


class Canvas:
    """A picture under way. Lengths are fractions of its height, so that every size shows the same scene.

    Attributes:
        image: The picture so far.
        width: Pixels.
        height: Pixels.
    """

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width * OVERSAMPLING, height * OVERSAMPLING
        self.image = Image.new("RGB", (self.width, self.height))

    @property
    def aspect(self) -> float:
        """Width in heights."""
        return self.width / self.height

    def px(self, length: float) -> float:
        """A length in pixels."""
        return length * self.height

    def polygon(self, points: Sequence[Point], colour: Colour) -> None:
        """Fill a shape given in fractions."""
        outline = [(x * self.height, y * self.height) for x, y in points]
        ImageDraw.Draw(self.image).polygon(outline, fill=colour)

    def mask(self, points: Sequence[Point], level: int = 255) -> Image.Image:
        """The shape as a mask."""
        mask = Image.new("L", self.image.size)
        ImageDraw.Draw(mask).polygon([(x * self.height, y * self.height) for x, y in points], fill=level)
        return mask

    def tint(self, colour: Colour, mask: Image.Image, at: tuple[int, int] = (0, 0)) -> None:
        """Lay a colour over the picture where the mask is; a mask smaller than the picture lies at `at`."""
        self.image.paste(colour, (*at, at[0] + mask.width, at[1] + mask.height), mask)

    def shine(self, colour: Colour, mask: Image.Image, at: tuple[int, int] = (0, 0)) -> None:
        """Add light where the mask is."""
        box = (*at, at[0] + mask.width, at[1] + mask.height)
        light = Image.merge("RGB", [mask.point([value * part // 255 for value in range(256)]) for part in colour])
        self.image.paste(ImageChops.screen(self.image.crop(box), light), box)

    def finished(self) -> Image.Image:
        """The picture in its own size."""
        return self.image.reduce(OVERSAMPLING)


def noise(rng: Random, size: tuple[int, int], cells: tuple[float, float], octaves: int = 4) -> Image.Image:
    """Soft noise, as clouds have it; `cells` is how many blobs fit across and down."""
    field = Image.new("L", size, 128)
    for octave in range(octaves):
        across, down = (max(2, min(round(count * 2**octave), side)) for count, side in zip(cells, size, strict=True))
        grain = Image.frombytes("L", (across, down), rng.randbytes(across * down))
        field = Image.blend(field, grain.resize(size, Image.Resampling.BICUBIC), 1.0 if octave == 0 else 0.5**octave)
    return field


def levels(field: Image.Image, low: float, high: float, most: int = 255, gamma: float = 1.0) -> Image.Image:
    """Stretch the values from `low` to `high` (fractions) to 0 to `most`."""
    table = []
    for value in range(256):
        share = min(max((value / 255 - low) / (high - low), 0.0), 1.0)
        table.append(round(most * share**gamma))
    return field.point(table)


def rolling(rng: Random, steps: int, roughness: float, waves: float) -> list[float]:
    """A ridge line: `steps` + 1 heights around 0, mostly within -1 and 1."""
    line = [0.0] * (steps + 1)
    strength, frequency = 1.0, waves
    while frequency < steps / 2:
        phase, lean = rng.uniform(0, 2 * pi), rng.uniform(0.6, 1.0)
        turns = 2 * pi * frequency * rng.uniform(0.8, 1.25) / steps
        for index in range(steps + 1):
            line[index] += strength * lean * sin(turns * index + phase)
        strength *= roughness
        frequency *= 1.9
    return line


def smooth(points: Sequence[tuple[float, ...]], steps: int = 6) -> list[Point]:
    """A closed curve through the points (Catmull-Rom); a third value makes a point a corner."""
    curve: list[Point] = []
    count = len(points)
    for index, here in enumerate(points):
        before, after, beyond = points[index - 1], points[(index + 1) % count], points[(index + 2) % count]
        if len(here) > 2:
            before = here
        if len(after) > 2:
            beyond = after
        for step in range(steps):
            curve.append(_between(before, here, after, beyond, step / steps))
    return curve


def _between(
    before: tuple[float, ...], here: tuple[float, ...], after: tuple[float, ...], beyond: tuple[float, ...], t: float
) -> Point:
    x, y = (
        0.5
        * (
            2 * here[axis]
            + (after[axis] - before[axis]) * t
            + (2 * before[axis] - 5 * here[axis] + 4 * after[axis] - beyond[axis]) * t**2
            + (3 * here[axis] - before[axis] - 3 * after[axis] + beyond[axis]) * t**3
        )
        for axis in (0, 1)
    )
    return x, y
