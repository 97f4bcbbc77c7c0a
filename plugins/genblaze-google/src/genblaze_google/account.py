"""What Google's providers share: the published constructor, and the list of models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from genblaze.providers.discovery import DEFAULT_TTL_SECONDS, DiscoveryResult
from genblaze_google.vendor import GOOGLE
from genblaze_google.vertex import Cloud
from genblaze_http import ListsModels, Settings, VendorClient

if TYPE_CHECKING:
    from genblaze_http.provider import VendorProvider
else:
    VendorProvider = object  # it stands beside one of the two classes that are


class GoogleSettings(Settings, total=False):
    """Keyword arguments of Google's providers.

    Attributes:
        http_timeout: Seconds that Google may think about a call; default 600.
        poll_interval: Seconds between polls, where the provider polls.
    """

    http_timeout: float | None
    poll_interval: float | None


class GoogleProvider(ListsModels, VendorProvider):
    """A provider of the Gemini API, by inheritance beside `SingleCallProvider` or `PolledProvider`.

    Args:
        api_key: The key; else `GOOGLE_API_KEY`, else `GEMINI_API_KEY`.
        project: Id of a Google Cloud project: the models are asked there, over Vertex AI, with this machine's login
            instead of a key.
        location: Where in the cloud.
        output_dir: Folder for the files; without it the pipeline's.
        settings: `http_timeout` (or `timeout`), `poll_interval`, `base_url` (else `GOOGLE_GEMINI_BASE_URL`; without the
            version; over Vertex AI `GOOGLE_VERTEX_BASE_URL`), `models`, `retry_policy` …: see `genblaze_http.Settings`.
    """

    vendor = GOOGLE
    models_path = "/v1beta/models"

    def __init__(
        self,
        key: str | None = None,
        /,
        *,
        project: str | None = None,
        location: str = "us-central1",
        output_dir: str | Path | None = None,
        **settings: Unpack[GoogleSettings],
    ) -> None:
        super().__init__(key, output_dir=output_dir, **settings)
        self.cloud = None if project is None else Cloud(project, location)

    @property
    def client(self) -> VendorClient:
        """Calls the Gemini API, or Vertex AI."""
        if self.cloud is None:
            return super().client
        vendor = self.cloud.vendor(self.vendor)
        url = self._base_url or vendor.url_from_environment()
        return VendorClient(vendor, key=self.cloud.token, base_url=url, timeout=self._timeout)

    def check_ready(self) -> None:
        """Refuse to work without a key, or without what a login at Google Cloud needs."""
        if self.cloud is None:
            super().check_ready()
        else:
            self.cloud.check_ready()

    async def log_in(self) -> None:
        """Renew the token of Google Cloud, where there is one."""
        if self.cloud is not None:
            await self.cloud.log_in()

    def model_path(self, model: str) -> str:
        """Where a model is, below the base URL."""
        return f"/v1beta/models/{model}" if self.cloud is None else self.cloud.model_path(model)

    def discover_models(self, *, max_age_seconds: float | None = DEFAULT_TTL_SECONDS) -> DiscoveryResult:
        """The models of the Gemini API; a failure is told, not raised.

        Args:
            max_age_seconds: How old a list kept from an earlier call may be; None for any age, 0 asks again.
        """
        if self.cloud is not None:
            return DiscoveryResult.unsupported(detail="Vertex AI is not asked for its models")
        return super().discover_models(max_age_seconds=max_age_seconds)

    def names_of(self, page: Any) -> Iterator[str]:
        """The names of the models of one page, without the `models/` in front."""
        return (str(model["name"]).removeprefix("models/") for model in page["models"])

    def next_page(self, page: Any) -> Mapping[str, Any] | None:
        """The query for the page after this one."""
        token = page.get("nextPageToken")
        return {"pageToken": token} if token else None
