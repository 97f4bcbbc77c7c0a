"""Where results go: the contract of sinks, and the sink that stores outputs and manifests as objects of a store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genblaze.lazy import loads_at_first_use

if TYPE_CHECKING:
    from genblaze.sinks.addresses import sink_at as sink_at
    from genblaze.sinks.asset_transfer import AssetTransfer as AssetTransfer
    from genblaze.sinks.contract import BaseSink as BaseSink
    from genblaze.sinks.keys import KeyBuilder as KeyBuilder
    from genblaze.sinks.object_storage import ObjectStorageSink as ObjectStorageSink
    from genblaze.sinks.records import Deliveries as Deliveries
    from genblaze.sinks.records import StoredManifest as StoredManifest
    from genblaze.sinks.records import Transfer as Transfer

__getattr__, __dir__, __all__ = loads_at_first_use(
    __name__,
    {
        "genblaze.sinks.addresses": "sink_at",
        "genblaze.sinks.asset_transfer": "AssetTransfer",
        "genblaze.sinks.contract": "BaseSink",
        "genblaze.sinks.keys": "KeyBuilder",
        "genblaze.sinks.object_storage": "ObjectStorageSink",
        "genblaze.sinks.records": "Deliveries StoredManifest Transfer",
    },
)
