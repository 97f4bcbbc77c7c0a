"""What an agent loop relies on in its judge."""

import struct
import zlib

from genblaze.testing import EvaluatorContract
from genblaze_acme_variety import _plugin


def png(row):
    """A PNG file of grey pixels, 256 in each of 16 equal rows."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 256, 16, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress((b"\0" + row) * 16)) + chunk(b"IEND", b"")


class TestContract(EvaluatorContract):
    plugin = _plugin
    evaluator = "acme-variety"
    good, bad = png(bytes(range(256))), png(bytes(256))
