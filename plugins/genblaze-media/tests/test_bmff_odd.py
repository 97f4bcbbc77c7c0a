"""ISO base media files as they should not be: cut, hostile, signed, or embedded into before."""

import struct
import tempfile
import time
from pathlib import Path
from unicodedata import normalize

import pytest
from bounds import at_most_held, at_most_read
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sample_boxes import (
    C2PA_UUID,
    FTYP,
    MDAT,
    MFRA,
    MOOV,
    SMALL,
    box,
    found_by_published,
    large,
    opened,
    uuid_box,
)
from sample_media import manifest_of, saved, sha256
from some_formats import only, with_a_changed_byte

from genblaze.embedding import content_digest, extract_manifest, inspect_file, strip_manifest
from genblaze.layout import BytesReader, EditPlan, LayoutError
from genblaze.verifying import Verdict
from genblaze_media import _plugin, bmff

PLUGINS, embed, verdict = only(heif=_plugin.heif, m4a=_plugin.m4a, mp4=_plugin.mp4)
RECORD_UUID = b"genblaze-record\1"


def published(content: bytes, listed: bytes | None = None) -> bytes:
    """A file that the published package made: what it kept of the content, then its box."""
    return content + uuid_box(manifest_of(content if listed is None else listed).to_canonical_json().encode())


def freeform(json: bytes) -> bytes:
    names = box(b"mean", bytes(4), b"genblaze") + box(b"name", bytes(4), b"manifest")
    return box(b"----", names, box(b"data", bytes(8), json))


def tagged(*tags: bytes, padding: bytes = b"", meta_fields: bytes = bytes(4)) -> bytes:
    meta = box(b"meta", meta_fields, box(b"hdlr", bytes(25)), box(b"ilst", *tags), padding)
    return box(b"moov", box(b"udta", meta))


NESTED = b"".join(struct.pack(">I4s", 8 * (100_000 - depth), b"moov") for depth in range(100_000))
ODD = {
    "open last box": FTYP + MOOV + opened(b"mdat", b"samples"),
    "open empty last box": FTYP + MOOV + opened(b"mdat", b""),
    "open last movie": FTYP + MDAT + opened(b"moov", b""),
    "64-bit size": FTYP + MOOV + large(b"mdat", b"samples"),
    "empty media data": FTYP + MOOV + box(b"mdat"),
    "ends in an 8-byte box": SMALL + box(b"free"),
    "one stray byte": SMALL + b"x",
    "seven stray bytes": SMALL + b"\0\0\0\x10fre",
    "padded with zeros": SMALL + bytes(300),
    "index last": SMALL + MFRA,
    "open index last": SMALL + opened(b"mfra", b"x" * 16),
    "index and stray bytes": SMALL + MFRA + b"abc",
    "faststart": FTYP + MOOV + box(b"free", bytes(20)) + MDAT,
    "boxes of others": SMALL + box(b"uuid", b"sixteen bytes id", b"data") + box(b"\xa9xyz", b"?"),
    "short uuid box": SMALL + box(b"uuid", b"short"),
    "nested deeply": FTYP + NESTED + MDAT,
    "nested open box": FTYP + box(b"moov", opened(b"trak", bytes(30))) + MDAT,
    "child larger than its parent": FTYP + box(b"moov", struct.pack(">I4s", 999_999, b"trak")) + MDAT,
    "only a brand": FTYP,
    "old quicktime": box(b"wide") + MDAT + MOOV,
    "movie without a brand": MOOV + MDAT,
    "segment": box(b"styp", b"msdh\0\0\0\0msdh") + box(b"sidx", bytes(24)) + box(b"moof") + MDAT,
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_file_comes_back_byte_for_byte(tmp_path, name):
    path = saved(tmp_path, ODD[name], "a.mp4")
    assert embed(path).method == "inline"
    assert verdict(path) is Verdict.EXACT
    assert found_by_published(path.read_bytes()).startswith(b"{")
    embed(path, ODD[name], prompt="again")
    assert path.read_bytes().count(b'"canonical_hash"') == 1
    assert verdict(path) is Verdict.EXACT
    strip_manifest(path, plugins=PLUGINS)
    assert path.read_bytes() == ODD[name]


REFUSED = {
    "cut": (SMALL[:-1], "mdat box at byte"),
    "64-bit size past the end": (
        FTYP + struct.pack(">I4sQ", 1, b"mdat", 2**63) + b"x",
        "has 9223372036854775808 bytes",
    ),
    "64-bit size that is too small": (FTYP + struct.pack(">I4sQ", 1, b"mdat", 8), "fewer than its own header"),
    "size that is too small": (FTYP + struct.pack(">I4s", 7, b"mdat") + b"xx", "claims 7 bytes"),
    "64-bit size cut off": (FTYP + struct.pack(">I4sI", 1, b"mdat", 0), "claims 1 bytes"),
    "zeros, then data": (SMALL + bytes(8) + b"data", "zeros, which cannot begin a box"),
    "text behind": (SMALL + b"some text of another program", "are left"),
    "signed with C2PA": (FTYP + box(b"uuid", C2PA_UUID, b"jumb") + MOOV + MDAT, "C2PA"),
    "too many boxes": (FTYP + box(b"free") * 250_001, "more than 250000 boxes"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_does_not_add_up_gets_a_sidecar(tmp_path, name):
    content, reason = REFUSED[name]
    path = saved(tmp_path, content, "a.mp4")
    result = embed(path)
    assert result.method == "sidecar"
    assert reason in result.embed_error
    assert path.read_bytes() == content
    assert verdict(path) is Verdict.EXACT


def test_an_open_box_too_long_for_its_size_field_is_refused():
    class Huge(BytesReader):
        size = 5 << 30

    layout = bmff.inspect_media(Huge(FTYP + opened(b"mdat", b"x")))
    assert (layout.essence[0].offset, layout.essence[0].length) == (len(FTYP) + 8, (5 << 30) - len(FTYP) - 8)
    with pytest.raises(LayoutError, match="no room for its real size"):
        bmff.embed_manifest(layout, b"{}", {"v": 1})


def test_the_size_of_an_open_box_is_written_so_that_readers_find_what_follows(tmp_path):
    path = saved(tmp_path, ODD["open last box"], "a.mp4")
    embed(path)
    assert path.read_bytes()[len(FTYP + MOOV) :][:15] == box(b"mdat", b"samples")


@pytest.mark.parametrize("name", ["index last", "open index last"])
def test_an_index_stays_last(tmp_path, name):
    path = saved(tmp_path, ODD[name], "a.mp4")
    embed(path)
    assert path.read_bytes().endswith(ODD[name][-24:])


def test_bytes_that_the_published_package_dropped_are_put_back(tmp_path):
    content = SMALL + box(b"free")
    path = saved(tmp_path, published(SMALL, listed=content), "a.mp4")
    assert verdict(path) is Verdict.EXACT
    strip_manifest(path, plugins=PLUGINS)
    assert path.read_bytes() == content


@pytest.mark.parametrize("content", [ODD["open last box"], SMALL[:-3]], ids=["open", "cut"])
def test_a_manifest_that_the_published_package_lost_in_the_last_box_is_found(tmp_path, content):
    path = saved(tmp_path, published(content), "a.mp4")
    assert found_by_published(path.read_bytes()) is None
    assert verdict(path) is Verdict.EXACT
    embed(path, content)
    assert verdict(path) is Verdict.EXACT
    strip_manifest(path, plugins=PLUGINS)
    assert path.read_bytes() == content


@pytest.mark.parametrize("tail", [b"", MFRA, b"abc"], ids=["last", "index behind", "bytes behind"])
def test_a_listed_output_that_holds_an_older_manifest_keeps_it(tmp_path, tail):
    content = published(SMALL) + tail
    path = saved(tmp_path, content, "a.mp4")
    for _ in range(2):
        assert embed(path, content, prompt="an edit").method == "inline"
        assert path.read_bytes().count(b'"canonical_hash"') == 2
        assert b'"an edit"' in found_by_published(path.read_bytes())
        assert extract_manifest(path, plugins=PLUGINS).run.steps[0].prompt == "an edit"
        assert verdict(path) is Verdict.EXACT
    assert strip_manifest(path, plugins=PLUGINS).sha256 == sha256(content)
    assert path.read_bytes() == content


def test_an_older_manifest_that_stays_is_not_pushed_into_media_data(tmp_path):
    content = published(FTYP + MOOV) + MDAT
    layout = bmff.inspect_media(BytesReader(content))
    with pytest.raises(LayoutError, match="media data behind"):
        bmff.embed_manifest(layout, b"{}", {"v": 1})


def test_of_two_manifests_the_first_counts_and_both_are_taken_out(tmp_path):
    path = saved(tmp_path, published(SMALL) + uuid_box(b"{}"), "a.mp4")
    assert verdict(path) is Verdict.EXACT
    strip_manifest(path, plugins=PLUGINS)
    assert path.read_bytes() == SMALL


def test_a_second_manifest_slipped_in_is_noticed(tmp_path):
    path = saved(tmp_path, SMALL, "a.mp4")
    embed(path)
    data = path.read_bytes()
    for place in (len(FTYP), len(SMALL), len(data)):
        path.write_bytes(data[:place] + uuid_box(b"{}") + data[place:])
        assert verdict(path) in {Verdict.ALTERED, Verdict.MANIFEST_ALTERED}


@pytest.mark.parametrize("uuid", [RECORD_UUID, bytes(16)], ids=["record alone", "unknown"])
def test_a_box_without_a_manifest_is_not_guessed_at(tmp_path, uuid):
    path = saved(tmp_path, SMALL + uuid_box(b"{}", uuid), "a.mp4")
    assert verdict(path) is (Verdict.UNREADABLE if uuid == RECORD_UUID else Verdict.NO_MANIFEST)


def test_a_record_that_lies_about_an_open_box_proves_nothing(tmp_path):
    path = saved(tmp_path, SMALL, "a.mp4")
    record = {"v": 1, "content_sha256": sha256(SMALL), "content_size": len(SMALL), "essence_sha256": None}
    lie = bmff.encode_record({**record, "restore": {"open": "mdat"}})
    json = manifest_of(SMALL).to_canonical_json().encode()
    path.write_bytes(SMALL + uuid_box(json) + uuid_box(lie, RECORD_UUID))
    assert verdict(path) is Verdict.ALTERED
    for value in (7, None, "mfra", [], {"a": 1}):
        odd = bmff.encode_record({**record, "restore": {"open": value}})
        path.write_bytes(SMALL + uuid_box(json) + uuid_box(odd, RECORD_UUID))
        assert verdict(path) is Verdict.ALTERED  # the content is exact, the block is not as we write it


def test_metadata_edited_around_the_same_samples_is_essence(tmp_path):
    path = saved(tmp_path, SMALL, "a.mp4")
    embed(path)
    path.write_bytes(path.read_bytes().replace(MOOV, MOOV + box(b"udta", b"note")))
    assert verdict(path) is Verdict.ESSENCE


def test_media_data_that_an_editor_put_behind_the_manifest_stay_where_they_are(tmp_path):
    path = saved(tmp_path, SMALL, "a.mp4")
    embed(path)
    ours = path.stat().st_size - len(SMALL)
    edited = path.read_bytes() + MDAT
    path.write_bytes(edited)
    strip_manifest(path, plugins=PLUGINS)
    stripped = path.read_bytes()
    assert (stripped[: len(SMALL)], stripped[len(SMALL) + ours :]) == (SMALL, MDAT)
    assert b"canonical_hash" not in stripped
    assert embed(path).method == "inline"
    assert verdict(path) is Verdict.EXACT
    strip_manifest(path, plugins=PLUGINS)
    assert path.read_bytes() == stripped


@pytest.mark.parametrize("content", [SMALL, ODD["open last box"], SMALL + MFRA], ids=["plain", "open", "index"])
def test_every_changed_byte_is_noticed(tmp_path, content):
    path = saved(tmp_path, content, "a.mp4")
    embed(path)
    for position, changed in with_a_changed_byte(path.read_bytes()):
        path.write_bytes(changed)
        assert verdict(path) is not Verdict.EXACT, position


def test_a_cut_file_never_crashes_and_is_never_exact(tmp_path):
    path = saved(tmp_path, SMALL, "a.mp4")
    embed(path)
    data = path.read_bytes()
    record = data.index(RECORD_UUID) - 8
    for length in range(len(data)):
        path.write_bytes(data[:length])
        # Without our record it is a whole file of the published package.
        assert (verdict(path) is Verdict.EXACT) == (length == record), length


kinds = st.sampled_from([b"moov", b"mdat", b"free", b"uuid", b"mfra", b"meta", b"udta", b"moof"])
any_box = st.builds(
    lambda kind, body, make: make(kind, body), kinds, st.binary(max_size=40), st.sampled_from([box, large])
)
last_box = st.builds(opened, kinds, st.binary(max_size=30))
own_box = st.sampled_from([uuid_box(b"{}"), uuid_box(b"{}", RECORD_UUID), tagged(freeform(b"{}")), MFRA])
layouts = st.builds(
    lambda front, boxes, back: front + b"".join(boxes) + back,
    st.sampled_from([FTYP, MOOV, FTYP[:8] + b"avif" + FTYP[12:], b""]),
    st.lists(st.one_of(any_box, own_box), max_size=6),
    st.one_of(st.just(b""), last_box, st.binary(max_size=7), st.integers(0, 40).map(bytes)),
)


@settings(max_examples=100)
@given(layouts, st.text(max_size=30))
@example(FTYP, "\uf900")
def test_whatever_is_embedded_comes_back_for_any_layout_of_boxes(content, prompt):
    with tempfile.TemporaryDirectory() as folder:
        path = saved(Path(folder), content, "a.mp4")
        if inspect_file(path, plugins=PLUGINS).payload is None:
            strip_manifest(path, plugins=PLUGINS)  # a record alone is none of the content
            content = path.read_bytes()
        method = embed(path, content, prompt=prompt).method
        if method == "inline":
            assert verdict(path) is Verdict.EXACT
            assert extract_manifest(path, plugins=PLUGINS).run.steps[0].prompt == normalize("NFC", prompt)
            assert found_by_published(path.read_bytes()) is not None
            strip_manifest(path, plugins=PLUGINS)
        assert path.read_bytes() == content


def track(handler: bytes, entry: bytes, *, timescale: int = 1000, header: bytes = bytes(84)) -> bytes:
    table = box(
        b"stbl", box(b"stsd", bytes(7) + b"\1", entry), box(b"stts", bytes(7) + b"\1", struct.pack(">II", 50, 40))
    )
    times = box(b"mdhd", bytes(12), struct.pack(">II", timescale, 2 * timescale))
    media = box(b"mdia", times, box(b"hdlr", bytes(8), handler, bytes(13)), box(b"minf", table))
    return box(b"trak", box(b"tkhd", header), media)


def sound(kind: bytes, rate: int, *boxes: bytes, version: int = 0, fields: bytes = b"") -> bytes:
    start = struct.pack(">8xH6xHH4xHH", version, 2, 16, rate, 0)
    return box(kind, start, fields, *boxes)


def esds(object_type: int, setup: bytes, flags: bytes = b"\0") -> bytes:
    decoder = bytes([4, 15 + len(setup), object_type]) + bytes(12) + bytes([5, len(setup)]) + setup
    return box(b"esds", bytes(4), bytes([3, 2 + len(flags) + len(decoder), 0, 0]), flags, decoder)


STEREO = bytes.fromhex("1210")  # AAC-LC, 44100 Hz, two channels
TRACK = track(b"soun", sound(b"mp4a", 44100, esds(0x40, STEREO)))
AUDIO = {
    "setup wins": (sound(b"mp4a", 8000, esds(0x40, bytes.fromhex("1188"))), 1000, ("aac", 48000, 1)),
    "setup doubles the rate": (sound(b"mp4a", 0, esds(0x40, bytes.fromhex("2b920800"))), 1000, ("aac", 44100, 2)),
    "optional fields": (sound(b"mp4a", 1, esds(0x40, STEREO, b"\xe0\0\0\2ab\0\0")), 1000, ("aac", 44100, 2)),
    "setup cut": (sound(b"mp4a", 22050, esds(0x40, b"\x12")), 1000, ("aac", 22050, 2)),
    "no setup": (sound(b"mp4a", 22050), 1000, ("aac", 22050, 2)),
    "not aac": (sound(b"mp4a", 22050, esds(0x6B, b"")), 1000, ("mp3", 22050, 2)),
    "quicktime 1": (
        sound(b"mp4a", 1, box(b"wave", esds(0x40, STEREO)), version=1, fields=bytes(16)), 1000, ("aac", 44100, 2),
    ),
    "quicktime 2": (
        sound(b"lpcm", 1, version=2, fields=struct.pack(">IdI20x", 72, 192000.0, 6)), 1000, ("lpcm", 192000, 6),
    ),
    "rate beyond its field": (sound(b"fLaC", 0), 96000, ("flac", 96000, 2)),
    "encrypted": (sound(b"enca", 44100), 1000, (None, 44100, 2)),
}  # fmt: skip


@pytest.mark.parametrize("name", AUDIO)
def test_sound_is_described_by_what_is_most_exact(name):
    entry, timescale, (codec, rate, channels) = AUDIO[name]
    found = bmff.inspect_media(BytesReader(FTYP + box(b"moov", track(b"soun", entry, timescale=timescale)))).facts
    expected = {"codec": codec, "sample_rate": rate, "channels": channels}
    assert found == {"duration": 2.0, "audio": {key: value for key, value in expected.items() if value}}


def test_a_picture_without_a_shown_size_has_that_of_its_samples():
    entry = box(b"av01", bytes(24), struct.pack(">HH", 320, 200), bytes(50))
    fragments = box(b"mvex", box(b"mehd", bytes(4), struct.pack(">I", 7000)))
    movie = box(b"moov", box(b"mvhd", bytes(12), struct.pack(">II", 1000, 0)), fragments, track(b"vide", entry))
    assert bmff.inspect_media(BytesReader(FTYP + movie)).facts == {
        "width": 320,
        "height": 200,
        "duration": 7.0,
        "video": {"codec": "av1", "frame_rate": 25.0, "has_audio": False},
    }


ITEMS = box(
    b"meta",
    bytes(4),
    box(b"pitm", bytes(4), b"\0\2"),
    box(
        b"iprp",
        box(
            b"ipco",
            box(b"ispe", bytes(4), struct.pack(">II", 9, 9)),
            box(b"ispe", bytes(4), struct.pack(">II", 40, 30)),
        ),
        box(b"ipma", bytes(4), struct.pack(">I", 2), b"\0\1\1\1", b"\0\2\1\x82"),
    ),
    box(b"idat", b"coded"),
)
SEEDS = [
    FTYP + box(b"moov", MOOV[8:], TRACK) + MDAT,
    box(b"ftyp", b"avif\0\0\0\0mif1avif") + ITEMS + MDAT,
    FTYP + MDAT + tagged(freeform(b'{"run":1}'), padding=box(b"free", bytes(9))),
    published(SMALL),
    ODD["open last box"],
]
damages = st.one_of(
    st.tuples(st.just("cut"), st.integers(0, 2000), st.just(b"")),
    st.tuples(st.just("put"), st.integers(0, 600), st.binary(min_size=1, max_size=5)),
    st.tuples(
        st.just("put"),
        st.integers(0, 600),
        st.sampled_from([b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff", b"\0\0\0\1", b"\0\0\0\x08"]),
    ),
    st.tuples(st.just("add"), st.just(0), st.binary(min_size=1, max_size=40)),
)


def damaged(data: bytes, how: str, place: int, bytes_: bytes) -> bytes:
    if how == "cut":
        return data[: place % (len(data) + 1)]
    if how == "add":
        return data + bytes_
    place %= max(1, len(data))
    return data[:place] + bytes_ + data[place + len(bytes_) :]


def test_the_seeds_state_what_they_should():
    facts = [bmff.inspect_media(BytesReader(seed)).facts for seed in SEEDS[:2]]
    audio = {"codec": "aac", "sample_rate": 44100, "channels": 2}
    assert facts == [{"duration": 2.5, "audio": audio}, {"width": 40, "height": 30}]


def test_an_image_is_as_large_as_its_crop():
    ispe, crop = (
        box(b"ispe", bytes(4), struct.pack(">II", 64, 100)),
        box(b"clap", struct.pack(">8I", 29, 1, 100, *[1] * 5)),
    )
    for properties, numbers, size in ((ispe + crop, b"\2\1\x82", (29, 100)), (crop + ispe, b"\1\2", (64, 100))):
        table = box(b"ipma", bytes(4), struct.pack(">I", 1), b"\0\7", numbers)
        items = box(b"meta", bytes(4), box(b"pitm", bytes(4), b"\0\7"), box(b"iprp", box(b"ipco", properties), table))
        facts = bmff.inspect_media(BytesReader(box(b"ftyp", b"heic\0\0\0\0") + items)).facts
        assert facts == {"width": size[0], "height": size[1]}


def test_media_data_of_an_image_may_lie_among_its_items():
    data = SEEDS[1]
    essence = bmff.inspect_media(BytesReader(data)).essence
    assert [data[each.offset : each.offset + each.length] for each in essence] == [b"coded", MDAT[8:]]


def image(locations: bytes) -> bytes:
    """Items 1 (coded) and 2 (Exif), with a table of where they lie, and twenty bytes of media data behind."""
    infos = (box(b"infe", b"\2\0\0\0\0", bytes((item,)), b"\0\0", kind) for item, kind in ((1, b"av01"), (2, b"Exif")))
    parts = (box(b"iinf", bytes(4), b"\0\2", *infos), box(b"iloc", locations), box(b"idat", b"within"))
    return box(b"ftyp", b"avif\0\0\0\0") + box(b"meta", bytes(4), *parts) + box(b"mdat", bytes(range(20)))


def located(*items: tuple[int, int, int, int]) -> bytes:
    """Version 1 of the table: item, method, offset and length of its one extent."""
    entries = (struct.pack(">HHHHII", item, method, 0, 1, *extent) for item, method, *extent in items)
    return b"\1\0\0\0\x44\0" + struct.pack(">H", len(items)) + b"".join(entries)


def essence_of(data: bytes) -> list[bytes]:
    return [data[each.offset : each.offset + each.length] for each in bmff.inspect_media(BytesReader(data)).essence]


def test_of_an_image_only_the_coded_items_are_essence():
    media = len(image(located((1, 0, 0, 1), (2, 0, 0, 1)))) - 20
    assert essence_of(image(located((1, 0, media + 5, 3), (2, 0, media, 5)))) == [bytes((5, 6, 7))]
    assert essence_of(image(located((1, 1, 1, 4), (2, 0, media, 5)))) == [b"ithi"]


@pytest.mark.parametrize(
    "table",
    [located((1, 0, 1 << 31, 9)), located((1, 2, 0, 1)), located((3, 0, 0, 1)), located((1, 0, 9, 0)), b"", b"\1\0"],
    ids=["behind the end", "made of others", "unknown", "without a length", "empty", "cut"],
)
def test_all_media_data_are_essence_where_the_items_cannot_be_told_apart(table):
    assert essence_of(image(table)) == [b"within", bytes(range(20))]


def test_ranges_that_lie_over_one_another_are_hashed_once():
    table = located(*[(1, 0, 10, 100)] * 5000)
    assert [len(each) for each in essence_of(image(table))] == [100]


@given(st.binary(max_size=80))
def test_any_table_of_items_gives_ranges_inside_of_the_file(table):
    data = image(table)
    for each in bmff.inspect_media(BytesReader(data)).essence:
        assert 0 <= each.offset <= each.offset + each.length <= len(data)


@settings(max_examples=300)
@given(st.sampled_from(SEEDS), st.lists(damages, min_size=1, max_size=3))
def test_damage_is_refused_or_comes_back(seed, blows):
    content = seed
    for blow in blows:
        content = damaged(content, *blow)
    with tempfile.TemporaryDirectory() as folder:
        path = saved(Path(folder), content, "a.mp4")
        before = content_digest(path, plugins=PLUGINS).sha256
        if embed(path, content).method == "inline":
            assert verdict(path) is Verdict.EXACT
            assert found_by_published(path.read_bytes()) is not None
            strip_manifest(path, plugins=PLUGINS)
            assert path.read_bytes() == content or sha256(path.read_bytes()) == before


@settings(max_examples=200)
@given(st.binary(max_size=200), st.sampled_from([b"", b"\0\0\0\x0cftypavif", b"\0\0\0\x08moov", FTYP]))
def test_any_bytes_give_a_layout_or_our_own_error(data, front):
    try:
        layout = bmff.inspect_media(BytesReader(front + data))
        plan = None if layout is None else bmff.embed_manifest(layout, b"{}", {"v": 1})
    except LayoutError:
        return
    assert plan is None or isinstance(plan, EditPlan)


@pytest.mark.parametrize(
    "body",
    [
        lambda: (uuid_box(b"", RECORD_UUID) + uuid_box(b"x")) * 60_000,
        lambda: box(b"mdat", b"x") * 240_000,
        lambda: box(b"moov", box(b"trak", box(b"mdia", box(b"hdlr", bytes(12)))) * 60_000),
        lambda: tagged(*([box(b"----")] * 200_000)),
        lambda: box(
            b"meta", bytes(4), box(b"pitm", bytes(6)), box(b"iprp", box(b"ipco"), box(b"ipma", b"\xff" * (2 << 20)))
        ),
    ],
    ids=["records", "media", "tracks", "tags", "items"],
)
def test_very_many_boxes_cost_bounded_time(tmp_path, body):
    path = saved(tmp_path, FTYP[:8] + b"mif1" + FTYP[12:] + body(), "a.mp4")
    started = time.perf_counter()
    assert verdict(path) is not Verdict.EXACT
    assert time.perf_counter() - started < 90  # what is refused here is quadratic time


@pytest.mark.parametrize(
    "body",
    [
        lambda: uuid_box(b"x" * (17 << 20)),
        lambda: uuid_box(b"x" * (1 << 20)) * 40,
        lambda: tagged(freeform(b"x" * (17 << 20))),
        lambda: published(opened(b"mdat", b"}" * (40 << 20))),
        pytest.param(lambda: box(b"mdat", b"x") * 240_000, marks=pytest.mark.slow),
    ],
    ids=["huge", "many", "tag", "buried", "media"],
)
def test_large_boxes_cost_bounded_memory(tmp_path, body):
    path = saved(tmp_path, FTYP + body(), "a.mp4")
    with at_most_held(80 << 20):
        verdict(path)


def test_a_tag_too_large_to_be_read_is_not_guessed_at(tmp_path):
    path = saved(tmp_path, FTYP + tagged(freeform(b"x" * (17 << 20))), "a.m4a")
    assert verdict(path) is Verdict.UNREADABLE


@pytest.mark.parametrize("fields", [bytes(4), b""], ids=["iso", "quicktime"])
def test_a_tag_becomes_padding_where_media_data_lie_behind(tmp_path, fields):
    with_tag = FTYP + tagged(box(b"\xa9nam", b"T"), freeform(b"{}"), box(b"\xa9ART", b"A"), meta_fields=fields) + MDAT
    without = tagged(
        box(b"\xa9nam", b"T"),
        box(b"\xa9ART", b"A"),
        padding=box(b"free", bytes(len(freeform(b"{}")) - 8)),
        meta_fields=fields,
    )
    path = saved(tmp_path, with_tag, "a.m4a")
    strip_manifest(path, plugins=PLUGINS)
    assert path.read_bytes() == FTYP + without + MDAT


def test_walking_a_long_file_reads_no_media_data(tmp_path):
    path = saved(tmp_path, FTYP + MOOV + large(b"mdat", bytes(8)), "a.mp4")
    with path.open("r+b") as file:
        file.seek(len(FTYP + MOOV) + 8)
        file.write(struct.pack(">Q", 3 << 30))
        file.truncate(len(FTYP + MOOV) + (3 << 30))
        file.seek(0, 2)
        file.write(uuid_box(b'{"far":"away"}'))
    with at_most_read(1 << 20):
        assert inspect_file(path, plugins=PLUGINS).payload == b'{"far":"away"}'
