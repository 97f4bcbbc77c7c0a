"""What a provider is written on: `BaseProvider` for jobs that are polled, `SyncProvider` for one blocking call."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import lru_cache
from time import monotonic
from typing import TYPE_CHECKING, Any

from genblaze.models.event import ProgressEvent
from genblaze.models.step import Step
from genblaze.providers.knowing import KnowsModels
from genblaze.providers.runnable import Runnable, RunnableConfig
from genblaze.retry import RetryPolicy

if TYPE_CHECKING:
    from genblaze.jobs import GenerateContext, Job, Request
    from genblaze.models.enums import Modality
    from genblaze.providers.model_registry import ModelRegistry

DEFAULT_POLL_INTERVAL = 1.0
#: Seconds a step may take when nobody says otherwise.
DEFAULT_TIMEOUT = 600.0
#: How many jobs' last polls a provider keeps until they are fetched.
MAX_POLL_RESULTS = 1024


@lru_cache(16)  # each step asks for it
def _policy_of(attempts: int) -> RetryPolicy:
    return RetryPolicy(max_attempts=attempts)


@dataclass
class ProviderCapabilities:
    """What a provider can do; None means that it does not say.

    Attributes:
        supported_modalities: Modalities it generates; a step asking for another is refused before anything is paid.
        supported_inputs: Kinds of input it takes (`text`, `image`, `video`, `audio`).
        accepts_chain_input: Whether a step of it may be given the assets of an earlier step.
        max_duration: Longest output, in seconds.
        resolutions: Names of output sizes (`1024x1024`).
        output_formats: Names of output formats (`png`).
        models: Known model names; others may work too.
    """

    supported_modalities: list[Modality] | None = None
    supported_inputs: list[str] | None = None
    accepts_chain_input: bool = False
    max_duration: float | None = None
    resolutions: list[str] | None = None
    output_formats: list[str] | None = None
    models: list[str] | None = None


@dataclass
class SubmitResult:
    """What `submit` may return instead of a bare id.

    Attributes:
        prediction_id: The vendor's id of the job.
        estimated_seconds: The vendor's estimate of how long it will take.
    """

    prediction_id: Any
    estimated_seconds: float | None = None


class BaseProvider(KnowsModels, Runnable[Step, Step]):
    """A vendor whose jobs are submitted, polled and fetched.

    Implement `submit`, `poll` and `fetch_output`, each as `def` (runs in a thread) or `async def`; optionally
    `cancel(prediction_id)`, `poll_progress(prediction_id)`, and `find(step)`, which looks up the job of a submit whose
    outcome is not known (None: the vendor certainly has none). The engine owns everything else: waiting, retries,
    timeouts, downloading, hashing, records. `super().__init__()` need not be called.

    Attributes:
        name: Recorded as `step.provider`.
        poll_interval: Seconds between polls; doubles every 30 s up to 30 s.
        paid: Whether a submit costs money.
        idempotent: Whether the vendor recognises a request that is sent again with the same `step.step_id`.
    """

    name: str = "base"
    poll_interval: float = DEFAULT_POLL_INTERVAL
    poll_transient_retries: int = 5
    paid: bool = False
    idempotent: bool = False

    _retry_policy: RetryPolicy | None = None
    _authenticated: bool = False

    def __init__(
        self,
        *,
        models: ModelRegistry | None = None,
        retry_policy: RetryPolicy | None = None,
        probe_cache_ttl: float | None = None,
        probe_cache_max_entries: int | None = None,
    ) -> None:
        super().__init__(models, probe_cache_ttl, probe_cache_max_entries)
        self._retry_policy = retry_policy

    @property
    def retry_policy(self) -> RetryPolicy:
        """The policy given to the constructor, or the default one."""
        return self._retry_policy or _policy_of(self.poll_transient_retries + 1)

    @abstractmethod
    def submit(self, step: Step, config: RunnableConfig | None = None) -> Any:
        """Begin the job of `step`; returns its id or a `SubmitResult`."""

    @abstractmethod
    def poll(self, prediction_id: Any, config: RunnableConfig | None = None) -> Any:
        """Whether the job has ended."""

    @abstractmethod
    def fetch_output(self, prediction_id: Any, step: Step) -> Any:
        """Put the job's outputs into `step.assets` and return the step."""

    def check_ready(self) -> None:
        """Refuse to be used where a key or a program is missing; called when planning, without touching the network.

        Raises:
            GenblazeError: With what is missing and how to provide it.
        """

    def get_capabilities(self) -> ProviderCapabilities | None:
        """What this provider can do, or None when it does not say."""
        return None

    def preflight_auth(self, *, timeout: float = 5.0) -> None:
        """Check the credentials, within `timeout` seconds; called once, before the first submit.

        Raises:
            ProviderError: When the vendor refuses them.
        """

    def poll_progress(self, prediction_id: Any) -> dict[str, Any] | None:  # noqa: ARG002 - for overriding
        """Progress of a job: a dict with `progress_pct` (0 to 1), `message`, `preview_url`, or None."""
        return None

    def _fire_progress(
        self,
        step: Step,
        config: RunnableConfig | None,
        status: str,
        start_time: float,
        progress_pct: float | None = None,
        message: str | None = None,
        preview_url: str | None = None,
        is_heartbeat: bool = False,
    ) -> None:
        """Tell progress from within `submit`, `poll` or `generate`; `start_time` is `time.monotonic()` at the start."""
        if (tell := (config or {}).get("on_progress")) is not None:
            elapsed = monotonic() - start_time
            told = (step.step_id, self.name, step.model, status, progress_pct, elapsed, message, preview_url)
            tell(ProgressEvent(*told, is_heartbeat=is_heartbeat))

    def _cache_poll_result(self, prediction_id: Any, result: Any) -> None:
        """Keep what the last poll said, for `fetch_output`; of abandoned jobs only the latest are kept."""
        results = self.__dict__.setdefault("_poll_results", {})
        results[str(prediction_id)] = result
        for oldest in list(results)[: max(len(results) - MAX_POLL_RESULTS, 0)]:
            results.pop(oldest, None)

    def _get_cached_poll_result(self, prediction_id: Any) -> Any | None:
        """What `_cache_poll_result` kept; it is gone afterwards."""
        return self.__dict__.get("_poll_results", {}).pop(str(prediction_id), None)

    def job(self, request: Request, context: GenerateContext) -> Job:
        """The job of one request, not yet started: what the `generate` hook returns."""
        from genblaze.providers.job import provider_job

        return provider_job(self, request, context)

    def invoke(self, step: Step, config: RunnableConfig | None = None) -> Step:
        """Run one step outside of a pipeline. Failures are recorded on the returned step, not raised."""
        from genblaze.providers.single import invoke_step
        from genblaze.sync import run_sync

        return run_sync(lambda: invoke_step(self, step, config))

    async def ainvoke(self, step: Step, config: RunnableConfig | None = None) -> Step:
        """`invoke` for a running event loop."""
        from genblaze.providers.single import invoke_step

        return await invoke_step(self, step, config)

    def resume(self, prediction_id: Any, step: Step, config: RunnableConfig | None = None) -> Step:
        """Poll and fetch a job that was submitted before."""
        from genblaze.providers.single import invoke_step
        from genblaze.sync import run_sync

        return run_sync(lambda: invoke_step(self, step, config, job_id=prediction_id))

    async def aresume(self, prediction_id: Any, step: Step, config: RunnableConfig | None = None) -> Step:
        """`resume` for a running event loop."""
        from genblaze.providers.single import invoke_step

        return await invoke_step(self, step, config, job_id=prediction_id)


class SyncProvider(BaseProvider):
    """A vendor that answers in one call: implement `generate`, as `def` or `async def`."""

    @abstractmethod
    def generate(self, step: Step, config: RunnableConfig | None = None) -> Any:
        """Put the outputs into `step.assets` and return the step. Raise `ProviderError` when it fails."""

    def submit(self, step: Step, config: RunnableConfig | None = None) -> Any:
        """Not used: the engine calls `generate`."""
        return self.generate(step, config)

    def poll(self, prediction_id: Any, config: RunnableConfig | None = None) -> Any:  # noqa: ARG002 - nothing to wait for
        """Always done."""
        return True

    def fetch_output(self, prediction_id: Any, step: Step) -> Any:  # noqa: ARG002 - the step is the output
        """Not used: `generate` returned the output."""
        return step
