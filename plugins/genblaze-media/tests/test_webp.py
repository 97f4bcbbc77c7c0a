"""WebP: chunks, sizes and pads. `test_xmp_images.py` has the promises that it shares with JPEG and GIF."""

import io

import pytest
from PIL import Image
from sample_media import manifest_of, saved
from some_formats import only

from genblaze.embedding import extract_manifest, inspect_file, strip_manifest
from genblaze.layout import BytesReader
from genblaze.verifying import Verdict
from genblaze_media import _plugin, webp
from genblaze_media.xmp import write_packet

PLUGINS, embed, verdict = only(webp=_plugin.webp)


def picture(mode: str = "RGB", **save: object) -> bytes:
    image = Image.radial_gradient("L").resize((21, 15)).convert(mode)
    if mode == "RGBA":
        image.putalpha(Image.linear_gradient("L").resize((21, 15)))
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", **save)
    return buffer.getvalue()


def chunk(kind: bytes, data: bytes = b"", pad: bytes = b"\0") -> bytes:
    return kind + len(data).to_bytes(4, "little") + data + pad * (len(data) % 2)


def form(*chunks: bytes, size: int | None = None) -> bytes:
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + (len(body) if size is None else size).to_bytes(4, "little") + body


def extended(flags: int, more: bytes = b"") -> bytes:
    return chunk(b"VP8X", bytes((flags, 0, 0, 0, 20, 0, 0, 14, 0, 0)) + more)


def image_of(data: bytes) -> bytes:
    """The image chunk of a simple file."""
    return data[12:]


LOSSY, LOSSLESS = image_of(picture()), image_of(picture(lossless=True))
OTHER = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"


def pixels(path):
    """What Pillow sees, or None for what it does not open."""
    try:
        with Image.open(path) as image:
            return image.mode, image.tobytes()
    except OSError:
        return None


ODD = {
    "odd last chunk without pad": form(extended(0), LOSSY, chunk(b"prVt", b"odd", pad=b"")),
    "odd last chunk, pad outside the form": form(LOSSY, chunk(b"prVt", b"odd", pad=b"")) + b"\0",
    "pad that is not zero": form(extended(0), LOSSY, chunk(b"prVt", b"odd", pad=b"x")),
    "unknown chunks": form(LOSSY, chunk(b"prVt", b"even"), chunk(b"EXIF", b"no flag for it")),
    "flag without XMP": form(extended(0x04), LOSSY),
    "XMP without flag": form(extended(0), LOSSY, chunk(b"XMP ", OTHER)),
    "XMP with flag": form(extended(0x04), LOSSY, chunk(b"XMP ", OTHER)),
    "reserved flags": form(extended(0xC1), LOSSY),
    "long header": form(extended(0, b"more!"), LOSSY),
    "bytes behind the form": form(LOSSY) + b"RIFF and more",
    "empty chunks": form(extended(0), chunk(b"prVt"), LOSSY, chunk(b"XMP ")),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_file_comes_back_byte_for_byte(tmp_path, name):
    path = saved(tmp_path, ODD[name], "a.webp")
    before = pixels(path)
    for _ in range(2):
        assert embed(path, ODD[name]).method == "inline"
        assert verdict(path) is Verdict.EXACT
    assert before is None or pixels(path) == before
    content = path.read_bytes()
    assert embed(path, content, prompt="an edit").method == "inline"
    assert extract_manifest(path, plugins=PLUGINS).run.steps[0].prompt == "an edit"
    assert verdict(path) is Verdict.EXACT
    embed(path, ODD[name])
    strip_manifest(path, plugins=PLUGINS)
    assert path.read_bytes() == ODD[name]


def test_pillow_opens_most_of_the_odd_files(tmp_path):
    refused = {name for name, content in ODD.items() if pixels(saved(tmp_path, content, "a.webp")) is None}
    assert refused <= {
        "odd last chunk without pad",
        "odd last chunk, pad outside the form",
        "reserved flags",
        "long header",
    }


REFUSED = {
    "empty form": (form(), "holds no chunk"),
    "size of zero": (form(LOSSY, size=0), "holds no chunk"),
    "size larger than the file": (form(LOSSY, size=10_000), "the RIFF form should end at byte 10008"),
    "size of a stream": (form(LOSSY, size=0xFFFFFFFF), "the RIFF form should end"),
    "size smaller than the image": (form(LOSSY, size=40), "the RIFF form or the file ends at 48"),
    "cut in half": (form(LOSSY)[:60], "the RIFF form or the file ends at 60"),
    "chunk of four gigabytes": (form(LOSSY, b"prVt\xff\xff\xff\xff"), "has 4294967295 bytes"),
    "rest of a chunk head": (form(LOSSY, b"prVt"), "is cut off"),
    "header that is not first": (form(LOSSY, extended(0)), "does not begin with b'VP8 '"),
    "header that is too short": (form(chunk(b"VP8X", b"\0" * 4), LOSSY), "does not begin with b'VP8X'"),
    "header alone": (form(extended(0)), "holds no image"),
    "two images": (form(LOSSY, LOSSLESS), "holds one image, and this one more"),
    "no key frame": (form(chunk(b"VP8 ", b"\1\0\0\x9d\1\x2a\1\0\1\0")), "does not say how large the image is"),
    "no side": (form(chunk(b"VP8 ", b"\0\0\0\x9d\1\x2a\0\0\1\0")), "does not say how large the image is"),
    "later version": (form(chunk(b"VP8L", b"\x2f\0\0\0\xe0")), "does not say how large the image is"),
    "signed with C2PA": (form(extended(0), LOSSY, chunk(b"C2PA", b"jumb")), "C2PA"),
    "too many chunks": (form(LOSSY, chunk(b"prVt") * 250_001), "more than 250000 chunks"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_does_not_add_up_gets_a_sidecar(tmp_path, name):
    content, reason = REFUSED[name]
    path = saved(tmp_path, content, "a.webp")
    result = embed(path)
    assert result.method == "sidecar"
    assert reason in result.embed_error
    assert path.read_bytes() == content
    assert verdict(path) is Verdict.EXACT


@pytest.mark.parametrize(
    ("content", "flags"),
    [(picture(), 0x04), (picture(lossless=True), 0x04), (picture("RGBA", lossless=True), 0x14)],
    ids=["lossy", "lossless", "lossless with alpha"],
)
def test_a_simple_file_gets_the_header_that_its_image_calls_for(tmp_path, content, flags):
    path = saved(tmp_path, content, "a.webp")
    embed(path)
    assert path.read_bytes()[12:30] == extended(flags)
    with Image.open(path) as image:
        assert "xmp" in image.info


def test_the_chunk_is_the_last_of_the_form(tmp_path):
    path = saved(tmp_path, form(LOSSY) + b"behind", "a.webp")
    embed(path)
    data = path.read_bytes()
    end = int.from_bytes(data[4:8], "little") + 8
    assert data[end:] == b"behind"
    at = data.rindex(b"XMP ", 0, end)
    length = int.from_bytes(data[at + 4 : at + 8], "little")
    assert at + 8 + length + length % 2 == end


def test_the_first_of_two_manifests_counts_and_both_are_taken_out(tmp_path):
    manifests = [manifest_of(b"", prompt=prompt).to_canonical_json().encode() for prompt in ("one", "two")]
    packets = [chunk(b"XMP ", b"<mf:manifest>%s</mf:manifest>" % each) for each in manifests]
    path = saved(tmp_path, form(extended(0x04), LOSSY, *packets), "a.webp")
    assert extract_manifest(path, plugins=PLUGINS).run.steps[0].prompt == "one"
    strip_manifest(path, plugins=PLUGINS)
    assert b"mf:manifest" not in path.read_bytes()


@pytest.mark.parametrize(
    "lie",
    [
        {"vp8x": "inserted"},
        {"flags": 4},
        {"flags": -1},
        {"flags": 10**30},
        {"flags": True},
        {"flags": "0", "vp8x": ["inserted"]},
        {"pad": True, "flags": 0},
        {"pad": True, "vp8x": "inserted"},
        {"flags": 0, "size": -5},
    ],
    ids=repr,
)
def test_a_record_that_lies_is_never_exact(tmp_path, lie):
    content = form(extended(0x02), LOSSY, chunk(b"prVt", b"odd"))
    path = saved(tmp_path, content, "a.webp")
    embed(path)
    layout = inspect_file(path, plugins=PLUGINS)
    bare = {key: value for key, value in layout.record.items() if key not in ("check", "restore")}
    packet = write_packet(layout.payload, {**bare, "restore": lie})
    path.write_bytes(form(extended(0x06), LOSSY, chunk(b"prVt", b"odd"), chunk(b"XMP ", packet)))
    assert inspect_file(path, plugins=PLUGINS).record is not None
    assert verdict(path) is not Verdict.EXACT


def test_an_animation_is_as_long_as_its_frames():
    frames = [chunk(b"ANMF", b"\0" * 12 + count.to_bytes(3, "little") + b"\0") for count in (40, 1, 0xFFFFFF)]
    layout = webp.inspect_media(BytesReader(form(extended(0x02), chunk(b"ANIM", b"\0" * 6), *frames)))
    assert layout.facts == {"width": 21, "height": 15, "duration": 16777.256}


def test_a_cut_file_still_shows_its_manifest(tmp_path):
    path = saved(tmp_path, form(extended(0), LOSSY), "a.webp")
    embed(path)
    data = path.read_bytes()
    path.write_bytes(data[:4] + (len(data) + 50).to_bytes(4, "little") + data[8:])
    assert extract_manifest(path, plugins=PLUGINS).run.steps[0].model == "brush-1"
    assert verdict(path) is Verdict.ESSENCE
