"""Verdicts: what each kind of change to a file, its manifest or their tie is called."""

import json
import os

import pytest
from sample_media import block, manifest_of, saved, sha256, toy, toy_plugins

from genblaze.embedding import embed_manifest, sidecar_path
from genblaze.layout import encode_record
from genblaze.models.policy import EmbedPolicy
from genblaze.verifying import Verdict, verify_file, verify_manifest_file

FIRST, SECOND = toy(b"first picture"), toy(b"second picture")


@pytest.fixture
def plugins():
    return toy_plugins()


@pytest.fixture
def embedded(tmp_path, plugins):
    path = saved(tmp_path, SECOND)
    embed_manifest(path, manifest_of(FIRST, SECOND), plugins=plugins)
    return path


def verdict(path, plugins):
    return verify_file(path, plugins=plugins).verdict


def changed(path, old, new):
    data = path.read_bytes()
    assert data.count(old) == 1
    path.write_bytes(data.replace(old, new))


def test_an_exact_file_names_the_step_that_made_it(embedded, plugins):
    found = verify_file(embedded, plugins=plugins)
    assert (found.verdict, found.ok, found.source, found.media_type) == ("exact", True, "inline", "image/x-toy")
    assert (found.step_index, found.step.model, found.asset.sha256) == (1, "brush-1", sha256(SECOND))
    assert found.message == "exact output of step 1 (acme/brush-1)"


def test_a_changed_pixel_is_altered(embedded, plugins):
    changed(embedded, b"second picture", b"second pictura")
    assert verdict(embedded, plugins) is Verdict.ALTERED


def test_a_changed_container_around_the_same_pixels_is_essence(embedded, plugins):
    changed(embedded, b"comment", b"COMMENT")
    found = verify_file(embedded, plugins=plugins)
    assert (found.verdict, found.step_index) == (Verdict.ESSENCE, 1)
    assert not found.ok


def test_every_changed_byte_is_noticed(embedded, plugins):
    data = embedded.read_bytes()
    for position in range(len(data)):
        flipped = bytearray(data)
        flipped[position] ^= 1
        embedded.write_bytes(flipped)
        assert not verify_file(embedded, plugins=plugins).ok, position


def test_a_cut_file_is_never_exact(embedded, plugins):
    data = embedded.read_bytes()
    for length in range(len(data)):
        embedded.write_bytes(data[:length])
        assert not verify_file(embedded, plugins=plugins).ok, length


@pytest.mark.parametrize("field", ["acme", "brush-1", "file:///0"])
def test_a_changed_field_of_the_manifest_is_manifest_altered(tmp_path, plugins, field):
    path = saved(tmp_path, FIRST)
    embed_manifest(path, manifest_of(FIRST), plugins=plugins)
    changed(path, field.encode(), field.upper().encode())
    assert verdict(path, plugins) is Verdict.MANIFEST_ALTERED


def test_a_manifest_that_is_no_json_is_manifest_altered(embedded, plugins):
    changed(embedded, b'{"canonical_hash"', b'["canonical_hash"')
    assert verdict(embedded, plugins) is Verdict.MANIFEST_ALTERED


def test_a_manifest_of_a_future_version_is_unreadable_not_altered(tmp_path, plugins):
    path = saved(tmp_path, FIRST)
    document = json.loads(manifest_of(FIRST).to_canonical_json()) | {"schema_version": "9.0"}
    sidecar_path(path).write_text(json.dumps(document))
    found = verify_file(path, plugins=plugins)
    assert found.verdict is Verdict.UNREADABLE
    assert "9.0" in found.message


def test_a_manifest_moved_to_another_file_is_altered(tmp_path, plugins, embedded):
    blocks = embedded.read_bytes()[8 : -len(SECOND) + 8]
    stranger = toy(b"a stranger's picture")
    path = saved(tmp_path, stranger[:4] + b"\0\0\0\x04" + blocks + stranger[8:], "stranger.toy")
    assert verdict(path, plugins) is Verdict.ALTERED


def test_a_manifest_moved_between_outputs_of_one_run_is_altered(tmp_path, plugins, embedded):
    blocks = embedded.read_bytes()[8 : -len(SECOND) + 8]
    path = saved(tmp_path, FIRST[:4] + b"\0\0\0\x04" + blocks + FIRST[8:], "swapped.toy")
    found = verify_file(path, plugins=plugins)
    assert found.verdict is Verdict.ALTERED
    assert "record" in found.message


def test_a_manifest_of_another_run_is_foreign(tmp_path, plugins):
    path = saved(tmp_path, SECOND)
    embed_manifest(path, manifest_of(FIRST), plugins=plugins)
    assert verdict(path, plugins) is Verdict.FOREIGN


def test_a_manifest_without_record_is_proved_by_the_content_alone(tmp_path, plugins):
    payload = block(b"M", manifest_of(FIRST).to_canonical_json().encode())
    path = saved(tmp_path, FIRST[:4] + b"\0\0\0\x03" + payload + FIRST[8:])
    assert verdict(path, plugins) is Verdict.EXACT
    changed(path, b"first picture", b"first pictura")
    assert verdict(path, plugins) is Verdict.ALTERED


def test_a_record_that_promises_another_size_is_altered(tmp_path, plugins):
    path = saved(tmp_path, FIRST)
    record = {"v": 1, "content_sha256": sha256(FIRST), "content_size": 5, "essence_sha256": None}
    blocks = block(b"M", manifest_of(FIRST).to_canonical_json().encode())
    blocks += block(b"R", encode_record({**record, "restore": {"count": 2}}))
    path.write_bytes(FIRST[:4] + b"\0\0\0\x04" + blocks + FIRST[8:])
    assert verdict(path, plugins) is Verdict.ALTERED


def test_exact_content_in_a_block_that_was_edited_is_altered(embedded, plugins):
    data = embedded.read_bytes()
    end = len(data) - len(SECOND) + 8
    # The same two blocks behind the comment: the content is still exact, the place is not ours.
    comment = data[end : end + 12]
    embedded.write_bytes(data[:8] + comment + data[8:end] + data[end + 12 :])
    found = verify_file(embedded, plugins=plugins)
    assert found.verdict is Verdict.ALTERED
    assert "block of the manifest was edited" in found.message


def test_a_manifest_without_any_output_proves_nothing(tmp_path, plugins):
    path = saved(tmp_path, FIRST)
    sidecar_path(path).write_text(manifest_of().to_canonical_json())
    found = verify_file(path, plugins=plugins)
    assert found.verdict is Verdict.ALTERED
    assert "no output with a digest" in found.message


def test_a_sidecar_is_compared_with_the_whole_file(tmp_path, plugins):
    path = saved(tmp_path, b"some text", "notes.txt")
    embed_manifest(path, manifest_of(b"some text"), plugins=plugins)
    found = verify_file(path, plugins=plugins)
    assert (found.verdict, found.source) == (Verdict.EXACT, "sidecar")
    path.write_bytes(b"some texT")
    assert verdict(path, plugins) is Verdict.ALTERED


def test_a_pointer_sidecar_is_no_manifest_but_says_where_it_is(tmp_path, plugins):
    path, manifest = saved(tmp_path, FIRST), manifest_of(FIRST)
    manifest.manifest_uri = "s3://bucket/manifest.json"
    embed_manifest(path, manifest, policy=EmbedPolicy(embed_mode="pointer"), plugins=plugins)
    found = verify_file(path, plugins=plugins)
    assert found.verdict is Verdict.NO_MANIFEST
    assert manifest.manifest_uri in found.message


def test_a_file_without_manifest_says_so(tmp_path, plugins):
    assert verdict(saved(tmp_path, FIRST), plugins) is Verdict.NO_MANIFEST


@pytest.mark.parametrize(
    "make", [lambda path: None, lambda path: path.mkdir(), os.mkfifo], ids=["none", "folder", "pipe"]
)
def test_what_is_no_file_is_unreadable(tmp_path, plugins, make):
    make(tmp_path / "odd.toy")
    assert verdict(tmp_path / "odd.toy", plugins) is Verdict.UNREADABLE


def test_only_the_hash_is_checked_when_that_is_asked(embedded, plugins):
    changed(embedded, b"second picture", b"second pictura")
    assert verify_file(embedded, plugins=plugins, hash_only=True).ok


def test_a_file_that_is_itself_a_manifest_is_checked_as_one(tmp_path):
    text = manifest_of(FIRST).to_canonical_json()
    path = saved(tmp_path, text.encode(), "run.json")
    assert verify_manifest_file(path).verdict is Verdict.EXACT
    path.write_text(text.replace("brush-1", "brush-2"))
    assert verify_manifest_file(path).verdict is Verdict.MANIFEST_ALTERED
    for other in ('{"captions": []}', "[]", "no json"):
        path.write_text(other)
        assert verify_manifest_file(path) is None


def test_a_pointer_or_a_huge_file_is_no_manifest(tmp_path):
    manifest = manifest_of(FIRST)
    manifest.manifest_uri = "s3://bucket/manifest.json"
    path = saved(tmp_path, manifest.to_embed_json(EmbedPolicy(embed_mode="pointer")).encode(), "p.json")
    assert verify_manifest_file(path).verdict is Verdict.NO_MANIFEST
    os.truncate(path, 17 << 20)
    assert verify_manifest_file(path) is None


def test_a_digest_under_a_misspelt_key_is_damage_not_absence(tmp_path, plugins):
    path = saved(tmp_path, b"some text", "notes.txt")
    embed_manifest(path, manifest_of(b"some text"), plugins=plugins)
    text = sidecar_path(path).read_text()
    for key in ("genblaze", "record_sha256"):
        sidecar_path(path).write_text(text.replace(f'"{key}"', f'"{key[:-1]}_"'))
        assert verdict(path, plugins) is Verdict.MANIFEST_ALTERED
