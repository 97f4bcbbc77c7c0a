"""The land: ranges of hills one behind the other, mist between them, trees, snow, dunes and a skyline."""

from __future__ import annotations

from math import sin
from random import Random

from PIL import Image, ImageChops, ImageDraw

from genblaze_local.drawing.canvas import Canvas, Point, levels, noise, rolling
from genblaze_local.drawing.palettes import Colour, mix
from genblaze_local.drawing.scene import Scene

WHITE: Colour = (255, 255, 255)


def paint_far_land(canvas: Canvas, scene: Scene, horizon: float) -> None:
    """Everything that stands behind the water or the foreground."""
    if scene.land == "city":
        _hills(canvas, scene, horizon, count=1, tall=0.10)
        _skyline(canvas, scene, horizon)
    elif scene.land == "sea":
        if scene.rng("island").random() < 0.7:
            _hills(canvas, scene, horizon, count=2, tall=0.07)
    elif scene.land == "desert":
        _hills(canvas, scene, horizon, count=2, tall=0.10)
    else:
        _hills(canvas, scene, horizon, count=4, tall=0.40 if scene.land == "mountains" else 0.22)


def paint_near_land(canvas: Canvas, scene: Scene, ground: float) -> list[float]:
    """The foreground; returns the height of its surface, from left to right, for whoever stands on it."""
    rng = scene.rng("foreground")
    palette = scene.palette
    steps = 240
    relief = rolling(rng, steps, 0.45, 0.8)
    surface = [ground - 0.022 * height for height in relief]
    if scene.land == "desert":
        return _dunes(canvas, scene, ground)
    top, bottom = _ground_colours(scene)
    if scene.land in ("forest", "mountains"):
        behind = [y - 0.035 - 0.012 * sin(index / 19) for index, y in enumerate(surface)]
        _fill(canvas, behind, mix(top, palette.far, 0.45), mix(top, palette.far, 0.2))
        _trees(canvas, scene, rng, behind, colour=mix(palette.near, palette.far, 0.42), tall=0.15, count=46)
        _mist(canvas, scene, ground - 0.02, 0.12, 120)
    _fill(canvas, surface, top, bottom)
    if scene.snow:
        _sparkle(canvas, scene, surface)
    if scene.land in ("forest", "mountains", "lake"):
        tall, count = (0.36, 15) if scene.land == "forest" else (0.24, 9)
        _trees(canvas, scene, rng, surface, colour=palette.near, tall=tall, count=count, framing=True)
    return surface


def _ground_colours(scene: Scene) -> tuple[Colour, Colour]:
    palette = scene.palette
    if scene.snow:
        lit = mix(mix(WHITE, palette.glow, 0.22), palette.sky[0], 0.42 if palette.dark else 0.06)
        return lit, mix(lit, palette.sky[0], 0.42)
    return mix(palette.near, palette.glow, 0.10), mix(palette.near, (0, 0, 0), 0.3)


def _fill(canvas: Canvas, surface: list[float], top: Colour, bottom: Colour, foot: float = 1.0) -> None:
    """Fill below a line, from one colour at its highest point to another at the foot."""
    mask = canvas.mask(_below(canvas, surface))
    first = max(0, int(canvas.px(min(surface))))
    if first >= canvas.height:
        return
    last = max(first + 1, round(canvas.px(foot)))
    shades = Image.new("RGB", (1, 64))
    for y in range(64):
        shades.putpixel((0, y), mix(top, bottom, y / 63))
    box = (0, first, canvas.width, canvas.height)
    sheet = Image.new("RGB", (canvas.width, canvas.height - first), bottom)
    sheet.paste(shades.resize((canvas.width, min(last, canvas.height) - first), Image.Resampling.BICUBIC))
    canvas.image.paste(sheet, box[:2], mask.crop(box))


def _line(canvas: Canvas, surface: list[float]) -> list[Point]:
    last = len(surface) - 1
    return [(index / last * canvas.aspect, y) for index, y in enumerate(surface)]


def _below(canvas: Canvas, surface: list[float]) -> list[Point]:
    return [(0.0, 1.01), *_line(canvas, surface), (canvas.aspect, 1.01)]


def _hills(canvas: Canvas, scene: Scene, horizon: float, *, count: int, tall: float) -> None:
    """Ranges from the farthest to the nearest, each darker, lower and less blue than the one behind."""
    palette = scene.palette
    for number in range(count):
        rng = scene.rng(f"range {number}")
        nearness = number / max(count - 1, 1)
        height = tall * (1.0 - 0.62 * nearness)
        steep = scene.land == "mountains" and number < 2
        if steep:
            surface = [horizon - height * value for value in _massif(rng, canvas.aspect)]
        else:
            relief = rolling(rng, 300, 0.42, rng.uniform(0.9, 1.6) * canvas.aspect)
            surface = [horizon - height * (0.45 + 0.33 * value) for value in relief]
        colour = mix(palette.far, palette.near, 0.05 + 0.6 * nearness**1.3)
        _fill(canvas, surface, colour, mix(colour, palette.sky[-1], 0.5 - 0.25 * nearness), horizon)
        if steep or (scene.snow and number == 0):
            _slopes(canvas, scene, rng, surface, horizon, strength=1.0 - 0.4 * nearness)
        if scene.land == "forest" and number >= count - 2:
            _trees(canvas, scene, rng, surface, colour=mix(colour, palette.near, 0.25), tall=0.05, count=110)
        _mist(canvas, scene, horizon, 0.16 * (1 - 0.5 * nearness), 120)


def _massif(rng: Random, aspect: float, steps: int = 300) -> list[float]:
    """Peaks side by side, as heights from 0 to about 1.2, the highest of them away from the edges."""
    count = max(2, round(3.2 * aspect))
    peaks = []
    for number in range(count):
        place = (number + rng.uniform(0.15, 0.85)) / count
        middle = 1 - abs(place - 0.5)
        peaks.append(
            (place, rng.uniform(0.55, 1.1) * (0.55 + 0.65 * middle), rng.uniform(0.85, 1.25), rng.uniform(0.85, 1.25))
        )
    crags = rolling(rng, steps, 0.62, 6 * aspect)
    line = []
    for index in range(steps + 1):
        x = index / steps
        tops = [
            top - abs(x - place) * aspect * (left if x < place else right) * 2.1 for place, top, left, right in peaks
        ]
        line.append(max(0.12, *tops) + 0.022 * crags[index])
    return line


def _slopes(canvas: Canvas, scene: Scene, rng: Random, surface: list[float], horizon: float, strength: float) -> None:
    """Snow on the peaks of a range, and shade on the sides that look away from the light."""
    palette = scene.palette
    snow, shade = Image.new("L", canvas.image.size), Image.new("L", canvas.image.size)
    depth = (horizon - min(surface)) * (0.66 if scene.snow else 0.4)
    line = min(surface) + depth
    edge = [line + depth * 0.22 * (rng.random() - 0.5 + 0.5 * (-1) ** (index // 3)) for index in range(len(surface))]
    points = _line(canvas, surface)
    cap = [(x, max(y, low)) for (x, y), low in zip(points, edge, strict=True)]
    _draw(canvas, snow, [*points, *reversed(cap)], round(235 * strength))
    away = 1 if scene.disc[0] < 0.5 else -1
    for peak, valley in _peaks(surface, away):
        ridge = [points[peak]]
        while ridge[-1][1] < horizon:
            x, y = ridge[-1]
            drift = rng.uniform(-0.010, 0.022) if len(ridge) % 2 else rng.uniform(-0.016, 0.006)
            ridge.append((x - away * drift, y + rng.uniform(0.008, 0.022)))
        slope = points[peak : valley + 1] if away > 0 else points[valley : peak + 1][::-1]
        _draw(canvas, shade, [*ridge, (slope[-1][0], horizon), *reversed(slope)], round(150 * strength))
    light = mix(mix(WHITE, palette.glow, 0.32), palette.sky[1], 0.4 if palette.dark else 0.0)
    canvas.tint(light, snow)
    inside = canvas.mask(_below(canvas, surface))
    canvas.tint(mix(mix(palette.far, palette.near, 0.3), palette.sky[0], 0.35), ImageChops.multiply(shade, inside))


def _peaks(surface: list[float], away: int) -> list[tuple[int, int]]:
    """Each summit, with the valley on the side that looks away from the light."""
    found, reach = [], 12
    for index in range(reach, len(surface) - reach):
        if surface[index] == min(surface[index - reach : index + reach + 1]):
            valley = index
            while 0 < valley < len(surface) - 1 and min(surface[valley + away :: away][:4]) >= surface[valley] - 0.004:
                valley += away
            found.append((index, valley))
    return found


def _draw(canvas: Canvas, mask: Image.Image, points: list[Point], level: int) -> None:
    ImageDraw.Draw(mask).polygon([(canvas.px(x), canvas.px(y)) for x, y in points], fill=level)


def _mist(canvas: Canvas, scene: Scene, foot: float, depth: float, most: int) -> None:
    """Haze that gathers at the foot of a range."""
    rng = scene.rng(f"mist {foot} {depth}")
    top, bottom = max(0, round(canvas.px(foot - depth))), min(canvas.height, round(canvas.px(foot + depth * 0.25)))
    if bottom - top < 4 or canvas.width < 32:
        return
    size = (canvas.width, bottom - top)
    wisps = levels(noise(rng, (canvas.width // 8, max(2, size[1] // 8)), (3 * canvas.aspect, 2), 3), 0.2, 0.9, most)
    fade = Image.new("L", (1, 32))
    for y in range(32):
        fade.putpixel((0, y), round(255 * min(1.0, (y / 24) ** 1.4, (31 - y) / 7)))
    mask = ImageChops.multiply(
        wisps.resize(size, Image.Resampling.BICUBIC), fade.resize(size, Image.Resampling.BICUBIC)
    )
    canvas.tint(mix(scene.palette.sky[-1], scene.palette.far, 0.25), mask, (0, top))


def _trees(
    canvas: Canvas,
    scene: Scene,
    rng: Random,
    surface: list[float],
    *,
    colour: Colour,
    tall: float,
    count: int,
    framing: bool = False,
) -> None:
    """Conifers on a line; framing ones keep the middle of the picture free and grow towards its sides."""
    places = sorted(rng.random() for _ in range(round(count * canvas.aspect / 1.5)))
    for place in places:
        aside = abs(place - 0.5) * 2
        if framing and aside < 0.45:
            continue
        height = tall * rng.uniform(0.55, 1.0) * (0.45 + 0.6 * aside if framing else 1.0)
        y = surface[round(place * (len(surface) - 1))] + 0.012 * rng.random()
        _conifer(canvas, scene, rng, (place * canvas.aspect, y), height, colour)


def _conifer(canvas: Canvas, scene: Scene, rng: Random, foot: Point, height: float, colour: Colour) -> None:
    x, y = foot
    canvas.polygon([(x - height * 0.02, y), (x + height * 0.02, y), (x, y - height)], colour)
    tiers = max(3, min(11, round(height * 46)))
    snow = mix(mix(WHITE, scene.palette.glow, 0.25), colour, 0.25 if height > 0.1 else 0.5)
    for tier in range(tiers):
        share = tier / tiers
        middle = y - height * (0.08 + 0.92 * share)
        spread = height * 0.23 * (1 - share) ** 0.9 + height * 0.015
        left, right = spread * rng.uniform(0.8, 1.15), spread * rng.uniform(0.8, 1.15)
        top = middle - height * 1.5 / tiers
        droop = middle + height * 0.022
        canvas.polygon([(x - left, droop), (x - left * 0.3, middle), (x + right, droop), (x, top)], colour)
        if scene.snow:
            half = 0.62
            canvas.polygon(
                [(x, top), (x - left * half, middle - (middle - top) * 0.22), (x, middle - (middle - top) * 0.42)], snow
            )


def _sparkle(canvas: Canvas, scene: Scene, surface: list[float]) -> None:
    """Soft drifts on the snow of the foreground."""
    rng = scene.rng("drifts")
    top = max(0, int(canvas.px(min(surface))))
    size = (canvas.width, canvas.height - top)
    if size[1] < 16 or canvas.width < 64:
        return
    drifts = noise(rng, (canvas.width // 8, size[1] // 4), (2 * canvas.aspect, 5), 3).resize(size)
    inside = canvas.mask(_below(canvas, surface)).crop((0, top, canvas.width, canvas.height))
    canvas.tint(
        mix(scene.palette.sky[0], scene.palette.far, 0.4),
        ImageChops.multiply(levels(drifts, 0.5, 0.95, 70), inside),
        (0, top),
    )
    canvas.tint(
        mix(WHITE, scene.palette.glow, 0.3),
        ImageChops.multiply(levels(ImageChops.invert(drifts), 0.55, 0.95, 90), inside),
        (0, top),
    )


def _dunes(canvas: Canvas, scene: Scene, ground: float) -> list[float]:
    """Waves of sand, each with light along its crest and shade at its foot."""
    palette = scene.palette
    surface: list[float] = []
    for number in range(5):
        rng = scene.rng(f"dune {number}")
        base = ground - 0.14 + 0.075 * number
        relief = rolling(rng, 240, 0.25, rng.uniform(0.5, 0.9) * canvas.aspect / 1.5)
        surface = [base - (0.022 + 0.008 * number) * value for value in relief]
        sand = mix(palette.far, mix(palette.near, palette.glow, 0.3), 0.08 + 0.17 * number)
        _fill(canvas, [y - 0.003 for y in surface], mix(sand, palette.glow, 0.55), sand)
        foot = min(1.0, base + 0.16)
        _fill(canvas, surface, mix(sand, palette.glow, 0.36 - 0.05 * number), mix(sand, palette.near, 0.5), foot)
    return surface


def _skyline(canvas: Canvas, scene: Scene, horizon: float) -> None:
    """Three rows of houses, the nearest dark and with lights in its windows."""
    palette = scene.palette
    for row, (tall, share) in enumerate(((0.34, 0.18), (0.28, 0.5), (0.19, 0.85))):
        rng = scene.rng(f"houses {row}")
        colour = mix(palette.far, palette.near, share)
        x = -0.05
        while x < canvas.aspect:
            width = rng.uniform(0.028, 0.085)
            middle = 1 - abs((x + width / 2) / canvas.aspect - 0.5) * 1.1
            height = tall * rng.uniform(0.35, 1.0) * middle
            _house(canvas, scene, rng, (x, horizon), (width, height), colour, lights=0.12 + 0.25 * row)
            x += width * rng.uniform(0.8, 1.15)
        _mist(canvas, scene, horizon, 0.14, 80)


def _house(canvas: Canvas, scene: Scene, rng: Random, foot: Point, size: Point, colour: Colour, lights: float) -> None:
    (x, y), (width, height) = foot, size
    canvas.polygon([(x, y), (x, y - height), (x + width, y - height), (x + width, y)], colour)
    roof = rng.random()
    if roof < 0.25:
        canvas.polygon(
            [(x + width * 0.46, y - height), (x + width * 0.5, y - height * 1.3), (x + width * 0.54, y - height)],
            colour,
        )
    elif roof < 0.5:
        canvas.polygon(
            [
                (x + width * 0.2, y - height),
                (x + width * 0.2, y - height * 1.1),
                (x + width * 0.8, y - height * 1.1),
                (x + width * 0.8, y - height),
            ],
            colour,
        )
    warm = [
        mix(scene.palette.glow, (255, 226, 150), 0.6),
        mix(scene.palette.disc, (255, 240, 200), 0.5),
        scene.palette.glow,
    ]
    cell = 0.0105
    for column in range(1, int(width / cell)):
        for floor in range(1, int(height / cell)):
            if rng.random() < lights * 0.55:
                left, top = x + column * cell, y - height + floor * cell
                light = mix(colour, rng.choice(warm), rng.uniform(0.35, 1.0))
                canvas.polygon(
                    [
                        (left, top),
                        (left + cell * 0.45, top),
                        (left + cell * 0.45, top + cell * 0.55),
                        (left, top + cell * 0.55),
                    ],
                    light,
                )
