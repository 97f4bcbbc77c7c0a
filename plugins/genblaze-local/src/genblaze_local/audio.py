"""`LocalAudioProvider`: short pieces of music composed on this machine."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import BinaryIO, NamedTuple

from genblaze.errors import ProviderError
from genblaze.models import Asset, AudioMetadata, Modality, ProviderErrorCode, Step
from genblaze_local.files import write_asset
from genblaze_local.music import CHANNELS, RATE, SAMPLE_BYTES, play
from genblaze_local.params import Params
from genblaze_local.provider import LocalProvider
from genblaze_local.vendor import LocalJob, Work

#: Seconds.
SHORTEST, LONGEST = 0.1, 60.0


class AudioOptions(NamedTuple):
    """What a piece may be asked for."""

    duration: float
    tempo: float
    style: str


class LocalAudioProvider(LocalProvider[AudioOptions]):
    """Composes and plays WAV files: stereo, 44.1 kHz, 16 bit. Words of the prompt choose scale and mood.

    Parameters of a step: `duration` (0.1 to 60 seconds, default 4), `tempo` (40 to 200 beats per minute, by default the
    prompt's), `seed`, `style` (more words), `negative_prompt` (words not to take up).
    """

    name = "local-audio"
    model = "local-audio-1"
    modality = Modality.AUDIO
    output_format = "wav"
    longest_sec = LONGEST

    def options(self, params: Params) -> AudioOptions:
        """Duration, tempo and style."""
        return AudioOptions(
            duration=float(params.number("duration", 4.0, least=SHORTEST, most=LONGEST)),
            tempo=float(params.number("tempo", 0.0, least=40, most=200)),
            style=params.text("style"),
        )

    def work(self, step: Step, options: AudioOptions, folder: Path) -> Work:
        """Compose the piece, play it and write it."""
        if step.inputs:
            msg = f"{self.name} plays from the prompt alone and takes no inputs. Leave out chain, input_from and inputs"
            raise ProviderError(msg, error_code=ProviderErrorCode.INVALID_INPUT)

        def compose(job: LocalJob) -> Asset:
            samples = play(
                step.prompt or "",
                options.duration,
                seed=step.seed or 0,
                tempo=options.tempo,
                style=options.style,
                negative_prompt=step.negative_prompt or "",
                tell=job.tell,
            )
            job.tell(0.95, "saving")
            frames = len(samples) // (CHANNELS * SAMPLE_BYTES)
            bitrate = RATE * CHANNELS * SAMPLE_BYTES * 8
            sound = AudioMetadata(sample_rate=RATE, channels=CHANNELS, codec="pcm_s16le", bitrate=bitrate)
            asset = Asset(url="file:", media_type="audio/wav", duration=frames / RATE, audio=sound)
            return write_asset(asset, folder, ".wav", lambda file: _write_wav(file, samples), job)

        return compose


def _write_wav(file: BinaryIO, samples: bytes) -> None:
    with wave.open(file, "wb") as sound:
        sound.setnchannels(CHANNELS)
        sound.setsampwidth(SAMPLE_BYTES)
        sound.setframerate(RATE)
        sound.writeframes(samples)
