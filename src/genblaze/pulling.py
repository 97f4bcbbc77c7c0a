"""Stored runs, seen from elsewhere: the manifest at an address, and the objects that it names."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import quote, unquote, urlsplit

from genblaze.embedding import document_of
from genblaze.errors import GenblazeError, PluginNotFoundError, URLPolicyError
from genblaze.file_urls import is_url, path_of
from genblaze.models.manifest import MAX_MANIFEST_BYTES, parse_manifest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from genblaze.models.asset import Asset
    from genblaze.plugins import PluginManager
    from genblaze.storing import Store

__all__ = ["StoredRun", "address_of_run", "bring", "temporary_copy"]

DEFAULT_PREFIX: Final = "genblaze"
"""What the keys of a sink begin with unless it was told otherwise."""


def address_of_run(run_id: str, place: str, plugins: PluginManager) -> str:
    """The address of a run's manifest, in the store or the folder of one that a URL names.

    Looked for as a sink with either key strategy stores it, right below the URL and below the sinks' default prefix.

    Raises:
        GenblazeError: It is not there, or the store cannot be read.
    """
    from genblaze.storing import open_store

    store, prefix = open_store(place, plugins=plugins)
    with closing(store):
        for base in (prefix, f"{prefix}/{DEFAULT_PREFIX}".lstrip("/")):
            key = _manifest_key(store, base, run_id)
            if key is not None:
                return f"{place.rstrip('/')}/{quote(key.removeprefix(prefix).lstrip('/'))}"
    msg = (
        f"{place} has no manifest of run {run_id}, neither right below it nor below {DEFAULT_PREFIX}/; name the prefix "
        "that its sink was given, as in s3://bucket/prefix"
    )
    raise GenblazeError(msg)


def _manifest_key(store: Store, prefix: str, run_id: str) -> str | None:
    """The key of a run's manifest: known beforehand with keys by content, else in one of the folders of runs."""
    from genblaze.models.enums import KeyStrategy
    from genblaze.sinks.keys import KeyLayout, RunScope

    by_content = KeyLayout(prefix, KeyStrategy.CONTENT_ADDRESSABLE).manifest(RunScope(run_id))
    if store.head(by_content) is not None:
        return by_content
    runs, token = f"{prefix}/runs/".lstrip("/"), None
    while True:
        page = store.list(runs, continuation_token=token)
        for entry in page.entries:
            if entry.key.endswith(f"/{run_id}/manifest.json"):
                return entry.key
        token = page.next_token
        if token is None:
            return None


class StoredRun:
    """A run in a store or a folder. Use it as a context manager.

    Attributes:
        address: Where its manifest is.
        document: The manifest as it stands there.
        manifest: The manifest.
    """

    def __init__(self, address: str, plugins: PluginManager) -> None:
        """Read the manifest at a path or URL, or in the file there; nothing of it is believed yet.

        Raises:
            GenblazeError: It cannot be read, or is no manifest.
        """
        self.address = address
        self._plugins = plugins
        self._store = _store_at(address, plugins)
        try:
            with temporary_copy(address, plugins, store=self._store, max_bytes=MAX_MANIFEST_BYTES) as path:
                self.document = document_of(path)
            self.manifest = parse_manifest(self.document)
        except BaseException:
            self.__exit__(None, None, None)
            raise

    @property
    def outputs(self) -> list[Asset]:
        """What the run made, each object once."""
        return list({asset.url: asset for step in self.manifest.run.steps for asset in step.assets}.values())

    def bring(self, asset: Asset, target: Path) -> None:
        """Copy an output into a file, as it lies there.

        Raises:
            GenblazeError: It cannot be read; or it names a file of this machine, but the manifest is from elsewhere.
        """
        if is_url(self.address) and not is_url(asset.url):
            msg = f"{asset.url}: a manifest from elsewhere cannot name a file of this machine"
            raise URLPolicyError(msg)
        bring(asset.url, target, self._plugins, store=self._store)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._store is not None:
            self._store.close()


def bring(
    url: str, target: Path, plugins: PluginManager, *, store: Store | None = None, max_bytes: int | None = None
) -> None:
    """Copy what a URL names into a file: out of the store if it is an object of it, else over the plugin of its scheme.

    Raises:
        GenblazeError: It cannot be read.
    """
    key = None if store is None else store.key_of(url)
    if store is not None and key is not None:
        try:
            with store.open(key) as source, target.open("wb") as file:
                shutil.copyfileobj(source, file, 1 << 20)
        except OSError as error:
            msg = f"{url} cannot be copied to {target}: {error.strerror or error}"
            raise GenblazeError(msg) from error
        return
    from genblaze.hookspecs import FetchContext
    from genblaze.sync import run_sync

    context = FetchContext() if max_bytes is None else FetchContext(max_bytes=max_bytes)
    run_sync(lambda: plugins.fetch(url, target, context))


@contextmanager
def temporary_copy(
    address: str, plugins: PluginManager, *, store: Store | None = None, max_bytes: int | None = None
) -> Iterator[Path]:
    """What lies at a path or URL, as a file: itself, or a copy that is gone afterwards.

    Raises:
        GenblazeError: It cannot be read.
    """
    if not is_url(address):
        yield path_of(address) if address.startswith("file:") else Path(address)
        return
    with tempfile.TemporaryDirectory(prefix="genblaze-") as folder:
        target = Path(folder, Path(unquote(urlsplit(address).path)).name or "object")
        bring(address, target, plugins, store=store, max_bytes=max_bytes)
        yield target


def _store_at(address: str, plugins: PluginManager) -> Store | None:
    """The store that an address is in, if its scheme is that of stores."""
    if not is_url(address):
        return None
    try:
        return plugins.store(address)
    except PluginNotFoundError:
        return None
