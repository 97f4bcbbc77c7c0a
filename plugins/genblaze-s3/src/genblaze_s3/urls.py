"""`s3://bucket/key`: which bucket that is, and how one of its objects gets into a file."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from genblaze import Fetched, ProviderError, StorageError
from genblaze.atomic import atomic_write
from genblaze.models.asset_url import strip_asset_url_credentials
from genblaze.models.enums import ProviderErrorCode, StorageErrorCode
from genblaze_s3.downloads import once_more
from genblaze_s3.settings import KEY_VARIABLES, Settings, backblaze_settings
from genblaze_s3.store import S3Store

if TYPE_CHECKING:
    from pathlib import Path

    from genblaze.hookspecs import FetchContext

__all__ = ["fetch_object", "store_of"]

BLOCK = 1 << 20

#: One of these set means that an S3 server other than Backblaze's was set up.
OTHER_SERVERS = ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")


def store_of(url: str) -> S3Store:
    """The store of the bucket in a URL: at Backblaze where only its variables are set, else where boto3 looks.

    Raises:
        StorageError: The URL names no bucket.
    """
    bucket = urlsplit(url).netloc
    if not bucket or "@" in bucket or ":" in bucket:
        shown = strip_asset_url_credentials(url)
        msg = f"{shown!r} names no bucket; write s3://bucket/prefix, and give keys by environment variables."
        raise StorageError(msg, error_code=StorageErrorCode.INVALID_INPUT)
    at_backblaze = any(map(os.environ.get, KEY_VARIABLES)) and not any(map(os.environ.get, OTHER_SERVERS))
    return S3Store(backblaze_settings(bucket, None, None, None) if at_backblaze else Settings(bucket))


async def fetch_object(url: str, target: Path, context: FetchContext) -> Fetched:
    """Bring an object into a file, within the bounds of the context.

    Raises:
        ProviderError: It is missing, too long, too slow, or cannot be read.
    """
    return await asyncio.to_thread(_fetch, url, target, context)


def _fetch(url: str, target: Path, context: FetchContext) -> Fetched:
    store = store_of(url)
    key = unquote(urlsplit(url).path.removeprefix("/"))
    try:
        return once_more(lambda: _copy(store, key, target, context))
    except StorageError as error:
        missing = error.error_code in {StorageErrorCode.NOT_FOUND, StorageErrorCode.INVALID_INPUT}
        code = ProviderErrorCode.INVALID_INPUT if missing else ProviderErrorCode.SERVER_ERROR
        raise ProviderError(str(error), error_code=code) from error
    finally:
        store.close()


def _copy(store: S3Store, key: str, target: Path, context: FetchContext) -> Fetched:
    ends = time.monotonic() + context.timeout
    digest, size = hashlib.sha256(), 0
    with store.open(key) as reader, atomic_write(target) as writer:
        while block := reader.read(BLOCK):
            size += len(block)
            if size > context.max_bytes:
                msg = f"s3 object {key!r} is longer than the {context.max_bytes} bytes that may be fetched."
                raise ProviderError(msg, error_code=ProviderErrorCode.INVALID_INPUT)
            if time.monotonic() > ends:
                msg = f"s3 object {key!r} could not be fetched within {context.timeout:g} s."
                raise ProviderError(msg, error_code=ProviderErrorCode.TIMEOUT)
            digest.update(block)
            writer.write(block)
    return Fetched(path=target, size=size, sha256=digest.hexdigest())
