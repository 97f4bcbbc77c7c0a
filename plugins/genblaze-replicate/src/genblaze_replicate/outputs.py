"""From a prediction's output to assets: a URL, text, or lists and objects of both, as the model likes."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from genblaze.models import Asset, Modality

_UNKNOWN = "application/octet-stream"  # the engine looks at the content then


def assets_of(output: Any, modality: Modality) -> list[Asset]:
    """The assets of an output.

    Files are found at any depth. Without any, a string or a list of strings (as language models answer) becomes text,
    anything else JSON. A step that asks for text gets the words first, then the files.
    """
    if output is None:
        return []
    if modality is Modality.TEXT and (text := _text(output)) is not None:
        return [Asset.from_text(text)]
    files = list(_files(output))
    if files and modality is not Modality.TEXT:
        return files
    text = _text(output)
    return [Asset.from_json(output) if text is None else Asset.from_text(text), *files]


def _text(output: Any) -> str | None:
    """The text of a string or of a list of strings; None for anything else."""
    parts = output if isinstance(output, list) else [output]
    return "".join(parts) if parts and all(isinstance(part, str) for part in parts) else None


def _files(output: Any, name: str = "") -> Iterator[Asset]:
    """The files that an output names, with the keys that lead to them as `metadata["output"]`."""
    if isinstance(output, dict):
        for key, value in output.items():
            yield from _files(value, f"{name}.{key}" if name else key)
    elif isinstance(output, list):
        for value in output:
            yield from _files(value, name)
    elif isinstance(output, str) and output.startswith(("https://", "http://", "data:")):
        yield Asset(url=output, media_type=_media_type(output), metadata={"output": name} if name else {})


def _media_type(url: str) -> str:
    if url.startswith("data:"):
        return url[5:].partition(",")[0].partition(";")[0] or "text/plain"
    return mimetypes.guess_type(urlsplit(url).path, strict=False)[0] or _UNKNOWN
