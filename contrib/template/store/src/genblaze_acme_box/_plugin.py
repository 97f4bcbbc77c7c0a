"""What genblaze loads: the hooks of the plugin, and no heavy import."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from genblaze import Capability, hookimpl

if TYPE_CHECKING:
    from genblaze.storing import Store


@hookimpl
def provides() -> Iterable[Capability]:
    """One store, by the scheme of its URLs."""
    return [Capability(hook="store", key="acme-box", summary="Acme Box: objects in one SQLite file")]


@hookimpl
def store(url: str) -> Store:
    """The store that a URL such as `acme-box:///folder/pictures.db` names; nothing is opened yet."""
    from genblaze_acme_box.store import AcmeBoxStore

    return AcmeBoxStore.from_url(url).as_store()
