"""Manifests that may be shown: private prompts and named params hidden, the rest provably unchanged."""

from __future__ import annotations

from genblaze.models.privacy import (
    REDACTED_PREFIX,
    is_redacted,
    needs_redaction,
    redact,
    redact_step,
    reveals,
)

__all__ = ["REDACTED_PREFIX", "is_redacted", "needs_redaction", "redact", "redact_step", "reveals"]
