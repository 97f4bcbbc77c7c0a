"""WAV, BWF, RF64 and BW64: what players hear, what comes back, and what odd and hostile files are called."""

import io
import struct
import subprocess
import tempfile
import wave
from contextlib import suppress
from pathlib import Path

import imageio_ffmpeg
import pytest
from bounds import at_most_held
from hypothesis import given, settings
from hypothesis import strategies as st
from mutagen.wave import WAVE
from sample_media import manifest_of, saved, sha256
from some_formats import cut, only, with_a_changed_byte

from genblaze.embedding import content_digest, extract_manifest, inspect_file, strip_manifest
from genblaze.errors import EmbeddingError
from genblaze.layout import BytesReader
from genblaze.verifying import Verdict
from genblaze_media import _plugin, wav

SINE = ["-f", "lavfi", "-i", "sine=d=0.3:r=44100", "-ac", "2", "-bitexact"]
RECIPES = {
    "plain.wav": [*SINE, "-c:a", "pcm_s16le"],
    "info.wav": [*SINE, "-c:a", "pcm_s16le", "-metadata", "title=Füchse", "-metadata", "artist=A"],
    "bwf.wav": [*SINE, "-c:a", "pcm_s24le", "-write_bext", "1", "-metadata", "description=D"],
    "rf64.wav": [*SINE, "-c:a", "pcm_s16le", "-rf64", "always"],
    "odd.wav": ["-f", "lavfi", "-i", "sine=d=0.10001:r=44100", "-ac", "1", "-c:a", "pcm_u8", "-bitexact"],
    "float.wav": [*SINE, "-c:a", "pcm_f32le"],
    "mulaw.wav": [*SINE, "-c:a", "pcm_mulaw"],
    "adpcm.wav": [*SINE, "-c:a", "adpcm_ms"],
    "mp3.wav": [*SINE, "-c:a", "libmp3lame"],
    "peaks.wav": [*SINE, "-c:a", "pcm_s16le", "-write_peak", "on"],
}


def ffmpeg(*arguments):
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True).stdout


def decoded(path):
    return ffmpeg("-i", path, "-map", "0:a", "-f", "streamhash", "-hash", "md5", "-")


def tags(path):
    lines = ffmpeg("-i", path, "-f", "ffmetadata", "-").decode().splitlines()
    return {line for line in lines if not line.startswith(("IMF", ";", "encoder"))}


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wav")
    for name, recipe in RECIPES.items():
        ffmpeg(*recipe, folder / name)
    files = {name: (folder / name).read_bytes() for name in RECIPES}
    files["stream.wav"] = ffmpeg(*SINE, "-c:a", "pcm_s16le", "-f", "wav", "-")
    files["bw64.wav"] = b"BW64" + files["rf64.wav"][4:]
    return files


NAMES = [*RECIPES, "stream.wav", "bw64.wav"]


PLUGINS, embed, verdict = only(wav=_plugin.wav)


def chunk(kind: bytes, data: bytes = b"", length: int | None = None, *, pad: bool = True) -> bytes:
    size = len(data) if length is None else length
    return kind + struct.pack("<I", size) + data + bytes(len(data) % 2 if pad else 0)


def form(*chunks: bytes, size: int | None = None, trailer: bytes = b"", kind: bytes = b"RIFF") -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return kind + struct.pack("<I", len(body) if size is None else size) + body + trailer


FMT = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8))
SOUND = bytes(range(100, 160))
DATA = chunk(b"data", SOUND)
ODD = chunk(b"data", SOUND + b"\x80", pad=False)
NAME = chunk(b"LIST", b"INFO" + chunk(b"INAM", b"Fox\0"))
SMALL = form(FMT, DATA)
OPEN = 2**32 - 1


def ds64(riff: int, data: int) -> bytes:
    return chunk(b"ds64", struct.pack("<QQQI", riff, data, 0, 0))


def long_form(*chunks: bytes, kind: bytes = b"RF64") -> bytes:
    size = 4 + 36 + sum(map(len, chunks))
    return form(ds64(size, len(SOUND)), *chunks, size=OPEN, kind=kind)


OPEN_DATA = chunk(b"data", SOUND, OPEN)
ODD_FILES = {
    "plain": SMALL,
    "odd without pad": form(FMT, ODD),
    "odd with pad": form(FMT, ODD, b"\0"),
    "pad not counted": form(FMT, ODD, trailer=b"\0", size=4 + 24 + 8 + 61),
    "pad counted but missing": form(FMT, ODD, size=4 + 24 + 8 + 62),
    "odd, junk where the pad belongs": form(FMT, ODD, trailer=b"junk"),
    "existing INFO": form(FMT, NAME, DATA, NAME),
    "bytes behind the form": form(FMT, DATA, trailer=b"bytes behind"),
    "few bytes in the form's tail": form(FMT, DATA, b"\0\0\0"),
    "size of the form too large": form(FMT, DATA, size=len(SMALL)),
    "size of the form too small": form(FMT, DATA, NAME, size=50),
    "both sizes from a pipe": form(FMT, OPEN_DATA, size=OPEN),
    "both sizes from SoX's pipe": form(FMT, chunk(b"data", SOUND, 0x7FFFF000), size=0x7FFFF024),
    "both sizes zero": form(FMT, chunk(b"data", SOUND, 0), size=0),
    "never closed": form(FMT, chunk(b"data", SOUND, 0), size=36),
    "odd from a pipe": form(FMT, chunk(b"data", SOUND + b"\x80", OPEN, pad=False), size=OPEN),
    "only the form's size from a pipe": form(FMT, DATA, size=OPEN),
    "only the sound's size from a pipe": form(FMT, OPEN_DATA),
    "RF64": long_form(FMT, OPEN_DATA),
    "BW64": long_form(FMT, OPEN_DATA, NAME, kind=b"BW64"),
    "RF64 with a short size": form(ds64(0, 0), FMT, DATA, kind=b"RF64"),
    "broadcast": form(chunk(b"bext", bytes(602)), FMT, DATA),
    "ID3": form(FMT, DATA, chunk(b"id3 ", b"ID3\x04\0\0\0\0\0\0")),
    "no sound": form(FMT),
    "nothing": form(),
}


@pytest.mark.parametrize("name", ODD_FILES)
def test_every_kind_of_wav_comes_back_byte_for_byte(tmp_path, name):
    content = ODD_FILES[name]
    path = saved(tmp_path, content, "a.wav")
    assert embed(path).method == "inline"
    assert verdict(path) is Verdict.EXACT
    assert extract_manifest(path, plugins=PLUGINS).run.steps[0].prompt == "a red fox, snøwy 🦊"
    once = path.read_bytes()
    embed(path, content, prompt="another")
    embed(path, content)
    assert len(path.read_bytes()) == len(once)
    assert strip_manifest(path, plugins=PLUGINS).sha256 == sha256(content)
    assert path.read_bytes() == content


@pytest.mark.parametrize("name", NAMES)
def test_players_hear_the_same_and_see_the_same_tags(tmp_path, made, name):
    path = saved(tmp_path, made[name], "a.wav")
    before = decoded(path), tags(path)
    assert embed(path).method == "inline"
    assert (decoded(path), tags(path)) == before
    assert verdict(path) is Verdict.EXACT
    strip_manifest(path, plugins=PLUGINS)
    assert path.read_bytes() == made[name]


@pytest.mark.parametrize("name", ["plain.wav", "odd.wav", "stream.wav"])
def test_pythons_own_reader_hears_the_sound_alone(tmp_path, made, name):
    path = saved(tmp_path, made[name], "a.wav")
    embed(path)
    with wave.open(io.BytesIO(path.read_bytes())) as file:
        sound = file.readframes(file.getnframes())
    start = made[name].index(b"data") + 8
    assert sound == made[name][start : start + len(sound)]
    assert len(sound) == inspect_file(path, plugins=PLUGINS).essence[0].length


def test_mutagen_sees_the_same_length(tmp_path, made):
    path = saved(tmp_path, made["bwf.wav"], "a.wav")
    embed(path)
    assert WAVE(path).info.length == pytest.approx(0.3, abs=1e-4)


def published_manifest(data: bytes) -> bytes | None:
    """Reads as the published package does: the first IMFL sub-chunk of any INFO list of a RIFF form."""
    position = 12 if data[:4] == b"RIFF" else len(data)
    while position + 8 <= len(data):
        kind, size = struct.unpack_from("<4sI", data, position)
        if kind == b"LIST" and data[position + 8 : position + 12] == b"INFO":
            at = position + 12
            while at < position + 8 + size:
                name, length = struct.unpack_from("<4sI", data, at)
                if name == b"IMFL":
                    return data[at + 8 : at + 8 + length].rstrip(b"\0")
                at += 8 + length + length % 2
        position += 8 + size + size % 2
    return None


@pytest.mark.parametrize("name", [name for name in ODD_FILES if "64" not in name])
def test_published_readers_find_the_manifest(tmp_path, name):
    path = saved(tmp_path, ODD_FILES[name], "a.wav")
    embed(path)
    text = manifest_text(path)
    assert published_manifest(path.read_bytes()) == text


def manifest_text(path) -> bytes:
    return inspect_file(path, plugins=PLUGINS).payload


def as_published(content: bytes) -> bytes:
    """What the published package makes of a file without INFO: a padded list at the end, the size patched."""
    text = manifest_of(content).to_canonical_json().encode() + b"\0"
    body = content[8:] + bytes(len(content) % 2) + chunk(b"LIST", b"INFO" + chunk(b"IMFL", text))
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize("name", ["plain", "odd without pad", "odd with pad", "pad not counted", "broadcast"])
def test_a_file_that_the_published_package_made_is_proved_and_stripped(tmp_path, name):
    content = ODD_FILES[name]
    path = saved(tmp_path, as_published(content), "a.wav")
    assert verdict(path) is Verdict.EXACT
    assert content_digest(path, plugins=PLUGINS).sha256 == sha256(content)
    embed(path, content)
    assert path.read_bytes().count(b"IMFL") == 1
    strip_manifest(path, plugins=PLUGINS)
    assert path.read_bytes() == content


def test_a_manifest_that_an_editor_moved_into_its_own_list_is_read_and_taken_out(tmp_path):
    text = manifest_of(SMALL).to_canonical_json().encode() + b"\0"
    names = chunk(b"INAM", b"Fox\0"), chunk(b"IART", b"Me\0")
    path = saved(
        tmp_path, form(FMT, DATA, chunk(b"LIST", b"INFO" + names[0] + chunk(b"IMFL", text) + names[1])), "a.wav"
    )
    assert extract_manifest(path, plugins=PLUGINS).run.steps[0].model == "brush-1"
    strip_manifest(path, plugins=PLUGINS)
    assert path.read_bytes() == form(FMT, DATA, chunk(b"LIST", b"INFO" + b"".join(names)))


UNREADABLE = {
    "longer than its list": lambda: chunk(b"LIST", b"INFO" + b"IMFL\0\0\0\7" + b"{}"),
    "not ended": lambda: chunk(b"LIST", b"INFO" + chunk(b"IMFL", b"{}")),
    "too long": lambda: chunk(b"LIST", b"INFO" + chunk(b"IMFL", b"x" * (17 << 20))),
    "a record alone": lambda: chunk(b"LIST", b"INFO" + chunk(b"IMFR", b"{}\0")),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_manifest_that_cannot_be_read_is_not_guessed_at(tmp_path, name):
    content = form(FMT, DATA, UNREADABLE[name]())
    path = saved(tmp_path, content, "a.wav")
    assert verdict(path) in {Verdict.UNREADABLE, Verdict.MANIFEST_ALTERED}
    embed(path, content)
    assert verdict(path) is Verdict.EXACT  # as a part of the content, if the manifest lists it so
    path.write_bytes(content)
    embed(path, SMALL)
    assert verdict(path) is Verdict.EXACT
    strip_manifest(path, plugins=PLUGINS)
    assert path.read_bytes() == SMALL


def test_a_listed_output_that_holds_an_older_manifest_keeps_it(tmp_path):
    content = as_published(SMALL)
    path = saved(tmp_path, content, "a.wav")
    for _ in range(2):
        assert embed(path, content, prompt="an edit").method == "inline"
        assert path.read_bytes().count(b"IMFL") == 2
        assert b'"an edit"' in published_manifest(path.read_bytes())
        assert verdict(path) is Verdict.EXACT
    strip_manifest(path, plugins=PLUGINS)
    assert path.read_bytes() == content


def test_an_edited_container_with_the_same_sound_is_essence(tmp_path):
    path = saved(tmp_path, SMALL, "a.wav")
    embed(path)
    data = path.read_bytes() + NAME
    path.write_bytes(data[:4] + struct.pack("<I", len(data) - 8) + data[8:])
    assert verdict(path) is Verdict.ESSENCE
    strip_manifest(path, plugins=PLUGINS)
    assert path.read_bytes() == form(FMT, DATA, NAME)


FACTS = {
    "plain.wav": (0.3, 44100, 2, "pcm_s16le", 1411200),
    "bwf.wav": (0.3, 44100, 2, "pcm_s24le", 2116800),
    "rf64.wav": (0.3, 44100, 2, "pcm_s16le", 1411200),
    "stream.wav": (0.3, 44100, 2, "pcm_s16le", 1411200),
    "float.wav": (0.3, 44100, 2, "pcm_f32le", 2822400),
    "mulaw.wav": (0.3, 44100, 2, "pcm_mulaw", 705600),
}


@pytest.mark.parametrize("name", FACTS)
def test_facts_are_what_the_header_states(tmp_path, made, name):
    duration, rate, channels, codec, bitrate = FACTS[name]
    expected = {"sample_rate": rate, "channels": channels, "codec": codec, "bitrate": bitrate}
    path = saved(tmp_path, made[name], "a.wav")
    for _ in range(2):
        assert inspect_file(path, plugins=PLUGINS).facts == {"duration": duration, "audio": expected}
        embed(path)


def test_a_format_of_zeros_states_nothing(tmp_path):
    path = saved(tmp_path, form(chunk(b"fmt ", bytes(16)), DATA), "a.wav")
    assert inspect_file(path, plugins=PLUGINS).facts == {"audio": {}}


@pytest.mark.parametrize("size", [70_000, 1_000_000])
def test_long_manifests_fit(tmp_path, made, size):
    path = saved(tmp_path, made["stream.wav"], "a.wav")
    before = decoded(path)
    assert embed(path, made["stream.wav"], prompt="x" * size).method == "inline"
    assert decoded(path) == before
    assert verdict(path) is Verdict.EXACT


@pytest.mark.parametrize("name", ["plain", "odd without pad", "odd from a pipe", "existing INFO", "BW64"])
def test_every_changed_byte_is_noticed(tmp_path, name):
    path = saved(tmp_path, ODD_FILES[name], "a.wav")
    embed(path)
    for position, changed in with_a_changed_byte(path.read_bytes()):
        path.write_bytes(changed)
        assert verdict(path) is not Verdict.EXACT, position


def test_every_cut_is_noticed(tmp_path):
    path = saved(tmp_path, SMALL, "a.wav")
    embed(path)
    for length, beginning in cut(path.read_bytes()):
        path.write_bytes(beginning)
        assert verdict(path) is not Verdict.EXACT, length


def test_a_file_cut_behind_its_manifest_still_shows_it(tmp_path):
    path = saved(tmp_path, SMALL, "a.wav")
    embed(path)
    path.write_bytes(path.read_bytes()[:-9])
    assert extract_manifest(path, plugins=PLUGINS).run.steps[0].model == "brush-1"
    assert verdict(path) is Verdict.MANIFEST_ALTERED


REFUSED = {
    "cut sound": (SMALL[:-5], "the data chunk at byte 36 has 60 bytes, but only 55 are left"),
    "no chunk": (form(FMT, b"\0\1\2\3\0\0\0\0"), "cannot begin a chunk"),
    "odd chunk without pad in the middle": (form(FMT, ODD, NAME), "cannot begin a chunk"),
    "no sound inside": (form(FMT, chunk(b"data")), "its data chunk is empty"),
    "signed with C2PA": (form(FMT, DATA, chunk(b"C2PA", b"jumb")), "C2PA"),
    "RF64 without ds64": (form(FMT, DATA, kind=b"RF64", size=OPEN), "where ds64 with the sizes belongs"),
    "RF64 from a pipe": (form(ds64(0, 0), FMT, OPEN_DATA, kind=b"RF64", size=OPEN), "is not stated"),
    "RF64 with a lie": (form(ds64(999, 2**63), FMT, OPEN_DATA, kind=b"RF64", size=OPEN), "9223372036854775808 bytes"),
    "form without its sound": (form(FMT, NAME, DATA, size=50), "ends at byte 60 without any sound"),
    "RIFX": (b"RIFX" + SMALL[4:], "cannot put a manifest"),
    "too many chunks": (form(FMT, DATA, chunk(b"junk") * 250_001), "more than 250000 chunks"),
    "cut head": (b"RIFF", "cannot put a manifest"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_does_not_add_up_gets_a_sidecar(tmp_path, name):
    content, reason = REFUSED[name]
    path = saved(tmp_path, content, "a.wav")
    result = embed(path)
    assert result.method == "sidecar"
    assert reason in result.embed_error
    assert path.read_bytes() == content
    assert verdict(path) is Verdict.EXACT


class Claimed:
    """A file of any claimed size of which only the head exists."""

    def __init__(self, head, size):
        self.head, self.size = head, size

    def read_at(self, offset, length):
        length = max(0, min(length, self.size - offset))
        return self.head[offset : offset + length].ljust(length, b"\0")


def test_a_form_that_would_outgrow_its_size_field_is_refused():
    head = form(FMT, chunk(b"data", b"", 2**32 - 136), size=2**32 - 100)
    layout = wav.inspect_media(Claimed(head, 2**32 - 92))
    with pytest.raises(EmbeddingError, match="more than a RIFF file can"):
        wav.embed_manifest(layout, b"{}" * 100, {})


def test_an_rf64_beyond_four_gigabytes_takes_a_manifest_and_gives_it_back():
    sound, total = 5 << 30, (5 << 30) + 12 + 36 + 24 + 8
    head = form(ds64(total - 8, sound), FMT, chunk(b"data", b"", OPEN), size=OPEN, kind=b"RF64")
    layout = wav.inspect_media(Claimed(head, total))
    assert layout.essence[0].length == sound
    assert layout.facts["duration"] == sound / 8000
    plan = wav.embed_manifest(layout, b"{}", {"v": 1})
    assert plan.size == total + len(plan.segments[-1].data)


@pytest.mark.parametrize(
    "restore",
    [
        {"riff": -1},
        {"riff": 2**40},
        {"riff": "x"},
        {"pad": 1},
        {"data": 2**33},
        {"data": -5},
        {"data": True},
        {"pad": 7},
    ],
    ids=str,
)
def test_a_record_that_lies_is_no_proof(tmp_path, restore):
    digest = {"v": 1, "content_sha256": sha256(SMALL), "content_size": len(SMALL), "essence_sha256": None}
    text = manifest_of(SMALL).to_canonical_json().encode()
    lie = wav.pack_pair(text, {**digest, "restore": restore})
    path = saved(tmp_path, form(FMT, DATA, lie), "a.wav")
    assert verdict(path) is Verdict.ALTERED
    strip_manifest(path, plugins=PLUGINS)


def test_a_manifest_of_another_file_is_altered_or_foreign(tmp_path):
    path = saved(tmp_path, SMALL, "a.wav")
    embed(path)
    other = form(FMT, chunk(b"data", b"other sound!"), path.read_bytes()[len(SMALL) :])
    path.write_bytes(other)
    assert verdict(path) in {Verdict.ALTERED, Verdict.FOREIGN}


HOSTILE = {
    "huge manifest": lambda: chunk(b"LIST", b"INFO" + chunk(b"IMFL", b"x" * (17 << 20))),
    "many manifests": lambda: chunk(b"LIST", b"INFO" + chunk(b"IMFL", b"x" * (1 << 20)) * 40),
    "many lists": lambda: chunk(b"LIST", b"INFO" + chunk(b"IMFL", b"x")) * 30_000,
    "many sub-chunks": lambda: chunk(b"LIST", b"INFO" + chunk(b"IMFR") * 60_000),
    "lists in a list": lambda: chunk(b"LIST", b"INFO" + chunk(b"LIST", b"INFO") * 60_000) * 5,
    "much sound": lambda: chunk(b"data", b"x") * 60_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_cost_bounded_time_and_memory(tmp_path, name):
    path = saved(tmp_path, form(FMT, HOSTILE[name]()), "a.wav")
    with at_most_held(120 << 20):
        assert verdict(path) is not Verdict.EXACT


def damaged(data: bytes, draw) -> bytes:
    kind = draw(st.sampled_from(["cut", "bytes", "size", "tail", "insert"]))
    at = draw(st.integers(0, min(400, len(data) - 4)))
    if kind == "cut":
        return data[: draw(st.integers(0, len(data)))]
    if kind == "tail":
        return data + draw(st.binary(min_size=1, max_size=40))
    if kind == "insert":
        return data[:at] + draw(st.binary(min_size=1, max_size=9)) + data[at:]
    size = draw(st.sampled_from([0, 1, 0x7FFFFFFF, OPEN])) if kind == "size" else draw(st.integers(0, OPEN))
    return data[:at] + struct.pack("<I", size) + data[at + 4 :]


@st.composite
def odd_files(draw):
    data = ODD_FILES[draw(st.sampled_from(sorted(ODD_FILES)))]
    for _ in range(draw(st.integers(0, 3))):
        data = damaged(data, draw) if len(data) > 8 else data
    return data


@settings(max_examples=150)
@given(odd_files(), st.text("abcé🦊", max_size=30))
def test_any_file_is_refused_or_comes_back_exactly(content, prompt):
    with tempfile.TemporaryDirectory() as folder:
        path = saved(Path(folder), content, "a.wav")
        result = embed(path, content, prompt=prompt)
        assert verdict(path) is Verdict.EXACT
        if result.method == "inline":
            assert extract_manifest(path, plugins=PLUGINS).run.steps[0].prompt == prompt
            strip_manifest(path, plugins=PLUGINS)
        assert path.read_bytes() == content


@settings(max_examples=200)
@given(st.one_of(st.binary(max_size=200), st.binary(max_size=200).map(lambda tail: SMALL[:12] + tail), odd_files()))
def test_only_our_errors_escape_the_parser(data):
    with suppress(EmbeddingError):
        layout = wav.inspect_media(BytesReader(data))
        if layout is not None:
            wav.embed_manifest(layout, b"{}", {"v": 1})
