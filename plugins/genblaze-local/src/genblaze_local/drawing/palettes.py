"""Palettes: the light of a scene, from the top of the sky to the darkest foreground."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

Colour: TypeAlias = tuple[int, int, int]


class Palette(NamedTuple):
    """The colours of one light.

    Attributes:
        sky: From the zenith to the horizon.
        disc: Sun or moon.
        glow: Around it, and on whatever catches the light.
        far: The farthest hills, nearly sky.
        near: The closest silhouettes.
        cloud: Clouds where the light falls on them.
        dark: Whether stars can be seen.
    """

    sky: tuple[Colour, ...]
    disc: Colour
    glow: Colour
    far: Colour
    near: Colour
    cloud: Colour
    dark: bool = False


def _rgb(code: str) -> Colour:
    return int(code[0:2], 16), int(code[2:4], 16), int(code[4:6], 16)


def _palette(sky: str, *, disc: str, glow: str, far: str, near: str, cloud: str, dark: bool = False) -> Palette:
    stops = tuple(_rgb(code) for code in sky.split())
    return Palette(stops, _rgb(disc), _rgb(glow), _rgb(far), _rgb(near), _rgb(cloud), dark)


PALETTES = {
    "golden": _palette(
        "3a4f80 7f7da6 d99a86 f6bf7c fee6ae", disc="fff6d8", glow="ffb257", far="c7968c", near="251b2c", cloud="ffd9a0"
    ),
    "sunset": _palette(
        "1e1a4a 582a72 b53a70 f26d50 ffc463", disc="ffedb8", glow="ff7a45", far="9c4770", near="160e25", cloud="ff9f7a"
    ),
    "dawn": _palette(
        "56779f 8fa8c8 d5bfcb f7cfc1 fdecd6", disc="fffaf0", glow="ffc7b0", far="a2a6c6", near="2a314e", cloud="fff0e6"
    ),
    "day": _palette(
        "2a6cb3 569ad4 90c3e6 c6e2f0 eef6f3", disc="ffffff", glow="fff4d6", far="8db0c6", near="173532", cloud="ffffff"
    ),
    "night": _palette(
        "050a1d 0a1836 132c55 1e4673 356a92",
        disc="f8f4e2",
        glow="8db6e8",
        far="26476b",
        near="03060e",
        cloud="4d719b",
        dark=True,
    ),
    "aurora": _palette(
        "040819 06132b 0a2640 104054 1e6066",
        disc="eef5e6",
        glow="63f0b4",
        far="184a58",
        near="02060c",
        cloud="2f6a74",
        dark=True,
    ),
    "storm": _palette(
        "232c38 3a4856 596873 84918f b9bfae", disc="f2f0dc", glow="d9dcc2", far="66757c", near="0f161c", cloud="8f9a9c"
    ),
    "desert": _palette(
        "3f6f96 86a9b2 dfc9a2 f2bd80 f8dcab", disc="fff8df", glow="ffcb80", far="cf9670", near="43200f", cloud="ffe8c4"
    ),
    "blossom": _palette(
        "3b2d6e 7552a2 c67ab4 f3a8b9 fee2d2", disc="fff2ec", glow="ff9fb8", far="a578ae", near="21153a", cloud="ffc9d2"
    ),
    "mist": _palette(
        "7f989c a0b4b3 c2cfc8 dce3d8 f1f2e8", disc="fffdf2", glow="fdf6dc", far="a8bab6", near="1c2d2a", cloud="f6f7f0"
    ),
    "neon": _palette(
        "090520 1f0f42 53166c b0248a ff6a86",
        disc="ffd9e6",
        glow="ff4fa0",
        far="5b2278",
        near="06030f",
        cloud="9a3c92",
        dark=True,
    ),
    "winter": _palette(
        "4a6a97 7f9cc4 b9c9e0 e6dfe6 fdf0e2", disc="fffdf5", glow="ffe0c0", far="a9b9d4", near="1b2740", cloud="fbfbff"
    ),
}


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """`first` with this share of `second` in it, 0.0 to 1.0."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def along(stops: tuple[Colour, ...], where: float) -> Colour:
    """The colour at a place along a gradient, 0.0 to 1.0."""
    place = min(max(where, 0.0), 1.0) * (len(stops) - 1)
    index = min(int(place), len(stops) - 2)
    return mix(stops[index], stops[index + 1], place - index)
