"""Where a bucket is and how to talk to its server."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from genblaze import InvalidValueError
from genblaze.storing import StorageConfig

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["OWN_CONFIG", "Settings", "backblaze_settings"]

OWN_CONFIG: Final = StorageConfig(
    max_pool_connections=64, multipart_chunk_size=5 << 20, signing_addressing_style="path"
)
"""How servers are talked to unless told otherwise: every S3 server knows buckets in the path."""

NAME_OF_BUCKET: Final = re.compile(r"[a-zA-Z0-9._-]{1,255}|arn:.+")
DEFAULT_REGION: Final = "us-east-1"
BACKBLAZE_REGION: Final = "us-west-004"

#: Those that are known of; a bucket in another one is reached by naming its region.
BACKBLAZE_REGIONS: Final = (
    "us-west-000",
    "us-west-001",
    "us-west-002",
    "us-west-004",
    "us-east-005",
    "eu-central-003",
    "ca-east-006",
)

#: Variables that hold Backblaze's key and its secret: the short names, and those of Backblaze's own tools.
KEY_VARIABLES: Final = ("B2_KEY_ID", "B2_APPLICATION_KEY_ID")
SECRET_VARIABLES: Final = ("B2_APP_KEY", "B2_APPLICATION_KEY")


@dataclass(frozen=True, slots=True)
class Settings:
    """One bucket.

    Attributes:
        bucket: Its name.
        endpoint_url: The server; None means Amazon's, or what `AWS_ENDPOINT_URL_S3` says.
        region: Which region requests are signed for; None means `AWS_REGION`, `AWS_DEFAULT_REGION` or us-east-1.
        public_url_base: What stands before the key in URLs that everybody can read.
        access_key: Together with `secret_key`; None leaves the search to boto3.
        secret_key: Shown nowhere.
        config: Timeouts, sizes of parts, attempts.
        deadline: Seconds after which a request is not sent again.
    """

    bucket: str
    endpoint_url: str | None = None
    region: str | None = None
    public_url_base: str | None = None
    access_key: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)
    config: StorageConfig = OWN_CONFIG
    deadline: float = 120.0

    def __post_init__(self) -> None:
        if not NAME_OF_BUCKET.fullmatch(self.bucket):
            msg = f"S3: {self.bucket!r} cannot be the name of a bucket; it has letters, digits, dots and hyphens"
            raise InvalidValueError(msg)
        if (self.access_key is None) != (self.secret_key is None):
            msg = "S3: give the access key together with its secret, or neither of them"
            raise InvalidValueError(msg)
        for url in (self.endpoint_url, self.public_url_base):
            if url is not None and (urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname):
                msg = f"S3: {url!r} is no URL of a server; write it like https://s3.example.com"
                raise InvalidValueError(msg)

    @property
    def signing_region(self) -> str:
        """The region in force."""
        return self.region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or DEFAULT_REGION

    @property
    def endpoint(self) -> str:
        """The server's URL, without a slash at its end."""
        named = self.endpoint_url or os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        return (named or f"https://s3.{self.signing_region}.amazonaws.com").rstrip("/")

    @property
    def at_backblaze(self) -> bool:
        """Whether the server is Backblaze's."""
        return str(urlsplit(self.endpoint).hostname).endswith(".backblazeb2.com")

    @property
    def other_regions(self) -> tuple[str, ...]:
        """Where the bucket may be when this region does not know it or its key."""
        return tuple(each for each in BACKBLAZE_REGIONS if self.at_backblaze and each != self.signing_region)

    def in_region(self, region: str) -> Settings:
        """The same bucket, asked for in another region; an endpoint that names its region changes too."""
        endpoint = self.endpoint_url
        if endpoint is not None:
            endpoint = endpoint.replace(f".{self.signing_region}.", f".{region}.")
        return replace(self, region=region, endpoint_url=endpoint)


def backblaze_settings(
    bucket: str | None,
    region: str | None,
    key_id: str | None,
    app_key: str | None,
    environ: Mapping[str, str] = os.environ,
    **others: Any,
) -> Settings:
    """A bucket at Backblaze B2; what is not given comes from the environment.

    Raises:
        InvalidValueError: The bucket, the key or its secret is neither given nor set.
    """
    given = {
        "bucket": bucket or environ.get("B2_BUCKET"),
        "key_id": key_id or _first(environ, KEY_VARIABLES),
        "app_key": app_key or _first(environ, SECRET_VARIABLES),
    }
    variables = {"bucket": "B2_BUCKET", "key_id": KEY_VARIABLES[0], "app_key": SECRET_VARIABLES[0]}
    missing = [f"{name}= (or {variables[name]})" for name, value in given.items() if not value]
    if missing:
        msg = f"Backblaze B2: missing {' and '.join(missing)}. Pass it, or set the variable."
        raise InvalidValueError(msg)
    region = region or environ.get("B2_REGION") or BACKBLAZE_REGION
    return Settings(
        bucket=str(given["bucket"]),
        endpoint_url=f"https://s3.{region}.backblazeb2.com",
        region=region,
        access_key=given["key_id"],
        secret_key=given["app_key"],
        **others,
    )


def _first(environ: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((environ[name] for name in names if environ.get(name)), None)
