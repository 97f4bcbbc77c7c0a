"""GIF: versions, extensions and sub-blocks. `test_xmp_images.py` has the promises that it shares with JPEG and WebP."""

import pytest
from PIL import Image
from sample_media import saved
from some_formats import only

from genblaze.embedding import inspect_file, strip_manifest
from genblaze.layout import BytesReader
from genblaze.verifying import Verdict
from genblaze_media import _plugin, gif

PLUGINS, embed, verdict = only(gif=_plugin.gif)


SCREEN = b"\2\0\2\0\x80\0\0" + b"\0\0\0\xff\xff\xff"
PICTURE = b",\0\0\0\0\2\0\2\0\0\2\3\x0c\x10\5\0"
LOCAL = b",\0\0\0\0\2\0\2\0\x80" + b"\0\0\0\xff\0\0" + b"\2\3\x0c\x10\5\0"
DELAY = b"!\xf9\4\0\5\0\0\0"
LOOP = b"!\xff\x0bNETSCAPE2.0\3\1\0\0\0"
COMMENT = b"!\xfe\5title\0"
OTHER_XMP = b"!\xff\x0bXMP DataXMP<x:xmpmeta xmlns:x='adobe:ns:meta/'/>" + gif.CLOSING
WRAPPED_XMP = b"!\xff\x0bXMP DataXMP\x25<x:xmpmeta xmlns:x='adobe:ns:meta/'/>\0"


def file(*parts: bytes, version: bytes = b"89a", end: bytes = b";") -> bytes:
    return b"GIF" + version + SCREEN + b"".join(parts) + end


def pixels(path):
    """What Pillow sees, or None for what it does not open."""
    try:
        with Image.open(path) as image:
            return image.n_frames, image.convert("RGBA").tobytes()
    except OSError:
        return None


ODD = {
    "version 87a": file(PICTURE, version=b"87a"),
    "local colours": file(LOCAL),
    "animation": file(LOOP, DELAY, PICTURE, DELAY, LOCAL),
    "comment": file(COMMENT, PICTURE, COMMENT),
    "another XMP": file(OTHER_XMP, PICTURE),
    "another XMP in sub-blocks": file(PICTURE, WRAPPED_XMP),
    "application of no name": file(b"!\xff\0", PICTURE),
    "unknown extension": file(b"!\x42\2ab\0", PICTURE),
    "no colours": b"GIF89a\2\0\2\0\0\0\0" + LOCAL + b";",
    "no trailer": file(PICTURE, end=b""),
    "bytes behind the trailer": file(PICTURE, end=b";;more"),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_file_comes_back_byte_for_byte(tmp_path, name):
    path = saved(tmp_path, ODD[name], "a.gif")
    before = pixels(path)
    assert embed(path).method == "inline"
    assert verdict(path) is Verdict.EXACT
    assert pixels(path) == before
    strip_manifest(path, plugins=PLUGINS)
    assert path.read_bytes() == ODD[name]


REFUSED = {
    "head alone": (b"GIF89a", "screen descriptor is cut off"),
    "cut in the colours": (file()[:16], "colour table should end at byte 19"),
    "no image": (file(), "holds no image"),
    "another version": (file(PICTURE, version=b"88a"), "b'GIF88a' is no version"),
    "sub-block past the end": (file(PICTURE[:-3] + b"\xff", end=b""), "cut off"),
    "no end of the sub-blocks": (file(PICTURE[:-1], end=b""), "cut off"),
    "cut in a descriptor": (file(PICTURE[:7], end=b""), "begins no whole block"),
    "junk between blocks": (file(PICTURE, b"\0\0"), "begins no whole block"),
    "signed with C2PA": (file(b"!\xff\x0bC2PA_GIF\1\0\0\4jumb\0", PICTURE), "C2PA"),
    "too many blocks": (file(b"!\xfe\0" * 250_001, PICTURE), "more than 250000 blocks"),
    "too many sub-blocks": (file(PICTURE[:11] + b"\1\1" * 4_000_100 + b"\0"), "more than 4000000 sub-blocks"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_does_not_add_up_gets_a_sidecar(tmp_path, name):
    content, reason = REFUSED[name]
    path = saved(tmp_path, content, "a.gif")
    result = embed(path)
    assert result.method == "sidecar"
    assert reason in result.embed_error
    assert path.read_bytes() == content
    assert verdict(path) is Verdict.EXACT


def test_the_extension_stands_right_before_the_trailer_and_makes_it_89a(tmp_path):
    path = saved(tmp_path, ODD["version 87a"], "a.gif")
    embed(path)
    data = path.read_bytes()
    assert data.startswith(file(PICTURE, b"!\xff\x0bXMP DataXMP<?xpacket begin=", end=b""))
    assert data.endswith(b'<?xpacket end="w"?>' + gif.CLOSING + b";")
    assert list(gif.CLOSING) == [1, *range(255, -1, -1), 0]


@pytest.mark.parametrize("length", range(256))
def test_whoever_takes_the_packet_for_sub_blocks_gets_to_its_end(tmp_path, length):
    layout = gif.inspect_media(BytesReader(file(PICTURE)))
    plan = gif.embed_manifest(layout, b'"%s"' % (b"x" * length), {"v": 1})
    data = b"".join(
        file(PICTURE)[each.offset : each.offset + each.length] if hasattr(each, "offset") else each.data
        for each in plan.segments
    )
    position = data.index(b"!\xff\x0bXMP DataXMP") + 2
    while data[position]:
        position += data[position] + 1
    assert data[position + 1 :] == b";"


def test_the_newer_version_under_the_older_name_is_altered(tmp_path):
    path = saved(tmp_path, ODD["version 87a"], "a.gif")
    embed(path)
    path.write_bytes(b"GIF87a" + path.read_bytes()[6:])
    assert verdict(path) is Verdict.ALTERED


def test_comments_and_loops_are_no_essence(tmp_path):
    path = saved(tmp_path, ODD["animation"], "a.gif")
    embed(path)
    path.write_bytes(path.read_bytes().replace(LOOP, LOOP + COMMENT))
    assert verdict(path) is Verdict.ESSENCE


def test_delays_and_colours_are_essence(tmp_path):
    path = saved(tmp_path, ODD["animation"], "a.gif")
    embed(path)
    data = path.read_bytes()
    for old, new in ((DELAY, b"!\xf9\4\0\6\0\0\0"), (b"\xff\xff\xff", b"\xff\xff\xfe")):
        path.write_bytes(data.replace(old, new, 1))
        assert verdict(path) is Verdict.ALTERED


def test_only_an_animation_has_a_duration(tmp_path):
    path = saved(tmp_path, file(DELAY, PICTURE), "a.gif")
    assert inspect_file(path, plugins=PLUGINS).facts == {"width": 2, "height": 2}
    path = saved(tmp_path, ODD["animation"], "a.gif")
    assert inspect_file(path, plugins=PLUGINS).facts == {"width": 2, "height": 2, "duration": 0.1}
