"""The vendor's API as data: where it is, how the key goes there, what its errors mean."""

from __future__ import annotations

from genblaze import ProviderErrorCode
from genblaze_http import Vendor

VENDOR = Vendor(
    name="Acme Api",
    base_url="https://api.acme-api.example/v1",
    base_url_variable="ACME_API_BASE_URL",
    key_variables=("ACME_API_API_KEY",),
    codes={"content_blocked": ProviderErrorCode.CONTENT_POLICY},
)
