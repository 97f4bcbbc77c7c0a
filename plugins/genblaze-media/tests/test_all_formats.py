"""What holds for every format: a file comes back byte for byte, and no damage whatever is called exact."""

import os
import tempfile
from functools import cache
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from msgspec import Struct
from sample_media import manifest_of, saved
from smallest_media import SMALLEST

from genblaze.config import Config
from genblaze.embedding import embed_manifest, extract_manifest, inspect_file, strip_manifest
from genblaze.layout import Copy
from genblaze.plugins import PluginManager
from genblaze.verifying import Verdict, verify_file

PLUGINS = PluginManager(Config())
OURS = {each.name for each in PLUGINS.records() if each.distribution == "genblaze-media"}
MEDIA_TYPES = sorted(capability.key for capability, plugin in PLUGINS.capabilities("embed_manifest") if plugin in OURS)
every_format = pytest.mark.parametrize("media_type", MEDIA_TYPES)

# Over all formats; a release is tried with GENBLAZE_DAMAGES=10000, and a tenth as many undamaged files.
DAMAGES = int(os.environ.get("GENBLAZE_DAMAGES", "4000"))
AT_ONCE = 20


class Pair(Struct):
    """Two embedded files of one type that differ in a byte of the coded media and in their manifests.

    `blocks` and `other_blocks` are what embedding changed or added in each, as offset and end.
    """

    embedded: bytes
    other: bytes
    blocks: list[tuple[int, int]]
    other_blocks: list[tuple[int, int]]


def embedded(content: bytes, folder: Path) -> tuple[bytes, list[tuple[int, int]]]:
    """The file with its manifest, and the places that restoring takes out or puts back."""
    path = saved(folder, content, "a file")
    assert embed_manifest(path, manifest_of(content), plugins=PLUGINS).method == "inline"
    layout = inspect_file(path, plugins=PLUGINS)
    kept = [each for each in layout.restores[0].segments if isinstance(each, Copy)]
    edges = [0, *(edge for each in kept for edge in (each.offset, each.offset + each.length)), layout.size]
    places = zip(edges[::2], edges[1::2], strict=True)
    return path.read_bytes(), [(start, end) for start, end in places if start < end]


@cache
def pair(media_type: str) -> Pair:
    content = SMALLEST[media_type]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        essence = inspect_file(saved(folder, content, "a file"), plugins=PLUGINS).essence
        changed = bytearray(content)
        changed[essence[-1].offset + essence[-1].length // 2] ^= 1
        first, second = embedded(content, folder), embedded(bytes(changed), folder)
    return Pair(first[0], second[0], first[1], second[1])


def test_there_is_a_sample_of_every_registered_format():
    missing = set(MEDIA_TYPES) - set(SMALLEST)
    assert not missing, f"add the smallest file of each to tests/samples/smallest_media.py: {sorted(missing)}"


@every_format
def test_a_sample_is_recognised_without_its_name(tmp_path, media_type):
    path = saved(tmp_path, SMALLEST[media_type], "a file")
    assert verify_file(path, plugins=PLUGINS).media_type == media_type
    assert inspect_file(path, plugins=PLUGINS).essence


@every_format
def test_an_undamaged_file_is_exact_and_comes_back_byte_for_byte(tmp_path, media_type):
    content = SMALLEST[media_type]
    path = saved(tmp_path, content, "a file")
    for prompt in ("one", "two"):
        assert embed_manifest(path, manifest_of(content, prompt=prompt), plugins=PLUGINS).method == "inline"
        found = verify_file(path, plugins=PLUGINS)
        assert (found.verdict, found.source, found.step.prompt) == (Verdict.EXACT, "inline", prompt)
        assert extract_manifest(path, plugins=PLUGINS) == found.manifest
    strip_manifest(path, plugins=PLUGINS)
    assert path.read_bytes() == content
    assert verify_file(path, plugins=PLUGINS).verdict is Verdict.NO_MANIFEST


@every_format
def test_a_manifest_of_another_file_proves_nothing(tmp_path, media_type):
    """Neither in place of the file's own nor beside it, whole or in part."""
    files = pair(media_type)
    assert len(files.blocks) == len(files.other_blocks)
    for changed in range(1, 2 ** len(files.blocks)):
        data = bytearray(files.embedded)
        for at in reversed(range(len(files.blocks))):
            if changed >> at & 1:
                theirs = files.other[slice(*files.other_blocks[at])]
                data[slice(*files.blocks[at])] = theirs
        if data != files.embedded:
            path = saved(tmp_path, bytes(data), "a file")
            assert verify_file(path, plugins=PLUGINS).verdict is not Verdict.EXACT


@pytest.mark.slow
@every_format
def test_no_undamaged_file_is_reported(tmp_path, media_type):
    content = SMALLEST[media_type]
    for number in range(-(-DAMAGES // 10 // len(MEDIA_TYPES))):
        path = saved(tmp_path, content, "a file")
        embed_manifest(path, manifest_of(content, prompt="fox " * number, seed=number), plugins=PLUGINS)
        assert verify_file(path, plugins=PLUGINS).verdict is Verdict.EXACT


class Damage(Struct, frozen=True):
    """One damage; `where` is a fraction of the file, or, with `in_block`, of what embedding added."""

    kind: str
    where: float
    in_block: bool
    length: int
    data: bytes

    def done_to(self, files: Pair) -> bytes:
        data = files.embedded
        start, end = max(files.blocks, key=lambda block: block[1] - block[0]) if self.in_block else (0, len(data))
        at = start + int(self.where * (end - start))
        match self.kind:
            case "flip":
                return data[:at] + bytes([data[at] ^ (self.data[0] or 1)]) + data[at + 1 :]
            case "insert":
                return data[:at] + self.data + data[at:]
            case "delete":
                return data[:at] + data[at + self.length :]
            case "truncate":
                return data[:at]
            case "double":
                return data[:at] + data[max(0, at - self.length) :]
            case "splice block":
                block = files.other[slice(*max(files.other_blocks, key=lambda block: block[1] - block[0]))]
                return data[:at] + block + data[at + self.length :]
            case _:
                return data[:at] + files.other[at : at + self.length * 20] + data[at + self.length * 20 :]


KINDS = ("flip", "flip", "insert", "delete", "truncate", "double", "splice block", "splice")
damages = st.builds(
    Damage,
    st.sampled_from(KINDS),
    st.floats(0, 1, exclude_max=True),
    st.booleans(),
    st.integers(1, 40),
    st.binary(min_size=1, max_size=8),
)


@pytest.mark.slow
@every_format
# The message names the one damage, so there is nothing to gain from minutes of shrinking.
@settings(max_examples=-(-DAMAGES // AT_ONCE // len(MEDIA_TYPES)), phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(st.lists(damages, min_size=AT_ONCE, max_size=AT_ONCE))
def test_no_damage_is_exact(media_type, each_alone):
    files = pair(media_type)
    whole = {files.embedded, files.other}
    with tempfile.TemporaryDirectory() as folder:
        for damage in each_alone:
            data = damage.done_to(files)
            path = saved(Path(folder), data, "a file")
            assert data in whole or verify_file(path, plugins=PLUGINS).verdict is not Verdict.EXACT, damage
