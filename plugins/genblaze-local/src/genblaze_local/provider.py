"""What the three providers share: a job is submitted to the played vendor, polled, and its file fetched."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Mapping
from copy import copy
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from genblaze.errors import InvalidValueError, ProviderError
from genblaze.models import Modality, ProviderErrorCode, Step
from genblaze.providers import BaseProvider, ProviderCapabilities, RunnableConfig
from genblaze_local.params import Params
from genblaze_local.vendor import LocalVendor, Work

if TYPE_CHECKING:
    from genblaze.jobs import GenerateContext, Job, Request
    from genblaze.retry import RetryPolicy

DEFAULT_OUTPUT_DIR = "output"

Options = TypeVar("Options")


class LocalProvider(BaseProvider, Generic[Options]):
    """A provider whose vendor is this machine. Use one of its three subclasses.

    The same prompt, parameters and seed give the same bytes, wherever the same versions are installed.

    Args:
        output_dir: Folder for the files; without it the pipeline's own.
        latency: Seconds that a job takes at least, spread over its progress.
        price_usd: What a generation is said to cost, in US dollars. A provider with a price counts as `paid`.
        fail_times: How many submits fail before the first one is accepted.
        failure: How they fail.
        rate_limit_per_minute: Submits accepted in any 60 seconds, then `rate_limit` errors; None for any number.
        poll_interval: Seconds between polls.
        retry_policy: How failed calls are repeated.
        models: As for every provider.

    Raises:
        InvalidValueError: A number that cannot be meant.
    """

    model: ClassVar[str]
    modality: ClassVar[Modality]
    inputs: ClassVar[tuple[str, ...]] = ("text",)
    longest_sec: ClassVar[float | None] = None
    output_format: ClassVar[str]

    def __init__(
        self,
        output_dir: str | os.PathLike[str] | None = None,
        *,
        latency: float = 0.0,
        price_usd: float = 0.0,
        fail_times: int = 0,
        failure: ProviderErrorCode = ProviderErrorCode.SERVER_ERROR,
        rate_limit_per_minute: int | None = None,
        poll_interval: float = 0.05,
        retry_policy: RetryPolicy | None = None,
        models: Any = None,
    ) -> None:
        super().__init__(models=models, retry_policy=retry_policy)
        if not 0 <= price_usd < float("inf") or not poll_interval > 0:
            msg = f"price_usd ({price_usd}) must not be negative, poll_interval ({poll_interval}) greater than 0."
            raise InvalidValueError(msg)
        self.output_dir = None if output_dir is None else Path(output_dir)
        self.price_usd = price_usd
        self.paid = price_usd > 0
        self.poll_interval = poll_interval
        self._vendor = LocalVendor(
            latency=latency, fail_times=fail_times, failure=failure, rate_limit_per_minute=rate_limit_per_minute
        )

    @abstractmethod
    def options(self, params: Params) -> Options:
        """The parameters, read and checked.

        Raises:
            ProviderError: One of them cannot be used.
        """

    @abstractmethod
    def work(self, step: Step, options: Options, folder: Path) -> Work:
        """What makes the step's output. Inputs are checked here, before any work.

        Raises:
            ProviderError: An input cannot be used.
        """

    def job(self, request: Request, context: GenerateContext) -> Job:
        """The job of one request; its file goes where the pipeline's do, unless the provider has a folder."""
        provider = self
        if self.output_dir is None:
            provider = copy(self)  # of the same vendor, with the same jobs
            provider.output_dir = context.output_dir
        return BaseProvider.job(provider, request, context)

    def submit(self, step: Step, config: RunnableConfig | None = None) -> str:  # noqa: ARG002 - nothing to configure
        """Check the request and begin to work.

        Raises:
            ProviderError: The request cannot be done, or the vendor was told to refuse it.
        """
        if step.model != self.model:
            msg = f"{self.name} has no model {step.model!r}. Use {self.model!r}."
            raise ProviderError(msg, error_code=ProviderErrorCode.MODEL_ERROR)
        params = Params(step, self.name)
        options = self.options(params)
        params.finish()
        folder = self.output_dir or Path(DEFAULT_OUTPUT_DIR)
        return self._vendor.submit(self.work(step, options, folder.absolute()))

    def poll(self, prediction_id: str, config: RunnableConfig | None = None) -> bool:  # noqa: ARG002 - as above
        """Whether the job has ended."""
        return self._vendor.job(prediction_id).ended

    def poll_progress(self, prediction_id: str) -> dict[str, Any]:
        """How much of the work is done, and what is being done."""
        job = self._vendor.job(prediction_id)
        return {"progress_pct": job.fraction, "message": job.message}

    def fetch_output(self, prediction_id: str, step: Step) -> Step:
        """Give the step its asset and its price.

        Raises:
            ProviderError: The work failed, or was cancelled.
        """
        job = self._vendor.job(prediction_id)
        if job.error is not None:
            raise job.error
        if job.asset is None:
            msg = f"Job {prediction_id} has not ended yet."
            raise ProviderError(msg, error_code=ProviderErrorCode.SERVER_ERROR)
        step.assets = [job.asset]
        step.cost_usd = self.price_usd
        step.provider_payload = {"local": {"job_id": prediction_id}}
        return step

    def cancel(self, prediction_id: str) -> None:
        """Stop the work on a job; nothing happens to one that has ended."""
        self._vendor.job(prediction_id).cancel()

    def estimate_cost(
        self,
        model: str,  # noqa: ARG002 - there is one model
        params: Mapping[str, Any] | None = None,  # noqa: ARG002 - and one price
        *,
        n: int = 1,
    ) -> Decimal:
        """The price of `n` generations, in US dollars."""
        return Decimal(str(self.price_usd)) * n

    def get_capabilities(self) -> ProviderCapabilities:
        """One kind of media, one model."""
        return ProviderCapabilities(
            supported_modalities=[self.modality],
            supported_inputs=list(self.inputs),
            accepts_chain_input=len(self.inputs) > 1,
            max_duration=self.longest_sec,
            output_formats=[self.output_format],
            models=[self.model],
        )
