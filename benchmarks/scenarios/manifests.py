"""Manifests of a run: build, hash, serialise, parse, verify."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

from benchmarks.scenarios.samples import run_of
from benchmarks.scenarios.timing import seconds


def _parser(text: str) -> Callable[[], object]:
    """The best way from text to a manifest; the published package takes only what `json.loads` made of it."""
    from genblaze_core import parse_manifest

    try:
        parse_manifest(text)
    except Exception:  # noqa: BLE001 - whatever it says, it does not take text
        return lambda: parse_manifest(json.loads(text))
    return lambda: parse_manifest(text)


def measure(steps: str) -> dict[str, float]:
    """Seconds for a manifest of so many steps; `limit` is the SHA-256 of its JSON."""
    from genblaze_core import Manifest, parse_manifest

    run = run_of(int(steps))
    manifest = Manifest.from_run(run)
    text = manifest.to_canonical_json()
    data = json.loads(text)
    encoded = text.encode()
    return {
        "build": seconds(lambda: run_of(int(steps))),
        "hash": seconds(lambda: Manifest.from_run(run)),
        "to json": seconds(manifest.to_canonical_json),
        "parse": seconds(_parser(text)),
        "parse dict": seconds(lambda: parse_manifest(data)),
        "verify": seconds(manifest.verify),
        "limit": seconds(lambda: hashlib.sha256(encoded).hexdigest()),
    }
