"""JPEG: where the segment goes, what stays untouched, and what is refused. `test_xmp_images.py` has the promises."""

import io

import pytest
from bounds import at_most_read
from PIL import Image
from sample_media import manifest_of, saved
from some_formats import only

from genblaze.embedding import inspect_file, strip_manifest
from genblaze.layout import BytesReader, encode_record
from genblaze.verifying import Verdict
from genblaze_media import _plugin, jpeg

PLUGINS, embed, verdict = only(jpeg=_plugin.jpeg)


def picture(**save: object) -> bytes:
    buffer = io.BytesIO()
    Image.radial_gradient("L").resize((24, 16)).convert("RGB").save(buffer, "JPEG", **save)
    return buffer.getvalue()


def segment(marker: int, data: bytes = b"") -> bytes:
    return bytes((0xFF, marker)) + (len(data) + 2).to_bytes(2) + data


PLAIN = picture()
SOI, JFIF, BODY = PLAIN[:2], PLAIN[2:20], PLAIN[20:]
EXIF = segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0")
XMP = segment(0xE1, jpeg.XMP_HEADER + b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>")
XMP_WITH_ROOM = segment(
    0xE1,
    jpeg.XMP_HEADER
    + b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
    b"<rdf:Description rdf:about='' xmlns:a='a:' a:b='c'/></rdf:RDF></x:xmpmeta><?xpacket end='r'?>" + b" " * 1000,
)
EXTENDED = segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + b"0" * 32 + b"\0\0\1\0\0\0\0\0" + b"x" * 60_000)
IPTC = segment(0xED, b"Photoshop 3.0\0" + b"8BIM\4\4\0\0\0\0\0\0")


def jumbf(kind: bytes) -> bytes:
    return segment(0xEB, b"JP\0\1\0\0\0\1" + b"\0\0\0\x2ajumb" + b"\0\0\0\x22jumd" + kind + b"\0\x11\0\x10\x80\0\0\xaa")


ODD = {
    "fill bytes": SOI + JFIF + b"\xff\xff\xff" + EXIF + b"\xff" + BODY,
    "no jfif": SOI + BODY,
    "exif first": SOI + EXIF + JFIF + BODY,
    "xmp before exif": SOI + JFIF + XMP + EXIF + BODY,
    "extended xmp": SOI + JFIF + EXIF + XMP + EXTENDED + EXTENDED + BODY,
    "xmp that takes ours up, behind fill bytes": SOI + JFIF + b"\xff\xff" + XMP_WITH_ROOM + XMP + BODY,
    "iptc": SOI + JFIF + IPTC + BODY,
    "another jumbf": SOI + JFIF + jumbf(b"json") + BODY,
    "two comments": SOI + JFIF + segment(0xFE, b"one") + segment(0xFE, b"two") + BODY,
    "empty segments": SOI + JFIF + segment(0xE1) + segment(0xE0) + segment(0xEB) + segment(0xE1, b"Exif") + BODY,
    "stray restart": SOI + JFIF + b"\xff\xd0" + BODY,
    "cut in the scan": PLAIN[:-20],
    "xmp of 65533 bytes": SOI + JFIF + segment(0xE1, (XMP[4:] + b" " * 70_000)[:65_533]) + BODY,
    "number of lines unknown": PLAIN.replace(b"\xff\xc0\0\x11\x08\0\x10", b"\xff\xc0\0\x11\x08\0\0"),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_file_comes_back_byte_for_byte(tmp_path, name):
    path = saved(tmp_path, ODD[name], "a.jpg")
    assert embed(path).method == "inline"
    assert verdict(path) is Verdict.EXACT
    strip_manifest(path, plugins=PLUGINS)
    assert path.read_bytes() == ODD[name]


REFUSED = {
    "three bytes": (b"\xff\xd8\xff", "where a marker belongs"),
    "only a start": (b"\xff\xd8\xff\xd9", "holds no image"),
    "tables only": (SOI + JFIF + segment(0xDB, b"\0" * 65) + b"\xff\xd9", "holds no image"),
    "cut in a segment": (PLAIN[:60], "cut off"),
    "length past the end": (SOI + JFIF + b"\xff\xe2\xff\xffx", "segment FFE2 at byte 20 is cut off"),
    "length too small": (SOI + JFIF + b"\xff\xe2\0\1" + BODY, "claims a length of 1 bytes"),
    "no marker": (SOI + JFIF + b"junk" + BODY, "at byte 20 stands"),
    "signed with C2PA": (SOI + JFIF + jumbf(b"c2pa") + BODY, "C2PA"),
    "too many segments": (SOI + b"\xff\xfe\0\2" * 250_001 + BODY, "more than 250000 segments"),
    "too many manifests": (
        SOI + segment(0xE1, jpeg.XMP_HEADER + b"<mf:manifest>{}</mf:manifest>") * 17 + BODY,
        "more than 16",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_does_not_add_up_gets_a_sidecar(tmp_path, name):
    content, reason = REFUSED[name]
    path = saved(tmp_path, content, "a.jpg")
    result = embed(path)
    assert result.method == "sidecar"
    assert reason in result.embed_error
    if name != "too many manifests":
        assert path.read_bytes() == content
        assert verdict(path) is Verdict.EXACT


def test_the_segment_comes_after_jfif_and_exif_and_before_other_xmp(tmp_path):
    path = saved(tmp_path, SOI + JFIF + EXIF + XMP + IPTC + BODY, "a.jpg")
    embed(path)
    data = path.read_bytes()
    assert data.startswith(SOI + JFIF + EXIF + b"\xff\xe1")
    assert data.endswith(XMP + IPTC + BODY)


def test_further_pictures_stay_where_the_index_says_behind_itself(tmp_path):
    index = segment(0xE2, b"MPF\0II*\0\x08\0\0\0")
    content = SOI + JFIF + index + XMP_WITH_ROOM + BODY + PLAIN
    path = saved(tmp_path, content, "a.jpg")
    assert embed(path).method == "inline"
    assert path.read_bytes().partition(index)[2] == content.partition(index)[2]
    assert XMP_WITH_ROOM in path.read_bytes()


@pytest.mark.parametrize(("length", "beside"), [(61_000, False), (62_600, True)])
def test_xmp_without_room_for_ours_in_its_segment_stays_beside_it(tmp_path, length, beside):
    content = SOI + JFIF + XMP_WITH_ROOM + BODY
    path = saved(tmp_path, content, "a.jpg")
    assert embed(path, prompt="x" * length).method == "inline"
    assert (XMP_WITH_ROOM in path.read_bytes()) == beside
    strip_manifest(path, plugins=PLUGINS)
    assert path.read_bytes() == content


def test_a_manifest_longer_than_a_segment_follows_the_image(tmp_path):
    path = saved(tmp_path, PLAIN, "a.jpg")
    embed(path, prompt="x" * 70_000)
    data = path.read_bytes()
    assert data.startswith(PLAIN + jpeg.TRAILER_START)
    assert data.endswith(jpeg.TRAILER_END)
    assert verdict(path) is Verdict.EXACT


def test_the_longest_segment_is_used_to_its_last_byte(tmp_path):
    lengths = {}
    for count in range(63_000, 65_200):
        plan = jpeg.embed_manifest(
            jpeg.inspect_media(BytesReader(PLAIN)), b'"%s"' % (b"x" * count), {"v": 1, "content_size": 1}
        )
        lengths[plan.segments[0].length == len(PLAIN)] = plan.size - len(PLAIN)
    assert lengths[False] == 65_537
    path = saved(tmp_path, PLAIN, "a.jpg")
    embed(path, prompt="x" * 63_000)
    assert verdict(path) is Verdict.EXACT


def test_a_film_behind_the_image_is_not_pushed_from_the_end(tmp_path):
    path = saved(tmp_path, PLAIN + b"\0\0\0\x18ftypmp42 film", "a.jpg")
    result = embed(path, prompt="x" * 70_000)
    assert result.method == "sidecar"
    assert "at the end" in result.embed_error
    assert embed(path).method == "inline"
    assert path.read_bytes().endswith(b"ftypmp42 film")


def test_a_long_manifest_never_hides_behind_an_older_one(tmp_path):
    path = saved(tmp_path, PLAIN, "a.jpg")
    embed(path)
    content = path.read_bytes()
    result = embed(path, content, prompt="x" * 70_000)
    assert result.method == "sidecar"
    assert "an older one would stand before it" in result.embed_error
    assert path.read_bytes() == content


def test_every_changed_byte_of_the_frame_behind_the_image_is_noticed(tmp_path):
    path = saved(tmp_path, PLAIN, "a.jpg")
    embed(path, prompt="x" * 66_000)
    data = path.read_bytes()
    frame = len(PLAIN)
    for position in (*range(frame, frame + 600, 7), *range(frame, frame + 21), *range(len(data) - 800, len(data))):
        changed = bytearray(data)
        changed[position] ^= 1
        path.write_bytes(changed)
        assert verdict(path) is not Verdict.EXACT, position


def test_a_frame_that_lies_about_its_length_is_damage(tmp_path):
    foot = (1 << 60).to_bytes(8) + jpeg.TRAILER_END
    path = saved(tmp_path, PLAIN + foot, "a.jpg")
    assert verdict(path) is Verdict.UNREADABLE
    assert "claims 1152921504606846976 bytes" in inspect_file(path, plugins=PLUGINS).damage


def test_tables_count_as_essence(tmp_path):
    path = saved(tmp_path, PLAIN, "a.jpg")
    embed(path)
    data = bytearray(path.read_bytes())
    data[data.index(b"\xff\xdb") + 8] ^= 1
    path.write_bytes(data)
    assert verdict(path) is Verdict.ALTERED


def test_a_height_that_comes_after_the_scan_is_no_fact(tmp_path):
    path = saved(tmp_path, ODD["number of lines unknown"], "a.jpg")
    assert inspect_file(path, plugins=PLUGINS).facts == {}


def test_a_gigabyte_is_inspected_without_reading_it(tmp_path):
    path = saved(tmp_path, PLAIN, "a.jpg")
    with path.open("r+b") as file:
        file.truncate(1 << 30)
    with at_most_read(1 << 20):
        layout = inspect_file(path, plugins=PLUGINS)
    assert layout.facts == {"width": 24, "height": 16}


def test_a_record_that_lies_is_never_exact(tmp_path):
    path = saved(tmp_path, PLAIN, "a.jpg")
    embed(path)
    record = inspect_file(path, plugins=PLUGINS).record
    lie = {**record, "content_size": 1}
    plan = jpeg.embed_manifest(
        jpeg.inspect_media(BytesReader(PLAIN)), manifest_of(PLAIN).to_canonical_json().encode(), lie
    )
    path.write_bytes(
        b"".join(
            PLAIN[each.offset : each.offset + each.length] if hasattr(each, "offset") else each.data
            for each in plan.segments
        )
    )
    assert encode_record(lie) != encode_record(record)
    assert verdict(path) is Verdict.ALTERED
