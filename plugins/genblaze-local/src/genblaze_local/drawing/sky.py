"""The sky: gradient, stars, northern lights, sun or moon, clouds."""

from __future__ import annotations

from math import exp, pi, sin

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from genblaze_local.drawing.canvas import Canvas, levels, noise
from genblaze_local.drawing.palettes import along, mix
from genblaze_local.drawing.scene import Scene

#: Soft things are drawn this many times smaller and scaled up: nobody sees the difference, and it is faster.
_SOFTNESS = 8


def paint_sky(canvas: Canvas, scene: Scene, horizon: float) -> None:
    """Paint the whole sky down to the horizon (a fraction of the height) and the same colour below."""
    _gradient(canvas, scene, horizon)
    if scene.palette.dark:
        _stars(canvas, scene, horizon)
    if scene.aurora:
        _aurora(canvas, scene, horizon)
    _glow(canvas, scene)
    _disc(canvas, scene)
    if scene.cloudiness:
        _clouds(canvas, scene, horizon)


def _gradient(canvas: Canvas, scene: Scene, horizon: float) -> None:
    rows = Image.new("RGB", (1, canvas.height))
    for y in range(canvas.height):
        rows.putpixel((0, y), along(scene.palette.sky, (y / canvas.height / horizon) ** 1.15))
    canvas.image.paste(rows.resize(canvas.image.size))


def _stars(canvas: Canvas, scene: Scene, horizon: float) -> None:
    rng = scene.rng("stars")
    width, height = canvas.width, round(canvas.px(horizon))
    milky = noise(rng, (width // _SOFTNESS, height // _SOFTNESS), (5, 3), 4) if min(width, height) >= 64 else None
    if milky is not None:
        canvas.shine(
            mix(scene.palette.glow, (255, 255, 255), 0.3), levels(milky, 0.45, 1.0, 70).resize((width, height))
        )
    field = Image.new("L", (width, height))
    draw = ImageDraw.Draw(field)
    for _ in range(round(420 * canvas.aspect)):
        x, y = rng.uniform(0, width), height * rng.random() ** 1.5
        size = canvas.px(0.0006 + 0.0016 * rng.random() ** 6)
        draw.ellipse((x - size, y - size, x + size, y + size), fill=rng.randint(50, 255))
    halo = field.filter(ImageFilter.GaussianBlur(canvas.px(0.0022)))
    canvas.shine((255, 250, 240), ImageChops.add(field, halo))


def _aurora(canvas: Canvas, scene: Scene, horizon: float) -> None:
    """Curtains: each column is lit from its lower hem upwards, and columns differ as folds of cloth do."""
    rng = scene.rng("aurora")
    width, height = max(8, canvas.width // _SOFTNESS), max(8, round(canvas.px(horizon)) // _SOFTNESS)
    for colour, most, base in (
        ((70, 245, 170), 215, rng.uniform(0.72, 0.82)),
        ((90, 130, 255), 120, rng.uniform(0.5, 0.6)),
        ((220, 90, 200), 90, rng.uniform(0.36, 0.46)),
    ):
        folds = [(rng.uniform(0.6, 5.0), rng.uniform(0, 2 * pi), rng.uniform(0.02, 0.1)) for _ in range(3)]
        pleats = [(rng.uniform(9, 30), rng.uniform(0, 2 * pi)) for _ in range(3)]
        sheet = Image.new("L", (width, height))
        pixels = sheet.load()
        assert pixels is not None  # noqa: S101 - a new image has pixels
        for x in range(width):
            across = x / width * canvas.aspect
            hem = base + sum(depth * sin(turns * across + phase) for turns, phase, depth in folds)
            pleat = 1 + sum(sin(turns * across + phase + 2 * hem) for turns, phase in pleats) / 4
            reach = 0.16 + 0.10 * pleat
            for y in range(height):
                above = hem - y / height
                light = exp(-above / reach) if above > 0 else exp(above * 40)
                pixels[x, y] = round(most * min(1.0, max(0.0, light * (0.4 + 0.35 * pleat))))
        canvas.shine(colour, sheet.resize((canvas.width, round(canvas.px(horizon))), Image.Resampling.BICUBIC))


def _glow(canvas: Canvas, scene: Scene) -> None:
    """Light around sun or moon, wide and soft, then narrow and bright."""
    x, y = scene.disc[0] * canvas.width, canvas.px(scene.disc[1])
    dark = scene.palette.dark
    for radius, strength in ((0.75, 60 if dark else 120), (0.32, 70 if dark else 120), (0.12, 110)):
        side = max(2, round(canvas.px(radius) * 2))
        halo = levels(ImageChops.invert(Image.radial_gradient("L")), 0.3, 1.0, strength, 1.8).resize((side, side))
        layer = Image.new("L", canvas.image.size)
        layer.paste(halo, (round(x - side / 2), round(y - side / 2)))
        canvas.shine(scene.palette.glow, layer)


def _disc(canvas: Canvas, scene: Scene) -> None:
    rng = scene.rng("disc")
    x, y = scene.disc[0] * canvas.width, canvas.px(scene.disc[1])
    radius = canvas.px(rng.uniform(0.036, 0.05) * (1.0 if scene.palette.dark else 1.15))
    disc = Image.new("L", canvas.image.size)
    ImageDraw.Draw(disc).ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    canvas.tint(scene.palette.disc, disc)
    if scene.palette.dark and radius > 8:
        side = round(radius * 2)
        seas = levels(noise(rng, (side, side), (3, 3), 3), 0.5, 0.75, 60)
        patch = Image.new("L", canvas.image.size)
        patch.paste(seas, (round(x - radius), round(y - radius)))
        canvas.tint(mix(scene.palette.disc, scene.palette.sky[2], 0.6), ImageChops.multiply(patch, disc))


def _clouds(canvas: Canvas, scene: Scene, horizon: float) -> None:
    """Two decks of cloud: a high thin one, and a low one whose lower side lies in shadow."""
    rng = scene.rng("clouds")
    width, height = canvas.width, round(canvas.px(horizon))
    small = (max(8, width // 4), max(8, height // 4))
    thin = noise(rng, small, (1.3 * canvas.aspect, 7), 5)
    canvas.tint(scene.palette.cloud, _deck(thin, (width, height), 0.52, 0.95, 105))
    low = noise(rng, small, (1.6 * canvas.aspect, 4.5), 6)
    edge = 0.66 - 0.18 * scene.cloudiness
    shade = ImageChops.offset(low, 0, max(1, small[1] // 40))
    canvas.tint(mix(scene.palette.cloud, scene.palette.far, 0.55), _deck(shade, (width, height), edge, edge + 0.3, 120))
    canvas.tint(scene.palette.cloud, _deck(low, (width, height), edge, edge + 0.36, 175))


def _deck(field: Image.Image, size: tuple[int, int], low: float, high: float, most: int) -> Image.Image:
    """A mask of clouds that thins out towards the zenith and the horizon."""
    mask = levels(field, low, high, most, 1.2).resize(size, Image.Resampling.BICUBIC)
    fade = Image.new("L", (1, 64))
    for y in range(64):
        fade.putpixel((0, y), round(255 * sin(pi * min(1.0, 0.12 + 0.86 * y / 63)) ** 0.8))
    return ImageChops.multiply(mask, fade.resize(size, Image.Resampling.BICUBIC))
