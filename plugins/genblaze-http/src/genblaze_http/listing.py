"""The vendor's own list of models, for vendors that have one in OpenAI's form (`GET /models`)."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from genblaze.errors import ProviderError
from genblaze.providers.discovery import DEFAULT_TTL_SECONDS, DiscoveryResult, DiscoverySupport
from genblaze.sync import run_sync

if TYPE_CHECKING:
    from genblaze_http.client import VendorClient


class ListsModels:
    """A provider, by inheritance beside `SingleCallProvider` or `PolledProvider`, whose vendor lists its models.

    Attributes:
        models_path: Where the list is, below the base URL.
    """

    # Such lists leave out names that work (snapshots, aliases, the user's own tunings): no reason to refuse a model.
    discovery_support: ClassVar[DiscoverySupport] = DiscoverySupport.PARTIAL
    models_path: ClassVar[str] = "/models"
    _listed: DiscoveryResult | None = None

    if TYPE_CHECKING:

        @property
        def client(self) -> VendorClient:
            """The provider's own."""

    def discover_models(self, *, max_age_seconds: float | None = DEFAULT_TTL_SECONDS) -> DiscoveryResult:
        """Ask the vendor for its list of models; a failure is told, not raised.

        Args:
            max_age_seconds: How old a list kept from an earlier call may be; None for any age, 0 asks again.
        """
        kept = self._listed
        if kept is not None and kept.fetched_at is not None:
            age = monotonic() - kept.fetched_at
            if max_age_seconds is None or age < max_age_seconds:
                return kept
        client = self.client
        url = client.shown_url + self.models_path
        try:
            reply = run_sync(lambda: client.call("GET", self.models_path))
            names = {str(model["id"]) for model in reply.json["data"]}
        except (ProviderError, LookupError, TypeError) as error:
            return DiscoveryResult.failed(f"{type(error).__name__}: {error}", source_url=url)
        self._listed = DiscoveryResult.ok(names, source_url=url)
        return self._listed
