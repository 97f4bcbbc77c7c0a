"""Makes boto3's clients."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genblaze_s3.settings import Settings

__all__ = ["connect"]


@cache
def _models() -> Any:
    """What botocore knows of services, read once: it takes longer than all the rest of making a client."""
    from botocore.loaders import create_loader

    return create_loader(os.environ.get("AWS_DATA_PATH"))


def connect(settings: Settings) -> Any:
    """A client of boto3 for a bucket. Its own repetitions are off: they ignore Retry-After and know no deadline."""
    import boto3
    import botocore.session
    from botocore.config import Config

    from genblaze import __version__

    session = botocore.session.Session()
    session.register_component("data_loader", _models())
    config = settings.config
    agent = f"genblaze/{__version__} {config.user_agent_extra or ''}".strip()
    return boto3.session.Session(botocore_session=session).client(
        "s3",
        endpoint_url=settings.endpoint_url,
        region_name=settings.signing_region,
        aws_access_key_id=settings.access_key,
        aws_secret_access_key=settings.secret_key,
        config=Config(
            signature_version="s3v4",
            s3={
                "addressing_style": config.signing_addressing_style,
                # Content has a checksum of its own, and TLS around it; to hash it for the signature again costs more.
                "payload_signing_enabled": not settings.endpoint.startswith("https:"),
            },
            retries={"total_max_attempts": 1},
            max_pool_connections=config.max_pool_connections,
            connect_timeout=config.connect_timeout_sec,
            read_timeout=config.read_timeout_sec,
            user_agent_extra=agent,
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )
