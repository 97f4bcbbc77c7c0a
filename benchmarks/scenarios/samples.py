"""The providers and records that scenarios work on."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from genblaze_core import Asset, Manifest, Modality, Pipeline, Run, Step, SyncProvider
from genblaze_core.exceptions import ProviderError
from genblaze_core.models.enums import ProviderErrorCode, StepStatus


def asset() -> Asset:
    """A picture at its vendor, hashed already, so that neither package touches a file or a network."""
    return Asset(
        url="https://vendor.test/output.png", media_type="image/png", sha256="0123456789abcdef" * 4, size_bytes=1000
    )


class Instant(SyncProvider):
    """Answers at once, or after `delay` seconds of blocking; the first `failures` calls of a step fail."""

    name = "instant"

    def __init__(self, delay: float = 0.0, failures: int = 0, **settings: Any) -> None:
        super().__init__(**settings)
        self.delay = delay
        self.failures = failures
        self._failed: dict[str, int] = {}

    def generate(self, step: Step, config: Any = None) -> Step:
        """The step with one asset."""
        if self.delay:
            time.sleep(self.delay)
        if self.failures and self._failed.setdefault(step.step_id, 0) < self.failures:
            self._failed[step.step_id] += 1
            msg = "try again"
            raise ProviderError(msg, error_code=ProviderErrorCode.SERVER_ERROR)
        step.assets = [asset()]
        return step


class Awaiting(Instant):
    """The same without blocking: `ainvoke` overridden for the published package, `async def generate` for ours."""

    async def generate(self, step: Step, config: Any = None) -> Step:  # type: ignore[override]
        """The step with one asset, after `delay` seconds."""
        await asyncio.sleep(self.delay)
        step.assets = [asset()]
        return step

    async def ainvoke(self, input: Step, config: Any = None) -> Step:
        """The step with one asset, after `delay` seconds."""
        await asyncio.sleep(self.delay)
        step = input.model_copy(deep=True)
        step.status, step.assets = StepStatus.SUCCEEDED, [asset()]
        return step


def pipeline(steps: int, provider: Any, **settings: Any) -> Pipeline:
    """A pipeline of equal steps."""
    made = Pipeline("benchmark", **settings)
    for index in range(steps):
        made.step(
            provider, model="model-1", prompt=f"a fox in the snow, number {index}", modality=Modality.IMAGE, steps=30
        )
    return made


def run_of(steps: int) -> Run:
    """A finished run as a pipeline would leave it; every fifth prompt is not plain ASCII."""
    return Run(
        name="benchmark",
        steps=[
            Step(
                provider="instant",
                model="model-1",
                prompt=f"a fox in the snow, golden hour, number {index}{' über' if index % 5 == 0 else ''}",
                status=StepStatus.SUCCEEDED,
                seed=index,
                params={"steps": 30, "guidance": 7.5, "size": "1024x1024", "style": {"name": "film", "weight": 0.8}},
                assets=[asset()],
                step_index=index,
            )
            for index in range(steps)
        ],
    )


def manifest_for(content_sha256: str, media_type: str, size: int) -> Manifest:
    """A manifest that lists one output."""
    made = Asset(url="file:///output", media_type=media_type, sha256=content_sha256, size_bytes=size)
    step = Step(provider="instant", model="model-1", prompt="a fox", status=StepStatus.SUCCEEDED, assets=[made])
    return Manifest.from_run(Run(name="benchmark", steps=[step]))
