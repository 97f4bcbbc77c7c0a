"""Redaction: nothing hidden shows, everything else verifies, and the full manifest proves it."""

import json
from hashlib import sha256

import msgspec
import pytest

from genblaze.errors import ManifestError
from genblaze.models import Asset, Manifest, PromptVisibility, Run, Step, parse_manifest
from genblaze.models.manifest import check_record_digest
from genblaze.redaction import is_redacted, needs_redaction, redact, redact_step, reveals

SECRET = "a secret launch poster"


def a_step(visibility="private", **fields):
    asset = Asset(url="file:///a.png", media_type="image/png", sha256="a" * 64)
    defaults = {"prompt": SECRET, "negative_prompt": "people", "params": {"size": "1:1"}, "assets": [asset]}
    return Step(provider="p", model="m", prompt_visibility=visibility, **{**defaults, **fields})


def a_manifest(*steps):
    return Manifest.from_run(Run(name="r", steps=list(steps) or [a_step()]))


@pytest.mark.parametrize("visibility", ["private", "redacted", "encrypted"])
def test_a_prompt_that_is_not_public_is_hidden(visibility):
    full = a_manifest(a_step(visibility))
    assert needs_redaction(full)
    shown = redact(full)
    [step] = shown.run.steps
    assert is_redacted(step.prompt)
    assert is_redacted(step.negative_prompt)
    assert step.prompt_visibility == PromptVisibility.REDACTED
    assert step.params == {"size": "1:1"}
    assert not needs_redaction(shown)


def test_a_redacted_manifest_is_a_complete_one_that_verifies():
    full = a_manifest()
    text = redact(full).to_canonical_json()
    shown = parse_manifest(text)
    assert shown.schema_version == "1.5"
    assert shown.verify()
    assert check_record_digest(text.encode())
    assert shown.extensions["redacts"] == full.canonical_hash != shown.canonical_hash


def test_the_full_manifest_stays_full():
    full = a_manifest()
    redact(full)
    assert full.run.steps[0].prompt == SECRET
    assert full.verify()


def test_the_mark_is_the_digest_of_salt_and_value():
    full = a_manifest(a_step(prompt="caf\u0065\u0301"))
    shown = redact(full)
    salt = bytes.fromhex(full.extensions["salts"]["steps[0].prompt"])
    assert len(salt) == 16
    expected = sha256(salt + "caf\u00e9".encode()).hexdigest()
    assert shown.run.steps[0].prompt == f"redacted:sha256:{expected}"


def test_salts_stand_only_in_the_full_manifest():
    full = a_manifest()
    text = redact(full).to_canonical_json()
    assert "salts" not in text
    assert not any(salt in text for salt in full.extensions["salts"].values())


def test_redacting_twice_gives_the_same_document_also_after_storing_the_full_one():
    full = a_manifest()
    first = redact(full).to_canonical_json()
    stored = parse_manifest(full.to_canonical_json())
    assert json.loads(redact(full).to_canonical_json())["canonical_hash"] == json.loads(first)["canonical_hash"]
    assert redact(stored).canonical_hash == json.loads(first)["canonical_hash"]


def test_equal_prompts_of_two_manifests_get_different_marks():
    assert redact(a_manifest()).run.steps[0].prompt != redact(a_manifest()).run.steps[0].prompt


def test_a_redacted_manifest_is_not_redacted_again():
    shown = redact(a_manifest())
    again = redact(shown)
    assert again == shown
    assert again is not shown


def test_a_public_manifest_stays_as_it_is_and_shares_nothing():
    full = a_manifest(a_step("public"))
    shown = redact(full)
    assert shown == full
    shown.run.steps[0].params["x"] = 1
    assert "x" not in full.run.steps[0].params


def test_a_public_copy_does_not_carry_salts():
    full = a_manifest(a_step("public"))
    redact(full, params=["size"])
    assert full.extensions["salts"]
    assert redact(full).extensions is msgspec.UNSET


def test_named_params_are_hidden_whatever_they_are():
    full = a_manifest(a_step("public", params={"voice": {"id": 7}, "size": "1:1"}), a_step("public", params={}))
    shown = redact(full, params=["voice"])
    assert is_redacted(shown.run.steps[0].params["voice"])
    assert shown.run.steps[0].params["size"] == "1:1"
    assert shown.run.steps[0].prompt == SECRET
    assert shown.run.steps[0].prompt_visibility == PromptVisibility.PUBLIC
    assert shown.verify()
    assert reveals(full, shown)


def test_all_prompts_can_be_hidden():
    full = a_manifest(a_step("public"))
    shown = redact(full, all_prompts=True)
    assert SECRET not in shown.to_canonical_json()
    assert reveals(full, shown)


def test_what_repeats_a_private_prompt_is_hidden_too():
    step = a_step(
        params={"style_prompt": "noir", "caption": f"{SECRET}!", "prompt_strength": 0.5},
        metadata={"note": ["as in", SECRET], "revised_prompt": "a poster, oil on canvas"},
        error=f"refused: {SECRET}",
        provider_payload={"vendor": {"echo": SECRET}, "genblaze": {"upstream_id": "job", "attempts": [SECRET]}},
    )
    step.assets[0].metadata = {"revised_prompt": "a poster in oil"}
    shown = redact(a_manifest(step))
    text = shown.to_canonical_json()
    for hidden in (SECRET, "noir", "oil on canvas", "in oil", "vendor"):
        assert hidden not in text
    assert shown.run.steps[0].upstream_id == "job"
    assert shown.run.steps[0].params["prompt_strength"] == 0.5
    assert shown.verify()


def test_other_steps_are_left_alone():
    public = a_step("public", prompt="a fox", provider_payload={"vendor": 1})
    full = a_manifest(public, a_step())
    assert redact(full).run.steps[0] == public


def test_the_full_manifest_reveals_what_is_hidden():
    full = a_manifest(a_step(metadata={"revised_prompt": "x"}), a_step("public"))
    shown = redact(full)
    assert reveals(full, shown)
    assert reveals(parse_manifest(full.to_canonical_json()), parse_manifest(shown.to_canonical_json()))


@pytest.mark.parametrize(
    "tamper",
    [
        lambda full, shown: setattr(full.run.steps[0], "prompt", "another prompt"),
        lambda full, shown: full.extensions.update(salts={}),
        lambda full, shown: full.extensions.update(salts={"steps[0].prompt": "not hex"}),
        lambda full, shown: full.extensions.update(salts=5),
        lambda full, shown: shown.extensions.update(redacts="0" * 64),
        lambda full, shown: setattr(shown, "extensions", msgspec.UNSET),
        lambda full, shown: shown.run.steps[0].params.update(size="2:1"),
        lambda full, shown: shown.run.steps.pop(),
    ],
)
@pytest.mark.parametrize("rehashed", [False, True])
def test_nothing_else_is_revealed(tamper, rehashed):
    full = a_manifest()
    shown = redact(full)
    tamper(full, shown)
    if rehashed:
        full.compute_hash()
        shown.compute_hash()
    assert not reveals(full, shown)


def test_damaged_salts_are_refused_by_place():
    full = a_manifest()
    full.extensions = {"salts": {"steps[0].prompt": 5}}
    with pytest.raises(ManifestError, match=r"genblaze\.salts is damaged at 'steps\[0\]\.prompt'"):
        redact(full)


def test_a_single_step_is_hidden_for_stores_that_keep_steps():
    step = a_step(metadata={"note": SECRET})
    shown = redact_step(step)
    assert SECRET not in shown.model_dump_json()
    assert step.prompt == SECRET
    public = a_step("public")
    assert redact_step(public) == public
    assert is_redacted(redact_step(public, params=["size"]).params["size"])


def test_a_manifest_of_an_older_version_is_redacted_as_one_of_today():
    full = Manifest(run=Run(steps=[a_step()]), schema_version="1.0")
    full.compute_hash()
    shown = redact(full)
    assert shown.schema_version == "1.5"
    assert shown.verify()
    assert reveals(full, shown)
