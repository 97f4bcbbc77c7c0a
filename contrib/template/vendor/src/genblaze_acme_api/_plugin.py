"""What genblaze loads: which providers there are; their classes are imported when they are asked for."""

from __future__ import annotations

from genblaze import Modality
from genblaze_acme_api.vendor import VENDOR
from genblaze_http import declare, provider_hooks

provides, generate = provider_hooks(
    "genblaze_acme_api",
    {"provider:AcmeApiProvider": declare(VENDOR, "acme-api", Modality.IMAGE, "Acme Api images")},
)
