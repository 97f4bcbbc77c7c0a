"""Small ISO base media files, byte by byte, and a reader that finds a manifest as the published package does."""

import struct

MANIFEST_UUID = bytes.fromhex("6d6f6461 6c66 6c6f 7700 000000000001")
C2PA_UUID = bytes.fromhex("d8fec3d6 1b0e 483c 9297 5828877ec481")


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + kind + body


def large(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4sQ", 1, kind, 16 + len(body)) + body


def opened(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 0, kind) + body


def uuid_box(json: bytes, uuid: bytes = MANIFEST_UUID) -> bytes:
    return box(b"uuid", uuid, json)


FTYP = box(b"ftyp", b"isom\0\0\2\0isomiso2mp41")
MOOV = box(b"moov", box(b"mvhd", bytes(12), struct.pack(">II", 1000, 2500), bytes(80)))
MDAT = box(b"mdat", b"sixteen samples!")
MFRA = box(b"mfra", box(b"mfro", bytes(4), struct.pack(">I", 24)))
SMALL = FTYP + MOOV + MDAT


def found_by_published(data: bytes) -> bytes | None:
    """The content of the first top-level box with the UUID, walking headers and nothing else."""
    position = 0
    while position + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, position)
        header = 8
        if size == 1:
            header, size = 16, struct.unpack_from(">Q", data, position + 8)[0]
        elif size == 0:
            size = len(data) - position
        if size < header:
            return None
        if kind == b"uuid" and data[position + header :][:16] == MANIFEST_UUID:
            return data[position + header + 16 : position + size]
        position += size
    return None
