"""Where results go: the contract of sinks, and the sink that stores outputs and manifests as objects of a store."""

from __future__ import annotations

from genblaze.sinks.addresses import sink_at
from genblaze.sinks.contract import BaseSink
from genblaze.sinks.keys import KeyBuilder
from genblaze.sinks.object_storage import ObjectStorageSink
from genblaze.sinks.records import Deliveries, StoredManifest, Transfer

__all__ = ["BaseSink", "Deliveries", "KeyBuilder", "ObjectStorageSink", "StoredManifest", "Transfer", "sink_at"]
