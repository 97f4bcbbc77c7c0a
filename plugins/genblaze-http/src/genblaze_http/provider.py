"""What a vendor's provider is written on: the mapping is its own, everything around it stands here.

A vendor that answers at once subclasses `SingleCallProvider` and writes `begin`; one whose jobs are polled subclasses
`PolledProvider` and writes `begin`, `look`, `collect`, and where the vendor has them `drop` (cancel) and `search` (the
job of a submit whose answer got lost).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar, TypeVar, Unpack
from weakref import WeakValueDictionary

from genblaze.errors import ProviderError
from genblaze.hookspecs import FetchContext
from genblaze.jobs import GenerateContext, Generation, Job, JobStatus, Request, Submitted
from genblaze.models import Asset, Modality, ProviderErrorCode, Step
from genblaze.providers import BaseProvider, ProviderCapabilities, RunnableConfig, SyncProvider
from genblaze.providers.job import step_of
from genblaze.providers.single import hand_made_context, request_of
from genblaze.sync import run_sync
from genblaze_http.client import READ_SEC, VendorClient
from genblaze_http.job import VendorJob
from genblaze_http.settings import KeyArgument, Settings, key_of, published_signature
from genblaze_http.vendor import Vendor
from genblaze_http.work import Work

T = TypeVar("T")

_CONTEXTS: WeakValueDictionary[str, GenerateContext] = WeakValueDictionary()
"""By step: where the request came from that a subclass's own `generate`, `submit` … is at work on."""


class VendorProvider(BaseProvider):
    """A provider of a declared vendor. Use `SingleCallProvider` or `PolledProvider`.

    Args:
        key: The API key, also by the name that `key_argument` gives it; without it the vendor's environment variable is
            read at each need.
        output_dir: Folder for the files; without it the pipeline's own.
        http_timeout: Seconds that the vendor may think before it answers a call.
        poll_interval: Seconds between polls.
        settings: See `Settings`.

    Attributes:
        vendor: Whose API.
        modality: What it makes, or makes first of all.
        modalities: All that it makes, where that is more.
        takes_inputs: Kinds of input besides text (`image`, `video`, `audio`).
        key_argument: What the constructor calls the key.
        usual_timeout: `http_timeout` unless the constructor is told another.
        taken: Ids of the vendor's jobs that are some step's already.

    Raises:
        TypeError: The key was given twice, or by the name that another vendor's provider has for it.
    """

    vendor: ClassVar[Vendor]
    modality: ClassVar[Modality]
    modalities: ClassVar[tuple[Modality, ...]] = ()
    takes_inputs: ClassVar[tuple[str, ...]] = ()
    key_argument: ClassVar[KeyArgument] = "api_key"
    usual_timeout: ClassVar[float] = READ_SEC
    paid = True
    _published: ClassVar[tuple[Any, ...]] = ()  # methods that programs call, and may replace in a subclass

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        cls.__signature__ = published_signature(cls.__init__, cls.key_argument)  # type: ignore[attr-defined]  # for inspect

    def __init__(
        self,
        key: str | None = None,
        /,
        *,
        output_dir: str | Path | None = None,
        http_timeout: float | None = None,
        poll_interval: float | None = None,
        **settings: Unpack[Settings],
    ) -> None:
        super().__init__(
            models=settings.get("models"),
            retry_policy=settings.get("retry_policy"),
            probe_cache_ttl=settings.get("probe_cache_ttl"),
            probe_cache_max_entries=settings.get("probe_cache_max_entries"),
        )
        self.output_dir = None if output_dir is None else Path(output_dir)
        self.poll_interval = poll_interval or self.poll_interval
        self.taken: set[str] = set()
        self._key = key_of(type(self).__name__, self.key_argument, key, settings)
        self._base_url = settings.get("base_url")
        self._timeout = http_timeout or settings.get("timeout") or self.usual_timeout

    @property
    def client(self) -> VendorClient:
        """Calls the vendor with the key and the address in force; connections are the loop's, so this costs nothing."""
        key = self._key or self.vendor.key_from_environment()
        base_url = self._base_url or self.vendor.url_from_environment()
        return VendorClient(self.vendor, key=key, base_url=base_url, timeout=self._timeout)

    def check_ready(self) -> None:
        """Refuse to work without a key, or with a key or an address with which nothing could be sent.

        Raises:
            ProviderError: `AUTH_FAILURE` without a key; the text names the environment variable.
        """
        if not (self._key or self.vendor.key_from_environment()):
            names = " or ".join(self.vendor.key_variables)
            msg = f"{self.name} has no API key. Set {names}, or pass the key to the provider"
            raise ProviderError(msg, error_code=ProviderErrorCode.AUTH_FAILURE, uncertain=False)
        self.client.check()

    async def log_in(self) -> None:
        """Called before each call of a job, for providers whose `client` has a token that expires.

        Raises:
            ProviderError: There is no login.
        """

    @asynccontextmanager
    async def calling(self) -> AsyncIterator[None]:
        """What stands around every call of a job: log in, and cut the key out of errors.

        Vendors repeat the key not only in refusals, but also in why a job failed.
        """
        await self.log_in()
        try:
            yield
        except ProviderError as error:
            error.args = (self.client.redact(str(error)),)
            raise

    @abstractmethod
    async def begin(self, work: Work) -> Submitted | Generation:
        """Make the call that is paid for; returns the result, or the job where the vendor works on.

        Raises:
            ProviderError: As `VendorClient.call` does; `uncertain=False` for what is refused before the call.
        """

    def job(self, request: Request, context: GenerateContext) -> Job:
        """The job of one request, not yet started. A published method that a subclass has replaced is what counts."""
        if self._is_as_published():
            return VendorJob(self, self.work(request, context))
        _CONTEXTS[request.step_id] = context
        return BaseProvider.job(self, request, context)

    def _is_as_published(self) -> bool:
        return all(getattr(getattr(self, each.__name__), "__func__", None) is each for each in self._published)

    def work(self, request: Request, context: GenerateContext) -> Work:
        """A request with the files around it; a replaced method that calls ours keeps them where its pipeline does."""
        around = _CONTEXTS.get(request.step_id, context)
        return Work(self.vendor, request, context, self.output_dir or around.output_dir)

    def params(self, work: Work) -> dict[str, Any]:
        """Prompt and parameters in the vendor's form, as the provider's models have it; None is left out."""
        request = work.request
        base = {"prompt": request.prompt or "", **request.params}
        prepared = self.prepare_payload(step_of(request), base_params=base, validate_inputs=False)
        return {name: value for name, value in prepared.items() if value is not None}

    def get_capabilities(self) -> ProviderCapabilities:
        """What it makes, what it takes, and the models that are known."""
        makes = self.modalities or (self.modality,)
        models = [model.name for model in self.vendor.models if model.modality in (None, *makes)]
        return ProviderCapabilities(
            supported_modalities=list(makes),
            supported_inputs=["text", *self.takes_inputs],
            accepts_chain_input=bool(self.takes_inputs),
            models=models,
        )

    def generation(self, assets: list[Any], **facts: Any) -> Generation:
        """A `Generation` whose output URLs, if any, may lie at the `base_url` that the user chose."""
        return Generation(assets=tuple(assets), origin=self._chosen_origin(), **facts)

    async def download(
        self, work: Work, url: str, media_type: str | None = None, headers: Mapping[str, str] | None = None
    ) -> Asset:
        """Stream an output that the vendor gives to the key's owner only to a file named by its content.

        Args:
            work: The request it belongs to.
            url: Where it is; or a path below the base URL, with its slash. The key goes to the API's own host only,
                also where that redirects.
            media_type: What it is, where neither its bytes nor the vendor tell.
            headers: Added to those of every call.

        Raises:
            ProviderError: It cannot be fetched, or is empty.
        """
        client = self.client
        url = url if "://" in url else client.base_url + url
        own = {**client.headers(), **(headers or {})} if url.startswith(f"{client.origin}/") else {}
        return await work.download(url, FetchContext(headers=own, origin=self._chosen_origin()), media_type)

    def _chosen_origin(self) -> str | None:
        """Where `base_url` points, if not to the vendor's own address."""
        client = self.client
        return client.origin if client.base_url != self.vendor.base_url else None

    def _alone(self, step: Step, act: Callable[[VendorJob], Awaitable[T]]) -> T:
        """Do something for a step outside of a pipeline, as the published methods are called."""

        async def main() -> T:
            return await act(VendorJob(self, self.work(request_of(step), hand_made_context())))

        return run_sync(main)


class SingleCallProvider(VendorProvider, SyncProvider):
    """A provider whose vendor answers with the result.

    Args:
        key: See `VendorProvider`.
        http_timeout: Seconds that the vendor may think before it answers.
        output_dir: Folder for the files; without it the pipeline's own.
        settings: See `Settings`.
    """

    def __init__(
        self,
        key: str | None = None,
        /,
        http_timeout: float | None = None,
        output_dir: str | Path | None = None,
        **settings: Unpack[Settings],
    ) -> None:
        super().__init__(key, http_timeout=http_timeout, output_dir=output_dir, **settings)

    def generate(self, step: Step, config: RunnableConfig | None = None) -> Step:  # noqa: ARG002 - nothing to configure
        """Run one step outside of a pipeline.

        Raises:
            ProviderError: It failed.
        """
        made = self._alone(step, lambda job: job.submit())
        assert isinstance(made, Generation)  # noqa: S101 - there is no job to poll
        return _filled(step, made)

    _published = (generate,)


class PolledProvider(VendorProvider):
    """A provider whose vendor works on while it is polled.

    Args:
        key: See `VendorProvider`.
        poll_interval: Seconds between polls; without it the class's own.
        http_timeout: Seconds that the vendor may think before it answers a call.
        output_dir: Folder for the files; without it the pipeline's own.
        settings: See `Settings`.
    """

    def __init__(
        self,
        key: str | None = None,
        /,
        poll_interval: float | None = None,
        http_timeout: float | None = None,
        output_dir: str | Path | None = None,
        **settings: Unpack[Settings],
    ) -> None:
        super().__init__(key, poll_interval=poll_interval, http_timeout=http_timeout, output_dir=output_dir, **settings)

    @abstractmethod
    async def look(self, job_id: str) -> JobStatus:
        """How far a job is.

        Raises:
            ProviderError: It failed, or nobody knows it.
        """

    @abstractmethod
    async def collect(self, work: Work, job_id: str) -> Generation:
        """The outputs of a job that is done."""

    def submit(self, step: Step, config: RunnableConfig | None = None) -> str:  # noqa: ARG002 - nothing to configure
        """Begin a job outside of a pipeline; returns its id."""
        told = self._alone(step, lambda job: job.submit())
        assert isinstance(told, Submitted)  # noqa: S101 - the vendor of a polled provider never answers at once
        return told.job_id

    def poll(self, prediction_id: str, config: RunnableConfig | None = None) -> bool:  # noqa: ARG002 - as above
        """Whether a job has ended."""

        async def main() -> bool:
            async with self.calling():
                return (await self.look(prediction_id)).done

        return run_sync(main)

    def fetch_output(self, prediction_id: str, step: Step) -> Step:
        """Give a step the outputs of its job."""
        return _filled(step, self._alone(step, lambda job: job.fetch(prediction_id)))

    _published = (submit, poll, fetch_output)


def _filled(step: Step, made: Generation) -> Step:
    step.assets, step.cost_usd = list(made.assets), made.cost_usd
    step.provider_payload = {**made.payload, **step.provider_payload}
    return step
