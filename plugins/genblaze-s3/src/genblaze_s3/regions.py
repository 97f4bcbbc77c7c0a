"""In which region a bucket is, where the server does not say it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from genblaze_s3.connecting import connect

if TYPE_CHECKING:
    from genblaze_s3.settings import Settings

__all__ = ["region_of_bucket"]

PATIENCE_SEC: Final = 3


def region_of_bucket(settings: Settings) -> str | None:
    """Ask the other regions of a bucket's server for it, all at once; None where none of them lets the key in."""
    others = settings.other_regions
    if not others:
        return None
    config = replace(settings.config, connect_timeout_sec=PATIENCE_SEC, read_timeout_sec=PATIENCE_SEC)
    asked = [replace(settings.in_region(region), config=config) for region in others]
    with ThreadPoolExecutor(len(asked), thread_name_prefix="genblaze-s3") as pool:
        answers = list(pool.map(_is_here, asked))
    return next((region for region, here in zip(others, answers, strict=True) if here), None)


def _is_here(settings: Settings) -> bool:
    from botocore.exceptions import BotoCoreError, ClientError

    s3 = connect(settings)
    try:
        s3.head_bucket(Bucket=settings.bucket)
    except (BotoCoreError, ClientError):
        return False
    finally:
        s3.close()
    return True
