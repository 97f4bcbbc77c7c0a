"""genblaze_core.media: the published handlers, as programs that were written for them call them."""

import json

import pytest
from sample_media import manifest_of, saved
from smallest_media import SMALLEST

from genblaze.verifying import verify_file
from genblaze_core import EmbedPolicy, Manifest
from genblaze_core.exceptions import EmbeddingError, ManifestError
from genblaze_core.media import (
    AacHandler,
    BaseMediaHandler,
    FlacHandler,
    JpegHandler,
    Mp3Handler,
    Mp4Handler,
    PngHandler,
    SidecarHandler,
    SmartEmbedder,
    WavHandler,
    WebpHandler,
    aac,
    flac,
    get_handler,
    guess_mime,
    mp3,
    mp4,
    png,
    sniff_mime,
    wav,
)
from genblaze_core.media.base import atomic_write
from genblaze_core.media.sidecar import PointerSidecarError

HANDLERS = {
    "image/png": PngHandler,
    "image/jpeg": JpegHandler,
    "image/webp": WebpHandler,
    "video/mp4": Mp4Handler,
    "audio/mp4": AacHandler,
    "audio/aac": AacHandler,
    "audio/mpeg": Mp3Handler,
    "audio/wav": WavHandler,
    "audio/flac": FlacHandler,
}
every_handler = pytest.mark.parametrize("media_type", HANDLERS)


@pytest.mark.parametrize(
    ("other", "handler"),
    [
        ("audio/wave", WavHandler),
        ("audio/x-wav", WavHandler),
        ("audio/vnd.wave", WavHandler),
        ("audio/mp3", Mp3Handler),
        ("audio/x-flac", FlacHandler),
        ("image/jpg", JpegHandler),
        ("text/plain", type(None)),
    ],
)
def test_other_names_of_a_media_type_lead_to_its_handler(other, handler):
    assert type(get_handler(other)) is handler


@every_handler
def test_a_handler_embeds_extracts_and_verifies(tmp_path, media_type):
    content = SMALLEST[media_type]
    path, manifest = saved(tmp_path, content, "a"), manifest_of(content)
    handler = get_handler(media_type)
    assert type(handler) is HANDLERS[media_type]
    assert media_type in HANDLERS[media_type].capabilities()
    assert handler.embed(path, manifest) == path
    assert handler.extract(path).canonical_hash == manifest.canonical_hash
    assert handler.verify(path)
    assert verify_file(path).ok


@every_handler
def test_an_output_leaves_the_source_as_it_is(tmp_path, media_type):
    content = SMALLEST[media_type]
    path = saved(tmp_path, content, "a")
    assert HANDLERS[media_type]().embed(str(path), manifest_of(content), tmp_path / "b") == tmp_path / "b"
    assert path.read_bytes() == content
    assert verify_file(tmp_path / "b").ok


@every_handler
def test_a_file_without_a_manifest_or_of_another_format_or_none_is_an_embedding_error(tmp_path, media_type):
    handler = HANDLERS[media_type]()
    bare = saved(tmp_path, SMALLEST[media_type], "bare")
    other = saved(tmp_path, SMALLEST["image/gif"], "other")
    for path in (bare, other, tmp_path / "gone"):
        with pytest.raises(EmbeddingError):
            handler.extract(path)
    with pytest.raises(EmbeddingError, match="is image/gif"):
        handler.embed(other, manifest_of(b""))
    assert other.read_bytes() == SMALLEST["image/gif"]
    assert sorted(tmp_path.iterdir()) == [bare, other]


def test_a_file_that_cannot_hold_a_manifest_is_an_error_not_a_sidecar(tmp_path):
    path = saved(tmp_path, SMALLEST["image/png"][:-20], "cut.png")
    with pytest.raises(EmbeddingError):
        PngHandler().embed(path, manifest_of(b""))
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_is_encoded_again_whatever_the_quality(tmp_path):
    path = saved(tmp_path, SMALLEST["image/webp"], "a.webp")
    WebpHandler().embed(path, manifest_of(SMALLEST["image/webp"]), lossless=False, quality=1)
    assert verify_file(path).ok


def test_one_handler_serves_all_the_relatives_of_mp4(tmp_path):
    for media_type in ("video/quicktime", "image/avif", "audio/mp4"):
        path = saved(tmp_path, SMALLEST[media_type], "a")
        Mp4Handler().embed(path, manifest_of(SMALLEST[media_type]))
        assert Mp4Handler().verify(path)


@pytest.mark.parametrize("media_type", ["video/quicktime", "image/avif", "image/gif", "audio/ogg"])
def test_whatever_is_embedded_has_a_handler_that_reads_it(tmp_path, media_type):
    content = SMALLEST[media_type]
    path, manifest = saved(tmp_path, content, "a"), manifest_of(content)
    assert SmartEmbedder().embed(path, manifest).method == "inline"
    assert get_handler(guess_mime(path)).extract(path).canonical_hash == manifest.canonical_hash
    assert get_handler("text/plain") is None


def test_a_handler_of_a_format_that_the_published_package_writes_sidecars_for_reads_them(tmp_path):
    path, manifest = saved(tmp_path, SMALLEST["image/gif"], "a.gif"), manifest_of(SMALLEST["image/gif"])
    SidecarHandler().embed(path, manifest)
    assert get_handler("image/gif").extract(path).canonical_hash == manifest.canonical_hash


def test_what_handlers_say_of_themselves():
    assert [each.mime_type for each in AacHandler.media_capabilities()] == ["audio/aac", "audio/mp4", "audio/x-m4a"]
    [webp] = WebpHandler.media_capabilities()
    assert (webp.max_payload_bytes, webp.metadata_location, webp.strip_risk) == (61440, "XMP", "medium")
    assert (PngHandler.media_capabilities(), SidecarHandler.capabilities()) == ([], ["*/*"])


def test_a_handler_of_ones_own_needs_three_methods():
    with pytest.raises(TypeError, match="abstract"):
        BaseMediaHandler()


def test_sidecars(tmp_path):
    path = saved(tmp_path, b"text", "a.txt")
    manifest = manifest_of(b"text")
    handler = SidecarHandler()
    with pytest.raises(EmbeddingError, match="no sidecar file"):
        handler.extract(path)
    assert handler.embed(path, manifest) == tmp_path / "a.txt.genblaze.json"
    assert handler.extract(path).canonical_hash == manifest.canonical_hash
    assert handler.verify(path)
    manifest.manifest_uri = "https://bucket.test/m.json"
    handler.embed(path, manifest, policy=EmbedPolicy(embed_mode="pointer"))
    with pytest.raises(PointerSidecarError):
        handler.extract(path)


def test_the_smart_embedder_chooses(tmp_path):
    embedder = SmartEmbedder()
    picture, text = saved(tmp_path, SMALLEST["image/png"], "a.png"), saved(tmp_path, b"text", "a.txt")
    inline = embedder.embed(picture, manifest_of(SMALLEST["image/png"]), mime_type="image/png")
    assert (inline.path, inline.sidecar_path, inline.method, inline.embed_error) == (picture, None, "inline", None)
    beside = embedder.embed(text, manifest_of(b"text"))
    assert (beside.method, beside.sidecar_path.name) == ("sidecar", "a.txt.genblaze.json")
    assert embedder.embed(text, manifest_of(b"text"), policy=EmbedPolicy(embed_mode="none")).method == "none"
    with pytest.raises(ManifestError, match="manifest_uri"):
        embedder.embed(text, manifest_of(b"text"), policy=EmbedPolicy(embed_mode="pointer"))


def test_the_content_says_what_a_file_is_and_its_name_only_when_that_says_nothing(tmp_path):
    path = saved(tmp_path, SMALLEST["image/png"], "a.wav")
    assert (sniff_mime(path), guess_mime(path)) == ("image/png", "image/png")
    empty = saved(tmp_path, b"", "a.png")
    assert (sniff_mime(empty), guess_mime(empty)) == (None, "image/png")
    assert (sniff_mime(tmp_path / "gone.mp4"), guess_mime(tmp_path / "gone.mp4")) == (None, "video/mp4")
    assert guess_mime(tmp_path / "gone.xyz") == "application/octet-stream"


@pytest.mark.parametrize(
    ("media_type", "name"),
    [
        ("image/png", png.ITXT_KEY.encode()),
        ("video/mp4", mp4.GENBLAZE_UUID_BYTES),
        ("video/mp4", mp4.GENBLAZE_UUID.bytes),
        ("audio/mpeg", mp3.TXXX_DESC.encode()),
        ("audio/wav", wav.INFO_TAG),
        ("audio/flac", flac.VORBIS_TAG.encode()),
    ],
)
def test_the_published_constants_name_what_is_in_the_files(tmp_path, media_type, name):
    path = saved(tmp_path, SMALLEST[media_type], "a")
    get_handler(media_type).embed(path, manifest_of(SMALLEST[media_type]))
    assert path.read_bytes().count(name) >= 1
    assert aac.FREEFORM_KEY == "----:genblaze:manifest"


def test_an_atomic_write_is_a_path_to_write_to(tmp_path):
    target = saved(tmp_path, b"old", "file")
    with atomic_write(target) as path:
        path.write_bytes(b"new")
        assert target.read_bytes() == b"old"
    assert target.read_bytes() == b"new"
    with pytest.raises(FileNotFoundError), atomic_write(target) as path:
        path.write_bytes((tmp_path / "none").read_bytes())
    assert target.read_bytes() == b"new"


def test_a_manifest_read_from_a_file_is_the_published_document(tmp_path):
    content = SMALLEST["image/png"]
    path = saved(tmp_path, content, "a.png")
    PngHandler().embed(path, manifest_of(content))
    found = PngHandler().extract(path)
    assert isinstance(found, Manifest)
    assert json.loads(found.to_canonical_json())["schema_version"] == "1.5"
