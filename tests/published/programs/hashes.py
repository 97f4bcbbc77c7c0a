"""Runs of every shape: what each schema version hashes of them, and the document without what only ours writes."""

import json
from datetime import UTC, datetime, timedelta, timezone
from random import Random

from genblaze_core import Asset, Manifest, Modality, Run, Step
from genblaze_core.canonical import canonical_hash
from genblaze_core.models.asset import AudioMetadata, Track, VideoMetadata, WordTiming

random = Random(9)
TEXTS = ["a fox", "", "über", "e\u0301", "\u212b", "\u1112\u1161\u11ab", "雪の狐", "\U0001f98a", '"\\/\x00\x7f\u2028']
FLOATS = [0.0, -0.0, 7.5, 0.1 + 0.2, 1e-5, 1e-11, 123456.12345678905, 1e15, 1e16, 1e20, float("nan"), float("-inf")]
INTEGERS = [0, -1, 30, 2**53 + 1, 2**63, -(2**70)]
TIMES = [datetime(2026, 1, 2, 3, 4, 5, 60, UTC), datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=5.5)))]


def one_of(choices):
    return choices[int(random.random() * len(choices))]


def value(depth=0):
    kind = int(random.random() * (4 if depth > 2 else 7))
    if kind > 3:
        items = [value(depth + 1) for _ in range(int(random.random() * 4))]
        return [items, tuple(items), {one_of(TEXTS) + str(index): item for index, item in enumerate(items)}][kind - 4]
    return one_of([TEXTS, FLOATS, INTEGERS, [None, True, False, *TIMES]][kind])


def values():
    return {name: value() for name in ("size", "n", "weights", "e\u0301")[: int(random.random() * 5)]}


def asset(name):
    seconds = one_of([None, 3, 8.041666666666666, 0.5])
    words = [WordTiming(word=one_of(TEXTS), start=0, end=1 / 3)]
    return Asset(
        asset_id=name,
        url=f"https://vendor.test/{name}?X-Amz-Signature=1&b=2",
        media_type="video/mp4",
        sha256=one_of([None, "ab" * 32]),
        size_bytes=one_of([None, 1000]),
        duration=seconds,
        video=one_of([None, VideoMetadata(codec="h264", frame_rate=29.97002997002997)]),
        audio=one_of([None, AudioMetadata(channels=2, word_timings=words)]),
        tracks=one_of([None, [], [Track(kind="video")]]),
        metadata=values(),
    )


def step(index):
    return Step(
        step_id=f"step-{index}",
        run_id="run",
        provider="acme",
        model=one_of(TEXTS[2:]),
        modality=one_of(list(Modality)),
        prompt=one_of([None, *TEXTS]),
        seed=one_of([None, *INTEGERS]),
        params=values(),
        inputs=[asset(f"input-{index}")][: int(random.random() * 2)],
        assets=[asset(f"asset-{index}-{number}") for number in range(int(random.random() * 3))],
        cost_usd=one_of([None, 0.04, 1 / 3]),
        started_at=one_of([None, *TIMES]),
        provider_payload=values(),
        metadata=values(),
    )


for count in (0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 5, 8, 20, 40):
    run = Run(
        run_id="run",
        name=one_of(TEXTS),
        created_at=TIMES[0],
        steps=[step(index) for index in range(count)],
        metadata=values(),
    )
    hashes = [Manifest(run=run, schema_version=f"1.{minor}").compute_hash()[:16] for minor in range(7)]
    document = json.loads(Manifest.from_run(run).to_canonical_json())
    document.pop("genblaze", None)
    print(count, *hashes, canonical_hash(document)[:16])
