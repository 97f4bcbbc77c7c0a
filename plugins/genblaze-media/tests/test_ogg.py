"""Ogg: what players hear, what comes back, and what odd and hostile files are called."""

import struct
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

import imageio_ffmpeg
import mutagen
import pytest
from bounds import at_most_held
from hypothesis import given, settings
from hypothesis import strategies as st
from mutagen.oggvorbis import OggVorbis
from sample_media import manifest_of, saved, sha256
from some_formats import cut, only, with_a_changed_byte

from genblaze.embedding import extract_manifest, inspect_file, strip_manifest
from genblaze.errors import EmbeddingError
from genblaze.layout import BytesReader, encode_record
from genblaze.verifying import Verdict, verify_file
from genblaze_media import _plugin, ogg

SINE = ["-f", "lavfi", "-i", "sine=d=0.5:r=48000", "-ac", "2", "-bitexact"]
PICTURES = ["-f", "lavfi", "-i", "testsrc2=d=0.5:s=64x48:r=10"]
RECIPES = {
    "vorbis.ogg": [*SINE, "-c:a", "libvorbis", "-metadata", "title=Füchse"],
    "opus.opus": [*SINE, "-c:a", "libopus", "-metadata", "title=Füchse"],
    "flac.oga": [*SINE, "-c:a", "flac", "-f", "ogg", "-metadata", "title=Füchse"],
    "speex.spx": [*SINE[:4], "-ar", "16000", "-ac", "1", "-c:a", "libspeex", "-f", "ogg"],
    "theora.ogv": [*PICTURES, *SINE, "-c:v", "libtheora", "-c:a", "libvorbis"],
    "silent.ogv": [*PICTURES, "-c:v", "libtheora"],
    "long tags.ogg": [*SINE, "-c:a", "libvorbis", "-metadata", "comment=" + "x" * 70_000],
}


def ffmpeg(*arguments):
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True).stdout


def decoded(path):
    """The digest of every stream that ffmpeg can decode, and so of none of ours."""
    return ffmpeg("-i", path, "-map", "0:v?", "-map", "0:a?", "-f", "streamhash", "-hash", "md5", "-")


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ogg")
    files = {}
    for name, recipe in RECIPES.items():
        with suppress(subprocess.CalledProcessError):  # a build of ffmpeg may lack an encoder
            ffmpeg(*recipe, folder / name)
            files[name] = (folder / name).read_bytes()
    return files


PLUGINS, embed, verdict = only(ogg=_plugin.ogg)


# --- files made by hand, with a checksum computed bit by bit


def crc(data: bytes) -> int:
    value = 0
    for byte in data:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ (0x04C11DB7 if value & 0x80000000 else 0)) & 0xFFFFFFFF
    return value


def page(
    body: bytes, *, flags: int = 0, granule: int = 0, serial: int = 7, sequence: int = 0, version: int = 0
) -> bytes:
    lacing = bytes([255] * (len(body) // 255) + [len(body) % 255])
    head = b"OggS" + struct.pack("<BBqII", version, flags, granule, serial, sequence)
    rest = bytes([len(lacing)]) + lacing + body
    return head + struct.pack("<I", crc(head + bytes(4) + rest)) + rest


OPUS_HEAD = b"OpusHead\x01\x02" + struct.pack("<HIhB", 312, 44100, 0, 0)
VORBIS_HEAD = b"\x01vorbis" + struct.pack("<IBIiii", 0, 2, 44100, 0, 112000, 0) + b"\xb8\x01"


def opus(serial: int = 7) -> list[bytes]:
    return [
        page(OPUS_HEAD, flags=2, serial=serial),
        page(b"OpusTags" + bytes(8), sequence=1, serial=serial),
        page(b"sound" * 20, granule=960, sequence=2, serial=serial),
        page(b"more sound" * 20, granule=48312, sequence=3, flags=4, serial=serial),
    ]


OPUS = opus()
SMALL = b"".join(OPUS)
OUR_SERIAL = int.from_bytes(b"gnbz", "little")
ODD_FILES = {
    "opus": SMALL,
    "headers over several pages": OPUS[0] + page(b"x" * 255 * 200, granule=-1) * 3 + b"".join(OPUS[1:]),
    "two streams": OPUS[0] + page(VORBIS_HEAD, flags=2, serial=8) + OPUS[1] + page(b"t", serial=8) + b"".join(OPUS[2:]),
    "serial number taken": b"".join(opus(OUR_SERIAL)),
    "no sound": OPUS[0] + OPUS[1],
    "one page": OPUS[0],
    "unknown codec": page(b"unheard of", flags=2) + OPUS[2] + OPUS[3],
    "bytes behind the end": SMALL + b"TAG" + bytes(125),
    "the four letters in sound": b"".join(OPUS[:3]) + page(b"OggS\0" * 20, granule=50000, flags=4),
    "no last page mark": b"".join(OPUS[:3]),
}


@pytest.mark.parametrize("name", ODD_FILES)
def test_every_kind_of_ogg_comes_back_byte_for_byte(tmp_path, name):
    content = ODD_FILES[name]
    path = saved(tmp_path, content, "a.ogg")
    assert embed(path).method == "inline"
    assert verdict(path) is Verdict.EXACT
    assert extract_manifest(path, plugins=PLUGINS).run.steps[0].prompt == "a red fox, snøwy 🦊"
    once = path.read_bytes()
    embed(path, content, prompt="another")
    embed(path, content)
    assert len(path.read_bytes()) == len(once)
    assert strip_manifest(path, plugins=PLUGINS).sha256 == sha256(content)
    assert path.read_bytes() == content


@pytest.mark.parametrize("name", RECIPES)
def test_players_hear_and_see_the_same(tmp_path, made, name):
    if name not in made:
        pytest.skip("this ffmpeg cannot encode it")
    path = saved(tmp_path, made[name], name)
    before = decoded(path)
    assert embed(path).method == "inline"
    assert decoded(path) == before
    assert verdict(path) is Verdict.EXACT
    strip_manifest(path, plugins=PLUGINS)
    assert path.read_bytes() == made[name]


@pytest.mark.parametrize("name", ["vorbis.ogg", "opus.opus", "flac.oga"])
def test_mutagen_sees_the_same_tags_and_length(tmp_path, made, name):
    path = saved(tmp_path, made[name], name)
    before = mutagen.File(path)
    embed(path)
    after = mutagen.File(path)
    assert (type(after), after.info.length, after["title"]) == (type(before), before.info.length, ["Füchse"])


def test_a_tag_edited_later_leaves_the_essence(tmp_path, made):
    path = saved(tmp_path, made["vorbis.ogg"], "a.ogg")
    embed(path)
    tags = OggVorbis(path)
    tags["title"] = "new"
    tags.save()
    assert verdict(path) is Verdict.ESSENCE


def packets_of(data: bytes, magic: bytes) -> list[bytes]:
    """A second reader, page by page: the packets of the stream whose first page begins with `magic`."""
    position, serial, packets, open_packet = 0, None, [], b""
    while position < len(data):
        flags, _, number, _, checksum, count = struct.unpack_from("<BqIIIB", data, position + 5)
        lacing = data[position + 27 : position + 27 + count]
        start, end = position + 27 + count, position + 27 + count + sum(lacing)
        if flags & 2 and data[start:].startswith(magic):
            serial = number
        if number == serial:
            assert crc(data[position : position + 22] + bytes(4) + data[position + 26 : end]) == checksum
            for value in lacing:
                open_packet += data[start : start + value]
                start += value
                if value < 255:
                    packets.append(open_packet)
                    open_packet = b""
        position = end
    return packets


@pytest.mark.parametrize("size", [0, 1, 200, 70_000])
def test_another_reader_of_pages_finds_the_packets(tmp_path, size):
    path = saved(tmp_path, SMALL, "a.ogg")
    embed(path, SMALL, prompt="x" * size)
    layout = inspect_file(path, plugins=PLUGINS)
    first, manifest, record = packets_of(path.read_bytes(), b"genblaze")
    assert first == b"genblaze\x01" + struct.pack("<II", len(manifest), len(record))
    assert (manifest, record) == (layout.payload, encode_record(layout.record))


@pytest.mark.parametrize("length", range(250, 262))
def test_packets_of_any_length_are_put_together_again(length):
    layout = ogg.inspect_media(BytesReader(SMALL))
    for payload in (b"p" * length, b"p" * (length * 255)):
        plan = ogg.embed_manifest(layout, payload, {"v": 1})
        inserted = plan.segments[1].data
        again = ogg.inspect_media(BytesReader(OPUS[0] + inserted + b"".join(OPUS[1:])))
        assert again.payload == payload


@pytest.mark.parametrize("size", [70_000, 1_000_000])
def test_long_manifests_fit(tmp_path, made, size):
    for name in ("vorbis.ogg", "opus.opus"):
        path = saved(tmp_path, made[name], name)
        before = decoded(path)
        assert embed(path, made[name], prompt="x" * size).method == "inline"
        assert decoded(path) == before
        assert verdict(path) is Verdict.EXACT


def test_a_listed_output_that_holds_an_older_manifest_keeps_it(tmp_path, made):
    path = saved(tmp_path, made["opus.opus"], "a.opus")
    embed(path)
    content, before = path.read_bytes(), decoded(path)
    for _ in range(2):
        assert embed(path, content, prompt="an edit").method == "inline"
        assert extract_manifest(path, plugins=PLUGINS).run.steps[0].prompt == "an edit"
        assert verdict(path) is Verdict.EXACT
        assert decoded(path) == before
    strip_manifest(path, plugins=PLUGINS)
    assert path.read_bytes() == content


@pytest.mark.parametrize("name", ["opus", "two streams"])
def test_every_changed_byte_is_noticed(tmp_path, name):
    path = saved(tmp_path, ODD_FILES[name], "a.ogg")
    embed(path)
    for position, changed in with_a_changed_byte(path.read_bytes()):
        path.write_bytes(changed)
        assert verdict(path) is not Verdict.EXACT, position


def test_every_cut_is_noticed(tmp_path):
    path = saved(tmp_path, SMALL, "a.ogg")
    embed(path)
    for length, beginning in cut(path.read_bytes()):
        path.write_bytes(beginning)
        assert verdict(path) is not Verdict.EXACT, length


def test_a_cut_file_still_shows_its_manifest(tmp_path):
    path = saved(tmp_path, SMALL, "a.ogg")
    embed(path)
    path.write_bytes(path.read_bytes()[:-50])
    assert extract_manifest(path, plugins=PLUGINS).run.steps[0].model == "brush-1"
    assert verdict(path) is Verdict.ALTERED


FACTS = {
    "vorbis.ogg": ("audio/ogg", "vorbis", 48000, 2),
    "opus.opus": ("audio/ogg", "opus", 48000, 2),
    "flac.oga": ("audio/ogg", "flac", 48000, 2),
    "speex.spx": ("audio/ogg", "speex", 16000, 1),
    "theora.ogv": ("video/ogg", "vorbis", 48000, 2),
}


@pytest.mark.parametrize("name", FACTS)
def test_facts_are_what_the_first_packets_state(tmp_path, made, name):
    if name not in made:
        pytest.skip("this ffmpeg cannot encode it")
    media_type, codec, rate, channels = FACTS[name]
    path = saved(tmp_path, made[name], "without suffix")
    assert verify_file(path, plugins=PLUGINS).media_type == media_type
    found = inspect_file(path, plugins=PLUGINS)
    assert found.media_type == media_type
    sound = {key: value for key, value in found.facts["audio"].items() if key != "bitrate"}
    assert sound == {"codec": codec, "sample_rate": rate, "channels": channels}
    assert found.facts["duration"] == pytest.approx(0.5, abs=0.025)
    embed(path)
    assert inspect_file(path, plugins=PLUGINS).facts == found.facts


def test_pictures_are_described_too(tmp_path, made):
    if "theora.ogv" not in made:
        pytest.skip("this ffmpeg cannot encode it")
    facts = inspect_file(saved(tmp_path, made["theora.ogv"], "a.ogv"), plugins=PLUGINS).facts
    assert (facts["width"], facts["height"]) == (64, 48)
    assert facts["video"] == {"codec": "theora", "frame_rate": 10.0, "has_audio": True}


def test_an_opus_file_lasts_without_what_decoders_skip(tmp_path):
    facts = inspect_file(saved(tmp_path, SMALL, "a.opus"), plugins=PLUGINS).facts
    assert facts == {"duration": 1.0, "audio": {"sample_rate": 48000, "channels": 2, "codec": "opus"}}


CHAINED = SMALL + b"".join(opus(serial=9))
REFUSED = {
    "cut in the first page": (OPUS[0][:-3], "is cut off by the end of the file"),
    "cut in the last page": (OPUS[0] + OPUS[1][:-3], "is cut off by the end of the file"),
    "bad sync": (OPUS[0] + OPUS[1] + b"Oggs" + OPUS[2][4:], "cannot begin an Ogg page"),
    "another version": (OPUS[0] + page(b"x", version=1) + OPUS[2], "cannot begin an Ogg page"),
    "does not begin": (OPUS[1] + OPUS[2], "the first page does not begin a stream"),
    "one serial number twice": (OPUS[0] * 2 + OPUS[1], "two streams have the serial number 7"),
    "chained": (CHAINED, "chain of several files"),
    "end unknown": (SMALL + bytes(200_000), "no whole page in its last"),
    "too many pages": (OPUS[0] + page(b"") * 250_001, "more than 250000 pages"),
    "another format": (b"ID3\x04" + SMALL, "cannot put a manifest"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_does_not_add_up_gets_a_sidecar(tmp_path, name):
    content, reason = REFUSED[name]
    path = saved(tmp_path, content, "a.ogg")
    result = embed(path)
    assert result.method == "sidecar"
    assert reason in result.embed_error
    assert path.read_bytes() == content
    assert verdict(path) is Verdict.EXACT


def ours(*packets: bytes, serial: int = 5) -> bytes:
    return b"".join(
        page(packet, serial=serial, sequence=at, flags=2 if at == 0 else 4 if at == len(packets) - 1 else 0)
        for at, packet in enumerate(packets)
    )


UNREADABLE = {
    "never ended": page(b"genblaze\x01" + bytes(8), flags=2, serial=5) + page(b"{}", serial=5),
    "first page alone": page(b"genblaze", flags=6, serial=5),
    "without a record": ours(b"genblaze\x01" + struct.pack("<II", 2, 0), b"{}"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_stream_that_cannot_be_read_is_damaged_and_can_be_replaced(tmp_path, name):
    path = saved(tmp_path, OPUS[0] + UNREADABLE[name] + b"".join(OPUS[1:]), "a.ogg")
    assert verdict(path) in {Verdict.UNREADABLE, Verdict.MANIFEST_ALTERED}
    embed(path, SMALL)
    assert verdict(path) is Verdict.EXACT
    strip_manifest(path, plugins=PLUGINS)
    assert path.read_bytes() == SMALL


def test_a_stream_that_announces_another_length_is_manifest_altered(tmp_path):
    text = manifest_of(SMALL).to_canonical_json().encode()
    digest = {"v": 1, "content_sha256": sha256(SMALL), "content_size": len(SMALL), "essence_sha256": None}
    first = b"genblaze\x01" + struct.pack("<II", 1, 1)
    path = saved(tmp_path, OPUS[0] + ours(first, text, encode_record(digest)) + b"".join(OPUS[1:]), "a.ogg")
    found = verify_file(path, plugins=PLUGINS)
    assert found.verdict is Verdict.MANIFEST_ALTERED
    assert "what its first page announces" in found.message


HOSTILE = {
    "endless stream of ours": lambda: page(b"genblaze", flags=2, serial=5) + page(b"x" * 65_000, serial=5) * 300,
    "many streams of ours": lambda: b"".join(page(b"genblaze", flags=6, serial=at) for at in range(20_000)),
    "many pages": lambda: OPUS[1] * 100_000,
    "many false ends": lambda: OPUS[1] + OPUS[2] + b"OggS\0" * 25_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_cost_bounded_time_and_memory(tmp_path, name):
    path = saved(tmp_path, page(OPUS_HEAD, flags=2, serial=2**31) + HOSTILE[name](), "a.ogg")
    with at_most_held(120 << 20):
        assert verdict(path) is not Verdict.EXACT


@st.composite
def odd_files(draw):
    data = ODD_FILES[draw(st.sampled_from(sorted(set(ODD_FILES) - {"headers over several pages"})))]
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(data)))
        kind = draw(st.sampled_from(["cut", "bytes", "insert", "double"]))
        if kind == "cut":
            data = data[:at]
        elif kind == "bytes":
            data = data[:at] + draw(st.binary(max_size=4)) + data[at + 4 :]
        elif kind == "insert":
            data = data[:at] + draw(st.binary(max_size=9)) + data[at:]
        else:
            data = data + data[: at // 2]
    return data


@settings(max_examples=150)
@given(odd_files(), st.text("abcé🦊", max_size=30))
def test_any_file_is_refused_or_comes_back_exactly(content, prompt):
    with tempfile.TemporaryDirectory() as folder:
        path = saved(Path(folder), content, "a.ogg")
        result = embed(path, content, prompt=prompt)
        assert verdict(path) is Verdict.EXACT
        if result.method == "inline":
            assert extract_manifest(path, plugins=PLUGINS).run.steps[0].prompt == prompt
            strip_manifest(path, plugins=PLUGINS)
        assert path.read_bytes() == content


@settings(max_examples=200)
@given(st.one_of(st.binary(max_size=200), st.binary(max_size=200).map(lambda tail: SMALL[:28] + tail), odd_files()))
def test_only_our_errors_escape_the_parser(data):
    with suppress(EmbeddingError):
        layout = ogg.inspect_media(BytesReader(data))
        if layout is not None:
            ogg.embed_manifest(layout, b"{}", {"v": 1})
