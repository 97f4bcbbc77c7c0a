"""A small container format with all that makes embedding hard, its plugin, and manifests about its files.

A file is `TOY1`, the number of blocks (4 bytes), then blocks of kind (1 byte), length (4 bytes) and data. Embedding has
to patch the number; the plugin keeps the old one in its record, as a format with size fields must.
"""

import hashlib
import struct
from pathlib import Path

from genblaze.builtin import sidecar
from genblaze.capabilities import Capability
from genblaze.config import Config
from genblaze.hookspecs import hookimpl
from genblaze.layout import (
    Copy,
    Cursor,
    Edit,
    Layout,
    LayoutError,
    decode_record,
    encode_record,
    splice,
)
from genblaze.models.asset import Asset
from genblaze.models.manifest import Manifest
from genblaze.models.run import Run
from genblaze.models.step import Step
from genblaze.plugins import PluginManager

MAGIC = b"TOY1"


def block(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack(">I", len(data)) + data


def toy(*pieces: bytes, trailer: bytes = b"") -> bytes:
    """A file with one data block for each piece, and a comment in front."""
    blocks = [block(b"C", b"comment"), *(block(b"D", piece) for piece in pieces)]
    return MAGIC + struct.pack(">I", len(blocks)) + b"".join(blocks) + trailer


class ToyFormat:
    """Reads and writes the format; `strict=False` leaves the promises of a good embedder unkept."""

    @hookimpl
    def provides(self):
        return [Capability("embed_manifest", "image/x-toy", magic=(MAGIC.hex(),), suffixes=(".toy",))]

    @hookimpl
    def inspect_media(self, reader):
        cursor = Cursor(reader)
        if cursor.take(4, "magic") != MAGIC:
            return None
        count = cursor.u32be("number of blocks")
        layout = Layout(media_type="image/x-toy", size=reader.size, facts={"width": count})
        essence, ours = [], []
        try:
            for _ in range(count):
                start, kind, length = cursor.offset, cursor.take(1, "kind"), cursor.u32be("length")
                data = cursor.skip(length, "data")
                if kind == b"D":
                    essence.append(data)
                elif kind in b"MR":
                    ours.append(Edit(start, cursor.offset - start))
                    text = reader.read_at(data.offset, data.length)
                    if kind == b"M":
                        layout.payload = text
                    else:
                        layout.record = decode_record(text)
                        layout.damage = None if layout.record else "the record is damaged"
        except LayoutError as error:
            layout.detail = str(error)
        layout.essence = tuple(essence)
        if ours:
            old = (layout.record or {}).get("restore", {}).get("count", max(0, count - len(ours)))
            layout.restores = (splice(reader.size, [Edit(4, 4, struct.pack(">I", old)), *ours]),)
        return layout

    @hookimpl
    def embed_manifest(self, layout, payload, record):
        if layout.detail is not None:
            raise LayoutError(layout.detail)
        count = layout.facts["width"]
        blocks = block(b"M", payload) + block(b"R", encode_record({**record, "restore": {"count": count}}))
        return splice(layout.size, [Edit(4, 4, struct.pack(">I", count + 2)), Edit(8, 0, blocks)])


def toy_plugins(*, embedder: object | None = None) -> PluginManager:
    """A manager with the toy format (or another embedder for it) and the sidecar, and nothing that is installed."""
    plugins = PluginManager(Config(), autoload=False)
    plugins.register(embedder or ToyFormat(), "embed-toy")
    plugins.register(sidecar, "sidecar")
    return plugins


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def manifest_of(*contents: bytes, **step: object) -> Manifest:
    """The manifest of a run with one step, and one output, for each content."""
    fields = {"provider": "acme", "model": "brush-1", "prompt": "a red fox, snøwy 🦊", **step}
    steps = [
        Step(**fields, assets=[Asset(url=f"file:///{index}", media_type="image/x-toy", sha256=sha256(content))])
        for index, content in enumerate(contents)
    ]
    return Manifest.from_run(Run(steps=steps))


def saved(folder: Path, content: bytes, name: str = "fox.toy") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def copies(plan) -> list[Copy]:
    return [segment for segment in plan.segments if isinstance(segment, Copy)]
