"""From a model's answer, which may have any form, to assets."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from genblaze import Asset, ProviderError, ProviderErrorCode


def assets_of(told: Any) -> list[Asset]:
    """The files of an answer, in its order, without the pictures that fal's safety checker blackened.

    Args:
        told: The parsed answer.

    Raises:
        ProviderError: `CONTENT_POLICY`, nothing but blackened pictures; `MODEL_ERROR`, no file at all.
    """
    found = list(_files(told))
    if not found:
        msg = "The model on fal answered without any file"
        raise ProviderError(msg, error_code=ProviderErrorCode.MODEL_ERROR)
    blackened = {index for index, flag in enumerate(told.get("has_nsfw_concepts") or ()) if flag}
    kept = [asset for index, asset in enumerate(found) if index not in blackened]
    if not kept:
        msg = "fal's safety checker blackened all pictures (has_nsfw_concepts)"
        raise ProviderError(msg, error_code=ProviderErrorCode.CONTENT_POLICY)
    return kept


def _files(told: Any) -> Iterator[Asset]:
    """Files are objects with a `url`, wherever they are (`images`, `video`, `audio_file` …)."""
    if isinstance(told, dict) and isinstance(url := told.get("url"), str):
        yield Asset(url=url, media_type=_media_type(url, told.get("content_type")))
    elif isinstance(told, dict | list):
        for each in told.values() if isinstance(told, dict) else told:
            yield from _files(each)


def _media_type(url: str, stated: str | None) -> str:
    """What fal calls a file, unless that says nothing; what its name says, then."""
    if stated and stated != "application/octet-stream":
        return stated
    named = url if url.startswith("data:") else urlsplit(url).path
    return mimetypes.guess_type(named)[0] or "application/octet-stream"
