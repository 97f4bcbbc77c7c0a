"""A model's input: parameters, with input assets at their places, and whether two inputs are the same."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from genblaze.models import Asset

logger = logging.getLogger("genblaze.provider")


def with_assets(params: Mapping[str, Any], assets: Iterable[Asset]) -> dict[str, Any]:
    """Parameters with the URLs of input assets, which go to `image`, `video` or `audio` unless they have a place."""
    found = dict(params)
    for asset in assets:
        name = asset.media_type.partition("/")[0]
        if _holds(list(params.values()), {asset.url}):
            continue
        if name in found:
            logger.warning(
                "Replicate: input %s is not sent, because %s is taken; see input_mapping", asset.asset_id, name
            )
        else:
            found[name] = asset.url
    return found


def placed(value: Any, uris: Mapping[str, str]) -> Any:
    """A parameter with input assets as Replicate can read them.

    Args:
        value: The parameter.
        uris: URL of an input asset here to its URL for Replicate.
    """
    if isinstance(value, list):
        return [placed(each, uris) for each in value]
    return uris.get(value, value) if isinstance(value, str) else value


def same(asked: Mapping[str, Any], told: Mapping[str, Any], urls: Collection[str]) -> bool:
    """Whether two inputs are equal but for the places at which input assets were handed over."""
    return asked.keys() == told.keys() and all(
        told[name] == value or _holds(value, urls) for name, value in asked.items()
    )


def _holds(value: Any, urls: Collection[str]) -> bool:
    """Whether a parameter is an input asset, or a list with one."""
    if isinstance(value, list):
        return any(_holds(each, urls) for each in value)
    return isinstance(value, str) and value in urls
