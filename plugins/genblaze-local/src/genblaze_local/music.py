"""Composes and plays short pieces: chords, a bass and a melody, chosen by the prompt; standard library only."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import repeat
from math import cos, exp, pi, sin
from operator import add, mul
from random import Random
from typing import Final, NamedTuple

from genblaze_local.words import chosen, words_of

RATE: Final = 44100
CHANNELS: Final = 2
SAMPLE_BYTES: Final = 2

_TABLE_SIZE: Final = 4096
_LOUDEST: Final = 0.84 * 32767
_ECHO_SEC: Final = 0.31

#: Semitones above the key, and the words that choose a scale.
_SCALES: Final = {
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "major": (0, 2, 4, 5, 7, 9, 11),
}
_MOODS: Final = {
    "minor": "night dark storm rain sad melancholy winter lonely ghost gothic mist fog noir wolf",
    "dorian": "city street jazz neon cyberpunk desert mystery autumn ocean sea fox forest",
    "lydian": "dream dreamy magic magical space galaxy aurora fantasy float wonder cinematic epic",
    "major": "happy sun sunny sunrise morning spring summer joy upbeat bright love children festive",
}
#: Degrees of the scale, one chord each.
_PROGRESSIONS: Final = ((0, 5, 3, 4), (0, 3, 5, 4), (0, 4, 5, 3), (0, 2, 3, 4), (0, 5, 1, 4))
#: How loud each overtone is.
_PAD: Final[tuple[float, ...]] = (1.0, 0.42, 0.2, 0.1, 0.05)
_BASS: Final[tuple[float, ...]] = (1.0, 0.5, 0.12)
_BELL: Final[tuple[float, ...]] = (1.0, 0.38, 0.0, 0.22, 0.0, 0.08)


class _Note(NamedTuple):
    """One note: when (seconds), how long (seconds), how high (MIDI number), how loud, and where between left and right.

    `detune` is in parts of the frequency, up on the right and down on the left, which makes a chord wide.
    """

    start: float
    length: float
    pitch: float
    level: float
    side: float
    timbre: tuple[float, ...]
    attack: float
    decay: float
    detune: float = 0.0


def play(
    prompt: str,
    duration: float,
    *,
    seed: int = 0,
    tempo: float = 0.0,
    style: str = "",
    negative_prompt: str = "",
    tell: Callable[[float, str], None] = lambda _fraction, _message: None,
) -> bytes:
    """Compose and play a piece.

    Args:
        prompt: Chooses scale, key, chords and melody.
        duration: Seconds.
        seed: Another one gives another piece in the same mood.
        tempo: Beats per minute; 0 leaves it to the prompt.
        style: More words.
        negative_prompt: Words that are not to be taken up.
        tell: Hears how far it is, 0.0 to 1.0; may raise to stop.

    Returns:
        Samples, 16 bit little-endian, left and right in turn.
    """
    rng = Random(f"{seed}\0{prompt}\0{style}")  # noqa: S311 - music, not a secret
    words = words_of(f"{prompt} {style}", without=negative_prompt)
    scale = _SCALES[chosen(_MOODS, words) or rng.choice(sorted(_SCALES))]
    own_tempo = rng.uniform(68, 96)
    notes = compose(rng, scale, duration, 60.0 / (tempo or own_tempo))
    count = round(duration * RATE)
    lanes = (array("d", bytes(8 * count)), array("d", bytes(8 * count)))
    tables = {timbre: _table(timbre) for timbre in {note.timbre for note in notes}}
    envelope_of = lru_cache(maxsize=4)(_envelope)  # many notes share one
    for number, note in enumerate(notes):
        tell(0.05 + 0.75 * number / len(notes), "playing")
        length = min(round(note.length * RATE), count - round(note.start * RATE))
        _sound(note, lanes, tables[note.timbre], envelope_of(max(length, 0), note.attack, note.decay))
    tell(0.85, "mixing")
    return _mixed(*lanes)


def compose(rng: Random, scale: Sequence[int], duration: float, beat: float) -> list[_Note]:
    """The notes of a piece that lasts `duration` seconds at `beat` seconds per beat."""
    key = rng.randint(45, 54)
    chords = rng.choice(_PROGRESSIONS)
    motif = [(rng.choice((0, 0, 1, 2, 2, 4)), rng.random()) for _ in range(8)]
    span = 2 * beat
    notes = []
    for number in range(int(duration / span) + 1):
        start = number * span
        degree = chords[number % len(chords)]
        notes += _chord(scale, key, degree, start, min(span, duration - start))
        for eighth in range(4):
            when = start + eighth * beat / 2 + rng.uniform(0, 0.012)
            step, chance = motif[(number * 4 + eighth) % len(motif)]
            if eighth % 2 and chance > 0.62:
                continue
            higher = degree + (step if eighth % 2 else rng.choice((0, 2, 4)))
            pitch = _pitch(scale, key + 24, higher % 9)
            notes.append(_Note(when, 1.5, pitch, rng.uniform(0.14, 0.2), rng.uniform(0.25, 0.75), _BELL, 0.004, 2.6))
    return [note for note in notes if note.start < duration - 0.02]


def _chord(scale: Sequence[int], key: int, degree: int, start: float, length: float) -> list[_Note]:
    """Three voices close together, and a bass below them."""
    rung = degree if degree < 4 else degree - 7  # inversions keep the voices where they are
    voices = [
        _Note(start, length + 0.5, _pitch(scale, key + 12, rung + third), 0.10, 0.5, _PAD, 0.22, 0.12, 0.0016)
        for third in (0, 2, 4)
    ]
    return [*voices, _Note(start, length, _pitch(scale, key - 12, degree), 0.20, 0.5, _BASS, 0.03, 0.7)]


def _pitch(scale: Sequence[int], key: int, degree: int) -> int:
    octave, step = divmod(degree, len(scale))
    return key + 12 * octave + scale[step]


def _table(timbre: tuple[float, ...]) -> list[float]:
    """One turn of a wave with these overtones."""
    turn = 2 * pi / _TABLE_SIZE
    return [
        sum(level * sin(turn * place * (number + 1)) for number, level in enumerate(timbre))
        for place in range(_TABLE_SIZE)
    ]


def _sound(
    note: _Note, lanes: tuple[array[float], array[float]], table: Sequence[float], envelope: Sequence[float]
) -> None:
    """Add a note to the two lanes, left and right."""
    first = round(note.start * RATE)
    place = slice(first, first + len(envelope))
    frequency = 440.0 * 2 ** ((note.pitch - 69) / 12)
    wave: list[float] = []
    for lane, away, pan in ((lanes[0], -1, cos(note.side * pi / 2)), (lanes[1], 1, sin(note.side * pi / 2))):
        if not wave or note.detune:
            wave = _wave(table, frequency * (1 + away * note.detune), envelope)
        lane[place] = array("d", map(add, lane[place], map(mul, wave, repeat(pan * note.level))))


def _wave(table: Sequence[float], frequency: float, envelope: Sequence[float]) -> list[float]:
    step, wrap = frequency * _TABLE_SIZE / RATE, _TABLE_SIZE - 1
    return [table[int(place * step) & wrap] * level for place, level in enumerate(envelope)]


def _envelope(count: int, attack: float, decay: float) -> list[float]:
    """Rises in `attack` seconds, decays by e^-decay per second, and always ends in silence."""
    fall = exp(-decay / RATE)
    values, value = [], 1.0
    for _ in range(count):
        values.append(value)
        value *= fall
    rise, release = min(count, round(attack * RATE)), min(count, round(0.45 * RATE), max(count // 2, 1))
    for place in range(rise):
        values[place] *= 0.5 - 0.5 * cos(pi * place / rise)
    for place in range(release):
        values[count - 1 - place] *= 0.5 - 0.5 * cos(pi * place / release)
    return values


def _mixed(left: array[float], right: array[float]) -> bytes:
    """Echo, fade-out, one level for all pieces, and 16 bit samples."""
    _echo(left, right)
    tail = min(len(left) // 3, RATE)
    for lane in (left, right):
        for place in range(tail):
            lane[-1 - place] *= place / tail
    peak = max(max(left), -min(left), max(right), -min(right)) or 1.0
    samples = array("h", bytes(SAMPLE_BYTES * CHANNELS * len(left)))
    for side, lane in enumerate((left, right)):
        samples[side::2] = array("h", map(round, map(mul, lane, repeat(_LOUDEST / peak))))
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()


def _echo(left: array[float], right: array[float]) -> None:
    """Each side answers the other, block after block, ever more quietly."""
    delay = round(_ECHO_SEC * RATE)
    for start in range(delay, len(left), delay):
        end = min(start + delay, len(left))
        before = slice(start - delay, end - delay)
        from_left, from_right = list(left[before]), list(right[before])
        left[start:end] = array("d", map(add, left[start:end], map(mul, from_right, repeat(0.34))))
        right[start:end] = array("d", map(add, right[start:end], map(mul, from_left, repeat(0.34))))
