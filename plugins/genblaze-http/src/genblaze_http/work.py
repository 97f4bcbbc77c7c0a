"""One request at a vendor's provider: what it asks for, how its inputs are handed over and its outputs kept."""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

from genblaze.atomic import atomic_write
from genblaze.capabilities import UNKNOWN_MEDIA_TYPE
from genblaze.errors import ProviderError
from genblaze.models import Asset, ProviderErrorCode
from genblaze_http.client import FilePart
from genblaze_http.download import Downloader
from genblaze_http.kinds import kind_of

if TYPE_CHECKING:
    from genblaze.hookspecs import FetchContext
    from genblaze.jobs import GenerateContext, Request
    from genblaze_http.vendor import Vendor

logger = logging.getLogger("genblaze.provider")


class Work:
    """A request and the files around it.

    Args:
        vendor: Who is asked.
        request: What it is asked for.
        context: Where the request comes from.
        output_dir: Folder for outputs, where the provider has one of its own; else the pipeline's.

    Attributes:
        begun: When the paid call was made, in seconds since the epoch; None while it was not, or by another process.
    """

    def __init__(
        self, vendor: Vendor, request: Request, context: GenerateContext, output_dir: Path | None = None
    ) -> None:
        self.vendor = vendor
        self.request = request
        self.context = context
        self.output_dir = (output_dir or context.output_dir).absolute()
        self.begun: float | None = None

    async def save(self, data: bytes, media_type: str | None = None, **facts: Any) -> Asset:
        """Write an output that came with the answer, as `<output_dir>/<asset id><suffix by content>`.

        It is paid for and nobody will send it again: where it cannot be written (disk full), it goes to a folder for
        temporary files, and the log says where.

        Args:
            data: The file.
            media_type: What the vendor calls it; believed where the bytes tell nothing.
            facts: Further fields of the asset.
        """
        kind = kind_of(data[:64], media_type)
        asset = Asset(url="file:", media_type=kind.media_type, **facts)
        path = self.output_dir / f"{asset.asset_id}{kind.suffix}"
        kept = await asyncio.to_thread(_keep, path, data)
        asset.url = kept.as_uri()
        asset.set_hash(data)
        return asset

    async def download(self, url: str, bounds: FetchContext, media_type: str | None = None) -> Asset:
        """Stream an output to disk, named as `save` names it; see `VendorProvider.download`.

        Raises:
            ProviderError: It cannot be fetched, or is empty.
        """
        asset = Asset(url="file:", media_type=media_type or UNKNOWN_MEDIA_TYPE)
        self.output_dir.mkdir(parents=True, exist_ok=True)
        arriving = self.output_dir / f"{asset.asset_id}.part"
        fetched = await Downloader().fetch(url, arriving, bounds)
        if not fetched.size:
            arriving.unlink()
            msg = f"{self.vendor.name} gave an empty file"
            raise ProviderError(msg, error_code=ProviderErrorCode.SERVER_ERROR)
        stated = (fetched.media_type or "").partition(";")[0].strip().lower()
        kind = kind_of(_head(arriving), media_type or stated or None)
        path = arriving.rename(arriving.with_suffix(kind.suffix))
        asset.url, asset.media_type = path.as_uri(), kind.media_type
        asset.sha256, asset.size_bytes = fetched.sha256, fetched.size
        return asset

    async def save_base64(self, text: str, media_type: str | None = None, **facts: Any) -> Asset:
        """`save` for base64.

        Raises:
            ProviderError: It is none. The request was paid all the same, perhaps.
        """
        try:
            data = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError) as error:
            msg = f"{self.vendor.name} answered with a file that is no base64"
            raise ProviderError(msg, error_code=ProviderErrorCode.SERVER_ERROR, uncertain=True) from error
        return await self.save(data, media_type, **facts)

    async def input_file(self, asset: Asset) -> FilePart:
        """An input as a part of a multipart body, with a name and a media type that fit its content."""
        path = await self.context.courier.input_path(asset)
        data = await asyncio.to_thread(path.read_bytes)
        kind = kind_of(data[:64], asset.media_type)
        return FilePart(f"{asset.asset_id}{kind.suffix}", data, kind.media_type)

    async def input_uri(self, asset: Asset) -> str:
        """An input as a URL: one that the vendor can read it from, or a data URI, whichever the vendor likes first.

        Raises:
            ProviderError: It lies where the vendor cannot read it, and is too long for a data URI.
        """
        if self.vendor.takes[0] != "data" and (url := await self.context.courier.input_url(asset)) is not None:
            return url
        part = await self.input_file(asset)
        if len(part.data) > self.vendor.max_data_uri:
            msg = (
                f"{self.vendor.name} takes files of at most {self.vendor.max_data_uri} bytes within a request; input "
                f"{asset.asset_id} has {len(part.data)}. Put it into a store that others can read from"
            )
            raise ProviderError(msg, error_code=ProviderErrorCode.INVALID_INPUT, uncertain=False)
        return f"data:{part.media_type};base64,{base64.b64encode(part.data).decode()}"

    def given(self, *names: str) -> dict[str, Any]:
        """Those parts of the request (`seed`, `negative_prompt`) that it has, for an API that has a place for them."""
        return {name: value for name in names if (value := getattr(self.request, name)) is not None}

    def leave_out(self, *names: str) -> None:
        """Warn of parts of the request (`seed`, `negative_prompt`) that the vendor's API has no place for."""
        for name in names:
            if getattr(self.request, name) is not None:
                logger.warning("%s: %s is not sent, because its API has no such parameter", self.vendor.name, name)

    def inputs(self, *kinds: str) -> list[Asset]:
        """The request's inputs of some kinds (`image`, `video`, `audio`)."""
        return [asset for asset in self.request.inputs if asset.media_type.partition("/")[0] in kinds]


def _keep(path: Path, data: bytes) -> Path:
    try:
        _write(path, data)
    except OSError as error:
        elsewhere = Path(mkdtemp(prefix="genblaze-")) / path.name
        _write(elsewhere, data)
        logger.warning("%s cannot be written (%s): what was paid for is kept as %s", path, error, elsewhere)
        return elsewhere
    return path


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as file:
        file.write(data)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(64)
