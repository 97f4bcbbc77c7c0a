"""Water: what stands above the shore, mirrored, darkened and broken by ripples."""

from __future__ import annotations

from math import pi, sin

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from genblaze_local.drawing.canvas import Canvas, levels, noise
from genblaze_local.drawing.palettes import mix
from genblaze_local.drawing.scene import Scene


def paint_water(canvas: Canvas, scene: Scene, shore: float) -> None:
    """Fill everything below the shore (a fraction of the height) with a mirror image of what is above."""
    top = round(canvas.px(shore))
    depth = canvas.height - top
    if depth < 2 or top < 2:
        return
    mirrored = canvas.image.crop((0, max(0, top - round(depth * 1.35)), canvas.width, top))
    mirrored = mirrored.transpose(Image.Transpose.FLIP_TOP_BOTTOM).resize((canvas.width, depth))
    mirrored = mirrored.filter(ImageFilter.BoxBlur((0, canvas.px(0.004))))
    _ripple(canvas, scene, mirrored, top, rough=scene.land == "sea")
    _darken(canvas, scene, top)
    if min(canvas.width, depth) >= 32:
        _streaks(canvas, scene, top)
    _path_of_light(canvas, scene, top)


def _ripple(canvas: Canvas, scene: Scene, mirrored: Image.Image, top: int, *, rough: bool) -> None:
    """Shift row after row sideways, more the closer it is to us."""
    rng = scene.rng("ripples")
    phases = [rng.uniform(0, 2 * pi) for _ in range(3)]
    strength = canvas.px(0.012 if rough else 0.006)
    for row in range(mirrored.height):
        near = row / mirrored.height
        distance = 60 * near**0.5
        sway = (
            sin(distance * 1.7 + phases[0])
            + 0.6 * sin(distance * 4.1 + phases[1])
            + 0.4 * sin(distance * 9 + phases[2])
        )
        shift = round(strength * (0.15 + near) * sway)
        line = mirrored.crop((0, row, canvas.width, row + 1))
        canvas.image.paste(line, (0, top + row))  # the edge that the shift leaves free
        canvas.image.paste(line, (shift, top + row))


def _darken(canvas: Canvas, scene: Scene, top: int) -> None:
    depth = canvas.height - top
    shade = Image.new("L", (1, 64))
    for y in range(64):
        shade.putpixel((0, y), round(40 + 120 * (y / 63) ** 0.9))
    deep = mix(scene.palette.sky[0], scene.palette.near, 0.55)
    canvas.tint(deep, shade.resize((canvas.width, depth), Image.Resampling.BICUBIC), (0, top))


def _streaks(canvas: Canvas, scene: Scene, top: int) -> None:
    """Long flat glints, drawn in perspective: noise stretched sideways, finer towards the shore."""
    rng = scene.rng("glints")
    depth = canvas.height - top
    glints = levels(noise(rng, (max(8, canvas.width // 8), depth // 2), (4 * canvas.aspect, 26), 3), 0.6, 0.95, 105)
    sky = mix(scene.palette.sky[-1], scene.palette.sky[2], 0.35)
    canvas.tint(sky, glints.resize((canvas.width, depth), Image.Resampling.BICUBIC), (0, top))


def _path_of_light(canvas: Canvas, scene: Scene, top: int) -> None:
    """The broken reflection below sun or moon."""
    rng = scene.rng("path")
    depth = canvas.height - top
    x = scene.disc[0] * canvas.width
    path = Image.new("L", (canvas.width, depth))
    draw = ImageDraw.Draw(path)
    for _ in range(170):
        near = rng.random() ** 1.3
        y = near * depth
        half = canvas.px((0.012 + 0.05 * near) * rng.uniform(0.3, 1.0))
        middle = x + canvas.px(rng.gauss(0, 0.012 + 0.045 * near))
        thick = max(1.0, canvas.px(0.0012 + 0.0035 * near))
        draw.ellipse(
            (middle - half, y - thick, middle + half, y + thick), fill=round(rng.uniform(60, 210) * (1 - 0.6 * near))
        )
    soft = path.filter(ImageFilter.GaussianBlur(canvas.px(0.006)))
    canvas.shine(mix(scene.palette.glow, scene.palette.disc, 0.45), ImageChops.add(path, soft), (0, top))
