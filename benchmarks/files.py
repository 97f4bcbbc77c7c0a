"""The files that media scenarios work on, made once and kept in the cache folder."""

from __future__ import annotations

import os
import random
import struct
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path

from benchmarks.environments import CACHE

MB = 1_000_000


def media() -> dict[str, str]:
    """Paths by name."""
    wanted: dict[str, Callable[[Path], None]] = {
        "1 MB.png": lambda path: path.write_bytes(_png(MB)) and None,
        "20 MB.png": lambda path: path.write_bytes(_png(20 * MB)) and None,
        "5 MB.jpg": lambda path: _picture(path, 1500, "JPEG", quality=97),
        "3 MB.webp": lambda path: _picture(path, 1400, "WEBP", quality=95),
        "10 MB.mp3": lambda path: _mp3(path, 10 * MB),
        "200 MB.wav": lambda path: _write(path, wav_head(200 * MB), 200 * MB),
        "10 MB.mp4": lambda path: _write(path, mp4_head(10 * MB), 10 * MB),
        "300 MB.mp4": lambda path: _write(path, mp4_head(300 * MB), 300 * MB),
    }
    folder = CACHE / "media"
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in wanted.items():
        if not (folder / name).exists():
            make(folder / name)
    return {f"{name.partition('.')[2]} of {name.partition('.')[0]}": str(folder / name) for name in wanted}


def embedded_png(python: Path) -> str:
    """A small PNG with a manifest that both packages verify, embedded by the package of `python`."""
    path = CACHE / "media" / "small.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_png(20_000))
    program = (
        "import sys, hashlib; from pathlib import Path; from benchmarks.scenarios.samples import manifest_for\n"
        "from genblaze_core.media import SmartEmbedder\n"
        "path = Path(sys.argv[1]); data = path.read_bytes()\n"
        "SmartEmbedder().embed(path, manifest_for(hashlib.sha256(data).hexdigest(), 'image/png', len(data)), path)"
    )
    subprocess.run([str(python), "-c", program, str(path)], cwd=CACHE.parents[1], check=True)
    return str(path)


def _png(size: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    width = 1000
    height = max(1, size // (3 * width))
    rows = b"".join(b"\0" + os.urandom(3 * width) for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 0)) + chunk(b"IEND", b"")


def _picture(path: Path, side: int, kind: str, **options: int) -> None:
    from PIL import Image

    Image.frombytes("RGB", (side, side), os.urandom(3 * side * side)).save(path, kind, **options)


def wav_head(size: int) -> bytes:
    """All of a WAV but its `size` bytes of samples."""
    return struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", size + 36, b"WAVE", b"fmt ", 16, 1, 2, 48000, 192000, 4, 16,
                       b"data", size)  # fmt: skip


def mp4_head(size: int) -> bytes:
    """All of an MP4 but its `size` bytes of media, in a box that may be longer than 4 GB."""

    def box(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", 8 + len(data)) + kind + data

    header = box(b"mvhd", bytes(12) + struct.pack(">II", 1000, 5000) + bytes(80))
    head = box(b"ftyp", b"isom\0\0\2\0isommp42") + box(b"moov", header)
    return head + struct.pack(">I4sQ", 1, b"mdat", 16 + size)


def _mp3(path: Path, size: int) -> None:
    frame = b"\xff\xfb\x90\x64" + random.Random(1).randbytes(413)
    path.write_bytes(frame * (size // len(frame)))


def _write(path: Path, head: bytes, size: int) -> None:
    with path.open("wb") as file:
        file.write(head)
        for _ in range(size // MB):
            file.write(os.urandom(MB))
