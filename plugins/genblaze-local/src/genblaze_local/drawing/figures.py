"""Who is in the picture: animals on the ground, boats on the water, birds and balloons in the air."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, pi, sin

from PIL import Image, ImageDraw, ImageFilter

from genblaze_local.drawing.canvas import Canvas, Point, smooth
from genblaze_local.drawing.palettes import Colour, mix
from genblaze_local.drawing.scene import Scene

# Outlines stand on y = 0, are about 1 high and look to the right. A third value makes a corner.
_FOX_BODY = (
    (0.655, 0.985, 1), (0.715, 0.87), (0.77, 0.815), (0.85, 0.755), (0.945, 0.70), (0.955, 0.675), (0.90, 0.655),
    (0.79, 0.625), (0.715, 0.56), (0.70, 0.44), (0.685, 0.28), (0.665, 0.09), (0.735, 0.03), (0.74, 0.0, 1),
    (0.60, 0.0, 1), (0.575, 0.13), (0.55, 0.07), (0.60, 0.02), (0.60, 0.0, 1), (0.27, 0.0, 1), (0.175, 0.11),
    (0.185, 0.30), (0.30, 0.50), (0.435, 0.655), (0.49, 0.77), (0.52, 0.845), (0.535, 0.99, 1), (0.605, 0.885),
)  # fmt: skip
_FOX_TAIL = (
    (0.33, 0.02), (0.13, -0.01), (-0.08, 0.02), (-0.235, 0.13), (-0.29, 0.30), (-0.235, 0.43, 1), (-0.17, 0.33),
    (-0.06, 0.24), (0.10, 0.19), (0.25, 0.17),
)  # fmt: skip
_FOX_TIP = ((-0.265, 0.21), (-0.29, 0.30), (-0.235, 0.43, 1), (-0.17, 0.33), (-0.14, 0.295), (-0.20, 0.27))
_FOX_CHEST = (
    (0.93, 0.675, 1), (0.84, 0.69), (0.765, 0.68), (0.685, 0.63), (0.63, 0.55), (0.625, 0.42), (0.655, 0.30),
    (0.685, 0.28), (0.70, 0.44), (0.715, 0.56), (0.79, 0.625), (0.90, 0.655),
)  # fmt: skip
_FOX_LEG = ((0.655, 0.20), (0.66, 0.09), (0.735, 0.03), (0.74, 0.0, 1), (0.60, 0.0, 1), (0.60, 0.10))
_FOX_EAR = ((0.645, 0.945, 1), (0.685, 0.875), (0.635, 0.875))
_FOX_THIGH = ((0.30, 0.30), (0.44, 0.28), (0.50, 0.16), (0.47, 0.06), (0.44, 0.02), (0.40, 0.10), (0.34, 0.20))

_CAT_BODY = (
    (0.66, 0.93, 1), (0.70, 0.83), (0.755, 0.76), (0.765, 0.70), (0.72, 0.63), (0.66, 0.58), (0.67, 0.42), (0.65, 0.22),
    (0.65, 0.08), (0.71, 0.03), (0.70, 0.0, 1), (0.30, 0.0, 1), (0.20, 0.10), (0.22, 0.30), (0.33, 0.47), (0.44, 0.60),
    (0.47, 0.70), (0.48, 0.80), (0.495, 0.93, 1), (0.57, 0.85),
)  # fmt: skip
_CAT_TAIL = (
    (0.34, 0.0, 1), (0.16, -0.005), (0.02, 0.05), (-0.07, 0.20), (-0.05, 0.36), (0.0, 0.40), (0.025, 0.36),
    (0.0, 0.24), (0.06, 0.12), (0.18, 0.08), (0.30, 0.10),
)  # fmt: skip

_RUST: Colour = (196, 84, 30)
_CREAM: Colour = (250, 234, 212)
_SOOT: Colour = (44, 28, 26)


def paint_figure(canvas: Canvas, scene: Scene, surface: Sequence[float], horizon: float) -> None:
    """Paint the scene's figure, if it has one, and a few birds where it has none and the sky is light."""
    match scene.figure:
        case "fox" | "wolf" | "cat":
            _sitting(canvas, scene, surface, scene.figure)
        case "boat":
            _boat(canvas, scene, horizon)
        case "balloon":
            _balloons(canvas, scene)
        case "lighthouse":
            _lighthouse(canvas, scene, horizon)
        case "birds":
            _birds(canvas, scene, horizon)
        case _ if not scene.palette.dark and scene.rng("any birds").random() < 0.5:
            _birds(canvas, scene, horizon)


class _Pen:
    """Draws outlines at a place of the canvas, scaled, and mirrored where the figure looks left."""

    def __init__(self, canvas: Canvas, foot: Point, size: float, *, mirrored: bool) -> None:
        self._canvas, self._foot, self._size = canvas, foot, size
        self._side = -1 if mirrored else 1

    def at(self, x: float, y: float) -> Point:
        return self._foot[0] + self._side * (x - 0.45) * self._size, self._foot[1] - y * self._size

    def shape(self, outline: Sequence[tuple[float, ...]], colour: Colour) -> None:
        self._canvas.polygon([self.at(x, y) for x, y in smooth(outline)], colour)

    def dot(self, x: float, y: float, radius: float, colour: Colour) -> None:
        turns = [2 * pi * step / 24 for step in range(24)]
        self._canvas.polygon([self.at(x + radius * cos(turn), y + radius * sin(turn)) for turn in turns], colour)


def _sitting(canvas: Canvas, scene: Scene, surface: Sequence[float], kind: str) -> None:
    """An animal that sits in the foreground and looks at the light."""
    rng = scene.rng("animal")
    place = rng.uniform(0.44, 0.56)
    ground = surface[round(place * (len(surface) - 1))]
    foot, size = (place * canvas.aspect, ground + 0.03), 0.27
    mirrored = scene.disc[0] < place
    _shadow(canvas, scene, foot, size)
    palette = scene.palette
    shade = 0.62 if palette.dark else 0.16
    fur = {"fox": _RUST, "wolf": (112, 118, 130), "cat": (52, 46, 54)}[kind]
    coat, light, dark = (mix(colour, palette.near, shade) for colour in (fur, _CREAM, _SOOT))
    # First in the colour of the light and a little towards it: what stays visible is a lit edge.
    lead = 0.006 if mirrored else -0.006
    rim = _Pen(canvas, (foot[0] - lead * 1.1, foot[1] - 0.005), size, mirrored=mirrored)
    pen = _Pen(canvas, foot, size, mirrored=mirrored)
    if kind == "cat":
        for outline in (_CAT_TAIL, _CAT_BODY):
            rim.shape(outline, mix(palette.glow, coat, 0.25))
        for outline in (_CAT_TAIL, _CAT_BODY):
            pen.shape(outline, coat)
        pen.dot(0.69, 0.735, 0.014, palette.glow)
        return
    for shape in (_FOX_TAIL, _FOX_BODY):
        rim.shape(shape, mix(palette.glow, coat, 0.2))
    pen.shape(_FOX_TAIL, mix(coat, dark, 0.15))
    pen.shape(_FOX_TIP, light)
    pen.shape(_FOX_BODY, coat)
    pen.shape(_FOX_CHEST, light)
    pen.shape(_FOX_THIGH, mix(coat, dark, 0.22))
    pen.shape(_FOX_LEG, dark)
    pen.shape(_FOX_EAR, dark)
    pen.dot(0.945, 0.69, 0.017, dark)
    pen.dot(0.795, 0.745, 0.013, dark)


def _shadow(canvas: Canvas, scene: Scene, foot: Point, size: float) -> None:
    """A soft shadow on the ground, away from the light."""
    x, y = (canvas.px(each) for each in foot)
    long, flat = canvas.px(size * 0.62), canvas.px(size * 0.055)
    away = canvas.px(size * 0.22) * (1 if scene.disc[0] * canvas.width < x else -1)
    shadow = Image.new("L", canvas.image.size)
    ImageDraw.Draw(shadow).ellipse((x + away - long, y - flat, x + away + long, y + flat), fill=120)
    canvas.tint(mix(scene.palette.near, scene.palette.sky[0], 0.3), shadow.filter(ImageFilter.GaussianBlur(flat * 0.6)))


def _birds(canvas: Canvas, scene: Scene, horizon: float) -> None:
    """A loose flock, far away."""
    rng = scene.rng("flock")
    x, y = canvas.aspect * rng.uniform(0.3, 0.7), horizon * rng.uniform(0.25, 0.5)
    colour = mix(scene.palette.near, scene.palette.far, 0.25)
    for _ in range(rng.randint(6, 11)):
        span = rng.uniform(0.011, 0.021)
        lift = span * rng.uniform(0.3, 0.6)
        left, right = x + rng.gauss(0, 0.1), y + rng.gauss(0, 0.045)
        wings = (
            (left - span, right - lift, 1), (left - span * 0.45, right - lift * 0.75), (left, right, 1),
            (left + span * 0.45, right - lift * 0.75), (left + span, right - lift, 1),
            (left + span * 0.5, right - lift * 0.35), (left, right + span * 0.22, 1),
            (left - span * 0.5, right - lift * 0.35),
        )  # fmt: skip
        canvas.polygon(smooth(wings), colour)


def _boat(canvas: Canvas, scene: Scene, horizon: float) -> None:
    """A sailing boat in front of the light, with its reflection."""
    rng = scene.rng("boat")
    palette = scene.palette
    place = scene.disc[0] + (0.09 if scene.disc[0] < 0.5 else -0.09)
    water = horizon + rng.uniform(0.075, 0.11) if scene.land in ("sea", "lake", "city") else 0.86
    pen = _Pen(canvas, (place * canvas.aspect, water), 0.17, mirrored=scene.disc[0] > 0.5)
    mirror = _Pen(canvas, (place * canvas.aspect, water + 0.004), -0.12, mirrored=scene.disc[0] < 0.5)
    hull = ((0.12, 0.08, 1), (0.2, 0.0), (0.45, -0.03), (0.68, 0.0), (0.8, 0.1, 1), (0.45, 0.06))
    main = ((0.43, 0.13, 1), (0.43, 1.0, 1), (0.33, 0.62), (0.14, 0.15, 1), (0.3, 0.12))
    jib = ((0.46, 0.14, 1), (0.455, 0.92, 1), (0.6, 0.5), (0.76, 0.16, 1), (0.6, 0.13))
    sail = mix(mix(palette.disc, palette.glow, 0.25), palette.near, 0.35 if palette.dark else 0.08)
    deep = mix(palette.sky[1], palette.near, 0.45)
    for outline, colour in ((hull, palette.near), (main, sail), (jib, mix(sail, palette.glow, 0.35))):
        mirror.shape(outline, mix(colour, deep, 0.62))
        pen.shape(outline, colour)


def _balloons(canvas: Canvas, scene: Scene) -> None:
    """Hot-air balloons, one large and some far away."""
    rng = scene.rng("balloons")
    colours: tuple[Colour, ...] = ((92, 75, 138), (44, 122, 123), (232, 150, 40), (206, 66, 48))
    places = [(0.5 + rng.uniform(-0.14, 0.14), 0.52, 0.22), (0.22, 0.30, 0.08), (0.78, 0.36, 0.10), (0.36, 0.20, 0.05)]
    for number, (place, foot, size) in enumerate(reversed(places)):
        pen = _Pen(canvas, (place * canvas.aspect, foot), size, mirrored=False)
        veil = 0.1 + 2.2 * max(0.0, 0.2 - size)
        envelope = (
            (0.45, 1.0),
            (0.68, 0.95),
            (0.80, 0.76),
            (0.74, 0.52),
            (0.52, 0.24),
            (0.38, 0.24),
            (0.16, 0.52),
            (0.10, 0.76),
            (0.22, 0.95),
        )
        for stripe in range(4):
            squeeze = 1 - stripe * 0.27
            colour = mix(colours[number] if stripe % 2 == 0 else _CREAM, scene.palette.far, veil)
            pen.shape([(0.45 + (x - 0.45) * squeeze, y) for x, y in envelope], colour)
        rope = mix(scene.palette.near, scene.palette.far, veil)
        pen.shape(((0.40, 0.10, 1), (0.39, 0.24, 1), (0.405, 0.24, 1), (0.415, 0.10, 1)), rope)
        pen.shape(((0.485, 0.10, 1), (0.495, 0.24, 1), (0.51, 0.24, 1), (0.50, 0.10, 1)), rope)
        pen.shape(((0.39, 0.11, 1), (0.51, 0.11, 1), (0.50, 0.0, 1), (0.40, 0.0, 1)), rope)


def _lighthouse(canvas: Canvas, scene: Scene, horizon: float) -> None:
    """A lighthouse on a rock, its beam across the sky when it is dark."""
    palette = scene.palette
    place = 0.78 if scene.disc[0] < 0.5 else 0.22
    x = place * canvas.aspect
    foot = horizon + 0.07
    if palette.dark:
        _beam(canvas, scene, (x, foot - 0.335), left=place > 0.5)
    pen = _Pen(canvas, (x, foot), 0.36, mirrored=False)
    dark = 0.45 if palette.dark else 0.12
    white, red = mix(_CREAM, palette.near, dark), mix((184, 52, 44), palette.near, dark)
    for band in range(5):
        low, high = 0.08 + 0.15 * band, 0.08 + 0.15 * (band + 1)
        wide, narrow = 0.085 - 0.038 * low, 0.085 - 0.038 * high
        corners = ((0.45 - wide, low, 1), (0.45 - narrow, high, 1), (0.45 + narrow, high, 1), (0.45 + wide, low, 1))
        pen.shape(corners, red if band % 2 else white)
    pen.shape(((0.375, 0.83, 1), (0.375, 0.855, 1), (0.525, 0.855, 1), (0.525, 0.83, 1)), palette.near)
    pen.shape(
        ((0.42, 0.855, 1), (0.42, 0.925, 1), (0.48, 0.925, 1), (0.48, 0.855, 1)),
        mix(palette.disc, (255, 224, 140), 0.5),
    )
    pen.shape(((0.405, 0.925, 1), (0.45, 1.0, 1), (0.495, 0.925, 1)), red)
    rock = (
        (0.0, -0.02),
        (0.12, 0.05),
        (0.28, 0.10),
        (0.45, 0.12),
        (0.66, 0.085),
        (0.85, 0.03),
        (0.98, -0.02),
        (0.5, -0.05),
    )
    pen.shape(rock, palette.near)


def _beam(canvas: Canvas, scene: Scene, lamp: Point, *, left: bool) -> None:
    reach = -1.4 if left else 1.4
    light = canvas.mask([lamp, (lamp[0] + reach, lamp[1] - 0.30), (lamp[0] + reach, lamp[1] - 0.10)], 95)
    canvas.shine(
        mix(scene.palette.disc, (255, 235, 180), 0.5), light.filter(ImageFilter.GaussianBlur(canvas.px(0.012)))
    )
