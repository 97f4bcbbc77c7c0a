"""The job of one request at a vendor: its provider's methods in the engine's order."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING, Any

import msgspec

from genblaze.jobs import Generation, JobStatus, Submitted
from genblaze.providers.job import step_of
from genblaze.providers.model_registry import compute_cost
from genblaze_http.client import hold_back

if TYPE_CHECKING:
    from genblaze_http.provider import VendorProvider
    from genblaze_http.work import Work


class VendorJob:
    """The job of one request: the provider's methods in the engine's order."""

    def __init__(self, provider: VendorProvider, work: Work) -> None:
        self.provider: Any = provider
        self.work = work
        self.poll_interval = provider.poll_interval
        self.retry_policy = provider.retry_policy
        self.paid = provider.paid
        self.idempotent = provider.idempotent
        if getattr(provider, "search", None) is not None:
            self.find = self._find

    async def submit(self) -> Submitted | Generation:
        """Make the call, with a key."""
        self.provider.check_ready()
        self.work.begun = time()
        hears = hold_back.set(self.work.context.hold_back)
        try:
            async with self.provider.calling():
                begun: Submitted | Generation = await self.provider.begin(self.work)
        finally:
            hold_back.reset(hears)
        if isinstance(begun, Generation):
            return self._priced(begun)
        self.provider.taken.add(begun.job_id)
        return begun

    async def poll(self, job_id: str) -> JobStatus:
        """Ask how far it is."""
        async with self.provider.calling():
            status: JobStatus = await self.provider.look(job_id)
            return status

    async def fetch(self, job_id: str) -> Generation:
        """Collect the outputs."""
        async with self.provider.calling():
            return self._priced(await self.provider.collect(self.work, job_id))

    async def cancel(self, job_id: str) -> None:
        """Tell a vendor that can be told."""
        if (drop := getattr(self.provider, "drop", None)) is not None:
            async with self.provider.calling():
                await drop(job_id)

    async def _find(self) -> str | None:
        """The job of a submit whose answer got lost."""
        async with self.provider.calling():
            found: str | None = await self.provider.search(self.work)
            return found

    def _priced(self, made: Generation) -> Generation:
        """With the cost that the provider's models state, where the vendor stated none."""
        if made.cost_usd is not None:
            return made
        step = step_of(self.work.request)
        cost = compute_cost(self.provider.models, step, assets=made.assets, provider_payload=made.payload)
        return msgspec.structs.replace(made, cost_usd=cost)
