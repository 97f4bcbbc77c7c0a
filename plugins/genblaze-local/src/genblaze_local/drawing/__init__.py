"""Draws a landscape from a prompt: the same words, seed and size give the same picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from genblaze_local.drawing.canvas import Canvas
from genblaze_local.drawing.caption import write_caption
from genblaze_local.drawing.figures import paint_figure
from genblaze_local.drawing.land import paint_far_land, paint_near_land
from genblaze_local.drawing.light import finish_light, paint_snowfall
from genblaze_local.drawing.scene import read_scene
from genblaze_local.drawing.sky import paint_sky
from genblaze_local.drawing.water import paint_water

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["draw_picture"]


def draw_picture(
    prompt: str,
    size: tuple[int, int],
    *,
    seed: int = 0,
    style: str = "",
    negative_prompt: str = "",
    caption: bool = True,
    tell: Callable[[float, str], None] = lambda _fraction, _message: None,
) -> Image.Image:
    """Draw the picture.

    Args:
        prompt: Words such as snow, forest, night, sea, city or fox are taken up; all others shape it by chance.
        size: Width and height in pixels.
        seed: Another one gives another picture of the same scene.
        style: More words, which are not written below the picture.
        negative_prompt: Words that are not to be taken up.
        caption: Write the prompt below the picture.
        tell: Hears how far it is, 0.0 to 1.0; may raise to stop.
    """
    scene = read_scene(prompt, seed=seed, style=style, negative_prompt=negative_prompt)
    canvas = Canvas(*size)
    wet = scene.land in ("lake", "sea", "city")
    horizon = {"sea": 0.62, "city": 0.66, "desert": 0.66, "lake": 0.60}.get(scene.land, 0.72)
    tell(0.05, "painting the sky")
    paint_sky(canvas, scene, horizon)
    tell(0.35, "raising the land")
    paint_far_land(canvas, scene, horizon)
    if wet:
        tell(0.55, "filling the water")
        paint_water(canvas, scene, horizon)
    tell(0.65, "drawing the foreground")
    surface = [0.9] * 2 if scene.land in ("sea", "city") else paint_near_land(canvas, scene, 0.885 if wet else 0.84)
    paint_figure(canvas, scene, surface, horizon)
    tell(0.8, "finishing the light")
    if scene.snow:
        paint_snowfall(canvas, scene)
    picture = finish_light(canvas.finished(), scene)
    return write_caption(picture, prompt) if caption else picture
