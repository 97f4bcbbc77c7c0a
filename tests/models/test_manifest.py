"""Manifests: the published hashes, reading, writing and verifying."""

import copy
import json
from datetime import datetime

import msgspec
import pytest

from genblaze.canonical import canonical_bytes, canonical_json
from genblaze.errors import InvalidValueError, ManifestError, UnsupportedSchemaVersionError
from genblaze.models import (
    Asset,
    AudioMetadata,
    EmbedPolicy,
    Manifest,
    Modality,
    Run,
    Step,
    Track,
    VideoMetadata,
    WordTiming,
    parse_manifest,
)
from genblaze.models import manifest as manifest_module
from genblaze.models.hashing import asset_provenance_key
from genblaze.models.manifest import SUPPORTED_SCHEMA_VERSIONS, check_record_digest

SHA = "a" * 64


def vector_run():
    """A run that touches every rule of the hash."""
    run_id = "11111111-1111-1111-1111-111111111111"
    source = Asset(
        asset_id="33333333-3333-3333-3333-333333333333",
        media_type="image/png",
        url="https://h/i.png?X-Amz-Signature=1&b=2",
    )
    made = Asset(
        asset_id="44444444-4444-4444-4444-444444444444",
        media_type="video/mp4",
        url="https://h/v.mp4",
        sha256=SHA,
        size_bytes=10,
        width=1,
        height=2,
        duration=3,
        video=VideoMetadata(codec="h264", frame_rate=30),
        audio=AudioMetadata(codec="aac", channels=2, word_timings=[WordTiming(word="hi", start=0, end=1)]),
        tracks=[Track(kind="video")],
        metadata={"m": 1},
    )
    step = Step(
        step_id="22222222-2222-2222-2222-222222222222",
        run_id=run_id,
        provider="p",
        model="m",
        modality=Modality.VIDEO,
        prompt="a\u0301",
        negative_prompt="n",
        seed=7,
        params={"b": 1, "a": 1.0, "f": 0.1 + 0.2, "x": {"z": 1, "y": [1e20]}},
        inputs=[source],
        assets=[made],
    )
    return Run(
        run_id=run_id,
        tenant_id="t",
        project_id="pr",
        name="Caf\u00e9 e\u0301",
        metadata={"k": [1, 2.5, None, True]},
        steps=[step],
    )


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("1.0", "739958aad17cbc7923482199f8c3dbea6a3eb83d1b5c47320b5c0c1a91dfb1ee"),
        ("1.3", "6f1e6ddf19474b12ffd4f15bcb1b53d4f94c2eb698e9ca1cd480bc0889f905f6"),
        ("1.4", "b577b405b0ea90aaf5e34398887752edabb5b4c97470b6e556fa9ce21e387595"),
        ("1.5", "2b72002d27e837535254a1b6f7e2b9989fbfbbcea26c0a834ff03971b1bf5293"),
        ("1.6", "528f2791b5f1eb897e8824d101718a8037678aa8b612f58c9b3b189146a94636"),
    ],
)
def test_each_version_hashes_as_published(version, expected):
    assert Manifest(run=vector_run(), schema_version=version).compute_hash() == expected


def test_an_empty_run_hashes_as_published():
    published = "605fd015941ee4deb317b092415fb781b855c3f31f5b16f57c1557a3352f378f"
    assert Manifest.from_run(Run()).canonical_hash == published


def test_a_small_run_hashes_as_published():
    asset = Asset(url="x", media_type="application/octet-stream", sha256="0" * 64)
    step = Step(provider="mock", model="m", prompt="q", metadata={"upstream_id": "sync"}, assets=[asset])
    published = "c2c1dd6cea44f9d356d7b5ba7cb5cc26108715931b9a07d3a0d7f90ce3a8774f"
    assert Manifest.from_run(Run(name="x", steps=[step])).canonical_hash == published


def a_run(**fields):
    asset = Asset(url="file:///a.png", media_type="image/png", sha256=SHA, **fields)
    return Run(name="r", steps=[Step(provider="p", model="m", prompt="a fox", params={"n": 1}, assets=[asset])])


def a_document(**changes):
    return json.loads(Manifest.from_run(a_run()).to_canonical_json()) | changes


class Picture(Asset):
    """An asset of somebody else's class."""


def test_what_is_learnt_on_the_way_does_not_change_the_hash():
    run = a_run()
    before = Manifest.from_run(run).canonical_hash
    step = run.steps[0]
    step.note(upstream_id="job", attempts=[1])
    step.retries, step.cost_usd, step.error, step.status, step.step_id = 3, 0.5, "x", "failed", "other"
    step.assets[0].url, step.assets[0].asset_id = "s3://b/k", "other"
    run.run_id, run.status, run.idempotency_key = "other", "failed", "key"
    assert Manifest.from_run(run).canonical_hash == before


@pytest.mark.parametrize(
    "change",
    [
        lambda run: setattr(run, "name", "other"),
        lambda run: run.metadata.update(a=1),
        lambda run: run.steps[0].params.update(n=2),
        lambda run: run.steps[0].params.update(n=1.0),
        lambda run: setattr(run.steps[0], "prompt", "a cat"),
        lambda run: setattr(run.steps[0].assets[0], "sha256", "b" * 64),
        lambda run: setattr(run.steps[0].assets[0], "duration", 1.5),
        lambda run: run.steps.append(run.steps[0]),
    ],
)
def test_what_was_asked_and_made_changes_the_hash(change):
    run = a_run()
    manifest = Manifest.from_run(run)
    assert manifest.verify()
    change(run)
    assert not manifest.verify_hash()
    assert not manifest.verify()


@pytest.mark.parametrize(
    "assign",
    [
        lambda step: setattr(step, "seed", 2**70),
        lambda step: setattr(step, "prompt", "e\u0301"),
        lambda step: setattr(step, "model", Modality.IMAGE),
        lambda step: setattr(step.assets[0], "duration", 5),
        lambda step: setattr(step.assets[0], "duration", 10**17),
        lambda step: setattr(step.assets[0], "metadata", {"a": (1, 2)}),
        lambda step: setattr(step, "assets", tuple(step.assets)),
        lambda step: setattr(step, "assets", [Picture(url="x", media_type="a/b")]),
        lambda step: setattr(step, "assets", [step.assets[0].model_dump()]),
        lambda step: setattr(step.assets[0], "video", {"codec": "h264"}),
        lambda step: setattr(step, "params", {"t": datetime.fromisoformat("2026-01-01T00:00:00+01:00")}),
    ],
)
def test_unusual_assigned_values_are_written_by_the_general_rules(assign):
    run = a_run()
    assign(run.steps[0])
    text = Manifest.from_run(run).to_canonical_json()
    expected = canonical_json(run.model_dump())
    assert json.loads(text)["run"] == json.loads(expected)
    assert f'"run":{expected},' in text


def test_a_value_that_cannot_be_hashed_is_refused_by_its_place_in_the_run():
    run = a_run()
    run.steps[0].params["mask"] = [b"x"]
    with pytest.raises(ManifestError, match=r"run\.steps\[0\]\.params\.mask\[0\]: bytes"):
        Manifest.from_run(run)
    assert not Manifest(run=run, canonical_hash=SHA).verify()


def test_a_naive_time_is_refused_when_the_document_is_written():
    manifest = Manifest.from_run(a_run())
    manifest.run.started_at = datetime(2026, 1, 1)
    with pytest.raises(ManifestError, match=r"run\.started_at: a datetime without a time zone"):
        manifest.to_canonical_json()


def test_params_nest_as_deep_as_the_document_allows():
    def nested(levels):
        return {"x": nested(levels - 1)} if levels else 1

    run = a_run()
    run.steps[0].params = nested(96)
    assert Manifest.from_run(run).verify()
    run.steps[0].params = nested(97)
    with pytest.raises(ManifestError, match="nested deeper"):
        Manifest.from_run(run)


def test_a_manifest_without_a_hash_does_not_verify():
    assert not Manifest(run=a_run()).verify_hash()


def test_a_run_without_outputs_does_not_verify():
    report = Manifest.from_run(Run()).verification_report()
    assert report.hash_ok
    assert not report.has_outputs
    assert not report.ok


def test_outputs_without_a_digest_or_with_bad_numbers_are_listed():
    run = a_run()
    lacking = Asset(url="x", media_type="a/b")
    bad = Asset(url="y", media_type="a/b", sha256=SHA)
    bad.width = -1
    run.steps[0].assets += [lacking, bad]
    run.steps[0].inputs = [Asset(url="z", media_type="a/b")]
    report = Manifest.from_run(run).verification_report()
    assert report.unverified_sha256_ids == (lacking.asset_id,)
    assert report.invalid_metadata_ids == (bad.asset_id,)
    assert not report.ok


def test_the_document_holds_every_field_in_sorted_order():
    document = a_document()
    assert list(document) == sorted(document)
    assert document["manifest_uri"] is None
    assert set(document["run"]) == set(Run.__struct_fields__)
    assert set(document["run"]["steps"][0]) == set(Step.__struct_fields__)


def test_writing_computes_a_missing_hash():
    manifest = Manifest(run=a_run())
    assert json.loads(manifest.to_canonical_json())["canonical_hash"] == manifest.canonical_hash != ""


def test_a_read_only_version_is_not_written():
    manifest = Manifest(run=a_run(), schema_version="1.6")
    for write in (manifest.to_canonical_json, lambda: manifest.to_embed_json(EmbedPolicy())):
        with pytest.raises(UnsupportedSchemaVersionError, match=r"newest that is written is 1\.5"):
            write()


def test_an_unknown_version_is_refused_at_construction():
    with pytest.raises(InvalidValueError, match=r"schema version '2\.0' is not one of 1\.0"):
        Manifest(run=Run(), schema_version="2.0")


@pytest.mark.parametrize("as_form", [bytes, str, dict])
def test_what_was_written_can_be_read_in_every_form(as_form):
    manifest = Manifest.from_run(vector_run())
    text = manifest.to_canonical_json()
    data = {bytes: text.encode(), str: text, dict: json.loads(text)}[as_form]
    again = parse_manifest(data)
    assert again.verify_hash()
    assert again.to_canonical_json() == text


def test_reading_neither_changes_nor_shares_its_input():
    document = a_document(genblaze={"deep": {"x": [1]}})
    before = copy.deepcopy(document)
    manifest = parse_manifest(document)
    manifest.run.steps[0].params["n"] = 5
    manifest.extensions["deep"]["x"].append(2)
    assert document == before


def test_a_document_without_a_version_is_of_the_first():
    document = a_document()
    del document["schema_version"]
    assert parse_manifest(document).schema_version == "1.0"
    assert parse_manifest(document | {"schema_version": ""}).schema_version == "1.0"


@pytest.mark.parametrize("version", SUPPORTED_SCHEMA_VERSIONS)
def test_old_documents_verify_under_their_own_rules(version):
    original = Manifest(run=vector_run(), schema_version=version)
    original.compute_hash()
    again = parse_manifest(original.model_dump_json())
    assert again.schema_version == version
    assert again.verify_hash()


def test_missing_fields_of_old_documents_have_their_defaults():
    manifest = parse_manifest({"schema_version": "1.0", "run": {"steps": [{"provider": "p", "model": "m"}]}})
    assert manifest.run.steps[0].cost_usd is None
    assert manifest.transfer_failures == []


def test_numbers_out_of_range_are_read_and_reported():
    document = a_document()
    asset = document["run"]["steps"][0]["assets"][0]
    asset.update(width=-1, media_type="nonsense", video={"bitrate": 0})
    manifest = parse_manifest(document)
    assert manifest.verification_report().invalid_metadata_ids == (asset["asset_id"],)
    with pytest.raises(InvalidValueError):
        Manifest.model_validate(document)


def test_huge_integers_survive_reading():
    run = a_run()
    run.steps[0].params["big"] = run.steps[0].assets[0].width = 10**400
    text = Manifest.from_run(run).to_canonical_json()
    assert parse_manifest(text.encode()).verify()


def with_step(**changes):
    document = a_document()
    good = document["run"]["steps"][0]
    document["run"]["steps"].append({**good, **changes})
    return document


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (None, "not NoneType"),
        ([], "not list"),
        (b"[]", "a JSON object, not list"),
        (b"{", "not JSON"),
        (b"\xff", "not JSON"),
        (b'{"run":"\\ud800"}', "not JSON"),
        (b"[" * 100_000, "not JSON"),
        ({}, "run"),
        ({"run": []}, r"\$\.run"),
        (with_step(colour="red"), r"run\.steps\[1\]: .*colour"),
        (with_step(model=5), r"run\.steps\[1\]: .*\$\.model"),
        (with_step(assets=[{}]), r"run\.steps\[1\]: .*assets\[0\]"),
        (with_step(provider=None), r"run\.steps\[1\]\.provider is null"),
        (with_step(prompt_visibility="encrypted"), r"run\.steps\[1\].*encryption_scheme is missing"),
        (a_document(canonical_hash=5), r"\$\.canonical_hash"),
        (a_document(schema_version=1.5), "schema version 1.5"),
    ],
)
def test_what_is_no_manifest_is_refused_by_place(data, complaint):
    with pytest.raises(ManifestError, match=complaint):
        parse_manifest(data)


def test_an_unknown_version_explains_whatever_else_is_wrong():
    with pytest.raises(UnsupportedSchemaVersionError, match="a newer genblaze may know it"):
        parse_manifest({"schema_version": "9.9", "run": "of another kind"})


def test_a_document_of_endless_size_is_refused_before_it_is_read(monkeypatch):
    monkeypatch.setattr(manifest_module, "MAX_MANIFEST_BYTES", 10)
    with pytest.raises(ManifestError, match="at most 10 are read"):
        parse_manifest(b"{" + b" " * 10)


def test_endless_nesting_is_refused_by_reading_or_by_verifying():
    document = a_document()
    inner = {}
    document["run"]["metadata"] = inner
    for _ in range(200):
        inner["x"] = inner = {}
    assert not parse_manifest(document).verify()


def test_encrypted_prompts_are_read_where_the_scheme_is_named():
    document = with_step(prompt_visibility="encrypted") | {"encryption_scheme": "age"}
    assert parse_manifest(document).encryption_scheme == "age"


def test_unknown_fields_outside_steps_are_ignored():
    document = a_document(colour="red")
    document["run"]["colour"] = document["run"]["steps"][0]["assets"][0]["colour"] = "red"
    assert parse_manifest(document).verify()


def test_the_document_digest_covers_what_the_hash_leaves_out():
    text = Manifest.from_run(a_run()).to_canonical_json()
    assert check_record_digest(text.encode()) is True
    assert check_record_digest(json.dumps(json.loads(text), indent=2).encode()) is True
    document = json.loads(text)
    document["run"]["steps"][0]["cost_usd"] = 99
    assert parse_manifest(document).verify()
    assert check_record_digest(document) is False


def test_the_document_digest_covers_our_own_additions():
    manifest = Manifest(run=a_run(), extensions={"redacts": SHA})
    document = json.loads(manifest.to_canonical_json())
    assert document["genblaze"]["redacts"] == SHA
    assert check_record_digest(document) is True
    document["genblaze"]["redacts"] = "b" * 64
    assert check_record_digest(document) is False
    assert manifest.extensions == {"redacts": SHA}


def test_a_document_without_a_digest_is_neither_right_nor_wrong():
    document = a_document()
    del document["genblaze"]
    assert check_record_digest(document) is None
    assert check_record_digest(b"[]") is None
    with pytest.raises(ManifestError):
        check_record_digest(b"{")


def test_a_pointer_names_the_hash_and_where_the_manifest_is():
    manifest = Manifest.from_run(a_run())
    pointer = EmbedPolicy(embed_mode="pointer")
    with pytest.raises(ManifestError, match="needs a manifest_uri"):
        manifest.to_embed_json(pointer)
    manifest.manifest_uri = "s3://b/m.json"
    assert json.loads(manifest.to_embed_json(pointer)) == {
        "schema_version": "1.5",
        "canonical_hash": manifest.canonical_hash,
        "manifest_uri": "s3://b/m.json",
    }


def test_a_public_manifest_is_embedded_whole():
    manifest = Manifest.from_run(a_run())
    assert manifest.to_embed_json(EmbedPolicy()) == manifest.to_canonical_json()


@pytest.mark.parametrize(
    "policy",
    [
        {"prompt_visibility": "private"},
        {"prompt_visibility": "encrypted"},
        {"include_params": False},
        {"include_seed": False},
    ],
)
def test_a_policy_that_a_full_manifest_cannot_meet_is_refused(policy):
    with pytest.raises(ManifestError, match="pointer"):
        Manifest.from_run(a_run()).to_embed_json(EmbedPolicy(**policy))


@pytest.mark.parametrize("fields", [{"prompt_visibility": "private"}, {}])
def test_prompts_that_are_not_to_be_seen_are_embedded_redacted(fields):
    run = a_run()
    run.steps[0] = run.steps[0].model_copy(update=fields)
    policy = EmbedPolicy() if fields else EmbedPolicy(prompt_visibility="redacted")
    text = Manifest.from_run(run).to_embed_json(policy)
    assert "a fox" not in text
    assert parse_manifest(text).verify()


def test_the_provenance_key_ignores_what_is_random():
    first = Asset(url="a", media_type="a/b", sha256=SHA, size_bytes=3)
    second = Asset(url="b", media_type="a/b", sha256=SHA, size_bytes=3)
    assert asset_provenance_key(first) == asset_provenance_key(second)
    assert asset_provenance_key(first)[:2] == (SHA, 3)
    assert asset_provenance_key(Asset(url="a", media_type="a/b"))[:2] == ("", -1)
    assert asset_provenance_key(first, schema_version="1.0") != asset_provenance_key(second, schema_version="1.0")
    unhashed = Asset(url="https://h/x?Expires=1", media_type="a/b")
    assert '"unverified_asset_url":"https://h/x"' in asset_provenance_key(unhashed, schema_version="1.6")[2]


def test_the_additions_are_absent_unless_something_was_added():
    assert Manifest(run=Run()).extensions is msgspec.UNSET
    assert canonical_bytes(Manifest(run=Run())).startswith(b'{"canonical_hash":"","encryption_scheme":null,"manif')
