"""What genblaze relies on in every embedder: files come back byte for byte, and no file does harm."""

from genblaze.testing import EmbedderContract
from genblaze_acme_format import _plugin


def file_with(content):
    return _plugin.MAGIC + len(content).to_bytes(4) + content


class TestContract(EmbedderContract):
    plugin = _plugin
    samples = (file_with(b"pixels " * 20), file_with(b""))
