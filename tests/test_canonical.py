"""Canonical JSON: the fast way gives what the written rules give, and what cannot be held is refused by place."""

import hashlib
import json
import math
import sys
import unicodedata
from collections import OrderedDict
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from genblaze.canonical import (
    all_write_plainly,
    canonical_bytes,
    canonical_hash,
    canonical_json,
    check_canonical,
    normalize,
    plain_bytes,
    writes_plainly,
)
from genblaze.errors import InvalidValueError, ManifestError
from genblaze.models import (
    Asset,
    AudioMetadata,
    Manifest,
    Modality,
    Run,
    Step,
    Track,
    VideoMetadata,
    WordTiming,
)


def by_the_rules(value):
    """The written rules, implemented a second time and as plainly as can be."""
    if isinstance(value, float):
        return round(value, 10) if math.isfinite(value) else None
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, dict):
        return {key: by_the_rules(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [by_the_rules(item) for item in value]
    return value


def json_by_the_rules(value):
    return json.dumps(by_the_rules(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


TEXTS = st.one_of(
    st.text(max_size=12),
    st.text('ab\u00e9e\u0301\u0323\u212b\uac00\u1100\u1161\U0001f98a\u0000\u0008\u001f\u007f\u2028"\\/', max_size=8),
)
FLOATS = st.one_of(
    st.floats(),
    st.floats(-1e3, 1e3).map(lambda value: round(value, 3)),
    st.sampled_from([0.1 + 0.2, 1e20, 1e16, 1e15, 1e-5, 1e-4, 1e-11, -0.0, 5e-11, 123456.12345678905]),
)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.integers(-(2**70), 2**70), FLOATS, TEXTS)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(TEXTS, inner, max_size=4),
        st.lists(inner, max_size=3).map(tuple),
    ),
    max_leaves=12,
)
DICTS = st.dictionaries(TEXTS, VALUES, max_size=4)


@given(VALUES)
@example({"b": [1e20, {"a": "e\u0301"}], "a": -0.0})
@example([2**64, -(2**63) - 1])
def test_the_text_is_what_the_written_rules_give(value):
    assert canonical_json(value) == json_by_the_rules(value)


@given(VALUES)
def test_writing_its_own_text_again_changes_nothing(value):
    text = canonical_json(value)
    assert canonical_json(json.loads(text)) == text


@given(VALUES)
def test_what_the_fast_way_accepts_it_writes_by_the_rules(value):
    if writes_plainly(value) and (text := plain_bytes(value)) is not None:
        assert text.decode() == json_by_the_rules(value)


@given(st.lists(VALUES, max_size=4), st.booleans())
@example([{"a": [1.5]}, {"b": [1e20]}], True)
@example([{"a": 1}, {1: "a"}], False)
@example([{"a": 1}, {"a": Decimal(1)}, {"a": True}], False)
def test_many_values_are_judged_as_each_of_them_alone(values, in_dicts):
    values = [{"key": value} for value in values] if in_dicts else values
    assert all_write_plainly(values * 16) is all(map(writes_plainly, values))


def test_the_fast_way_is_taken_where_it_can_be():
    value = {"size": "16:9", "n": 3, "guidance": 7.5, "nested": {"list": [0.3, None, True, "caf\u00e9"]}}
    assert writes_plainly(value)
    assert all_write_plainly([value, {}] * 20)
    assert plain_bytes(value) is not None


OPTIONAL_TEXT = st.none() | TEXTS
POSITIVE = st.none() | st.integers(1, 2**66)
SECONDS = st.none() | st.floats(0, 1e18) | st.integers(0, 10)
WORDS = st.builds(
    lambda word, start, more, sure: WordTiming(word=word, start=start, end=start + more, confidence=sure),
    TEXTS,
    st.floats(0, 1e4),
    st.floats(0, 1e4),
    st.none() | st.floats(0, 1),
)
ASSETS = st.builds(
    Asset,
    url=TEXTS,
    media_type=st.just("video/mp4"),
    sha256=st.none() | st.just("ab" * 32),
    size_bytes=POSITIVE,
    width=POSITIVE,
    duration=SECONDS,
    video=st.none() | st.builds(VideoMetadata, frame_rate=SECONDS, codec=OPTIONAL_TEXT),
    audio=st.none() | st.builds(AudioMetadata, channels=POSITIVE, word_timings=st.none() | st.lists(WORDS, max_size=2)),
    tracks=st.none() | st.lists(st.builds(Track, kind=TEXTS), max_size=2),
    metadata=DICTS,
)
STEPS = st.builds(
    Step,
    provider=TEXTS,
    model=TEXTS,
    prompt=OPTIONAL_TEXT,
    negative_prompt=OPTIONAL_TEXT,
    modality=st.sampled_from(Modality),
    seed=st.none() | st.integers(),
    params=DICTS,
    inputs=st.lists(ASSETS, max_size=1),
    assets=st.lists(ASSETS, max_size=2),
    metadata=DICTS,
    provider_payload=DICTS,
    cost_usd=SECONDS,
    started_at=st.none() | st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5.5))])),
)
RUNS = st.builds(Run, name=OPTIONAL_TEXT, tenant_id=OPTIONAL_TEXT, steps=st.lists(STEPS, max_size=3), metadata=DICTS)

HASHED_STEP = ["provider", "model", "model_version", "model_hash", "step_type", "modality", "seed", "params"]
HASHED_STEP += ["prompt", "negative_prompt", "prompt_visibility", "metadata"]
HASHED_ASSET = ["media_type", "sha256", "size_bytes", "width", "height", "duration", "metadata"]


def fields(record, names):
    return None if record is None else {name: getattr(record, name) for name in names}


def hashed_asset(asset):
    audio = fields(asset.audio, ["sample_rate", "channels", "codec", "bitrate", "word_timings"])
    if audio and audio["word_timings"] is not None:
        audio["word_timings"] = [fields(word, ["word", "start", "end", "confidence"]) for word in audio["word_timings"]]
    return fields(asset, HASHED_ASSET) | {
        "audio": audio,
        "video": fields(asset.video, ["frame_rate", "codec", "bitrate", "color_space", "has_audio", "resolution"]),
        "tracks": None
        if asset.tracks is None
        else [fields(track, ["kind", "codec", "label"]) for track in asset.tracks],
    }


def payload_by_the_rules(run, version):
    steps = [
        fields(step, HASHED_STEP)
        | {"inputs": list(map(hashed_asset, step.inputs)), "assets": list(map(hashed_asset, step.assets))}
        for step in run.steps
    ]
    hashed_run = fields(run, ["metadata", "name", "project_id", "tenant_id"]) | {"steps": steps}
    return json_by_the_rules({"run": hashed_run, "schema_version": version})


@given(RUNS, st.sampled_from(["1.4", "1.5"]), st.sampled_from([1, 16]))
def test_a_run_is_hashed_as_the_written_rules_demand(run, version, times):
    run.steps *= times
    expected = hashlib.sha256(payload_by_the_rules(run, version).encode()).hexdigest()
    assert Manifest(run=run, schema_version=version).compute_hash() == expected


ODD_NUMBERS = st.sampled_from([3, 3.0, True, 0.1 + 0.2, 1e20, 2**70, math.nan, "3"]) | SECONDS


@given(RUNS, st.data())
def test_what_is_assigned_later_is_hashed_as_it_is(run, data):
    for step in run.steps:
        step.seed = data.draw(ODD_NUMBERS)
        step.modality = data.draw(st.sampled_from(["video", "hologram", Modality.AUDIO]))
        step.params = data.draw(st.sampled_from([None, (1, 2.5), {"a": (1,)}, OrderedDict(b=1, a=0.1 + 0.2)]))
        for asset in step.assets:
            asset.duration, asset.width = data.draw(ODD_NUMBERS), data.draw(ODD_NUMBERS)
    expected = hashlib.sha256(payload_by_the_rules(run, "1.5").encode()).hexdigest()
    assert Manifest(run=run).compute_hash() == expected


@given(RUNS)
def test_the_document_is_the_canonical_json_of_its_own_content(run):
    text = Manifest.from_run(run).to_canonical_json()
    assert canonical_json(json.loads(text)) == text


class Colour(Enum):
    RED = "e\u0301"


class Level(IntEnum):
    HIGH = 3


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), '"2026-01-02T03:04:05Z"'),
        (datetime(2026, 1, 2, 3, 4, 5, 60, tzinfo=UTC), '"2026-01-02T03:04:05.000060Z"'),
        (datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=2))), '"2026-01-02T00:00:00+02:00"'),
        (UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
        (Colour.RED, '"e\u0301"'),
        (Level.HIGH, "3"),
        (Modality.VIDEO, '"video"'),
        ({2: "b", 10: "a"}, '{"2":"b","10":"a"}'),
        ({"e\u0301": 1, "\u00e9": 2}, '{"e\u0301":1,"\u00e9":2}'),
        (float("nan"), "null"),
        (-math.inf, "null"),
        (-0.0, "-0.0"),
        (1e20, "1e+20"),
        (0.1 + 0.2, "0.3"),
        (Track(kind="video"), '{"codec":null,"kind":"video","label":null}'),
        ("\u2028\x7f\x01", '"\u2028\x7f\\u0001"'),
    ],
)
def test_a_value_is_written_as_the_rules_say(value, text):
    assert canonical_json(value) == text


def test_normalising_leaves_the_input_alone():
    value = {"b": ["e\u0301"], "a": (1, 2)}
    assert normalize(value) == {"a": [1, 2], "b": ["\u00e9"]}
    assert value == {"b": ["e\u0301"], "a": (1, 2)}


@pytest.mark.parametrize("at", range(99_990, 100_010))
def test_text_is_composed_wherever_in_a_long_document_it_stands(at):
    for before in ("x", "\u00e9"):
        value = [before * (at // len(before.encode())), "e\u0301 \u1112\u1161\u11ab"]
        assert canonical_json(value) == json_by_the_rules(value)


def test_the_published_digest_of_a_small_dict():
    assert canonical_hash({"a": 1}) == "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ({"size": [1, 2, b"x"]}, r"params\.size\[2\]: bytes"),
        ({"when": datetime(2026, 1, 1)}, r"params\.when: a datetime without a time zone"),
        ({"mask": Path("x.png")}, r"params\.mask: \w*Path"),
        ({"a": {"b": Decimal(1)}}, r"params\.a\.b: Decimal"),
        ({"a": {1, 2}}, r"params\.a: set"),
        ({"a": {1: 0, "b": 0}}, r"params\.a: a dict with keys that have no common order \(int, str\)"),
        ({"a": ["\ud800"]}, r"params\.a\[0\]: text with a lone surrogate"),
        ({"a": {(1, 2): 3}}, "keys must be"),
    ],
)
def test_what_cannot_be_held_is_refused_by_place_and_type(value, complaint):
    with pytest.raises(InvalidValueError, match=complaint):
        check_canonical(value, "params")
    with pytest.raises(ManifestError):
        canonical_bytes(value)


def test_a_refusal_shows_types_and_never_values():
    with pytest.raises(InvalidValueError) as caught:
        check_canonical({"token": b"sk-very-secret"}, "params")
    assert "secret" not in str(caught.value)


def test_what_can_be_held_passes():
    check_canonical({"a": [1, 2.5, None, "x", 2**80], "t": datetime(2026, 1, 1, tzinfo=UTC)}, "params")


def nested(levels):
    value = []
    for _ in range(levels):
        value = [value]
    return value


def test_depth_is_bounded_at_a_hundred_levels():
    assert canonical_json(nested(100))
    with pytest.raises(ManifestError, match="nested deeper than 100 levels"):
        canonical_json(nested(101))


def test_a_list_that_holds_itself_twice_is_refused():
    value: list = []
    value += [value, value]
    assert not writes_plainly(value)
    assert not all_write_plainly([value] * 20)
    assert not all_write_plainly([{"a": value, "b": value}] * 20)
    with pytest.raises(ManifestError, match="nested deeper"):
        canonical_json(value)


def test_a_part_counts_its_depth_from_the_document():
    place = ("run", "steps", 0)
    assert canonical_bytes(nested(97), place)
    with pytest.raises(ManifestError, match=r"run\.steps\[0\]\[0\]\[0\]"):
        canonical_bytes(nested(98), place)


def test_a_number_of_more_digits_than_python_prints_is_refused():
    with pytest.raises(ManifestError):
        canonical_json([10 ** (sys.get_int_max_str_digits() + 1)])
