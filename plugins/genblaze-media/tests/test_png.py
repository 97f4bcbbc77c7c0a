"""PNG: what real decoders see, what comes back, and what damage and hostile files are called."""

import io
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

import pytest
from bounds import at_most_held
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin
from sample_media import manifest_of, saved, sha256
from some_formats import cut, only

from genblaze.embedding import (
    content_digest,
    embed_manifest,
    extract_manifest,
    inspect_file,
    sidecar_path,
    strip_manifest,
)
from genblaze.verifying import Verdict, verify_file
from genblaze_media._plugin import png

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


IHDR = chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 0, 0, 0, 0))
IDAT = chunk(b"IDAT", zlib.compress(b"\0\1\2\0\3\4"))
IEND = chunk(b"IEND")
SMALL = SIGNATURE + IHDR + IDAT + IEND


def itxt(keyword: bytes, text: bytes, flag: int = 0) -> bytes:
    return chunk(b"iTXt", keyword + bytes([0, flag, 0, 0, 0]) + text)


PLUGINS, embed, verdict = only(png=png)


def picture(**save: object) -> bytes:
    image = Image.radial_gradient("L").resize((40, 30)).convert("RGB")
    buffer = io.BytesIO()
    image.save(buffer, "PNG", **save)
    return buffer.getvalue()


def animation() -> bytes:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "green", "blue")]
    buffer = io.BytesIO()
    frames[0].save(buffer, "PNG", save_all=True, append_images=frames[1:], duration=40)
    return buffer.getvalue()


def titled() -> PngImagePlugin.PngInfo:
    info = PngImagePlugin.PngInfo()
    info.add_itxt("Title", "Füchse", zip=True)
    info.add_text("Comment", "plain", zip=True)
    return info


def pixels(path):
    with Image.open(path) as image:
        frames = []
        for index in range(getattr(image, "n_frames", 1)):
            image.seek(index)
            frames.append((image.mode, image.size, image.convert("RGBA").tobytes()))
        return frames


SAMPLES = {
    "plain": picture(),
    "optimised": picture(optimize=True),
    "profile": picture(icc_profile=b"profile" * 50),
    "text": picture(pnginfo=titled()),
    "resolution": picture(dpi=(300, 300)),
    "exif": picture(exif=Image.Exif()),
    "animated": animation(),
    "trailing": picture() + b"bytes behind the end",
    "no end": picture()[:-12],
    "apple": SIGNATURE + chunk(b"CgBI", b"\x50\0\x20\x02") + SMALL[8:],
}


@pytest.mark.parametrize("name", SAMPLES)
def test_every_kind_of_png_comes_back_byte_for_byte(tmp_path, name):
    path = saved(tmp_path, SAMPLES[name], "a.png")
    assert embed(path).method == "inline"
    assert verdict(path) is Verdict.EXACT
    assert extract_manifest(path, plugins=PLUGINS).run.steps[0].prompt == "a red fox, snøwy 🦊"
    strip_manifest(path, plugins=PLUGINS)
    assert path.read_bytes() == SAMPLES[name]


@pytest.mark.parametrize("name", [name for name in SAMPLES if name not in {"apple"}])
def test_pillow_sees_the_same_pixels(tmp_path, name):
    path = saved(tmp_path, SAMPLES[name], "a.png")
    before = pixels(path)
    embed(path)
    assert pixels(path) == before


def test_pillow_reads_the_manifest_as_text(tmp_path):
    path = saved(tmp_path, picture(pnginfo=titled()), "a.png")
    embed(path)
    with Image.open(path) as image:
        image.load()
        assert '"canonical_hash"' in image.text["genblaze:manifest"]
        assert (image.text["Title"], image.text["Comment"]) == ("Füchse", "plain")


def test_the_manifest_stands_where_published_readers_look(tmp_path):
    path = saved(tmp_path, SMALL, "a.png")
    embed(path)
    behind = path.read_bytes()[len(SIGNATURE + IHDR) :]
    assert behind[4:].startswith(b"iTXtgenblaze:manifest\0\0\0\0\0{")


def test_a_file_that_the_published_package_made_is_proved(tmp_path):
    text = manifest_of(SMALL).to_canonical_json().encode()
    path = saved(tmp_path, SIGNATURE + IHDR + itxt(b"genblaze:manifest", text) + IDAT + IEND, "a.png")
    assert verdict(path) is Verdict.EXACT
    assert content_digest(path, plugins=PLUGINS).sha256 == sha256(SMALL)
    embed(path, SMALL)
    assert path.read_bytes().count(b"genblaze:manifest") == 1


def test_a_listed_output_that_holds_an_older_manifest_keeps_it(tmp_path):
    older = itxt(b"genblaze:manifest", manifest_of(SMALL).to_canonical_json().encode())
    content = SIGNATURE + IHDR + IDAT + older + IEND
    path = saved(tmp_path, content, "a.png")
    for _ in range(2):
        assert embed(path, content, prompt="an edit").method == "inline"
        assert path.read_bytes().count(b"genblaze:manifest") == 2
        assert extract_manifest(path, plugins=PLUGINS).run.steps[0].prompt == "an edit"
        assert verdict(path) is Verdict.EXACT
    assert strip_manifest(path, plugins=PLUGINS).sha256 == sha256(content)
    assert path.read_bytes() == content


def test_a_second_manifest_slipped_in_is_altered(tmp_path):
    path = saved(tmp_path, SMALL, "a.png")
    embed(path)
    data = path.read_bytes()
    for place in (len(SIGNATURE + IHDR), len(data) - len(IEND)):
        path.write_bytes(data[:place] + itxt(b"genblaze:manifest", b"{}") + data[place:])
        assert verdict(path) in {Verdict.ALTERED, Verdict.MANIFEST_ALTERED}


def test_width_and_height_are_facts(tmp_path):
    assert inspect_file(saved(tmp_path, picture(), "a.png"), plugins=PLUGINS).facts == {"width": 40, "height": 30}


def test_an_edited_container_with_the_same_pixels_is_essence(tmp_path):
    path = saved(tmp_path, SMALL, "a.png")
    embed(path)
    path.write_bytes(path.read_bytes()[: -len(IEND)] + chunk(b"tEXt", b"Title\0new") + IEND)
    assert verdict(path) is Verdict.ESSENCE


ancillary = st.builds(
    lambda kind, data: chunk(kind, data),
    st.sampled_from([b"tEXt", b"zTXt", b"iTXt", b"iCCP", b"eXIf", b"prVt", b"acTL", b"fcTL"]),
    st.binary(max_size=40),
)
image_data = st.builds(
    lambda kind, data: chunk(kind, data), st.sampled_from([b"IDAT", b"fdAT"]), st.binary(max_size=60)
)
layouts = st.builds(
    lambda front, data, back, end, trailer: SIGNATURE + IHDR + b"".join(front + data + back) + end + trailer,
    st.lists(ancillary, max_size=3),
    st.lists(image_data, max_size=4),
    st.lists(ancillary, max_size=2),
    st.just(IEND),
    st.one_of(st.just(b""), st.binary(max_size=30)),
)


@settings(max_examples=60, deadline=None)
@given(layouts, st.text(max_size=30), st.text(max_size=30))
def test_embed_strip_embed_is_embed_for_any_layout_of_chunks(content, first, second):
    with tempfile.TemporaryDirectory() as folder:
        path = saved(Path(folder), content, "a.png")
        assert embed(path, content, prompt=first).method == "inline"
        manifest = manifest_of(content, prompt=second)
        embed_manifest(path, manifest, plugins=PLUGINS)
        embedded = path.read_bytes()
        assert verdict(path) is Verdict.EXACT
        strip_manifest(path, plugins=PLUGINS)
        assert path.read_bytes() == content
        embed_manifest(path, manifest, plugins=PLUGINS)
        assert path.read_bytes() == embedded


def test_every_changed_byte_is_noticed(tmp_path):
    path = saved(tmp_path, SMALL, "a.png")
    embed(path)
    data = path.read_bytes()
    for position in range(len(data)):
        for bit in (1, 0x20):
            flipped = bytearray(data)
            flipped[position] ^= bit
            path.write_bytes(flipped)
            assert verdict(path) is not Verdict.EXACT, position


def test_a_cut_file_never_crashes_and_is_never_exact(tmp_path):
    path = saved(tmp_path, SMALL, "a.png")
    embed(path)
    for length, beginning in cut(path.read_bytes()):
        path.write_bytes(beginning)
        assert verdict(path) is not Verdict.EXACT, length


def test_a_cut_file_still_shows_its_manifest(tmp_path):
    path = saved(tmp_path, SMALL, "a.png")
    embed(path)
    path.write_bytes(path.read_bytes()[: -len(IEND) - 5])
    assert extract_manifest(path, plugins=PLUGINS).run.steps[0].model == "brush-1"
    assert verdict(path) is Verdict.ALTERED


def test_a_wrong_checksum_of_the_manifest_is_manifest_altered(tmp_path):
    path = saved(tmp_path, SMALL, "a.png")
    embed(path)
    data = bytearray(path.read_bytes())
    data[data.index(b"genblaze:record") - 12] ^= 1
    path.write_bytes(data)
    found = verify_file(path, plugins=PLUGINS)
    assert found.verdict is Verdict.MANIFEST_ALTERED
    assert "checksum of the genblaze:manifest chunk" in found.message


REFUSED = {
    "cut": (SMALL[:-15], "IDAT chunk at byte 33 has"),
    "no header": (SIGNATURE + IDAT + IEND, "where IHDR of 13 belongs"),
    "no chunk": (SIGNATURE + IHDR + b"\0\0\0\1\0\0\0\0rest", "cannot begin a chunk"),
    "length past the end": (SIGNATURE + IHDR + b"\x7f\xff\xff\xffIDATx", "has 2147483647 bytes"),
    "impossible length": (SIGNATURE + IHDR + b"\xff\xff\xff\xffIDATx", "cannot begin a chunk"),
    "signed with C2PA": (SIGNATURE + IHDR + chunk(b"caBX", b"jumb") + IDAT + IEND, "C2PA"),
    "too many chunks": (SIGNATURE + IHDR + chunk(b"prVt") * 250_001 + IEND, "more than 250000 chunks"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_does_not_add_up_gets_a_sidecar(tmp_path, name):
    content, reason = REFUSED[name]
    path = saved(tmp_path, content, "a.png")
    result = embed(path)
    assert result.method == "sidecar"
    assert reason in result.embed_error
    assert path.read_bytes() == content
    assert verdict(path) is Verdict.EXACT


@pytest.mark.parametrize(
    "block",
    [
        itxt(b"genblaze:manifest", zlib.compress(b"0" * 10_000_000), flag=1),
        chunk(b"iTXt", b"genblaze:manifest\0"),
        itxt(b"genblaze:record", b"{}"),
    ],
    ids=["compressed", "malformed", "record alone"],
)
def test_a_manifest_that_cannot_be_read_is_not_guessed_at(tmp_path, block):
    path = saved(tmp_path, SIGNATURE + IHDR + block + IDAT + IEND, "a.png")
    assert verdict(path) is Verdict.UNREADABLE
    embed(path, SMALL)
    assert verdict(path) is Verdict.EXACT
    strip_manifest(path, plugins=PLUGINS)
    assert path.read_bytes() == SMALL


@pytest.mark.parametrize(
    "body",
    [
        lambda: itxt(b"genblaze:manifest", b"x" * (17 << 20)),
        lambda: itxt(b"genblaze:manifest", b"x" * (1 << 20)) * 40,
        lambda: itxt(b"genblaze:record", b"x") * 60_000 + itxt(b"genblaze:manifest", b"x") * 60_000,
        lambda: chunk(b"IDAT", b"x") * 240_000,
    ],
    ids=["huge manifest", "many manifests", "records and manifests", "many chunks"],
)
def test_hostile_files_cost_bounded_time_and_memory(tmp_path, body):
    path = saved(tmp_path, SIGNATURE + IHDR + body() + IEND, "a.png")
    with at_most_held(80 << 20):
        assert verdict(path) is not Verdict.EXACT


EMBED_FOR_EVER = """
import sys
from genblaze_media._plugin import png
from genblaze.builtin import sidecar
from genblaze.config import Config
from genblaze.embedding import embed_manifest
from genblaze.models.manifest import parse_manifest
from genblaze.plugins import PluginManager
plugins = PluginManager(Config(), autoload=False)
plugins.register(png, "embed-png"); plugins.register(sidecar, "sidecar")
path, *documents = sys.argv[1:]
manifests = [parse_manifest(open(each).read()) for each in documents]
print("ready", flush=True)
for turn in range(int(1e9)):
    embed_manifest(path, manifests[turn % len(manifests)], plugins=plugins)
"""


def embedding_for_ever(path, *documents):
    process = subprocess.Popen(
        [sys.executable, "-c", EMBED_FOR_EVER, path, *documents], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.fixture
def documents(tmp_path):
    paths = []
    for prompt in ("one", "two"):
        document = tmp_path / f"{prompt}.json"
        document.write_text(manifest_of(SMALL, prompt=prompt).to_canonical_json())
        paths.append(document)
    return paths


@pytest.mark.slow
def test_a_killed_embedding_leaves_the_old_file_or_the_new_one(tmp_path, documents):
    path = saved(tmp_path, SMALL, "a.png")
    for turn in range(8):
        process = embedding_for_ever(path, *documents)
        time.sleep(0.002 * turn)
        process.kill()
        process.communicate()
        assert content_digest(path, plugins=PLUGINS).sha256 == sha256(SMALL)
        assert verdict(path) in {Verdict.EXACT, Verdict.NO_MANIFEST}


@pytest.mark.slow
def test_two_processes_embedding_into_one_file_leave_it_readable(tmp_path, documents):
    path = saved(tmp_path, SMALL, "a.png")
    processes = [embedding_for_ever(path, *documents) for _ in range(2)]
    deadline = time.monotonic() + 1
    while time.monotonic() < deadline:
        assert verdict(path) in {Verdict.EXACT, Verdict.NO_MANIFEST}
    assert all(process.poll() is None for process in processes)
    for process in processes:
        process.kill()
        process.communicate()
    assert not sidecar_path(path).exists()
    assert verdict(path) is Verdict.EXACT
