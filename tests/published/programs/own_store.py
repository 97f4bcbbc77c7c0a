"""A storage backend of one's own behind the sink."""

import json
import tempfile
from pathlib import Path

from genblaze_core import Asset, KeyStrategy, ObjectStorageSink, Pipeline, StorageBackend, SyncProvider, parse_manifest


class Shelf(StorageBackend):
    def __init__(self):
        self.objects = {}

    def put(self, key, data, *, content_type=None, extra_args=None, metadata=None, **more):
        self.objects[key] = data if isinstance(data, bytes) else data.read()
        return key

    def get(self, key):
        return self.objects[key]

    def exists(self, key):
        return key in self.objects

    def delete(self, key):
        self.objects.pop(key, None)

    def get_durable_url(self, key):
        return f"https://shelf.test/{key}"

    def get_url(self, key, *, expires_in=3600):
        return f"https://shelf.test/{key}"


class Writer(SyncProvider):
    name = "writer"

    def generate(self, step, config=None):
        path = Path(tempfile.mkdtemp()) / "text.bin"
        path.write_bytes(b"content")
        step.assets = [Asset(url=path.as_uri(), media_type="application/octet-stream")]
        return step


shelf = Shelf()
sink = ObjectStorageSink(shelf, prefix="out", key_strategy=KeyStrategy.CONTENT_ADDRESSABLE)
result = Pipeline("kept").step(Writer(), model="m", prompt="x").run(sink=sink, raise_on_failure=True)
keys = sorted(shelf.objects)
print([key.split("/")[1] for key in keys], b"content" in shelf.objects.values())
manifest = parse_manifest(json.loads(next(shelf.objects[key] for key in keys if "manifest" in key)))
print(manifest.verify(), manifest.canonical_hash == result.manifest.canonical_hash)
