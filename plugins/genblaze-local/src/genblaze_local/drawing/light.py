"""The last touches: falling snow, a soft bloom, darker corners and a trace of grain against banding."""

from __future__ import annotations

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from genblaze_local.drawing.canvas import Canvas, levels
from genblaze_local.drawing.scene import Scene


def paint_snowfall(canvas: Canvas, scene: Scene) -> None:
    """Flakes in the air: many small ones far away, a few large ones close and out of focus."""
    rng = scene.rng("snowfall")
    for count, size, blur, level in ((260, 0.0016, 0.0006, 190), (90, 0.0032, 0.0016, 170), (16, 0.008, 0.004, 110)):
        flakes = Image.new("L", canvas.image.size)
        draw = ImageDraw.Draw(flakes)
        for _ in range(round(count * canvas.aspect / 1.5)):
            x, y = rng.uniform(0, canvas.width), rng.uniform(0, canvas.height)
            radius = canvas.px(size * rng.uniform(0.6, 1.2))
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=round(level * rng.uniform(0.5, 1.0)))
        canvas.tint((255, 255, 255), flakes.filter(ImageFilter.GaussianBlur(canvas.px(blur))))


def finish_light(picture: Image.Image, scene: Scene) -> Image.Image:
    """Let bright places bloom, darken the corners, and break up what would show as bands."""
    width, height = picture.size
    bright = picture.resize((max(1, width // 4), max(1, height // 4))).point(
        [max(0, value - 170) * 2 if value < 255 else 170 for value in range(256)] * 3
    )
    bloom = bright.filter(ImageFilter.GaussianBlur(height / 120)).resize(picture.size, Image.Resampling.BICUBIC)
    picture = ImageChops.screen(picture, bloom.point(lambda value: value * 0.32))
    corners = levels(Image.radial_gradient("L"), 0.55, 1.0, 90, 1.3).resize(picture.size, Image.Resampling.BICUBIC)
    picture.paste(tuple(value // 3 for value in scene.palette.near), (0, 0), corners)
    grain = Image.frombytes("L", picture.size, scene.rng("grain").randbytes(width * height))
    grain = grain.point([0] * 96 + [1] * 64 + [2] * 96)
    return ImageChops.subtract(
        ImageChops.add(picture, Image.merge("RGB", [grain] * 3)), Image.new("RGB", picture.size, (1, 1, 1))
    )
