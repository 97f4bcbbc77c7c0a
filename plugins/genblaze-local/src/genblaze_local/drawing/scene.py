"""Reads a prompt as a scene: what light, what land, who is in it. Words decide where they can, chance does the rest."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from genblaze_local.drawing.palettes import PALETTES, Palette
from genblaze_local.words import chosen, words_of

#: Words that choose a light; the first light with a matching word wins.
_LIGHTS = {
    "aurora": "aurora borealis northern polar",
    "neon": "neon cyberpunk synthwave retrowave vaporwave futuristic",
    "golden": "golden goldenhour gold autumn fall harvest amber honey",
    "sunset": "sunset dusk evening twilight lava volcano fire ember crimson",
    "night": "night midnight moon moonlight moonlit star stars starry galaxy space cosmos milky dark nocturne",
    "dawn": "dawn sunrise morning daybreak early",
    "storm": "storm stormy rain rainy thunder grey gray moody overcast gloomy",
    "desert": "desert dune dunes sahara canyon mesa savanna savannah mars",
    "blossom": "blossom cherry sakura spring pastel pink dream dreamy fantasy magic magical fairy unicorn lavender",
    "mist": "mist misty fog foggy haze hazy zen calm quiet ink",
    "winter": "winter snow snowy ice icy frost frozen arctic blizzard christmas",
    "day": "day noon summer sunny bright blue tropical beach",
}
_LANDS = {
    "city": "city town street skyline skyscraper skyscrapers urban metropolis downtown tokyo york london cyberpunk",
    "sea": "ocean sea beach coast island waves wave sail sailing sailboat ship boat whale lighthouse harbour harbor",
    "desert": "desert dune dunes sahara savanna savannah mars",
    "lake": "lake river water pond reflection fjord loch",
    "forest": "forest wood woods woodland tree trees pine pines jungle fox deer wolf bear owl",
    "mountains": "mountain mountains alps peak peaks valley himalaya volcano canyon",
}
_FIGURES = {
    "fox": "fox foxes vixen",
    "wolf": "wolf wolves dog husky coyote",
    "cat": "cat cats kitten kitty",
    "boat": "boat boats ship sail sailing sailboat yacht",
    "balloon": "balloon balloons",
    "lighthouse": "lighthouse beacon",
    "birds": "bird birds eagle crow raven swan goose geese gull gulls flock",
}
_SNOW = {"snow", "snowy", "winter", "snowfall", "blizzard", "ice", "icy", "frost", "frozen", "arctic", "christmas"}
_CLEAR = {"clear", "cloudless"}


class Scene(NamedTuple):
    """What will be seen.

    Attributes:
        palette: The light.
        land: `city`, `sea`, `desert`, `lake`, `forest` or `mountains`.
        figure: Who is in it, or None.
        snow: Whether there is snow, on the ground and in the air.
        aurora: Whether there are northern lights.
        cloudiness: 0.0 to 1.0.
        disc: Where sun or moon stands: fractions of width and height.
        variety: Random numbers for everything else, from prompt and seed.
    """

    palette: Palette
    land: str
    figure: str | None
    snow: bool
    aurora: bool
    cloudiness: float
    disc: tuple[float, float]
    variety: str

    def rng(self, layer: str) -> Random:
        """Random numbers of one layer, so that a change in one leaves the others as they are."""
        return Random(f"{self.variety}\0{layer}")  # noqa: S311 - a picture, not a secret


def read_scene(prompt: str, *, seed: int = 0, style: str = "", negative_prompt: str = "") -> Scene:
    """The scene that a prompt describes. What the negative prompt names is left out, where we would draw it."""
    words = words_of(f"{prompt} {style}", without=negative_prompt)
    variety = f"{seed}\0{prompt}\0{style}"
    rng = Random(variety)  # noqa: S311 - a picture, not a secret
    light = chosen(_LIGHTS, words) or rng.choice(sorted(PALETTES))
    land = chosen(_LANDS, words) or rng.choice(("lake", "lake", "mountains", "mountains", "forest", "sea"))
    figure = chosen(_FIGURES, words)
    snow = not _SNOW.isdisjoint(words)
    clouds = 0.0 if not _CLEAR.isdisjoint(words) else rng.uniform(0.25, 0.9)
    side = rng.choice((rng.uniform(0.2, 0.4), rng.uniform(0.6, 0.8)))
    high = PALETTES[light].dark or light == "day"
    disc = (side, rng.uniform(0.16, 0.26) if high else rng.uniform(0.36, 0.46))
    palette = PALETTES[light]
    return Scene(palette, land, figure, snow, light == "aurora", clouds, disc, variety)
