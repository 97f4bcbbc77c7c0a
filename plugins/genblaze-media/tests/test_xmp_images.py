"""JPEG, WebP and GIF: the promises that all three keep, with real decoders as judges."""

import io
import json
import re
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from xml.etree import ElementTree

import imageio_ffmpeg
import pytest
from bounds import at_most_held
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageSequence
from sample_media import manifest_of, saved, sha256
from some_formats import only

from genblaze.embedding import (
    content_digest,
    extract_manifest,
    inspect_file,
    sidecar_path,
    strip_manifest,
)
from genblaze.errors import EmbeddingError
from genblaze.layout import BytesReader, LayoutError
from genblaze.verifying import Verdict
from genblaze_media import _plugin, gif, jpeg, webp

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
OTHER_XMP = (
    b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
    b' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
    b' xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4"/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)


PLUGINS, embed, verdict = only(jpeg=_plugin.jpeg, webp=_plugin.webp, gif=_plugin.gif)


def picture(form: str, mode: str = "RGB", size: tuple[int, int] = (40, 30), **save: object) -> bytes:
    image = Image.radial_gradient("L").resize(size).convert(mode)
    if mode == "RGBA":
        image.putalpha(Image.linear_gradient("L").resize(size))
    buffer = io.BytesIO()
    image.save(buffer, form, **save)
    return buffer.getvalue()


def animation(form: str, **save: object) -> bytes:
    frames = [Image.linear_gradient("L").resize((9, 8)).rotate(turn).convert("RGB") for turn in (0, 90, 180)]
    buffer = io.BytesIO()
    frames[0].save(buffer, form, save_all=True, append_images=frames[1:], duration=40, loop=2, **save)
    return buffer.getvalue()


def exif() -> Image.Exif:
    tags = Image.Exif()
    tags[0x010E] = "a fox"
    return tags


EVERYTHING = {"exif": exif(), "icc_profile": PROFILE, "xmp": OTHER_XMP}
SAMPLES = {
    "plain.jpg": picture("JPEG"),
    "small.jpg": picture("JPEG", "L", (8, 8)),
    "progressive.jpg": picture("JPEG", progressive=True, optimize=True),
    "subsampled.jpg": picture("JPEG", subsampling=2, restart_marker_blocks=1),
    "grey.jpg": picture("JPEG", "L"),
    "cmyk.jpg": picture("JPEG", "CMYK"),
    "metadata.jpg": picture("JPEG", comment=b"a comment", **EVERYTHING),
    "stereo.jpg": picture("MPO", save_all=True, append_images=[Image.new("RGB", (40, 30), "red")]),
    "trailer.jpg": picture("JPEG") + b"\0\0\0\x18ftypmp42 a film behind the picture",
    "plain.webp": picture("WEBP"),
    "small.webp": picture("WEBP", "RGB", (4, 4), lossless=True),
    "alpha.webp": picture("WEBP", "RGBA"),
    "lossless.webp": picture("WEBP", lossless=True),
    "lossless alpha.webp": picture("WEBP", "RGBA", lossless=True),
    "metadata.webp": picture("WEBP", **EVERYTHING),
    "animated.webp": animation("WEBP"),
    "animated lossless.webp": animation("WEBP", lossless=True, **EVERYTHING),
    "trailer.webp": picture("WEBP") + b"bytes behind the form",
    "plain.gif": picture("GIF"),
    "small.gif": picture("GIF", "P", (2, 2)),
    "animated.gif": animation("GIF"),
    "comment.gif": picture("GIF", comment=b"a comment", transparency=0),
    "interlaced.gif": picture("GIF", interlace=True),
    "old.gif": b"GIF87a" + picture("GIF")[6:],
    "trailer.gif": picture("GIF") + b"bytes behind the trailer",
    "no trailer.gif": picture("GIF")[:-1],
}
PUBLISHED_FORMATS = [name for name in SAMPLES if not name.endswith(".gif")]


def seen(path):
    """What Pillow makes of a file: every frame, and the metadata that it knows of."""
    with Image.open(path) as image:
        known = {key: value for key, value in image.info.items() if key in {"exif", "icc_profile", "comment", "loop"}}
        frames = [
            (frame.mode, frame.size, frame.info.get("duration"), frame.tobytes())
            for frame in ImageSequence.Iterator(image)
        ]
        return image.format, known, frames


def published_reading(data: bytes):
    """The manifest as the published package finds it: raw tags within the packets, wherever in the file they are."""
    position = 0
    while (start := data.find(b"<x:xmpmeta", position)) >= 0:
        end = re.compile(rb"<\?xpacket end.*?\?>").search(data, start)
        if end is None:
            return None
        packet, position = data[start : end.start()], end.end()
        opened, closed = packet.find(b"<mf:manifest>"), packet.find(b"</mf:manifest>")
        if 0 <= opened < closed:
            text = packet[opened + len(b"<mf:manifest>") : closed].decode()
            return json.loads(text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
    return None


def streamhash(path):
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", path, "-f", "streamhash", "-hash", "md5", "-"]
    return subprocess.run(command, capture_output=True, check=True).stdout


@pytest.mark.parametrize("name", SAMPLES)
def test_every_kind_of_image_comes_back_byte_for_byte(tmp_path, name):
    path = saved(tmp_path, SAMPLES[name], name)
    assert embed(path).method == "inline"
    assert verdict(path) is Verdict.EXACT
    assert extract_manifest(path, plugins=PLUGINS).run.steps[0].prompt == "a red fox, snøwy 🦊"
    strip_manifest(path, plugins=PLUGINS)
    assert path.read_bytes() == SAMPLES[name]


@pytest.mark.parametrize("name", SAMPLES)
def test_pillow_sees_the_same_frames_and_metadata(tmp_path, name):
    path = saved(tmp_path, SAMPLES[name], name)
    before = seen(path)
    embed(path)
    assert seen(path) == before


@pytest.mark.parametrize(
    "name", ["plain.jpg", "progressive.jpg", "plain.webp", "lossless.webp", "animated.gif", "old.gif"]
)
def test_ffmpeg_decodes_the_same(tmp_path, name):
    path = saved(tmp_path, SAMPLES[name], name)
    before = streamhash(path)
    embed(path)
    assert streamhash(path) == before


@pytest.mark.parametrize("name", PUBLISHED_FORMATS)
def test_published_readers_find_the_manifest(tmp_path, name):
    path = saved(tmp_path, SAMPLES[name], name)
    embed(path, prompt="<snø> & 🦊 ]]>")
    manifest = published_reading(path.read_bytes())
    assert manifest["run"]["steps"][0]["prompt"] == "<snø> & 🦊 ]]>"
    assert manifest["canonical_hash"] == extract_manifest(path, plugins=PLUGINS).canonical_hash


@pytest.mark.parametrize("name", SAMPLES)
def test_the_packet_is_xml_that_says_the_same(tmp_path, name):
    path = saved(tmp_path, SAMPLES[name], name)
    embed(path, prompt="<snø> & \ufffe\u2028 ]]>")
    text = only_packet(path).find(".//{https://github.com/backblaze-labs/genblaze/ns/1.0/}manifest").text
    assert json.loads(text)["run"]["steps"][0]["prompt"] == "<snø> & \ufffe\u2028 ]]>"


def only_packet(path):
    """The packet of a file that may hold one only, as readers expect."""
    (text,) = re.findall(rb"<x:xmpmeta.*?</x:xmpmeta>", path.read_bytes(), re.DOTALL)
    return ElementTree.fromstring(text)


@pytest.mark.parametrize("name", [name for name, data in SAMPLES.items() if OTHER_XMP in data])
def test_xmp_of_others_takes_ours_up_and_says_what_it_said(tmp_path, name):
    path = saved(tmp_path, SAMPLES[name], name)
    embed(path)
    rating, ours = only_packet(path).findall(".//{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description")
    assert rating.get("{http://ns.adobe.com/xap/1.0/}Rating") == "4"
    assert len(ours) == 2
    assert verdict(path) is Verdict.EXACT
    strip_manifest(path, plugins=PLUGINS)
    assert path.read_bytes() == SAMPLES[name]


def test_published_readers_find_ours_also_in_xmp_without_the_frame_of_a_packet(tmp_path):
    content = picture("JPEG", xmp=re.search(rb"<x:xmpmeta.*</x:xmpmeta>", OTHER_XMP)[0])
    path = saved(tmp_path, content, "a.jpg")
    embed(path)
    only_packet(path)
    assert published_reading(path.read_bytes())
    assert verdict(path) is Verdict.EXACT
    strip_manifest(path, plugins=PLUGINS)
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "packet",
    [
        OTHER_XMP.replace(b"x:xmpmeta", b"x:xapmeta"),  # published readers would not find ours
        OTHER_XMP.replace(b"rdf:", b"r:").replace(b":rdf", b":r"),
        OTHER_XMP.replace(b"</rdf:RDF>", b"<!-- </rdf:RDF> --></rdf:RDF>"),
        OTHER_XMP.decode().encode("utf-16"),
        re.sub(rb"<rdf:Description.*?/>", b"", OTHER_XMP),
    ],
)
@pytest.mark.parametrize("form", ["JPEG", "WEBP"])
def test_xmp_that_cannot_take_ours_up_stays_beside_it(tmp_path, form, packet):
    content = picture(form, xmp=packet)
    path = saved(tmp_path, content, f"a.{form}")
    assert embed(path).method == "inline"
    assert packet in path.read_bytes()
    assert verdict(path) is Verdict.EXACT
    strip_manifest(path, plugins=PLUGINS)
    assert path.read_bytes() == content


LARGE = [name for name in SAMPLES if name != "trailer.jpg"]


@pytest.mark.parametrize("size", [70_000, 1_000_000])
@pytest.mark.parametrize("name", ["metadata.jpg", "stereo.jpg", "alpha.webp", "animated.webp", "animated.gif"])
def test_a_large_manifest_stays_in_the_file(tmp_path, name, size):
    path = saved(tmp_path, SAMPLES[name], name)
    before = seen(path)
    assert embed(path, prompt="&" * (size // 5)).method == "inline"
    assert verdict(path) is Verdict.EXACT
    assert seen(path) == before
    if not name.endswith(".gif"):
        assert len(published_reading(path.read_bytes())["run"]["steps"][0]["prompt"]) == size // 5
    embed(path, SAMPLES[name])
    assert path.stat().st_size < len(SAMPLES[name]) + 5000
    strip_manifest(path, plugins=PLUGINS)
    assert path.read_bytes() == SAMPLES[name]


@pytest.mark.parametrize("name", ["plain.jpg", "plain.webp", "plain.gif"])
def test_a_manifest_too_large_for_any_reader_gets_a_sidecar(tmp_path, name):
    path = saved(tmp_path, SAMPLES[name], name)
    result = embed(path, prompt="&" * (4 << 20))
    assert result.method == "sidecar"
    assert "16777216" in result.embed_error
    assert path.read_bytes() == SAMPLES[name]


@pytest.mark.parametrize("name", SAMPLES)
def test_embedding_again_replaces_the_manifest(tmp_path, name):
    path = saved(tmp_path, SAMPLES[name], name)
    embed(path, prompt="one")
    embed(path, SAMPLES[name], prompt="two")
    assert path.read_bytes().count(b"<mf:manifest>") == 1
    assert extract_manifest(path, plugins=PLUGINS).run.steps[0].prompt == "two"
    assert verdict(path) is Verdict.EXACT
    strip_manifest(path, plugins=PLUGINS)
    assert path.read_bytes() == SAMPLES[name]


@pytest.mark.parametrize("name", SAMPLES)
def test_a_listed_output_that_holds_an_older_manifest_keeps_it(tmp_path, name):
    path = saved(tmp_path, SAMPLES[name], name)
    embed(path, prompt="the original")
    content = path.read_bytes()
    for _ in range(2):
        assert embed(path, content, prompt="an edit").method == "inline"
        assert path.read_bytes().count(b"<mf:manifest>") == 2
        assert extract_manifest(path, plugins=PLUGINS).run.steps[0].prompt == "an edit"
        assert published_reading(path.read_bytes())["run"]["steps"][0]["prompt"] == "an edit"
        assert verdict(path) is Verdict.EXACT
    assert strip_manifest(path, plugins=PLUGINS).sha256 == sha256(content)
    assert path.read_bytes() == content
    embed(path, SAMPLES[name])
    strip_manifest(path, plugins=PLUGINS)
    assert path.read_bytes() == SAMPLES[name]


@pytest.mark.parametrize("name", ["small.jpg", "small.webp", "small.gif"])
def test_every_changed_byte_is_noticed(tmp_path, name):
    path = saved(tmp_path, SAMPLES[name], name)
    embed(path)
    data = path.read_bytes()
    for position in range(len(data)):
        for bit in (0x20, 1)[: 1 + position % 2]:  # 0x20 turns small letters into capitals: the harder case
            flipped = bytearray(data)
            flipped[position] ^= bit
            path.write_bytes(flipped)
            assert verdict(path) is not Verdict.EXACT, position


@pytest.mark.parametrize("name", ["small.jpg", "small.webp", "small.gif"])
def test_a_cut_file_never_crashes_and_is_never_exact(tmp_path, name):
    path = saved(tmp_path, SAMPLES[name], name)
    embed(path)
    data = path.read_bytes()
    for length in range(0, len(data), 3):
        path.write_bytes(data[:length])
        assert verdict(path) is not Verdict.EXACT, length


def cut(data, draw):
    return data[: draw(st.integers(0, len(data)))]


def scattered(data, draw):
    changed = bytearray(data)
    for _ in range(draw(st.integers(1, 5))):
        changed[draw(st.integers(0, min(400, len(data)) - 1))] = draw(st.integers(0, 255))
    return bytes(changed)


def sized(data, draw):
    at = draw(st.integers(0, min(200, len(data) - 4)))
    number = draw(st.sampled_from([b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff", b"\0\0\0\1", b"\1\0\0\0"]))
    return data[:at] + number + data[at + 4 :]


def longer(data, draw):
    return data + draw(st.binary(min_size=1, max_size=40))


@st.composite
def mutated(draw):
    name = draw(st.sampled_from(sorted(SAMPLES)))
    data = SAMPLES[name]
    if draw(st.booleans()):
        data = EMBEDDED[name]
    return name, draw(st.sampled_from([cut, scattered, sized, longer]))(data, draw)


def embedded(name):
    with tempfile.TemporaryDirectory() as folder:
        path = saved(Path(folder), SAMPLES[name], name)
        embed(path)
        return path.read_bytes()


EMBEDDED = {name: embedded(name) for name in SAMPLES}


@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(mutated())
def test_a_damaged_file_is_refused_or_comes_back_byte_for_byte(sample):
    name, content = sample
    with tempfile.TemporaryDirectory() as folder:
        path = saved(Path(folder), content, name)
        pristine = content_digest(path, plugins=PLUGINS)
        result = embed(path, content)
        if result.method == "inline":
            assert verdict(path) is Verdict.EXACT
            assert path.read_bytes() != content
            if content[:3] in (b"\xff\xd8\xff", b"RIF"):
                assert published_reading(path.read_bytes())["canonical_hash"]
            assert strip_manifest(path, plugins=PLUGINS).sha256 == sha256(content)
        elif pristine.sha256 == sha256(content):
            assert verdict(path) is Verdict.EXACT
            assert path.read_bytes() == content


def decoded(path):
    try:
        with Image.open(path) as image:
            return None if image.width * image.height > 100_000 else seen(path)
    except Exception as error:  # noqa: BLE001 - Pillow raises whatever a broken file makes it trip over
        return type(error)


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_damaged_image_looks_the_same_after_embedding(data):
    name = data.draw(st.sampled_from(sorted(SAMPLES)))
    content = scattered(SAMPLES[name], data.draw)
    with tempfile.TemporaryDirectory() as folder:
        path = saved(Path(folder), content, name)
        before = decoded(path)
        embed(path)
        assert decoded(path) == before


HEADS = st.sampled_from(
    [
        b"",
        b"\xff\xd8",
        b"\xff\xd8\xff\xe1\1\0" + jpeg.XMP_HEADER + b"<mf:manifest>",
        b"RIFF\xff\0\0\0WEBP",
        b"RIFF\xff\0\0\0WEBPVP8X\n\0\0\0",
        b"RIFF\xff\0\0\0WEBPXMP \x20\0\0\0<mf:manifest>",
        b"GIF89a",
        b"GIF87a\1\0\1\0\0\0\0!\xff\x0bXMP DataXMP<mf:manifest>",
    ]
)


@settings(max_examples=300)
@given(HEADS, st.binary(max_size=300), st.sampled_from([jpeg, webp, gif]))
def test_arbitrary_bytes_raise_nothing_but_our_errors(head, tail, module):
    layout = module.inspect_media(BytesReader(head + tail))
    if layout is not None:
        with suppress(LayoutError):
            module.embed_manifest(layout, b"{}", {"v": 1})


@pytest.mark.parametrize("name", ["plain.jpg", "animated.webp", "plain.gif"])
def test_a_sidecar_of_the_published_package_is_used(tmp_path, name):
    path = saved(tmp_path, SAMPLES[name], name)
    sidecar_path(path).write_text(manifest_of(SAMPLES[name]).to_canonical_json())
    assert verdict(path) is Verdict.EXACT


def as_published(data: bytes, payload: bytes) -> bytes:
    """The packet as the published package writes it: no record, no ASCII escapes, and a misencoded byte order mark."""
    text = payload.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")
    return (
        b'<?xpacket begin="\xc3\xaf\xc2\xbb\xc2\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
        b' <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n  <rdf:Description rdf:about=""\n'
        b'    xmlns:mf="https://github.com/backblaze-labs/genblaze/ns/1.0/"'
        + data
        + b">\n   <mf:manifest>"
        + text
        + b'</mf:manifest>\n  </rdf:Description>\n </rdf:RDF>\n</x:xmpmeta>\n<?xpacket end="w"?>'
    )


def published_file(name: str, prompt: str = "snø & <fox>", attributes: bytes = b"") -> bytes:
    """A file as the published package leaves it: Pillow writes the image anew, with the packet."""
    payload = manifest_of(SAMPLES[name], prompt=prompt).to_canonical_json().encode()
    xmp = as_published(attributes, payload)
    form = {"jpg": "JPEG", "webp": "WEBP"}[name.rpartition(".")[2]]
    return picture(form, xmp=xmp, lossless=True)


@pytest.mark.parametrize("name", ["plain.jpg", "lossless.webp"])
def test_a_file_that_the_published_package_made_is_read_and_stripped(tmp_path, name):
    path = saved(tmp_path, published_file(name), name)
    pixels = seen(path)
    assert extract_manifest(path, plugins=PLUGINS).run.steps[0].prompt == "snø & <fox>"
    assert verdict(path) is Verdict.EXACT  # here writing anew changed nothing
    assert strip_manifest(path, plugins=PLUGINS).sha256 == sha256(SAMPLES[name])
    assert seen(path)[1:] == pixels[1:]


@pytest.mark.parametrize("name", ["plain.jpg", "lossless.webp"])
def test_a_manifest_of_the_published_package_is_replaced(tmp_path, name):
    path = saved(tmp_path, published_file(name), name)
    embed(path, SAMPLES[name], prompt="new")
    assert published_reading(path.read_bytes())["run"]["steps"][0]["prompt"] == "new"
    assert path.read_bytes().count(b"<mf:manifest>") == 1
    assert verdict(path) is Verdict.EXACT


@pytest.mark.parametrize("name", ["plain.jpg", "lossless.webp"])
def test_a_published_manifest_of_another_image_is_altered(tmp_path, name):
    path = saved(tmp_path, published_file(name).replace(SAMPLES[name][-9:], b"different"), name)
    assert verdict(path) is Verdict.ALTERED


@pytest.mark.parametrize("name", ["plain.jpg", "lossless.webp"])
def test_what_an_editor_added_to_a_published_packet_outlives_the_manifest(tmp_path, name):
    title = b' xmlns:dc="http://purl.org/dc/elements/1.1/" dc:title="x"'
    content = published_file(name, attributes=title).replace(SAMPLES[name][-9:-2], b"another")
    path = saved(tmp_path, content, name)
    strip_manifest(path, plugins=PLUGINS)
    left = path.read_bytes()
    assert b'dc:title="x"' in left
    assert b"mf:manifest" not in left
    with Image.open(path) as image:
        assert b'dc:title="x"' in image.info["xmp"]
    embed(path)
    assert verdict(path) is Verdict.EXACT
    strip_manifest(path, plugins=PLUGINS)
    assert path.read_bytes() == left


@pytest.mark.parametrize("name", ["small.jpg", "small.webp", "small.gif"])
def test_a_manifest_spelt_differently_is_manifest_altered(tmp_path, name):
    path = saved(tmp_path, EMBEDDED[name].replace(b"sn\\u00f8wy", b"sn\\u00F8wy"), name)
    assert path.read_bytes() != EMBEDDED[name]
    assert verdict(path) is Verdict.MANIFEST_ALTERED


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("plain.jpg", lambda data: data[:2] + b"\xff\xfe\0\x07title" + data[2:]),
        ("plain.gif", lambda data: data[:-1] + b"!\xfe\x05title\0;"),
        ("metadata.webp", lambda data: data.replace(b"a fox", b"a cat")),
    ],
)
def test_an_edited_container_with_the_same_image_is_essence(tmp_path, name, change):
    path = saved(tmp_path, change(EMBEDDED[name]), name)
    assert verdict(path) is Verdict.ESSENCE


@pytest.mark.parametrize("name", ["plain.jpg", "plain.webp", "plain.gif", "animated.webp"])
def test_changed_pixels_are_altered(tmp_path, name):
    data = bytearray(EMBEDDED[name])
    layout = inspect_file(saved(tmp_path, bytes(data), name), plugins=PLUGINS)
    last = layout.essence[-1]
    data[last.offset + last.length - 8] ^= 0x10
    assert verdict(saved(tmp_path, bytes(data), name)) is Verdict.ALTERED


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("plain.jpg", {"width": 40, "height": 30}),
        ("progressive.jpg", {"width": 40, "height": 30}),
        ("plain.webp", {"width": 40, "height": 30}),
        ("lossless alpha.webp", {"width": 40, "height": 30}),
        ("alpha.webp", {"width": 40, "height": 30}),
        ("animated.webp", {"width": 9, "height": 8, "duration": 0.12}),
        ("plain.gif", {"width": 40, "height": 30}),
        ("animated.gif", {"width": 9, "height": 8, "duration": 0.12}),
    ],
)
def test_facts_are_what_the_container_states_before_and_after(tmp_path, name, facts):
    for data in (SAMPLES[name], EMBEDDED[name]):
        assert inspect_file(saved(tmp_path, data, name), plugins=PLUGINS).facts == facts


@pytest.mark.parametrize("name", ["plain.jpg", "plain.webp", "animated.gif"])
def test_the_essence_is_a_few_ranges(tmp_path, name):
    assert len(inspect_file(saved(tmp_path, EMBEDDED[name], name), plugins=PLUGINS).essence) <= 4


def hostile_jpeg():
    manifest = b"<mf:manifest>" + b"x" * 60_000
    segment = b"\xff\xe1" + (len(jpeg.XMP_HEADER + manifest) + 2).to_bytes(2) + jpeg.XMP_HEADER + manifest
    yield "many manifests.jpg", lambda: b"\xff\xd8" + segment * 300 + SAMPLES["plain.jpg"][2:]
    yield "fill bytes.jpg", lambda: b"\xff\xd8" + b"\xff" * (8 << 20)
    yield "many segments.jpg", lambda: b"\xff\xd8" + b"\xff\xfe\0\2" * 260_000 + SAMPLES["plain.jpg"][2:]
    frame = b"\0genblaze-xmp" + (17 << 20).to_bytes(8)
    tail = (13 * (17 << 16)).to_bytes(8) + b"genblaze-xmp\0"
    yield "unclosed.jpg", lambda: SAMPLES["plain.jpg"] + frame + b"<mf:manifest>" * (17 << 16) + tail


def hostile_webp():
    def form(*chunks):
        body = b"WEBP" + b"".join(kind + len(data).to_bytes(4, "little") + data for kind, data in chunks)
        return b"RIFF" + len(body).to_bytes(4, "little") + body

    yield "huge manifest.webp", lambda: form((b"XMP ", b"<mf:manifest>" + b"&amp;" * (4 << 20)))
    yield "many tags.webp", lambda: form((b"XMP ", b"<mf:manifest></mf:manifest>" * (1 << 19)))
    yield "unclosed.webp", lambda: form((b"XMP ", b"<mf:manifest>" * (1 << 20)))
    yield "entities.webp", lambda: form((b"XMP ", b"<mf:manifest>" + b"&#" * (4 << 20) + b"</mf:manifest>"))
    yield "many chunks.webp", lambda: form(*[(b"prVt", b"")] * 260_000)
    yield "many frames.webp", lambda: form(*[(b"ANMF", b"\0" * 16)] * 240_000)
    yield "many manifests.webp", lambda: form(*[(b"XMP ", b"<mf:manifest>" + b"x" * (1 << 20) + b"x")] * 30)


def hostile_gif():
    head, frame = b"GIF89a\1\0\1\0\0\0\0", b",\0\0\0\0\1\0\1\0\0\2\2D\1\0"
    yield "many frames.gif", lambda: head + frame * 260_000 + b";"
    yield "many sub-blocks.gif", lambda: head + frame[:11] + b"\1\0" * 1_000_000 + b"\1\1" * 5_000_000
    yield "many extensions.gif", lambda: head + b"!\xfe\0" * 260_000 + frame + b";"
    packet = b"!\xff\x0bXMP DataXMP<mf:manifest>"
    yield "many manifests.gif", lambda: head + (packet + b" " * (1 << 20) + gif.CLOSING) * 30 + frame + b";"


HOSTILE = {name: make for group in (hostile_jpeg, hostile_webp, hostile_gif) for name, make in group()}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_cost_bounded_time_and_memory(name):
    module = {"jpg": jpeg, "webp": webp, "gif": gif}[name.rpartition(".")[2]]
    reader = BytesReader(HOSTILE[name]())
    started = time.perf_counter()
    module.inspect_media(reader)
    assert time.perf_counter() - started < 90
    if "frames" not in name and "chunks" not in name:
        with at_most_held(120 << 20):
            layout = module.inspect_media(reader)
        assert layout.payload is None or name in {"many tags.webp", "entities.webp"}


def test_a_file_that_lies_about_its_type_is_left_alone(tmp_path):
    path = saved(tmp_path, b"no image at all", "a.jpg")
    assert embed(path).method == "sidecar"
    with pytest.raises(EmbeddingError):
        strip_manifest(tmp_path / "missing.gif", plugins=PLUGINS)
