"""Composes a short piece from a prompt: slow chords, a plucked melody over them, and an echo."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable, Sequence
from itertools import repeat
from math import cos, pi, sin
from operator import add, mul
from random import Random
from typing import TypeAlias

SAMPLE_RATE = 44_100
#: The loudest sample, as a fraction of what 16 bits can hold.
PEAK = 0.80

Samples: TypeAlias = "array[float]"
Stereo: TypeAlias = tuple[Samples, Samples]
#: Told how much is done (0.0 to 1.0), and what.
Tell = Callable[[float, str], None]

_SCALES = {"bright": (0, 2, 4, 7, 9), "dark": (0, 3, 5, 7, 10)}
# Roots of the chords in semitones above the key, and whether the chord is minor.
_PROGRESSIONS = {
    "bright": (((0, False), (7, False), (9, True), (5, False)), ((0, False), (9, True), (5, False), (7, False))),
    "dark": (((0, True), (8, False), (3, False), (10, False)), ((0, True), (5, True), (8, False), (10, False))),
}
_DARK_WORDS = frozenset(
    "night dark rain storm winter sad slow dusk moon space deep fog mist lonely minor".split()  # noqa: SIM905 - prose
)
_TABLE_SIZE = 4096


def _table(partials: Sequence[float]) -> list[float]:
    """One period of a tone with these strengths of its partials."""
    return [
        sum(weight * sin(2 * pi * (n + 1) * k / _TABLE_SIZE) for n, weight in enumerate(partials))
        for k in range(_TABLE_SIZE)
    ]


_PAD = _table((1.0, 0.35, 0.16, 0.07))
_PLUCK = _table((1.0, 0.42, 0.10, 0.12, 0.03))


def compose(prompt: str, seconds: float, seed: int | None, tell: Tell) -> array[int]:
    """A stereo piece of `seconds`, as interleaved 16-bit samples at `SAMPLE_RATE`."""
    key = f"{prompt}\0{seed}".encode("utf-8", "surrogatepass")
    dice = Random(int.from_bytes(hashlib.sha256(key).digest()[:8]))  # noqa: S311 - art, not secrets
    mood = _mood(prompt, dice)
    length = max(1, round(seconds * SAMPLE_RATE))
    tonic = 45 + int(dice.random() * 8)
    beat = 0.5 - 0.14 * dice.random() if mood == "bright" else 0.5 + 0.12 * dice.random()
    chords = _PROGRESSIONS[mood][int(dice.random() * 2)]
    voices = (array("d", bytes(8 * length)), array("d", bytes(8 * length)))
    bar = round(4 * beat * SAMPLE_RATE)
    for number, start in enumerate(range(0, length, bar)):
        tell(0.9 * start / length, f"playing bar {number + 1} of {-(-length // bar)}")
        root, minor = chords[number % len(chords)]
        _play_chord(voices, start, bar, tonic + root, minor=minor)
        _play_melody(voices, start, beat, tonic + 24, _SCALES[mood], dice)
    tell(0.9, "mixing")
    _echo(voices, round(0.75 * beat * SAMPLE_RATE))
    return _mastered(voices)


def _mood(prompt: str, dice: Random) -> str:
    words = set(prompt.lower().split())
    return "dark" if words & _DARK_WORDS or dice.random() < 0.3 else "bright"


def _frequency(note: float) -> float:
    """Hertz of a MIDI note."""
    return 440.0 * 2 ** ((note - 69) / 12)


def _tone(table: list[float], note: float, length: int) -> Samples:
    step = _frequency(note) * _TABLE_SIZE / SAMPLE_RATE
    mask = _TABLE_SIZE - 1
    return array("d", [table[int(n * step) & mask] for n in range(length)])


def _mix(voice: Samples, start: int, sound: Samples, gain: float) -> None:
    end = min(len(voice), start + len(sound))
    if end > start:
        part = sound[: end - start]
        voice[start:end] = array("d", map(add, voice[start:end], map(mul, part, repeat(gain))))


def _play_chord(voices: Stereo, start: int, bar: int, root: int, *, minor: bool) -> None:
    """Root, third, fifth and ninth, a little wider than the ear expects, swelling and fading into the next bar."""
    length = min(round(bar * 1.25), len(voices[0]) - start)
    swell = array("d", [_swell(n / (bar * 1.25)) for n in range(length)])
    for number, interval in enumerate((0, 7, 15 if minor else 16, 26)):
        for side, voice in enumerate(voices):
            spread = 0.05 * (1 if side == number % 2 else -1)
            sound = _tone(_PAD, root + interval + spread, length)
            _mix(voice, start, array("d", map(mul, sound, swell)), 0.16 if number else 0.24)


def _swell(place: float) -> float:
    """The loudness of a chord over its time, from 0 to 1 to 0 without a corner."""
    if place < 0.22:
        return 0.5 - 0.5 * cos(pi * place / 0.22)
    return 0.5 + 0.5 * cos(pi * (place - 0.22) / 0.78)


def _play_melody(voices: Stereo, start: int, beat: float, tonic: int, scale: Sequence[int], dice: Random) -> None:
    """Plucked notes on some of the eighths of a bar, wandering up and down the scale."""
    place = int(dice.random() * 5)
    for eighth in range(8):
        if eighth and dice.random() < 0.42:
            continue
        place = min(9, max(0, place + (-2, -1, -1, 1, 1, 2)[int(dice.random() * 6)]))
        note = tonic + scale[place % 5] + 12 * (place // 5)
        begin = start + round(eighth * beat / 2 * SAMPLE_RATE)
        sound = _pluck(note, len(voices[0]) - begin)
        pan = 0.35 + 0.3 * dice.random()
        loud = 0.30 + 0.12 * dice.random()
        _mix(voices[0], begin, sound, loud * cos(pan * pi / 2))
        _mix(voices[1], begin, sound, loud * sin(pan * pi / 2))


def _pluck(note: float, room: int) -> Samples:
    length = max(0, min(room, round(0.9 * SAMPLE_RATE)))
    decay, level, rise = 0.99988, 1.0, round(0.004 * SAMPLE_RATE)
    shape = array("d")
    for _ in range(length):
        shape.append(level)
        level *= decay
    for n in range(min(rise, length)):
        shape[n] *= n / rise
    for n in range(min(rise * 4, length)):
        shape[-1 - n] *= n / (rise * 4)
    return array("d", map(mul, _tone(_PLUCK, note, length), shape))


def _echo(voices: Stereo, delay: int) -> None:
    """Each side answers on the other one, twice."""
    left, right = array("d", voices[0]), array("d", voices[1])
    for times, gain in ((1, 0.30), (2, 0.14)):
        _mix(voices[0], times * delay, right if times == 1 else left, gain)
        _mix(voices[1], times * delay, left if times == 1 else right, gain)


def _mastered(voices: Stereo) -> array[int]:
    """Both sides at full level, faded in and out, as 16-bit samples."""
    length = len(voices[0])
    loudest = max(1e-9, *(max(max(voice), -min(voice)) for voice in voices))
    gain = PEAK * 32767 / loudest
    fade_in, fade_out = min(length // 4, SAMPLE_RATE // 50), min(length // 4, round(0.6 * SAMPLE_RATE))
    mixed = array("h", bytes(4 * length))
    for side, voice in enumerate(voices):
        for n in range(fade_in):
            voice[n] *= n / fade_in
        for n in range(fade_out):
            voice[-1 - n] *= n / fade_out
        mixed[side::2] = array("h", [round(sample * gain) for sample in voice])
    return mixed
