"""Manifests in files: handlers by name, and the embedder that chooses one."""

import struct
import tempfile
import zlib
from pathlib import Path

from genblaze_core import Asset, EmbedPolicy, Manifest, RunBuilder, RunStatus, StepBuilder, StepStatus
from genblaze_core.media import PngHandler, SmartEmbedder


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png():
    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0\xff\0\0")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


folder = Path(tempfile.mkdtemp())
image = folder / "fox.png"
image.write_bytes(png())
asset = Asset(url=image.as_uri(), media_type="image/png")
asset.set_hash(image.read_bytes())
step = StepBuilder("acme", "m").prompt("a fox").status(StepStatus.SUCCEEDED).build()
step.assets.append(asset)
manifest = Manifest.from_run(RunBuilder("r").add_step(step).status(RunStatus.COMPLETED).build())

PngHandler().embed(image, manifest, folder / "out.png")
found = PngHandler().extract(folder / "out.png")
print(found.verify(), found.canonical_hash == manifest.canonical_hash, found.run.steps[0].prompt)
print(image.read_bytes() == png(), (folder / "out.png").read_bytes()[:8] == png()[:8])

other = folder / "notes.xyz"
other.write_bytes(b"anything")
for source in (image, other):
    embedded = SmartEmbedder().embed(source, manifest, policy=EmbedPolicy())
    print(embedded.method, other.read_bytes())
