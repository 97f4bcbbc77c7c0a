"""`LocalAudioProvider`: short pieces of music composed on this machine."""

from __future__ import annotations

import wave
from array import array
from pathlib import Path
from typing import BinaryIO, NamedTuple

from genblaze.errors import ProviderError
from genblaze.models import Asset, AudioMetadata, Modality, ProviderErrorCode, Step
from genblaze_local.files import write_asset
from genblaze_local.music import SAMPLE_RATE, compose
from genblaze_local.params import Params
from genblaze_local.provider import LocalProvider
from genblaze_local.vendor import LocalJob, Work

#: Seconds.
SHORTEST, LONGEST = 0.1, 60.0
CHANNELS = 2


class AudioOptions(NamedTuple):
    """What a piece may be asked for."""

    duration: float


class LocalAudioProvider(LocalProvider[AudioOptions]):
    """Composes and plays WAV files: stereo, 44.1 kHz, 16 bit. Words of the prompt choose the mood.

    Parameters of a step: `duration` (0.1 to 60 seconds, default 4) and `seed`.
    """

    name = "local-audio"
    model = "local-audio-1"
    modality = Modality.AUDIO
    output_format = "wav"
    longest_sec = LONGEST

    def options(self, params: Params) -> AudioOptions:
        """The duration."""
        return AudioOptions(duration=float(params.number("duration", 4.0, least=SHORTEST, most=LONGEST)))

    def work(self, step: Step, options: AudioOptions, folder: Path) -> Work:
        """Compose the piece, play it and write it."""
        if step.inputs:
            msg = f"{self.name} plays from the prompt alone and takes no inputs. Leave out chain, input_from and inputs"
            raise ProviderError(msg, error_code=ProviderErrorCode.INVALID_INPUT)

        def play(job: LocalJob) -> Asset:
            samples = compose(
                step.prompt or "",
                options.duration,
                step.seed,
                lambda fraction, message: job.tell(0.95 * fraction, message),
            )
            job.tell(0.95, "saving")
            sound = AudioMetadata(sample_rate=SAMPLE_RATE, channels=CHANNELS, codec="pcm_s16le")
            duration = len(samples) / CHANNELS / SAMPLE_RATE
            asset = Asset(url="file:", media_type="audio/wav", duration=duration, audio=sound)
            return write_asset(asset, folder, ".wav", lambda file: _write_wav(file, samples), job)

        return play


def _write_wav(file: BinaryIO, samples: array[int]) -> None:
    with wave.open(file, "wb") as sound:
        sound.setnchannels(CHANNELS)
        sound.setsampwidth(samples.itemsize)
        sound.setframerate(SAMPLE_RATE)
        sound.writeframes(samples.tobytes())
