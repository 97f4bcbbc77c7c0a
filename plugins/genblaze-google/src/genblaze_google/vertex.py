"""Vertex AI: the same models in a project of Google Cloud, at another address and with another login.

The login is that of the machine (application default credentials), which the package google-auth finds: install
`genblaze-google[vertex]`.
"""

from __future__ import annotations

import asyncio
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import msgspec

from genblaze.models.enums import ProviderErrorCode
from genblaze_google.wire import refused

if TYPE_CHECKING:
    from genblaze_http import Vendor

_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_C = ProviderErrorCode


class Cloud:
    """A project of Google Cloud.

    Args:
        project: Its id.
        location: Where the models run (`us-central1`, `global` …).

    Attributes:
        token: What calls are authorised with, for an hour or so; None before the first `log_in`.
    """

    def __init__(self, project: str, location: str) -> None:
        self.project = project
        self.location = location
        self.token: str | None = None
        self._login: Any = None

    def check_ready(self) -> None:
        """Refuse to work without google-auth.

        Raises:
            ProviderError: `AUTH_FAILURE`, with what to install.
        """
        if find_spec("google") is None or find_spec("google.auth") is None:
            msg = "Vertex AI (project=) needs google-auth: pip install 'genblaze-google[vertex]'"
            raise refused(msg, _C.AUTH_FAILURE)

    async def log_in(self) -> None:
        """Find this machine's login, and renew its token where that is due; Google is asked beside the loop.

        Raises:
            ProviderError: `AUTH_FAILURE`; the text says how to log in.
        """
        self.check_ready()
        await asyncio.to_thread(self._renew)

    def vendor(self, vendor: Vendor) -> Vendor:
        """The Gemini API's declaration, for Vertex AI."""
        host = "aiplatform" if self.location == "global" else f"{self.location}-aiplatform"
        quota = getattr(self._login, "quota_project_id", None)
        return msgspec.structs.replace(
            vendor,
            name="Vertex AI",
            base_url=f"https://{host}.googleapis.com",
            base_url_variable="GOOGLE_VERTEX_BASE_URL",
            key_variables=(),
            key_header="Authorization",
            key_format="Bearer {key}",
            headers={"x-goog-user-project": quota} if quota else {},
        )

    def model_path(self, model: str) -> str:
        """Where a model is, below the base URL."""
        return f"/v1beta1/projects/{self.project}/locations/{self.location}/publishers/google/models/{model}"

    def _renew(self) -> None:
        import google.auth
        from google.auth.exceptions import GoogleAuthError
        from google.auth.transport.requests import Request

        try:
            if self._login is None:
                self._login, _ = google.auth.default(scopes=[_SCOPE])
            if not self._login.valid:
                self._login.refresh(Request())
        except GoogleAuthError as error:
            msg = f"Google Cloud has no login here: {error}. Run `gcloud auth application-default login`"
            raise refused(msg, _C.AUTH_FAILURE) from error
        self.token = self._login.token
