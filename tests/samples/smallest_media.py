"""A very small file of every media type that a format plugin of this tree reads, for tests that go over all of them."""

import io
import struct
import zlib

from PIL import Image
from sample_boxes import MDAT, MOOV, box


def _picture(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((8, 8)).convert("RGB").save(buffer, kind)
    return buffer.getvalue()


def _png() -> bytes:
    def chunk(kind: bytes, data: bytes = b"") -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 2, 2, 8, 0, 0, 0, 0)
    image = zlib.compress(b"\0\1\2\0\3\4")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", image) + chunk(b"IEND")


def _wav() -> bytes:
    sound = bytes(range(100, 160))
    chunks = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 8000, 1, 8) + struct.pack("<4sI", b"data", 60) + sound
    return struct.pack("<4sI4s", b"RIFF", 4 + len(chunks), b"WAVE") + chunks


def _flac() -> bytes:
    rate, samples = 8000, 4096
    info = struct.pack(">HH", 4096, 4096) + bytes(6) + struct.pack(">Q", rate << 44 | 15 << 36 | samples) + bytes(16)
    return b"fLaC\x80\0\0\x22" + info + b"\xff\xf8\xc9\x0c\0" + b"frame" * 8


def _ogg_page(body: bytes, flags: int, granule: int, sequence: int) -> bytes:
    head = b"OggS" + struct.pack("<BBqII", 0, flags, granule, 7, sequence)
    rest = bytes([1, len(body)]) + body
    value = 0
    for byte in head + bytes(4) + rest:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ (0x04C11DB7 if value & 0x80000000 else 0)) & 0xFFFFFFFF
    return head + struct.pack("<I", value) + rest


def _ogg(first: bytes) -> bytes:
    packets = ((first, 2, 0), (b"comments", 0, 0), (b"coded sound " * 5, 4, 48000))
    return b"".join(_ogg_page(body, flags, granule, at) for at, (body, flags, granule) in enumerate(packets))


def _boxes(brand: bytes) -> bytes:
    return box(b"ftyp", brand, bytes(4), brand) + MOOV + MDAT


_OPUS = b"OpusHead\x01\x02" + struct.pack("<HIhB", 312, 44100, 0, 0)
_THEORA = b"\x80theora\x03\x02\x01" + bytes(32)

SMALLEST: dict[str, bytes] = {
    "image/png": _png(),
    "image/jpeg": _picture("JPEG"),
    "image/gif": _picture("GIF"),
    "image/webp": _picture("WEBP"),
    "image/avif": _boxes(b"avif"),
    "image/heic": _boxes(b"heic"),
    "image/heif": _boxes(b"mif1"),
    "video/mp4": _boxes(b"isom"),
    "video/quicktime": _boxes(b"qt  "),
    "video/x-m4v": _boxes(b"M4V "),
    "video/3gpp": _boxes(b"3gp4"),
    "video/3gpp2": _boxes(b"3g2a"),
    "audio/mp4": _boxes(b"M4A "),
    "audio/mpeg": (b"\xff\xfb\x90\x64" + bytes(413)) * 3,
    "audio/aac": (b"\xff\xf1\x50\x80\x02\x1f\xfc" + bytes(9)) * 3,
    "audio/flac": _flac(),
    "audio/wav": _wav(),
    "audio/ogg": _ogg(_OPUS),
    "video/ogg": _ogg(_THEORA),
    "application/ogg": _ogg(b"fishead\0" + bytes(56)),
}
