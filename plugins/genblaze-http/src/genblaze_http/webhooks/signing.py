"""Signs deliveries as Standard Webhooks 1.0 has it (standardwebhooks.com), so that its libraries can verify them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from time import time

from genblaze.errors import WebhookError

PREFIX = "whsec_"


def signing_key(secret: str) -> bytes:
    """The key that a secret stands for: the decoded part behind `whsec_`, or the text itself.

    Raises:
        WebhookError: Behind `whsec_` there is no base64, or there is nothing at all.
    """
    try:
        key = (
            base64.b64decode(secret.removeprefix(PREFIX), validate=True)
            if secret.startswith(PREFIX)
            else secret.encode()
        )
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        msg = "WebhookConfig: the secret must be text, or 'whsec_' with base64 behind it"
        raise WebhookError(msg)
    return key


def signed_headers(delivery_id: str, body: bytes, secret: str | None, now: float | None = None) -> dict[str, str]:
    """The headers `webhook-id`, `webhook-timestamp` and, with a secret, `webhook-signature` of one attempt.

    Args:
        delivery_id: The same for every attempt of a delivery; by it a receiver knows one that it had before.
        body: The very bytes that are sent.
        secret: What they are signed with.
        now: Seconds since the epoch; the present unless given.
    """
    moment = str(int(time() if now is None else now))
    headers = {"webhook-id": delivery_id, "webhook-timestamp": moment}
    if secret is not None:
        signed = b".".join((delivery_id.encode(), moment.encode(), body))
        digest = hmac.new(signing_key(secret), signed, hashlib.sha256).digest()
        headers["webhook-signature"] = f"v1,{base64.b64encode(digest).decode()}"
    return headers
