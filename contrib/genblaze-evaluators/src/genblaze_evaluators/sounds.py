"""Judges of sound: clipping and silence. Reads what libsndfile reads: WAV, FLAC, Ogg, MP3, AIFF."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import soundfile

from genblaze import Asset
from genblaze_evaluators.judging import FileJudge, Judgement, UnreadableError

__all__ = ["Clipping", "Silence", "opened"]

Samples = np.ndarray[Any, np.dtype[np.float32]]

BLOCK_SEC: Final = 0.05
FULL_SCALE: Final = 0.9999
"""Of a sample; encoders round the last step away."""
RUN: Final = 3
"""So many samples at full scale in a row are taken for a wave that was cut off."""


@contextmanager
def opened(path: Path) -> Iterator[soundfile.SoundFile]:
    """A sound file, read as it is asked for.

    Raises:
        UnreadableError: It is none, or not of a format that libsndfile reads.
    """
    try:
        with soundfile.SoundFile(path) as file:
            if file.frames == 0:
                msg = "the sound is empty"
                raise UnreadableError(msg)
            yield file
    except (soundfile.SoundFileError, OSError) as error:
        msg = f"the sound cannot be decoded ({error})"
        raise UnreadableError(msg) from error


class Clipping(FileJudge):
    """Refuses sound whose waves are cut off at full scale.

    Args:
        most: Greatest share of samples that may stand in runs at full scale.
    """

    kinds = ("audio",)

    def __init__(self, most: float = 0.001) -> None:
        self.most = most

    def judge(self, path: Path, asset: Asset) -> Judgement:  # noqa: ARG002 - the file says it all
        """Count samples at full scale."""
        clipped = total = 0
        with opened(path) as file:
            for block in _blocks(file, 1.0):
                clipped += _in_runs(np.abs(block) >= FULL_SCALE)
                total += block.size
        found = clipped / max(total, 1)
        feedback = f"{found:.1%} of the sound is cut off at full scale: ask for less gain"
        return Judgement(found <= self.most, (1 - found) ** 10, feedback, {"clipped": found})


class Silence(FileJudge):
    """Refuses sound that is silent for most of its time.

    Args:
        quietest: What counts as silence: the level of 50 ms, in decibels relative to full scale.
        most: Greatest share of the time that may be silent.
    """

    kinds = ("audio",)

    def __init__(self, quietest: float = -60.0, most: float = 0.5) -> None:
        self.quietest = quietest
        self.most = most

    def judge(self, path: Path, asset: Asset) -> Judgement:  # noqa: ARG002 - the file says it all
        """Measure the level of each block."""
        with opened(path) as file:
            levels = [float(np.sqrt(np.mean(np.square(block)))) for block in _blocks(file, BLOCK_SEC) if block.size]
        bound = 10 ** (self.quietest / 20)
        found = sum(level < bound for level in levels) / max(len(levels), 1)
        feedback = f"the sound is silent for {found:.0%} of its time: ask for more to be heard"
        return Judgement(bool(levels) and found <= self.most, 1 - found, feedback, {"silent": found})


def _blocks(file: soundfile.SoundFile, seconds: float) -> Iterator[Samples]:
    """The sound in pieces, as numbers from -1.0 to 1.0: a row for each frame, a column for each channel."""
    yield from file.blocks(max(1, int(file.samplerate * seconds)), dtype="float32", always_2d=True)


def _in_runs(full: np.ndarray[Any, np.dtype[np.bool_]]) -> int:
    """How many samples stand in runs of at least `RUN`, in each channel by itself."""
    begins = full[2:] & full[1:-1] & full[:-2]
    inside = np.zeros_like(full)
    for shift in range(RUN):
        inside[shift : len(full) - RUN + 1 + shift] |= begins
    return int(inside.sum())
