"""The published calling convention of providers and pipelines: `invoke`, `ainvoke` and their configuration."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Generic, TypedDict, TypeVar

In = TypeVar("In")
Out = TypeVar("Out")


class RunnableConfig(TypedDict, total=False):
    """Settings of one call; every key may be left out.

    Keys: `timeout` in seconds, `max_retries` (attempts after the first), `run_id`, `metadata`, `tags`, and the
    callbacks `on_progress(ProgressEvent)`, `on_retry(StepRetriedEvent)`, `on_submit(step_id, job_id)`.
    """

    max_retries: int
    metadata: dict[str, Any]
    on_progress: Callable[[Any], None] | None
    on_retry: Callable[[Any], None] | None
    on_submit: Callable[[str, Any], None] | None
    run_id: str
    tags: list[str]
    timeout: float


SETTINGS = ("timeout", "max_retries", "on_progress", "on_retry", "on_submit", "run_id")
"""The keys that the engine obeys; providers are told the others."""


class Runnable(ABC, Generic[In, Out]):
    """Something that can be invoked."""

    @abstractmethod
    def invoke(self, input: In, config: RunnableConfig | None = None) -> Out:
        """Run to the end and return the outcome."""

    async def ainvoke(self, input: In, config: RunnableConfig | None = None) -> Out:
        """Run without blocking the event loop."""
        from genblaze.threads import daemon_threads

        return await daemon_threads.run(self.invoke, input, config)
