"""Providers that answer without a vendor, for tests: the published mocks."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from genblaze.errors import ProviderError
from genblaze.models.asset import Asset, AudioMetadata, VideoMetadata
from genblaze.models.enums import ProviderErrorCode
from genblaze.models.step import Step
from genblaze.providers.provider import SyncProvider
from genblaze.providers.runnable import RunnableConfig


class MockProvider(SyncProvider):
    """Returns assets it was given, or fails as it was told to.

    Attributes:
        latency: Seconds that a call takes.
        should_fail: Whether calls fail; like the other settings it may be changed between calls.
        error_code: With which code they then fail.
        error_message: With which text.
        call_count: How often it was called.
        received_steps: Copies of the steps it was given.
    """

    def __init__(
        self,
        *,
        name: str = "mock",
        assets: list[Asset] | Callable[[Step], list[Asset]] | None = None,
        latency: float = 0,
        should_fail: bool = False,
        error_code: ProviderErrorCode = ProviderErrorCode.UNKNOWN,
        error_message: str = "Mock provider error",
        cost_usd: float | None = None,
        **provider_options: Any,
    ) -> None:
        """Take the answers and the settings; `provider_options` are those of `BaseProvider`."""
        super().__init__(**provider_options)
        self.name = name
        self.latency = latency
        self.should_fail = should_fail
        self.error_code = error_code
        self.error_message = error_message
        self.call_count = 0
        self.received_steps: list[Step] = []
        self._assets = assets
        self._cost = cost_usd

    def generate(self, step: Step, config: RunnableConfig | None = None) -> Step:  # noqa: ARG002 - the published signature
        """Answer.

        Raises:
            ProviderError: When the mock was told to fail.
        """
        self.call_count += 1
        self.received_steps.append(step.model_copy(deep=True))
        if self.latency:
            time.sleep(self.latency)
        if self.should_fail:
            raise ProviderError(self.error_message, error_code=self.error_code)
        made = self._assets(step) if callable(self._assets) else self._assets or [self.default_asset()]
        step.assets = [asset.model_copy(deep=True) for asset in made]
        step.cost_usd = self._cost
        return step

    def default_asset(self) -> Asset:
        """The answer when no assets were given."""
        return Asset(url="https://mock.test/output.bin", media_type="application/octet-stream", sha256="0" * 64)


class MockVideoProvider(MockProvider):
    """Answers with a video."""

    def __init__(self, **kwargs: Any) -> None:
        """Take what `MockProvider` takes."""
        super().__init__(**{"name": "mock-video", **kwargs})

    def default_asset(self) -> Asset:
        """An H.264 video without sound."""
        video = VideoMetadata(codec="h264", has_audio=False)
        return Asset(url="https://mock.test/video.mp4", media_type="video/mp4", sha256="1" * 64, video=video)


class MockAudioProvider(MockProvider):
    """Answers with audio."""

    def __init__(self, **kwargs: Any) -> None:
        """Take what `MockProvider` takes."""
        super().__init__(**{"name": "mock-audio", **kwargs})

    def default_asset(self) -> Asset:
        """A mono MP3."""
        audio = AudioMetadata(codec="mp3", channels=1, sample_rate=44100)
        return Asset(url="https://mock.test/audio.mp3", media_type="audio/mpeg", sha256="2" * 64, audio=audio)
