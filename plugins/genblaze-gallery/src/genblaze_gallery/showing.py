"""Manifests as they may be shown: without what is not public in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from genblaze import GenblazeError
from genblaze.models.privacy import needs_redaction, redact

if TYPE_CHECKING:
    from genblaze import Manifest, Step

__all__ = ["showable"]


def showable(manifest: Manifest) -> Manifest:
    """The manifest itself if everything in it is public, else a redacted copy."""
    if not needs_redaction(manifest):
        return manifest
    try:
        return redact(manifest)
    except GenblazeError:  # it cannot be hashed, so it cannot be redacted as a whole
        steps = [_without_texts(step) for step in manifest.run.steps]
        return manifest.model_copy(update={"run": manifest.run.model_copy(update={"steps": steps})})


def _without_texts(step: Step) -> Step:
    emptied: dict[str, Any] = {"params": {}, "metadata": {}, "provider_payload": {}}
    return step.model_copy(update={"prompt": None, "negative_prompt": None, "error": None, **emptied})
