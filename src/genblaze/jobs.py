"""The work a provider hands to the engine: requests, jobs, what jobs return and the context they run in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar, runtime_checkable

import msgspec

from genblaze.models.asset import Asset
from genblaze.models.enums import Modality, PromptVisibility, StepType

if TYPE_CHECKING:
    from genblaze.config import Config
    from genblaze.hookspecs import FetchContext

T = TypeVar("T")


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One generation as the provider is asked for it: a step, for one model.

    Attributes:
        provider: Registered name of the provider (`openai-dalle`).
        model: The vendor's model name, as the user wrote it.
        step_id: Identity of the step in its run; stable over retries and fallback models.
        run_id: Identity of the run.
        params: The vendor's own parameters. Shared with the step: read, do not change.
        inputs: Assets that earlier steps made or the user passed; local files among them are free of manifests.
        expected_duration_sec: The user's estimate of how long the vendor takes, in seconds.
        idempotency_key: Equal for every attempt that may be the same purchase.
        config: What the caller's configuration says that the engine has no use for: `metadata`, `tags`, its own keys.
    """

    provider: str
    model: str
    step_id: str
    run_id: str
    modality: Modality = Modality.IMAGE
    step_type: StepType = StepType.GENERATE
    prompt: str | None = None
    negative_prompt: str | None = None
    prompt_visibility: PromptVisibility = PromptVisibility.PUBLIC
    seed: int | None = None
    params: dict[str, Any] = {}
    inputs: tuple[Asset, ...] = ()
    metadata: dict[str, Any] = {}
    tenant_id: str | None = None
    timeout: float | None = None
    expected_duration_sec: float | None = None
    idempotency_key: str | None = None
    config: Mapping[str, Any] = msgspec.field(default_factory=dict)


class Submitted(msgspec.Struct, frozen=True):
    """The vendor took the job and works on it.

    Attributes:
        job_id: What the vendor calls the job; kept in the record and in the journal.
        estimated_seconds: The vendor's estimate; the first poll waits for most of it.
    """

    job_id: str
    estimated_seconds: float | None = None


class JobStatus(msgspec.Struct, frozen=True):
    """The answer to one poll.

    Attributes:
        done: The job has ended and its outputs can be fetched.
        fraction: Progress from 0.0 to 1.0, where the vendor tells it.
        message: The vendor's word for the state.
        preview_url: An https preview of the unfinished output.
        poll_after: Seconds until the vendor wants to be asked again.
    """

    done: bool
    fraction: float | None = None
    message: str | None = None
    preview_url: str | None = None
    poll_after: float | None = None


class Generation(msgspec.Struct, frozen=True, kw_only=True):
    """What a finished job gives: assets and what the vendor said about them.

    Attributes:
        assets: The outputs. `file://` URLs are hashed where they lie, other URLs are fetched by the engine.
        cost_usd: What this generation cost in US dollars; None is unknown, not free.
        payload: Vendor facts for `step.provider_payload` (outside the manifest's hash).
        changes: Fields of the step that turned out other than declared (`model_version`, `seed`, `metadata`, …).
        origin: `scheme://host:port` of the API where the user chose it (`base_url=`); outputs may be fetched from there
            although it is an address of this machine or network.
    """

    assets: tuple[Asset, ...] = ()
    cost_usd: float | None = None
    payload: dict[str, Any] = {}
    changes: dict[str, Any] = {}
    origin: str | None = None


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """A file that a `fetch` plugin brought.

    Attributes:
        path: Where it was written.
        size: Its length in bytes.
        sha256: Lowercase hex digest, taken while writing.
        media_type: What the source called it, if it said.
    """

    path: Path
    size: int
    sha256: str
    media_type: str | None = None


Maybe: TypeAlias = T | Awaitable[T]


@runtime_checkable
class Job(Protocol):
    """Work that has not started yet. The engine alone calls these, in this order; each may be `def` or `async def`.

    Optional attributes: `poll_interval` (seconds, default 1.0), `retry_policy` (`RetryPolicy`), `paid` (a submit costs
    money, so that the journal protects it), `idempotent` (the vendor recognises a request that is sent again),
    `find()`, which asks the vendor for the job of a submit whose outcome is not known: its id, or None where the vendor
    certainly has none, and `estimate_cost()`: US dollars, or None when unknown (a run with a budget refuses it then).
    """

    def submit(self) -> Maybe[Submitted | Generation | str]:
        """Ask the vendor to begin. Returns a job id, or the result where the vendor answers at once."""
        ...

    def poll(self, job_id: str) -> Maybe[JobStatus | bool]:
        """Ask how far the job is."""
        ...

    def fetch(self, job_id: str) -> Maybe[Generation]:
        """Collect the outputs of a job that is done."""
        ...

    def cancel(self, job_id: str) -> Maybe[None]:
        """Tell the vendor that nobody wants the job any more. Must not raise for a job that has ended."""
        ...


class Courier(Protocol):
    """How a job gets at files beyond its own: inputs that lie elsewhere, outputs that a vendor only names."""

    async def fetch(self, url: str, target: Path, bounds: FetchContext) -> Fetched:
        """Bring the bytes that a URL names into a file, over the `fetch` plugin of its scheme."""
        ...

    async def input_path(self, asset: Asset) -> Path:
        """A local file with the content of an input, free of manifests."""
        ...

    async def input_url(self, asset: Asset, seconds: int = 900) -> str | None:
        """A URL that a vendor can read an input from for `seconds`, or None where there is none."""
        ...

    async def stored_url(self, asset: Asset, seconds: int = 900) -> str | None:
        """The same of a local file that a sink of the run stores, for vendors that take nothing but URLs."""
        ...


class GenerateContext:
    """What surrounds one attempt: where files go, how to report progress, and whether anybody still waits.

    Attributes:
        output_dir: Folder for output files; made when the first path is asked for.
        config: Settings in force.
        deadline: `time.monotonic()` at which the engine stops waiting, or None.
    """

    __slots__ = (
        "__weakref__",
        "_cancelled",
        "_courier",
        "_instances",
        "_report",
        "config",
        "deadline",
        "on_accepted",
        "on_hold_back",
        "on_late_result",
        "output_dir",
    )

    def __init__(
        self,
        *,
        output_dir: Path,
        config: Config | None = None,
        deadline: float | None = None,
        report: Callable[[JobStatus], None] | None = None,
        instances: dict[Any, Any] | None = None,
        courier: Courier | None = None,
    ) -> None:
        self.output_dir = output_dir
        self.config = config
        self.deadline = deadline
        self._report = report
        self._instances = {} if instances is None else instances
        self._courier = courier
        self._cancelled = False
        self.on_accepted: Callable[[str], None] | None = None  # set by the driver
        self.on_hold_back: Callable[[float], None] | None = None  # set by the driver
        self.on_late_result: Callable[[Generation], None] | None = None  # set where there is a journal

    def accepted(self, job_id: str) -> None:
        """Tell the vendor's job id as soon as it is known, from any thread.

        A `def` submit that returns after the engine stopped waiting would otherwise take the id of a paid job with it.
        """
        if self.on_accepted is not None:
            self.on_accepted(job_id)

    def hold_back(self, seconds: float) -> None:
        """Tell that the vendor wants no more submits for so long; from any thread.

        It counts where limits are configured for the provider, and then for all submits to it on this machine.
        """
        if self.on_hold_back is not None:
            self.on_hold_back(seconds)

    @property
    def courier(self) -> Courier:
        """Brings inputs to the vendor and outputs home.

        Raises:
            RuntimeError: The context was made by hand, without one.
        """
        if self._courier is None:
            msg = "This context has no courier: pass GenerateContext(courier=…), or let the engine make the context"
            raise RuntimeError(msg)
        return self._courier

    @property
    def cancelled(self) -> bool:
        """Whether the engine has stopped waiting; a `def` provider looks at it between its own steps."""
        return self._cancelled

    def cancel(self) -> None:
        """Mark the attempt as given up. Called by the engine."""
        self._cancelled = True

    @property
    def remaining(self) -> float | None:
        """Seconds until the deadline (never negative), or None when there is none."""
        return None if self.deadline is None else max(0.0, self.deadline - monotonic())

    def progress(
        self, fraction: float | None = None, message: str | None = None, preview_url: str | None = None
    ) -> None:
        """Report progress from any thread; `fraction` is clamped to 0.0 to 1.0."""
        if self._report is not None and not self._cancelled:
            self._report(JobStatus(False, fraction, message, preview_url))

    def provider(self, factory: Callable[[], T]) -> T:
        """The one provider object of this registry and configuration, made at first need."""
        made = self._instances.get(factory)
        if made is None:
            made = self._instances.setdefault(factory, factory())
        return made  # type: ignore[no-any-return]  # the dictionary maps each factory to its own product

    def path_for(self, asset_id: str, suffix: str) -> Path:
        """Path of a new output file, `<output_dir>/<asset_id><suffix>`; its folder exists afterwards."""
        self.output_dir.mkdir(parents=True, exist_ok=True)
        return self.output_dir / f"{asset_id}{suffix}"
