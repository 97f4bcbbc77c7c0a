"""What Google's providers share: the published constructor, and the list of models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from genblaze_google.vendor import GOOGLE
from genblaze_google.wire import check_api_key_only
from genblaze_http import ListsModels, Settings

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
        project: Refused: Vertex AI is not served.
        location: Of no meaning without a project.
        output_dir: Folder for the files; without it the pipeline's.
        settings: `http_timeout` (or `timeout`), `poll_interval`, `base_url` (else `GOOGLE_GEMINI_BASE_URL`; without the
            version), `models`, `retry_policy` …: see `genblaze_http.Settings`.

    Raises:
        ProviderError: A project was given.
    """

    vendor = GOOGLE
    models_path = "/v1beta/models"

    def __init__(
        self,
        key: str | None = None,
        /,
        *,
        project: str | None = None,
        location: str = "us-central1",  # noqa: ARG002 - published; see above
        output_dir: str | Path | None = None,
        **settings: Unpack[GoogleSettings],
    ) -> None:
        check_api_key_only(self.name, project)
        super().__init__(key, output_dir=output_dir, **settings)

    def names_of(self, page: Any) -> Iterator[str]:
        """The names of the models of one page, without the `models/` in front."""
        return (str(model["name"]).removeprefix("models/") for model in page["models"])

    def next_page(self, page: Any) -> Mapping[str, Any] | None:
        """The query for the page after this one."""
        token = page.get("nextPageToken")
        return {"pageToken": token} if token else None
