"""What the tests of a format begin with: its plugin and no other, what they do with it, and files that were damaged."""

from sample_media import manifest_of

from genblaze.embedding import embed_manifest
from genblaze.testing import plugins_with
from genblaze.verifying import verify_file


def only(**formats):
    """A manager with these plugins of formats, and functions of it: embed a manifest in a file, judge the file."""
    plugins = plugins_with(**{f"embed_{name}": plugin for name, plugin in formats.items()})

    def embed(path, *contents, **step):
        return embed_manifest(path, manifest_of(*(contents or [path.read_bytes()]), **step), plugins=plugins)

    def verdict(path):
        return verify_file(path, plugins=plugins).verdict

    return plugins, embed, verdict


def with_a_changed_byte(data):
    """The content with one byte changed, for each position; the position goes with it."""
    for position in range(len(data)):
        changed = bytearray(data)
        changed[position] ^= (1, 0x20, 0x80)[position % 3]
        yield position, changed


def cut(data):
    """Every beginning of the content; its length goes with it."""
    return ((length, data[:length]) for length in range(len(data)))
