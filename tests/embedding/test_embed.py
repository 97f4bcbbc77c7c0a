"""Embedding: the manifest goes in, the content comes back, and nothing is ever lost on the way."""

import json
import os
import resource
import stat
import time
from threading import Event

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_media import ToyFormat, manifest_of, saved, sha256, toy, toy_plugins

from genblaze.embedding import (
    ContentDigest,
    content_digest,
    copy_content,
    edits,
    embed,
    embed_manifest,
    extract_document,
    extract_manifest,
    inspect_file,
    sidecar_path,
    strip_manifest,
)
from genblaze.embedding.edits import FileReader, whole
from genblaze.embedding.recording import RecordDigests
from genblaze.errors import EmbeddingError, ManifestError, PointerSidecarError
from genblaze.hookspecs import hookimpl
from genblaze.layout import Copy, EditPlan, LayoutError, Literal, build_plan
from genblaze.models.enums import PromptVisibility
from genblaze.models.policy import EmbedPolicy
from genblaze.verifying import verify_file

CONTENT = toy(b"pixels " * 10)


@pytest.fixture
def plugins():
    return toy_plugins()


def test_a_manifest_longer_than_readers_take_is_not_written(tmp_path, plugins, monkeypatch):
    path, manifest = saved(tmp_path, CONTENT), manifest_of(CONTENT)
    monkeypatch.setattr("genblaze.embedding.embed.MAX_MANIFEST_BYTES", 100)
    with pytest.raises(ManifestError, match="at most 100"):
        embed_manifest(path, manifest, plugins=plugins)
    assert (path.read_bytes(), sidecar_path(path).exists()) == (CONTENT, False)


def test_an_embedded_manifest_is_extracted_again(tmp_path, plugins):
    path, manifest = saved(tmp_path, CONTENT), manifest_of(CONTENT)
    result = embed_manifest(path, manifest, plugins=plugins)
    assert (result.method, result.path, result.sidecar_path, result.embed_error) == ("inline", path, None, None)
    found = extract_manifest(path, plugins=plugins)
    assert found.canonical_hash == manifest.canonical_hash
    assert found.run.steps[0].prompt == "a red fox, snøwy 🦊"


def test_stripping_gives_the_original_bytes_back(tmp_path, plugins):
    path = saved(tmp_path, CONTENT)
    embed_manifest(path, manifest_of(CONTENT), plugins=plugins)
    assert path.read_bytes() != CONTENT
    assert content_digest(path, plugins=plugins).sha256 == sha256(CONTENT)
    assert strip_manifest(path, plugins=plugins).sha256 == sha256(CONTENT)
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize("known", [False, True], ids=["unknown", "known"])
def test_a_long_file_that_is_hashed_while_it_is_written_gets_a_true_record(tmp_path, plugins, known):
    content = toy(os.urandom(5_000_000))
    path = saved(tmp_path, content)
    digest = ContentDigest(sha256(content), len(content)) if known else None
    embed_manifest(path, manifest_of(content), plugins=plugins, content=digest)
    layout = inspect_file(path, plugins=plugins)
    essence = b"".join(path.read_bytes()[part.offset : part.offset + part.length] for part in layout.essence)
    assert layout.record["content_sha256"] == sha256(content)
    assert layout.record["essence_sha256"] == sha256(essence)
    assert verify_file(path, plugins=plugins).ok
    assert strip_manifest(path, plugins=plugins).sha256 == sha256(content)


def test_a_file_that_changes_while_it_is_still_hashed_is_noticed(tmp_path, plugins, monkeypatch):
    content = toy(bytes(2_000_000))
    path = saved(tmp_path, content)
    copied, write = Event(), embed.write_plan

    def write_plan(*arguments):
        write(*arguments)
        path.write_bytes(content + b"more")
        copied.set()

    def digest_plan(*arguments):
        assert copied.wait(30)
        return edits.digest_plan(*arguments)

    monkeypatch.setattr("genblaze.embedding.embed.write_plan", write_plan)
    monkeypatch.setattr("genblaze.embedding.recording.digest_plan", digest_plan)
    with pytest.raises(EmbeddingError, match="changed by another program"):
        embed_manifest(path, manifest_of(content), plugins=plugins)
    assert path.read_bytes() == content + b"more"


def test_hashing_stops_when_the_rest_has_failed(tmp_path):
    """A disk that is full, or Ctrl-C, does not wait until gigabytes are hashed for nobody."""
    hashing, deadline = Event(), time.monotonic() + 60

    class Endless(FileReader):
        def chunks(self, segment, buffer):
            while time.monotonic() < deadline:
                hashing.set()
                yield buffer[:1]

    def fails(file):
        with RecordDigests(file, whole(file), whole(file)):
            assert hashing.wait(30)
            raise OSError("full")

    with Endless(saved(tmp_path, bytes(5_000_000))) as file, pytest.raises(OSError, match="full"):
        fails(file)
    assert time.monotonic() < deadline


@settings(max_examples=30)
@given(st.lists(st.binary(max_size=30), max_size=3), st.text(max_size=20), st.text(max_size=20))
def test_embedding_again_replaces_and_still_comes_back(tmp_path_factory, pieces, first, second):
    plugins, content = toy_plugins(), toy(*pieces)
    path = saved(tmp_path_factory.mktemp("law"), content)
    for prompt in (first, second):
        embed_manifest(path, manifest_of(content, prompt=prompt), plugins=plugins)
    once = saved(path.parent, content, "once.toy")
    assert path.read_bytes().count(b'"canonical_hash"') == 1 + content.count(b'"canonical_hash"')
    embed_manifest(once, extract_manifest(path, plugins=plugins), plugins=plugins)
    assert once.read_bytes() == path.read_bytes()
    strip_manifest(path, plugins=plugins)
    assert path.read_bytes() == content


def test_embedding_the_same_twice_writes_once(tmp_path, plugins):
    path, manifest = saved(tmp_path, CONTENT), manifest_of(CONTENT)
    embed_manifest(path, manifest, plugins=plugins)
    before = path.stat()
    embed_manifest(path, manifest, plugins=plugins)
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_an_output_leaves_the_input_as_it_is(tmp_path, plugins):
    path, output = saved(tmp_path, CONTENT), tmp_path / "out.toy"
    path.chmod(0o640)
    assert embed_manifest(path, manifest_of(CONTENT), output=output, plugins=plugins).path == output
    assert path.read_bytes() == CONTENT
    assert stat.S_IMODE(output.stat().st_mode) == 0o640
    assert copy_content(output, tmp_path / "copy.toy", plugins=plugins).sha256 == sha256(CONTENT)
    assert (tmp_path / "copy.toy").read_bytes() == CONTENT


def test_the_content_can_come_from_another_file(tmp_path, plugins):
    source, path = saved(tmp_path, CONTENT, "cached.toy"), tmp_path / "clone.toy"
    embed_manifest(path, manifest_of(CONTENT), source=source, plugins=plugins)
    assert verify_file(path, plugins=plugins).ok
    assert source.read_bytes() == CONTENT


def test_the_mode_of_the_file_stays(tmp_path, plugins):
    path = saved(tmp_path, CONTENT)
    path.chmod(0o604)
    embed_manifest(path, manifest_of(CONTENT), plugins=plugins)
    assert stat.S_IMODE(path.stat().st_mode) == 0o604


def test_a_format_without_embedder_gets_a_sidecar(tmp_path, plugins):
    path = saved(tmp_path, b"plain text", "notes.txt")
    result = embed_manifest(path, manifest_of(b"plain text"), plugins=plugins)
    assert (result.method, result.sidecar_path) == ("sidecar", tmp_path / "notes.txt.genblaze.json")
    assert result.embed_error is None
    assert path.read_bytes() == b"plain text"
    assert extract_manifest(path, plugins=plugins).run.steps[0].model == "brush-1"


def test_a_sidecar_beside_another_output_comes_with_the_file(tmp_path, plugins):
    path = saved(tmp_path, b"plain text", "notes.txt")
    (tmp_path / "out").mkdir()
    output = tmp_path / "out" / "notes.txt"
    embed_manifest(path, manifest_of(b"plain text"), output=output, plugins=plugins)
    assert output.read_bytes() == b"plain text"
    assert verify_file(output, plugins=plugins).ok
    assert not sidecar_path(path).exists()


def test_a_file_that_cannot_hold_a_manifest_gets_a_sidecar_that_says_why(tmp_path, plugins):
    path = saved(tmp_path, CONTENT[:-5])
    result = embed_manifest(path, manifest_of(CONTENT[:-5]), plugins=plugins)
    assert result.method == "sidecar"
    assert "only 65 are left" in result.embed_error
    assert path.read_bytes() == CONTENT[:-5]
    assert verify_file(path, plugins=plugins).ok


def test_a_sidecar_of_the_same_run_goes_when_the_file_carries_the_manifest(tmp_path, plugins):
    path, manifest = saved(tmp_path, CONTENT), manifest_of(CONTENT)
    sidecar_path(path).write_text(manifest.to_canonical_json())
    embed_manifest(path, manifest, plugins=plugins)
    assert not sidecar_path(path).exists()


@pytest.mark.parametrize("text", ["not json", manifest_of(b"other").to_canonical_json()], ids=["text", "other run"])
def test_a_sidecar_that_is_not_replaced_stays(tmp_path, plugins, text):
    path = saved(tmp_path, CONTENT)
    sidecar_path(path).write_text(text)
    embed_manifest(path, manifest_of(CONTENT), plugins=plugins)
    assert sidecar_path(path).read_text() == text


def test_a_private_prompt_is_not_written_in_clear(tmp_path, plugins):
    path = saved(tmp_path, CONTENT)
    manifest = manifest_of(CONTENT, prompt="the secret fox", prompt_visibility=PromptVisibility.PRIVATE)
    embed_manifest(path, manifest, plugins=plugins)
    assert b"secret" not in path.read_bytes()
    assert b"salts" not in path.read_bytes()
    assert verify_file(path, plugins=plugins).ok
    embed_manifest(path, manifest, plugins=plugins, full=True)
    assert b"the secret fox" in path.read_bytes()


def test_a_policy_of_none_embeds_nothing(tmp_path, plugins):
    path, output = saved(tmp_path, CONTENT), tmp_path / "out.toy"
    policy = EmbedPolicy(embed_mode="none")
    assert embed_manifest(path, manifest_of(CONTENT), output=output, policy=policy, plugins=plugins).method == "none"
    assert output.read_bytes() == CONTENT


def test_a_pointer_is_a_sidecar_that_says_where_the_manifest_is(tmp_path, plugins):
    path, manifest = saved(tmp_path, CONTENT), manifest_of(CONTENT)
    policy = EmbedPolicy(embed_mode="pointer")
    with pytest.raises(ManifestError):
        embed_manifest(path, manifest, policy=policy, plugins=plugins)
    manifest.manifest_uri = "s3://bucket/manifest.json"
    result = embed_manifest(path, manifest, policy=policy, plugins=plugins)
    assert (result.method, result.manifest_uri) == ("pointer", manifest.manifest_uri)
    assert path.read_bytes() == CONTENT
    with pytest.raises(PointerSidecarError) as caught:
        extract_manifest(path, plugins=plugins)
    assert caught.value.manifest_uri == manifest.manifest_uri


def test_a_file_without_manifest_says_so(tmp_path, plugins):
    with pytest.raises(EmbeddingError, match=r"no manifest in .*fox.toy \(image/x-toy\) and no fox.toy.genblaze.json"):
        extract_manifest(saved(tmp_path, CONTENT), plugins=plugins)


def test_stripping_a_file_without_manifest_leaves_it(tmp_path, plugins):
    path = saved(tmp_path, CONTENT)
    before = path.stat().st_ino
    assert strip_manifest(path, plugins=plugins).sha256 == sha256(CONTENT)
    assert path.stat().st_ino == before


def test_the_document_is_extracted_as_it_stands(tmp_path, plugins):
    path, manifest = saved(tmp_path, CONTENT), manifest_of(CONTENT)
    embed_manifest(path, manifest, plugins=plugins)
    assert json.loads(extract_document(path, plugins=plugins)) == json.loads(manifest.to_canonical_json())


def test_what_the_container_states_can_be_asked(tmp_path, plugins):
    layout = inspect_file(saved(tmp_path, CONTENT), plugins=plugins)
    assert (layout.media_type, layout.size, layout.facts) == ("image/x-toy", len(CONTENT), {"width": 2})
    with pytest.raises(LayoutError):
        inspect_file(saved(tmp_path, CONTENT[:6], "cut.toy"), plugins=plugins)


class Forgetful(ToyFormat):
    """Does not find what it wrote."""

    @hookimpl
    def embed_manifest(self, layout, payload, record):
        return build_plan([Copy(0, layout.size), Literal(payload)])


class Lossy(ToyFormat):
    """Loses the last byte of the content."""

    @hookimpl
    def embed_manifest(self, layout, payload, record):
        plan = ToyFormat().embed_manifest(layout, payload, record)
        *rest, last = plan.segments
        return EditPlan((*rest, Copy(last.offset, last.length - 1), Literal(b"!")))


@pytest.mark.parametrize(("broken", "reason"), [(Forgetful, "does not find again"), (Lossy, "byte for byte")])
def test_an_embedder_that_breaks_the_law_is_not_let_near_the_file(tmp_path, broken, reason):
    path, plugins = saved(tmp_path, CONTENT), toy_plugins(embedder=broken())
    result = embed_manifest(path, manifest_of(CONTENT), plugins=plugins)
    assert result.method == "sidecar"
    assert reason in result.embed_error
    assert path.read_bytes() == CONTENT


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_is_not_writable_is_named(tmp_path, plugins):
    path = saved(tmp_path, CONTENT)
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(EmbeddingError, match=f"cannot write {path}: Permission denied"):
            embed_manifest(path, manifest_of(CONTENT), plugins=plugins)
    finally:
        tmp_path.chmod(0o755)
    assert path.read_bytes() == CONTENT


def test_a_full_disk_leaves_the_original_and_nothing_else(tmp_path, plugins):
    content = toy(bytes(2_000_000))
    path = saved(tmp_path, content)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, limits[1]))
    try:
        with pytest.raises(EmbeddingError, match="cannot write .*fox.toy: File too large; nothing was changed"):
            embed_manifest(path, manifest_of(content), plugins=plugins)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_output_folder_is_named(tmp_path, plugins):
    path, output = saved(tmp_path, CONTENT), tmp_path / "none" / "out.toy"
    with pytest.raises(EmbeddingError, match="cannot write .*none/out.toy: No such file"):
        embed_manifest(path, manifest_of(CONTENT), output=output, plugins=plugins)


def test_a_sidecar_too_large_to_be_a_manifest_is_not_read(tmp_path, plugins):
    path = saved(tmp_path, CONTENT)
    with sidecar_path(path).open("wb") as file:
        file.truncate(17 << 20)
    with pytest.raises(ManifestError, match="17825792 bytes"):
        extract_manifest(path, plugins=plugins)
