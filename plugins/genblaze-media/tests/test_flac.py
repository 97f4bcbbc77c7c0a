"""FLAC: what real readers see, what comes back, and what odd and hostile files are called."""

import json
import struct
import subprocess
import tempfile
import time
from pathlib import Path

import imageio_ffmpeg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutagen.flac import FLAC, Picture
from sample_media import manifest_of, saved, sha256
from some_formats import cut, only, with_a_changed_byte

from genblaze.embedding import content_digest, embed_manifest, extract_manifest, inspect_file, strip_manifest
from genblaze.errors import EmbeddingError
from genblaze.layout import BytesReader
from genblaze.verifying import Verdict
from genblaze_media import _plugin, flac

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
SINE = ["-f", "lavfi", "-i", "sine=d=0.4:r=44100", "-ac", "2", "-c:a", "flac"]


def ffmpeg(*arguments):
    command = [FFMPEG, "-v", "error", "-y", *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True).stdout


def decoded(path):
    return ffmpeg("-i", path, "-map", "0:a", "-f", "streamhash", "-hash", "md5", "-")


@pytest.fixture(scope="session")
def titled(tmp_path_factory):
    path = tmp_path_factory.mktemp("flac") / "a.flac"
    ffmpeg(*SINE, "-metadata", "title=Füchse", path)
    return path.read_bytes()


PLUGINS, embed, verdict = only(flac=_plugin.flac, mp3=_plugin.mp3)


def block(kind: int, data: bytes = b"", last: bool = False) -> bytes:
    return bytes([last << 7 | kind]) + len(data).to_bytes(3) + data


def comments(*texts: bytes, count: int | None = None, vendor: bytes = b"reference") -> bytes:
    head = struct.pack("<I", len(vendor)) + vendor + struct.pack("<I", len(texts) if count is None else count)
    return head + b"".join(struct.pack("<I", len(text)) + text for text in texts)


def info(sample_rate: int = 48000, channels: int = 2, samples: int = 24000) -> bytes:
    packed = sample_rate << 44 | channels - 1 << 41 | 15 << 36 | samples
    return struct.pack(">HH", 4096, 4096) + bytes(6) + packed.to_bytes(8) + bytes(16)


AUDIO = b"\xff\xf8\xc9\x18" + bytes(60)
TITLE = comments(b"TITLE=Fox", b"GENRE=calm")
ID3 = b"ID3\4\0\0\0\0\0\x0eTIT2\0\0\0\4\0\0\3Fox"
LAYOUTS = {
    "info alone": b"fLaC" + block(0, info(), last=True) + AUDIO,
    "no comments": b"fLaC" + block(0, info()) + block(1, bytes(50), last=True) + AUDIO,
    "comments last": b"fLaC" + block(0, info()) + block(4, TITLE, last=True) + AUDIO,
    "comments amid": b"fLaC" + block(0, info()) + block(3, bytes(18)) + block(4, TITLE) + block(1, last=True) + AUDIO,
    "no comment in the block": b"fLaC" + block(0, info()) + block(4, comments(), last=True) + AUDIO,
    "bytes behind the comments": b"fLaC" + block(0, info()) + block(4, TITLE + b"\1junk", last=True) + AUDIO,
    "two blocks of comments": b"fLaC" + block(0, info()) + block(4, TITLE) + block(4, TITLE, last=True) + AUDIO,
    "behind ID3": ID3 + b"fLaC" + block(0, info()) + block(4, TITLE, last=True) + AUDIO,
    "no audio": b"fLaC" + block(0, info(), last=True),
}
SMALL = LAYOUTS["comments amid"]


@pytest.mark.parametrize("kind", LAYOUTS)
@pytest.mark.parametrize("name", ["a.flac", "a"])
def test_every_kind_of_flac_comes_back_byte_for_byte(tmp_path, kind, name):
    path = saved(tmp_path, LAYOUTS[kind], name)
    assert embed(path).embed_error is None
    assert verdict(path) is Verdict.EXACT
    embed(path, LAYOUTS[kind], prompt="again")
    assert path.read_bytes().count(b"GENBLAZE_MANIFEST") == 1
    assert extract_manifest(path, plugins=PLUGINS).run.steps[0].prompt == "again"
    assert verdict(path) is Verdict.EXACT
    strip_manifest(path, plugins=PLUGINS)
    assert path.read_bytes() == LAYOUTS[kind]


@pytest.mark.parametrize("length", [0, 70_000, 1_000_000])
def test_real_files_decode_to_the_same_samples_and_published_readers_find_it(tmp_path, titled, length):
    path = saved(tmp_path, titled, "a.flac")
    before = decoded(path)
    manifest = manifest_of(titled, prompt="ø" * length)
    assert embed_manifest(path, manifest, plugins=PLUGINS).method == "inline"
    assert decoded(path) == before
    seen = FLAC(path)
    assert json.loads(seen["GENBLAZE_MANIFEST"][0]) == json.loads(manifest.to_canonical_json())
    assert seen["title"] == ["Füchse"]
    assert verdict(path) is Verdict.EXACT
    strip_manifest(path, plugins=PLUGINS)
    assert path.read_bytes() == titled


def test_facts_are_those_of_streaminfo(tmp_path):
    facts = inspect_file(saved(tmp_path, SMALL, "a.flac"), plugins=PLUGINS).facts
    assert facts == {"audio": {"codec": "flac", "sample_rate": 48000, "channels": 2}, "duration": 0.5}
    streamed = b"fLaC" + block(0, info(channels=6, samples=0), last=True) + AUDIO
    facts = inspect_file(saved(tmp_path, streamed, "a.flac"), plugins=PLUGINS).facts
    assert facts == {"audio": {"codec": "flac", "sample_rate": 48000, "channels": 6}}


def test_the_frames_of_audio_are_the_essence(tmp_path):
    path = saved(tmp_path, LAYOUTS["behind ID3"] + b"TAG" + bytes(125), "a.flac")
    (essence,) = inspect_file(path, plugins=PLUGINS).essence
    assert path.read_bytes()[essence.offset :][: essence.length] == AUDIO


def test_metadata_edited_by_others_is_essence(tmp_path, titled):
    path = saved(tmp_path, titled, "a.flac")
    embed(path)
    edited = FLAC(path)
    edited["mood"] = "calm"
    picture = Picture()
    picture.data, picture.mime = b"png" * 40, "image/png"
    edited.add_picture(picture)
    edited.save()
    assert verdict(path) is Verdict.ESSENCE


def published(content: bytes, folder: Path) -> Path:
    path = saved(folder, content, "p.flac")
    audio = FLAC(path)
    audio["GENBLAZE_MANIFEST"] = manifest_of(content).to_canonical_json()
    audio.save()
    return path


def with_padding(data: bytes, folder: Path, length: int | None) -> bytes:
    path = saved(folder, data, "q.flac")
    FLAC(path).save(padding=(lambda found: length) if length is not None else None)
    return path.read_bytes()


@pytest.mark.parametrize("padding", [None, 0, 8192])
def test_a_published_manifest_is_proved_whatever_became_of_the_padding(tmp_path, titled, padding):
    content = with_padding(titled, tmp_path, padding)
    path = published(content, tmp_path)
    assert verdict(path) is Verdict.EXACT
    assert content_digest(path, plugins=PLUGINS).sha256 == sha256(content)
    strip_manifest(path, plugins=PLUGINS)
    assert path.read_bytes() == content


def test_a_manifest_that_was_only_inserted_is_proved(tmp_path):
    content = LAYOUTS["comments amid"]
    ours = b"GENBLAZE_MANIFEST=" + manifest_of(content).to_canonical_json().encode()
    data = b"fLaC" + block(0, info()) + block(3, bytes(18))
    data += block(4, comments(b"TITLE=Fox", b"GENRE=calm", ours)) + block(1, last=True) + AUDIO
    path = saved(tmp_path, data, "a.flac")
    assert verdict(path) is Verdict.EXACT
    embed(path, content)
    assert path.read_bytes().count(b"GENBLAZE_MANIFEST") == 1


def test_a_listed_output_that_holds_an_older_manifest_keeps_it(tmp_path):
    older = b"genblaze_manifest=" + manifest_of(SMALL).to_canonical_json().encode()
    content = b"fLaC" + block(0, info()) + block(4, comments(b"A=1", older, b"B=2"), last=True) + AUDIO
    path = saved(tmp_path, content, "a.flac")
    for _ in range(2):
        embed(path, content, prompt="an edit")
        seen = FLAC(path)["GENBLAZE_MANIFEST"]
        assert [json.loads(text)["run"]["steps"][0]["prompt"] for text in seen] == ["an edit", "a red fox, snøwy 🦊"]
        assert extract_manifest(path, plugins=PLUGINS).run.steps[0].prompt == "an edit"
        assert verdict(path) is Verdict.EXACT
    strip_manifest(path, plugins=PLUGINS)
    assert path.read_bytes() == content


C2PA = b"\0application/x-c2pa-manifest-store\0c2pa\0c2pa manifest store\0" + bytes(20)
GEOB = b"GEOB\0\0\0" + bytes([len(C2PA)]) + b"\0\0" + C2PA
REFUSED = {
    "C2PA": (b"ID3\4\0\0\0\0\0" + bytes([len(GEOB)]) + GEOB + SMALL, "C2PA"),
    "no STREAMINFO": (b"fLaC" + block(4, TITLE, last=True) + AUDIO, "STREAMINFO"),
    "short STREAMINFO": (b"fLaC" + block(0, info()[:-1], last=True) + AUDIO, "STREAMINFO"),
    "no sample rate": (b"fLaC" + block(0, info(sample_rate=0), last=True) + AUDIO, "sample rate"),
    "block past the end": (b"fLaC" + block(0, info()) + b"\x84\xff\xff\xff" + AUDIO, "metadata block at byte"),
    "no last block": (b"fLaC" + block(0, info()) + block(1, bytes(9)), "metadata block at byte"),
    "too many comments": (b"fLaC" + block(0, info()) + block(4, comments(count=9), last=True) + AUDIO, "comment at"),
    "absurd count": (b"fLaC" + block(0, info()) + block(4, comments(count=2**32 - 1), last=True) + AUDIO, "comments"),
    "comment past the block": (
        b"fLaC" + block(0, info()) + block(4, comments(b"A=1")[:-3] + b"x", last=True) + AUDIO,
        "comment at byte",
    ),
    "no frame": (b"fLaC" + block(0, info(), last=True) + b"not audio", "no frame of audio"),
    "overlong list": (b"fLaC" + block(0, info()) + block(1) * 20_001 + AUDIO, "more than 20000"),
    "full block": (
        b"fLaC" + block(0, info()) + block(4, comments(b"A=" + b"x" * (2**24 - 600)), last=True) + AUDIO,
        "would have",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_does_not_add_up_gets_a_sidecar(tmp_path, name):
    content, reason = REFUSED[name]
    path = saved(tmp_path, content, "a.flac")
    result = embed(path)
    assert result.method == "sidecar"
    assert reason in result.embed_error
    assert path.read_bytes() == content
    assert verdict(path) is Verdict.EXACT


@pytest.mark.parametrize(
    "texts",
    [
        [b"GENBLAZE_RECORD={}"],
        [b"GENBLAZE_MANIFEST={}", b"GENBLAZE_RECORD={}"],
        [b"GENBLAZE_MANIFEST=not json"],
        [b"GENBLAZE_MANIFEST=" + b"[" * 100_000],
    ],
    ids=["record alone", "record that lies", "no JSON", "deep JSON"],
)
def test_a_pair_that_was_tampered_with_is_never_exact(tmp_path, texts):
    path = saved(tmp_path, b"fLaC" + block(0, info()) + block(4, comments(*texts), last=True) + AUDIO, "a.flac")
    assert verdict(path) in {Verdict.UNREADABLE, Verdict.MANIFEST_ALTERED}


def test_hostile_files_cost_bounded_time(tmp_path):
    many = [b"GENBLAZE_MANIFEST={}", b"GENBLAZE_RECORD={}"] * 60_000
    path = saved(tmp_path, b"fLaC" + block(0, info()) + block(4, comments(*many), last=True) + AUDIO, "a.flac")
    started = time.perf_counter()
    assert verdict(path) is not Verdict.EXACT
    assert time.perf_counter() - started < 90  # shared machines stall; what is refused here is quadratic time


@pytest.mark.parametrize("kind", ["info alone", "comments amid", "behind ID3"])
def test_every_changed_byte_is_noticed(tmp_path, kind):
    path = saved(tmp_path, LAYOUTS[kind], "a.flac")
    embed(path)
    for position, changed in with_a_changed_byte(path.read_bytes()):
        path.write_bytes(changed)
        assert verdict(path) is not Verdict.EXACT, position


def test_a_cut_file_never_crashes_and_is_never_exact(tmp_path):
    path = saved(tmp_path, SMALL, "a.flac")
    embed(path)
    whole = path.read_bytes()
    for length, beginning in cut(whole):
        path.write_bytes(beginning)
        assert verdict(path) is not Verdict.EXACT, length
    path.write_bytes(whole[: -len(AUDIO)])
    assert extract_manifest(path, plugins=PLUGINS).run.steps[0].model == "brush-1"


metadata = st.one_of(
    st.builds(block, st.sampled_from([1, 2, 3, 5, 6, 126]), st.binary(max_size=30)),
    st.builds(lambda texts: block(4, comments(*texts)), st.lists(st.binary(max_size=20), max_size=3)),
)


def mutated(data: bytes, edits) -> bytes:
    changed = bytearray(data)
    for place, value in edits:
        changed[place % len(changed)] = value
    return bytes(changed)


contents = st.one_of(
    st.builds(
        lambda front, blocks, rest: front + b"fLaC" + block(0, info()) + b"".join(blocks) + block(1, last=True) + rest,
        st.sampled_from([b"", ID3]),
        st.lists(metadata, max_size=4),
        st.just(AUDIO),
    ),
    st.builds(
        mutated,
        st.sampled_from(sorted(LAYOUTS.values())),
        st.lists(st.tuples(st.integers(0, 300), st.integers(0, 255)), max_size=4),
    ),
    st.binary(max_size=100).map(b"fLaC".__add__),
)


@settings(max_examples=150)
@given(contents, st.text(max_size=20))
def test_what_is_embedded_comes_back_and_all_else_is_refused(content, prompt):
    with tempfile.TemporaryDirectory() as folder:
        path = saved(Path(folder), content, "a.flac")
        assert embed(path, content, prompt=prompt).method in {"inline", "sidecar"}
        assert verdict(path) is Verdict.EXACT
        embed(path, content, prompt="again")
        assert verdict(path) is Verdict.EXACT
        strip_manifest(path, plugins=PLUGINS)
        assert path.read_bytes() == content


@settings(max_examples=150)
@given(st.binary(max_size=300))
def test_arbitrary_bytes_raise_only_embedding_errors(data):
    for start in (b"fLaC", b"fLaC" + block(0, info()) + b"\x84\0\0\x50"):
        try:
            flac.inspect_media(BytesReader(start + data))
        except EmbeddingError:
            continue
