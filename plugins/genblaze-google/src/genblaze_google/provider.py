"""What Google's providers of pictures share: the published constructor."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

from genblaze.models import Modality
from genblaze_google.vendor import GOOGLE
from genblaze_google.wire import check_api_key_only
from genblaze_http import Settings, SingleCallProvider


class GooglePictures(SingleCallProvider):
    """A provider of pictures that answers at once.

    Args:
        api_key: The key; else `GOOGLE_API_KEY`, else `GEMINI_API_KEY`.
        project: Refused: Vertex AI is not served.
        location: Of no meaning without a project.
        output_dir: Folder for the files; without it the pipeline's.
        settings: `timeout`, `base_url` (else `GOOGLE_GEMINI_BASE_URL`; without the version), `models`, `retry_policy`
            …: see `genblaze_http.Settings`.

    Raises:
        ProviderError: A project was given.
    """

    vendor = GOOGLE
    modality = Modality.IMAGE

    def __init__(
        self,
        api_key: str | None = None,
        *,
        project: str | None = None,
        location: str = "us-central1",  # noqa: ARG002 - published; see above
        output_dir: str | Path | None = None,
        **settings: Unpack[Settings],
    ) -> None:
        check_api_key_only(self.name, project)
        super().__init__(api_key, output_dir=output_dir, **settings)
